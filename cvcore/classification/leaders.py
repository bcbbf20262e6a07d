"""Who led ImageNet's classification, from hand-made features to now, as their authors published it.

Accuracies of ILSVRC-2012's 1,000 classes (2010 and 2011: of that year's challenge), in percent.
Figures on the validation set, on the test set, of one network and of several stand beside each
other here, as they do in such tables everywhere: ``setting`` says which. None: not published, or
not found at its source.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Leader:
    """One published result."""

    date: str  # "2012" or "2015-12"
    name: str
    top1: float | None  # accuracy, percent
    top5: float | None
    setting: str  # of which network or networks, and on which pictures
    source: str  # where it was published: an arXiv number or a venue, and the table in it

    @property
    def year(self) -> float:
        """The date as a number: 2015-12 is 2015.92, and a year alone is its middle."""
        year, _, month = self.date.partition("-")
        return int(year) + ((int(month) - 1) / 12 if month else 0.5)


_REVIEW = "Russakovsky et al., arXiv:1409.0575"
LEADERS = (
    Leader("2010", "NEC-UIUC (SIFT, LBP, SVM)", None, 71.8, "challenge, test", _REVIEW),
    Leader("2011", "XRCE (Fisher vectors, SVM)", None, 74.2, "challenge, test", _REVIEW),
    Leader(
        "2012", "AlexNet", 63.3, 84.7, "seven networks; top-1 validation, top-5 test",
        "Krizhevsky et al., NIPS 2012, Table 2",
    ),
    Leader("2013", "Clarifai", None, 88.3, "challenge, test", _REVIEW),
    Leader(
        "2014-09", "GoogLeNet", None, 93.33, "seven networks, test", "Szegedy et al., "
        "arXiv:1409.4842",
    ),
    Leader(
        "2014-12", "VGG", 76.3, 93.2, "two networks; top-1 validation, top-5 test",
        "Simonyan and Zisserman, arXiv:1409.1556, Table 7",
    ),
    Leader(
        "2015-12", "ResNet", 80.62, 96.43, "top-1 ResNet-152, validation; top-5 six networks, test",
        "He et al., arXiv:1512.03385, Tables 4, 5",
    ),
    Leader(
        "2016-02", "Inception-v4 and Inception-ResNet", 83.5, 96.92,
        "four networks; top-1 validation, top-5 test", "Szegedy et al., arXiv:1602.07261",
    ),
    Leader(
        "2017-09", "SENet", 82.72, 97.749, "top-1 one network, validation; top-5 challenge, test",
        "Hu et al., arXiv:1709.01507",
    ),
    Leader(
        "2018-05", "ResNeXt-101 32x48d", 85.4, None, "940 million more pictures; validation",
        "Mahajan et al., arXiv:1805.00932, Table 6",
    ),
    Leader(
        "2019-05", "EfficientNet-B7", 84.4, 97.1, "ImageNet alone; validation",
        "Tan and Le, arXiv:1905.11946v1 (later versions: 84.3)",
    ),
    Leader(
        "2020-01", "Noisy Student (EfficientNet-L2)", 88.4, None,
        "300 million more pictures without labels; validation",
        "Xie et al., arXiv:1911.04252v2, Table 2",
    ),
    Leader(
        "2020-10", "Vision Transformer, ViT-H/14", 88.55, None,
        "300 million more pictures; validation", "Dosovitskiy et al., arXiv:2010.11929, Table 2",
    ),
    Leader(
        "2021-01", "Meta Pseudo Labels (EfficientNet-L2)", 90.2, None,
        "300 million more pictures without labels; validation",
        "Pham et al., arXiv:2003.10580v3, Table 4",
    ),
    Leader(
        "2021-09", "CoAtNet-7", 90.88, None, "3 billion more pictures; validation",
        "Dai et al., arXiv:2106.04803v2, Table 5",
    ),
    Leader(
        "2022-05", "CoCa", 91.0, None, "billions of pictures with captions; validation",
        "Yu et al., arXiv:2205.01917, Table 2",
    ),
    Leader(
        "2023-02", "BASIC-L, trained with Lion", 91.1, None,
        "billions of pictures with captions; validation", "Chen et al., arXiv:2302.06675, Table 1",
    ),
    Leader(
        "2023-11", "OmniVec", 92.4, None, "many kinds of data at once; validation",
        "Srivastava and Sharma, arXiv:2311.05709, Table 13",
    ),
    Leader(
        "2024", "OmniVec2", 93.6, None, "many kinds of data at once; validation",
        "Srivastava and Sharma, CVPR 2024",
    ),
)  # fmt: skip
HUMAN_TOP5 = 94.9  # percent: one person who had practised on 500 pictures, arXiv:1409.0575

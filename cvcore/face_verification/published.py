"""The way of face networks on LFW, as published: who got how many of its 6,000 pairs right.

Labeled Faces in the Wild (Huang et al., 2007): 3,000 pairs of one person, 3,000 of two, ten folds.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One published accuracy."""

    date: str  # "1991" or "2015-03"
    name: str
    accuracy: float  # percent of LFW's pairs judged rightly
    learnt: str  # from what, and how
    source: str


_ARCFACE = "listed by Deng et al., arXiv:1801.07698, Table 4"
PUBLISHED = (
    Published(
        "1991", "Eigenfaces", 60.02, "principal components, nothing learnt of persons",
        "LFW’s results page; Turk and Pentland, CVPR 1991",
    ),
    Published("2009", "People", 97.53, "faces cut out, without hair", "Kumar et al., ICCV 2009"),
    Published(
        "2014-06", "DeepFace", 97.35, "4.4 million pictures; faces turned to the front in 3D",
        "Taigman et al., CVPR 2014",
    ),
    Published(
        "2014-12", "DeepID2+", 99.47,
        "0.2 million pictures; losses of identification and of verification", _ARCFACE,
    ),
    Published(
        "2015-02", "DeepID3", 99.53, "two deeper networks together", "Sun et al., arXiv:1502.00873"
    ),
    Published(
        "2015-03", "FaceNet", 99.63, "100 to 200 million pictures of 8 million people; triplets",
        "Schroff et al., arXiv:1503.03832",
    ),
    Published(
        "2015-09", "VGGFace", 98.95,
        "2.6 million pictures of 2,622 people; identification, then triplets",
        f"Parkhi et al., BMVC 2015; {_ARCFACE}",
    ),
    Published(
        "2017-04", "SphereFace", 99.42, "0.5 million pictures; a margin that multiplies the angle",
        "Liu et al., arXiv:1704.08063",
    ),
    Published(
        "2018-01", "CosFace", 99.73, "5 million pictures; a margin on the cosine",
        f"Wang et al., arXiv:1801.09414; {_ARCFACE}",
    ),
    Published(
        "2018-01", "ArcFace", 99.83, "5.8 million pictures; a margin on the angle",
        "Deng et al., arXiv:1801.07698, Table 4",
    ),
    Published(
        "2021-01", "SFace", 99.82, "a pull and a push that rest where they are enough",
        "Zhong et al., IEEE TIP 2021, arXiv:2205.12010",
    ),
    Published(
        "2021-12", "SFace, OpenCV’s small network", 99.40, "the network that runs here, in float32",
        "OpenCV Zoo, face_recognition_sface",
    ),
)  # fmt: skip
OWN = 99.5  # percent: what this project measured with it, pairs and folds of its own

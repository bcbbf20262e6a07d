"""Detectors from 2001 to 2026: idea, published accuracy and speed, and where it was published.

Accuracies are as their authors gave them: ``voc07`` is mAP50 in percent on PASCAL VOC 2007's test
pictures, ``coco`` mAP50-95 in percent on COCO. Speeds are of different machines and batch sizes and
compare badly; what no source gives is None.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Detector:
    """One step on the way."""

    year: int
    name: str
    idea: str  # a sentence
    source: str
    voc07: float | None = None  # mAP50, percent
    coco: float | None = None  # mAP50-95, percent
    ms: float | None = None  # a picture
    device: str = ""  # of ms, and what it includes
    kind: str = "proposals"  # or "one stage", "transformer", "windows"


WINDOWS, ONE_STAGE, TRANSFORMER = "windows", "one stage", "transformer"

DETECTORS = (
    Detector(
        2001, "Viola-Jones",
        "A cascade of boosted Haar features drops most windows at once: faces.",
        "Viola and Jones, CVPR 2001 (15 frames a second at 384 x 288)", ms=1000 / 15,
        device="Pentium III, 700 MHz", kind=WINDOWS,
    ),
    Detector(
        2005, "HOG + SVM",
        "Histograms of gradients in cells, a linear SVM on every window: people.",
        "Dalal and Triggs, CVPR 2005", kind=WINDOWS,
    ),
    Detector(
        2010, "DPM", "A root and parts that may shift, each a HOG filter, learned together.",
        "Felzenszwalb et al., PAMI 2010; mAP of version 5 as in Girshick et al., CVPR 2014, "
        "table 2",
        voc07=33.7, kind=WINDOWS,
    ),
    Detector(
        2013, "Selective search", "Regions joined by likeness: 2,000 proposals instead of 100,000 "
        "windows.", "Uijlings et al., IJCV 2013; 2 s a picture as in Ren et al., NeurIPS 2015",
        ms=2000, device="CPU, proposals alone",
    ),
    Detector(
        2014, "R-CNN", "A convnet on every warped proposal, a linear SVM a class.",
        "Girshick et al., CVPR 2014 (66.0 with VGG16); time as in Girshick, ICCV 2015, table 4",
        voc07=66.0, ms=47_000, device="K40, without proposals",
    ),
    Detector(
        2014, "SPPnet",
        "The convolutions once; each proposal pooled from the map at several scales.",
        "He et al., ECCV 2014; with VGG16 as in Girshick, ICCV 2015, table 4", voc07=63.1, ms=2300,
        device="K40, without proposals",
    ),
    Detector(
        2015, "Fast R-CNN", "One pass, RoI pooling, and classes and boxes learned together.",
        "Girshick, ICCV 2015: VOC07 when trained on 07+12, COCO test-dev", voc07=70.0, coco=19.7,
        ms=320, device="K40, without proposals",
    ),
    Detector(
        2015, "Faster R-CNN", "A network on the same map proposes: nine anchors in each cell.",
        "Ren et al., NeurIPS 2015 (VGG16): VOC07 when trained on 07+12, COCO test-dev", voc07=73.2,
        coco=21.9, ms=198, device="K40",
    ),
    Detector(
        2016, "YOLO", "No proposals: a grid of cells says boxes and classes in one pass.",
        "Redmon et al., CVPR 2016 (45 frames a second)", voc07=63.4, ms=1000 / 45,
        device="Titan X", kind=ONE_STAGE,
    ),
    Detector(
        2016, "SSD300", "One pass, with default boxes on maps of several scales.",
        "Liu et al., ECCV 2016: VOC07 and 46 frames a second one by one, COCO test-dev", voc07=74.3,
        coco=23.2, ms=1000 / 46, device="Titan X", kind=ONE_STAGE,
    ),
    Detector(
        2017, "YOLOv2", "Anchors chosen by clustering, batch norm, training at many sizes.",
        "Redmon and Farhadi, CVPR 2017: 544 pixels, 40 frames a second; COCO test-dev", voc07=78.6,
        coco=21.6, ms=25, device="Titan X", kind=ONE_STAGE,
    ),
    Detector(
        2017, "RetinaNet",
        "The focal loss keeps the mass of easy background from drowning the rest.",
        "Lin et al., ICCV 2017: ResNet-101-FPN at 800 pixels, table 1e, test-dev", coco=37.8,
        ms=198, device="M40", kind=ONE_STAGE,
    ),
    Detector(
        2017, "Mask R-CNN", "RoIAlign instead of rounding, and a mask for each box.",
        "He et al., ICCV 2017: ResNet-101-FPN, boxes, test-dev", coco=38.2, ms=195, device="M40",
    ),
    Detector(
        2018, "YOLOv3", "Three grids, independent class scores, a deeper network.",
        "Redmon and Farhadi, 2018, arXiv:1804.02767: 608 pixels", coco=33.0, ms=51,
        device="Titan X", kind=ONE_STAGE,
    ),
    Detector(
        2019, "CenterNet", "An object is a point: peaks of a heat map, no anchors, no NMS.",
        "Zhou et al., 2019, arXiv:1904.07850: DLA-34, 52 frames a second", coco=37.4, ms=1000 / 52,
        device="Titan Xp", kind=ONE_STAGE,
    ),
    Detector(
        2020, "EfficientDet-D7",
        "Depth, width and resolution scaled together; maps mixed both ways.",
        "Tan et al., CVPR 2020, test-dev", coco=52.2, kind=ONE_STAGE,
    ),
    Detector(
        2020, "YOLOv4", "A collection of tricks of training and design, tried one by one.",
        "Bochkovskiy et al., 2020, arXiv:2004.10934: 65 frames a second", coco=43.5, ms=1000 / 65,
        device="V100", kind=ONE_STAGE,
    ),
    Detector(
        2020, "DETR", "A transformer says a set of 100 boxes; matching in training replaces NMS.",
        "Carion et al., ECCV 2020: ResNet-50, val; time as in its repository", coco=42.0, ms=36,
        device="V100", kind=TRANSFORMER,
    ),
    Detector(
        2020, "YOLOv5x", "YOLO in PyTorch, with mosaics and anchors fitted to the data.",
        "Ultralytics, repository of YOLOv5: 640 pixels, val", coco=50.7, ms=12.1,
        device="V100, one by one", kind=ONE_STAGE,
    ),
    Detector(
        2021, "YOLOX-L",
        "No anchors, separate branches for class and box, labels assigned by cost.",
        "Ge et al., 2021, arXiv:2107.08430: 68.9 frames a second", coco=50.0, ms=1000 / 68.9,
        device="V100", kind=ONE_STAGE,
    ),
    Detector(
        2022, "YOLOv6-S",
        "Built for graphics cards: branches in training, folded into one after it.",
        "Meituan, repository of YOLOv6, first release: 520 frames a second, val", coco=43.1,
        ms=1000 / 520, device="T4, TensorRT, 32 at once", kind=ONE_STAGE,
    ),
    Detector(
        2022, "YOLOv7",
        "Extended layer aggregation, and help in training that costs nothing later.",
        "Wang et al., CVPR 2023, arXiv:2207.02696: 161 frames a second, test", coco=51.4,
        ms=1000 / 161, device="V100", kind=ONE_STAGE,
    ),
    Detector(
        2022, "DINO",
        "DETR with queries that learn to remove noise: fewer epochs, higher accuracy.",
        "Zhang et al., ICLR 2023: ResNet-50, val; time as in Zhao et al., CVPR 2024", coco=50.9,
        ms=200, device="T4", kind=TRANSFORMER,
    ),
    Detector(
        2023, "YOLOv8x", "No anchors, no objectness: box and class scores alone.",
        "Ultralytics, documentation of YOLOv8: 640 pixels, val", coco=53.9, ms=3.53,
        device="A100, TensorRT", kind=ONE_STAGE,
    ),
    Detector(
        2023, "RT-DETR-R50", "A DETR as fast as YOLO: scales are mixed once, queries are chosen.",
        "Zhao et al., CVPR 2024, arXiv:2304.08069: 108 frames a second, val", coco=53.1,
        ms=1000 / 108, device="T4, TensorRT", kind=TRANSFORMER,
    ),
    Detector(
        2024, "YOLOv9-C", "An auxiliary branch in training keeps what deep layers would lose.",
        "Wang et al., ECCV 2024, repository of YOLOv9: 640 pixels, val", coco=53.0, kind=ONE_STAGE,
    ),
    Detector(
        2024, "YOLOv10-X", "Trained with two ways of matching, so that NMS is not needed.",
        "Wang et al., NeurIPS 2024, arXiv:2405.14458: val", coco=54.4, ms=10.7,
        device="T4, TensorRT", kind=ONE_STAGE,
    ),
    Detector(
        2024, "YOLO11x", "YOLOv8 with fewer parameters and attention at the end of its backbone.",
        "Ultralytics, documentation of YOLO11: 640 pixels, val", coco=54.7, ms=11.3,
        device="T4, TensorRT", kind=ONE_STAGE,
    ),
    Detector(
        2025, "YOLO12x", "Attention within areas of the map, about as fast as convolutions.",
        "Tian et al., 2025, arXiv:2502.12524; Ultralytics, documentation: val", coco=55.2, ms=11.79,
        device="T4, TensorRT", kind=ONE_STAGE,
    ),
    Detector(
        2025, "YOLOv13-X", "Hypergraphs relate many places of the map at once, not pairs alone.",
        "Lei et al., 2025, arXiv:2506.17733: 640 pixels, val", coco=54.8, ms=14.67,
        device="T4, TensorRT", kind=ONE_STAGE,
    ),
    Detector(
        2026, "YOLO26x", "Ends without NMS, lighter box regression, a new optimiser.",
        "Ultralytics, documentation of YOLO26: 640 pixels, val", coco=57.5, ms=11.8,
        device="T4, TensorRT", kind=ONE_STAGE,
    ),
)  # fmt: skip

"""Object detection with YOLO and NanoDet: from a picture to boxes, with everything in between kept.

``predict_raw`` runs the network once and keeps all of its boxes; ``suppress`` turns them into
detections at any confidence and IoU limit without the network; ``predict_boxes`` does both.
"""

from collections.abc import Callable
from dataclasses import replace

import lazy_loader

from cvcore.core.checks import as_whole, show
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image, to_chw
from cvcore.core.timing import Stopwatch
from cvcore.detection import distance_heads
from cvcore.detection.boxes import PAD_VALUE, fit_letterbox
from cvcore.detection.predictions import Detections, RawPredictions, find_class_ids
from cvcore.detection.suppression import (
    DEFAULT_CONFIDENCE,
    DEFAULT_IOU,
    MAX_BOXES,
    Suppression,
    check_share,
    explain_suppression,
    suppress,
)
from cvcore.detection.yolo_heads import Decoded, decode_anchor_free, decode_heads
from cvcore.engine import predictor, registry
from cvcore.engine.isolation import undisturbed

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(
    __name__,
    [
        "anchor_free",
        "boxes",
        "confusion",
        "counting",
        "distance_heads",
        "drawing",
        "evaluation",
        "explain",
        "ground_truth",
        "labelled_pictures",
        "older_detectors",
        "overlaps",
        "pose",
        "pose_drawing",
        "predictions",
        "region_cnn",
        "region_drawing",
        "region_proposals",
        "roi_pooling",
        "selective_search",
        "sliding_window",
        "suppression",
        "timeline",
        "tracking",
        "video",
        "yolo_heads",
    ],
)


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


__all__ = [
    "DEFAULT_CONFIDENCE", "DEFAULT_IOU", "DEFAULT_MODEL", "DEFAULT_SIZE", "MAX_BOXES", "SIZES",
    "Detections", "RawPredictions", "Suppression", "check_model", "check_share", "check_size",
    "explain_suppression", "find_class_ids", "predict_boxes", "predict_raw", "suppress",
]  # fmt: skip

DEFAULT_MODEL = "yolov3_tiny"
DEFAULT_SIZE = 416
SIZES = tuple(range(160, 641, 32))


@undisturbed
def predict_raw(
    image: Picture,
    *,
    model: str = DEFAULT_MODEL,
    input_size: int = DEFAULT_SIZE,
    square: bool = True,
) -> RawPredictions:
    """Run the network once and keep every box it proposes.

    ``image`` is a path, a PIL picture or an array. ``input_size`` is the longer side of the
    network's input, a multiple of 32 from 160 to 640; with ``square`` False a wide or tall picture
    is padded less, which is faster. Raises InputError for a missing picture, an unknown model or
    size.
    """
    image = as_image(image)
    check_model(model)
    input_size = check_size(input_size)
    forward, decode, pad = _load(model)
    watch = Stopwatch()
    letterbox = fit_letterbox(image.shape[:2], input_size, square=square)
    batch = to_chw(letterbox.apply(image, pad=pad))[None]
    watch.lap("preprocess")
    outputs = forward(batch)
    watch.lap("network")
    decoded = decode(outputs, letterbox.input_hw)
    raw = RawPredictions(
        model,
        letterbox,
        decoded.grids,
        letterbox.to_image(decoded.xyxy),
        decoded.class_logits,
        decoded.raw,
        decoded.cells,
        watch.ms,
        decoded.distances,
    )
    watch.lap("decode")
    return raw


def _load(model: str) -> tuple[Callable, Callable[..., Decoded], int]:
    """The network of ``model``, what turns its outputs into boxes, and how pictures are padded."""
    row = registry.get_weight(model)
    if row.build:
        return predictor.load_predictor(model), lambda heads, _: decode_heads(heads), PAD_VALUE
    if row.is_onnx:
        return (
            predictor.load_predictor(model),
            lambda heads, _: distance_heads.decode_distances(heads),
            distance_heads.PAD,
        )
    from cvcore.engine.ultralytics import forward, load_network

    network = load_network(model)
    strides = tuple(int(stride) for stride in network.stride)
    return (
        lambda batch: forward(network, batch),
        lambda output, input_hw: decode_anchor_free(output, strides, input_hw),
        PAD_VALUE,
    )


@undisturbed
def predict_boxes(
    image: Picture,
    *,
    confidence: float = DEFAULT_CONFIDENCE,
    iou: float = DEFAULT_IOU,
    model: str = DEFAULT_MODEL,
    input_size: int = DEFAULT_SIZE,
) -> Detections:
    """The objects in a picture: boxes in its pixels, confidences and labels.

    A box is a detection when its score (objectness x class probability) reaches ``confidence``
    and no more confident box of its class overlaps it by more than ``iou``. Redmon and Farhadi,
    "YOLOv3: An Incremental Improvement", 2018, arXiv:1804.02767.
    """
    image = as_image(image)
    raw = predict_raw(image, model=model, input_size=input_size)
    return replace(suppress(raw, confidence=confidence, iou=iou), image=image)


def check_model(name: str) -> str:
    """``name`` if it is a detector; InputError lists those there are."""
    known = registry.list_names("detection")
    if name not in known:
        raise InputError(f"There is no detector called {name!r}: choose {', '.join(known)}.")
    return name


def check_size(size: float) -> int:
    """``size`` if it is a multiple of 32 from 160 to 640, else InputError."""
    side = as_whole(size, SIZES[0], SIZES[-1])
    if side not in SIZES:
        raise InputError(
            f"The input size must be a multiple of 32 from 160 to 640; got {show(size)}."
        )
    return side

"""Object detection with YOLO: from a picture to boxes, with everything in between kept.

``predict_raw`` runs the network once and keeps all of its boxes; ``suppress`` turns them into
detections at any confidence and IoU limit without the network; ``predict_boxes`` does both.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cvcore import runtime, weights
from cvcore.boxes import Letterbox, NmsStep, fit_letterbox, nms_steps
from cvcore.errors import InputError
from cvcore.images import check_image, to_chw
from cvcore.timing import Stopwatch
from cvcore.yolo_heads import Decoded, Grid, decode_anchor_free, decode_heads, sigmoid

DEFAULT_MODEL = "yolov3_tiny"
DEFAULT_SIZE = 416
SIZES = tuple(range(160, 641, 32))
MAX_BOXES = 300


@dataclass(frozen=True)
class RawPredictions:
    """Every box that the network proposes for one picture: M rows, grid by grid.

    Within a grid the rows go anchor by anchor, then from left to right and from top to bottom.
    """

    model: str
    letterbox: Letterbox
    grids: tuple[Grid, ...]
    xyxy: np.ndarray = field(repr=False)  # (M, 4) float32, pixels of the picture, not clipped
    class_logits: np.ndarray = field(repr=False)  # (M, C) float32
    # (M, 5) tx, ty, tw, th, to as the network said them; None for models without anchors
    raw: np.ndarray | None = field(repr=False)
    cells: np.ndarray = field(repr=False)  # (M, 4) int: number of the grid, row, column, anchor
    ms: dict[str, float] = field(compare=False, repr=False)  # preprocess, network, decode

    @property
    def labels(self) -> tuple[str, ...]:
        return weights.load_labels(self.model)

    @cached_property
    def objectness(self) -> np.ndarray:
        """(M,) in [0, 1]. Models without such a number: the greatest class score."""
        if self.raw is None:
            return sigmoid(self.class_logits.max(axis=1))
        return sigmoid(self.raw[:, 4])

    def class_scores(self, rows: np.ndarray) -> np.ndarray:
        """Scores (K, C) of the given rows: objectness x class probability, where there is one."""
        scores = sigmoid(self.class_logits[rows])
        return scores if self.raw is None else scores * self.objectness[rows, None]


@dataclass(frozen=True)
class Detections:
    """Boxes found, most confident first: parallel arrays of length N."""

    xyxy: np.ndarray  # (N, 4) float32, pixels of the picture
    confidence: np.ndarray  # (N,) float32 in [0, 1]
    class_id: np.ndarray  # (N,) int64
    label: tuple[str, ...]
    row: np.ndarray = field(repr=False)  # (N,) int64: which raw prediction each one is

    def __len__(self) -> int:
        return len(self.xyxy)

    def scaled(self, factor: float) -> "Detections":
        """The same on the picture made ``factor`` times as large."""
        return replace(self, xyxy=self.xyxy * np.float32(factor))

    def counts(self) -> dict[str, int]:
        """How many of each class, the most frequent first."""
        return dict(Counter(self.label).most_common())

    def to_rows(self) -> list[dict]:
        """Plain numbers for JSON or a table: label, class_id, confidence, x1, y1, x2, y2."""
        return [
            {
                "label": label,
                "class_id": int(class_id),
                "confidence": round(float(confidence), 4),
                **{
                    name: round(float(value), 1)
                    for name, value in zip(("x1", "y1", "x2", "y2"), box, strict=True)
                },
            }
            for label, class_id, confidence, box in zip(
                self.label, self.class_id, self.confidence, self.xyxy, strict=True
            )
        ]


@dataclass(frozen=True)
class Suppression:
    """How candidates became detections."""

    proposed: int  # boxes that the network proposes
    candidates: Detections  # those above the confidence limit, of the chosen classes, not clipped
    steps: tuple[NmsStep, ...]  # indices into candidates
    detections: Detections


def predict_raw(
    image: np.ndarray,
    *,
    model: str = DEFAULT_MODEL,
    input_size: int = DEFAULT_SIZE,
    square: bool = True,
) -> RawPredictions:
    """Run the network once and keep every box it proposes.

    ``image`` is uint8 (H, W, 3). ``input_size`` is the longer side of the network's input, a
    multiple of 32 from 160 to 640; with ``square`` False a wide or tall picture is padded less,
    which is faster. Raises InputError for a missing picture, an unknown model or size.
    """
    check_image(image)
    check_model(model)
    input_size = check_size(input_size)
    forward, decode = _load(model)
    watch = Stopwatch()
    letterbox = fit_letterbox(image.shape[:2], input_size, square=square)
    batch = to_chw(letterbox.apply(image))[None]
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
    )
    watch.lap("decode")
    return raw


def _load(model: str) -> tuple[Callable, Callable[..., Decoded]]:
    """The network of ``model`` and what turns its outputs into boxes."""
    if weights.get_weight(model).build:
        return runtime.load_predictor(model), lambda heads, _: decode_heads(heads)
    from cvcore.ultralytics_engine import forward, load_network

    network = load_network(model)
    strides = tuple(int(stride) for stride in network.stride)
    return (
        lambda batch: forward(network, batch),
        lambda output, input_hw: decode_anchor_free(output, strides, input_hw),
    )


def suppress(
    raw: RawPredictions,
    *,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: Collection[str] | None = None,
    max_boxes: int = MAX_BOXES,
) -> Detections:
    """Detections from stored predictions: confidence limit, then NMS within each class.

    ``classes`` are the labels wanted (None or empty: all). Raises InputError unless both limits
    are in [0, 1] and the labels are known.
    """
    return explain_suppression(
        raw, confidence=confidence, iou=iou, classes=classes, max_boxes=max_boxes
    ).detections


def explain_suppression(
    raw: RawPredictions,
    *,
    confidence: float = 0.25,
    iou: float = 0.45,
    classes: Collection[str] | None = None,
    max_boxes: int = MAX_BOXES,
    multi_label: bool = False,
) -> Suppression:
    """The same as ``suppress``, with all candidates and every step of the NMS.

    With ``multi_label`` a box counts once for each class above the limit, as benchmarks do it;
    else only for its best class.
    """
    confidence = check_share("The confidence limit", confidence)
    iou = check_share("The IoU limit", iou)
    rows = np.flatnonzero(raw.objectness >= confidence)  # no class score is greater than that
    scores = raw.class_scores(rows)
    if wanted := find_class_ids(classes, raw.labels):
        others = np.setdiff1d(np.arange(scores.shape[1]), wanted)
        scores[:, others] = -1
    if multi_label:
        at, class_id = np.nonzero(scores >= confidence)
    else:
        class_id = scores.argmax(axis=1)
        at = np.flatnonzero(scores[np.arange(len(rows)), class_id] >= confidence)
        class_id = class_id[at]
    score = scores[at, class_id]
    order = np.argsort(-score, kind="stable")
    candidates = _gather(raw, rows[at][order], class_id[order], score[order])
    steps = nms_steps(candidates.xyxy, candidates.confidence, candidates.class_id, iou)
    kept = np.array([step.kept for step in steps[:max_boxes]], dtype=np.int64)
    detections = _gather(
        raw, candidates.row[kept], candidates.class_id[kept], candidates.confidence[kept], clip=True
    )
    return Suppression(len(raw.xyxy), candidates, tuple(steps), detections)


def predict_boxes(
    image: np.ndarray,
    *,
    confidence: float = 0.25,
    iou: float = 0.45,
    model: str = DEFAULT_MODEL,
    input_size: int = DEFAULT_SIZE,
) -> Detections:
    """The objects in a picture, uint8 (H, W, 3): boxes in its pixels, confidences and labels.

    A box is a detection when its score (objectness x class probability) reaches ``confidence``
    and no more confident box of its class overlaps it by more than ``iou``. Redmon and Farhadi,
    "YOLOv3: An Incremental Improvement", 2018, arXiv:1804.02767.
    """
    raw = predict_raw(image, model=model, input_size=input_size)
    return suppress(raw, confidence=confidence, iou=iou)


def _gather(
    raw: RawPredictions,
    rows: np.ndarray,
    class_id: np.ndarray,
    confidence: np.ndarray,
    *,
    clip: bool = False,
) -> Detections:
    xyxy = raw.xyxy[rows]
    if clip:
        height, width = raw.letterbox.image_hw
        xyxy = np.clip(xyxy, 0, np.array([width, height, width, height], np.float32))
    labels = raw.labels
    return Detections(xyxy, confidence, class_id, tuple(labels[i] for i in class_id), rows)


def check_model(name: str) -> str:
    """``name`` if it is a detector; InputError lists those there are."""
    known = weights.list_names("detection")
    if name not in known:
        raise InputError(f"There is no detector called {name!r}: choose {', '.join(known)}.")
    return name


def check_size(size: float) -> int:
    """``size`` if it is a multiple of 32 from 160 to 640, else InputError."""
    if size not in SIZES:
        raise InputError(f"The input size must be a multiple of 32 from 160 to 640; got {size}.")
    return int(size)


def check_share(name: str, value: float) -> float:
    """``value`` as a float in [0, 1], else InputError."""
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = float("nan")
    if not 0 <= share <= 1:
        raise InputError(f"{name} must be a number from 0 to 1; got {str(value)[:40]}.")
    return share


def find_class_ids(classes: Collection[str] | None, labels: tuple[str, ...]) -> list[int]:
    """Class indices of labels; InputError names one that the model does not know."""
    if not classes:
        return []
    for name in classes:
        if name not in labels:
            raise InputError(f"The model knows no class {str(name)[:40]!r}: choose from its list.")
    return [labels.index(name) for name in classes]

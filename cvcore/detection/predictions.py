"""What a detector says: every box that the network proposes, and those that are left."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from cvcore.core import notebook
from cvcore.core.drawing import class_colour, draw_labelled_boxes
from cvcore.core.errors import InputError
from cvcore.detection.boxes import Letterbox
from cvcore.detection.yolo_heads import Grid, sigmoid
from cvcore.engine import registry


@dataclass(frozen=True, eq=False)
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
    # (M, 4, B) float32: of left, top, right and bottom the shares of distances of 0 to B - 1
    # strides; None for models whose boxes are no such distances
    distances: np.ndarray | None = field(default=None, repr=False)

    @property
    def labels(self) -> tuple[str, ...]:
        return registry.load_labels(self.model)

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


@dataclass(frozen=True, eq=False)
class Detections:
    """Boxes found, most confident first: parallel arrays of length N."""

    xyxy: np.ndarray  # (N, 4) float32, pixels of the picture
    confidence: np.ndarray  # (N,) float32 in [0, 1]
    class_id: np.ndarray  # (N,) int64
    label: tuple[str, ...]
    row: np.ndarray = field(repr=False)  # (N,) int64: which raw prediction each one is
    # (H, W, 3) the picture they were found in, where ``predict_boxes`` found them; else None
    image: np.ndarray | None = field(default=None, compare=False, repr=False)

    def __len__(self) -> int:
        return len(self.xyxy)

    def take(self, index: Sequence[int] | np.ndarray) -> "Detections":
        """Those at the given places, in that order."""
        index = np.asarray(index, np.int64)
        label = tuple(self.label[i] for i in index)
        return replace(
            self,
            xyxy=self.xyxy[index],
            confidence=self.confidence[index],
            class_id=self.class_id[index],
            label=label,
            row=self.row[index],
        )

    def scaled(self, factor: float) -> "Detections":
        """The same on the picture made ``factor`` times as large."""
        return replace(self, xyxy=self.xyxy * np.float32(factor), image=None)

    def texts(self) -> list[str]:
        """What is written at each box: label and confidence."""
        return [
            f"{label} {confidence:.2f}"
            for label, confidence in zip(self.label, self.confidence, strict=True)
        ]

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

    def _repr_html_(self) -> str:
        table = notebook.table_html(self.to_rows()) or "<p>No objects.</p>"
        if self.image is None:
            return table
        colours = [class_colour(int(number)) for number in self.class_id]
        drawn = draw_labelled_boxes(self.image, self.xyxy, self.texts(), colours)
        return notebook.picture_html(drawn) + table


def find_class_ids(classes: Collection[str] | None, labels: tuple[str, ...]) -> list[int]:
    """Class indices of labels; InputError names one that the model does not know."""
    if not classes:
        return []
    for name in classes:
        if name not in labels:
            raise InputError(f"The model knows no class {str(name)[:40]!r}: choose from its list.")
    return [labels.index(name) for name in classes]

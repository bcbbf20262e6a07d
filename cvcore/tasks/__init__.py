"""One picture, five tasks: what each asks, what the project's networks answer, and by what an
answer is scored.

Classification names the picture, localisation puts one box around what it names, detection a box
around every object, semantic segmentation gives every pixel a class, and instance segmentation
tells objects of one class apart. ``solve`` runs three networks: a classifier for the first two, a
detector, and a U-Net for people. Above the lessons, whose functions it puts side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import lazy_loader
import numpy as np

from cvcore import detection, saliency, segmentation
from cvcore.core.checks import check_setting
from cvcore.core.images import Picture, as_image
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import classifier

# Its other part is loaded when it is first named.
__getattr__, _, _modules = lazy_loader.attach(__name__, ["drawing"])


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


__all__ = [
    "CAM_SHARE", "PERSON", "TASKS", "Answers", "Task", "box_around", "part_instances", "solve",
]  # fmt: skip

PERSON = "person"  # the one class that the bundled mask network was taught
CAM_SHARE = 0.2  # of the map's greatest value, as in Zhou et al., 2016


@dataclass(frozen=True)
class Task:
    """A task of recognition, in words."""

    key: str
    title: str
    question: str
    answer: str  # its form
    measure: str  # what it is scored by
    lesson: str  # where it is told


TASKS = (
    Task(
        "classification", "Classification", "What does the picture show?",
        "one class", "accuracy, the share named rightly", "classification",
    ),
    Task(
        "localisation", "Localisation", "What does it show, and where is it?",
        "one class and one box", "the right class with IoU ≥ 0.5",
        "saliency",
    ),
    Task(
        "detection", "Detection", "Which objects are there, and where is each?",
        "a class and a box for each", "mAP, mean average precision",
        "detection",
    ),
    Task(
        "semantic", "Semantic segmentation", "Which class does each pixel belong to?",
        "a class for each", "mean IoU over the classes", "segmentation",
    ),
    Task(
        "instance", "Instance segmentation", "Which pixels belong to which object?",
        "a mask for each", "mask AP, by IoU of masks", "segmentation",
    ),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Answers:
    """What the networks say of one picture (H, W), task by task."""

    top: classifier.TopK
    cam: np.ndarray = field(repr=False)  # float32 (H, W), at least 0; 0 where it is not looked at
    crop_xyxy: tuple[int, ...]  # the square that the classifier sees, pixels
    box_xyxy: tuple[int, int, int, int] | None  # around the CAM; None where it is 0 throughout
    detections: detection.Detections
    mask: np.ndarray = field(repr=False)  # bool (H, W): a person
    instances: np.ndarray = field(repr=False)  # int32 (H, W): 0 nobody, then 1, 2, ... by box
    people: tuple[int, ...]  # which of the detections are the people 1, 2, ...

    @property
    def areas(self) -> tuple[int, ...]:
        """Pixels of the people 1, 2, ...; 0 for one in whose box the mask has no pixel."""
        counts = np.bincount(self.instances.ravel(), minlength=len(self.people) + 1)
        return tuple(int(count) for count in counts[1:])

    @property
    def unclaimed(self) -> int:
        """Pixels of the mask that lie in no person's box."""
        return int(np.count_nonzero(self.mask & (self.instances == 0)))


@undisturbed
def solve(
    image: Picture,
    *,
    model: str = classifier.DEFAULT_MODEL,
    confidence: float = detection.DEFAULT_CONFIDENCE,
) -> Answers:
    """All five tasks on a picture of at least 16 pixels.

    The classifier ``model`` answers the first two: its most probable class, and the box around
    that class's Grad-CAM (``box_around``). YOLOv3-tiny gives the boxes of at least ``confidence``
    (0 to 1), the U-Net the pixels that are a person, and ``part_instances`` deals these out to the
    boxes of people. Raises ``InputError`` for a picture that is none or too small, an unknown
    model, or a confidence out of range.
    """
    image = as_image(image, min_side=segmentation.MIN_SIDE)
    found = detection.predict_boxes(image, confidence=confidence)
    top = classifier.predict_topk(image, 5, model=model)
    named = int(top.class_indices[0])
    map_ = saliency.explain(image, "grad_cam", class_idx=named, model=model, with_scores=False)
    mask = segmentation.predict_mask(image).above()
    people = tuple(row for row, label in enumerate(found.label) if label == PERSON)
    return Answers(
        top,
        map_.heatmap,
        map_.crop_xyxy,
        box_around(map_.heatmap),
        found,
        mask,
        part_instances(mask, found.xyxy[list(people)]),
        people,
    )


@undisturbed
def box_around(cam: np.ndarray, *, share: float = CAM_SHARE) -> tuple[int, int, int, int] | None:
    """The box (x1, y1, x2, y2 in pixels, the right end excluded) around the largest connected part
    of a map (H, W) above ``share`` (0 to 1) of its greatest value; None for a map without any.

    So a network that was told classes alone finds a place: Zhou et al., "Learning Deep Features
    for Discriminative Localization", CVPR 2016, arXiv:1512.04150.
    """
    share = check_setting("The share", share, 0, 1)
    peak = float(np.max(cam)) if np.size(cam) else 0.0
    if not peak > 0:
        return None
    above = np.asarray(cam >= max(share * peak, np.finfo(np.float32).tiny), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8)
    left, top, width, height, _ = stats[1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())].tolist()
    return left, top, left + width, top + height


@undisturbed
def part_instances(mask: np.ndarray, xyxy: np.ndarray | Sequence) -> np.ndarray:
    """Who owns each pixel of a mask, bool (H, W): int32 (H, W), 0 for nobody, else 1 + the box.

    ``xyxy`` are boxes (N, 4) in pixels. A pixel belongs to the box that it lies in; where boxes
    overlap, to the one whose middle is nearest, measured in that box's own width and height. That
    is what two networks give together, each for a task of its own; one that is trained for masks
    of single objects (He et al., "Mask R-CNN", ICCV 2017, arXiv:1703.06870) needs no such rule.
    """
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype != np.bool_:
        raise TypeError("Expected a bool mask (H, W).")
    owner = np.zeros(mask.shape, np.int32)
    nearest = np.full(mask.shape, np.inf, np.float32)
    y, x = (axis.astype(np.float32) + 0.5 for axis in np.ogrid[: mask.shape[0], : mask.shape[1]])
    for number, (x1, y1, x2, y2) in enumerate(np.asarray(xyxy, float).reshape(-1, 4), start=1):
        if x2 <= x1 or y2 <= y1:
            continue
        across, down = (2 * x - x1 - x2) / (x2 - x1), (2 * y - y1 - y2) / (y2 - y1)
        distance = across**2 + down**2
        wins = (np.abs(across) <= 1) & (np.abs(down) <= 1) & (distance < nearest) & mask
        owner[wins], nearest[wins] = number, distance[wins]
    return owner

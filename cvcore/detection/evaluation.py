"""Mean average precision over a folder of pictures with YOLO labels.

    python -m cvcore.detection.evaluation DIR [--engine ultralytics]

``DIR/images`` holds the pictures and ``DIR/labels`` a text file of the same name for each, with a
line an object: ``class x y width height``, centre and size as shares of the picture. A picture
without such a file has no objects; what cannot be read is named and left out. Average precision as
COCO defines it, by torchmetrics and pycocotools.
"""

import argparse
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cvcore import detection
from cvcore.core import commands, folders
from cvcore.core.commands import command
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, load_image
from cvcore.detection.labels import GroundTruth, read_ground_truth
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed

MIN_CONFIDENCE = 0.001  # the whole precision-recall curve counts, not one confidence limit
NMS_IOU = 0.7
MAX_SIDE = 8192  # pixels: pictures are measured as they are

SIZES = ("small", "medium", "large")  # COCO's, see DetectionScore

Scored = tuple[np.ndarray, np.ndarray, np.ndarray]  # xyxy (N, 4), confidence (N,), class_id (N,)


@dataclass(frozen=True)
class DetectionScore:
    """Mean average precision over the classes that occur."""

    pictures: int
    objects: int
    map_50_95: float  # mean over IoU limits 0.5, 0.55 ... 0.95
    map_50: float
    per_class: dict[str, float] = field(hash=False)
    """Average precision of each, the mean over the IoU limits."""
    map_75: float = math.nan
    by_size: dict[str, float] = field(default_factory=dict, hash=False)
    """mAP50-95 of objects of less than 32², to 96², and more square pixels: small, medium, large;
    NaN where there is none."""
    average_recall: dict[int, float] = field(default_factory=dict, hash=False)
    """The share of objects found, by the 1, 10 or 100 surest boxes a picture and class: the mean
    over the classes and the IoU limits."""
    recall_by_size: dict[str, float] = field(default_factory=dict, hash=False)
    """That of 100 boxes; sizes as above."""
    notes: tuple[str, ...] = ()
    """A sentence on what was left out, or counts as empty."""


def list_pictures(folder: Path) -> list[Path]:
    """The pictures in ``folder/images``, by name; InputError if there are none."""
    pictures = folders.list_pictures(folder / "images", recursive=True)
    if not pictures:
        raise InputError(f"There are no pictures in {folder / 'images'}: name another folder.")
    return pictures


def find_label(folder: Path, picture: Path) -> Path:
    """Where the label file of a picture in ``folder/images`` lies, if it has one."""
    return folder / "labels" / picture.relative_to(folder / "images").with_suffix(".txt")


def check_labels(folder: Path, pictures: Sequence[Path]) -> tuple[str, ...]:
    """A sentence each on pictures without a label file, and label files without a picture.

    InputError when no picture has one: the labels lie elsewhere, or have other names.
    """
    if not (folder / "labels").is_dir():
        raise InputError(f"There is no folder labels in {folder}: put the label files there.")
    labels = {find_label(folder, picture) for picture in pictures}
    there = set((folder / "labels").rglob("*.txt")) - {folder / "labels" / "classes.txt"}
    if not labels & there:
        raise InputError(
            f"No file in {folder / 'labels'} has the name of a picture in {folder / 'images'}: "
            "a label file is called as its picture, with .txt at the end."
        )
    bare, alone = len(labels - there), sorted(path.name for path in there - labels)
    notes = []
    if bare:
        notes.append(f"{bare} of {len(labels)} pictures have no label file: they count as empty.")
    if alone:
        names = ", ".join(alone[:5]) + (" ..." if len(alone) > 5 else "")
        notes.append(f"{len(alone)} label files have no picture and are left out: {names}.")
    return tuple(notes)


def predict_for_score(
    image: Picture, *, model: str, input_size: int, iou: float = NMS_IOU
) -> Scored:
    """Every box down to a confidence of 0.001, once for each class that reaches it."""
    raw = detection.predict_raw(image, model=model, input_size=input_size)
    found = detection.explain_suppression(
        raw, confidence=MIN_CONFIDENCE, iou=iou, multi_label=True
    ).detections
    return found.xyxy, found.confidence, found.class_id


@undisturbed
def evaluate(
    folder: Path,
    predict: Callable[[np.ndarray], Scored],
    labels: tuple[str, ...],
) -> Iterator[tuple[int, int] | DetectionScore]:
    """Yields (pictures done, pictures in all) while it works, at last the score.

    A picture that cannot be read, or whose label file is wrong, is left out and named in the
    score's ``notes``. InputError when there are no pictures, no labels, or no
    picture or object is left.
    """
    pictures = list_pictures(folder)
    notes = list(check_labels(folder, pictures))
    metric, objects, measured = CocoMetric(), 0, 0
    for done, path in enumerate(pictures, start=1):
        try:
            image = load_image(path, max_side=MAX_SIDE)
            truth = read_ground_truth(find_label(folder, path), image.shape[:2], len(labels))
            found = predict(image)
        except InputError as error:
            notes.append(f"{path.name} is left out: {error}")
        else:
            metric.add(found, truth)
            objects += len(truth.class_id)
            measured += 1
        yield done, len(pictures)
    if not measured:
        raise InputError(f"No picture could be measured. {' '.join(notes[:3])}")
    if not objects:  # COCO's program says -1
        raise InputError(
            "No picture has an object in its label file: there is nothing to find; label some."
        )
    yield replace(
        metric.compute(labels), pictures=measured, objects=objects, notes=tuple(notes)
    )  # fmt: skip


class CocoMetric:
    """COCO's mean average precision, picture by picture, by torchmetrics and pycocotools."""

    def __init__(self) -> None:
        from torchmetrics.detection import MeanAveragePrecision

        # As COCO's own program has them. Those that torchmetrics makes by itself are of float32:
        # a recall of exactly 0.6 does not reach its 0.6.
        self._metric = MeanAveragePrecision(
            class_metrics=True,
            iou_thresholds=np.linspace(0.5, 0.95, 10).tolist(),
            rec_thresholds=np.linspace(0, 1, 101).tolist(),
        )
        self._metric.warn_on_many_detections = False
        self._pictures = self._objects = 0

    def add(self, found: Scored, truth: GroundTruth) -> None:
        """One picture's boxes, and what is there."""
        import torch

        self._pictures += 1
        self._objects += len(truth.class_id)
        xyxy, confidence, class_id = map(torch.as_tensor, found)
        self._metric.update(
            [{"boxes": xyxy.double(), "scores": confidence.double(), "labels": class_id}],
            [
                {
                    "boxes": torch.from_numpy(truth.xyxy).double(),
                    "labels": torch.from_numpy(truth.class_id),
                }
            ],
        )

    def compute(self, labels: tuple[str, ...]) -> DetectionScore:
        """COCO's twelve figures, and the average precision of each class in the truth."""
        score = self._metric.compute()
        each = zip(score["classes"].reshape(-1), score["map_per_class"].reshape(-1), strict=True)
        # -1: predicted, but nowhere in the truth
        per_class = {labels[int(index)]: float(value) for index, value in each if value >= 0}
        figure = {name: math.nan if value.numel() != 1 or value < 0 else float(value)
                  for name, value in score.items()}  # fmt: skip
        return DetectionScore(
            self._pictures, self._objects, figure["map"], figure["map_50"], per_class,
            map_75=figure["map_75"],
            by_size={size: figure[f"map_{size}"] for size in SIZES},
            average_recall={most: figure[f"mar_{most}"] for most in (1, 10, 100)},
            recall_by_size={size: figure[f"mar_{size}"] for size in SIZES},
        )  # fmt: skip


def list_figures(score: DetectionScore) -> list[tuple[str, float]]:
    """COCO's twelve figures with their names, in its order but mAP50 first; NaN: no such object."""
    return [
        ("mAP50", score.map_50),
        ("mAP50-95", score.map_50_95),
        ("mAP75", score.map_75),
        *((f"mAP50-95, {size}", value) for size, value in score.by_size.items()),
        *((f"AR, {most} a class", value) for most, value in score.average_recall.items()),
        *((f"AR, 100, {size}", value) for size, value in score.recall_by_size.items()),
    ]


@command
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cvcore.detection.evaluation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="with images/ and labels/ in it")
    parser.add_argument("--model", default=detection.DEFAULT_MODEL)
    parser.add_argument("--size", type=int, default=detection.DEFAULT_SIZE)
    parser.add_argument(
        "--iou",
        type=float,
        default=NMS_IOU,
        help="limit of the suppression (NanoDet's authors: 0.6)",
    )
    parser.add_argument(
        "--engine",
        choices=("cvcore", "ultralytics"),
        default="cvcore",
        help="who runs the network and the suppression (ultralytics: the same weights, exported)",
    )
    options = parser.parse_args(arguments)
    detection.check_model(options.model)
    detection.check_size(options.size)
    detection.check_share("The IoU limit", options.iou)
    if options.engine == "ultralytics":
        from cvcore.engine.ultralytics import load_scorer

        predict = load_scorer(options.model, options.size, MIN_CONFIDENCE, options.iou)
    else:

        def predict(image: np.ndarray) -> Scored:
            return predict_for_score(
                image, model=options.model, input_size=options.size, iou=options.iou
            )

    score = commands.follow(
        evaluate(options.folder, predict, registry.load_labels(options.model)), DetectionScore
    )
    print(f"{score.pictures} pictures, {score.objects} objects, {options.model} {options.size}")
    for name, value in list_figures(score):
        print(f"{name:22}{'none there' if math.isnan(value) else f'{value:.4f}'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

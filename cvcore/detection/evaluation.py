"""Mean average precision over a folder of pictures with YOLO labels.

    python -m cvcore.detection.evaluation DIR [--engine ultralytics]

``DIR/images`` holds the pictures and ``DIR/labels`` a text file of the same name for each, with a
line an object: ``class x y width height``, centre and size as shares of the picture. A picture
without such a file has no objects. Average precision as COCO defines it, by torchmetrics.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cvcore import detection
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, load_image
from cvcore.engine import registry

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
MIN_CONFIDENCE = 0.001  # the whole precision-recall curve counts, not one confidence limit
NMS_IOU = 0.7
MAX_SIDE = 8192  # pixels: pictures are measured as they are

Scored = tuple[np.ndarray, np.ndarray, np.ndarray]  # xyxy (N, 4), confidence (N,), class_id (N,)


@dataclass(frozen=True)
class GroundTruth:
    """What a picture really shows."""

    xyxy: np.ndarray  # (N, 4) float32, pixels
    class_id: np.ndarray  # (N,) int64


@dataclass(frozen=True)
class DetectionScore:
    """Mean average precision over the classes that occur."""

    pictures: int
    objects: int
    map_50_95: float  # mean over IoU limits 0.5, 0.55 ... 0.95
    map_50: float
    per_class: dict[str, float]  # average precision, mean over the IoU limits


def list_pictures(folder: Path) -> list[Path]:
    """The pictures in ``folder/images``, by name; InputError if there are none."""
    pictures = sorted(
        path for path in (folder / "images").rglob("*") if path.suffix.lower() in SUFFIXES
    )
    if not pictures:
        raise InputError(f"There are no pictures in {folder / 'images'}: name another folder.")
    return pictures


def read_ground_truth(path: Path, image_hw: tuple[int, int], num_classes: int) -> GroundTruth:
    """The boxes of a YOLO label file, in pixels; InputError names a line that is none."""
    rows = []
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            values = [float(word) for word in line.split()]
            is_right = len(values) == 5 and values[0] in range(num_classes)
        except ValueError:
            is_right = False
        if not is_right:
            raise InputError(
                f"Line {number} of {path.name} is not 'class x y width height' "
                f"with a class from 0 to {num_classes - 1}: mend the file."
            )
        rows.append(values)
    table = np.asarray(rows, np.float64).reshape(-1, 5)
    height, width = image_hw
    centre, half = table[:, 1:3], table[:, 3:5] / 2
    xyxy = np.concatenate((centre - half, centre + half), axis=1) * (width, height, width, height)
    return GroundTruth(xyxy.astype(np.float32), table[:, 0].astype(np.int64))


def predict_for_score(image: Picture, *, model: str, input_size: int) -> Scored:
    """Every box down to a confidence of 0.001, once for each class that reaches it."""
    raw = detection.predict_raw(image, model=model, input_size=input_size)
    found = detection.explain_suppression(
        raw, confidence=MIN_CONFIDENCE, iou=NMS_IOU, multi_label=True
    ).detections
    return found.xyxy, found.confidence, found.class_id


def evaluate(
    folder: Path,
    predict: Callable[[np.ndarray], Scored],
    labels: tuple[str, ...],
) -> Iterator[tuple[int, int] | DetectionScore]:
    """Yields (pictures done, pictures in all) while it works, at last the score."""
    import torch
    from torchmetrics.detection import MeanAveragePrecision

    pictures, objects = list_pictures(folder), 0
    metric = MeanAveragePrecision(class_metrics=True)
    metric.warn_on_many_detections = False
    for done, path in enumerate(pictures, start=1):
        image = load_image(path, max_side=MAX_SIDE)
        label_file = folder / "labels" / path.relative_to(folder / "images").with_suffix(".txt")
        ground_truth = read_ground_truth(label_file, image.shape[:2], len(labels))
        objects += len(ground_truth.class_id)
        xyxy, confidence, class_id = (torch.from_numpy(part) for part in predict(image))
        metric.update(
            [{"boxes": xyxy, "scores": confidence, "labels": class_id}],
            [
                {
                    "boxes": torch.from_numpy(ground_truth.xyxy),
                    "labels": torch.from_numpy(ground_truth.class_id),
                }
            ],
        )
        yield done, len(pictures)
    score = metric.compute()
    per_class = {
        labels[int(index)]: float(value)
        for index, value in zip(
            score["classes"].reshape(-1), score["map_per_class"].reshape(-1), strict=True
        )
        if value >= 0  # -1: predicted, but nowhere in the truth
    }
    yield DetectionScore(
        len(pictures), objects, float(score["map"]), float(score["map_50"]), per_class
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cvcore.detection.evaluation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="with images/ and labels/ in it")
    parser.add_argument("--model", default=detection.DEFAULT_MODEL)
    parser.add_argument("--size", type=int, default=detection.DEFAULT_SIZE)
    parser.add_argument(
        "--engine",
        choices=("cvcore", "ultralytics"),
        default="cvcore",
        help="who runs the network and the suppression (ultralytics: the same weights, exported)",
    )
    options = parser.parse_args(arguments)
    try:
        detection.check_model(options.model)
        detection.check_size(options.size)
        if options.engine == "ultralytics":
            from cvcore.engine.ultralytics import load_scorer

            predict = load_scorer(options.model, options.size, MIN_CONFIDENCE, NMS_IOU)
        else:

            def predict(image: np.ndarray) -> Scored:
                return predict_for_score(image, model=options.model, input_size=options.size)

        for state in evaluate(options.folder, predict, registry.load_labels(options.model)):
            if isinstance(state, DetectionScore):
                score = state
            elif sys.stderr.isatty():
                print(f"\r{state[0]} of {state[1]} pictures", end="", file=sys.stderr, flush=True)
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{score.pictures} pictures, {score.objects} objects, {options.model} {options.size}")
    print(f"mAP50     {score.map_50:.4f}\nmAP50-95  {score.map_50_95:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

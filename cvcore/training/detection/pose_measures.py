"""Measure MoveNet as it is bundled, where no true points are at hand.

    python -m cvcore.training.detection.pose_measures --data DIR

For pictures with YOLO labels (``images/``, ``labels/``; class 0 is a person): each person at least
64 pixels long is cut out by the true box. Two things are asked that a right answer must satisfy:
the mirrored person's points, sides changed, lie where the mirrored points are; and sure points
lie in the box. Neither says that a point is right.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cvcore.core.commands import command, input_folder
from cvcore.core.errors import InputError
from cvcore.core.images import as_image
from cvcore.detection.labels import read_ground_truth
from cvcore.detection.pose import DEFAULT_THRESHOLD, KEYPOINTS, SMALL, Square, predict_pose, widen

MIRRORED = tuple(
    KEYPOINTS.index(
        name.replace("left", "right") if name.startswith("left") else name.replace("right", "left")
    )
    for name in KEYPOINTS
)


@dataclass(frozen=True)
class PersonMeasure:
    """Of one person's sure points."""

    moved: np.ndarray  # (N,), in shares of the box's diagonal, by mirroring
    inside: np.ndarray  # (N,) whether they lie in the box


def measure_person(image: np.ndarray, box: np.ndarray) -> PersonMeasure:
    """A person of a picture, by the true box (4,) xyxy in pixels."""
    square = widen(box)
    pose = predict_pose(image, square)
    width = image.shape[1]
    turned = Square(width - square.left - square.side, square.top, square.side)
    other = predict_pose(np.ascontiguousarray(image[:, ::-1]), turned)
    xy = other.xy[list(MIRRORED)]
    xy[:, 0] = width - xy[:, 0]
    sure = np.flatnonzero(pose.confidence >= DEFAULT_THRESHOLD)
    moved = np.linalg.norm(xy - pose.xy, axis=1) / np.linalg.norm(box[2:] - box[:2])
    inside = np.all((pose.xy >= box[:2]) & (pose.xy <= box[2:]), axis=1)
    return PersonMeasure(moved[sure], inside[sure])


def measure(folder: Path) -> list[PersonMeasure]:
    """Everyone in a folder's pictures who is tall enough."""
    measures = []
    for path in sorted((folder / "images").glob("*.jpg")):
        image = as_image(path)
        truths = read_ground_truth(folder / "labels" / f"{path.stem}.txt", image.shape[:2], 80)
        for box, class_id in zip(truths.xyxy, truths.class_id, strict=True):
            if class_id == 0 and max(box[2:] - box[:2]) >= SMALL:
                measures.append(measure_person(image, np.asarray(box, float)))
    return measures


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=input_folder, required=True, help="images/ and labels/")
    options = parser.parse_args(arguments)
    measures = measure(options.data)
    if not measures:
        raise InputError(f"{options.data.name} has no person who is tall enough: name another.")
    moved = np.concatenate([one.moved for one in measures])
    inside = np.concatenate([one.inside for one in measures])
    print(
        f"{len(measures)} people, {len(moved)} points of a confidence from {DEFAULT_THRESHOLD} on"
    )
    if len(moved):
        print(f"moved by mirroring, of the box's diagonal: median {np.median(moved):.1%}, "
              f"{np.mean(moved < 0.05):.1%} of them less than 5 %")  # fmt: skip
        print(f"in the person's box: {inside.mean():.1%}")


if __name__ == "__main__":
    sys.exit(main())

"""Make ``assets/weights/region_svm.safetensors``: a linear SVM a class, for R-CNN and Fast R-CNN.

    python -m cvcore.training.detection.region_svm --data coco128/

``--data`` has ``images/`` and ``labels/``, a YOLO label file a picture; COCO128 is to be had from
Ultralytics' assets. Of every four pictures in order of their names two are for training, one for
validation and one for the test. The penalty C is the one with the best mAP50, of both detectors
together, on the validation pictures; the SVMs are then trained on those, too, and measured once on
the test pictures. As in
R-CNN, what overlaps an object by less than 0.3 is background; unlike there, proposals that overlap
one by 0.6 or more count as examples beside the labelled boxes, as there are few of these.
"""

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from cvcore.core.commands import command, input_folder, output_folder
from cvcore.core.errors import InputError
from cvcore.core.images import load_image
from cvcore.core.paths import ASSETS
from cvcore.detection import region_cnn
from cvcore.detection.boxes import box_iou
from cvcore.detection.evaluation import find_label, list_pictures
from cvcore.detection.labels import read_ground_truth
from cvcore.detection.region_cnn import POOLINGS, Head
from cvcore.detection.selective_search import search
from cvcore.engine import registry

NAME = "region_svm.safetensors"
PENALTIES = (0.01, 0.03, 0.1)
PROPOSALS = {"train": 40, "validation": 60, "test": 100}  # a picture
LEAST_OBJECTS, LEAST_PICTURES = 3, 2  # of a class that is learned
POSITIVE, NEGATIVE = 0.6, 0.3  # IoU
POSITIVE_WEIGHT = 4.0
KINDS = ("crop", "map")
IGNORED, BACKGROUND = -2, -1


@dataclass(frozen=True, eq=False)
class Described:
    """A picture's labelled boxes and proposals, and the features of each."""

    boxes: np.ndarray  # (N, 4): the labelled ones first
    class_id: np.ndarray  # (T,) of the labelled ones
    features: dict[str, list[np.ndarray]]  # by kind, each (N, 1280): mirrored, pooled otherwise


def describe(folder: Path, picture: Path, most: int) -> Described:
    """Both detectors' features of a picture's boxes."""
    image = load_image(picture)
    truth = read_ground_truth(find_label(folder, picture), image.shape[:2], 80)
    boxes = np.concatenate([truth.xyxy.astype(np.float64), search(image).proposals()[:most]])
    crops = np.stack([region_cnn.warp(image, box) for box in boxes])
    views = (crops, crops[:, :, ::-1]) if most == PROPOSALS["train"] else (crops,)
    chunks = [range(start, min(start + 8, len(crops))) for start in range(0, len(crops), 8)]
    features = {
        "crop": [
            np.concatenate([region_cnn.describe_crops(view[list(rows)]) for rows in chunks])
            for view in views
        ]
    }
    maps, factors = region_cnn.describe_picture(image)
    features["map"] = [
        region_cnn.pool_regions(maps, boxes * factors, one) for one in POOLINGS[::-1]
    ]
    return Described(boxes, truth.class_id, features)


def to_examples(pictures: Sequence[Described], kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Features (M, 1280) of length 1 and what each shows, a class or the background."""
    rows, shows = [], []
    for one in pictures:
        count = len(one.class_id)
        shown = np.full(len(one.boxes), BACKGROUND)
        shown[:count] = one.class_id
        if count:
            overlap = box_iou(one.boxes[count:], one.boxes[:count])
            best, nearest = overlap.max(axis=1), one.class_id[overlap.argmax(axis=1)]
            others = np.where(best < NEGATIVE, BACKGROUND, IGNORED)
            shown[count:] = np.where(best >= POSITIVE, nearest, others)
        for features in one.features[kind]:
            rows.append(features[shown != IGNORED])
            shows.append(shown[shown != IGNORED])
    stacked = np.concatenate(rows)
    length = np.linalg.norm(stacked, axis=1, keepdims=True)
    return stacked / np.maximum(length, 1e-9), np.concatenate(shows)


def fit(pictures: Sequence[Described], kind: str, classes: Sequence[int], penalty: float) -> Head:
    """An SVM a class against all the rest."""
    from sklearn.svm import LinearSVC

    rows, shown = to_examples(pictures, kind)
    weights, biases = [], []
    for one in classes:
        svm = LinearSVC(
            C=penalty,
            class_weight={1: POSITIVE_WEIGHT, 0: 1.0},
            max_iter=5000,
            tol=1e-3,
            random_state=0,
        )
        svm.fit(rows, (shown == one).astype(int))
        weights.append(svm.coef_[0])
        biases.append(svm.intercept_[0])
    labels = registry.load_labels("yolov3_tiny")
    weight, bias = np.array(weights, np.float16), np.array(biases, np.float32)
    return Head(weight.astype(np.float32), bias, tuple(labels[one] for one in classes))


def measure(
    pictures: Sequence[Described], kind: str, head: Head, classes: Sequence[int]
) -> tuple[float, float, int]:
    """mAP50 of the detector, the share of labelled boxes whose class is right, and their number."""
    import torch
    from torchmetrics.detection import MeanAveragePrecision

    from cvcore.detection.suppression import nms_steps

    metric = MeanAveragePrecision(iou_thresholds=[0.5])
    metric.warn_on_many_detections = False
    known, right, seen = np.array(classes), 0, 0
    for one in pictures:
        count = len(one.class_id)
        scores = head.score(one.features[kind][0])
        is_known = np.isin(one.class_id, known)
        right += int((known[scores[:count].argmax(axis=1)] == one.class_id)[is_known].sum())
        seen += int(is_known.sum())
        boxes, scores = one.boxes[count:], scores[count:]
        rows = np.repeat(np.arange(len(boxes)), len(known))
        owner, score = np.tile(np.arange(len(known)), len(boxes)), scores.ravel()
        best = np.argsort(-score, kind="stable")[:1000]
        rows, owner, score = rows[best], owner[best], score[best]
        kept = [s.kept for s in nms_steps(boxes[rows], score, owner, region_cnn.DEFAULT_NMS_IOU)]
        found = {
            "boxes": torch.from_numpy(boxes[rows[kept]]), "scores": torch.from_numpy(score[kept]),
            "labels": torch.from_numpy(known[owner[kept]]),
        }  # fmt: skip
        truth = {
            "boxes": torch.from_numpy(one.boxes[:count][is_known]),
            "labels": torch.from_numpy(one.class_id[is_known]),
        }
        metric.update([found], [truth])
    return float(metric.compute()["map_50"]), right / max(seen, 1), seen


def choose_classes(pictures: Sequence[Described]) -> list[int]:
    """Those with enough labelled boxes, in enough pictures."""
    objects = Counter(int(one) for picture in pictures for one in picture.class_id)
    seen_in = Counter(one for picture in pictures for one in set(picture.class_id.tolist()))
    enough = [
        one
        for one in sorted(objects)
        if objects[one] >= LEAST_OBJECTS and seen_in[one] >= LEAST_PICTURES
    ]
    if not enough:
        raise InputError("No class has three labelled boxes in two pictures: add pictures.")
    return enough


def choose_penalty(parts: dict[str, list[Described]], classes: Sequence[int]) -> float:
    """The C of both detectors, so that their scores compare: the best on the validation part."""
    tried = {}
    for penalty in PENALTIES:
        scores = []
        for kind in KINDS:
            head = fit(parts["train"], kind, classes, penalty)
            scores.append(measure(parts["validation"], kind, head, classes)[0])
        tried[penalty] = sum(scores)
        told = ", ".join(f"{kind} {one:.3f}" for kind, one in zip(KINDS, scores, strict=True))
        print(f"C {penalty}: validation mAP50 {told}")
    return max(tried, key=lambda penalty: tried[penalty])


def describe_all(folder: Path) -> dict[str, list[Described]]:
    """All pictures by their part."""
    parts: dict[str, list[Described]] = {name: [] for name in PROPOSALS}
    pictures = sorted(list_pictures(folder))
    if len(pictures) < 8:
        raise InputError("There are fewer than eight pictures: add some.")
    for number, picture in enumerate(pictures):
        part = ("train", "train", "validation", "test")[number % 4]
        parts[part].append(describe(folder, picture, PROPOSALS[part]))
        print(f"{number + 1} of {len(pictures)} pictures", end="\r", flush=True)
    return parts


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=input_folder, required=True, help="a folder with images/ and labels/ in it"
    )
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    parts = describe_all(options.data)
    learned = parts["train"] + parts["validation"]
    classes = choose_classes(parts["train"])
    arrays = {"class_ids": np.array(classes, np.int64)}
    penalty = choose_penalty(parts, classes)
    for kind in KINDS:
        head = fit(learned, kind, classes, penalty)
        score, right, seen = measure(parts["test"], kind, head, classes)
        print(f"{kind}: test mAP50 {score:.3f}, {right:.1%} of {seen} boxes' classes right")
        arrays |= {f"{kind}_weight": head.weight.astype(np.float16), f"{kind}_bias": head.bias}
    path = options.out / NAME
    save_file(arrays, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(
        f"{len(classes)} classes  {path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}"
    )


if __name__ == "__main__":
    sys.exit(main())

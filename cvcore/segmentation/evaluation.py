"""Dice and IoU over a folder of pictures and masks.

    python -m cvcore.segmentation.evaluation DIR [--model nuclei] [--threshold 0.5]
    python -m cvcore.segmentation.evaluation DIR --part test --seed 0

``DIR/images`` holds the pictures and ``DIR/masks`` (white is inside, or 1), ``DIR/labels`` (a
number per object, 0 is background) or ``DIR/semantic_masks`` (COCO's class numbers: people are 1)
a PNG of the same name for each. Every picture is measured at its own size. What cannot be read, or
has no partner, is named and left out.
``--part test`` takes only the pictures that training with this seed holds back, ``--part train``
only the others.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cvcore import segmentation
from cvcore.core import commands
from cvcore.core.commands import command
from cvcore.core.errors import InputError
from cvcore.core.images import load_image
from cvcore.segmentation.dataset import list_folder, list_pairs, named, read_mask, split

MAX_SIDE = 8192  # pixels: pictures are measured as they are


@dataclass(frozen=True)
class SegmentationScore:
    """How well masks fit the truth."""

    pictures: int
    dice: float  # mean over the pictures
    dice_error: float  # standard error of that mean; NaN for one picture
    dice_median: float
    iou: float  # mean over the pictures
    iou_error: float
    iou_median: float
    pooled_dice: float  # all pictures' pixels together
    pooled_iou: float
    notes: tuple[str, ...] = ()  # a sentence on each file that was left out


def summarise(
    overlaps: Sequence[segmentation.Overlap], notes: Sequence[str] = ()
) -> SegmentationScore:
    """Means over pictures, and all their pixels together."""
    pooled = segmentation.Overlap(
        both=sum(one.both for one in overlaps),
        predicted=sum(one.predicted for one in overlaps),
        ground_truth=sum(one.ground_truth for one in overlaps),
    )
    dice = _summarise_one(np.array([one.dice for one in overlaps]))
    iou = _summarise_one(np.array([one.iou for one in overlaps]))
    return SegmentationScore(len(overlaps), *dice, *iou, pooled.dice, pooled.iou, tuple(notes))


def _summarise_one(each: np.ndarray) -> tuple[float, float, float]:
    """Mean, its standard error, median."""
    error = each.std(ddof=1) / len(each) ** 0.5 if len(each) > 1 else np.nan
    return float(each.mean()), float(error), float(np.median(each))


def choose_part(
    folder: Path, part: str, *, share: float = 0.15, seed: int = 0
) -> list[tuple[Path, Path]]:
    """The pairs of a folder that training holds back ("test"), the others ("train"), or "all".

    ``share`` and ``seed`` are those of the training. InputError where no pair is left.
    """
    pairs = list_pairs(folder)
    if part == "all":
        return pairs
    if not 0 <= share <= 1:
        raise InputError(f"The share held back is a number from 0 to 1, got {share!r}.")
    if seed < 0:
        raise InputError(f"The seed is a number from 0 on, got {seed!r}.")
    train, test = split(pairs, share, seed)
    chosen = {"train": train, "test": test}[part]
    if not chosen:
        raise InputError(f"No pair is left in the part {part!r}: change the share ({share:g}).")
    return chosen


def evaluate(
    pairs: Sequence[tuple[Path, Path]], predict: Callable[[np.ndarray], np.ndarray]
) -> Iterator[tuple[int, int] | SegmentationScore]:
    """Yields (pictures done, pictures in all) while it works, at last the score.

    ``pairs`` are files of pictures and masks, as ``list_pairs`` finds them; ``predict`` turns a
    picture uint8 (H, W, 3) into a mask bool (H, W). A pair that cannot be read, or whose sizes
    differ, is left out and named in the score's ``notes``. InputError when none is left.
    """
    overlaps, notes = [], []
    for done, (picture, mask_file) in enumerate(pairs, start=1):
        try:
            overlaps.append(_measure_pair(picture, mask_file, predict))
        except InputError as error:
            notes.append(str(error))
        yield done, len(pairs)
    if not overlaps:
        raise InputError(f"No pair could be measured. {' '.join(notes[:3])}".strip())
    yield summarise(overlaps, notes)


def _measure_pair(
    picture: Path, mask_file: Path, predict: Callable[[np.ndarray], np.ndarray]
) -> segmentation.Overlap:
    image = named(picture, lambda path: load_image(path, max_side=MAX_SIDE))
    ground_truth = read_mask(mask_file)
    height, width = ground_truth.shape
    if (height, width) != image.shape[:2]:
        raise InputError(
            f"{mask_file.name} has {width} x {height} pixels, its picture "
            f"{image.shape[1]} x {image.shape[0]}: make both the same size."
        )
    return segmentation.compare_masks(named(picture, lambda _: predict(image)), ground_truth)


@command
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cvcore.segmentation.evaluation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="with images/ and masks/ or labels/ in it")
    parser.add_argument("--model", default=segmentation.DEFAULT_MODEL)
    parser.add_argument("--threshold", type=float, default=segmentation.DEFAULT_THRESHOLD)
    parser.add_argument("--longest", type=int, help="pixels: the longer side the network sees")
    parser.add_argument("--part", choices=("all", "train", "test"), default="all")
    parser.add_argument("--share", type=float, default=0.15, help="held back by training, 0 to 1")
    parser.add_argument("--seed", type=int, default=0, help="the training's seed")
    options = parser.parse_args(arguments)
    segmentation.check_model(options.model)
    segmentation.check_longest(options.longest)
    threshold = segmentation.check_threshold(options.threshold)

    def predict(image: np.ndarray) -> np.ndarray:
        mask = segmentation.predict_mask(image, model=options.model, longest=options.longest)
        return mask.above(threshold)

    pairs = choose_part(options.folder, options.part, share=options.share, seed=options.seed)
    score = commands.follow(evaluate(pairs, predict), SegmentationScore)
    for note in list_folder(options.folder).notes():
        print(note, file=sys.stderr)
    part = "" if options.part == "all" else f", part {options.part} of seed {options.seed}"
    print(f"{score.pictures} pictures{part}, {options.model}, threshold {threshold:g}")
    for name in ("Dice", "IoU"):
        mean, error, median, pooled = (
            getattr(score, pattern.format(name.lower()))
            for pattern in ("{}", "{}_error", "{}_median", "pooled_{}")
        )
        spread = "" if np.isnan(error) else f" ± {error:.4f}"
        print(
            f"{name:4}  mean over pictures {mean:.4f}{spread}   median {median:.4f}"
            f"   all pixels together {pooled:.4f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

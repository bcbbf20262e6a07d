"""Folders of pictures with masks: listed, read, and parted into those to learn from and others."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from cvcore.core import images
from cvcore.core.errors import InputError

KINDS = ("masks", "semantic_masks", "labels")  # folders of masks, the first that fits is taken
PERSON_CLASS = 1  # of COCO's semantic masks
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def list_pairs(folder: Path) -> list[tuple[Path, Path]]:
    """The pictures of a folder with their masks, by name; InputError if there are none."""
    for kind in KINDS:
        masks = {path.stem: path for path in (folder / kind).glob("*.png")}
        pictures = sorted(
            path for path in (folder / "images").glob("*") if path.suffix.lower() in SUFFIXES
        )
        pairs = [(path, masks[path.stem]) for path in pictures if path.stem in masks]
        if pairs:
            return pairs
    raise InputError(
        f"There are no pairs in {folder}: it needs images/NAME.jpg and masks/NAME.png "
        "or labels/NAME.png."
    )


def read_mask(path: Path) -> np.ndarray:
    """The mask, bool (H, W), of a file; what its numbers mean is said by its folder's name."""
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise InputError(f"{path.name} could not be read as a mask: it should be a PNG.")
    if values.ndim == 3:
        values = values[..., :3].max(axis=2)
    if path.parent.name == "labels":
        return values > 0
    if path.parent.name == "semantic_masks":
        return values == PERSON_CLASS
    return values >= (32768 if values.dtype == np.uint16 else 128)


@dataclass(frozen=True)
class Pair:
    """A picture and what in it belongs to the object."""

    name: str
    image: np.ndarray  # uint8 (H, W, 3)
    mask: np.ndarray  # bool (H, W)


def read_pairs(folder: Path) -> list[Pair]:
    """All pictures of a folder that have a mask, in the order of their names."""
    pairs = []
    for picture, mask_file in list_pairs(folder):
        image = images.load_image(picture, max_side=512)
        mask = read_mask(mask_file).astype(np.uint8)
        if mask.shape != image.shape[:2]:
            mask = cv2.resize(mask, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        pairs.append(Pair(picture.stem, image, mask.astype(bool)))
    return pairs


AnyPair = TypeVar("AnyPair")  # read, or still two paths


def split(pairs: Sequence[AnyPair], share: float, seed: int) -> tuple[list[AnyPair], list[AnyPair]]:
    """Deal the pairs into training and validation; ``share`` (0 to 1) goes to validation."""
    order = np.random.default_rng(seed).permutation(len(pairs))
    held = set(order[: round(share * len(pairs))].tolist())
    return (
        [pair for index, pair in enumerate(pairs) if index not in held],
        [pair for index, pair in enumerate(pairs) if index in held],
    )

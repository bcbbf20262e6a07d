"""Folders of pictures with masks: listed, read, and parted into those to learn from and others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from cvcore.core import folders, images, masks
from cvcore.core.errors import InputError

# Folders of masks, and what their files' values mean; the first in which one fits is taken.
KINDS: dict[str, masks.Kind] = {"masks": "mask", "semantic_masks": "people", "labels": "objects"}
EXACT = (".png", ".tif", ".tiff", ".bmp", ".gif")  # of two masks of a name these come first

Result = TypeVar("Result")


@dataclass(frozen=True)
class Listing:
    """What a folder holds."""

    pairs: tuple[tuple[Path, Path], ...]  # picture and mask, by name
    without_mask: tuple[Path, ...]  # pictures
    without_picture: tuple[Path, ...]  # masks

    def notes(self) -> tuple[str, ...]:
        """A sentence on each kind of file that is left out."""
        return tuple(
            f"{len(files)} {word} left out, without a {other} of the same name: {name_some(files)}."
            for files, word, other in (
                (self.without_mask, "pictures", "mask"),
                (self.without_picture, "masks", "picture"),
            )
            if files
        )


def name_some(files: Sequence[Path], most: int = 5) -> str:
    """The names of a few files, for a sentence."""
    names = [path.name for path in files[:most]]
    return ", ".join(names) + (" ..." if len(files) > most else "")


def list_folder(folder: Path) -> Listing:
    """The pictures of a folder with their masks, and what has none; InputError without a pair."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: name one with images/ and masks/ in it.")
    if not (folder / "images").is_dir():
        raise InputError(f"There are no pairs in {folder}: it has no folder images.")
    pictures = folders.list_pictures(folder / "images")
    for kind in KINDS:
        files = folders.list_pictures(folder / kind)
        files.sort(key=_rank, reverse=True)  # by_name keeps the last
        by_name = {path.stem: path for path in files}
        known = {path.stem for path in pictures}
        pairs = [(path, by_name[path.stem]) for path in pictures if path.stem in by_name]
        if pairs:
            alone = sorted(path for name, path in by_name.items() if name not in known)
            rest = [path for path in pictures if path.stem not in by_name]
            return Listing(tuple(pairs), tuple(rest), tuple(alone))
    raise InputError(
        f"There are no pairs in {folder}: it needs images/NAME.jpg and masks/NAME.png "
        "or labels/NAME.png."
    )


def _rank(mask: Path) -> int:
    suffix = mask.suffix.lower()
    return EXACT.index(suffix) if suffix in EXACT else len(EXACT)


def list_pairs(folder: Path) -> list[tuple[Path, Path]]:
    """The pictures of a folder with their masks, by name; InputError if there are none."""
    return list(list_folder(folder).pairs)


def read_mask(path: Path) -> np.ndarray:
    """The mask, bool (H, W), of a file; what its numbers mean is said by its folder's name.

    ``masks``: inside and outside; ``labels``: a number for each object; ``semantic_masks``: COCO's
    class numbers, of which people are 1. See ``cvcore.core.masks``.
    """
    kind = KINDS.get(path.parent.name, "mask")
    return named(path, lambda path: masks.read_mask(path, kind=kind))


def named(path: Path, read: Callable[[Path], Result]) -> Result:
    """What ``read`` makes of a file; its InputError says which file it was."""
    try:
        return read(path)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error


@dataclass(frozen=True, eq=False)
class Pair:
    """A picture and what in it belongs to the object."""

    name: str
    image: np.ndarray  # uint8 (H, W, 3)
    mask: np.ndarray  # bool (H, W)


def read_pairs(folder: Path) -> list[Pair]:
    """All pictures of a folder that have a mask, in the order of their names.

    InputError names the first that cannot be read. Who leaves it out must ``split`` before, as the
    evaluation does: else others are held back.
    """
    return [read_pair(picture, mask_file) for picture, mask_file in list_pairs(folder)]


def read_pair(picture: Path, mask_file: Path) -> Pair:
    """A picture, its longer side at most 512 pixels, and its mask at that size.

    InputError names the file that cannot be read, or does not fit.
    """
    image = named(picture, lambda path: images.load_image(path, max_side=512))
    mask = read_mask(mask_file)
    size_hw = image.shape[:2]
    try:
        masks.check_shape(mask, size_hw)
    except InputError as error:
        raise InputError(f"{mask_file.name}: {error}") from error
    if mask.shape != size_hw:
        small = cv2.resize(mask.astype(np.uint8), size_hw[::-1], interpolation=cv2.INTER_NEAREST)
        mask = small.astype(bool)
    return Pair(picture.stem, image, mask)


AnyPair = TypeVar("AnyPair")  # read, or still two paths


def split(pairs: Sequence[AnyPair], share: float, seed: int) -> tuple[list[AnyPair], list[AnyPair]]:
    """Deal the pairs into training and validation; ``share`` (0 to 1) goes to validation."""
    order = np.random.default_rng(seed).permutation(len(pairs))
    held = set(order[: round(share * len(pairs))].tolist())
    return (
        [pair for index, pair in enumerate(pairs) if index not in held],
        [pair for index, pair in enumerate(pairs) if index in held],
    )

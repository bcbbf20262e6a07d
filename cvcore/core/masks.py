"""What a picture of a mask means: which of its pixels are inside.

One definition for every file that is read as a mask, in folders and on the page. There are three
kinds:

``"mask"``     inside and outside. Of two values the greater one is inside: 0 and 1, 0 and 255, also
               as two colours where one is black. Greys in between, as JPEG and soft edges leave
               them, are inside from the middle on. Transparency counts as outside.
``"objects"``  a number, or a colour, for each object; 0, or black, is the background.
``"people"``   COCO's class numbers: people are 1. Files that count from 0 must be raised by 1.

A palette's numbers count, not its colours, unless these are greys. Whatever else a file holds is
refused with one sentence (``InputError``): it is never guessed.
"""

import io
import struct
from collections.abc import Callable
from os import PathLike
from typing import BinaryIO, Literal, TypeAlias

import numpy as np
from PIL import Image

from cvcore.core import bmp, images, reading, tiff
from cvcore.core.checks import check_max_side
from cvcore.core.errors import InputError

Kind: TypeAlias = Literal["mask", "objects", "people"]

PERSON_CLASS = 1  # of COCO's class numbers
UNKNOWN = 255  # in class numbers of 8 bits: nobody has said what is here
VOC_UNKNOWN = (224, 224, 192)  # its colour in VOC's palette
BRIGHT = 224 / 255  # a mask of greys has some that are nearly white
# A mask of greys has few in between: of more values than these a quarter is no mask but a picture.
MANY_GREYS, UNSURE_SHARE = 32, 0.25
DARK = 32  # numbers below it, in a format that changes them a little, say nothing
COLOUR_SPREAD = 48  # between a pixel's channels: more than JPEG makes of a grey
LOSSY = ("JPEG", "MPO", "JPEG2000", "WEBP", "AVIF", "HEIF")

_DAMAGED = (
    OSError, SyntaxError, ValueError, EOFError, TypeError, MemoryError, struct.error,
)  # fmt: skip
UNREADABLE = "This file could not be read as a mask: save it as a PNG."
IS_UNKNOWN = (
    f"This file marks pixels with {UNKNOWN}, as not known: give them to their object, or to the "
    "background, 0."
)
NEEDS = "make inside white and outside black"
WHITE_IS_ZERO = (
    "This TIFF calls 0 white and its greatest value black, so it is not certain which is inside: "
    f"save it as a PNG, and {NEEDS}."
)
NO_NUMBERS = "This format does not keep numbers: save them as a PNG."
NOTHING = f"Nothing is inside this mask: {NEEDS}."


def read_mask(
    source: str | PathLike | bytes | BinaryIO, *, kind: Kind = "mask", max_side: int | None = None
) -> np.ndarray:
    """The mask, bool (H, W), of a file; see the module for what its values mean.

    EXIF's rotation is applied, as it is to pictures. One whose longer side exceeds ``max_side``
    pixels is shrunk to it, by leaving pixels out (None keeps the size). Raises InputError for a
    file that is none, is damaged, holds several pictures, or values that say nothing certain.
    """
    max_side = check_max_side(max_side)
    if isinstance(source, bytes | bytearray):
        source = io.BytesIO(source)
    try:
        with reading.as_usual(), Image.open(source) as opened:
            if opened.width * opened.height > reading.MAX_PIXELS:
                raise InputError(
                    "This mask is too large: save one of at most "
                    f"{reading.MAX_PIXELS // 1_000_000} megapixels."
                )
            if (frames := getattr(opened, "n_frames", 1)) > 1:
                raise InputError(
                    f"This file holds {frames} pictures: save one of them as the mask."
                )
            if opened.format in LOSSY and kind != "mask":
                raise InputError(NO_NUMBERS)
            return _read_opened(opened, kind, max_side)
    except InputError:
        raise
    except Image.DecompressionBombError:
        raise InputError("This mask is too large: save a smaller one.") from None
    except _DAMAGED as error:
        raise InputError(UNREADABLE) from error


def read_data_uri(uri: str, *, max_side: int | None = None) -> np.ndarray:
    """The mask in a base64 ``data:`` address; see ``read_mask``. Nothing touches the disk."""
    return read_mask(images.read_data_uri(uri), max_side=max_side)


def to_mask(picture: np.ndarray) -> np.ndarray:
    """A picture of a mask, (H, W) or (H, W, 3) or (H, W, 4) of any numbers, as bool (H, W)."""
    if picture.dtype == np.bool_ and picture.ndim == 2:
        return picture
    if picture.ndim == 3 and picture.shape[2] == 4:
        return _read_cut_out(picture[..., :3], picture[..., 3] >= 128)
    if picture.ndim == 3:
        return _read_colours(picture, "mask")
    return _read_numbers(picture, "mask", _full_scale(picture))


def check_shape(inside: np.ndarray, size_hw: tuple[int, int]) -> None:
    """InputError unless a mask (h, w) has the shape of a picture of ``size_hw`` (height, width).

    Their sizes may differ, and sides be off by the rounding to whole pixels.
    """
    size_hw = images.check_size_hw(size_hw)
    height, width = inside.shape
    wider = width / height * size_hw[0] / size_hw[1]
    if max(wider, 1 / wider) - 1 > 1.5 / min(height, width, *size_hw):
        raise InputError(
            f"The mask has {width} x {height} pixels and the picture "
            f"{size_hw[1]} x {size_hw[0]}: use a mask of the same shape."
        )


def fit_mask(inside: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """A mask bool (h, w) at the picture's size; InputError when its shape is another one."""
    size_hw = images.check_size_hw(size_hw)
    check_shape(inside, size_hw)
    if inside.shape == tuple(size_hw):
        return inside
    grey = Image.fromarray(inside.astype(np.uint8) * 255)
    return np.asarray(grey.resize(size_hw[::-1], Image.Resampling.BILINEAR)) > 127


def _read_opened(opened: Image.Image, kind: Kind, max_side: int | None) -> np.ndarray:
    if _has_wide_colours(opened):
        raise InputError("This mask has colours of 16 bits: save it in grey, or in 8 bits.")
    if _is_turned_round(opened):
        raise InputError(WHITE_IS_ZERO)
    if opened.format in LOSSY and 0 < np.asarray(opened.convert("RGB")).max() < DARK:
        raise InputError(NO_NUMBERS)
    turn, kind_of_file = _find_turn(opened), opened.format
    if max_side is not None and max(opened.size) > max_side:
        scale = max_side / max(opened.size)
        size = [max(1, round(side * scale)) for side in opened.size]
        opened = opened.resize(size, Image.Resampling.NEAREST)
    opened = bmp.drop_empty_alpha(opened, kind_of_file)
    if opened.mode == "P":
        return turn(_read_palette(opened, kind))
    if opened.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in opened.info:
        pixels = np.asarray(opened.convert("RGBA"))
        opaque = pixels[..., 3] >= 128
        if pixels[..., 3].any() and not opaque.any():
            raise InputError("All of this mask is more than half transparent: save it without.")
        if opaque.all():
            return turn(_read_colours(pixels[..., :3], kind))
        if kind != "mask":
            raise InputError("Transparency says nothing about numbers: save it without.")
        return turn(_read_cut_out(pixels[..., :3], opaque))
    if opened.mode in ("1", "L", "I", "F") or opened.mode.startswith("I;16"):
        values = np.asarray(opened)
        return turn(_read_numbers(values, kind, _full_scale(values)))
    return turn(_read_colours(np.asarray(opened.convert("RGB")), kind))


def _is_turned_round(opened: Image.Image) -> bool:
    """Whether a TIFF may show as black what its program meant as inside.

    ImageJ's masks hold 255 inside and say that 0 is white; so do tifffile's of bool. Of others, one
    bit is what scanners write, and means what it shows.
    """
    if not tiff.is_white_zero(opened):
        return False
    return opened.mode != "1" or "tifffile" in tiff.read_program(opened)


def _find_turn(opened: Image.Image) -> Callable[[np.ndarray], np.ndarray]:
    """How the pixels are turned upright."""
    way = reading.TURNS.get(reading.read_orientation(opened))
    if way is None:
        return lambda inside: inside
    return lambda inside: np.asarray(Image.fromarray(inside).transpose(way))


def _has_wide_colours(opened: Image.Image) -> bool:
    """Pillow keeps only the upper half of such numbers: 0 and 1 would both be 0."""
    tiles = getattr(opened, "tile", ())
    raw = str(tiles[0][3]) if tiles else ""
    return ";16" in raw and not opened.mode.startswith("I")


def _full_scale(values: np.ndarray) -> float:
    """What white is in numbers of this kind."""
    if values.dtype == np.bool_ or np.issubdtype(values.dtype, np.floating):
        return 1.0
    return 255.0 if values.dtype == np.uint8 else 65535.0


def _read_palette(opened: Image.Image, kind: Kind) -> np.ndarray:
    index = np.asarray(opened)
    used = np.unique(index)
    colours = np.array(opened.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    shown = colours[used[used < len(colours)]]
    if kind != "people" and len(shown) == len(used) and (np.ptp(shown, axis=1) == 0).all():
        inside = _read_numbers(colours[index][..., 0], kind, 255.0)
        return inside & _find_opaque(opened) if kind == "mask" else inside
    opaque = _find_opaque(opened)
    if kind == "mask" and not opaque.all() and opaque[index == 0].any():
        return opaque  # a cut-out: the colours are a picture's
    marks_unknown = len(colours) > UNKNOWN and tuple(colours[UNKNOWN]) == VOC_UNKNOWN
    if kind != "people" and UNKNOWN in used and marks_unknown:
        raise InputError(IS_UNKNOWN)
    if kind != "people" and any(
        number and not colour.any() for number, colour in zip(used, shown, strict=False)
    ):
        raise InputError(
            "This mask's palette has black at another place than 0, so that its numbers do not say "
            f"what is outside: {NEEDS}."
        )
    return _read_numbers(index, kind, 255.0, is_index=True)


def _find_opaque(opened: Image.Image) -> np.ndarray:
    if "transparency" not in opened.info:
        return np.ones(opened.size[::-1], bool)
    return np.asarray(opened.convert("RGBA"))[..., 3] >= 128


def _read_cut_out(colours: np.ndarray, opaque: np.ndarray) -> np.ndarray:
    """What is opaque is inside; of a mask in black and white what is white, besides."""
    seen = colours[opaque]
    if len(seen) and np.isin(seen, (0, 255)).all() and (np.ptp(seen, axis=1) == 0).all():
        is_white = colours[..., 0] == 255
        if (is_white & opaque).any():
            return is_white & opaque
    return opaque


def _read_colours(picture: np.ndarray, kind: Kind) -> np.ndarray:
    spread = picture.max(axis=2) - picture.min(axis=2)
    if not spread.any():
        return _read_numbers(picture[..., 0], kind, _full_scale(picture))
    if kind == "people":
        raise InputError("Colours do not say which class a pixel has: save class numbers.")
    number_of_colours, has_black = _count_colours(picture)
    if has_black and (kind == "objects" or number_of_colours == 2):
        return np.asarray(picture.any(axis=2))
    if kind == "objects":
        raise InputError("No pixel of this file is black, the background: make outside black.")
    if number_of_colours > 2 and np.quantile(spread, 0.99) < COLOUR_SPREAD:  # greys, out of a JPEG
        grey = np.rint(picture.mean(axis=2)).astype(picture.dtype)
        return _read_numbers(grey, kind, _full_scale(picture))
    raise InputError(f"This mask's colours do not say what is inside: {NEEDS}.")


def _count_colours(picture: np.ndarray) -> tuple[int, bool]:
    """How many colours a picture (H, W, 3) has, and whether one is black."""
    flat = picture.reshape(-1, 3)
    if picture.dtype == np.uint8:  # much quicker than to sort rows
        red, green, blue = flat.astype(np.uint32).T
        found = np.unique(red << 16 | green << 8 | blue)
        return len(found), not found[0]
    found = np.unique(flat, axis=0)
    return len(found), not found[0].any()


def _find_values(values: np.ndarray) -> np.ndarray:
    """Each value once, in order."""
    if values.dtype != np.uint8:
        return np.unique(values)
    import cv2

    counts = cv2.calcHist([np.ascontiguousarray(values)], [0], None, [256], [0, 256])
    return np.flatnonzero(counts).astype(np.uint8)


def _read_numbers(
    values: np.ndarray, kind: Kind, white: float, *, is_index: bool = False
) -> np.ndarray:
    """Numbers (H, W); ``white`` is what stands for white among them."""
    if not np.isfinite(values).all() or values.min(initial=0) < 0:
        raise InputError("This mask holds values below 0, or no numbers: save it as a PNG.")
    found = _find_values(values)
    if kind == "people":
        if set(found.tolist()) <= {0, 255} and 255 in found:
            raise InputError(
                "This file holds 0 and 255 and no class numbers: put it into the folder masks."
            )
        return values == PERSON_CLASS
    if kind == "objects":
        if len(found) > 2 and _marks_unknown(found):
            raise InputError(IS_UNKNOWN)
        return values > 0
    if len(found) < 2:
        value = found[0] if len(found) else 0
        if value not in (0, 1, white):
            raise InputError(f"{NOTHING[:-1]}; all of it is {value:g}.")
        return values > 0
    if len(found) == 2 and not (is_index and found[0]):
        return values == found[1]
    few = len(found) <= MANY_GREYS
    has_classes = few and found[-1] == white and found[-2] < 0.25 * white  # and 255: not known
    if is_index or has_classes or found[-1] < 0.5 * white:
        raise InputError(f"{NOTHING[:-1]}; it holds {len(found)} numbers up to {found[-1]:g}.")
    unsure = ((values > 0.25 * white) & (values < 0.75 * white)).mean()
    if found[-1] < BRIGHT * white or (not few and unsure > UNSURE_SHARE):
        raise InputError(f"This mask holds {len(found)} greys and is not black and white: {NEEDS}.")
    return values >= 0.5 * white


def _marks_unknown(found: np.ndarray) -> bool:
    return found.dtype == np.uint8 and found[-1] == UNKNOWN and found[-2] < UNKNOWN - 1

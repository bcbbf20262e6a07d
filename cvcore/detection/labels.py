"""Label files as YOLO writes them: a line an object, ``class x y width height``.

Centre and size are shares of the picture's width and height. Lines of more numbers are outlines, as
for segmentation or turned boxes, ``class x1 y1 x2 y2 x3 y3 ...``: the box around one counts. Blank
lines and what follows a ``#`` say nothing, and a line that stands there twice is one object.
"""

import codecs
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cvcore.core.errors import InputError

# Shares of the picture by which a box may reach beyond it, as rounding makes it; it is cut there.
SLACK = 0.01
ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, eq=False)
class GroundTruth:
    """What a picture really shows."""

    xyxy: np.ndarray  # (N, 4) float32, pixels
    class_id: np.ndarray  # (N,) int64


def read_ground_truth(path: Path, image_hw: tuple[int, int], num_classes: int) -> GroundTruth:
    """The boxes of a YOLO label file, in pixels; none where there is no such file.

    InputError names the file and the first line that is none: numbers in pixels, no size, a class
    that there is not, commas, a confidence.
    """
    return parse_labels(read_text(path) if path.exists() else "", path.name, image_hw, num_classes)


def parse_labels(
    text: str, name: str, image_hw: tuple[int, int], num_classes: int
) -> GroundTruth:  # fmt: skip
    """The same from a file's text; ``name`` is what an InputError calls it."""
    rows = {}  # in order, each once
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            rows[_read_line(words, num_classes)] = None
        except InputError as error:
            raise InputError(f"Line {number} of {name} {error}: mend the file.") from None
    table = np.asarray(list(rows), np.float64).reshape(-1, 5)
    height, width = image_hw
    xyxy = np.clip(table[:, 1:], 0, 1) * (width, height, width, height)
    return GroundTruth(xyxy.astype(np.float32), table[:, 0].astype(np.int64))


def read_text(path: Path) -> str:
    """A text file in UTF-8, or in UTF-16 or UTF-32 with the mark that says so."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} could not be read ({error.strerror}).") from None
    return decode_text(data, path.name)


def decode_text(data: bytes, name: str) -> str:
    """The same from a file's bytes; ``name`` is what an InputError calls it."""
    try:
        encoding = next((name for mark, name in ENCODINGS if data.startswith(mark)), "utf-8")
        text = data.decode(encoding)
    except UnicodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"{name} is no text in UTF-8: save it again as that.")
    return text


def _read_line(words: list[str], num_classes: int) -> tuple[float, ...]:
    """Class, x1, y1, x2, y2, as shares of the picture; InputError says what the line is not."""
    wanted = f"is not 'class x y width height' with a class from 0 to {num_classes - 1}"
    if any("," in word or ";" in word for word in words):
        raise InputError(f"{wanted}, with spaces between and points in fractions")
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise InputError(wanted) from None
    if len(values) == 6:
        raise InputError(f"{wanted}: it has a sixth number, as predictions have")
    if len(values) < 5 or len(values) % 2 == 0 or values[0] not in range(num_classes):
        raise InputError(wanted)
    if not all(map(math.isfinite, values)):
        raise InputError("holds a value that is no number")
    if len(values) == 5:
        x, y, width, height = values[1:]
        left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    else:
        xs, ys = values[1::2], values[2::2]
        left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
    if right <= left or bottom <= top:
        raise InputError("has no width or no height above 0")
    if max(map(abs, values[1:])) > 2:
        raise InputError("is in pixels: centre and size are shares of the picture, from 0 to 1")
    if min(left, top) < -SLACK or max(right, bottom) > 1 + SLACK:
        raise InputError("reaches out of the picture: centre and size are shares of it, 0 to 1")
    return values[0], left, top, right, bottom

"""TIFF as microscopes and laboratories write it: 10 to 64 bits, signed, float, in planes.

Pillow reads what photographs are; of 16-bit colours it keeps the upper 8 bits, which are black
where a camera has 12. OpenCV reads the numbers as they are.
"""

import io
import re
import struct
from typing import NamedTuple

import numpy as np
from PIL import Image, TiffImagePlugin

from cvcore.core.depth import from_file
from cvcore.core.errors import InputError
from cvcore.core.file_kinds import DAMAGED, OTHER_TIFF

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _DESCRIPTION, _ORIENTATION = 256, 257, 258, 262, 270, 274
_PLANAR, _SOFTWARE, _YCBCR = 284, 305, 6
_SAMPLES, _MAX_SAMPLE, _EXTRA, _FORMAT, _S_MAX_SAMPLE, _PROFILE = 277, 281, 338, 339, 341, 34675
UNSIGNED, SIGNED, FLOAT = 1, 2, 3  # of SampleFormat
# What OpenCV reads of them: bits by format, for 1, 3 or 4 samples that are grey or RGB.
_READABLE = {UNSIGNED: (8, 10, 12, 14, 16, 32, 64), SIGNED: (8, 16, 32, 64), FLOAT: (32, 64)}
# OpenCV 4 has no such numbers: their bits are read as others of that width, and taken as they were.
_STAND_INS = {
    (UNSIGNED, 32): (SIGNED, np.uint32),
    (UNSIGNED, 64): (FLOAT, np.uint64),
    (SIGNED, 64): (FLOAT, np.int64),
}


class Tags(NamedTuple):
    """What a TIFF file says of its first picture."""

    width: int
    height: int
    bits: int
    samples: int
    format: int  # UNSIGNED, SIGNED or FLOAT
    is_white_zero: bool
    is_plain: bool  # grey or RGB; with 8 bits YCbCr, too
    is_planar: bool  # one colour after the other
    orientation: int
    extra: int  # 0: the fourth sample means nothing, 1: alpha, multiplied in, 2: alpha
    white: float | None  # the value that it calls white
    profile: bytes | None


def _collect(found: TiffImagePlugin.ImageFileDirectory_v2) -> Tags:
    def read(tag: int, default: int) -> int:
        try:
            value = found.get(tag, default)
            return int(value[0] if isinstance(value, tuple) else value)
        except Exception:  # an odd tag: as if it were not there
            return default

    bits, photometric = read(_BITS, 1), read(_PHOTOMETRIC, 1)
    white = max(read(_MAX_SAMPLE, 0), read(_S_MAX_SAMPLE, 0))
    if bits in (10, 12, 14):
        white = 2**bits - 1
    else:
        try:  # OME's own description in XML
            said = re.search(r'SignificantBits="(\d+)"', str(found.get(_DESCRIPTION, "")))
        except Exception:
            said = None
        if said and 1 < int(said[1]) <= 16:
            white = 2 ** int(said[1]) - 1
    try:
        profile = found.get(_PROFILE)
    except Exception:
        profile = None
    return Tags(
        width=read(_WIDTH, 0),
        height=read(_HEIGHT, 0),
        bits=bits,
        samples=read(_SAMPLES, 1),
        format=read(_FORMAT, UNSIGNED),
        is_white_zero=photometric == 0,
        is_plain=photometric in (0, 1, 2) or (photometric == _YCBCR and bits == 8),
        is_planar=read(_PLANAR, 1) == 2,
        orientation=read(_ORIENTATION, 1),
        extra=read(_EXTRA, 2),
        white=white or None,
        profile=profile if isinstance(profile, bytes) else None,
    )


def _read_directory(data: bytes) -> TiffImagePlugin.ImageFileDirectory_v2:
    file = io.BytesIO(data)
    head = file.read(8)
    if head[2] == 43:  # BigTIFF
        head += file.read(8)
    found = TiffImagePlugin.ImageFileDirectory_v2(head)
    file.seek(found.next)
    found.load(file)
    return found


def read_tags(data: bytes) -> Tags:
    """The tags of a file's first picture; InputError where they are gone."""
    if data.startswith(b"MM\0+"):  # big-endian BigTIFF: Pillow reads no such tags
        raise InputError(OTHER_TIFF)
    try:
        tags = _collect(_read_directory(data))
    except Exception as error:
        raise InputError(DAMAGED) from error
    if not tags.width or not tags.height:
        raise InputError(DAMAGED)
    return tags


def is_readable(tags: Tags) -> bool:
    """Whether ``decode`` knows this kind."""
    is_known = tags.bits in _READABLE.get(tags.format, ()) and tags.samples in (1, 3, 4)
    return is_known and tags.is_plain


def is_deep(picture: Image.Image) -> bool:
    """Whether Pillow would read its numbers otherwise than they are meant."""
    tags = _get_tags(picture)
    if tags is None or not tags.is_plain or tags.samples not in (1, 3, 4):
        return False
    return (
        (tags.samples > 1 and tags.bits > 8)
        or tags.format == SIGNED
        or (tags.bits == 32 and tags.format == UNSIGNED)
    )


def _get_tags(picture: Image.Image) -> Tags | None:
    found = getattr(picture, "tag_v2", None)
    return None if found is None else _collect(found)


def read_white(picture: Image.Image) -> float | None:
    """The value that a file calls white, if it does."""
    return tags.white if (tags := _get_tags(picture)) else None


def read_program(picture: Image.Image) -> str:
    """The program that a file says it was written by; empty where it does not."""
    try:
        return str(getattr(picture, "tag_v2", {}).get(_SOFTWARE, ""))
    except Exception:  # an odd tag: as if it were not there
        return ""


def is_white_zero(picture: Image.Image) -> bool:
    """Whether 0 is white; Pillow turns files of up to 8 bits round by itself, others not."""
    return bool((tags := _get_tags(picture)) and tags.is_white_zero)


def decode(data: bytes, tags: Tags) -> tuple[Image.Image, str]:
    """A picture of 8 bits a channel, as it lies in the file, and what was assumed of its range."""
    if tags.is_planar and tags.samples > 1 and tags.bits > 8:  # OpenCV mixes them up
        planes = [_decode(data, tags, index) for index in range(tags.samples)]
        values = np.dstack([*planes[2::-1], *planes[3:]])
    else:
        values = _decode(data, tags)
    picture, note = to_picture(
        values, white=tags.white, extra=tags.extra, is_white_zero=tags.is_white_zero
    )
    if tags.profile:
        picture.info["icc_profile"] = tags.profile
    return picture, note


def to_picture(
    values: np.ndarray,
    *,
    white: float | None = None,
    extra: int = 2,
    is_white_zero: bool = False,
) -> tuple[Image.Image, str]:
    """Numbers as OpenCV gives them, BGR, as a picture of 8 bits a channel; and what was assumed."""
    colours = values[..., 2::-1] if values.ndim == 3 else values
    pixels = from_file(np.ascontiguousarray(colours), white=white, is_white_zero=is_white_zero)
    picture = Image.fromarray(pixels.values)
    if values.ndim == 3 and values.shape[2] == 4 and extra in (1, 2):
        alpha = Image.fromarray(from_file(np.ascontiguousarray(values[..., 3])).values)
        picture.putalpha(alpha)
        if extra == 1:
            picture = Image.frombytes("RGBa", picture.size, picture.tobytes()).convert("RGBA")
    return picture, pixels.note


def _decode(data: bytes, tags: Tags, plane: int | None = None) -> np.ndarray:
    import cv2

    stand_in, kind = _STAND_INS.get((tags.format, tags.bits), (None, None))
    data = _rewrite(data, plane, stand_in)
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.shape[:2] != (tags.height, tags.width):
        raise InputError(DAMAGED)
    return values if kind is None else values.view(kind)


def _rewrite(data: bytes, plane: int | None, sample_format: int | None) -> bytes:
    """The file with another table of contents: without what OpenCV heeds only in part.

    These are the orientation, and that 0 is white, by which it turns 8 bits round and others not.
    With ``plane``, of a file that has one colour after the other, it has that one alone, in grey;
    with ``sample_format``, its numbers are called by that.
    """
    found = _read_directory(data)
    rows: dict[int, tuple[int, ...]] = {}
    for tag in (_WIDTH, _HEIGHT, _BITS, 259, _PHOTOMETRIC, 266, 273, _SAMPLES, 278, 279, _PLANAR,
                317, 322, 323, 324, 325, _EXTRA, _FORMAT, 347, 530, 531):  # fmt: skip
        if tag in found:
            value = found[tag]
            value = value if isinstance(value, tuple | bytes) else (value,)
            rows[tag] = tuple(int(one) for one in value)
    if rows.get(_PHOTOMETRIC) == (0,):
        rows[_PHOTOMETRIC] = (1,)
    if plane is not None:
        for tag in (273, 279, 324, 325):  # where its strips or tiles lie, and their sizes
            if tag in rows:
                each = len(rows[tag]) // found[_SAMPLES]
                rows[tag] = rows[tag][plane * each : (plane + 1) * each]
        rows |= {tag: rows[tag][:1] for tag in (_BITS, _FORMAT) if tag in rows}
        rows |= {_PHOTOMETRIC: (1,), _SAMPLES: (1,), _PLANAR: (1,)}
        rows.pop(_EXTRA, None)
    if sample_format is not None:
        rows[_FORMAT] = (sample_format,) * len(rows[_BITS])
    order = "<" if data[:2] == b"II" else ">"
    table, more = struct.pack(f"{order}H", len(rows)), b""
    start = len(data) + 2 + 12 * len(rows) + 4
    for tag, values in sorted(rows.items()):
        letter, kind = ("B", 7) if tag == 347 else ("I", 4)  # JPEG's tables are bytes
        packed = struct.pack(f"{order}{len(values)}{letter}", *values)
        table += struct.pack(f"{order}HHI", tag, kind, len(values))
        table += packed if len(packed) == 4 else struct.pack(f"{order}I", start + len(more))
        more += packed if len(packed) != 4 else b""
    head = data[:2] + struct.pack(f"{order}HI", 42, len(data))
    return head + data[8:] + table + bytes(4) + more

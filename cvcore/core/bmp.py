"""Alpha in BMP, which has no clear rule of its own: what viewers and browsers have agreed on.

A pixel of 32 bits in the plain kind (BI_RGB) has a fourth byte that means nothing; whatever it
holds, the picture is opaque. Where a file names the bits of its colours (BI_BITFIELDS, as headers
of version 3, 4 and 5 do) and of alpha besides, that counts. Alpha that is 0 all over was never
written: else nothing at all could be seen.
"""

import struct

import numpy as np
from PIL import Image

from cvcore.core.errors import InputError
from cvcore.core.file_kinds import DAMAGED

# Kinds of Windows' in which a byte for alpha may be there and left empty.
MAY_BE_EMPTY = ("BMP", "DIB", "ICO", "CUR", "TGA")
_BITFIELDS, _ALPHA_BITFIELDS = 3, 6
_VERSION_3 = 56  # bytes of the first header with a place for alpha


def drop_empty_alpha(picture: Image.Image, kind: str | None) -> Image.Image:
    """The picture without its alpha where is 0 all over, in a ``kind`` that may leave it so."""
    if kind not in MAY_BE_EMPTY or picture.mode != "RGBA" or picture.getchannel("A").getbbox():
        return picture
    return picture.convert("RGB")


def has_short_alpha(data: bytes) -> bool:
    """Whether its pixels of 16 bits have some for alpha, which Pillow passes over."""
    return _is_short(data) and any(_read_masks(data)[3:])


def names_bits(data: bytes) -> bool:
    """Whether it is a BMP that says itself which bits are which colour's."""
    return bool(_read_masks(data))


def read_size(data: bytes) -> tuple[int, int]:
    """Width and height, the latter below 0 where the first row is the upper one."""
    width, height = struct.unpack_from("<ii", data, 18)
    return width, height


def decode(data: bytes) -> Image.Image:
    """A BMP that names the bits of its colours, as a picture; InputError if it is cut."""
    masks = _read_masks(data)
    start = int.from_bytes(data[10:14], "little")
    width, height = read_size(data)
    kind, each = ("<u2", 2) if _is_short(data) else ("<u4", 4)
    stride = (width * each + 3) // 4 * 4
    if len(data) < start + stride * abs(height):
        raise InputError(DAMAGED)
    rows = np.frombuffer(data, np.uint8, stride * abs(height), start).reshape(-1, stride)
    pixels = np.ascontiguousarray(rows[:, : width * each]).view(kind)
    channels = [_read_channel(pixels, mask) for mask in (*masks, 0)[:4]]
    colours = np.dstack(channels)[:: 1 if height < 0 else -1]  # most lie upside down
    return drop_empty_alpha(Image.fromarray(np.ascontiguousarray(colours)), "BMP")


def _read_channel(pixels: np.ndarray, mask: int) -> np.ndarray:
    """The bits of one colour, spread from 0 to 255."""
    lowest = mask & -mask
    most = mask // lowest if mask else 0
    found = (pixels & mask) // max(lowest, 1)
    return np.rint(found * (255 / max(most, 1))).astype(np.uint8)


def _is_short(data: bytes) -> bool:
    return int.from_bytes(data[28:30], "little") == 16


def _read_masks(data: bytes) -> tuple[int, ...]:
    """The bits of red, green, blue and, where it has some, alpha; empty where it names none."""
    if not data.startswith(b"BM") or len(data) < 70:
        return ()
    header, bits = int.from_bytes(data[14:18], "little"), int.from_bytes(data[28:30], "little")
    compression = int.from_bytes(data[30:34], "little")
    if compression not in (_BITFIELDS, _ALPHA_BITFIELDS) or bits not in (16, 32):
        return ()
    has_alpha = compression == _ALPHA_BITFIELDS or header >= _VERSION_3
    masks = struct.unpack_from("<4I" if has_alpha else "<3I", data, 54)
    return masks if any(masks[:3]) else ()

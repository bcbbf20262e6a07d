"""BMP files whose pixels may or may not have alpha: as viewers and browsers show them."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from cvcore.core import images, masks
from cvcore.core.errors import InputError
from tests.support.files import save

USUAL = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)  # the bits of red, green, blue, alpha
RGB, BITFIELDS, ALPHA_BITFIELDS = 0, 3, 6
# a row: half transparent red, opaque green, fully transparent blue, opaque dark grey
PIXELS = [0x80FF0000, 0xFF00FF00, 0x000000FF, 0xFF202020]
COLOURS = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [32, 32, 32]]
ON_WHITE = [[255, 127, 127], [0, 255, 0], [255, 255, 255], [32, 32, 32]]


def write(pixels, masks=USUAL, *, header=108, compression=BITFIELDS, bits=32, is_up=False):
    """A BMP of one row after the other, each given as numbers, the upper one first."""
    rows = np.atleast_2d(pixels).astype("<u4" if bits == 32 else "<u2")
    height, width = rows.shape
    rows = rows if is_up else rows[::-1]
    packed = b"".join(row.tobytes() + bytes(-row.nbytes % 4) for row in rows)
    known = struct.pack("<4I", *masks)[: {40: 12, 52: 12}.get(header, 16)]
    if header == 40:
        known = {RGB: b"", BITFIELDS: known, ALPHA_BITFIELDS: struct.pack("<4I", *masks)}[
            compression
        ]
    known += bytes(max(0, header - 40 - len(known)))
    info = struct.pack("<IiiHHIIiiII", header, width, -height if is_up else height, 1, bits,
                       compression, len(packed), 2835, 2835, 0, 0)  # fmt: skip
    start = 14 + len(info) + len(known)
    return b"BM" + struct.pack("<IHHI", start + len(packed), 0, 0, start) + info + known + packed


@pytest.mark.parametrize("is_up", [False, True])
@pytest.mark.parametrize("header", [56, 108, 124])
def test_alpha_counts_where_the_header_names_it(header, is_up):
    data = write([PIXELS, PIXELS[::-1]], header=header, is_up=is_up)
    np.testing.assert_array_equal(images.load_image(data), [ON_WHITE, ON_WHITE[::-1]])


@pytest.mark.parametrize(
    "kind",
    [dict(header=40, compression=RGB), dict(header=108, compression=RGB),
     dict(header=124, compression=RGB), dict(header=40), dict(header=52)],
    ids=str,
)  # fmt: skip
def test_a_fourth_byte_that_nothing_names_means_nothing(kind):
    for pixels in (PIXELS, np.array(PIXELS) & 0xFFFFFF):
        np.testing.assert_array_equal(images.load_image(write(pixels, **kind)), [COLOURS])


def test_alpha_that_was_never_written_hides_nothing():
    empty = write(np.array(PIXELS) & 0xFFFFFF)
    np.testing.assert_array_equal(images.load_image(empty), [COLOURS])
    np.testing.assert_array_equal(images.as_image(Image.open(io.BytesIO(empty))), [COLOURS])
    np.testing.assert_array_equal(masks.read_mask(write([0, 0xFFFFFF])), [[False, True]])
    small = np.dstack([np.full((16, 16, 3), 90, np.uint8), np.zeros((16, 16), np.uint8)])
    for kind in ("ICO", "TGA"):
        assert (images.load_image(save(small, kind)) == 90).all(), kind
    assert (images.load_image(save(small, "PNG")) == 255).all()  # there it was written


@pytest.mark.parametrize(
    ("pixels", "kind", "expected"),
    [
        ([0xFC00, 0x7C00, 0x801F], dict(masks=(0x7C00, 0x3E0, 0x1F, 0x8000), bits=16),
         [[255, 0, 0], [255, 255, 255], [0, 0, 255]]),
        ([0xFF00, 0x0F00, 0xF111], dict(masks=(0xF00, 0xF0, 0xF, 0xF000), bits=16),
         [[255, 0, 0], [255, 255, 255], [17, 17, 17]]),
        ([0xFF204080], dict(masks=(0xFF0000, 0xFF000000, 0xFF, 0xFF00)), [[199, 255, 223]]),
        (PIXELS, dict(header=40, compression=ALPHA_BITFIELDS), ON_WHITE),
        ([0x3FF003FF], dict(masks=(0x3FF00000, 0xFFC00, 0x3FF, 0)), [[255, 0, 255]]),
    ],
    ids=["5551", "4444", "alpha between", "four masks below", "10 bits each"],
)  # fmt: skip
def test_bits_in_another_order(pixels, kind, expected):
    np.testing.assert_array_equal(images.load_image(write(pixels, **kind)), [expected])


def test_one_that_is_cut_or_huge_is_told():
    odd = write([[0xFF00] * 40] * 40, (0xF00, 0xF0, 0xF, 0xF000), bits=16)
    with pytest.raises(InputError, match="damaged"):
        images.load_image(odd[:-400])
    huge = odd[:18] + struct.pack("<ii", 90_000, 90_000) + odd[26:]
    with pytest.raises(InputError, match="too large"):
        images.load_image(huge)

"""What files of masks mean: each way in which programs write them, right or in one sentence."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from cvcore.core import masks
from cvcore.core.errors import InputError

INSIDE = np.zeros((24, 32), bool)
INSIDE[6:18, 8:24] = True
RED = (128, 0, 0)  # the first class of VOC's palette
VIRIDIS = (68, 1, 84), (253, 231, 37)
RAMP = np.tile(np.linspace(0, 255, 32), (24, 1))


def save(pixels, mode=None, kind="PNG", **options):
    if not isinstance(pixels, Image.Image):
        pixels = Image.fromarray(np.ascontiguousarray(pixels))
    file = io.BytesIO()
    (pixels.convert(mode) if mode else pixels).save(file, kind, **options)
    return file.getvalue()


def fill(outside, inside, dtype=np.uint8):
    """Numbers or colours outside and inside."""
    values = np.array([outside, inside], dtype)
    return values[INSIDE.astype(int)]


def to_palette(values, *colours):
    picture = Image.fromarray(values.astype(np.uint8), "P")
    picture.putpalette([part for colour in colours for part in colour])
    return picture


def to_cut_out(colours, alpha=None):
    alpha = INSIDE * 255 if alpha is None else alpha
    return np.dstack([colours, alpha.astype(np.uint8)])


def make_sixteen_bit_colours():
    """A PNG that Pillow itself does not write."""
    import cv2

    return cv2.imencode(".png", np.repeat(fill(0, 1, np.uint16)[..., None], 3, axis=2))[1].tobytes()


def make_photo():
    x = np.linspace(0, 4, 32)[None] + np.linspace(0, 2, 24)[:, None]
    return np.rint(127 + 127 * np.sin(x)).astype(np.uint8)


EXIF = Image.Exif()
EXIF[0x0112] = 6  # to be turned by 90 degrees clockwise
NOISE = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
READ = {
    "0 and 255": save(fill(0, 255)),
    "0 and 1": save(fill(0, 1)),
    "one bit": save(fill(0, 255), "1"),
    "0 and 65535": save(fill(0, 65535, np.uint16)),
    "0 and 1 in 16 bits": save(fill(0, 1, np.uint16)),
    "0 and 1 as floats": save(Image.fromarray(fill(0, 1, np.float32)), kind="TIFF"),
    "one bit of TIFF, white is zero": save(fill(0, 255), "1", "TIFF", tiffinfo={262: 0}),
    "colours": save(np.dstack([fill(0, 255)] * 3)),
    "colours of 0 and 1": save(np.dstack([fill(0, 1)] * 3)),
    "black and red": save(fill((0, 0, 0), RED)),
    "VOC's palette": save(to_palette(fill(0, 1), (0, 0, 0), RED)),
    "VOC's palette, class 15": save(to_palette(fill(0, 15), *[(0, 0, 0)] + [RED] * 15)),
    "another palette": save(to_palette(fill(0, 1), *VIRIDIS)),
    "white first in the palette": save(to_palette(fill(1, 0), (255, 255, 255), (0, 0, 0))),
    "GIF": save(fill(0, 255), "P", "GIF"),
    "BMP": save(fill(0, 255), "L", "BMP"),
    "JPEG": save(fill(0, 255), kind="JPEG", quality=40),
    "JPEG in colour": save(np.dstack([fill(0, 255)] * 3), kind="JPEG", quality=60),
    "white on nothing": save(to_cut_out(np.full((24, 32, 3), 255, np.uint8))),
    "black on nothing": save(to_cut_out(np.zeros((24, 32, 3), np.uint8))),
    "a photo on nothing": save(to_cut_out(NOISE)),
    "opaque": save(to_cut_out(np.dstack([fill(0, 255)] * 3), np.full((24, 32), 255))),
    "painted in part": save(
        to_cut_out(np.dstack([fill(0, 255)] * 3), np.where(np.arange(32) < 30, 255, 0) + INSIDE * 0)
    ),
    "grey with alpha": save(Image.fromarray(np.dstack([fill(255, 255), fill(0, 255)]), "LA")),
    "a transparent palette": save(to_palette(fill(0, 1), (9, 9, 9), RED), transparency=0),
    "turned by EXIF": save(np.rot90(fill(0, 255)), exif=EXIF),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_inside_and_outside(name):
    np.testing.assert_array_equal(masks.read_mask(READ[name]), INSIDE)


def test_soft_edges_and_greys():
    soft = Image.fromarray(fill(0, 255)).resize((96, 72), Image.Resampling.BICUBIC)
    expected = np.asarray(soft) >= 128
    np.testing.assert_array_equal(masks.read_mask(save(soft)), expected)
    np.testing.assert_array_equal(masks.read_mask(save(soft, kind="JPEG", quality=95)), expected)


@pytest.mark.parametrize("value", [0, 1, 255])
def test_a_mask_may_be_all_of_a_kind(value):
    inside = masks.read_mask(save(np.full((3, 4), value, np.uint8)))
    assert (inside == (value > 0)).all()


REFUSED = {
    "classes": (save(np.arange(768).reshape(24, 32).astype(np.uint8) % 5), "5 numbers up to 4"),
    "classes and unknown": (
        save(np.array([0, 1, 15, 255], np.uint8)[np.arange(768).reshape(24, 32) % 4]), "4 numbers"),
    "many objects": (save((np.arange(768).reshape(24, 32) % 200).astype(np.uint8)), "greys"),
    "classes in a palette": (
        save(to_palette(np.arange(768).reshape(24, 32) % 3, (0, 0, 0), RED, (0, 9, 0))),
        "3 numbers"),
    "black elsewhere in a palette": (
        save(to_palette(fill(2, 0), RED, (9, 9, 0), (0, 0, 0))), "another place than 0"),
    "two classes without background": (
        save(to_palette(fill(1, 2), (0, 0, 0), RED, (0, 9, 0))), "2 numbers"),
    "VOC's unknown": (
        save(to_palette(fill(0, 255), (0, 0, 0), *[RED] * 254, (224, 224, 192))), "not known"),
    "all grey": (save(np.full((3, 4), 90, np.uint8)), "all of it is 90"),
    "two colours": (save(fill((200, 0, 0), (0, 0, 200))), "colours do not say"),
    "white and red": (save(fill((255, 255, 255), (200, 0, 0))), "colours do not say"),
    "a photo": (save(make_photo()), "not black and white"),
    "noise in colour": (save(NOISE), "colours do not say"),
    "12 bits": (save((RAMP * 16).astype(np.uint16)), "numbers up to 4080"),
    "16 bits of colour": (make_sixteen_bit_colours(), "colours of 16 bits"),
    "below 0": (save(Image.fromarray(fill(-1, 1, np.int32)), kind="TIFF"), "below 0"),
    "no numbers": (save(Image.fromarray(fill(0, np.nan, np.float32)), kind="TIFF"), "no numbers"),
    "animated": (
        save(fill(0, 255), "L", "GIF", save_all=True, append_images=[Image.new("L", (32, 24), 9)]),
        "holds 2 pictures"),
    "pages": (
        save(fill(0, 255), kind="TIFF", save_all=True, append_images=[Image.new("L", (9, 9))]),
        "holds 2 pictures"),
    "0 and 1 in a lossy JPEG": (save(fill(0, 1), kind="JPEG"), "does not keep numbers"),
    "0 and 1 in a lossy WebP": (save(fill(0, 1), kind="WEBP"), "does not keep numbers"),
    "half transparent": (save(to_cut_out(NOISE, INSIDE * 127)), "more than half transparent"),
    "empty": (b"", "could not be read"),
    "text": (b"mask", "could not be read"),
    "cut off": (save(NOISE)[:600], "could not be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_says_nothing_certain_is_refused(name):
    data, says = REFUSED[name]
    with pytest.raises(InputError, match=says):
        masks.read_mask(data)


@pytest.mark.parametrize("pixels", [fill(0, 1, bool), fill(0, 255), fill(0, 1, np.uint16)])
@pytest.mark.parametrize("kind", ["mask", "objects", "people"])
def test_a_tiff_where_zero_is_white_is_refused(pixels, kind):
    """ImageJ's masks with its inverted colours, and tifffile's own for bool."""
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, photometric="miniswhite")
    with pytest.raises(InputError, match="calls 0 white"):
        masks.read_mask(file.getvalue(), kind=kind)


def test_objects_and_people():
    numbers = np.where(INSIDE, np.arange(32)[None] % 3 + 1, 0)
    wide = save(numbers.astype(np.uint16) * 300)
    for file in (
        save(numbers.astype(np.uint8)), wide, save(to_palette(numbers, *VIRIDIS, RED, (9, 0, 0))),
        save(np.array([(0, 0, 0), RED, (1, 0, 0), VIRIDIS[0]], np.uint8)[numbers]),
    ):  # fmt: skip
        np.testing.assert_array_equal(masks.read_mask(file, kind="objects"), INSIDE)
    classes = np.where(INSIDE, 1, np.arange(32)[None] % 3 * 44)
    classes[0] = 255  # nobody has said what is there: no person
    for file in (
        save(classes.astype(np.uint8)), save(to_palette(classes, *[(0, 0, 0)] + [RED] * 255)),
        save(to_palette(fill(0, 1), (0, 0, 0), RED)), save(to_palette(fill(0, 1), *VIRIDIS)),
        save(np.dstack([classes.astype(np.uint8)] * 3)),
    ):  # fmt: skip
        np.testing.assert_array_equal(masks.read_mask(file, kind="people"), INSIDE)


@pytest.mark.parametrize(
    ("kind", "file", "says"),
    [
        ("people", save(fill(0, 255)), "the folder masks"),
        ("people", save(fill((0, 0, 0), RED)), "class numbers"),
        ("people", save(fill(0, 1), kind="JPEG"), "does not keep numbers"),
        ("objects", save(fill(0, 1), kind="WEBP"), "does not keep numbers"),
        ("objects", save(to_cut_out(NOISE)), "Transparency"),
        ("objects", save(fill(RED, VIRIDIS[0])), "is black"),
        ("objects", save(np.array([0, 1, 255], np.uint8)[np.arange(12).reshape(3, 4) % 3]), "255"),
    ],
)
def test_numbers_that_are_none(kind, file, says):
    with pytest.raises(InputError, match=says):
        masks.read_mask(file, kind=kind)


def test_sizes():
    assert masks.fit_mask(INSIDE, (24, 32)) is INSIDE
    np.testing.assert_array_equal(
        masks.fit_mask(INSIDE, (48, 64)), INSIDE.repeat(2, axis=0).repeat(2, axis=1)
    )
    assert masks.fit_mask(INSIDE, (300, 401)).shape == (300, 401)  # rounding
    for other in ((32, 24), (480, 600), (24, 40)):
        with pytest.raises(InputError, match="same shape"):
            masks.fit_mask(INSIDE, other)
    shrunk = masks.read_mask(save(INSIDE.repeat(8, axis=0).repeat(8, axis=1)), max_side=32)
    np.testing.assert_array_equal(shrunk, INSIDE)

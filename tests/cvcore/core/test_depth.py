"""What is black and what is white: TIFF of microscopes, and arrays of any kind of number."""

import io

import numpy as np
import pytest
import tifffile
from PIL import Image

from cvcore.core import images, samples
from cvcore.core.errors import InputError, PictureWarning
from tests.support.files import LYING, differ, save


@pytest.fixture(scope="module")
def nuclei():
    """As cvcore's own: bright, with its full range of colours."""
    return images.resize(samples.load_sample("nuclei_purple"), (48, 64))


@pytest.fixture(scope="module")
def grey(nuclei):
    return np.asarray(Image.fromarray(nuclei).convert("L"))


def write(pixels: np.ndarray, **options) -> bytes:
    """A TIFF as laboratories write it."""
    file = io.BytesIO()
    kind = "rgb" if pixels.ndim == 3 else "minisblack"
    tifffile.imwrite(file, pixels, metadata=None, **{"photometric": kind, **options})
    return file.getvalue()


def to_planes(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


# what is done to 8-bit values, and what is said of them
DEPTHS = {
    "8 in 16": (lambda v: v.astype("u2"), "8 bits"),
    "10 in 16": (lambda v: v.astype("u2") * 4, "10 bits"),
    "12 in 16": (lambda v: v.astype("u2") * 16, "12 bits"),
    "14 in 16": (lambda v: v.astype("u2") * 64, "14 bits"),
    "16": (lambda v: v.astype("u2") * 257, None),
    "signed 12 in 16": (lambda v: v.astype("i2") * 16, "12 bits"),
    "signed 15": (lambda v: v.astype("i2") * 128, "15 bits"),
    "int8": (lambda v: (v.astype(int) - 128).astype("i1"), "-128 is shown as black, 127 as white"),
    "int32 of 8": (lambda v: v.astype("i4"), "8 bits"),
    "int32 of 16": (lambda v: v.astype("i4") * 257, "16 bits"),
    "uint32 of 12": (lambda v: v.astype("u4") * 16, "12 bits"),
    "uint32": (lambda v: v.astype("u4") * 2**24, None),
    "uint64 of 8": (lambda v: v.astype("u8"), "8 bits"),
    "int64 of 12": (lambda v: v.astype("i8") * 16, "12 bits"),
    "float 0 to 1": (lambda v: (v / 255).astype("f4"), None),
    "double 0 to 1": (lambda v: v / 255, None),
    "float 0 to 255": (lambda v: v.astype("f4"), "8 bits"),
    "float 0 to 4095": (lambda v: v.astype("f4") * 16.06, "12 bits"),
    "float 0 to 65535": (lambda v: v.astype("f4") * 257, "16 bits"),
}


@pytest.mark.parametrize("colours_to", [1, 255])
@pytest.mark.parametrize("alpha_to", [1, 255])
def test_alpha_of_floats_has_a_range_of_its_own(nuclei, colours_to, alpha_to):
    alpha = np.ones(nuclei.shape[:2])
    alpha[:9] = 0
    pixels = np.dstack([nuclei / 255 * colours_to, alpha * alpha_to])
    expected = nuclei.copy()
    expected[:9] = 255  # white shines through
    np.testing.assert_array_equal(images.to_rgb(pixels.astype(np.float32)), expected)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("in_colour", [False, True])
def test_a_microscope_file_is_as_bright_as_its_original(nuclei, grey, depth, in_colour, recwarn):
    change, said = DEPTHS[depth]
    expected = nuclei if in_colour else np.repeat(grey[..., None], 3, axis=2)
    for options in ({}, {"compression": "zlib", "tile": (16, 16)}):
        pixels = change(nuclei if in_colour else grey)
        image = images.load_image(write(pixels, **options))
        assert differ(image, expected) < 1.1  # 16 steps of 12 bits are not quite 4,095
    notes = [str(one.message) for one in recwarn if one.category is PictureWarning]
    assert bool(notes) == bool(said)
    assert all(said in note for note in notes)


@pytest.mark.parametrize(
    "options",
    [{"bigtiff": True}, {"byteorder": ">"}, {"tile": (16, 16)}, {"rowsperstrip": 5},
     {"compression": "zlib", "predictor": True}, {"planar": True},
     {"planar": True, "compression": "zlib", "tile": (16, 16)},
     {"planar": True, "byteorder": ">", "rowsperstrip": 5}, {"planar": True, "bigtiff": True}],
    ids=str,
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::cvcore.core.errors.PictureWarning")
def test_colours_of_twelve_bits_however_they_lie(nuclei, options):
    options = dict(options)
    pixels = nuclei.astype(np.uint16) * 16
    if options.pop("planar", False):
        pixels, options["planarconfig"] = to_planes(pixels), "separate"
    assert differ(images.load_image(write(pixels, photometric="rgb", **options)), nuclei) < 1


@pytest.mark.filterwarnings("ignore::cvcore.core.errors.PictureWarning")
def test_deep_colours_are_turned_shrunk_and_their_first_page_taken(nuclei):
    for orientation in (1, 3, 6):
        turned = np.asarray(
            Image.fromarray(nuclei).transpose(LYING[orientation]) if orientation > 1 else nuclei
        )
        tags = [(274, 3, 1, orientation, True)]
        data = write(turned.astype(np.uint16) * 16, extratags=tags)
        assert differ(images.load_image(data), nuclei) < 1
        assert differ(images.as_image(Image.open(io.BytesIO(data))), nuclei) < 1
    assert images.load_image(data, max_side=32).shape == (24, 32, 3)
    pages = np.stack([nuclei.astype(np.uint16) * 16, np.zeros_like(nuclei, np.uint16)])
    assert differ(images.load_image(write(pages, photometric="rgb")), nuclei) < 1


def test_what_a_file_says_of_its_range_counts_first(grey, recwarn):
    dim = grey.astype(np.uint16) * 4  # of 4,095: a quarter as bright
    expected = grey / 4095 * 4 * 255
    ome = '<?xml version="1.0"?><OME><Image><Pixels SignificantBits="12"/></Image></OME>'
    for said in ({"extratags": [(281, 3, 1, 4095, True)]}, {"extratags": [(341, 3, 1, 4095, True)]},
                 {"description": ome}):  # fmt: skip
        image = images.load_image(write(dim, **said))
        assert np.abs(image[..., 0] - expected).max() <= 1, said
    assert not recwarn
    with pytest.warns(PictureWarning, match="12 bits"):  # said, but not true: as if it were not
        images.load_image(write(grey.astype(np.uint16) * 16, extratags=[(281, 3, 1, 255, True)]))


def test_where_zero_is_white(grey):
    dark = (255 - grey).astype(np.uint16) * 257
    for pixels in (dark, 255 - grey, (dark / 65535).astype(np.float32)):
        image = images.load_image(write(pixels, photometric="miniswhite"))
        np.testing.assert_array_equal(image[..., 0], grey)


@pytest.mark.parametrize("packed", [{}, {"compression": "zlib", "tile": (16, 16)}], ids=str)
@pytest.mark.parametrize("kind", ["i1", "i2"])
def test_where_the_least_signed_number_is_white(kind, packed):
    steps = np.arange(-128, 128).reshape(8, 32).astype(kind)
    data = write(steps, photometric="miniswhite", **packed)
    with pytest.warns(PictureWarning, match="-128 is shown as white, 127 as black"):
        image = images.load_image(data)
    np.testing.assert_array_equal(image[..., 0].ravel(), np.arange(256)[::-1])


def test_alpha_of_sixteen_bits_lets_white_shine_through(nuclei):
    half = np.full_like(nuclei[..., :1], 128)
    pixels = np.dstack([nuclei, half]).astype(np.uint16) * 257
    expected = nuclei * (128 / 255) + 127
    assert differ(images.load_image(write(pixels, extrasamples=["unassalpha"])), expected) < 1
    multiplied = np.rint(pixels * (128 / 255)).astype(np.uint16)
    multiplied[..., 3] = pixels[..., 3]
    assert differ(images.load_image(write(multiplied, extrasamples=["assocalpha"])), expected) < 1.5


@pytest.mark.parametrize(
    ("pixels", "expected", "says"),
    [
        ([[-1000, 0, 1000]], [0, 128, 255], "-1,000 is shown as black, 1,000 as white"),
        ([[0, 1, 1]], [0, 255, 255], "0 and 1 alone"),
        ([[0, 1, 3]], [0, 85, 255], "0 is shown as black, 3 as white"),
        ([[0, 50_000, 100_000]], [0, 128, 255], "100,000 as white"),
    ],
)
def test_a_range_that_nobody_knows_is_spread_and_told(pixels, expected, says):
    with pytest.warns(PictureWarning, match=says):
        image = images.load_image(write(np.array(pixels, np.int32)))
    assert image[0, :, 0].tolist() == expected
    with pytest.warns(PictureWarning, match=says):
        images.as_image(Image.fromarray(np.array(pixels, np.int32)))


def test_black_is_black_without_a_word(recwarn):
    for kind in ("u2", "i4", "f4"):
        assert not images.load_image(write(np.zeros((4, 4), kind))).any()
    assert not recwarn


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (np.zeros((8, 8), np.float16), {}),
        (np.zeros((8, 8, 2), np.uint16), {"photometric": "minisblack", "planarconfig": "contig"}),
        (np.zeros((8, 8, 5), np.uint16), {"photometric": "minisblack", "planarconfig": "contig"}),
        (np.zeros((2, 8, 8), np.uint16), {"photometric": "minisblack", "planarconfig": "separate"}),
    ],
)
def test_other_kinds_of_tiff_are_told(pixels, options):
    with pytest.raises(InputError, match="its kind of TIFF is not known"):
        images.load_image(write(pixels, **options))


def test_values_that_are_no_numbers():
    with pytest.raises(InputError, match="not numbers"):
        images.load_image(write(np.full((4, 4), np.nan, np.float32)))


# --- arrays


def test_floats_up_to_255_are_what_they_were(nuclei):
    """As of cv2.imread(...).astype(np.float32), resized or not."""
    wide = nuclei.astype(np.float32)
    for kind in (np.float16, np.float32, np.float64, np.longdouble, ">f4", "<f8"):
        np.testing.assert_array_equal(images.as_image(wide.astype(kind)), nuclei)
        unit = (wide / 255).astype(np.float64).astype(kind)
        assert differ(images.as_image(unit), nuclei) < 0.1
    overshoot = wide + np.where(wide > 128, 20, -20)  # as bicubic resizing leaves
    np.testing.assert_array_equal(images.to_rgb(overshoot), np.clip(overshoot, 0, 255))
    assert differ(images.to_rgb(wide / 255 * 1.2 - 0.1), np.clip(wide * 1.2 - 25.5, 0, 255)) < 1
    np.testing.assert_array_equal(images.to_rgb(wide * 0.2), np.rint(wide * 0.2))


@pytest.mark.parametrize("kind", ["i2", "i4", "i8", "u4", "u8", ">i4"])
def test_wide_integers_up_to_255_are_what_they_were(nuclei, kind):
    np.testing.assert_array_equal(images.as_image(nuclei.astype(kind)), nuclei)


def test_sixteen_bits_in_any_order_of_bytes(nuclei):
    for kind in (">u2", "<u2"):
        np.testing.assert_array_equal(
            images.as_image((nuclei.astype("u2") * 257).astype(kind)), nuclei
        )
        with pytest.warns(PictureWarning, match="12 bits"):
            image = images.as_image((nuclei.astype("u2") * 16).astype(kind))
        assert differ(image, nuclei) < 1


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v / 127.5 - 1,
        lambda v: (v / 255 - 0.45) / 0.22,
        lambda v: v * 16.0,
        lambda v: v * 257.0,
        lambda v: v / 255 * 9,
        lambda v: np.where(v > 9, v, np.inf),
    ],
    ids=["-1 to 1", "normalised", "12 bits", "16 bits", "0 to 9", "infinite"],
)
def test_floats_of_another_range_are_refused(nuclei, change):
    with pytest.raises(InputError, match=r"floats from 0 to 1|not numbers"):
        images.as_image(change(nuclei.astype(np.float64)))


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.full((4, 4), -3), "from -3 to -3: make it uint8"),
        (np.full((4, 4), 4000), "make it uint8"),
        (np.zeros((4, 4), complex), "complex128"),
        (np.zeros((4, 4), object), "object"),
        (np.zeros((3, 40, 50), np.float32), r"channels go last: array.transpose\(1, 2, 0\)"),
        (np.zeros((1, 40, 50, 3), np.uint8), "got"),
        (np.zeros(5), "got"),
        (np.array(5), "got"),
    ],
)
def test_arrays_that_are_no_picture_are_told(array, says):
    with pytest.raises(TypeError, match=says):
        images.as_image(array)


def test_other_kinds_of_arrays(nuclei, grey, tmp_path):
    locked = nuclei.copy()
    locked.flags.writeable = False
    mapped = np.memmap(tmp_path / "a", np.uint8, "w+", shape=nuclei.shape)
    mapped[:] = nuclei
    same = [locked, mapped, np.ma.masked_array(nuclei), np.asfortranarray(nuclei)]
    for array in same:
        np.testing.assert_array_equal(images.as_image(array), nuclei)
    np.testing.assert_array_equal(images.as_image(nuclei[::-2, ::-2]), nuclei[::-2, ::-2])
    np.testing.assert_array_equal(images.as_image(grey.view(np.matrix))[..., 0], grey)
    with pytest.raises(InputError, match="masked pixels"):
        images.as_image(np.ma.masked_less(nuclei, 100))


def test_a_dark_picture_spread_over_sixteen_bits_stays_dark():
    """8 bits over 16 are multiples of 257: nothing is assumed."""
    dark = np.arange(16, dtype=np.uint16).reshape(4, 4) * 257
    np.testing.assert_array_equal(images.as_image(dark)[..., 0], dark // 257)
    np.testing.assert_array_equal(images.load_image(save(dark, "PNG"))[..., 0], dark // 257)

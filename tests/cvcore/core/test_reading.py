"""Picture files as people bring them: turned, and without their end."""

import io
import threading
import warnings

import numpy as np
import pytest
from PIL import BmpImagePlugin, Image, ImageFile, PngImagePlugin, TiffImagePlugin

from cvcore.core import images, masks, samples
from cvcore.core.errors import InputError, PictureWarning
from tests.support.files import ORIENTATION, differ, lay, make_exif, save

DAMAGED = "it is damaged"


@pytest.fixture(scope="module")
def cat():
    return images.resize(samples.load_sample("chelsea"), (48, 64))


@pytest.fixture(scope="module")
def large():
    return images.resize(samples.load_sample("chelsea"), (200, 300))


# --- orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "JPEG", "AVIF"])
def test_every_orientation_comes_upright(cat, format, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 97}, "AVIF": {"quality": 97}}
    data = save(lay(cat, orientation), format, exif=exif, **options.get(format, {}))
    assert differ(images.load_image(data), cat) < (3 if format in ("JPEG", "AVIF") else 0.01)
    with Image.open(io.BytesIO(data)) as opened:
        np.testing.assert_array_equal(images.as_image(opened), images.load_image(data))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_an_odd_tag_does_not_hide_the_orientation(format):
    for denominator in (0, 1):
        exif = make_exif(6, denominator=denominator)
        data = save(Image.new("RGB", (60, 40), "red"), format, exif=exif)
        assert images.load_image(data).shape == (60, 40, 3)
        assert images.as_image(Image.open(io.BytesIO(data))).shape == (60, 40, 3)


@pytest.mark.parametrize("orientation", [0, 9, 255, 65535])
def test_an_orientation_that_is_none_is_upright(orientation):
    data = save(Image.new("RGB", (60, 40)), "JPEG", exif=make_exif(orientation))
    assert images.load_image(data).shape == (40, 60, 3)


def test_an_orientation_in_words_is_none():
    exif = make_exif(6, kind=2)
    assert images.load_image(save(Image.new("RGB", (60, 40)), "JPEG", exif=exif)).shape[0] == 40


def test_broken_exif_costs_no_picture():
    """Bytes changed and cut at random: never an error, always all pixels."""
    random = np.random.default_rng(0)
    whole, sizes = make_exif(6), set()
    for _ in range(150):
        broken = bytearray(whole)
        for place in random.integers(6, len(whole), 3):
            broken[place] = random.integers(256)
        exif = bytes(broken[: random.integers(7, len(whole) + 1)])
        image = images.load_image(save(Image.new("RGB", (60, 40)), "JPEG", exif=exif))
        sizes.add(image.shape)
    assert sizes == {(40, 60, 3), (60, 40, 3)}


def test_a_tiff_with_a_broken_directory_of_exif_is_turned_all_the_same(cat):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[ORIENTATION], tags[0x8769], tags[282] = 6, 99_999, 72.0
    data = save(lay(cat, 6), "TIFF", tiffinfo=tags)
    np.testing.assert_array_equal(images.load_image(data), cat)


def test_xmp_may_say_it():
    said = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    assert images.load_image(save(Image.new("RGB", (60, 40)), "JPEG", xmp=said)).shape[0] == 60


# --- files that lack their end


@pytest.mark.parametrize("cut", [1, 2, 20])
@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("PPM", {}),
    ],
)
@pytest.mark.filterwarnings("ignore::cvcore.core.errors.PictureWarning")
def test_a_file_without_its_last_bytes_is_whole(large, format, options, cut):
    data = save(large, format, **options)
    expected = images.load_image(data)
    little = 0.05 if cut < 3 else 0.5
    assert differ(images.load_image(data[:-cut]), expected) < little
    opened = Image.open(io.BytesIO(data[:-cut])) if format != "WEBP" else data
    if format != "WEBP":  # which Pillow does not even open
        assert differ(images.as_image(opened), expected) < little


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),  # whose last third is a bit of brightness
        ("PNG", {}),
        ("GIF", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("AVIF", {}),
        ("PPM", {}),
        ("JPEG2000", {}),
    ],
)
@pytest.mark.parametrize("share", [0.5, 0.01])
def test_a_file_of_which_much_is_missing_is_told_to_be_damaged(large, format, options, share):
    data = save(large, format, **options)
    with pytest.raises(InputError, match=DAMAGED):
        images.load_image(data[: int(share * len(data))])


def test_some_missing_rows_are_told(large):
    data = save(large, "JPEG", quality=90)
    with pytest.warns(PictureWarning, match="lacks its end"):
        image = images.load_image(data[: int(0.96 * len(data))])
    expected = images.load_image(data)
    rows = round(0.85 * len(image))
    np.testing.assert_array_equal(image[:rows], expected[:rows])


def test_a_whole_file_with_something_behind_it_is_whole(cat):
    for format in ("JPEG", "PNG", "GIF", "WEBP", "TIFF"):
        data = save(cat, format)
        np.testing.assert_array_equal(images.load_image(data + b"more"), images.load_image(data))


def test_a_png_with_a_broken_text_is_whole(cat):
    """A wrong checksum in what is no pixel; every colour mode, with a palette and interlaced."""
    more = PngImagePlugin.PngInfo()
    more.add_text("title", "a cat")
    for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"):
        picture = Image.fromarray(cat).convert("L" if mode == "I;16" else mode).convert(mode)
        data = save(picture, "PNG", pnginfo=more)
        broken = bytearray(data)
        broken[data.index(b"a cat")] ^= 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PictureWarning)
            np.testing.assert_array_equal(
                images.load_image(bytes(broken)[:-20]), images.load_image(data), mode
            )


def test_pillows_own_switch_is_left_alone(large):
    before = ImageFile.LOAD_TRUNCATED_IMAGES, list(Image.ID)
    images.load_image(save(large, "JPEG")[:-2])
    assert (ImageFile.LOAD_TRUNCATED_IMAGES, list(Image.ID)) == before


def test_what_a_program_has_set_of_pillow_changes_no_picture(large, monkeypatch):
    def answer(data):
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always")
            try:
                image = images.load_image(data)
            except InputError as error:
                return str(error)
        return image.tolist(), [str(note.message) for note in notes]

    whole = save(large, "JPEG")
    bmp = save(Image.fromarray(large).convert("RGBA"), "BMP")
    files = (whole, whole[:-2], whole[: len(whole) // 2], save(large, "PNG")[:4000], bmp)
    before = [answer(data) for data in files]
    assert "damaged" in before[2]
    settings = ((Image, "MAX_IMAGE_PIXELS", 9), (ImageFile, "LOAD_TRUNCATED_IMAGES", True),
                (BmpImagePlugin, "USE_RAW_ALPHA", True))  # fmt: skip
    for owner, name, value in settings:
        monkeypatch.setattr(owner, name, value)
    assert [answer(data) for data in files] == before
    assert masks.read_mask(save(np.eye(4, dtype=np.uint8), "PNG")).sum() == 4
    assert all(getattr(owner, name) == value for owner, name, value in settings)


def test_filters_of_warnings_survive_many_threads(cat):
    data = save(lay(cat, 6), "JPEG", exif=make_exif(6))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        before = list(warnings.filters)
        threads = [
            threading.Thread(target=lambda: [images.load_image(data) for _ in range(20)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert warnings.filters == before

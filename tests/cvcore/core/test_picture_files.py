"""Picture files of every kind, from everywhere; and what is no picture, in a sentence."""

import io
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from cvcore.core import images, reading, samples
from cvcore.core.errors import InputError, PictureWarning
from tests.support import profiles
from tests.support.files import ORIENTATION, differ, lay, save

DAMAGED = "it is damaged"


@pytest.fixture(scope="module")
def cat():
    return images.resize(samples.load_sample("chelsea"), (48, 64))


@pytest.fixture(scope="module")
def large():
    return images.resize(samples.load_sample("chelsea"), (200, 300))


# --- what is no picture


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty"),
        (bytes(500), "nothing but zeros"),
        (b"hello", "choose a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC file"),
        (b'<?xml version="1.0"?>\n<!-- a --><svg xmlns="a"></svg>', "SVG"),
        (b"\xef\xbb\xbf <SVG/>", "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "EPS|PostScript"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"PK\3\4" + bytes(40), "zip file"),
        (b"\xff\x0a" + bytes(40), "JPEG XL"),
        (b"\0\0\0\x18ftypcrx " + bytes(40), "raw file"),
        (b"\0\0\0\x18ftypisom" + bytes(40), "film"),
        (b"https://a.b/c.jpg", "address"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", DAMAGED),
        (b"\x89PNG\r\n\x1a\n", DAMAGED),
        (b"II*\0\x08\0\0\0", DAMAGED),
        (b"P6\n0 0\n255\n", DAMAGED),
    ],
)
def test_what_a_file_is_is_told(data, says):
    with pytest.raises(InputError, match=says) as refused:
        images.load_image(data)
    sentence = str(refused.value)
    assert sentence.startswith("This file could not be read as a picture: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_raw_file_is_told_though_it_is_a_tiff():
    import tifffile

    file = io.BytesIO()
    pixels = np.zeros((16, 16), np.uint16)
    version = [(50706, 1, 4, (1, 4, 0, 0), True), (271, 2, 6, "NIKON", True)]
    tifffile.imwrite(file, pixels, photometric=32803, extratags=version)
    with pytest.raises(InputError, match="raw file"):
        images.load_image(file.getvalue())


# --- where it comes from


def test_paths_bytes_and_open_files(cat, tmp_path, monkeypatch):
    path = tmp_path / "über cat.JFIF"
    path.write_bytes(save(cat, "PNG"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    data = path.read_bytes()
    at_its_end = io.BytesIO(data)
    at_its_end.read()
    sources = [path, str(path), f"~/{path.name}", Path("~") / path.name, data, bytearray(data),
               memoryview(data), io.BytesIO(data), at_its_end]  # fmt: skip
    for source in sources:
        np.testing.assert_array_equal(images.load_image(source), cat)
    with path.open("rb") as file:
        np.testing.assert_array_equal(images.load_image(file), cat)
        assert not file.closed
    np.testing.assert_array_equal(images.as_image(f"~/{path.name}"), cat)


class Stream(io.RawIOBase):
    """As a download: it is read once, from its start."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self.data.read(size)


def test_a_stream_is_read_though_it_cannot_go_back(large):
    data = save(large, "JPEG")
    for end in (None, -2):
        np.testing.assert_array_equal(
            images.load_image(Stream(data[:end])), images.load_image(data)
        )


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere/a.png", "no such file"),
        ("~/nowhere.png", "no such file"),
        (".", "is a folder"),
        ("https://a.b/c.png", "is an address"),
        ("file:///a.png", "is an address"),
        ("a\0b.png", "no path"),
        ("a" * 5000, "no path"),
        (Path("nowhere"), "no such file"),
    ],
)
@pytest.mark.parametrize("load", [images.load_image, images.as_image])
def test_paths_that_lead_to_no_file(load, path, says):
    with pytest.raises(InputError, match=f"could not be read.*{says}") as refused:
        load(path)
    assert len(str(refused.value)) < 250


def test_a_file_that_may_not_be_read(monkeypatch, tmp_path):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="may not read it"):
        images.load_image(tmp_path / "a.png")
    with pytest.raises(InputError, match="is a folder"):  # as Windows says it
        images.load_image(tmp_path)


def test_what_is_no_file_is_a_mistake_of_the_program():
    for bad in (None, 5, [1], io.StringIO("text")):
        with pytest.raises(TypeError, match="Expected a"):
            images.load_image(bad)
    for bad, hint in ((b"bytes", "load_image"), (io.BytesIO(), "load_image"), ([1], "got list")):
        with pytest.raises(TypeError, match=hint):
            images.as_image(bad)


# --- other kinds


def test_kinds_beside_the_common_ones(cat):
    """JPEG 2000, TGA and icons; PNG and netpbm of 16 bits, whose header says what is white."""
    for format, options in (("JPEG2000", {}), ("TGA", {}), ("PCX", {}), ("DDS", {})):
        np.testing.assert_array_equal(images.load_image(save(cat, format, **options)), cat, format)
    assert images.load_image(save(cat, "ICO", sizes=[(64, 48)])).shape == (48, 64, 3)
    twelve = (cat.astype(np.uint16) * 16).astype(">u2").tobytes()
    assert differ(images.load_image(b"P6\n64 48\n4095\n" + twelve), cat) < 0.6
    grey = cat[..., 0]
    twelve = (grey.astype(np.uint16) * 16).astype(">u2").tobytes()
    image = images.load_image(b"P5\n64 48\n65535\n" + twelve)  # says that it is dark
    assert np.abs(image[..., 0] - grey / 257 * 16).max() < 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX",
                                  "CMYK", "YCbCr", "HSV"])  # fmt: skip
def test_every_mode_of_pillow_becomes_rgb(cat, mode):
    picture = Image.fromarray(cat)
    way = {"La": ["LA"], "RGBa": ["RGBA"], "PA": ["P"], "LA": ["L"]}.get(mode, [])
    for step in (*way, mode):
        picture = picture.convert(step)
    grey = np.asarray(Image.fromarray(cat).convert("L"))[..., None]
    expected = grey if mode in ("1", "L", "LA", "La") else cat
    rough = {"1": 130, "P": 20, "PA": 20, "HSV": 3, "YCbCr": 3}.get(mode, 0.01)
    assert differ(images.as_image(picture), expected) <= rough


@pytest.mark.parametrize("with_alpha", [False, True])
def test_a_png_of_twelve_bits_in_sixteen_is_not_black(cat, with_alpha):
    pixels = cat.astype(np.uint16) * 16
    if with_alpha:
        pixels = np.dstack([pixels, np.full_like(pixels[..., :1], 65535)])
    order = [2, 1, 0, 3][: pixels.shape[2]]
    data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., order]))[1].tobytes()
    with pytest.warns(PictureWarning, match="12 bits"):
        assert differ(images.load_image(data), cat) < 0.6
    bright = cv2.imencode(".png", cat[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    np.testing.assert_array_equal(images.load_image(bright), cat)


# --- HEIC


@pytest.fixture
def write_heic(cat):
    """HEIC as a phone writes it: turned by its own sign, in Display P3."""
    plugin = pytest.importorskip("pillow_heif.as_plugin")

    def write(picture: Image.Image, **options) -> bytes:
        file = io.BytesIO()
        picture.encoderinfo = {"quality": 97, **options}
        plugin._save_heif(picture, file, "")
        return file.getvalue()

    return write


@pytest.mark.parametrize("orientation", range(1, 9))
def test_heic_comes_upright(cat, write_heic, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = write_heic(lay(cat, orientation), exif=exif.tobytes())
    assert differ(images.load_image(data), cat) < 3
    assert "HEIF" not in Image.OPEN


def test_heic_in_wide_colours_and_cut(large, write_heic):
    profile = profiles.make_rgb_profile()
    wide = Image.open(io.BytesIO(profiles.write_in(large, profile)))
    data = write_heic(Image.fromarray(np.asarray(wide)), icc_profile=profile)
    assert differ(images.load_image(data), large) < 2
    with pytest.raises(InputError, match=DAMAGED):
        images.load_image(data[: len(data) // 2])


def test_without_its_package_heic_is_told_how_to_convert(monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(InputError, match="pi-heif; save it as JPEG"):
        images.load_image(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40))


def test_without_avif_a_sentence(monkeypatch, cat):
    data = save(cat, "AVIF")
    monkeypatch.setattr(Image, "registered_extensions", dict)
    monkeypatch.setattr(Image, "ID", [name for name in Image.ID if name != "AVIF"])
    with pytest.raises(InputError, match="AVIF needs a newer Pillow"):
        reading.read(data)

"""Colour profiles: a picture looks as on the screen that it was made for."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from cvcore.core import images, samples
from tests.support import profiles
from tests.support.files import differ, save


@pytest.fixture(scope="module")
def coffee():
    return images.resize(samples.load_sample("coffee"), (120, 180))


@pytest.mark.parametrize(
    "primaries", [profiles.DISPLAY_P3, profiles.ADOBE_RGB], ids=["Display P3", "Adobe RGB"]
)
def test_a_wide_profile_is_brought_back_to_srgb(coffee, primaries):
    profile = profiles.make_rgb_profile(primaries)
    data = profiles.write_in(coffee, profile)
    stored = np.asarray(Image.open(io.BytesIO(data)))
    assert differ(stored, coffee) > 3  # the numbers themselves are others
    assert differ(images.load_image(data), coffee) < 0.5
    assert differ(images.as_image(Image.open(io.BytesIO(data))), coffee) < 0.5
    small = images.load_image(data, max_side=90)
    assert differ(small, images.shrink(coffee, 90)) < 0.7


@pytest.mark.parametrize(
    ("format", "options", "tolerance"),
    [
        ("JPEG", {"quality": 98, "subsampling": 0}, 2),
        ("WEBP", {"lossless": True}, 0.5),
        ("TIFF", {}, 0.5),
        ("TIFF", {"compression": "tiff_lzw"}, 0.5),
        ("AVIF", {"quality": 98}, 3),
    ],
)
def test_a_profile_counts_in_every_kind_of_file(coffee, format, options, tolerance):
    data = profiles.write_in(coffee, profiles.make_rgb_profile(), format, **options)
    assert differ(images.load_image(data), coffee) < tolerance


def test_srgb_itself_changes_nothing(coffee):
    """Whatever it is called: neither its own profile nor one of the same primaries."""
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = save(Image.fromarray(coffee), "PNG", icc_profile=own)
    np.testing.assert_array_equal(images.load_image(data), coffee)


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200, "cut", "grey", "cmyk"])
def test_a_broken_or_foreign_profile_is_passed_over(coffee, profile):
    made = {
        "cut": profiles.make_rgb_profile()[:300],
        "grey": profiles.make_grey_profile(1.8),
        "cmyk": profiles.make_cmyk_profile(),
    }
    data = save(Image.fromarray(coffee), "PNG", icc_profile=made.get(profile, profile))
    np.testing.assert_array_equal(images.load_image(data), coffee)


def test_grey_by_its_own_gamma():
    """Grey v of gamma 1 is light v / 255: sRGB 188 for half the light."""
    ramp = np.tile(np.array([0, 55, 128, 255], np.uint8), (2, 1))
    for picture in (Image.fromarray(ramp), Image.fromarray(ramp).convert("LA")):
        data = save(picture, "PNG", icc_profile=profiles.make_grey_profile(1.0))
        found = images.load_image(data)
        expected = np.array([0, 128, 188, 255])  # 1.055 * v ** (1 / 2.4) - 0.055
        assert np.abs(found[0, :, 0].astype(int) - expected).max() <= 1
        assert (found == found[..., :1]).all()


def test_grey_with_a_profile_for_colours():
    ramp = np.tile(np.arange(0, 256, 5, dtype=np.uint8), (2, 1))
    profile = profiles.make_rgb_profile(profiles.SRGB_PRIMARIES, gamma=1.0)
    found = images.load_image(save(Image.fromarray(ramp), "PNG", icc_profile=profile))
    light = ramp[0] / 255
    expected = 255 * np.where(
        light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055
    )
    assert np.abs(found[0, :, 1] - expected).max() <= 1.5


def test_alpha_and_palettes_keep_theirs(coffee):
    """A profile moves colours, not what shines through."""
    profile = profiles.make_rgb_profile()
    wide = Image.open(io.BytesIO(profiles.write_in(coffee, profile)))
    see_through = wide.convert("RGBA")
    see_through.putalpha(128)
    found = images.load_image(save(see_through, "PNG", icc_profile=profile))
    expected = coffee * (128 / 255) + 255 * (127 / 255)
    assert np.abs(found - expected).mean() < 0.8
    palette = wide.quantize(64)
    plain = np.asarray(palette.convert("RGB"))
    found = images.load_image(save(palette, "PNG", icc_profile=profile))
    assert 2 < differ(found, plain) < 30  # moved as the picture itself is
    assert differ(found, coffee) < differ(plain, coffee)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_by_the_profile_of_its_press(format):
    """Full inks are the press's own colours, not the screen's cyan, magenta and yellow."""
    inks = [(0, 0, 0, 0), (255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255)]
    pixels = np.repeat(np.array([inks], np.uint8), 16, axis=0).repeat(16, axis=1)
    picture = Image.frombytes("CMYK", (80, 16), pixels.tobytes())
    options = {"quality": 100, "subsampling": 0} if format == "JPEG" else {}
    data = save(picture, format, icc_profile=profiles.make_cmyk_profile(), **options)
    found = images.load_image(data)[8, 8::16].astype(int)
    expected = np.array([(255, 255, 255), *profiles.INKS, (0, 0, 0)])
    assert np.abs(found - expected).max() <= 6
    plain = images.load_image(save(picture, format, **options))[8, 8::16].astype(int)
    screen = np.array([(255,) * 3, (0, 255, 255), (255, 0, 255), (255, 255, 0), (0,) * 3])
    assert np.abs(plain - screen).max() <= 3


def test_lab_needs_no_profile(coffee):
    lab = ImageCms.profileToProfile(
        Image.fromarray(coffee),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    assert differ(images.load_image(save(lab, "TIFF")), coffee) < 1
    assert differ(images.as_image(lab), coffee) < 1


def test_a_png_that_names_its_power():
    """gAMA of 1: the numbers are light itself; of 0.45455: they are for a screen as they are."""
    ramp = np.tile(np.array([0, 55, 128, 255], np.uint8), (2, 1))

    def load(gamma):
        from PIL.PngImagePlugin import PngInfo

        more = PngInfo()
        more.add(b"gAMA", round(gamma * 100_000).to_bytes(4, "big"))
        return images.load_image(save(Image.fromarray(ramp), "PNG", pnginfo=more))[0, :, 0]

    np.testing.assert_array_equal(load(0.45455), ramp[0])
    expected = np.rint(255 * (ramp[0] / 255) ** (1 / 2.2))
    np.testing.assert_array_equal(load(1.0), expected)

"""Colours as a screen shows them: from the profile that a picture brings along to sRGB.

Newer phones write Display P3, cameras Adobe RGB, print shops CMYK with a profile of their paper:
the same numbers mean other colours there. Networks, and screens, expect sRGB.
"""

import io

import numpy as np
from PIL import Image, ImageCms

_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}  # ICC's names to PIL's modes
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
LAB_PROFILE = b"LAB"  # for pictures in CIE L*a*b* that bring no profile
SCREEN_GAMMA = 1 / 2.2


def to_srgb(picture: Image.Image) -> Image.Image:
    """A PIL picture of 8 bits a channel as sRGB by its profile (``info["icc_profile"]``).

    Alpha is kept. A picture without a profile, with a broken one, or one of another kind of
    colours than its own stays as it is, as in a browser; that of one in L*a*b* is known.
    """
    profile = picture.info.get("icc_profile")
    if picture.mode == "LAB":
        profile = LAB_PROFILE
    if not isinstance(profile, bytes) or not profile:
        return _apply_gamma(picture)
    found = _make_transform(profile)
    if found is None:
        return picture
    mode, transform = found
    if not _fits(picture.mode, mode):
        return picture
    alpha = None
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        alpha = picture.getchannel("A")
    converted = transform.apply(picture if picture.mode == mode else picture.convert(mode))
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def _fits(mode: str, profile_mode: str) -> bool:
    """A profile for colours fits grey, too; one for grey nothing else, one for inks inks alone."""
    if not {"CMYK", "LAB"}.isdisjoint((mode, profile_mode)):
        return mode == profile_mode
    return profile_mode == "RGB" or mode in ("1", "L", "LA", "La")


def _make_transform(profile: bytes) -> tuple[str, ImageCms.ImageCmsTransform] | None:
    """The mode it takes and the way to sRGB; None where there is none, or nothing to change.

    Made anew for each picture (9 ms), as nothing of a visitor's file is kept.
    """
    try:
        if profile == LAB_PROFILE:
            opened = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _SPACES[opened.profile.xcolor_space]
        transform = ImageCms.ImageCmsTransform(
            opened,
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=_FLAGS,
        )
        return None if _changes_nothing(mode, transform) else (mode, transform)
    except Exception:  # a broken profile: littlecms says so in many ways
        return None


def _changes_nothing(mode: str, transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether a profile is sRGB itself, whatever its name: no colour moves by more than one."""
    if mode not in ("RGB", "L"):
        return False
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(*[steps] * (3 if mode == "RGB" else 1)), axis=-1)
    colours = cube.reshape(1, -1, 3) if mode == "RGB" else cube.reshape(1, -1)
    after = np.asarray(transform.apply(Image.fromarray(colours))).astype(int)
    before = colours if mode == "RGB" else colours[..., None]
    return bool(np.abs(after - before).max() <= 1)


def _apply_gamma(picture: Image.Image) -> Image.Image:
    """A PNG without a profile may name the power that its numbers were made with (gAMA)."""
    gamma = picture.info.get("gamma")
    is_screen = "srgb" in picture.info or picture.mode not in ("L", "RGB", "RGBA", "LA")
    if picture.format != "PNG" or is_screen or not isinstance(gamma, float) or not 0.1 < gamma < 5:
        return picture
    power = SCREEN_GAMMA / gamma
    if abs(power - 1) < 0.05:
        return picture
    curve = np.rint(255 * (np.arange(256) / 255) ** power).astype(int).tolist()
    same = list(range(256))
    tables = [same if band == "A" else curve for band in picture.getbands()]
    return picture.point([level for table in tables for level in table])

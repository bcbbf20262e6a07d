"""Colour profiles, byte by byte as the ICC describes them: nothing on the machine is needed."""

import io
import struct
from collections.abc import Sequence
from itertools import product

import numpy as np
from PIL import Image, ImageCms

Colour = Sequence[float]
# Red, green and blue as XYZ under D50.
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))
SRGB_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
WHITE = (0.9642, 1.0, 0.8249)
INKS = ((0, 158, 224), (230, 0, 126), (255, 237, 0))  # cyan, magenta and yellow on paper, in sRGB


def make_rgb_profile(primaries: Sequence[Colour] = DISPLAY_P3, gamma: float = 2.2) -> bytes:
    tags = {f"{name}XYZ": _xyz(value) for name, value in zip("rgb", primaries, strict=True)}
    tags |= {f"{name}TRC": _curve(gamma) for name in "rgb"}
    return _pack(b"mntr", b"RGB ", b"XYZ ", tags)


def make_grey_profile(gamma: float) -> bytes:
    return _pack(b"mntr", b"GRAY", b"XYZ ", {"kTRC": _curve(gamma)})


def make_cmyk_profile() -> bytes:
    """A press whose inks are ``INKS``: one over the other they multiply, black is black."""
    corners = []
    for *inks, black in product((0, 1), repeat=4):
        colour = np.ones(3) * 255.0
        for is_on, ink in zip(inks, INKS, strict=True):
            colour *= np.array(ink) / 255 if is_on else 1
        corners.append(np.rint(colour * (1 - black)).astype(np.uint8))
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB", 1
    )
    lab = np.asarray(ImageCms.applyTransform(Image.fromarray(np.array([corners])), to_lab))
    grid = (lab ^ np.array([0, 128, 128], np.uint8)).tobytes()  # Pillow's a and b are signed
    ramp = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += b"".join(map(_s15, (1, 0, 0, 0, 1, 0, 0, 0, 1))) + ramp * 4 + grid + ramp * 3
    return _pack(b"prtr", b"CMYK", b"Lab ", {"A2B0": table})


def write_in(image: np.ndarray, profile: bytes, format: str = "PNG", **options) -> bytes:
    """An sRGB picture as a file in the colours of another profile."""
    wide = ImageCms.profileToProfile(
        Image.fromarray(image), ImageCms.createProfile("sRGB"), io.BytesIO(profile), 1
    )
    file = io.BytesIO()
    wide.save(file, format, icc_profile=profile, **options)
    return file.getvalue()


def _s15(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(value: Colour) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_s15, value))


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _pack(kind: bytes, space: bytes, between: bytes, tags: dict[str, bytes]) -> bytes:
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
    every = {"desc": text, "cprt": b"text\0\0\0\0x\0", "wtpt": _xyz(WHITE), **tags}
    start, table, data = 132 + 12 * len(every), struct.pack(">I", len(every)), b""
    for name, value in every.items():
        table += name.encode() + struct.pack(">II", start + len(data), len(value))
        data += value + bytes(-len(value) % 4)
    head = struct.pack(">I", start + len(data)) + bytes(4) + b"\x02\x40\0\0" + kind + space
    head += between + struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    return head + b"".join(map(_s15, WHITE)) + bytes(48) + table + data

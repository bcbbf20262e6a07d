"""Pillow's resizing."""

import numpy as np
from PIL import Image

from tests.golden import make_picture, pack

CASES = (
    ("bicubic", (60, 80), (28, 28), (10.3, 3.7, 67.2, 60.0)),
    ("bicubic", (23, 37), (11, 80), None),
    ("bilinear", (23, 37), (11, 37), None),
    ("bilinear", (23, 37), (23, 10), None),
    ("bilinear", (23, 37), (23, 37), None),
    ("lanczos", (48, 64), (17, 31), None),
    ("box", (48, 64), (17, 31), (0, 0, 62, 34)),
    ("bicubic", (7, 5), (32, 32), None),
    ("bilinear", (1, 1), (3, 9), None),
)


def build() -> dict:
    cases = []
    for kind, (height, width), (high, wide), box in CASES:
        picture = make_picture(height, width)
        method = Image.Resampling[kind.upper()]
        resized = Image.fromarray(picture).resize((wide, high), method, box=box)
        cases.append({
            "kind": kind, "box": box, "picture": pack(picture),
            "resized": pack(np.asarray(resized)),
        })  # fmt: skip
    return {"resize": cases}

"""What stands before and after the painter: sizes, whirls, mixed styles, a photograph's colours."""

import itertools
from typing import Any

import numpy as np

from cvcore import style_transfer
from cvcore.core import images
from cvcore.style_transfer import fast, whirls
from demos.style_transfer import live
from tests.golden import make_picture, pack

SIZES = {(30, 44): 50, (31, 23): 24, (9, 60): 70}  # and how large they become
FLAT = (41, 56)  # a picture with a smooth sky, where whirls are seen


def build() -> dict:
    shared, own = make_picture(9, 11, 1), make_picture(9, 11, 2)
    return {
        "painters": live.tell_browser({"painters": True}),
        "fits": [_fit(make_picture(*size), side) for size, side in SIZES.items()],
        "styles": [_read_style(make_picture(*size)) for size in SIZES],
        "numbers": [_weaken(strength) for strength in (0, 0.35, 2)],
        "shares": [
            _share(own.numbers * np.float32(1 + away))
            for own, away in itertools.product(fast.list_own_painters(), (0, 0.1, 0.2, 0.3, 0.5))
        ],
        "answer": _answer(),
        "mixed": {
            "shared": pack(shared), "own": pack(own), "share": 0.3,
            "picture": pack(np.average([shared, own], axis=0, weights=[0.7, 0.3]).round()
                            .astype(np.uint8)),
            "coloured": pack(style_transfer.keep_colours(shared, own)),
        },
        "whirls": _add_whirls(),
    }  # fmt: skip


def _fit(picture: np.ndarray, side: int) -> dict[str, Any]:
    small = style_transfer.fit(picture, side, resample="bilinear")
    return {"picture": pack(picture), "side": side, "small": pack(small)}


def _read_style(picture: np.ndarray) -> dict[str, Any]:
    """Every 997th value of what the network is given that reads a style."""
    square = np.ascontiguousarray(images.centre_crop(picture, min(picture.shape[:2])))
    given = images.resize(square, (fast.STYLE_SIDE,) * 2, resample="lanczos")
    return {"picture": pack(picture), "given": pack(given.ravel()[::997])}


def _weaken(strength: float) -> dict[str, Any]:
    own, numbers = np.linspace(-1, 2, 100, dtype=np.float32), np.sin(np.arange(100, dtype="f"))
    mixed = own + strength * (numbers - own)
    return {"own": pack(own), "numbers": pack(numbers), "strength": strength, "mixed": pack(mixed)}


def _share(numbers: np.ndarray) -> dict[str, Any]:
    own, share = fast.own_painter(numbers)
    place = -1 if own is None else fast.list_own_painters().index(own)
    return {"numbers": pack(numbers), "own": place, "share": share}


def _answer() -> dict[str, Any]:
    """A network's planes, some of them beyond 0 and 1, cut to a picture's size."""
    planes = np.random.default_rng(0).uniform(-0.1, 1.1, (1, 3, 8, 12)).astype(np.float32)
    return {"planes": pack(planes), "picture": pack(images.to_image(planes[0, :, :7, :10]))}


def _add_whirls() -> dict[str, Any]:
    height, width = FLAT
    picture = make_picture(height, width)
    picture[:, :40] = np.linspace(60, 100, height)[:, None, None]
    streaks = live.tell_browser({"streaks": [height, width]})
    return {
        "picture": pack(picture),
        "streaks": streaks,
        "result": pack(whirls.add_whirls(picture)),
    }

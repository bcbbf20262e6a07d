"""What the live view of segmentation computes around its networks, by the server's own code.

Inputs are made by formulas of whole numbers, so that another program can make them, too; of the
answers every 37th number is kept.
"""

from typing import Any

import numpy as np

from cvcore import segmentation as seg
from cvcore.segmentation import drawing
from demos.segmentation import levels, live
from tests.golden import pack

SIZES = [(480, 640), (640, 360), (427, 640), (250, 257), (90, 257), (20, 600), (100, 100)]
# Frames, and the longer side that a network sees of them: smaller, by a whole factor, larger, and
# larger one way only.
VIEWS = [
    ((99, 131), 64, "nuclei"), ((64, 128), 64, "person"), ((90, 62), 96, "nuclei"),
    ((40, 53), 64, "person"), ((105, 250), 256, "person"),
]  # fmt: skip
FRAMES = [(51, 67), (72, 48), (9, 30)]
FEATURES = [(6, 9, 12), (5, 33, 20), (3, 70, 50)]
OWN, LOGITS, WIDE = (40, 90), (16, 12), (6, 610)
STEP = 37


def pack_some(array: np.ndarray) -> dict[str, Any]:
    return pack(array.ravel()[::STEP])


def make_numbers(count: int, seed: int = 0) -> np.ndarray:
    """Whole numbers from 0 to 250."""
    i = np.arange(count, dtype=np.int64) + 1000 * seed
    return (i * i % 1009 * 37 + i * 5) % 251


def make_picture(size_hw: tuple[int, int], seed: int = 0) -> np.ndarray:
    return make_numbers(3 * size_hw[0] * size_hw[1], seed).astype(np.uint8).reshape(*size_hw, 3)


def make_floats(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """From -15.6 to 15.6, in eighths."""
    values = (make_numbers(int(np.prod(shape)), seed) - 125) / 8
    return values.astype(np.float32).reshape(shape)


def build() -> dict[str, Any]:
    """Inputs and answers of ``demos/segmentation/static/*.mjs``."""
    return {
        "step": STEP,
        "style": live.ask("style"),
        "sizes": [_fit(size_hw, model) for size_hw in SIZES for model in seg.WEIGHTS],
        "inputs": [_look(*view) for view in VIEWS],
        "drawings": [_draw(size_hw) for size_hw in FRAMES],
        "wide": _outline(WIDE),
        "levels": [_draw_level(shape) for shape in FEATURES],
        "beach": pack(live.draw_beach((29, 2))),
    }


def _fit(size_hw: tuple[int, int], model: str) -> dict[str, Any]:
    fitted = seg.fit_size(size_hw, model=model, longest=live.LIVE_SIDE)
    return {"model": model, "frame": size_hw, "size": fitted}


def _look(size_hw: tuple[int, int], longest: int, model: str) -> dict[str, Any]:
    batch = seg.to_input(make_picture(size_hw), model=model, longest=longest)
    size = seg.fit_size(size_hw, model=model, longest=longest)
    return {"frame": size_hw, "size": size, "model": model, "longest": longest} | {
        "input": pack_some(np.rint(batch * 255).astype(np.uint8))  # it was made of bytes
    }


def _draw(size_hw: tuple[int, int]) -> dict[str, Any]:
    """All effects on one frame."""
    frame = make_picture(size_hw)
    past, fresh = (seg.to_probability(make_floats(LOGITS, seed), size_hw) for seed in (1, 2))
    probability = live.steady(fresh, past, 0.3)
    green = drawing.BACKGROUNDS["green"]
    arrays = {
        "fresh": fresh,
        "steady": probability,
        "mask": drawing.draw_overlay(frame, probability >= 0.37, opacity=0.35),
        "blur": drawing.blur_background(frame, probability),
        "green": drawing.replace_background(frame, probability, green),
        "own": drawing.fit_background(make_picture(OWN, 3), size_hw),
    }
    return {"frame": size_hw, "own_size": OWN, "logits": LOGITS} | {
        name: pack_some(array) for name, array in arrays.items()
    }


def _outline(size_hw: tuple[int, int]) -> dict[str, Any]:
    """A frame so wide that outlines are two pixels thick: red of what is drawn on black."""
    mask = make_numbers(size_hw[0] * size_hw[1]).reshape(size_hw) > 100
    drawn = drawing.draw_overlay(np.zeros((*size_hw, 3), np.uint8), mask)
    return {"size": size_hw, "red": pack(drawn[..., 0])}


def _draw_level(shape: tuple[int, int, int]) -> dict[str, Any]:
    level = seg._to_level("down", 0, make_floats(shape), 4)
    tiles = levels.draw_tiles(level)
    return {"shape": shape, "size": tiles.shape[:2], "tiles": pack_some(tiles)}

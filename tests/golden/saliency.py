"""Class activation maps of a layer, and a map over a webcam's frame."""

import numpy as np
import torch

from cvcore.core import drawing
from cvcore.recognition import preprocessing
from cvcore.saliency import DEFAULT_MODEL, Saliency, cams
from demos.saliency.live import LIVE_METHODS, lay_over, name_map, tell_browser
from tests.golden import make_picture, pack

LAYERS = (((12, 5, 6), False), ((40, 4, 4), False), ((9, 6, 6), True), ((30, 3, 4), True))
SIZES = ((30, 40), (33, 21))


def build() -> dict:
    rng = np.random.default_rng(0)
    known = tell_browser(None)
    layers = []
    for shape, is_signed in LAYERS:
        features = rng.normal(0.5, 2, shape).astype(np.float32)
        features = features if is_signed else features.clip(0, 6)
        features[2] = 0
        slopes = rng.normal(0, 0.01, shape).astype(np.float32)
        slopes[3] = 0
        maps = {name: pack(_combine(name, features, slopes)) for name in LIVE_METHODS}
        layers.append({"features": pack(features), "slopes": pack(slopes), "maps": maps})
    frames = []
    for size in SIZES:
        frame, cells = make_picture(*size), rng.random((7, 7)).astype(np.float32) ** 3
        over = lay_over(frame, cams.to_map(cells, preprocessing.get_recipe(DEFAULT_MODEL).crop))
        band = drawing.draw_text(frame, "")
        frames.append(
            {
                name: pack(value)
                for name, value in {
                    "frame": frame,
                    "cells": cells,
                    "over": over,
                    "band": band,
                }.items()
            }
        )
    names = [
        [*case, name_map(_explain(*case))]
        for case in (("grad_cam", 281, -1), ("layer_cam", 285, 207), ("eigen_cam", 3, 4))
    ]
    return {
        "recipe": known["recipe"], "colours": known["colours"], "methods": known["methods"],
        "shown": {index: known["shown"][index] for index in (281, 285, 207, 3, 4)},
        "layers": layers, "frames": frames, "names": names,
    }  # fmt: skip


def _combine(method: str, features: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    given = torch.from_numpy(features), torch.from_numpy(slopes)
    combine = getattr(cams, f"combine_{method}")
    return (combine(given[0]) if method == "eigen_cam" else combine(*given)).numpy()


def _explain(method: str, class_idx: int, minus: int) -> Saliency:
    values = np.zeros((1, 1), np.float32)
    minus_class = None if minus < 0 else minus
    return Saliency(
        method, DEFAULT_MODEL, class_idx, minus_class, values, (1, 1), (0, 0, 1, 1), 0.0
    )

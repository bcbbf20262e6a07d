"""The webcam's frames through kernels, and the sentences where there is no answer."""

from dataclasses import asdict
from typing import Any

from cvcore.convolution.operation import SHOW
from cvcore.core.errors import InputError
from demos.convolution.controls import CHANNELS, PictureSettings
from demos.convolution.picture import process_frame
from demos.convolution.presets import kernel_value
from tests.golden import make_picture, pack

_, APART, DEPTH = CHANNELS
CLIPPED, _, DIVERGING, RELU = SHOW
TABLE = {
    "cells": [[0.3, -1.7, 0], [2.25, 0.1, -0.45]],
    "divide_by": "count", "bias": 7.3, "channels": [1, -0.6, 0.35],
}  # fmt: skip
FRAMES = {"small": make_picture(11, 14), "wide": make_picture(4, 250)}
SETTINGS: list[dict[str, Any]] = [
    {"kernel": "Sobel x"},
    {"kernel": "box", "padding": "same", "padding_mode": "reflect", "channels": APART,
     "show": CLIPPED},
    {"kernel": "Gaussian", "padding": "full", "padding_mode": "replicate", "stride": 2,
     "show": CLIPPED},
    {"kernel": "loop", "padding": "3", "dilation": 2, "show": DIVERGING},
    {"kernel": "emboss", "padding": "same", "stride": 3, "channels": APART, "show": DIVERGING},
    {"kernel": "Laplacian", "channels": DEPTH, "show": RELU},
    {"kernel": TABLE, "padding": "same", "channels": DEPTH, "show": DIVERGING},
    {"kernel": TABLE, "padding": "2", "padding_mode": "reflect", "channels": APART, "show": RELU},
    {"kernel": TABLE | {"cells": [[0, 0], [0, 0]], "bias": 0}, "show": DIVERGING},
    {"kernel": TABLE, "transposed": True, "stride": 2, "output_padding": 1, "channels": APART},
    {"kernel": "diagonal line", "transposed": True, "padding": "1", "dilation": 3, "show": RELU},
    {"kernel": "box", "dilation": 8},
    {"kernel": "box", "dilation": 8, "padding": "full", "padding_mode": "reflect"},
    {"kernel": "box", "transposed": True, "padding": "8"},
]  # fmt: skip
REFUSED: list[dict[str, Any]] = [
    {"kernel": TABLE | {"cells": [[1, -1]], "divide_by": "sum"}},
    {"kernel": "box", "transposed": True, "padding": "same"},
    {"kernel": "box", "transposed": True, "channels": DEPTH},
    {"kernel": "box", "transposed": True, "stride": 3, "output_padding": 3},
]


def build() -> dict:
    stretched = {"kernel": TABLE | {"divide_by": "sum"}, "transposed": True}
    return {
        "frames": {name: pack(frame) for name, frame in FRAMES.items()},
        "answers": [
            *(_answer("small", **changes) for changes in SETTINGS),
            _answer("wide", **stretched),  # larger than what is stretched: it is shrunk first
        ],
        "refused": [_answer("small", **changes) for changes in REFUSED],
    }


def _answer(name: str, **changes: Any) -> dict[str, Any]:
    if isinstance(changes["kernel"], str):
        changes["kernel"] = kernel_value(changes["kernel"])
    settings = PictureSettings(**changes)
    answer = {"frame": name, "values": asdict(settings)}
    try:
        return answer | {"picture": pack(process_frame(FRAMES[name], settings))}
    except InputError as error:
        return answer | {"said": str(error)}

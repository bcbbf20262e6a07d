"""The encoder, the bottleneck and the decoder, drawn with their shapes."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from demos.autoencoders.pictures import draw_image

PARTS = {"encoder": "encoder", "bottleneck": "bottleneck", "decoder": "decoder"}
LEAST, MOST = 0.16, 1.0  # share of the height
CELLS = 16  # of the bottleneck that are drawn apart


def say_shape(shape: Sequence[int]) -> str:
    """``(16, 14, 14)`` as HTML, in two lines."""
    if len(shape) == 1:
        return f"{shape[0]}"
    return f"{shape[0]} ×<br>{shape[1]}×{shape[2]}" if shape[0] > 1 else f"{shape[1]}×{shape[2]}"


def draw_architecture(
    layers: Sequence[Any], original: np.ndarray, rebuilt: np.ndarray, parameters: int
) -> str:
    """The layers from a picture to its rebuilding, as high as they hold numbers (log)."""
    sizes = [float(np.prod(one.shape)) for one in layers]
    least, most = np.log(2), np.log(max(sizes))
    columns = [
        f'<div class="ae-layer input">{draw_image(original, "a held-back digit")}'
        f"<span>{say_shape(layers[0].shape)}</span></div>"
    ]
    for one, size in zip(layers[1:], sizes[1:], strict=True):
        share = LEAST + (MOST - LEAST) * max(0.0, (np.log(size) - least) / (most - least))
        kind = escape(f"{one.kind}, {one.parameters:,} parameters" if one.parameters else one.kind)
        inner = ""
        if one.part == "bottleneck":
            inner = "<i></i>" * min(int(size), CELLS)
            share = max(share, 0.3)
        columns.append(
            f'<div class="ae-layer {one.part}" title="{kind}"><div style="--high:{share:.3f};'
            f'--wide:{min(3.0, 0.8 + np.log2(one.shape[0]) / 4 if len(one.shape) > 1 else 1):.2f}">'
            f"{inner}</div><span>{say_shape(one.shape)}</span></div>"
        )
    columns.append(
        f'<div class="ae-layer output">{draw_image(rebuilt, "the same digit, rebuilt")}'
        f"<span>{say_shape(layers[-1].shape)}</span></div>"
    )
    tall = " maps" if any(len(one.shape) == 3 and one.shape[0] > 1 for one in layers) else ""
    parts = "".join(f'<b class="{name}">{words}</b>' for name, words in PARTS.items())
    words = (
        f"Encoder and decoder with a bottleneck of {int(min(sizes))}: "
        f"{parameters:,} parameters in {len(layers) - 1} layers"
    )
    return (
        f'<div class="ae-net{tall}" role="img" aria-label="{words}"><div class="ae-parts">{parts}'
        f'</div><div class="ae-layers">{"".join(columns)}</div></div>'
    )

"""The canvases of the convolution tab, and the values that they draw.

All of hovering, stepping and playing happens in the browser, from a value that is sent once. The
scripts stand in ``static``; ``grid.js`` is shared by all three.
"""

from collections.abc import Mapping
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import convolution
from cvcore.convolution import operation
from cvcore.core import images
from demos.components.js_component import load_script, read_static

FEW_CELLS = 18
"""Up to this many rows and columns, cells are drawn with their numbers."""
FEW_ACROSS = 30
"""Up to this many cells side by side, the maps that follow are drawn with numbers as well."""


class _Canvas(gr.HTML):
    """A component that is drawn by a script from a JSON value."""

    script = ""
    styles: tuple[str, ...] = ("walk.css",)
    host = '<div class="walk" tabindex="0"></div>'

    def __init__(self, value: Any = None, **kwargs: Any) -> None:
        super().__init__(
            value=value,
            html_template=self.host,
            css_template=read_static(__name__, *self.styles),
            js_on_load=load_script(__name__, "grid.js", self.script),
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": {}, "description": "JSON"}


class ConvolutionWalk(_Canvas):
    """A window on its way over an input; its value comes from :func:`walk_value`."""

    script = "walk.js"


class PoolWalk(_Canvas):
    """A pooling window on its way over an input; its value comes from :func:`pool_value`."""

    script = "pool.js"


class Report(gr.HTML):
    """Tables and cards of pictures, in HTML that is made here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(css_template=read_static(__name__, "refused.css", "report.css"), **kwargs)


class NumberTable(_Canvas):
    """An editable table of numbers.

    Its value is ``{"cells": rows}``, with ``"paper"`` (the number of an empty cell) when it can be
    drawn on, and ``"divide_by"``, ``"bias"`` and ``"channels"`` when it is a kernel. ``change``
    fires after a visitor's edit. ``limit`` is the largest number of rows and columns; with
    ``centred`` a new size keeps the middle in place.
    """

    script = "editor.js"
    host = '<div class="editor"></div>'

    def __init__(
        self, value: Any = None, *, limit: int = 28, centred: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(value, limit=limit, centred=centred, **kwargs)


def walk_value(
    step: operation.Operation,
    image: np.ndarray,
    result: np.ndarray,
    *,
    show: str | None = None,
    relu: np.ndarray | None = None,
    branches: Mapping[str, np.ndarray] | None = None,
) -> dict[str, Any]:
    """What :class:`ConvolutionWalk` draws.

    ``image`` is a matrix (H, W) or, when ``show`` is given (one of ``operation.SHOW``), a picture
    with numbers 0 to 255, (H, W) or (H, W, 3); ``result`` is ``step.apply(image)``. ``relu``
    is drawn beside it, and behind that the ``branches``, one beneath the other: maps that are each
    made from ``relu``, by name.
    """
    rows, columns = step.fit(image.shape[:2])
    depth = image.shape[2] if image.ndim == 3 else 1
    value = {
        "height": rows.size,
        "width": columns.size,
        "input_width": image.shape[1],
        "stretch": step.stride if step.transposed else 1,
        "stride": rows.stride,
        "dilation": step.dilation,
        "top": rows.before,
        "bottom": rows.after,
        "left": columns.before,
        "right": columns.after,
        "padding_mode": step.padding_mode if not step.transposed else "zero",
        "weights": (step.weights[::-1, ::-1] if step.transposed else step.weights).tolist(),
        "divisor": step.divisor,
        "bias": step.bias,
        "channel_weights": list(step.channel_weights or [1] * depth),
        "per_channel": step.channel_weights is None,
        "output_height": result.shape[0],
        "output_width": result.shape[1],
        "start": _find_start(result, in_the_middle=show is not None),
        "scale": float(np.abs(result).max()),
        "input_scale": float(np.abs(image).max()),
        "grey": show is not None,
        "titles": {
            "input": _title("input", image) + (", zeros between" if step.transposed else ""),
            "kernel": "kernel, turned 180°" if step.transposed else "kernel",
            "output": _title("feature map", result),
        },
    }
    if show is not None:
        picture = np.rint(image).astype(np.uint8)
        return value | {
            "input_src": images.to_data_uri(picture, format="png"),
            "output_src": images.to_data_uri(operation.to_picture(result, show=show)),
            "relu": None,
            "branches": [],
        }
    return value | _numbers(step, image, result, relu, branches or {})


def _find_start(result: np.ndarray, *, in_the_middle: bool) -> list[int]:
    """Row and column of the greatest answer; of a picture's, the one that is farthest from 0 in its
    middle third, away from what the border makes up."""
    if not in_the_middle:
        return [int(place) for place in np.unravel_index(result.argmax(), result.shape)]
    strength = np.abs(result if result.ndim == 3 else result[:, :, None]).max(axis=2)
    top, left = (side // 3 for side in strength.shape)
    middle = strength[top : strength.shape[0] - top, left : strength.shape[1] - left]
    row, column = np.unravel_index(middle.argmax(), middle.shape)
    return [top + int(row), left + int(column)]


def _numbers(
    step: operation.Operation, image: np.ndarray, result: np.ndarray, relu: np.ndarray | None,
    branches: Mapping[str, np.ndarray],
) -> dict[str, Any]:  # fmt: skip
    """A matrix's part of the value: all numbers, and pictures where there are too many to read."""
    rows, columns = step.fit(image.shape)
    padded = rows.size + rows.before + rows.after, columns.size + columns.before + columns.after
    value = {
        "input_values": image.ravel().tolist(), "output_values": result.ravel().tolist(),
    }  # fmt: skip
    if max(*padded, *result.shape) > FEW_CELLS:
        seen = convolution.stretch(image, step.stride) if step.transposed else image
        value["input_src"] = _coloured(seen)
        value["output_src"] = _coloured(result)
    maps = [] if relu is None else [relu, *branches.values()]
    is_picture = padded[1] + result.shape[1] + sum(one.shape[1] for one in maps) > FEW_ACROSS
    value["relu"] = None if relu is None else _stage("ReLU", relu, is_picture=is_picture)
    value["branches"] = [
        _stage(title, values, is_picture=is_picture) for title, values in branches.items()
    ]
    return value


def pool_value(
    image: np.ndarray, size: int, stride: int, *, is_picture: bool = False
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What :class:`PoolWalk` draws, and the maps in it: max, average, wins.

    ``image`` is (H, W); with ``is_picture`` its numbers are greys from 0 to 255.
    """
    winners = convolution.pool_winners(image, size, stride=stride)
    maps = {
        "max": convolution.pool(image, size, stride=stride),
        "average": convolution.pool(image, size, stride=stride, mode="average"),
        "wins": convolution.count_wins(winners, image.shape),
    }
    height, width = maps["max"].shape
    value = {
        "height": image.shape[0],
        "width": image.shape[1],
        "size": size,
        "stride": stride,
        "output_height": height,
        "output_width": width,
        "scale": float(np.abs(image).max()),
        "grey": is_picture,
        "titles": {
            "input": _title("input", image),
            "max": _title("max pooling", maps["max"]),
            "average": _title("average pooling", maps["average"]),
            "wins": "who won (windows won)",
        },
    }
    shown = {"input": image, **maps}
    if not is_picture:
        value |= {f"{name}_values": array.ravel().tolist() for name, array in shown.items()}
    if is_picture or max(image.shape) > FEW_CELLS:
        for name, array in shown.items():
            if name == "wins":
                picture = _mark_wins(image, array)
            elif is_picture:
                picture = np.rint(np.clip(array, 0, 255)).astype(np.uint8)
            else:
                value[f"{name}_src"] = _coloured(array)
                continue
            value[f"{name}_src"] = images.to_data_uri(picture, format="png")
    return value, maps


def _mark_wins(image: np.ndarray, wins: np.ndarray) -> np.ndarray:
    """Winners bright, the more windows won the brighter, on a darkened copy of the input."""
    low, high = float(image.min()), float(image.max())
    dark = 80 * (image - low) / (high - low or 1)
    picture = np.repeat(dark[:, :, None], 3, axis=2)
    won = wins > 0
    strength = (0.6 + 0.4 * wins[won] / max(int(wins.max()), 1))[:, None]
    picture[won] = strength * np.array([255, 214, 10])
    return np.rint(picture).astype(np.uint8)


def _title(name: str, array: np.ndarray) -> str:
    return f"{name} {'×'.join(map(str, array.shape))}"


def _coloured(values: np.ndarray) -> str:
    return images.to_data_uri(
        cvcore.core.drawing.colourise(values, colormap="diverging"), format="png"
    )


def _stage(title: str, values: np.ndarray, *, is_picture: bool) -> dict[str, Any]:
    stage = {"title": _title(title, values), "height": values.shape[0], "width": values.shape[1]}
    if is_picture or max(values.shape) > FEW_CELLS:
        return stage | {"src": _coloured(values)}
    return stage | {"values": values.ravel().tolist()}

"""Four ways of making a small map large again, with numbers that are typed."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.segmentation.controls import UPSAMPLING

TITLE = UPSAMPLING
SIDES = {"4 x 4": 4, "6 x 6": 6}
NUMBERS = [[1, 3, 2, 0], [4, 2, 1, 5], [0, 1, 3, 2], [2, 6, 1, 1]]
ONES_3 = [[1, 1, 1], [1, 1, 1], [1, 1, 1]]
BILINEAR = [[0.0625, 0.1875, 0.1875, 0.0625], [0.1875, 0.5625, 0.5625, 0.1875],
            [0.1875, 0.5625, 0.5625, 0.1875], [0.0625, 0.1875, 0.1875, 0.0625]]  # fmt: skip
PRESETS: dict[str, tuple[list, list, int]] = {  # map, kernel, stride
    "numbers, kernel 2": (NUMBERS, [[1, 0.5], [0.5, 0.25]], 2),
    "checkerboard: kernel 3, stride 2": ([[1] * 6] * 6, ONES_3, 2),
    "no checkerboard: kernel 4, stride 2": ([[1] * 6] * 6, [[1] * 4] * 4, 2),
    "kernel that is bilinear": (NUMBERS, BILINEAR, 2),
}
FIRST = next(iter(PRESETS))


@dataclass(frozen=True)
class Way:
    """One of the four ways, in words."""

    title: str
    words: str


WAYS = {
    "nearest": Way("Nearest", "each number copied four times; nothing is learned"),
    "bilinear": Way("Bilinear", "between four neighbours, by distance; nothing is learned"),
    "unpooling": Way(
        "Max unpooling", "back to where the maximum was, 0 elsewhere: pooling kept the places"
    ),
    "transposed": Way(
        "Transposed convolution", "each number times the kernel; overlaps add up; it is learned"
    ),
}


class UpsamplingView(ui.JsComponent):
    """The map, the kernel, and four enlarged maps; fires ``typed`` with ``{map, kernel}``."""

    MARKUP = '<div class="upsampling"></div>'
    SCRIPTS = ("upsampling.js",)
    STYLES = ("upsampling.css",)


def enlarge(numbers: Any, kernel: Any, stride: float = 2) -> dict[str, Any]:
    """A map pooled to half its size, and enlarged in four ways, with where each number is from."""
    enlarging = cvcore.segmentation.enlarging
    pooled = enlarging.pool_map(numbers)
    cells = enlarging.check_map(kernel, enlarging.MAX_KERNEL, "kernel")
    made = {
        "nearest": enlarging.enlarge_nearest(pooled.small),
        "bilinear": enlarging.enlarge_bilinear(pooled.small),
        "unpooling": enlarging.unpool(pooled),
        "transposed": enlarging.convolve_transposed(pooled.small, cells, stride),
    }
    return {
        "map": pooled.map.tolist(),
        "small": pooled.small.tolist(),
        "winners": pooled.winners.ravel().tolist(),
        "kernel": cells.tolist(),
        "stride": int(stride),
        "ways": [
            {
                "name": name, "title": WAYS[name].title, "words": say(name, one, int(stride)),
                "output": one.output.round(6).tolist(), "parts": list_parts(one.weights),
            }
            for name, one in made.items()
        ],
    }  # fmt: skip


def say(name: str, made: Any, stride: int) -> str:
    """What a way does; of the transposed one also whether its overlaps are uneven."""
    if name != "transposed":
        return WAYS[name].words
    hits = (
        np.unique(made.hits[stride:-stride, stride:-stride])
        if min(made.hits.shape) > 2 * stride
        else ()
    )
    if len(hits) > 1:
        return (
            f"the sum of {', '.join(map(str, hits[:-1]))} or {hits[-1]} copies of the kernel: "
            "uneven, a checkerboard"
        )
    return WAYS[name].words


def list_parts(weights: np.ndarray) -> list[list[list[float]]]:
    """For each output cell, row by row: [index of the small map's cell, weight] of each part."""
    flat = weights.reshape(weights.shape[0] * weights.shape[1], -1)
    return [[[int(i), round(float(row[i]), 6)] for i in np.flatnonzero(row)] for row in flat]


def read_typed(event: gr.EventData, stride: float) -> dict[str, Any]:
    """What was typed into the grids."""
    return enlarge(getattr(event, "map", None), getattr(event, "kernel", None), stride)


def choose_preset(name: str) -> tuple[dict[str, Any], int]:
    """The numbers of a preset, and its stride."""
    if name not in PRESETS:
        raise InputError("There is no such example: choose one of the list.")
    numbers, kernel, stride = PRESETS[name]
    return enlarge(numbers, kernel, stride), stride


def resize(view: dict | None, side: str, kernel_side: float, stride: float) -> dict[str, Any]:
    """The map and the kernel with more or fewer cells: new ones repeat the numbers, or are 1."""
    view = view or {}
    numbers, kernel = np.array(view.get("map") or NUMBERS), np.array(view.get("kernel") or [[1]])
    wide, k = SIDES.get(side, 4), int(kernel_side)
    numbers = np.pad(numbers, ((0, wide), (0, wide)), mode="wrap")[:wide, :wide]
    kernel = np.pad(kernel, ((0, k), (0, k)), constant_values=1)[:k, :k]
    return enlarge(numbers.tolist(), kernel.tolist(), stride)


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """Examples, sizes and the stride in the rail; the grids, to be typed into, on the stage."""
    with tab.stage.controls(TITLE, first=True):
        gr.Markdown(
            "A map is pooled to half its size, and made large again. **Type into the map and the "
            "kernel**; point at a number to see where it comes from."
        )
        preset = ui.Dropdown(list(PRESETS), value=FIRST, label="Example")
        side = ui.Radio(list(SIDES), value="4 x 4", label="Map")
        kernel_side = ui.Slider(1, 4, 2, step=1, label="Kernel, cells a side")
        stride = ui.Slider(1, 3, 2, step=1, label="Stride")
    with tab.stage.view(TITLE) as section:
        view = UpsamplingView(
            label="upsampling", elem_id="segmentation-upsampling", elem_classes=["fill"]
        )
    lazy.add(TITLE, section, choose_or_keep, [view, preset], view, api_name=None, kind="stream")
    tab.run(view.typed, read_typed, [stride], view, api_name=None, kind="stream")
    tab.run(
        preset.input, choose_preset_all, [preset], [view, stride, kernel_side, side], api_name=None
    )  # fmt: skip
    tab.run(
        [side.input, kernel_side.input, stride.input], resize, [view, side, kernel_side, stride],
        view, api_name=None, kind="stream",
    )  # fmt: skip
    typed = [gr.JSON(NUMBERS, visible=False, label="map"), gr.JSON(ONES_3, visible=False,
             label="kernel")]  # fmt: skip
    tab.endpoint(enlarge, [*typed, stride], view, api_name="segmentation_upsampling")


def choose_or_keep(view: dict | None, preset: str) -> dict[str, Any]:
    """What was typed before, or the example."""
    return view if view and view.get("map") else choose_preset(preset)[0]


def choose_preset_all(name: str) -> tuple[dict[str, Any], int, int, str]:
    """An example, and the rail's controls as it has them."""
    shown, stride = choose_preset(name)
    high = len(shown["map"])
    return shown, stride, len(shown["kernel"]), f"{high} x {high}"

"""The webcam through the network: all maps of the chosen layer, frame by frame."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.engine import predictor, registry
from demos import components as ui
from demos import lesson
from demos.feature_maps.controls import DEFAULTS, SCALES
from demos.feature_maps.state import name_layer, number
from demos.feature_maps.widgets import Panel

LIVE_CHANNELS = 64
ASPECT = 1.4  # of the grid, about
LIVE_WIDTH = 520  # pixels of the grid: most of a frame's time is the way into the browser
LIVE_QUALITY = 70  # of its JPEG file
CAMERA_WIDTH = 384  # pixels: 288 high, of which the network sees the middle at 256
CHANGED = 6  # channels listed by how much they changed
PATIENCE_SECONDS = 120  # for the fast engine, until PyTorch goes on
NO_FRAME = "There is no frame yet: start the webcam first."
ELEMENT = "feature_maps-live"
# The browser that answers the frames itself keeps one of them itself.
KEEP = f"""async (last) => [last,
  await document.getElementById('{ELEMENT}').tell('remember') || '']"""
FORGET = f"() => {{ document.getElementById('{ELEMENT}').tell('forget'); return []; }}"


class Remembered:
    """A frame that later ones are compared with, and its maps in the layer last asked for."""

    def __init__(self, frame: np.ndarray) -> None:
        self.frame = frame
        self._maps: tuple[tuple[str, str], np.ndarray] | None = None

    def measure(self, model: str, layer: str) -> np.ndarray:
        """Its maps (C, H, W)."""
        known = self._maps
        if known is None or known[0] != (model, layer):
            maps = cvcore.feature_maps.extract_live(self.frame, layer, model=model)
            self._maps = known = ((model, layer), maps)
        return known[1]


def show_frame(
    frame: np.ndarray,
    model: str = DEFAULTS.model,
    layer: str = "",
    count: int = LIVE_CHANNELS,
    scale: str = DEFAULTS.scale,
    remembered: Remembered | None = None,
) -> tuple[np.ndarray, np.ndarray, dict]:
    """Channels of a layer for one frame, as a grid; the network stops at the layer.

    They come in their order or, beside a remembered frame, the most changed first, with a table of
    these. The frame itself is handed on, to be kept.
    """
    if count is None or not 1 <= count <= 256 or count != int(count):
        raise InputError(f"Choose a number of channels from 1 to 256, got {count}.")
    fm = cvcore.feature_maps
    layer = layer or fm.default_layer(model)
    maps, changes = fm.extract_live(frame, layer, model=model), {"html": "", "channels": []}
    shown = list(range(len(maps)))[: int(count)]
    span = measure_range(model, layer) if scale == "global" else None
    if remembered is not None:
        reaction = cvcore.feature_maps.channels.compare_maps(remembered.measure(model, layer), maps)
        shown, changes = reaction.order[: int(count)].tolist(), draw_changes(reaction)
        maps = maps[shown]
    maps = maps[: len(shown)]
    small = cvcore.probes.map_grid.fit_maps(maps, LIVE_WIDTH, aspect=ASPECT)
    grid = cvcore.probes.map_grid.draw_grid(small, scale=scale, value_range=span, aspect=ASPECT)
    means = maps.mean(axis=(1, 2)).round(4).tolist()
    numbers = {"layer": layer, "shown_channels": shown, "shown_means": means}
    return grid.image, frame, changes | numbers


@lru_cache(maxsize=64)
def measure_range(model: str, layer: str) -> tuple[float, float]:
    """The least and greatest value over the sample pictures in all layers of the layer's kind."""
    spans = [
        cvcore.feature_maps.survey(samples.load_sample(name), layer, model=model)[0].kind_range
        for name in samples.list_names()
    ]
    return min(low for low, _ in spans), max(high for _, high in spans)


def draw_changes(reaction: "cvcore.feature_maps.channels.Reaction") -> dict:
    """The most changed channels as HTML, and as numbers."""
    top = reaction.order[:CHANGED].tolist()
    most = max(float(reaction.changes.max()), 1e-12)
    cells = "".join(
        f'<div><b>channel {channel}</b><span class="track"><i style="width:'
        f'{100 * reaction.changes[channel] / most:.0f}%"></i></span>'
        f"{number(reaction.means[0, channel])} → {number(reaction.means[1, channel])}</div>"
        for channel in top
    )
    return {
        "html": "Most changed since the frame you remembered, with the mean then and now; the grid "
        f'begins with them:<div class="changes">{cells}</div>',
        "channels": top,
        "changes": reaction.changes[top].tolist(),
    }


def prepare(model: str, layer: str) -> Iterator[str]:
    """Wait for the fast engine, which is made once, and say so; PyTorch answers meanwhile."""
    about = f"Maps of **{name_layer(model, layer)}** ({layer})."
    start = time.monotonic()
    predictor.prepare([model])
    while not predictor.is_ready(model) and time.monotonic() - start < PATIENCE_SECONDS:
        yield (
            f"{about} The fast engine is being made, once for this model: "
            f"{time.monotonic() - start:.0f} s; until then frames come more slowly."
        )
        time.sleep(0.5)
    show_frame(np.zeros((480, 640, 3), np.uint8), model, layer)
    yield f"{about} Ready." if predictor.is_ready(model) else about


def keep_frame(last: np.ndarray | None, kept: str = "") -> Remembered | None:
    """The last frame, to compare the next ones with; None where the browser has ``kept`` it."""
    if kept:
        return None
    if last is None:
        raise InputError(NO_FRAME)
    return Remembered(last)


def tell_browser(layer: str | None) -> dict[str, Any] | tuple[float, float]:
    """What the browser needs for grids of its own; with a layer the range of colours that all
    layers of its kind share."""
    model = DEFAULTS.model
    if layer is not None:
        return measure_range(model, str(layer))
    names = cvcore.recognition.classifier.list_models()
    return {
        "model": model,
        "titles": {name: registry.get_weight(name).title for name in names},
        "recipe": asdict(cvcore.recognition.preprocessing.get_recipe(model)),
        "layer": cvcore.feature_maps.default_layer(model),
        "merged": [
            row.name for row in cvcore.feature_maps.list_layers(model) if "convolution" in row.kind
        ],
        "colours": cvcore.core.drawing.list_colours().ravel().tolist(),
        "width": LIVE_WIDTH,
        "aspect": ASPECT,
    }


def build(tab: lesson.Tab, model: gr.Dropdown, layer: gr.Textbox) -> None:
    """The grid of maps on the stage, what changed beside it."""
    section = tab.stage.live()
    with tab.stage.controls(lesson.LIVE, first=True):
        notice, last, remembered = gr.Markdown(), gr.State(), gr.State()
        count = ui.Slider(1, 256, LIVE_CHANNELS, step=1, label="Channels shown")
        scale = ui.Dropdown(SCALES, value=DEFAULTS.scale, label="Colours span")
        with gr.Row():
            keep = gr.Button("Remember this frame", size="sm", min_width=130)
            forget = gr.Button("Forget it", size="sm", min_width=80)
        changes = Panel(label="changes", elem_id="feature-maps-live-changes")
    tab.run(section.select, prepare, [model, layer], notice, api_name=None)
    with section:
        tab.live(
            show_frame,
            [model, layer, count, scale, remembered],
            extra_outputs=[last, changes],
            elem_id=ELEMENT,
            width=CAMERA_WIDTH,
            quality=LIVE_QUALITY,
            browser=lesson.InBrowser(__name__, tell_browser),
        )
    kept = gr.Textbox("", visible="hidden", label="kept in the browser")
    tab.run(keep.click, keep_frame, [last, kept], remembered, api_name=None, js=KEEP)
    forget.click(
        lambda: (None, {"html": ""}), None, [remembered, changes], js=FORGET,
        api_visibility="private",
    )  # fmt: skip

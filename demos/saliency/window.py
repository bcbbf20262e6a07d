"""A window of the picture, pixel by pixel: what it costs is said before, and it is shown zoomed."""

from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import drawing, images
from cvcore.core.checks import check_setting
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.recognition import preprocessing
from cvcore.recognition.preprocessing import get_recipe
from cvcore.saliency import METHODS
from demos.saliency.controls import DEFAULTS, PIXELS, Settings
from demos.saliency.views import (
    Look,
    View,
    draw_map,
    draw_page,
    find_square,
    name_map,
    overlay,
    say_progress,
)

if TYPE_CHECKING:
    from cvcore.saliency import Saliency

SHOWN = 480  # pixels of the zoomed window, about
FRAME = 5  # pixels between the window and its frame's outer edge
ASIDE = 200  # pixels of the picture beside it
_seconds: dict[str, float] = {}  # that a pass takes on this machine, by model, as last measured


class MapView(gr.HTML):
    """A map; fires ``place`` with shares of the square where a click puts the window's middle."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            js_on_load="""element.addEventListener('click', event => {
              const picture = event.target.closest('img[data-square]');
              if (!picture) return;
              const [left, top, width, height] = picture.dataset.square.split(' ').map(Number);
              const box = picture.getBoundingClientRect();
              const share = (at, from, side) => Math.min(1, Math.max(0, (at - from) / side));
              const across = share((event.clientX - box.left) / box.width, left, width);
              const down = share((event.clientY - box.top) / box.height, top, height);
              const next = picture.parentElement.querySelector('.next');
              next.style.left = 100 * (left + across * width) + '%';
              next.style.top = 100 * (top + down * height) + '%';
              next.hidden = false;
              trigger('place', {across, down});
            });""",
            **kwargs,
        )

    def get_block_name(self) -> str:
        return "html"


def pick_place(event: gr.EventData) -> tuple[float, float]:
    """Where the window's middle was put, as shares of the square."""
    across, down = (
        round(check_setting("The window's place", getattr(event, name, None), 0, 1), 2)
        for name in ("across", "down")
    )
    return across, down


def note_seconds(result: "Saliency", settings: Settings) -> None:
    """Keep how long a pass takes, of a map that is well under way."""
    if result.method == PIXELS and result.share_done > 0.1:
        _seconds[result.model] = result.seconds / result.share_done / count_passes(settings)


def count_passes(settings: Settings) -> int:
    """How often the network is asked; InputError where that is too often."""
    plan = cvcore.saliency.pixel_differences.make_plan
    return plan(get_recipe(settings.model).crop, **settings.work(PIXELS)).passes


def foretell(image: np.ndarray | None, method: str, settings: Settings = DEFAULTS) -> str:
    """Passes and wait of a map pixel by pixel, before it is begun; nothing for other methods."""
    if method != PIXELS:
        return ""
    if settings.amounts in (None, [], ()):
        return _say("Choose at least one amount.", alert=True)
    try:
        passes = count_passes(settings)
    except InputError as error:
        return _say(str(error), alert=True)
    each = "three colours × " if settings.colours == "each" else ""
    words = (
        f"{settings.zoom} × {settings.zoom} pixels × {each}{len(set(settings.amounts))} "
        f"amount{'s' if len(set(settings.amounts)) > 1 else ''} × up and down + 1 = "
        f"<b>{passes:,} passes</b>"
    )
    if image is not None and registry.is_available(settings.model):
        seconds = passes * _find_seconds(image, settings.model)
        words += f", about <b>{max(seconds, 1):.0f} s</b> on this machine"
    return _say(f"{words}.")


def _find_seconds(image: np.ndarray, model: str) -> float:
    if model not in _seconds:
        saliency = cvcore.saliency
        x = preprocessing.prepare(image, model)
        target = saliency.choose_target(x, None, None, model=model)
        trial = saliency.pixel_differences.time_a_pass(x, target)
        _seconds.setdefault(model, trial)  # what a map has told meanwhile is truer
    return _seconds[model]


def _say(words: str, *, alert: bool = False) -> str:
    if alert:
        return draw_page(f'<p class="soft" role="alert">{escape(words)}</p>')
    return draw_page(f'<p class="soft">{words}</p>')


def frame_window(
    whole: np.ndarray, square: tuple[slice, slice], window: tuple[int, ...], side: int
) -> np.ndarray:
    """The whole picture with the window (left, top, right, bottom), pixels of the network's input
    of ``side``, framed in its square; small enough to stand beside the map."""
    rows, columns = square
    high, wide = rows.stop - rows.start, columns.stop - columns.start
    left, right = (columns.start + edge * wide / side for edge in window[::2])
    top, bottom = (rows.start + edge * high / side for edge in window[1::2])
    scale = min(1.0, 2 * ASIDE / max(whole.shape[:2]))
    size = tuple(max(1, round(edge * scale)) for edge in whole.shape[:2])
    small = images.resize(whole, size)
    # the frame lies around the window: of a small one nothing else would be left
    edges = [
        *(max(round(edge * scale) - FRAME, 0) for edge in (left, top)),
        *(round(edge * scale) + FRAME for edge in (right, bottom)),
    ]
    return drawing.draw_frame(small, tuple(edges))


def zoom(values: np.ndarray, window: tuple[int, ...]) -> np.ndarray:
    """The window of a map or picture (H, W) or (H, W, 3), each pixel a block of many."""
    left, top, right, bottom = window
    part = values[top:bottom, left:right]
    times = max(1, SHOWN // len(part))
    return part.repeat(times, 0).repeat(times, 1)


def draw_place(square: tuple[slice, slice], size_hw: tuple[int, int]) -> str:
    """Where the square lies in the picture, for clicks: left, top, width, height as shares."""
    rows, columns = square
    high, wide = size_hw
    shares = (
        columns.start / wide, rows.start / high,
        (columns.stop - columns.start) / wide, (rows.stop - rows.start) / high,
    )  # fmt: skip
    return " ".join(f"{share:.5f}" for share in shares)


def draw_result(view: View, look: Look) -> str:
    """The map shown: over the whole picture, or of a window, zoomed."""
    if view.maps[view.shown].window_xyxy is None:
        return draw_map(view, look)
    return draw_zoomed(view, look)


def draw_zoomed(view: View, look: Look) -> str:
    """The window, every pixel a block in the colour of its D, beside the picture with the window
    framed, where a click moves it; of three colours also a map each."""
    result = view.maps[view.shown]
    window, side = result.window_xyxy, len(result.input_map)
    assert window is not None  # else there is nothing to zoom
    whole = view.square if view.whole is None else view.whole
    square = find_square(whole.shape[:2], result.model)
    seen = images.resize(whole[square], (side, side))
    names, maps = ["sum of the three colours"], [result.input_map]
    if result.colour_maps is not None:
        names += ["red alone", "green alone", "blue alone"]
        maps += list(result.colour_maps)
    figures = []
    for name, values in zip(names, maps, strict=True):
        drawn = overlay(zoom(seen, window), zoom(values, window), look, is_signed=True)
        label = "" if len(maps) == 1 else f"<figcaption>{name}</figcaption>"
        figures.append(
            f'<figure><img alt="{name}, window" src="{images.to_data_uri(drawn)}">{label}</figure>'
        )
    left, top, right, bottom = window
    strongest = float(np.abs(result.input_map).max())
    small = frame_window(whole, square, window, side)
    done = say_progress(result, is_stopped=view.is_stopped)
    return draw_page(
        f'<div class="zoomed {"four" if len(maps) > 1 else ""}">{"".join(figures)}</div>'
        f'<div class="aside"><div class="spot">'
        f'<img alt="the picture, its window framed; a click moves the window" '
        f'data-square="{draw_place(square, whole.shape[:2])}" '
        f'src="{images.to_data_uri(small)}"><i class="next" hidden></i></div>'
        f'<p class="soft">Click the picture to move the window, then press “Explain”.</p>'
        f'<p class="soft">Pixels {left} to {right - 1} across, '
        f"{top} to {bottom - 1} down, of {side} x {side}.</p>"
        f'<p class="soft">{escape(METHODS[result.method].story)} Red: brighter speaks for the '
        f"class; blue: against it. Strongest D: {strongest:.2g} of probability, for a pixel that "
        "would go from black to white.</p></div>",
        f'<div class="said"><p class="big">{name_map(result)}: {result.seconds:.2f} s{done}</p>'
        "</div>",
        kind="whole zoom",
    )

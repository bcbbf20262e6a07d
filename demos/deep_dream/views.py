"""What the DeepDream tab shows: the dream on the stage; its curve and its classes in the rail."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from cvcore.core import images, samples
from demos import components as ui
from demos import lesson
from demos.lesson import charts
from demos.lesson.class_names import soften
from demos.server.static_files import publish

PICTURE, COMPARED = "Picture", "Before | after"  # the views of one dream
CURVE = (300, 84)  # pixels: as wide as the rail
SHOWN = 3  # classes
Answer = tuple[str, float]  # a class and its probability


@dataclass(frozen=True, eq=False)
class Photograph:
    """What is dreamt in: its data address, width / height, and what it is taken for."""

    src: str
    ratio: float
    top: Answer


class Dream(ui.JsComponent):
    """The dream, as large as its place allows, and the photograph up to a line that is dragged.

    Its value: ``html`` and ``ratio`` of what is shown, and ``panel`` for the ``DreamPanel``.
    """

    MARKUP = """<div class="dream"><div class="fit frame"><div class="pictures"></div>
<input class="cut" type="range" min="0" max="100" value="50" step="0.5"
aria-label="How much of the photograph is shown"><i class="line" aria-hidden="true"></i>
</div></div>"""
    SCRIPTS = ("dream.js",)
    STYLES = ("dream.css",)


class DreamPanel(ui.JsComponent):
    """What ``Dream`` says of itself: the classes and the curve."""

    MARKUP = '<div class="taken" data-with="deep-dream-view"></div>'
    STYLES = ("panel.css",)


class Video(ui.Panel):
    """A video, or the last frame of one that is being made."""

    MARKUP = '<div class="dream">${(value && value.html) || ""}</div>'
    STYLES = ("dream.css",)


def draw_first(sample: str) -> dict:
    """What is there before anything is computed: the first photograph."""
    image = samples.load_sample(sample)
    address = publish(f"{sample}.jpg", images.to_jpeg(image))
    said = lesson.under_way("First a small dream for each layer …", "Stopped.")
    return {
        "html": f'<img alt="The photograph" src="{address}"><p class="hud"><span>{said}</span></p>',
        "ratio": image.shape[1] / image.shape[0],
    }


def read_photograph(image: np.ndarray, side: int, top: Answer) -> Photograph:
    small = images.shrink(image, side)
    height, width = image.shape[:2]
    return Photograph(images.to_data_uri(small, quality=80), width / height, top)


def draw_dream(picture: np.ndarray, photo: Photograph, state: str, now: Answer) -> str:
    """The dream over the photograph; in its corners how far it is, and what it is taken for."""
    return (
        f'<img class="after" alt="The dream" src="{images.to_data_uri(picture, quality=88)}">'
        f'<img class="before" alt="The photograph" src="{photo.src}">'
        f'<p class="hud"><span>{state}</span><span>{_name(photo.top)} → {_name(now)}</span></p>'
    )


def _name(answer: Answer) -> str:
    return f"{escape(soften(answer[0]))} {answer[1]:.0%}"


def draw_panel(
    now: Sequence[Answer], curve: Sequence[float], total: int, octaves_at: Sequence[int] = ()
) -> str:
    """The most probable classes as bars, and the curve so far."""
    rows = "".join(
        f'<li><i style="width:{max(100 * share, 1):.0f}%"></i><span>{escape(soften(name))}</span>'
        f"<b>{share:.0%}</b></li>"
        for name, share in now[:SHOWN]
    )
    return f"<h4>What it is taken for</h4><ol>{rows}</ol>{draw_curve(curve, total, octaves_at)}"


def draw_curve(curve: Sequence[float], total: int, octaves_at: Sequence[int] = ()) -> str:
    """What is raised, step by step, on an axis as long as the whole way; a dashed line before each
    step, counted from 0, at which an octave begins."""
    raised = charts.Line("raised", range(1, len(curve) + 1), curve)
    marks = [charts.Mark(at + 0.5) for at in octaves_at]
    x = charts.Axis(low=1, high=max(total, 2), text=lambda step: f"step {step:g}")
    title = f"Raised from {curve[0]:.2f} to {curve[-1]:.2f}"
    return charts.draw_chart([raised, *marks], title=title, x=x, size=CURVE)

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

PICTURE, COMPARED = "Picture", "Before | after"  # the views of one dream
CURVE = (300, 116)  # pixels: as wide as the rail
TICKS = 5  # steps named below the curve, at most
SHOWN = 3  # classes
Answer = tuple[str, float]  # a class and its probability


@dataclass(frozen=True, eq=False)
class Photograph:
    """What is dreamt in: its data address, width / height, and what it is taken for."""

    src: str
    ratio: float
    top: Answer


class DreamPanel(ui.JsComponent):
    """What is said of the dream: the classes and the curve."""

    MARKUP = '<div class="taken" data-with="deep-dream-view"></div>'
    STYLES = ("panel.css",)


def draw_first(sample: str) -> dict:
    """What is there before anything is computed: the first photograph."""
    image = samples.load_sample(sample)
    address = ui.publish_picture(f"{sample}.jpg", image)
    said = lesson.under_way("First a small dream for each layer …", "Stopped.")
    return {
        "html": f'<img alt="The photograph" src="{address}">{ui.draw_corners(said)}',
        "ratio": image.shape[1] / image.shape[0],
    }


def read_photograph(image: np.ndarray, side: int, top: Answer) -> Photograph:
    small = images.shrink(image, side)
    height, width = image.shape[:2]
    return Photograph(images.to_data_uri(small, quality=80), width / height, top)


def draw_dream(picture: np.ndarray, photo: Photograph, state: str, now: Answer) -> str:
    """The dream over the photograph; in its corners how far it is, and what it is taken for."""
    taken = f"{_name(photo.top)} → {_name(now)}"
    return (
        ui.draw_after(picture, "The dream")
        + ui.draw_before(photo.src)
        + ui.draw_corners(state, taken)
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
    return f"<h3>What it is taken for</h3><ol>{rows}</ol>{draw_curve(curve, total, octaves_at)}"


def draw_curve(curve: Sequence[float], total: int, octaves_at: Sequence[int] = ()) -> str:
    """What is raised, step by step, on an axis as long as the whole way; a dashed line before each
    step, counted from 0, at which an octave begins."""
    raised = charts.Line("raised", range(1, len(curve) + 1), curve)
    marks = [charts.Mark(at + 0.5) for at in octaves_at]
    last = max(total, 2)
    ticks = [(n, f"{n:.0f}") for n in np.unique(np.linspace(1, last, min(TICKS, last)).round())]
    x = charts.Axis("step", 1, last, ticks=ticks, text=lambda step: f"step {step:g}")
    title = f"Raised from {curve[0]:.2f} to {curve[-1]:.2f}"
    return charts.draw_chart([raised, *marks], title=title, x=x, y="objective", size=CURVE)

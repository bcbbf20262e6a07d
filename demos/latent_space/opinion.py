"""What the discriminator says of a picture, on its own scale: beside what it says of others."""

from collections.abc import Sequence

import numpy as np

import cvcore
from demos.latent_space.views import number
from demos.lesson import charts

BINS = 24
KINDS = {"real_logits": ("real", charts.BLUE), "made_logits": ("generated", charts.ORANGE)}
TITLE = "The discriminator’s logit"
SIZE = (440, 130)  # pixels: low, so that the faces are large


def find_limits(name: str, logits: Sequence[float]) -> tuple[float, float]:
    """The least and the greatest logit to be drawn: of the noted pictures and of these."""
    lesson = cvcore.latent_space.load_lesson()[name]
    every = [*logits, *(value for key in KINDS if key in lesson for value in lesson[key])]
    return min(every), max(every)


def to_histogram(quantiles: Sequence[float], edges: np.ndarray) -> np.ndarray:
    """The share (0 to 1) of pictures in each bin, by their quantiles 0, ... 100 %, evenly spread
    between two of them."""
    below = np.interp(edges, quantiles, np.linspace(0, 1, len(quantiles)))
    return np.diff(below)


def draw_opinion(name: str, logits: Sequence[float], now: Sequence[tuple[float, int]]) -> str:
    """Histograms of the logits of real and of generated pictures, with marks that move.

    ``logits`` are all that may be marked, ``now`` those that are at first, each with its colour.
    """
    lesson = cvcore.latent_space.load_lesson()[name]
    low, high = find_limits(name, logits)
    edges = np.linspace(low, high, BINS + 1)
    lines = [
        charts.Line(
            words, (edges[:-1] + edges[1:]) / 2, to_histogram(lesson[key], edges), colour,
            fills=True,
        )
        for key, (words, colour) in KINDS.items() if key in lesson
    ]  # fmt: skip
    marks = [charts.Mark(value, colour=colour, is_moving=True) for value, colour in now]
    x = charts.Axis("logit: below 0 it says “generated”", low, high)
    return charts.draw_chart(
        [*lines, *marks], title=TITLE, x=x,
        y=charts.Axis("share", low=0, text=charts.percent), size=SIZE, legend=True,
    )  # fmt: skip


def describe_others(name: str) -> str:
    """Where most logits of real and of generated pictures lie, to compare one with."""
    lesson = cvcore.latent_space.load_lesson()[name]
    parts = []
    for key, (words, _) in KINDS.items():
        if key in lesson:
            low, high = np.quantile(lesson[key], [0.05, 0.95])
            parts.append(f"from {number(low)} to {number(high)} for {words} pictures")
    return f"nine logits in ten lie {', '.join(parts)}"


def place(name: str, logits: Sequence[float]) -> np.ndarray:
    """Where each logit lies between the chart's ends, 0 to 1."""
    low, high = find_limits(name, logits)
    return (np.asarray(logits) - low) / (high - low)

"""What the view "Recognition" draws: words on a picture, a codebook, roses of weights, scores."""

from html import escape
from typing import Any

import numpy as np

from cvcore.core import images
from demos.lesson import charts

COLUMNS = 16  # of a codebook's sheet
TOLD = 7  # words that are told of
ROSE = 0.46  # length of the longest line in a rose, in cells


def to_source(picture: np.ndarray) -> str:
    """A grey picture, float (H, W) in [0, 1], as a data address."""
    grey = np.rint(np.nan_to_num(picture).clip(0, 1) * 255).astype(np.uint8)
    return images.to_data_uri(np.repeat(grey[..., None], 3, axis=2), format="png")


def draw_figure(picture: np.ndarray, drawing: str, title: str, words: str) -> str:
    """A square picture with SVG over it, in its pixels, under a title; ``words`` are trusted."""
    side = picture.shape[0]
    return (
        f'<figure class="board"><figcaption><b>{escape(title)}</b> <span>{words}</span>'
        f'</figcaption><div class="cell"><div class="square"><img src="{to_source(picture)}" '
        f'alt="{escape(title)}"><svg viewBox="0 0 {side} {side}" aria-hidden="true">{drawing}</svg>'
        "</div></div></figure>"
    )


def colour_word(rank: int, count: int) -> str:
    """A word's colour, by its place in the codebook's order."""
    return f"hsl({360 * rank / count:.0f} 85% {(45, 62)[rank % 2]}%)"


def rank_words(patches: np.ndarray) -> np.ndarray:
    """Each word's place (K,) in the order in which they are shown: by where their light is."""
    side = patches.shape[1]
    down, across = np.mgrid[:side, :side] - (side - 1) / 2
    light = patches - patches.mean(axis=(1, 2), keepdims=True)
    angle = np.arctan2((light * down).sum(axis=(1, 2)), (light * across).sum(axis=(1, 2)))
    ranks = np.empty(len(patches), int)
    ranks[np.argsort(angle, kind="stable")] = np.arange(len(patches))
    return ranks


def draw_words(words: np.ndarray, side: int, layout: tuple[int, int], ranks: np.ndarray) -> str:
    """The middle of each patch in the colour of its word, (G, G); patch and step in pixels."""
    patch, step = layout
    first = (patch - step) / 2
    parts = []
    for (row, column), word in np.ndenumerate(words):
        if word >= 0:
            parts.append(
                f'<rect data-word="{word}" x="{first + column * step}" y="{first + row * step}" '
                f'width="{step}" height="{step}" fill="{colour_word(ranks[word], len(ranks))}"/>'
            )
    return "".join(parts)


def draw_codebook(patches: np.ndarray, ranks: np.ndarray, used: np.ndarray) -> str:
    """All words as patches in their order, framed in their colours; those ``used`` are solid."""
    count, side = patches.shape[:2]
    order = np.argsort(ranks)
    rows = -(-count // COLUMNS)
    sheet = np.zeros((rows * COLUMNS, side, side), np.float32)
    sheet[:count] = patches[order]
    sheet = sheet.reshape(rows, COLUMNS, side, side).swapaxes(1, 2)
    source = to_source(sheet.reshape(rows * side, COLUMNS * side))
    cells = []
    for rank, word in enumerate(order):
        x, y = rank % COLUMNS, rank // COLUMNS
        place = f"{100 * x / (COLUMNS - 1):.2f}% {100 * y / max(rows - 1, 1):.2f}%"
        words = f"Word {rank + 1}" + ("" if used[word] else ", not in this picture")
        cells.append(
            f'<button type="button" data-word="{word}" class="{"" if used[word] else "unused"}" '
            f'title="{words}" aria-label="{words}" style="border-color:'
            f'{colour_word(rank, count)};background-position:{place}"></button>'
        )
    across = int(np.ceil(np.sqrt(count)))
    return (
        f'<div class="codebook" style="--across:{across};--sheet:url({source});'
        f'--rows:{rows}">{"".join(cells)}</div>'
    )


def draw_patch(patch: np.ndarray, colour: str) -> str:
    return f'<img src="{to_source(patch)}" alt="" style="border-color:{colour}">'


def draw_histograms(own: np.ndarray, means: list[tuple[str, np.ndarray]], ranks: np.ndarray) -> str:
    """The picture's histogram as bars, the class means as lines; the words in their order."""
    order, places = np.argsort(ranks), np.arange(1, len(ranks) + 1)
    parts: list[Any] = [charts.Bars("this picture", places, own[order], charts.GREY, width=0.8)]
    for (name, mean), colour in zip(means, (charts.BLUE, charts.VERMILION), strict=False):
        parts.append(charts.Line(name, places, mean[order], colour))
    return charts.draw_chart(
        parts, title="Bag of words", x="word, in the codebook's order",
        y=charts.Axis("share of the words", low=0, text=charts.percent), size=(850, 150),
        legend=True,
    )  # fmt: skip


def draw_roses(values: np.ndarray, side: float, css: tuple[str, str]) -> str:
    """Cells (G, G, 9) as roses: a line along the edge of each orientation, as long as its value;
    ``css`` are the classes of positive and negative ones."""
    cell = side / values.shape[0]
    longest = max(np.abs(values).max(), 1e-12)
    parts = []
    for (row, column, bin_), value in np.ndenumerate(values):
        length = ROSE * cell * abs(value) / longest
        if length < 0.04 * cell:
            continue
        angle = np.pi * (bin_ + 0.5) / values.shape[2]  # of the gradient; the edge stands across
        dx, dy = length * np.sin(angle), length * np.cos(angle)
        x, y = (column + 0.5) * cell, (row + 0.5) * cell
        parts.append(
            f'<path class="{css[int(value < 0)]}" d="M{x + dx:.2f} {y - dy:.2f}'
            f'L{x - dx:.2f} {y + dy:.2f}"/>'
        )
    return "".join(parts)


def draw_evidence(cells: np.ndarray, side: float) -> str:
    """Cells (G, G) tinted by how much they speak for a class, or against it."""
    cell, most = side / len(cells), max(np.abs(cells).max(), 1e-12)
    return "".join(
        f'<rect class="{"against" if value < 0 else "for"}" x="{column * cell}" y="{row * cell}" '
        f'width="{cell}" height="{cell}" fill-opacity="{0.75 * abs(value) / most:.2f}"/>'
        for (row, column), value in np.ndenumerate(cells)
    )


def draw_scores(scores: np.ndarray, classes: tuple[str, ...]) -> str:
    """The SVM's score of each class."""
    names = [name[:9] for name in classes]
    bars = charts.Bars("score", range(len(scores)), scores, charts.BLUE)
    return charts.draw_chart(
        [bars, charts.Mark(0, "", axis="y")], title="Scores of the linear SVM",
        x=charts.slots(names, "class"),
        y="score", size=(850, 150),
    )  # fmt: skip

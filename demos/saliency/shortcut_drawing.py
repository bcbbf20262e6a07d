"""Drawings of the view "Husky or wolf"."""

from html import escape
from typing import Any

import numpy as np

import cvcore
from cvcore.core import drawing, images
from demos.lesson import charts, under_way
from demos.saliency.views import draw_page

NAMES = ("wolf", "husky")  # wolves are at home on snow, huskies on grass
PLACES = ("snow", "grass")
SHOWN = 6  # training pictures of each class
ENLARGED = 2  # times
CURVES = (500, 190)
STYLE = """<style>
.sal.husky { height: 100%; display: flex; flex-direction: column; gap: 6px; overflow: hidden; }
.husky .row { display: grid; grid-template-columns: repeat(8, minmax(0, 1fr)); gap: 4px; }
.husky .row.six { grid-template-columns: repeat(6, minmax(0, 1fr)); }
.husky figure { margin: 0; }
.husky .row img { height: clamp(4.6rem, 18dvh - 3.1rem, 12rem); width: auto;
  max-width: 100%; margin: 0 auto; display: block; object-fit: contain;
  image-rendering: pixelated; border-radius: 4px; }
.husky figure:has(.wrong) img { outline: 3px solid #d55e00; outline-offset: -1px; }
.husky figcaption { font-size: .875rem; text-align: center; white-space: nowrap; }
.husky .wrong::before { content: "✗ "; }
.husky .right::before { content: "✓ "; }
.husky .below { flex: 1; min-height: 0; display: grid; gap: 12px;
  grid-template-columns: minmax(0, 1.25fr) minmax(0, 1fr); }
.husky .below > div { min-height: 0; min-width: 0; overflow: hidden; }
.husky .two { display: flex; gap: 8px; }
.husky .two figure { flex: 0 1 6.5rem; }
.husky .two img { width: 100%; image-rendering: pixelated; border-radius: 4px; }
.husky .lies { display: grid; grid-template-columns: 8.5rem 1fr 3rem; gap: 2px 8px;
  align-items: center; font-size: .875rem; }
.husky .lies .bar { margin: 0; }
@media (max-width: 760px) {
  .sal.husky { height: auto; overflow: visible; }
  .husky .row, .husky .row.six { grid-template-columns: repeat(4, minmax(0, 1fr)); }
  .husky .below { grid-template-columns: 1fr; }
  .husky figcaption { white-space: normal; }
}
.sal.husky p { margin: 0; }
</style>"""
FIRST = (
    "A network learns to tell two subjects, and the background gives them away. What does it look "
    "at? Press “Train”."
)


def draw_first() -> str:
    """Before anything is asked of the server."""
    return _draw(f'<p class="big">{FIRST}</p>')


def draw_before(settings: Any, digit: np.ndarray | None = None, *, waits: bool) -> str:
    """Some of the pictures that it will learn from, and a drawing (28, 28) on either background."""
    scenes = cvcore.saliency.shortcut.make_training(settings)
    words = under_way("The training waits for its turn.", "Stopped.") if waits else FIRST
    rows = []
    for label, name in enumerate(NAMES):
        (own,) = np.nonzero(scenes.labels.numpy() == label)
        # evenly spread: those on their own background come first
        some = own[np.linspace(0, len(own) - 1, SHOWN).round().astype(int)]
        share = float((scenes.backgrounds.numpy()[own] == label).mean())
        figures = "".join(
            _figure(_to_picture(scenes.pictures[int(at)]), name, f"{name}, training") for at in some
        )
        rows.append(
            f'<p class="soft">“{name.capitalize()}” is the digit {settings.digits[label]}, on '
            f"{PLACES[label]} in <b>{share:.0%}</b> of its {len(own)} pictures:</p>"
            f'<div class="row six">{figures}</div>'
        )
    if digit is not None:
        own = cvcore.saliency.shortcut.place_own(digit).pictures
        figures = "".join(
            _figure(_to_picture(picture), place, f"your drawing on {place}")
            for place, picture in zip(PLACES, own, strict=True)
        )
        rows.append(
            '<p class="soft">Your drawing: what the network takes it for is said as it learns.</p>'
            f'<div class="row six">{figures}</div>'
        )
    return _draw(f'<p class="big">{words}</p>', *rows)


def draw_experiment(
    p: Any, shown: Any, averaged: Any, own: Any, *, kind: str, is_going: bool
) -> str:  # fmt: skip
    """How the training stands: maps of held-back pictures, accuracies, where the maps lie."""
    half = len(shown.answers) // 2
    on_own, on_other = range(half), range(half, 2 * half)
    return _draw(
        f'<p class="big" role="status">{_say(p, averaged, is_going=is_going)}</p>',
        f'<p class="soft">{kind} of its answers to new pictures, each on its own background</p>',
        _draw_row(shown, on_own),
        '<p class="soft">and the same subjects with the backgrounds swapped</p>',
        _draw_row(shown, on_other),
        f'<div class="below"><div>{draw_accuracies(p)}</div>'
        f"<div>{_draw_shares(averaged, kind)}{_draw_own(own)}</div></div>",
    )


def _say(p: Any, averaged: Any, *, is_going: bool) -> str:
    usual, swapped = p.usual[-1], p.swapped[-1]
    figures = (
        f"New pictures like those of the training: <b>{p.like_training[-1]:.0%} right</b>. "
        f"Backgrounds swapped: <b>{swapped:.0%}</b>."
    )
    if not p.done:
        words = f"Step {p.step} of {p.total}: {figures}"
        stopped = f"Stopped at step {p.step} of {p.total}: {figures}"
        return under_way(words, escape(stopped)) if is_going else stopped
    share = averaged.on_background
    area, where = averaged.scenes.background_share, ""
    if share is not None:
        where = (
            f" {share:.0%} of the maps lies on the background, which is {area:.0%} of the picture."
        )
    if usual > 0.75 and swapped < 0.25:
        verdict = "It has learnt the background, not the subject."
    elif min(usual, swapped) > 0.85:
        verdict = "It has learnt the subject."
    elif max(usual, swapped) < 0.75:
        verdict = "It has learnt little yet: give it more epochs or pictures."
    else:
        verdict = "It uses both, subject and background."
    begun = f"Stopped at step {p.step} of {p.total}. " if p.stopped else ""
    return f"{begun}{figures} <b>{verdict}</b>{where}"


def draw_accuracies(p: Any) -> str:
    """Accuracy against steps, on usual and on swapped backgrounds."""
    lines = [
        charts.Line("like the training", p.checked, p.like_training, charts.BLUE),
        charts.Line("swapped", p.checked, p.swapped, charts.VERMILION),
    ]
    return charts.draw_chart(
        lines,
        title="New pictures",
        x=charts.Axis("step", 0, max(p.total, 1)),
        y=charts.Axis("share of right answers", 0, 1, text=charts.percent),
        size=CURVES,
    )


def _draw_row(shown: Any, indices: range) -> str:
    labels = shown.scenes.labels.numpy()
    figures = []
    for at in indices:
        answer = int(shown.answers[at])
        is_right = answer == labels[at]
        words = f"{NAMES[answer]} {shown.probabilities[at]:.0%}"
        place = PLACES[int(shown.scenes.backgrounds[at])]
        alt = f"{NAMES[labels[at]]} on {place}, taken for a {NAMES[answer]}, with its map"
        drawn = _overlay(shown.scenes.pictures[at], shown.maps[at])
        figures.append(_figure(drawn, words, alt, "right" if is_right else "wrong"))
    return f'<div class="row">{"".join(figures)}</div>'


def _draw_shares(averaged: Any, kind: str) -> str:
    """How much of the maps lies on the background, beside how much of the pictures does."""
    share, area = averaged.on_background, averaged.scenes.background_share
    rows = [("of the pictures", area)]
    if share is not None:
        rows.insert(0, ("of the maps", share))
    bars = "".join(
        f'<span>{words}</span><div class="bar"><i style="width:{100 * value:.1f}%"></i></div>'
        f"<b>{value:.0%}</b>"
        for words, value in rows
    )
    mean = averaged.mean_map
    picture = drawing.colourise(np.kron(mean, np.ones((ENLARGED, ENLARGED))))
    return (
        f'<p class="soft">On the background ({kind}, {len(averaged.answers)} pictures):</p>'
        f'<div class="lies">{bars}</div><div class="two">'
        + _figure(picture, "mean map", "the mean of all maps; the subject is in the middle")
    )  # what is drawn stands beside it


def _draw_own(own: Any) -> str:
    if own is None:
        return "</div>"
    shown = own.evidence
    figures = "".join(
        _figure(
            _overlay(shown.scenes.pictures[at], shown.maps[at]),
            f"{NAMES[int(shown.answers[at])]} {shown.probabilities[at]:.0%}",
            f"your drawing on {PLACES[at]}, with its map",
            "own",
        )
        for at in (0, 1)
    )
    follows = (
        "the answer follows the background"
        if own.follows_background
        else "the same answer on either background"
    )
    return f'{figures}</div><p class="soft">Your drawing: {follows}.</p>'


def _to_picture(pixels: Any) -> np.ndarray:
    """A picture float32 (3, 48, 48) in [0, 1] as uint8, enlarged."""
    picture = np.rint(pixels.numpy().transpose(1, 2, 0) * 255).astype(np.uint8)
    return picture.repeat(ENLARGED, 0).repeat(ENLARGED, 1)


def _overlay(pixels: Any, values: np.ndarray) -> np.ndarray:
    picture = _to_picture(pixels)
    large = np.kron(values, np.ones((ENLARGED, ENLARGED), np.float32))
    return drawing.draw_heatmap(
        picture, large, opacity=0.55, colormap="viridis", vmin=0.0, vmax=float(large.max()) or 1.0
    )


def _figure(picture: np.ndarray, words: str, alt: str, kind: str = "") -> str:
    return (
        f'<figure><img alt="{escape(alt)}" src="{images.to_data_uri(picture)}">'
        f'<figcaption class="{kind}">{escape(words)}</figcaption></figure>'
    )


def _draw(*parts: str) -> str:
    return STYLE + draw_page(*parts, kind="husky")

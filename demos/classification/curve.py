"""The answer's curve as a picture is spoiled more and more, a chart above the pictures."""

from html import escape

import numpy as np

from cvcore.classification.robustness import Curve
from cvcore.core import images
from cvcore.core.corruptions import CORRUPTIONS, corrupt
from cvcore.recognition.classifier import softmax
from demos.classification.views import draw_page, percent
from demos.lesson import charts

COLOURS = (charts.VERMILION, charts.BLUE, charts.GREEN, charts.PURPLE, charts.ORANGE)
THUMBNAIL = 72

STYLE = """<style>
.cls .under div { flex: 1; padding: 0 1px; }
.cls .under img { width: 100%; display: block; border-bottom: .35rem solid; }
</style>"""


def choose_classes(curve: Curve, count: int = len(COLOURS)) -> list[int]:
    """The clean picture's first three classes, and those that win elsewhere, most often first."""
    clean = [int(c) for c in np.argsort(-curve.logits[curve.clean], kind="stable")[:3]]
    winners, wins = np.unique(curve.winners, return_counts=True)
    others = [int(c) for c in winners[np.argsort(-wins, kind="stable")] if c not in clean]
    return [*clean, *others][:count]


def draw_curve(
    curve: Curve, image: np.ndarray, labels: tuple[str, ...], *, temperature: float = 1.0
) -> str:
    """Probability against level, a line per class, with the spoiled pictures under the levels."""
    corruption = CORRUPTIONS[curve.kind]
    probabilities = softmax(curve.logits, temperature)
    colours = dict(zip(choose_classes(curve), COLOURS, strict=False))
    pictures = "".join(
        f'<div><img alt="" title="{escape(labels[winner])}" '
        f'src="{_thumbnail(image, curve.kind, level)}" '
        f'style="border-color:{charts.colour_of(colours.get(int(winner), charts.GREY))}"></div>'
        for level, winner in zip(curve.levels, curve.winners, strict=True)
    )
    chart = charts.draw_chart(
        [_find_safe_band(curve), *_to_lines(probabilities, colours, labels)],
        title=f"Probability by {corruption.title.lower()}",
        x=charts.slots(
            [_write(level) for level in curve.levels],
            f"{corruption.title.lower()}, {corruption.unit}",
        ),
        y=charts.Axis("probability", low=0, high=1, text=charts.percent),
        under=pictures,
    )
    return draw_page(
        STYLE,
        f'<p class="big">{_tell_range(curve, probabilities, labels)}.'
        f"{_tell_temperature(temperature)}</p>{chart}",
        '<p class="soft">The bar under a picture has the colour of the class that wins there.</p>',
    )


def _tell_range(curve: Curve, probabilities: np.ndarray, labels: tuple[str, ...]) -> str:
    """How far the clean picture's first class stays first."""
    share = percent(float(probabilities[curve.clean].max()))
    name = f"“{escape(labels[curve.winners[curve.clean]])}” ({share})"
    low, high = curve.safe_range
    if (low, high) == (curve.levels[0], curve.levels[-1]):
        return f"{name} stays in first place throughout"
    if low == high:
        return f"{name} loses the first place at the first step"
    return f"{name} keeps the first place from {_write(low)} to {_write(high)}"


def _write(level: float) -> str:
    return f"{level:g}".replace("-", "−")


def _tell_temperature(temperature: float) -> str:
    """That the lines are not those of the network itself, where they are not."""
    if temperature == 1:
        return ""
    bends = "flattens every line" if temperature > 1 else "steepens every line"
    return f" Temperature T = {temperature:g} {bends}; which class is first stays the same."


def _find_safe_band(curve: Curve) -> charts.Band:
    """The levels at which the first place does not change."""
    low, high = curve.safe_range
    safe = [i for i, level in enumerate(curve.levels) if low <= level <= high]
    return charts.Band(safe[0] - 0.5, safe[-1] + 0.5, colour=COLOURS[0])


def _to_lines(
    probabilities: np.ndarray, colours: dict[int, int], labels: tuple[str, ...]
) -> list[charts.Line]:
    """A line a class with a dot a level."""
    places = range(len(probabilities))
    return [
        charts.Line(labels[c], places, probabilities[:, c], colour=colour, dots=True)
        for c, colour in colours.items()
    ]


def _thumbnail(image: np.ndarray, kind: str, level: float) -> str:
    """A small view of what the network was given at a level; ``image`` is at working size."""
    side = min(image.shape[:2])
    spoiled = images.centre_crop(corrupt(image, kind, float(level)), side)
    return images.to_data_uri(images.resize(spoiled, (THUMBNAIL, THUMBNAIL)))

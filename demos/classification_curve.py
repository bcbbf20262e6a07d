"""The answer's curve as a picture is spoiled more and more, drawn as SVG above the pictures."""

from html import escape

import numpy as np

from cvcore import images
from cvcore.classification import softmax
from cvcore.corruptions import CORRUPTIONS, Curve, corrupt
from demos.classification_views import draw_page, percent

COLOURS = ("#d9762b", "#3f8fcc", "#2f9e6e", "#b04fa8", "#b8902a")  # told apart by the colour-blind
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 760, 270, 52, 30, 10
THUMBNAIL = 72

STYLE = f"""<style>
.cls svg {{ width: 100%; height: auto; }}
.cls svg text {{ fill: var(--body-text-color); font-size: 15px; }}
.cls svg .grid {{ stroke: var(--border-color-primary); }}
.cls .strip {{ display: flex; margin-left: {100 * LEFT / WIDTH:.2f}%; }}
.cls .strip div {{ flex: 1; padding: 0 1px; }}
.cls .strip img {{ width: 100%; display: block; border-bottom: .35rem solid; }}
.cls .legend {{ display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; font-size: 1.15rem; }}
.cls .legend i {{ display: inline-block; width: 1.6rem; height: .4rem; border-radius: .2rem;
  margin-right: .4rem; vertical-align: middle; }}
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
    classes = choose_classes(curve)
    colours = dict(zip(classes, COLOURS, strict=False))
    first = labels[curve.winners[curve.clean]]
    low, high = curve.safe_range
    step = (WIDTH - LEFT) / len(curve.levels)
    x = [LEFT + step * (i + 0.5) for i in range(len(curve.levels))]

    def y(p: float) -> float:
        return TOP + (1 - p) * (HEIGHT - TOP - BOTTOM)

    safe = [i for i, level in enumerate(curve.levels) if low <= level <= high]
    parts = [
        f'<rect x="{x[safe[0]] - step / 2:.1f}" y="{TOP}" width="{step * len(safe):.1f}" '
        f'height="{HEIGHT - TOP - BOTTOM}" fill="{COLOURS[0]}" opacity=".13"/>'
    ]
    for p in (0, 0.25, 0.5, 0.75, 1):
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y(p):.1f}" y2="{y(p):.1f}"/>'
            f'<text x="{LEFT - 8}" y="{y(p) + 5:.1f}" text-anchor="end">{p:.0%}</text>'
        )
    for i, level in enumerate(curve.levels):
        text = f"{level:g}".replace("-", "−")
        parts.append(f'<text x="{x[i]:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{text}</text>')
    for class_idx in reversed(classes):
        points = [(x[i], y(p)) for i, p in enumerate(probabilities[:, class_idx])]
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        dots = "".join(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4.5"/>' for px, py in points)
        parts.append(
            f'<g fill="{colours[class_idx]}"><polyline points="{line}" fill="none" '
            f'stroke="{colours[class_idx]}" stroke-width="4"/>{dots}</g>'
        )
    legend = "".join(
        f'<span><i style="background:{colours[c]}"></i>{escape(labels[c])}</span>' for c in classes
    )
    strip = "".join(
        f'<div><img alt="" title="{escape(labels[winner])}" '
        f'src="{_thumbnail(image, curve.kind, level)}" '
        f'style="border-color:{colours.get(int(winner), "#888")}"></div>'
        for level, winner in zip(curve.levels, curve.winners, strict=True)
    )
    kept = percent(float(probabilities[curve.clean].max()))
    name = f"“{escape(first)}” ({kept})"
    if len(safe) == len(curve.levels):
        story = f"{name} stays in first place throughout"
    elif low == high:
        story = f"{name} loses the first place at the first step"
    else:
        story = f"{name} keeps the first place from {low:g} to {high:g}".replace("-", "−")
    return draw_page(
        STYLE,
        f'<p class="big">{story}.</p><div class="legend">{legend}</div>',
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="probability by '
        f'{escape(corruption.title.lower())}">{"".join(parts)}</svg>',
        f'<div class="strip">{strip}</div>',
        f'<p class="soft">{escape(corruption.title)}: {escape(corruption.unit)}. '
        "The bar under a picture has the colour of the class that wins there.</p>",
    )


def _thumbnail(image: np.ndarray, kind: str, level: float) -> str:
    """A small view of what the network was given at a level; ``image`` is at working size."""
    side = min(image.shape[:2])
    spoiled = images.centre_crop(corrupt(image, kind, float(level)), side)
    return images.to_data_uri(images.resize(spoiled, (THUMBNAIL, THUMBNAIL)))

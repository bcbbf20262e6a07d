"""How two networks at play are drawn: numbers for the arena's script, and charts."""

import base64
from typing import Any

import numpy as np

from cvcore.latent_space.adversarial.points import MAX_OWN, VIEW
from demos import lesson
from demos.latent_space.views import number
from demos.lesson import charts

MANY = 1000  # places of the plane along a side, as the script counts them
SIZE = (350, 146)  # pixels of a chart
POINTS = 90  # of a curve
ARROWS = 128
SHEET_ENDS = 2 * VIEW  # beyond, it is not drawn
REACH = 0.35  # of an arrow, for a push of 1, in the plane's units ...
LONGEST = 0.9  # ... and at most
LOGITS = 5.0  # the generator's losses are drawn from -LOGITS to LOGITS
TANGENT = 1.3  # logits to each side
TITLES = {"minimax": "minimax", "non_saturating": "non-saturating", "hinge": "hinge"}
COLOURS = {"minimax": charts.GREEN, "non_saturating": charts.PURPLE, "hinge": charts.GREY}
TICKS = (0.01, 0.1, 0.5, 0.9, 0.99)  # of D(G(z))
COLUMNS, SIDE = 8, 14  # of the digits' grid; pixels


def to_places(points: np.ndarray) -> list[int]:
    """Points (N, 2) as x, y, x, y ..., 0 to 1000 from the upper left."""
    flipped = np.asarray(points, np.float64) * (1, -1)
    return _round((flipped + VIEW) / (2 * VIEW) * MANY)


def _round(numbers: np.ndarray) -> list[int]:
    """Whole numbers, one after the other; 0 for what a game that diverged has made no numbers."""
    return np.rint(np.nan_to_num(numbers, posinf=0, neginf=0)).astype(int).ravel().tolist()


def from_places(places: Any) -> np.ndarray:
    """What ``to_places`` gave, as points float64 (N, 2); empty for what is none."""
    try:
        pairs = np.asarray(places, np.float64).reshape(-1, 2)
    except (TypeError, ValueError, OverflowError):
        return np.empty((0, 2))
    if not np.isfinite(pairs).all():
        return np.empty((0, 2))
    return (pairs[:MAX_OWN] / MANY * 2 * VIEW - VIEW) * (1, -1)


def to_arrows(pushes: np.ndarray) -> list[int]:
    """Pushes (N, 2) as arrows dx, dy ... in places: as long as the push, up to a limit."""
    lengths = np.linalg.norm(pushes, axis=1, keepdims=True)
    drawn = np.minimum(REACH * lengths, LONGEST) / np.maximum(lengths, 1e-12)
    scaled = pushes * drawn * (1, -1) * MANY / (2 * VIEW)
    return _round(scaled)


def pack(numbers: np.ndarray) -> str:
    """Bytes as text, for the script."""
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()


def to_bytes(shares: np.ndarray) -> np.ndarray:
    """Shares in [0, 1] as uint8."""
    return np.rint(np.clip(np.nan_to_num(shares), 0, 1) * 255).astype(np.uint8)


def draw_game(p: Any, *, is_going: bool, own: bool = False) -> dict[str, Any]:
    """A state for the arena's script."""
    value: dict[str, Any] = {
        "kind": p.settings.data, "words": draw_words(p, is_going), "told": tell(p),
        "html": draw_charts(p), "draws": own, "step": p.step, "total": p.total,
    }  # fmt: skip
    if p.d_field is None:
        return value | {"pictures": draw_pictures(p)}
    return value | {
        "field": pack(to_bytes(p.d_field)), "real": [] if own else to_places(p.real),
        "samples": to_places(np.clip(p.samples, -VIEW, VIEW)),
        "sheet": to_places(np.clip(p.sheet.reshape(-1, 2), -SHEET_ENDS, SHEET_ENDS)),
        "pushes": to_arrows(p.pushes[:ARROWS]),
    }  # fmt: skip


def draw_pictures(p: Any) -> dict[str, Any]:
    """Real and generated digits with D's answers in percent, and how the first ones are pushed."""
    first = p.pushes[:COLUMNS]
    most = np.abs(first).max(axis=1, keepdims=True)
    scaled = np.rint(np.nan_to_num(127 * first / np.maximum(most, 1e-12))).astype(np.int8)
    return {
        "side": SIDE, "columns": COLUMNS,
        "real": pack(to_bytes(p.real)), "samples": pack(to_bytes(p.samples)),
        "pushes": pack(scaled),
        "real_answers": _round(100 * p.real_opinions),
        "answers": _round(100 * p.opinions),
    }  # fmt: skip


def draw_words(p: Any, is_going: bool) -> str:
    """How it stands."""
    step = f"step <b>{p.step:,}</b> of {p.total:,}"
    if p.diverged:
        step = f"<b>diverged</b> at step {p.step:,}: a learning rate is too large"
    elif not is_going and 0 < p.step < p.total:
        step = f"at rest after step <b>{p.step:,}</b>"
    elif is_going:
        step = lesson.under_way(step, f"stopped at step {p.step:,}")
    said = [step, *describe_quality(p.quality)]
    if np.isfinite(p.push):
        said.append(f"push on G <b>{number(p.push)}</b>")
    return f"<p>{' · '.join(said)}</p>"


def describe_quality(quality: Any) -> list[str]:
    """The field's measure in words; pictures have none here."""
    if quality is None:
        return []
    good = f"<b>{charts.percent(round(quality.good, 2))}</b> good"
    if quality.modes is not None:
        return [f"<b>{quality.modes}</b> of {quality.of} modes", good]
    return [f"<b>{charts.percent(round(quality.covered, 2))}</b> covered", good]


def tell(p: Any) -> str:
    """The picture in words, for screen readers."""
    made = float(p.opinions.mean())
    real = float(p.real_opinions.mean())
    said = f"Step {p.step}: D answers {real:.2f} to real examples, {made:.2f} to generated ones"
    if p.quality is None:
        return f"{said}. A row of real digits, generated ones below."
    if p.quality.modes is None:
        return f"{said}; {p.quality.good:.0%} of the generated points lie near a real one."
    return f"{said}; {p.quality.modes} of {p.quality.of} modes are covered."


def draw_charts(p: Any) -> str:
    """D's answers, both losses, and the generator's losses with their slopes."""
    steps = np.arange(1, p.step + 1)
    chosen = np.unique(np.linspace(0, max(p.step - 1, 0), POINTS).astype(int))[: p.step]
    x = charts.Axis("step", 0, max(p.total, 1), is_whole=True)

    def line(name: str, values: np.ndarray, colour: int, digits: int = 2) -> charts.Line:
        last = values[-1] if len(values) else np.nan
        note = number(last, digits) if np.isfinite(last) else ""
        return charts.Line(name, steps[chosen], values[chosen], colour, note=note)

    answers = charts.draw_chart(
        [line("D(x)", p.d_real, charts.BLUE), line("D(G(z))", p.d_made, charts.VERMILION)],
        title="D’s answers", x=x, y=charts.Axis("mean answer", 0, 1), size=SIZE, legend=True,
    )  # fmt: skip
    losses = charts.draw_chart(
        [line("of D", p.loss_d, charts.BLUE), line("of G", p.loss_g, charts.VERMILION)],
        title="Losses", x=x, y="loss", size=SIZE, legend=True,
    )  # fmt: skip
    return answers + losses + draw_losses(float(p.opinions.mean()), p.settings.loss)


def to_loss(kind: str, logit: np.ndarray) -> np.ndarray:
    """The generator's loss of D's logits (N,)."""
    if kind == "hinge":
        return -logit
    return -np.logaddexp(0, logit) if kind == "minimax" else np.logaddexp(0, -logit)


def to_slope(kind: str, answer: float) -> float:
    """Of the generator's loss along D's logit, where D answers so."""
    return {"minimax": -answer, "non_saturating": answer - 1, "hinge": -1.0}[kind]


def draw_losses(answer: float, chosen: str) -> str:
    """The generator's losses over D(G(z)), with their slopes where it stands.

    The axis is spaced by D's logit: its slope there is what goes on to the generator.
    """
    is_known = np.isfinite(answer)
    answer = answer if is_known else 0.5
    # Beyond the axis it is marked at its end; the slopes told are those of the answer itself.
    drawn = min(max(answer, 1 / (1 + np.exp(LOGITS))), 1 / (1 + np.exp(-LOGITS)))
    at = float(np.log(drawn / (1 - drawn)))
    logits = np.linspace(-LOGITS, LOGITS, 41)
    parts: list = []
    for kind, title in TITLES.items():
        slope, colour = to_slope(kind, drawn), COLOURS[kind]
        note = number(to_slope(kind, answer)) if is_known else ""
        here = float(to_loss(kind, np.array([at]))[0])
        ends = np.clip([at - TANGENT, at + TANGENT], -LOGITS, LOGITS)
        parts.append(charts.Line(title, logits, to_loss(kind, logits), colour, note=note))
        if not is_known:
            continue
        tangent = here + slope * (ends - at)
        parts.append(
            charts.Line(f"slope of {title}", ends, tangent, colour, dash=0, is_listed=False)
        )
        if kind == chosen:
            parts.append(charts.Points("", [at], [here], colour, size=6))
    x = charts.Axis(
        "D(G(z)), spaced by D’s logit", -LOGITS, LOGITS,
        ticks=[(float(np.log(p / (1 - p))), f"{p:g}") for p in TICKS],
        text=lambda logit: f"D(G(z)) {1 / (1 + np.exp(-logit)):.2f}",
    )  # fmt: skip
    return charts.draw_chart(
        parts, title="G’s losses and slopes", x=x, y=charts.Axis("loss of G", -LOGITS, LOGITS),
        size=SIZE, legend=True,
    )  # fmt: skip

"""The view "Train": losses and accuracies with the rate and the gradients under them."""

from dataclasses import replace
from html import escape
from typing import Any

import numpy as np

from cvcore.training_lab.progress import Progress
from demos import lesson
from demos.lesson import charts
from demos.training_lab.session import Kept, Session

TOP, LOW = (450, 262), (450, 176)  # pixels of a chart in the upper row, and in the lower one
POINTS, FEW = 110, 50  # of a curve; of each where there are many
CROWD = 3  # curves from which on each has fewer points
SOLID, DOTTED = 0, 2  # dashes: validation, training
HIGHEST = 1.6  # times the loss at the start: what is higher stands at the edge
NOTHING = {"html": ""}
START = '<p class="lab-hint">Press <b>Start</b>.</p>'


def draw_train(session: Session) -> dict[str, Any]:
    """The status, four charts, and what to look for."""
    if session.current is None or not session.current.members:
        return {"html": f'<div class="lab">{START}</div>', "step": 0, "runs": len(session.kept)}
    one = session.current
    shown = list_shown(session)
    drawn = "".join(
        [
            draw_loss(shown, one), draw_accuracy(shown),
            draw_rates(shown), draw_gradients(one.last),
        ]
    )  # fmt: skip
    html = (
        f'<div class="lab">{draw_status(session, one)}'
        f'<div class="lab-charts">{drawn}</div>{draw_words(session, shown)}</div>'
    )
    return {"html": html, "step": one.last.step, "name": one.name, "runs": len(session.kept)}


def list_shown(session: Session) -> list[Kept]:
    """The runs in the curves, in their order; the one that is looked at is among them."""
    return [one for one in session.kept if one.is_shown or one is session.current]


# --- one curve -----------------------------------------------------------------------------------
def to_epochs(p: Progress, steps: Any) -> np.ndarray:
    return np.asarray(steps, np.float64) * p.settings.epochs / p.total


def thin(values: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Places and means of at most so many stretches of a curve of steps."""
    if len(values) <= most:
        return np.arange(len(values), dtype=float), values
    parts = np.array_split(np.arange(len(values)), most)
    means = np.array([values[part].mean() for part in parts])
    return np.array([part.mean() for part in parts]), means


def pick_validated(p: Progress, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Epochs and values of what was measured on all pictures held back, and the newest since."""
    counts = p.validation_pictures
    if not len(counts):
        return np.zeros(0), np.zeros(0)
    full = counts == counts.max()
    last = int(np.flatnonzero(full)[-1])
    chosen = full | (np.arange(len(counts)) > last)
    return to_epochs(p, p.validation_steps[chosen]), values[chosen]


def find_accuracy(p: Progress) -> float:
    """Share right of all pictures held back, when they were last asked."""
    full = np.flatnonzero(p.validation_pictures == p.validation_pictures.max(initial=0))
    return float(p.validation_accuracy[full[-1]]) if len(full) else 0.0


def draw_curves(
    shown: list[Kept], training: str, validation: str, most: int
) -> list[charts.Line]:  # fmt: skip
    """Of one run training and validation in two colours; of several each in its own, the training
    dotted."""
    lines = []
    if len(shown) == 1 and len(shown[0].members) == 1:
        p = shown[0].last
        at, values = thin(getattr(p, training), most)
        lines.append(charts.Line("training", to_epochs(p, at), values, charts.BLUE, dash=DOTTED))
        x, y = pick_validated(p, getattr(p, validation))
        lines.append(charts.Line("validation", x, y, charts.VERMILION, dash=SOLID))
        return lines[::-1]
    for one in shown:
        for number, p in enumerate(one.members):
            x, y = pick_validated(p, getattr(p, validation))
            lines.append(charts.Line(one.name, x, y, one.colour, dash=SOLID, is_listed=number == 0))
            at, values = thin(getattr(p, training), most)
            name = f"{one.name}, training"
            lines.append(
                charts.Line(
                    name, to_epochs(p, at), values, one.colour, dash=DOTTED, is_listed=False
                )
            )
    return lines


def count_points(shown: list[Kept]) -> int:
    return FEW if sum(len(one.members) for one in shown) >= CROWD else POINTS


def draw_marks(one: Kept) -> list[charts.Mark]:
    """What the callbacks did: the newest marks, so that their words have room."""
    p = one.last
    return [
        charts.Mark(float(to_epochs(p, mark.step)), mark.text, row=row % 4)
        for row, mark in enumerate(p.marks[-6:])
    ]


def _to_axis(shown: list[Kept]) -> charts.Axis:
    ends = [
        one.last.settings.epochs if one.is_training or not one.last.step
        else float(to_epochs(one.last, one.last.step))
        for one in shown
    ]  # fmt: skip
    return charts.Axis("epoch", low=0, high=max(ends))


def draw_loss(shown: list[Kept], one: Kept) -> str:
    lines = draw_curves(shown, "training_loss", "validation_loss", count_points(shown))
    high = choose_highest([p for kept in shown for p in kept.members], lines)
    return charts.draw_chart(
        [*lines, *draw_marks(one)], title="Loss", x=_to_axis(shown),
        y=charts.Axis("loss", low=0, high=high), size=TOP, legend=True,
    )  # fmt: skip


def choose_highest(runs: list[Progress], lines: list[charts.Line]) -> float | None:
    """Where the axis of losses ends, so that one which is thrown about leaves room for the others;
    None, with all of them, where there are no others."""
    runs = [p for p in runs if len(p.validation_loss)]
    if not runs:
        return None
    high = HIGHEST * max(float(p.validation_loss[0]) for p in runs)
    known = np.concatenate([np.asarray(line.y) for line in lines])
    is_over = bool((known[np.isfinite(known)] > high).any())
    is_needed = any(p.validation_loss[-1] < high for p in runs)
    return high if is_over and is_needed else None


def draw_accuracy(shown: list[Kept]) -> str:
    lines = draw_curves(
        shown, "training_accuracy", "validation_accuracy", count_points(shown)
    )  # fmt: skip
    if len(shown) == 1 and len(lines) == 2:
        now = [find_accuracy(shown[0].last), *lines[1].y[-1:]]
        lines = [
            replace(line, note=charts.percent(round(float(share), 3)))
            for line, share in zip(lines, now, strict=False)
        ] + lines[len(now) :]
    return charts.draw_chart(
        lines, title="Accuracy", x=_to_axis(shown),
        y=charts.Axis("share right", low=0, high=1, text=charts.percent), size=TOP,
        legend=len(shown) == 1,
    )  # fmt: skip


def draw_rates(shown: list[Kept]) -> str:
    """The rate of each step, on a log axis."""
    lines = []
    for kept in shown:
        p = kept.last
        at = np.unique(np.linspace(0, max(len(p.rates) - 1, 0), 80).astype(int))
        values = p.rates[at] if len(p.rates) else np.zeros(0)
        places = to_epochs(p, at[: len(values)])
        colour = kept.colour if len(shown) > 1 else charts.GREEN
        lines.append(charts.Line(kept.name, places, values, colour, dash=SOLID))
    return charts.draw_chart(
        lines, title="Learning rate", x=_to_axis(shown), y=_to_decades(lines), size=LOW,
        legend=False,
    )  # fmt: skip


def _to_decades(lines: list[charts.Line]) -> charts.Axis:
    """A log axis with room on both sides of what may be one value."""
    values = np.concatenate([np.asarray(line.y, np.float64) for line in lines] or [np.zeros(0)])
    values = values[values > 0]
    if not len(values):
        return charts.Axis("rate", is_log=True)
    low, high = np.log10([values.min(), values.max()])
    return charts.Axis(
        "rate", is_log=True,
        low=float(10 ** (np.floor(low - 0.3))), high=float(10 ** np.ceil(high + 0.3)),
    )  # fmt: skip


def draw_gradients(p: Progress, size: tuple[int, int] = LOW) -> str:
    """The gradient's norm of each layer; of many layers the first, the middle and the last."""
    count = len(p.layers)
    chosen = range(count) if count <= 4 else (0, count // 2, count - 1)
    x = to_epochs(p, p.gradient_steps)
    lines = []
    for place, layer in enumerate(chosen):
        at, values = thin(p.gradient_norms[:, layer], POINTS)
        places = np.interp(at, np.arange(len(x)), x) if len(x) else at
        lines.append(charts.Line(p.layers[layer], places, values, place, dash=place))
    return charts.draw_chart(
        lines, title="Gradient norm", x=charts.Axis("epoch", low=0),
        y=charts.Axis("norm", is_log=True), size=size,
    )  # fmt: skip


def say_spread(shares: list[float]) -> str:
    """Their mean in percent, of several with the standard deviation."""
    if not shares:
        return "–"
    mean = charts.percent(round(float(np.mean(shares)), 3))
    return f"{mean} ± {100 * np.std(shares):.1f}" if len(shares) > 1 else mean


# --- words ---------------------------------------------------------------------------------------
def draw_status(session: Session, one: Kept) -> str:
    """Which run, how far it is, and how good."""
    p = one.last
    where = f"epoch {min(p.epoch + 1, p.settings.epochs)} of {p.settings.epochs}"
    members = [p] if one.is_training else one.members
    accuracy = say_spread([find_accuracy(member) for member in members])
    tests = [member.test.accuracy for member in members if member.test]
    seconds = f"{one.seconds:.1f} s"
    css = "lab-status"
    if p.diverged:
        css += " diverged"
        where = f"<b>diverged</b> at step {p.step} of {p.total}"
    elif not one.is_training:
        where = f"done in {seconds}" if p.step >= p.total or not p.stopped else (
            f"stopped at step {p.step} of {p.total}")  # fmt: skip
    else:
        where = lesson.under_way(f"{where}, {seconds}", "stopped")
    test = "" if one.is_training or not tests else f" · test <b>{say_spread(tests)}</b>"
    more = len(session.plan) - (1 if one.is_training else 0)
    after = f" · {more} more to come" if more > 0 else ""
    return (
        f'<div class="{css}"><progress max="{p.total}" value="{p.step}" '
        f'aria-label="Steps taken"></progress><p role="status"><b>{escape(one.name)}</b> · {where} '
        f"· validation <b>{accuracy}</b>{test}{after}</p></div>"
    )


def is_worse(p: Progress) -> bool:
    """Whether the loss has grown far above that of guessing."""
    return len(p.validation_loss) > 1 and p.validation_loss[-1] > HIGHEST * p.validation_loss[0]


def draw_words(session: Session, shown: list[Kept]) -> str:
    """What to look for; what a run that diverged teaches; how several runs are drawn."""
    p = session.current.last if session.current else None
    key = (
        '<span class="soft">Solid: validation. Dotted: training.</span>'
        if sum(len(one.members) for one in shown) > 1 else ""
    )  # fmt: skip
    if p is not None and p.diverged:
        words = (
            f"<b>It has diverged.</b> At rate {p.settings.rate:g} each step overshoots, so that "
            "the next gradient is larger still, until the numbers are too large for the machine. "
            "The run ended there: take a smaller rate, and press Start."
        )
    elif p is not None and is_worse(p):
        words = (
            f"<b>Thrown about.</b> The loss is {charts.short(round(p.validation_loss[-1], 1))}; "
            f"guessing, at the start, had {p.validation_loss[0]:.1f}. At rate {p.settings.rate:g} "
            "each step overshoots: take a smaller rate, and press Start."
        )
        words += f" <b>Look for:</b> {escape(session.look_for)}" if session.look_for else ""
    elif session.look_for:
        words = f"<b>Look for:</b> {escape(session.look_for)}"
        words += " The view <b>Gradients</b> shows it." if "gradient" in session.shows else ""
    else:
        words = (
            "<b>Look for:</b> where the two losses part. Turn the rate or the dropout while it "
            "runs."
        )
    return f'<p class="lab-words">{words} {key}</p>'

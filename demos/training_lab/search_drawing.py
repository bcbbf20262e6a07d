"""How a search looks: every trial a line across upright axes; who found what; what decides."""

import math
from html import escape
from typing import Any

import cvcore
from demos import lesson
from demos.lesson import charts

NAMES = {"grid": "grid", "random": "random", "tpe": "TPE"}
COLOURS = {"grid": charts.BLUE, "random": charts.VERMILION, "tpe": charts.GREEN}
OPTIMISERS = {
    "sgd": "SGD", "momentum": "momentum", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW",
}  # fmt: skip
SIZE, SMALL = (500, 160), (320, 165)  # pixels
SPREAD = 0.05  # of an axis: by so much lines of one choice stand apart


# Nine places, of which each has a column and a row of its own, and the middles of a grid's squares.
SCATTERED = ((0, 5), (1, 2), (2, 7), (3, 0), (4, 4), (5, 8), (6, 3), (7, 6), (8, 1))
GRID = tuple((3 * i + 1, 3 * j + 1) for i in range(3) for j in range(3))
TOP = 2.9  # of those places, where the rate is best


def draw_why(words: str) -> str:
    """What is shown before the first search: a grid tries few values of what matters (Bergstra and
    Bengio, 2012, figure 1), and ``words``, as HTML."""
    both = _draw_places(GRID, charts.BLUE, "<b>Grid</b>: nine trainings, three rates.")
    both += _draw_places(
        SCATTERED, charts.VERMILION, "<b>At random</b>: nine trainings, nine rates."
    )
    return f'<div class="lab lab-why"><div class="both">{both}</div><div>{words}</div></div>'


def _draw_places(places: Any, colour: int, words: str) -> str:
    """Trainings in a square of two settings, over it how well they do: by one of the two alone."""
    hill = [(30 + 2.2 * i, 78 - 64 * _rise(i * 0.09 - 0.5)) for i in range(101)]
    way = "L".join(f"{x:.1f} {y:.1f}" for x, y in hill)
    drawn = [f'<path class="hill" d="M30 78L{way}L250 78z"/>']
    for column, row in places:
        x, y = 30 + 220 * (column + 0.5) / 9, 90 + 190 * (row + 0.5) / 9
        drawn.append(f'<path class="drop" d="M{x:.1f} {y:.1f}V{78 - 64 * _rise(column):.1f}"/>')
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6"/>')
    return (
        f'<figure class="c{colour}"><svg viewBox="0 0 260 305" role="img" '
        f'aria-label="Nine trainings in a square of two settings">'
        f'<rect class="square" x="30" y="90" width="220" height="190"/>{"".join(drawn)}'
        '<text x="140" y="300">rate, which decides</text>'
        '<text transform="translate(20 185) rotate(-90)">dropout, which does not</text></svg>'
        f"<figcaption>{words}</figcaption></figure>"
    )


def _rise(column: float) -> float:
    return 0.08 + 0.92 * math.exp(-((column - TOP) ** 2) / 1.2)


def draw_search(p: Any, *, is_going: bool) -> str:
    """The state, the trials as lines, two charts, and what they say; as HTML."""
    return (
        f'<div class="lab lab-search">{draw_state(p, is_going)}'
        f"{draw_trials(p, is_going)}"
        f'<div class="below">{draw_best(p)}{draw_importances(p)}</div>'
        f'<p class="lab-words">{say(p, is_going)}</p></div>'
    )


def draw_state(p: Any, is_going: bool) -> str:
    """How many trials are done, what is tried, and the best so far."""
    done, part, words = len(p.trials), 0.0, f"<b>trial {len(p.trials)} of {p.total}</b>"
    if is_going and p.running:
        sampler, _, now = p.running
        part = now.step / max(now.total, 1)
        now_words = f"{NAMES[sampler]}, epoch {min(now.epoch + 1, now.settings.epochs)}"
        words = f"<b>trial {done + 1} of {p.total}</b> · {now_words} of {now.settings.epochs}"
    if is_going:
        state = lesson.under_way(words, f"stopped after {done} of {p.total} trials")
    elif done < p.total:
        state = f"stopped after {done} of {p.total} trials"
    else:
        state = f"{done} trials in {sum(one.seconds for one in p.trials):.0f} s"
    if p.best:
        best = p.best
        state += (
            f" · best <b>{_percent(best.value)}</b>, found by {NAMES[best.sampler]}: "
            f"{say_settings(p, best.settings)}"
        )
    return (
        f'<div class="lab-status"><progress max="{p.total}" value="{done + part:.2f}" '
        f'aria-label="Trials done"></progress><p role="status">{state}</p></div>'
    )


def _percent(share: float) -> str:
    return charts.percent(round(share, 3))


def say_settings(p: Any, settings: Any) -> str:
    """What was searched, in words: "rate 0.012, Adam, width 2, dropout 0.1"."""
    words = {
        "rate": f"rate {settings.rate:.2g}", "optimiser": OPTIMISERS[settings.optimiser],
        "width": f"width {settings.width:g}", "dropout": f"dropout {settings.dropout:.2g}",
        "batch_size": f"batch {settings.batch_size}",
    }  # fmt: skip
    return ", ".join(words[name] for name in p.space.searched)


# --- every trial a line --------------------------------------------------------------------------
def draw_trials(p: Any, is_going: bool) -> str:
    """Parallel coordinates (Inselberg, 1985): lines in an SVG as large as its place, with words
    in HTML on it, which so have one size everywhere."""
    plot = cvcore.training_lab.to_parallel_coordinates(p.trials, p.space)
    last = len(plot.axes) - 1
    order = sorted(range(len(p.trials)), key=lambda i: (not plot.pruned[i], plot.values[i]))
    drawn, crosses = [], []
    for i in order:
        trial, heights = p.trials[i], _set_apart(p, plot.lines[i].tolist(), i)
        kind = "best" if trial is p.best else "pruned" if trial.pruned else ""
        drawn.append(_draw_line(p, trial, heights, kind))
        if trial.pruned:
            place = f"left:100%;bottom:{100 * heights[-1]:.1f}%"
            crosses.append(f'<i class="c{COLOURS[trial.sampler]}" style="{place}">×</i>')
    if is_going and p.running and not p.running[2].done:
        drawn.append(_draw_running(p))
    axes = "".join(f'<path class="axis" d="M{100 * i / last:.2f} 0V100"/>' for i in range(last + 1))
    words = "".join(
        _write_axis(name, ticks, i, last)
        for i, (name, ticks) in enumerate(zip(plot.axes, plot.ticks, strict=True))
    )
    about = f"{len(p.trials)} trials as lines across {', '.join(plot.axes)}"
    return (
        f'<figure class="trials">{_draw_key(p)}<div class="plot"><svg viewBox="0 0 100 100" '
        f'preserveAspectRatio="none" role="img" aria-label="{escape(about)}">'
        f"{axes}{''.join(drawn)}</svg>{words}{''.join(crosses)}</div></figure>"
    )


def _set_apart(p: Any, heights: list[float], number: int) -> list[float]:
    """Where lines of one choice would lie on one another, each goes its own way."""
    own = SPREAD * ((number * 0.618) % 1 - 0.5)
    for axis, name in enumerate(p.space.searched):
        if name in p.space.choices:
            heights[axis] += own
    return heights


def _to_path(heights: list[float], axes: int) -> str:
    points = [f"{100 * i / (axes - 1):.2f} {100 - 100 * y:.2f}" for i, y in enumerate(heights)]
    return f"M{'L'.join(points)}"


def _draw_line(p: Any, trial: Any, heights: list[float], kind: str) -> str:
    """One trial; a wide line that is not seen finds the pointer."""
    path = _to_path(heights, len(heights))
    epochs = len(trial.accuracies)
    end = f"{_percent(trial.value)} after {epochs} epoch{'s' * (epochs != 1)}"
    if trial.pruned:
        end += ", ended early: below the median of the trials before it"
    if trial.diverged:
        end += ", diverged"
    title = f"{NAMES[trial.sampler]}, trial {trial.number + 1}: " \
        f"{say_settings(p, trial.settings)}: {end}"  # fmt: skip
    return (
        f'<g class="trial {kind} c{COLOURS[trial.sampler]}"><title>{escape(title)}</title>'
        f'<path class="finds" d="{path}"/><path d="{path}"/></g>'
    )


def _draw_running(p: Any) -> str:
    """The settings that are tried now: as far as the axis of what they give."""
    _, settings, _ = p.running
    trial = cvcore.training_lab.Trial("", len(p.trials), settings, (), False, False, 0, 0, 0.0)
    heights = cvcore.training_lab.to_parallel_coordinates([trial], p.space).lines[0].tolist()
    heights = _set_apart(p, heights, len(p.trials))
    return f'<g class="trial now"><path d="{_to_path(heights[:-1], len(heights))}"/></g>'


def _write_axis(name: str, ticks: Any, number: int, last: int) -> str:
    """An axis' name above it, and what its heights mean beside it."""
    side = "first" if not number else "last" if number == last else ""
    left = f"left:{100 * number / last:.2f}%"
    marks = "".join(
        f'<span class="tick {side}" style="{left};bottom:{100 * at:.1f}%">'
        f"{escape(OPTIMISERS.get(text, text)).replace('momentum', 'momen&shy;tum')}</span>"
        for at, text in ticks
    )
    return f'<b class="{side}" style="{left}">{escape(name)}</b>{marks}'


def _draw_key(p: Any) -> str:
    """Which colour is whose, and what dashes and thickness mean."""
    keys = [(f"c{COLOURS[name]}", NAMES[name]) for name in p.samplers]
    keys += [("pruned", "ended early ×"), ("best", "the best")]
    return "<figcaption>" + "".join(
        f'<span><svg class="trial {css}" viewBox="0 0 26 10" aria-hidden="true">'
        f'<path d="M0 5H26"/></svg>{words}</span>'
        for css, words in keys
    ) + "</figcaption>"  # fmt: skip


# --- who found what, and what decides ------------------------------------------------------------
def draw_best(p: Any) -> str:
    """The best accuracy so far against the trials that it took."""
    lines = []
    for name in p.samplers:
        best = p.best_so_far(name)
        note = _percent(float(best[-1])) if len(best) else ""
        at = range(1, len(best) + 1)
        # dashed on a solid one: where they are equal both are seen
        dash = int(name == "random")
        lines.append(charts.Line(NAMES[name], at, best, COLOURS[name], dash=dash, note=note))
    least = min((line.y[0] for line in lines if len(line.y)), default=0.0)
    lines.sort(key=lambda line: line.dash == 0)
    return charts.draw_chart(
        lines, title="Best so far", size=SIZE, legend=True,
        x=charts.Axis("trials of each", low=1, high=p.budget, is_whole=True),
        y=charts.Axis("share right", text=charts.percent, low=math.floor(10 * least) / 10, high=1),
    )  # fmt: skip


def draw_importances(p: Any) -> str:
    """A bar for each setting: how much of the accuracies' spread it explains."""
    names = p.space.searched
    sizes = [p.importances.get(name, float("nan")) for name in names]
    bars = charts.Bars(
        "decides", range(len(names)), sizes, charts.PURPLE, is_horizontal=True,
        texts=[charts.percent(round(one, 2)) if p.importances else "" for one in sizes],
    )  # fmt: skip
    title = "What decides" if p.importances else "What decides: after 12 trials"
    return charts.draw_chart(
        [bars], title=title, size=SMALL, legend=False,
        x=charts.Axis("share", low=0, high=1.2, ticks=((0, "0"), (0.5, "50 %"), (1, "100 %")),
                      text=charts.percent),
        y=charts.slots([name.replace("_", " ") for name in names], "setting"),
    )  # fmt: skip


# --- words ---------------------------------------------------------------------------------------
def say(p: Any, is_going: bool) -> str:
    """What is to be seen."""
    if len(p.trials) < len(p.samplers):
        return (
            "Each line is a training: its settings on the first axes, on the last one how many "
            "held-back digits it got right."
        )
    firsts = []
    for name in p.samplers:
        best = p.best_so_far(name)
        if len(best):
            first = int((best == best[-1]).argmax()) + 1
            firsts.append(f"{NAMES[name]} <b>{_percent(float(best[-1]))}</b> at its trial {first}")
    words = [f"The best: {', '.join(firsts)}."]
    if p.importances:
        most = max(p.importances, key=p.importances.get)
        words.append(f"The <b>{most.replace('_', ' ')}</b> decides most.")
    pruned = [trial for trial in p.trials if trial.pruned]
    if pruned:
        saved = sum(trial.total - trial.steps for trial in pruned)
        steps = sum(trial.total for trial in p.trials)
        words.append(
            f"{len(pruned)} trial{'s' * (len(pruned) != 1)} fell below the median and ended early: "
            f"{saved:,} of {steps:,} steps saved."
        )
    if not is_going:
        words.append("Luck decides, too: try another seed.")
    return " ".join(words)

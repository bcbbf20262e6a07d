"""Digits as pictures on the page, and the parts that all views are drawn with."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from cvcore.autoencoders.progress import Progress
from cvcore.core import images
from demos import lesson
from demos.autoencoders.session import PLAIN, Kept, Session
from demos.lesson import charts

POINTS = 90  # of a curve
SOLID, DOTTED = 0, 2  # dashes: held back, training
LESS, MORE = np.array([0, 114, 178]), np.array([213, 94, 0])  # too dark, too bright
GAP = (58, 62, 78)  # between pictures, and where there is none
FAINT = 3.0  # times a difference is drawn stronger than it is


def to_bytes(pictures: np.ndarray) -> np.ndarray:
    """float (..., H, W) in [0, 1] as grey uint8 (..., H, W, 3); no number is black."""
    whole = np.nan_to_num(np.asarray(pictures, np.float32), nan=0.0)
    return np.repeat(np.rint(np.clip(whole, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=-1)


def to_source(picture: np.ndarray) -> str:
    """One picture, float (H, W) in [0, 1] or uint8 (H, W, 3), as a data address."""
    if picture.dtype != np.uint8:
        picture = to_bytes(picture)
    return images.to_data_uri(np.ascontiguousarray(picture), format="png")


def subtract(rebuilt: np.ndarray, original: np.ndarray) -> np.ndarray:
    """The difference as uint8 (H, W, 3): vermilion where it came back too bright, blue where too
    dark, black where it is right; colours as uint8 are compared by their grey."""
    parts = [
        one.astype(np.float32).mean(axis=2) / 255 if one.ndim == 3 else one
        for one in (rebuilt, original)
    ]  # fmt: skip
    off = np.clip(FAINT / 2 * (parts[0] - parts[1]), -1, 1)[..., None]
    return np.rint(np.where(off > 0, off * MORE, -off * LESS)).astype(np.uint8)


def draw_image(picture: np.ndarray, words: str, css: str = "") -> str:
    """One picture, its pixels sharp."""
    return f'<img class="ae-pix {css}" src="{to_source(picture)}" alt="{escape(words)}">'


def draw_figure(picture: np.ndarray, title: str, words: str = "", css: str = "") -> str:
    """One square picture, as large as its place allows, under its title; ``words`` are trusted."""
    below = f"<span>{words}</span>" if words else ""
    return (
        f'<figure class="{css}"><figcaption><b>{escape(title)}</b>{below}</figcaption>'
        f'<div class="ae-cell"><img class="ae-pix fit" src="{to_source(picture)}" '
        f'alt="{escape(title)}"></div></figure>'
    )


def draw_strip(pictures: np.ndarray, words: str, columns: int | None = None) -> str:
    """Pictures (N, H, W) or uint8 (N, H, W, 3) side by side as one, a thin line between them."""
    missing = ~np.isfinite(pictures).all(axis=(1, 2)) if pictures.ndim == 3 else None
    if pictures.dtype != np.uint8:
        pictures = to_bytes(pictures)
    columns = columns or len(pictures)
    count, height, width = pictures.shape[:3]
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, height + 2, width + 2, 3), np.uint8)
    sheet[:] = GAP
    sheet[:count, 1:-1, 1:-1] = pictures
    if missing is not None:
        sheet[:count][missing] = GAP
    sheet = sheet.reshape(rows, columns, height + 2, width + 2, 3).swapaxes(1, 2)
    sheet = sheet.reshape(rows * (height + 2), columns * (width + 2), 3)
    ratio = sheet.shape[1] / sheet.shape[0]
    source = images.to_data_uri(np.ascontiguousarray(sheet), format="png")
    return (
        f'<div class="ae-cell"><img class="ae-pix fit" style="--ratio:{ratio:.3f}" '
        f'src="{source}" alt="{escape(words)}"></div>'
    )


def draw_rows(rows: Sequence[tuple[str, np.ndarray]]) -> str:
    """Rows of pictures under each other, each with its name before it."""
    drawn = "".join(
        f'<b class="ae-name">{escape(name)}</b>{draw_strip(pictures, name)}'
        for name, pictures in rows
    )
    return f'<div class="ae-rows" style="--rows:{len(rows)}">{drawn}</div>'


def say(words: str) -> str:
    """What is to be done first, in the middle of an empty view."""
    return f'<div class="ae"><p class="ae-hint">{words}</p></div>'


def say_wait(session: Session, name: str, words: str) -> str:
    """What a view says before the first step of its training."""
    waiting = session.waiting
    if name not in waiting:
        where = " in <b>Train</b>" if name == PLAIN else ""
        return say(f"Nothing was trained for this yet: press <b>Start</b>{where}.")
    before = waiting.index(name)
    after = " It begins once what is under way is done." if before else ""
    return say(lesson.under_way(words + after, "Stopped before it began: press Start."))


def tell_stopped(session: Session, *names: str) -> str:
    """That a network which is shown was stopped before it had learnt all; else nothing."""
    done = [session.done.get(name) for name in names]  # another thread may begin one anew
    stopped = [one for one in done if one is not None and one.stopped]
    if not stopped:
        return ""
    where = " in <b>Train</b>" if PLAIN in names else ""
    steps = f"{stopped[0].step} of {stopped[0].total}"
    return (
        f'<p class="ae-words"><b>Stopped at step {steps}</b>, so this is not what it could learn: '
        f"press <b>Start</b>{where}.</p>"
    )


def thin(values: np.ndarray, most: int = POINTS) -> tuple[np.ndarray, np.ndarray]:
    """Places and means of at most so many stretches of a curve of steps."""
    if len(values) <= most:
        return np.arange(len(values), dtype=float), values
    parts = np.array_split(np.arange(len(values)), most)
    return (
        np.array([part.mean() for part in parts]),
        np.array([values[part].mean() for part in parts]),
    )


def to_epochs(p: Progress, steps: Any) -> np.ndarray:
    return np.asarray(steps, np.float64) * p.settings.epochs / max(p.total, 1)


def to_axis(epochs: float) -> charts.Axis:
    """Of epochs, whole ones."""
    return charts.Axis("epoch", low=0, high=float(epochs), is_whole=True)


def draw_status(p: Progress, name: str, *, result: str = "") -> str:
    """How far a training is; ``result`` is trusted."""
    css = "ae-status"
    where = f"epoch {min(p.epoch + 1, p.settings.epochs)} of {p.settings.epochs}"
    if p.diverged:
        css += " diverged"
        where = (
            f"<b>diverged</b> at step {p.step}: the steps were too long; take a smaller "
            "learning rate, and press Start"
        )
    elif not p.done:
        where = lesson.under_way(f"{where}, {p.seconds:.1f} s", "stopped")
    elif p.stopped:
        where = f"stopped at step {p.step} of {p.total}"
    else:
        where = f"done in {p.seconds:.1f} s"
    after = f" · {result}" if result else ""
    return (
        f'<div class="{css}"><progress max="{max(p.total, 1)}" value="{p.step}" '
        f'aria-label="Steps taken"></progress><p role="status"><b>{escape(name)}</b> · {where}'
        f"{after}</p></div>"
    )


def draw_errors(runs: Sequence[Kept], size: tuple[int, int], title: str = "Error") -> str:
    """The held-back error of each run as it trains."""
    lines = []
    for one in runs:
        p = one.last
        at = to_epochs(p, p.validation_steps)
        last = f"{p.validation_error[-1]:.4f}" if len(p.validation_error) else ""
        lines.append(
            charts.Line(one.name, at, p.validation_error, one.colour, dash=SOLID, note=last)
        )
    high = max((float(one.last.settings.epochs) for one in runs), default=1.0)
    return charts.draw_chart(
        lines, title=title, x=to_axis(high),
        y=charts.Axis("squared error a pixel", low=0), size=size, legend=False,
    )  # fmt: skip


def draw_losses(p: Progress, size: tuple[int, int], title: str = "Loss") -> str:
    """The training loss of each step, and the loss of the held-back digits."""
    at, values = thin(p.loss)
    known = p.validation_reconstruction
    if p.validation_kl.size:
        known = known + p.settings.beta * p.validation_kl.sum(axis=1)
    lines = [
        charts.Line("held back", to_epochs(p, p.validation_steps), known, charts.VERMILION,
                    dash=SOLID),
        charts.Line("training", to_epochs(p, at), values, charts.BLUE, dash=DOTTED),
    ]  # fmt: skip
    unit = "nats" if p.settings.loss == "bce" else "squares"
    return charts.draw_chart(
        lines, title=title, x=to_axis(p.settings.epochs),
        y=charts.Axis(f"loss a picture, {unit}"), size=size, legend=True,
    )  # fmt: skip


def draw_forming(p: Progress, name: str, note: str = "") -> str:
    """A short training as it goes: its curve, and pictures in, out and as they should be."""
    kept = Kept(0, "held back", charts.VERMILION, p)
    rows = [("in", np.clip(p.inputs, 0, 1)), ("out", p.outputs)]
    if not np.array_equal(p.inputs, p.pictures):
        rows.append(("target", p.pictures))
    note = f'<p class="ae-words">{note}</p>' if note else ""
    return (
        f'<div class="ae ae-forming">{draw_status(p, name)}{draw_rows(rows)}'
        f"{draw_errors([kept], (760, 200), 'Error of held-back digits')}{note}</div>"
    )

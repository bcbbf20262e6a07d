"""The semantic gap: a digit moved by three pixels lies farther in pixels than another digit."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import classical_features as cf
from cvcore.core.images import to_data_uri
from demos import components as ui
from demos import lesson
from demos.classical_features.parts import Panel, Parts
from demos.lesson import charts

TITLE = "Semantic gap"
CODE = ("cvcore.classical_features.semantic_gap:measure_gap",)
COLOURS = {"pixels": charts.VERMILION, "HOG": charts.GREEN, "SIFT": charts.BLUE}
HIGH = 8  # pixels a picture's pixel is made, so that browsers show it crisp


@dataclass(frozen=True)
class Settings:
    """Which picture, and how far it is moved."""

    data: str = "digits"
    number: float = 0
    shift: float = 3


def compare(
    settings: Settings, drawn: tuple[np.ndarray, str] | None = None
) -> Iterator[dict[str, Any]]:
    """The picture, or the one that was drawn, beside itself moved and its nearest neighbours of
    another class, by three measures; then, how often that holds."""
    gap = cvcore.classical_features.semantic_gap
    data = settings.data if drawn is None else "digits"
    if drawn is None:
        number = int(settings.number) % gap.count_pictures(data)
        picture, label = gap.choose(number, data)
        name = label
    else:
        picture, label = drawn
        name = f"your {label}"
    found = [gap.compare(picture, label, settings.shift, one, data) for one in cf.MEASURES]
    numbers = [
        {"measure": one.measure, "to_moved": one.to_moved, "to_other": one.to_other,
         "other": one.other_label, "holds": one.holds}
        for one in found
    ]  # fmt: skip
    shift, shares = int(settings.shift), {}
    rows = draw_rows(found, name, shift)
    told = {"distances": numbers, "label": label}
    for one in cf.MEASURES:
        yield {"html": lay_out(rows, shares, shift), "shares": shares, **told}
        shares = {**shares, one: gap.measure_gap(one, data)}
    yield {"html": lay_out(rows, shares, shift), "shares": shares, **told}


def lay_out(rows: str, shares: dict[str, list[float]], shift: int) -> str:
    """The distances beside the curve, as far as it is measured."""
    curve = ""
    if shares:
        curve = draw_shares(shares, shift) + (tell(shares, shift) if len(shares) > 2 else "")
    return f'<div class="gap"><div>{rows}</div><div>{curve}</div></div>'


def draw_rows(found: list, name: str, shift: int) -> str:
    """The picture and itself moved; a row for each measure with the nearest of another class."""
    first = found[0]
    moved = f"moved by {shift} pixel" + ("" if shift == 1 else "s")
    head = (
        f'<div class="pair">{_draw(first.picture, escape(name))}{_draw(first.moved, moved)}</div>'
    )
    rows = []
    for one in found:
        most = max(one.to_moved, one.to_other, 1e-9)
        verdict = "the same is nearer" if one.holds else "another class is nearer"
        bars = "".join(
            f'<span>{words}</span><span class="track"><i class="{kind}" '
            f'style="width:{100 * value / most:.0f}%"></i></span><b>{charts.short(value)}</b>'
            for words, kind, value in (
                ("itself, moved", "own", one.to_moved),
                (f"nearest {escape(one.other_label)}", "other", one.to_other),
            )
        )
        rows.append(
            f'<div class="measure">{_draw(one.other, "")}<div><h3>{one.measure}: '
            f'<span class="{"good" if one.holds else "bad"}">{verdict}</span></h3>'
            f'<div class="bars">{bars}</div></div></div>'
        )
    return head + "".join(rows)


def _draw(picture: np.ndarray, caption: str) -> str:
    greys = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    large = greys.repeat(HIGH, axis=0).repeat(HIGH, axis=1)
    told = f"<figcaption>{caption}</figcaption>" if caption else ""
    source = to_data_uri(large, format="png")
    return f'<figure><img alt="{caption or "the nearest one"}" src="{source}">{told}</figure>'


def draw_shares(shares: dict[str, list[float]], shift: int) -> str:
    lines = [
        charts.Line(name, range(len(values)), values, COLOURS[name], dots=True)
        for name, values in shares.items()
    ]
    return charts.draw_chart(
        [*lines, charts.Mark(shift)], title="Nearer to itself than to any other class",
        x=charts.Axis("moved by (pixels)", is_whole=True),
        y=charts.Axis("share of 60 pictures", 0, 1, text=charts.percent), size=charts.HALF,
    )  # fmt: skip


def tell(shares: dict[str, list[float]], shift: int) -> str:
    held = ", ".join(f"{name} {charts.percent(values[shift])}" for name, values in shares.items())
    return (
        f"<p>Moved by {shift}: {held}. A histogram does not ask where in its cell an edge lies, so "
        "it bears a move of about half a cell (3.5 pixels here); pixels bear almost none. None of "
        "them knows what a digit is: that gap is what networks learn to close.</p>"
    )


def take_drawing(data: str, number: float, shift: float, event: gr.EventData) -> Iterator[tuple]:
    """A drawn digit instead of a bundled one, named by the bundled network; kept for this visit."""
    digits, drawing = cvcore.recognition.digits, ui.read_drawing(getattr(event, "src", ""))
    name = str(int(digits.recognise(drawing).probabilities.argmax()))
    drawn = digits.to_digit(drawing), name
    for shown in compare(Settings(data, number, shift), drawn):
        yield shown, drawn


def drop_drawing(settings: Settings) -> Iterator[tuple]:
    """The bundled picture again."""
    for shown in compare(settings):
        yield shown, None


def build(parts: Parts) -> None:
    """The rows beside the curve; picture and move in the rail."""
    tab, d = parts.tab, Settings()
    with tab.stage.view(TITLE) as section:
        panel = Panel(
            label="distances", elem_id="classical-features-gap", elem_classes=["fill", "tall"]
        )
    with tab.stage.controls(TITLE):
        data = ui.Radio(["digits", "clothes"], value=d.data, label="Pictures")
        number = ui.Slider(0, 99, d.number, step=1, label="Number of the picture")
        shift = ui.Slider(0, 8, d.shift, step=1, label="Moved by (pixels)")
        gr.Markdown("**Or draw a digit:**")
        pad = ui.DigitPad(label="digit pad", elem_id="classical-features-pad")
    drawn = gr.State()
    settings = lesson.Controls(Settings, data=data, number=number, shift=shift)

    def show(drawing: tuple | None, how: Settings) -> Iterator[dict]:
        yield from compare(how, drawing)

    parts.lazy.add(
        TITLE, section, show, [drawn], panel, settings=settings, api_name="classical_features_gap",
        kind="stream", follows=[shift.change],
    )  # fmt: skip
    # who chooses a bundled picture has done with the drawing
    quiet = {"settings": settings, "api_name": None, "kind": "stream"}
    for events in ([data.input, number.input], pad.wipe):  # type: ignore[attr-defined]
        tab.run(events, drop_drawing, [], [panel, drawn], **quiet)
    tab.run(
        pad.draw, lesson.keep_here(take_drawing), [*settings], [panel, drawn], api_name=None,  # type: ignore[attr-defined]
        kind="stream",
    )  # fmt: skip

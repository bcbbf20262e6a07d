"""A line and a zone that a visitor draws over a film or the webcam: who crosses, who is inside."""

from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

import cvcore
from cvcore.core.errors import InputError
from cvcore.detection.counting import Points
from demos import components as ui
from demos import lesson
from demos.detection.controls import Settings

# In the browser: what a link has set is drawn.
TO_VALUE = "(line, zone) => ({line, zone})"


@dataclass(frozen=True)
class CountingSettings(Settings):
    """What is looked for, and where it is counted: points in shares of the frame."""

    line: str = ""  # "0.1,0.5 0.9,0.5": its two ends; empty: none
    zone: str = ""  # three corners or more, or a part of the frame: "left half"; empty: none

    def counter(self) -> Any:
        """As it stands before the first frame; InputError for a line or zone that is none."""
        counting = cvcore.detection.counting
        return counting.Counter(*self.shapes())

    def shapes(self) -> tuple[Points, Points]:
        """The line and the zone."""
        counting = cvcore.detection.counting
        return counting.read_line(self.line), counting.read_zone(self.zone)


class CountingEditor(ui.JsComponent):
    """Buttons that draw over a picture on the stage; fires ``shape`` with ``{line, zone}``, texts.

    ``over`` is the picture's selector, ``within`` that of what holds it for good; ``none`` is said
    while there is no picture; with ``asks`` it is asked for by the event ``frame``.
    """

    SCRIPTS = ("counting.js",)
    STYLES = ("counting.css",)

    def __init__(
        self, value: dict | None = None, *, over: str = "", within: str = "", none: str = "",
        asks: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        self.MARKUP = (  # type: ignore[misc]
            f'<div class="counting" data-over="{escape(over)}" data-within="{escape(within)}" '
            f'data-none="{escape(none)}"{" data-asks=yes" * asks}><div class="shapes">'
            '<button type="button" data-does="line" aria-pressed="false">Line</button>'
            '<button type="button" data-does="zone" aria-pressed="false">Zone</button>'
            '<button type="button" data-does="turn" disabled>Turn the line</button>'
            '<button type="button" data-does="remove" disabled>Remove</button></div>'
            '<p role="status"></p></div>'
        )
        super().__init__(value or {"line": "", "zone": ""}, **kwargs)


def read_shape(event: gr.EventData) -> tuple[str, str]:
    """The texts that the editor sends; InputError for what is no line or zone."""
    line, zone = (str(getattr(event, name, "") or "") for name in ("line", "zone"))
    if len(line) + len(zone) > 2000:
        raise InputError("There are too many corners: draw fewer.")
    cvcore.detection.counting.read_line(line), cvcore.detection.counting.read_zone(zone)
    return line, zone


def build_editor(
    title: str, over: str, within: str, none: str, *, asks: bool = False
) -> tuple[CountingEditor, ui.Choice, ui.Choice]:
    """The editor, in the part of the rail that is entered, and what holds the line and the zone."""
    key = title.lower()
    editor = CountingEditor(
        label="counting", over=over, within=within, none=none, asks=asks,
        elem_id=f"detection-{key}-counting",
    )  # fmt: skip
    line = ui.Choice("", label=f"{title}: line")
    zone = ui.Choice("", label=f"{title}: zone")
    editor.shape(
        lesson.guard(read_shape), None, [line, zone], api_visibility="private", queue=False,
        trigger_mode="multiple", show_progress="hidden",
    )  # fmt: skip
    gr.on(
        [line.change, zone.change], None, [line, zone], editor, js=TO_VALUE,
        api_visibility="private",
    )  # fmt: skip
    return editor, line, zone


def draw_counts(counts: dict[str, int], line: str, zone: str) -> str:
    """How many have crossed each way, and how many are and were in the zone, as HTML."""
    parts = []
    if line:
        parts.append(
            f'<p class="big">With the arrow <b>{counts["to_right"]}</b>, against it '
            f"<b>{counts['to_left']}</b></p>"
        )
    if zone:
        parts.append(
            f'<p class="big">In the zone <b>{counts["in_zone_now"]}</b>, so far '
            f"<b>{counts['in_zone']}</b></p>"
        )
    return "".join(parts)

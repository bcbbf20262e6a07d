"""What every lesson draws with: one brush, its buttons and its keys."""

from demos.components.icons import draw_icon
from demos.components.js_component import JsComponent

KEYS = "by keyboard: arrow keys move the pen, Space lowers and lifts it"


def draw_canvas(label: str, *, draws: bool = True) -> str:
    """The place to draw on, with the ring that shows how wide the brush is."""
    keys = f' data-draws aria-label="{label}; {KEYS}"' if draws else f' aria-label="{label}"'
    return (
        f'<div class="place"><canvas class="fit" tabindex="0"{keys}></canvas>'
        '<i class="ring" hidden></i></div>'
    )


def draw_tools(size: int, *others: tuple[str, str]) -> str:
    """The brush's ``size``, in hundredths of the drawing's longer side, and its buttons; ``others``
    are buttons of a component's own: what each does, and its words."""
    buttons = "".join(
        f'<button type="button" data-brush="{does}">{draw_icon(does)}{does.capitalize()}</button>'
        for does in ("paint", "erase")
    ) + "".join(
        f'<button type="button" data-act="{does}">{draw_icon(does)}{words}</button>'
        for does, words in (("undo", "Undo"), ("clear", "Clear"), *others)
    )
    return (
        '<div class="tools"><label>Brush <input type="range" min="1" max="20" '
        f'value="{size}"></label><span class="does">{buttons}</span></div>'
    )


class Brush(JsComponent):
    """What is drawn on: its markup holds ``draw_canvas`` and ``draw_tools``, its script gets the
    drawing from ``brush`` (``static/brush.js``)."""

    SCRIPTS = ("brush.js",)
    STYLES = ("brush.css",)

"""What a class needs to find the page, for whoever presents: addresses, QR codes, the warning."""

from html import escape
from pathlib import Path

import gradio as gr
import segno

from demos.server.class_room import ClassRoom
from demos.server.static_files import publish

_STATIC = Path(__file__).with_name("static")
# A browser, its picture, what to press there.
BROWSERS = (
    ("Chrome, Edge", "warning_chrome.webp", "<b>Advanced</b>, then <b>Proceed to …</b>"),
    ("Firefox", "warning_firefox.webp", "<b>Advanced</b>, then <b>Proceed to …</b>"),
    ("Safari", "warning_safari.webp", "<b>Show Details</b>, then <b>visit this website</b>"),
)


def build_panel(page: gr.Blocks, room: ClassRoom) -> None:
    """Filled when the page is opened on the computer that serves it, and empty for all others."""
    panel = gr.HTML(elem_id="class-room")
    content = draw_panel(room)  # the same for each visit

    def show(request: gr.Request) -> str:
        return content if room.is_presenter(request) else ""

    page.load(show, None, panel, api_visibility="private", show_progress="hidden")


def draw_panel(room: ClassRoom) -> str:
    """The panel's HTML: the likeliest address large, the others below it."""
    first, *others = room.links
    rest = "".join(f"<li>{_draw_code(link)}{_draw_link(link)}</li>" for link in others)
    if rest:
        rest = (
            "<details><summary>It does not open? This computer has other addresses</summary>"
            f'<ul class="others">{rest}</ul></details>'
        )
    warning = _draw_warning() if room.has_warning else ""
    return (
        '<details class="class-room" open><summary>For the class</summary>'
        f'<div class="room">{_draw_code(first)}<div><p class="address">{_draw_link(first)}</p>'
        "<p>Scan the code or type the address: it opens this page with the webcam. "
        "Only this computer shows this panel.</p>"
        f"{warning}{rest}</div></div></details>"
    )


def _draw_code(link: str) -> str:
    code = segno.make(link, error="m", micro=False)
    picture = code.svg_data_uri(scale=8, border=4, light="#fff")
    return f'<img class="code" alt="QR code of {escape(link)}" src="{escape(picture)}">'


def _draw_link(link: str) -> str:
    return f"<code>{escape(link)}</code>"


def _draw_warning() -> str:
    figures = ""
    for name, file, steps in BROWSERS:
        address = publish(file, (_STATIC / file).read_bytes())
        figures += (
            f'<figure><img src="{address}" alt="{name}: the warning, and where to press">'
            f"<figcaption>{name}: {steps}</figcaption></figure>"
        )
    return (
        "<p>The browser warns once, because this computer made the certificate itself:</p>"
        f'<div class="warnings">{figures}</div>'
    )

"""The page around the tabs: header, start, look."""

from collections.abc import Callable, Sequence
from html import escape
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from cvcore.engine import device
from demos import CHAPTERS
from demos.components.live import NO_CAMERA, STOP_CAMERAS
from demos.lesson.tab import Tab
from demos.page import links, start
from demos.page.looks import share_looks
from demos.server.emptied import ANSWERS
from demos.server.limits import KEPT_SECONDS, LIGHT
from demos.server.runs import Page
from demos.server.session_cleanup import forget_visits
from demos.server.static_files import publish

if TYPE_CHECKING:
    from demos.server.class_room import ClassRoom

TITLE = "Glassbox"
FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace"]
# Gradio's large type, in rem so that all of it grows for a presenter; nothing is below 14 pixels.
TEXT = gr.themes.Size(
    xxs=".875rem", xs=".875rem", sm=".875rem", md="1rem", lg="1.25rem", xl="1.5rem", xxl="1.75rem"
)
THEME = gr.themes.Soft(
    primary_hue="indigo",
    secondary_hue="amber",
    neutral_hue="slate",
    text_size=TEXT,
    spacing_size="md",
    radius_size="md",
    font=FONT,
    font_mono=MONO,
).set(  # labels as plain bold words rather than coloured chips
    block_title_background_fill="transparent",
    block_title_background_fill_dark="transparent",
    block_title_text_color="*body_text_color",
    block_title_text_color_dark="*body_text_color",
    block_title_padding="0",
    block_label_background_fill="*background_fill_secondary",
    block_label_background_fill_dark="*background_fill_secondary",
    block_label_text_color="*body_text_color",
    block_label_text_color_dark="*body_text_color",
    # darker than the theme's own, so that they can be read from the last row (WCAG AA)
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_300",
    color_accent="*primary_600",
    input_placeholder_color="*neutral_500",
    input_placeholder_color_dark="*neutral_400",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_dark="*primary_600",
    checkbox_label_background_fill_selected="*primary_600",
    checkbox_label_background_fill_selected_dark="*primary_600",
)
BUTTONS = """<button type="button" data-does="theme" title="Dark or light"
aria-label="Dark or light">◐</button><button type="button" data-does="present"
title="Presenter: the picture alone, larger type (key P)" aria-label="Presenter">⤢</button>"""
TELL_TAB = "() => document.dispatchEvent(new Event('glassbox-tab'))"
_STATIC = Path(__file__).with_name("static")
_STYLES = [
    publish(name, (_STATIC / name).read_bytes()) for name in ("charts_narrow.css", "presenter.css")
]
_SCRIPTS = [
    publish(name, (_STATIC / name).read_bytes())
    for name in (
        "charts.js",
        "films.js",
        "no_camera.js",
        "picture_notes.js",
        "stale.js",
        "address.js",
        "double_click.js",
        "sliders.js",
        "presenter.js",
        "key_pen.js",
    )
]
LOOK = {
    "theme": THEME,
    "css_paths": [_STATIC / f"{name}.css" for name in ("style", "stage", "charts", "class_room")],
    "head": f'<meta name="no-camera" content="{NO_CAMERA}">'
    + "".join(f'<link rel="stylesheet" href="{one}">' for one in _STYLES)
    + "".join(f'<script type="module" src="{one}"></script>' for one in _SCRIPTS),
}  # for launch_page


def build_page(topics: Sequence[str], room: "ClassRoom | None" = None) -> gr.Blocks:
    """The whole page with a tab for each topic; no network is loaded before a visitor asks.

    With a class ``room`` the start shows whoever presents how the class finds the page.
    """
    with Page(title=TITLE, fill_width=True, delete_cache=(60, KEPT_SECONDS)) as page:
        with gr.Row(elem_classes=["header"]):
            name = gr.HTML(f"<h1>{TITLE}</h1>{_name_chapters(topics)}")
            device_line = gr.HTML(elem_id="device")
            gr.HTML(BUTTONS, elem_id="page-buttons")
        if room and len(topics) == 1:  # there is no start
            _show_class_room(page, room)
        notice = gr.HTML(elem_id="unknown-tab")
        states: dict[str, links.LessonState] = {}
        with gr.Tabs(elem_id="topics", overflow_behavior="wrap") as tabs:
            modules = {topic: import_module(f"demos.{topic}") for topic in topics}
            if len(modules) > 1:
                with gr.Tab(start.TITLE, id="start", elem_id="tab-start"):
                    if room:
                        _show_class_room(page, room)
                    start.build_start(modules)
            for topic, module in modules.items():
                short = getattr(module, "SHORT", module.TITLE)
                with gr.Tab(short, id=topic, elem_id=f"tab-{topic}") as block:
                    tab = Tab(topic, block)
                    module.build(tab)
                    states[topic] = links.collect(
                        topic, block, picture=tab.picture, opened=tab.opened
                    )
                    with tab.stage.panels:
                        links.offer_link(states[topic])
        tabs.select(None, None, None, js=STOP_CAMERAS, api_visibility="private")
        tabs.select(None, None, None, js=TELL_TAB, api_visibility="private")
        page.load(_describe_device, None, device_line, api_visibility="private")
        titles = {topic: module.TITLE for topic, module in modules.items()}
        links.restore_from_address(page, tabs, states, notice, titles)
        forget_visits(page)
    name.value += share_looks(page)
    for (
        part
    ) in page.blocks.values():  # Gradio's page names none by itself; stale.js has to find them
        if isinstance(part, ANSWERS) and not getattr(part, "elem_id", ""):
            part.elem_id = f"component-{part._id}"
    for event in page.fns.values():
        if event.concurrency_limit == "default":  # one at a time over all visitors
            event.concurrency_id = LIGHT["concurrency_id"]
            event.concurrency_limit = LIGHT["concurrency_limit"]
    return page


def _show_class_room(page: gr.Blocks, room: "ClassRoom") -> None:
    from demos.page import class_room  # its libraries are of use to a class room alone

    class_room.build_panel(page, room)


def _name_chapters(topics: Sequence[str]) -> str:
    """The style that writes each chapter's name before the first of its lessons."""
    rules = []
    for name, members in CHAPTERS.items():
        first = next((topic for topic in topics if topic in members), None)
        if first:
            wide = 8 * len(name) + 10  # pixels, of capitals 11 high
            rules.append(f"#topics #tab-{first}-button {{ margin-left: {wide}px; }}")
            rules.append(f'#tab-{first}-button::before {{ content: "{name}"; }}')
    return f"<style>{' '.join(rules)}</style>"


def _describe_device() -> str:
    name = escape(device.describe())
    return f'<span title="The networks run on: {name}">{name.partition(",")[0]}</span>'


def list_preparations(topics: Sequence[str]) -> tuple[Callable[[], None], ...]:
    """What lessons do once the page is up, before anyone opens them (their ``prepare``)."""
    modules = [import_module(f"demos.{topic}") for topic in topics]
    return tuple(module.prepare for module in modules if hasattr(module, "prepare"))


def list_networks(topics: Sequence[str]) -> tuple[str, ...]:
    """The bundled networks that the lessons run (their ``NETWORKS``), each once, in order."""
    modules = [import_module(f"demos.{topic}") for topic in topics]
    names = [name for module in modules for name in getattr(module, "NETWORKS", ())]
    return tuple(dict.fromkeys(names))

"""The page around the tabs: header, look, and how it is served."""

import os
from collections.abc import Sequence
from html import escape
from importlib import import_module
from pathlib import Path
from typing import Any

import gradio as gr

from cvcore import device, samples
from cvcore.images import MAX_FILE_BYTES
from demos.ui.images import SafeImage
from demos.ui.limits import MAX_QUEUE
from demos.ui.live import STOP_CAMERAS
from demos.ui.tab import Tab
from demos.ui.visits import forget_visits

TITLE = "Glassbox"
SUBTITLE = "Computer vision, opened up"
FONT = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "DejaVu Sans", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "monospace"]
THEME = gr.themes.Soft(
    primary_hue="indigo",
    secondary_hue="amber",
    neutral_hue="slate",
    text_size="lg",
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
)


def build_page(topics: Sequence[str]) -> gr.Blocks:
    """The whole page with a tab for each topic; no network is loaded before a visitor asks."""
    with gr.Blocks(title=TITLE, fill_width=True, delete_cache=(60, 300)) as page:
        with gr.Row(elem_classes=["header"]):
            gr.HTML(f"<h1>{TITLE}</h1><p>{SUBTITLE}</p>")
            device_line = gr.HTML(elem_id="device")
        current = SafeImage(visible="hidden", elem_id="current-picture", label="Current picture")
        with gr.Tabs(elem_id="topics") as tabs:
            for topic in topics:
                module = import_module(f"demos.{topic}")
                with gr.Tab(module.TITLE, id=topic, elem_id=f"tab-{topic}") as block:
                    gr.Markdown(module.SUMMARY, elem_classes=["summary"])
                    module.build(Tab(topic, block, current))
        tabs.select(None, None, None, js=STOP_CAMERAS, api_visibility="private")
        page.load(_describe_device, None, device_line, api_visibility="private")

        def open_tab(request: gr.Request) -> Any:
            wanted = request.query_params.get("tab")
            return gr.Tabs(selected=wanted) if wanted in topics else gr.skip()

        page.load(open_tab, None, tabs, api_visibility="private")
        forget_visits(page)
    return page


def _describe_device() -> str:
    return f"<span>Running on {escape(device.describe())}</span>"


def launch_page(page: gr.Blocks, *, host: str, port: int, share: bool = False) -> None:
    """Serve the page; without a network nothing leaves the machine and nothing is missed."""
    os.environ.setdefault("NO_PROXY", "localhost,127.0.0.1")
    page.queue(max_size=MAX_QUEUE)
    page.launch(
        server_name=host,
        server_port=port,
        share=share,
        theme=THEME,
        css_paths=Path(__file__).with_name("style.css"),
        allowed_paths=sorted({str(row.path.parent) for row in samples.index().values()}),
        max_file_size=MAX_FILE_BYTES,
        show_error=False,
        run_history=False,
        enable_monitoring=False,
        footer_links=["api"],
        ssr_mode=False,
    )

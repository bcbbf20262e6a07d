"""Where the milliseconds went, and on which device."""

from collections.abc import Mapping
from html import escape
from typing import Any

import gradio as gr

from cvcore.engine import device


def badge(ms: Mapping[str, float]) -> str:
    """Where the milliseconds went, and on which device, as HTML."""
    laps = "".join(
        f"<span>{escape(name)} <b>{value:.{0 if value >= 10 else 1}f} ms</b></span>"
        for name, value in ms.items()
    )
    return f'<div class="badge" role="status">{laps}<span>{escape(device.describe())}</span></div>'


class Badge(gr.HTML):
    """Shows what ``badge`` returns."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"elem_classes": ["badge-box"], "label": "timings", **kwargs})

    def get_block_name(self) -> str:
        return "html"

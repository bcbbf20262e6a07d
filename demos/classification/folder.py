"""A field for a whole folder of pictures."""

from typing import Any

import gradio as gr

from cvcore.core.images import MAX_FILE_BYTES
from demos.components.js_component import load_script

TEMPLATE = """<button type="button" class="zone">Choose a folder, or drop one here</button>
<input type="file" webkitdirectory hidden aria-label="folder"><p class="note" role="status"></p>"""

STYLE = """
.zone { width: 100%; padding: .9rem; font-size: 1.1rem; cursor: pointer; background: none;
  color: var(--body-text-color); border: 2px dashed var(--border-color-primary);
  border-radius: 6px; }
.zone.over, .zone:hover { border-color: var(--color-accent); }
.note { margin: .3rem 0 0; color: var(--body-text-color); }
.note:empty { display: none; }
"""


class FolderButton(gr.HTML):
    """Packs a chosen or dropped folder as a zip file for the file field with the id ``target``."""

    def __init__(self, target: str, **kwargs: Any) -> None:
        super().__init__(
            html_template=TEMPLATE,
            css_template=STYLE,
            js_on_load=load_script(__name__, "folder.js"),
            target=target,
            max_bytes=MAX_FILE_BYTES,
            **kwargs,
        )

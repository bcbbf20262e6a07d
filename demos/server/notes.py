"""What is told beside an answer, and kept by the page's own scripts."""

from pathlib import Path
from typing import Any

import gradio as gr

from demos.gradio_patches import tells_scripts

PICKED = 64  # letters of a data address
REFUSED = "refused"


def to_note_key(address: str) -> str:
    """How the page's script knows a picture again: ``toKey`` there finds the same.

    A file lies in a folder that is named by what is in it; of a data address letters are picked.
    """
    if not address.startswith("data:"):
        return Path(address).parent.name
    step = len(address) / PICKED
    return f"{len(address)}:{''.join(address[int(i * step)] for i in range(PICKED))}"


def find_address(value: Any) -> str:
    """Where a picture lies that the page sent as a field's value; "" for none."""
    if not isinstance(value, dict):
        value = getattr(value, "__dict__", {"src": value})
    found = next((value[key] for key in ("path", "src", "url") if value.get(key)), "")
    return found if isinstance(found, str) else ""


def send_note(key: str, text: str) -> None:
    """Send the page a sentence, and by which key it is known what it is about.

    It is a message that is not shown as such; on a Gradio without our patches it is.
    """
    gr.Info(text, title=key, visible=not tells_scripts())


def send_refusal(field: gr.blocks.Block, address: str, text: str) -> None:
    """Why nothing could be made of a field's picture, or that there is none at ``address`` ""."""
    place = field.elem_id or f"component-{field._id}"
    send_note(f"{REFUSED} {place} {to_note_key(address)}", text)

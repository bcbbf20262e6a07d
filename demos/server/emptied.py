"""A run whose picture is missing or refused: its old answers go, and the picture says why."""

from copy import deepcopy
from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction
from gradio.utils import deep_hash

from demos.server.errors import PictureMessage, UnfitPictureMessage
from demos.server.notes import find_address, send_refusal

ANSWERS = (gr.HTML, gr.Markdown, gr.JSON, gr.Code, gr.Gallery, gr.Image, gr.Video, gr.State)
BY_HAND = ("click", "submit")


def is_about_picture(error: gr.Error, fn: BlockFunction, target: Any, inputs: list) -> bool:
    """Whether a run that the page's part ``target`` set off is to be emptied, not to fail.

    Callers of the API, who have no such part, get the error.
    """
    if target is None:
        return False
    is_told = find_field(error, fn, target, inputs) is not None
    return is_told or (isinstance(error, PictureMessage) and not _is_by_hand(fn, target))


def find_field(error: gr.Error, fn: BlockFunction, target: Any, inputs: list) -> Any:
    """The field whose picture is refused or missing, with the picture's address; None without."""
    fields = [
        (block, find_address(value))
        for block, value in zip(fn.inputs, inputs, strict=False)
        if _takes_picture(block)
    ]
    if isinstance(error, PictureMessage) and error.field:
        # by its name, which a session's copy of it has, too
        known = (one[0] for one in fields if error.field in (one[0]._id, one[0].elem_id))
        if (block := next(known, None)) is not None:
            return block, error.address
    if isinstance(error, PictureMessage) and error.address:
        return next((one for one in fields if one[1] == error.address), None)
    if isinstance(error, PictureMessage):
        return next((one for one in fields if not one[1]), None)
    # a file that can be read, and that nothing can be made of: the one that was just put in,
    # or the only one, where that set off something else first
    own = [one for one in fields if one[0]._id == target._id]
    if not own and isinstance(error, UnfitPictureMessage):
        own = [one for one in fields if one[1]]
    return own[0] if len(own) == 1 else None


async def empty(
    page: gr.Blocks,
    error: gr.Error,
    fn: BlockFunction,
    target: Any,
    inputs: list,
    state: Any,
    *,
    keeps: bool = False,
) -> dict[str, Any]:
    """What ``Blocks.process_api`` would answer: the outputs as they were before any picture.

    What was asked for by a button stays, as it need not be about this picture; with ``keeps`` all.
    """
    keeps = keeps or _is_by_hand(fn, target)
    if field := find_field(error, fn, target, inputs):
        block, address = field
        send_refusal(block, address, error.message)
        keeps = keeps or not block.empties
    values = [gr.skip() if keeps else to_empty(block) for block in fn.outputs]
    states, before = page.get_state_ids_to_track(fn, state)  # those that something hangs on
    data = await page.postprocess_data(fn, values, state)
    return {
        "data": data, "is_generating": False, "iterator": None, "duration": 0.0,
        "average_duration": None, "render_config": None, "used_cache": None,
        "changed_state_ids": [
            one for one, old in zip(states, before, strict=True) if old != deep_hash(state[one])
        ],
    }  # fmt: skip


def to_empty(block: Any) -> Any:
    """An answer's value before there is any; controls and pictures stay as they are."""
    if not isinstance(block, ANSWERS) or _takes_picture(block):
        return gr.skip()
    value = block.value
    if isinstance(value, str) and not isinstance(block, gr.State):
        return ""
    if isinstance(value, dict) and "html" in value:  # what it says while it waits
        return {**value, "html": ""}
    return deepcopy(value)


def _takes_picture(block: Any) -> bool:
    return getattr(block, "takes_picture", False)


def _is_by_hand(fn: BlockFunction, target: Any) -> bool:
    return any(part == target._id and event in BY_HAND for part, event in fn.targets)

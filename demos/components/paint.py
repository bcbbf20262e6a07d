"""A picture to paint a region on, in the browser."""

from typing import Any

import gradio as gr
import numpy as np

from cvcore.core.errors import InputError
from demos.components.js_component import load_script

CELLS = 112  # a side of the mask that comes back


class Painter(gr.HTML):
    """Its value is a picture's data address; fires ``paint`` with the mask, a string of 0 and 1 for
    112 x 112 cells over the whole picture, whatever its sides."""

    def __init__(self, value: str | None = None, **kwargs: Any) -> None:
        super().__init__(
            value,
            html_template="""<div class="paint"><div class="place"><canvas class="fit" width="448"
              height="448" tabindex="0" data-draws aria-label="Paint a region with the mouse or a
              finger; by keyboard: arrow keys move the pen, Space lowers and lifts it">
              </canvas></div><div class="tools"><label>Brush
              <input type="range" min="8" max="90" value="36"></label>
              <button type="button" data-do="paint" class="on">Paint</button>
              <button type="button" data-do="erase">Erase</button>
              <button type="button" data-do="clear">Clear</button></div></div>""",
            css_template="""
              .paint { height: 100%; display: flex; flex-direction: column; gap: .4rem; }
              .place { flex: 1; min-height: 20rem; container-type: size; }
              canvas { touch-action: none; cursor: crosshair; border-radius: .4rem;
                background: #8884; }
              @media (max-width: 760px) { .place { container-type: inline-size; } }
              .tools { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; }
              .paint input { width: 8rem; }  /* Firefox's own is too long for one row */
              button { padding: .3rem .9rem; border-radius: .4rem; color: var(--body-text-color);
                font-size: 1rem; border: 2px solid var(--border-color-primary); background: none;
                cursor: pointer; }
              button.on { border-color: #c4391d; font-weight: 700; }""",
            js_on_load=load_script(__name__, "paint.js"),
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": "string"}


def read_mask(event: gr.EventData) -> np.ndarray:
    """The painted mask bool (112, 112) out of a ``paint`` event."""
    cells = getattr(event, "mask", "")
    if not isinstance(cells, str) or len(cells) != CELLS**2 or set(cells) - {"0", "1"}:
        raise InputError("The painted region did not arrive whole: paint it again.")
    return np.frombuffer(cells.encode(), np.uint8).reshape(CELLS, CELLS) == ord("1")

"""Sizes and parameters of a whole stack of layers."""

from dataclasses import asdict
from html import escape

import gradio as gr

from cvcore.convolution import stack
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.convolution.canvas import Report
from demos.convolution.controls import OWN, follow_presets
from demos.convolution.names import SIZES

FIRST_STACK = next(iter(stack.STACKS))


def show_stack(text: str) -> tuple[str, dict]:
    """A stack of layers as a table of shapes, parameters and receptive fields: HTML, numbers."""
    rows = stack.describe_stack(text or "")
    total = sum(row.parameters for row in rows)
    most = max((row.parameters for row in rows), default=0) or 1
    body = "".join(_draw_row(row, total, most) for row in rows)
    products = sum(row.multiplications for row in rows)
    html = (
        f'<div class="stack"><p class="sum">{total:,} parameters</p>'
        f'<p class="products">{products:,} multiplications for one input</p>'
        "<table><thead><tr><th>layer</th><th>output</th><th>weights and biases</th>"
        "<th>parameters</th><th>share</th><th>one output sees</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    layers = [asdict(row) for row in rows]
    return html, {"parameters": total, "multiplications": products, "layers": layers}


def show_or_tell(text: str) -> tuple[str, dict]:
    """As ``show_stack``; what cannot be read yet is told in the table's place while it is typed."""
    try:
        return show_stack(text)
    except InputError as error:
        return f'<p class="refused">{escape(str(error))}</p>', {}


def _draw_row(row: stack.Layer, total: int, most: int) -> str:
    sees = "×".join(map(str, row.receptive_field)) if row.receptive_field else "all"
    note = " <small>the remainder is never read</small>" if row.left_over else ""
    width = 100 * row.parameters / most
    share = f"{row.parameters / total:.1%}" if row.parameters else ""
    bar = f'<i style="width:{width:.1f}%"></i>' if row.parameters else ""
    return (
        f"<tr><td>{escape(row.line)}{note}</td>"
        f"<td>{'×'.join(map(str, row.output_shape))}</td><td>{row.formula}</td>"
        f'<td class="number">{row.parameters:,}</td>'
        f'<td class="share">{share}{bar}</td><td>{sees}</td></tr>'
    )


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """A stack as text, one layer a line, and its table."""
    with tab.stage.controls(SIZES):
        preset = ui.Dropdown([*stack.STACKS, OWN], value=FIRST_STACK, label="Stack")
        text = gr.Textbox(
            stack.STACKS[FIRST_STACK], lines=9, max_lines=14, label="One layer a line",
            elem_id="convolution-stack-text",
        )  # fmt: skip
        gr.Markdown(
            "`input 28x28x1` · `conv 32 3x3 same stride 2` · `conv 32 3x3 padding 1` · "
            "`max pool 2x2 stride 2` · `flatten` · `dense 10` · `relu`"
        )
    section = tab.stage.views[SIZES]
    with section:
        table = Report(label="layers", elem_id="convolution-stack")
        numbers = gr.JSON(visible=False, label="numbers")
    outputs = [table, numbers]
    tab.endpoint(show_stack, text, outputs, api_name="convolution_stack")
    lazy.add(
        SIZES, section, show_or_tell, text, outputs, api_name=None, kind="stream",
        follows=[text.change],
    )  # fmt: skip
    follow_presets(tab, preset, text, stack.STACKS)

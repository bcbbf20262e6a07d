"""Networks as HTML: a strip of blocks in proportion, rows that unfold, programs, savings."""

import math
from collections.abc import Sequence
from html import escape

from cvcore.convolution.bill import say_bytes
from cvcore.convolution.named_models import Module, NamedModel
from cvcore.convolution.stack import Layer
from cvcore.convolution.stack_savings import SAVINGS, Saving, list_scales

OPEN_BELOW = 16  # rows: a network this small is shown unfolded
HEADS = ("layer", "output", "it sees", "parameters", "multiply-adds")
COLOURS = {
    "input": "#7d8597", "conv": "#2f6fde", "depthwise": "#0f9bb0", "transposed": "#5a4fcf",
    "norm": "#9aa5b8", "pool": "#d9480f", "upsample": "#b8860b", "squeeze": "#a23b72",
    "flatten": "#7d8597", "dense": "#2b8a3e", "activation": "#c9a227", "concat": "#7048e8",
    "residual": "#c2255c", "shortcut": "#c2255c", "branch": "#7048e8", "block": "#1864ab",
    "repeat": "#1864ab",
}  # fmt: skip


def draw_refusal(words: str) -> str:
    return f'<p class="refused" role="alert">{escape(words)}</p>'


def draw_stack(rows: Sequence[Layer]) -> str:
    """Totals, a strip of the outermost blocks, and every line."""
    parameters = sum(row.parameters for row in rows)
    products = sum(row.multiplications for row in rows)
    outputs = sum(row.output_bytes for row in rows)
    head = _draw_totals(parameters, products, outputs)
    body = _draw_rows(list(rows), parameters, open_=len(rows) <= OPEN_BELOW)
    return (
        f'<div class="stack"><div class="head"><div>{head}</div>{_draw_strip(rows)}</div>'
        f"{_draw_heads()}{body}</div>"
    )


def _draw_totals(parameters: int, products: int, outputs: int) -> str:
    return (
        f'<p class="sum">{parameters:,} parameters</p>'
        f'<p class="products">{say_bytes(4 * parameters)} of weights · {products:,} multiply-adds '
        f"for one input · {say_bytes(outputs)} of outputs, which training keeps</p>"
    )


def _draw_strip(rows: Sequence[Layer]) -> str:
    """The outermost blocks: as high as their maps have rows, as wide as they have channels, both
    on a logarithmic scale."""
    boxes = []
    for row in rows:
        if row.depth or row.kind in ("norm", "activation", "shortcut"):
            continue
        sides = row.output_shape
        high = 14 + 9 * math.log2(sides[0] + 1) if len(sides) == 3 else 96
        wide = 5 + 5 * math.log2(sides[-1] + 1) if len(sides) == 3 else 9
        name = escape(f"{row.line}: {show_shape(sides)}", quote=True)
        boxes.append(
            f'<i title="{name}" style="height:{high:.0f}px;width:{wide:.0f}px;'
            f'background:{COLOURS[row.kind]}"></i>'
        )
    return f'<div class="strip" aria-hidden="true">{"".join(boxes)}</div>'


def show_shape(shape: tuple[int, ...] | None) -> str:
    return "×".join(f"{side:,}" for side in shape) if shape else ""


def _draw_heads() -> str:
    return f'<div class="layer heads">{"".join(f"<span>{one}</span>" for one in HEADS)}</div>'


def _draw_rows(rows: list[Layer], total: int, *, open_: bool) -> str:
    """Rows at one depth; those inside a block fold into its line."""
    parts, place = [], 0
    while place < len(rows):
        row, end = rows[place], place + 1
        while end < len(rows) and rows[end].depth > row.depth:
            end += 1
        inside = rows[place + 1 : end]
        line = _draw_line(row, [row, *inside], total)
        if inside:
            shown = " open" if open_ or (row.kind == "block" and len(rows) < OPEN_BELOW) else ""
            parts.append(
                f'<details class="layers"{shown} style="--kind:{COLOURS[row.kind]}">'
                f"<summary>{line}</summary>{_draw_rows(inside, total, open_=open_)}</details>"
            )
        else:
            parts.append(line)
        place = end
    return "".join(parts)


def _draw_line(row: Layer, family: list[Layer], total: int) -> str:
    parameters = sum(one.parameters for one in family)
    products = sum(one.multiplications for one in family)
    sees = show_shape(row.receptive_field) or ("" if row.kind == "input" else "all")
    note = " <small>the remainder is never read</small>" if row.left_over else ""
    formula = f"<small>{escape(row.formula)}</small>" if row.formula else ""
    bar = f'<i style="width:{100 * parameters / total:.1f}%"></i>' if parameters else ""
    return (
        f'<div class="layer" style="--kind:{COLOURS[row.kind]}"><span class="name">'
        f"{escape(row.line)}{note}</span><span>{show_shape(row.output_shape)}</span>"
        f'<span>{sees}</span><span class="number"><b>{_count(parameters)}</b>{formula}{bar}</span>'
        f'<span class="number">{_count(products)}</span></div>'
    )


def draw_model(model: NamedModel) -> str:
    """torchvision's modules, as its own names have them."""
    head = _draw_totals(model.parameters, model.multiplications, model.output_bytes)
    heads = "".join(f"<span>{one}</span>" for one in ("module", "output", "", *HEADS[3:]))
    body = _draw_modules(list(model.modules[1:]), model.parameters)
    name = f"torchvision.models.{model.name}, {show_shape(model.input_shape)}"
    return (
        f'<div class="stack"><p class="products">{escape(name)}</p>{head}'
        f'<div class="layer heads">{heads}</div>{body}</div>'
    )


def _draw_modules(modules: list[Module], total: int) -> str:
    parts, place = [], 0
    while place < len(modules):
        one, end = modules[place], place + 1
        while end < len(modules) and modules[end].depth > one.depth:
            end += 1
        line = _draw_module(one, total)
        inside = modules[place + 1 : end]
        if inside:
            folded = _draw_modules(inside, total)
            line = f'<details class="layers"><summary>{line}</summary>{folded}</details>'
        parts.append(line)
        place = end
    return "".join(parts)


def _draw_module(one: Module, total: int) -> str:
    bar = 100 * one.parameters / max(total, 1)
    return (
        f'<div class="layer" style="--kind:{COLOURS["conv" if one.is_leaf else "block"]}">'
        f'<span class="name">{escape(one.name)} <small>{escape(one.kind)}</small></span>'
        f"<span>{show_shape(one.output_shape)}</span><span></span>"
        f'<span class="number"><b>{_count(one.parameters)}</b>'
        f"{f'<i style=width:{bar:.1f}%></i>' if one.parameters else ''}</span>"
        f'<span class="number">{_count(one.multiplications)}</span></div>'
    )


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def draw_program(program: str, file: str, link: str) -> str:
    return (
        f'<div class="stack program"><a download="{file}" href="{link}">Download {file}</a>'
        f'<pre tabindex="0"><code>{escape(program)}</code></pre></div>'
    )


def draw_savings() -> str:
    """Each step in two ways, and EfficientNet's sizes."""
    cards = "".join(map(_draw_saving, SAVINGS))
    rows = "".join(
        f"<tr><td>B{one.size}, φ = {one.phi:g}</td>"
        f"<td>{one.rule[0]:.2f} · {one.published[0]:g}</td>"
        f"<td>{one.rule[1]:.2f} · {one.published[1]:g}</td>"
        f"<td>{one.rule[2]:.0f} · {one.published[2]}</td><td>{one.parameters:,}</td>"
        f"<td>{one.multiplications / 1e9:.2f} billion</td></tr>"
        for one in list_scales()
    )
    return (
        f'<div class="stack"><div class="savings">{cards}</div>'
        "<p class='products'>EfficientNet grows in all directions at once: depth times 1.2, width "
        "times 1.1, side times 1.15, each to the power of φ. First the rule, then what was "
        "published: the larger ones are wider and take larger pictures than the rule says.</p>"
        "<table><thead><tr><th>network</th><th>depth</th>"
        "<th>width</th><th>side</th><th>parameters</th><th>multiply-adds</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _draw_saving(saving: Saving) -> str:
    most = max(way.parameters for way in saving.ways)
    rows = "".join(
        f"<p><b>{way.parameters:,}</b> parameters, {way.multiplications:,} multiply-adds: "
        f'{escape(way.title)}<i style="width:{100 * way.parameters / most:.1f}%"></i></p>'
        for way in saving.ways
    )
    first, second = (way.parameters for way in saving.ways)
    times = "costs nothing" if first == second else f"{first / second:.3g} times fewer parameters"
    return (
        f"<figure><figcaption><b>{saving.title}: {times}</b>{escape(saving.why)}</figcaption>{rows}"
        "</figure>"
    )

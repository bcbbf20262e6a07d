"""What a dense layer on a whole picture costs, with its sum, beside a convolution."""

from cvcore.convolution.bill import (
    LayerCost,
    Wiring,
    check_wiring,
    compare_layers,
    say_bytes,
    say_count,
)
from demos.lesson import charts

NAMES = {
    "dense": ("Dense", "sees all values"),
    "local": ("Local", "sees a window"),
    "convolution": ("Convolution", "shares weights"),
}
SLIDE = 24_883_200_000_000  # weights, where a slide says 24 million
TICKS = tuple(
    (10.0**power, word)
    for power, word in (
        (0, "1"), (3, "thousand"), (6, "million"), (9, "billion"), (12, "trillion"),
        (15, "quadrillion"), (18, "10¹⁸"), (21, "10²¹"), (24, "10²⁴"), (27, "10²⁷"),
    )
)  # fmt: skip


def show_bill(wiring: Wiring) -> tuple[str, dict]:
    """A dense layer, a local one and a convolution on one picture: HTML, numbers."""
    w = check_wiring(wiring)
    dense, _, convolution = layers = compare_layers(w)
    inputs = w.width * w.height * w.channels
    html = (
        '<div class="dense-bill">'
        f'<p class="big">{say_count(dense.weights)} weights, '
        f"{say_bytes(dense.bytes)} in {w.number}</p>"
        f"<p>{w.width:,} × {w.height:,} × {w.channels:,} = {inputs:,} values of a picture, each "
        f"joined to {w.units:,} hidden units: {inputs:,} × {w.units:,} = "
        f"<b>{dense.weights:,}</b>.</p>"
        f"{_correct_slide(dense, inputs)}"
        f'<div class="scrolls" tabindex="0" role="group" aria-label="What the layers cost">'
        f"{_draw_table(layers)}{_draw_scale(layers)}</div>"
        f"<ul><li><b>Local:</b> {w.kernel} × {w.kernel} × {w.channels:,} = "
        f"{w.kernel**2 * w.channels:,} weights an output instead of {inputs:,}. "
        f"<b>Shared:</b> one set for all {w.width * w.height:,} places.</li>"
        "<li>Weights of a convolution are often written F·F·D·K. Each filter has a bias, too: "
        f"F·F·D·K + K = {convolution.weights:,} + {convolution.biases:,} = "
        f"<b>{convolution.parameters:,}</b> numbers for {convolution.outputs:,} outputs.</li>"
        "</ul></div>"
    )
    numbers = {
        layer.kind: {
            "weights": layer.weights, "biases": layer.biases, "parameters": layer.parameters,
            "outputs": layer.outputs, "products": layer.products, "bytes": layer.bytes,
        }
        for layer in layers
    }  # fmt: skip
    return html, numbers


def _correct_slide(dense: LayerCost, inputs: int) -> str:
    if dense.weights != SLIDE:
        return ""
    units = SLIDE // inputs // 1_000_000
    return (
        f'<p class="wrong">Slides that say “24 million” have {inputs:,} × {units:,} = '
        f"{inputs * units:,}: {units:,} units, not {units:,} million.</p>"
    )


def _draw_table(layers: tuple[LayerCost, ...]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{name}<small>{words}</small></th>"
        f"<td>{layer.formula} + {layer.biases:,}</td>"
        f'<td class="number">{say_count(layer.parameters)}</td>'
        f'<td class="number">{say_bytes(layer.bytes)}</td>'
        f'<td class="number">{say_count(layer.outputs)}</td>'
        f'<td class="number">{say_count(layer.products)}</td></tr>'
        for layer in layers
        for name, words in (NAMES[layer.kind],)
    )
    return (
        "<table><thead><tr><th>layer</th><th>weights + biases</th><th>learned</th><th>memory</th>"
        f"<th>outputs</th><th>products</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _draw_scale(layers: tuple[LayerCost, ...]) -> str:
    most = max(layer.parameters for layer in layers)
    bars = charts.Bars(
        "learned numbers", range(len(layers)), [layer.parameters for layer in layers],
        colour=charts.BLUE, width=0.6, is_horizontal=True, base=1.0,
        texts=[say_count(layer.parameters) for layer in layers],
    )  # fmt: skip
    ticks = [tick for tick in TICKS if tick[0] <= 300 * most]
    names = [NAMES[layer.kind][0] for layer in reversed(layers)]
    bars = charts.Bars(
        bars.name, bars.at, list(reversed(bars.size)), colour=bars.colour, width=bars.width,
        is_horizontal=True, base=1.0, texts=list(reversed(bars.texts)),
    )  # fmt: skip
    return charts.draw_chart(
        [bars],
        title="Numbers to be learned",
        x=charts.Axis(
            "numbers, each step a thousand times as many", 1, ticks[-1][0], is_log=True,
            ticks=ticks, text=lambda value: say_count(round(value)),
        ),
        y=charts.slots(names, "layer"),
        size=(900, 165),
        legend=False,
    )  # fmt: skip

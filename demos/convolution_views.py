"""Pooling, padding compared and the stack calculator: from controls to what is shown."""

from html import escape
from typing import Any

import numpy as np

from cvcore import convolution, images, layers, windows
from cvcore.errors import InputError
from cvcore.operation import SHOW, largest_difference, pool_snippet, pool_torch, to_picture
from cvcore.timing import Stopwatch
from demos import ui
from demos.convolution_canvas import pool_value
from demos.convolution_handlers import (
    CHANNELS,
    describe_check,
    prepare_picture,
    read_matrix,
    read_operation,
    to_csv,
)

POOLED_SIDE = 160  # pixels: small enough that single pixels can be seen
BORDER_SIDE = 64

POOL_SOURCES = {"matrix": 2, "picture": 4}
"""What can be pooled, and a window that suits it."""


def pool_input(
    source: str,
    matrix: Any = None,
    picture: np.ndarray | None = None,
    kernel: Any = "identity",
    kernel_first: bool = False,
    size: float = 2,
    stride: float = 2,
) -> tuple[dict, str, str, str, Any]:
    """Max and average pooling, side by side: canvas, sizes, torch program, badge, CSV.

    ``source`` picks the matrix or the picture, which is pooled in grey; with ``kernel_first`` what
    the kernel and ReLU make of the picture.
    """
    if source not in POOL_SOURCES:
        raise InputError(f"Pool one of: {', '.join(POOL_SOURCES)}.")
    if source == "matrix":
        return _pool(read_matrix(matrix), size, stride, is_picture=False)
    image = prepare_picture(picture, CHANNELS[0], max_side=POOLED_SIDE).astype(np.float64)
    if kernel_first:
        image = read_operation(kernel, 1, "same", "zero", 1, False).apply(image)
        image = np.rint(np.clip(image, 0, 255))  # ReLU, and whole numbers to look at
    return _pool(image, size, stride, is_picture=True)


def _pool(image: np.ndarray, size: float, stride: float, *, is_picture: bool) -> tuple:
    watch = Stopwatch()
    size = windows.check_whole("The pooling size", size, 1, windows.MAX_KERNEL)
    stride = windows.check_whole("The pooling stride", stride, 1, windows.MAX_STRIDE)
    fits = [windows.fit_window(side, size, stride=stride) for side in image.shape]
    sizes = "  \n".join(windows.describe_fit(*fits).splitlines())
    try:
        value, maps = pool_value(image, size, stride, is_picture=is_picture)
    except windows.NothingFitsError as error:
        return {"message": str(error)}, sizes, "", "", None
    watch.lap("pooling and drawing")
    differences = [
        largest_difference(maps[mode], pool_torch(image, size, stride, mode))
        for mode in ("max", "average")
    ]
    check = describe_check(["max_pool2d", "avg_pool2d"], differences, float(np.abs(image).max()))
    kept = maps["max"].size / image.size
    never = float((maps["wins"] == 0).mean())
    sizes += (
        f"  \n{check}  \n{kept:.1%} of the numbers are left; {never:.0%} of the input's cells won "
        "no window, so max pooling forgets them."
    )
    table = "\n\n".join(f"{mode}\n{to_csv(maps[mode])}" for mode in ("max", "average"))
    file = ui.download_value("pooled.csv", table.encode(), "text/csv")
    return value, sizes, pool_snippet(image, size, stride), ui.badge(watch.ms), file


def compare_borders(
    picture: np.ndarray | None, kernel: Any = "box", dilation: float = 1
) -> tuple[str, str, str]:
    """Padding modes against the truth: cards of pictures, a sentence on the best, badge."""
    watch = Stopwatch()
    operation = read_operation(kernel, 1, "same", "zero", dilation, False)
    image = prepare_picture(picture, CHANNELS[0], max_side=BORDER_SIDE)
    borders = convolution.compare_padding(
        image, operation.kernel, dilation=operation.dilation, bias=operation.bias
    )
    watch.lap("convolution")
    worst = max(float(border.error.max()) for border in borders)
    cards = [_card("the truth", "it could look beyond the border", borders[0].truth)]
    for border in borders:
        note = f"mean error at the border {border.mean_error:.1f}"
        cards.append(_card(border.padding_mode, note, border.result, border.error, worst))
    best = min(borders, key=lambda border: border.mean_error)
    text = (
        "Here the picture's own border was cut off before the convolution, so the truth is known. "
        "Below each result: how far it is from the truth, from 0 (dark) to "
        f"{worst:.0f} (yellow) of 255. **Best here: {best.padding_mode}**, off by "
        f"{best.mean_error:.1f} on average."
    )
    watch.lap("drawing")
    return f'<div class="cards">{"".join(cards)}</div>', text, ui.badge(watch.ms)


def _card(
    title: str,
    note: str,
    result: np.ndarray,
    error: np.ndarray | None = None,
    worst: float = 0.0,
) -> str:
    pictures = [("result", to_picture(result, show=SHOW[1]))]
    if error is not None:
        pictures.append(("error map", _error_picture(error, worst)))
    shown = "".join(
        f'<img src="{images.to_data_uri(picture, format="png")}" alt="{name}: {escape(title)}">'
        for name, picture in pictures
    )
    return f"<figure><figcaption><b>{escape(title)}</b>{escape(note)}</figcaption>{shown}</figure>"


def _error_picture(error: np.ndarray, worst: float) -> np.ndarray:
    from cvcore.drawing import colourise

    return colourise(error, vmin=0, vmax=max(worst, 1e-9))


def describe_stack(text: str) -> str:
    """A stack of layers as a table of shapes, parameters and receptive fields, in HTML."""
    rows = layers.describe_stack(text or "")
    total = sum(row.parameters for row in rows)
    most = max((row.parameters for row in rows), default=0) or 1
    body = "".join(_stack_row(row, total, most) for row in rows)
    products = sum(row.multiplications for row in rows)
    return (
        f'<div class="stack"><p class="sum">{total:,} parameters</p>'
        f'<p class="products">{products:,} multiplications for one input</p>'
        "<table><thead><tr><th>layer</th><th>output</th><th>weights and biases</th>"
        "<th>parameters</th><th>share</th><th>one output sees</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _stack_row(row: layers.Layer, total: int, most: int) -> str:
    sees = "×".join(map(str, row.receptive_field)) if row.receptive_field else "all"
    note = " <small>a rest is never read</small>" if row.left_over else ""
    width = 100 * row.parameters / most
    share = f"{row.parameters / total:.1%}" if row.parameters else ""
    bar = f'<i style="width:{width:.1f}%"></i>' if row.parameters else ""
    return (
        f"<tr><td>{escape(row.line)}{note}</td>"
        f"<td>{'×'.join(map(str, row.output_shape))}</td><td>{row.formula}</td>"
        f'<td class="number">{row.parameters:,}</td>'
        f'<td class="share">{share}{bar}</td><td>{sees}</td></tr>'
    )

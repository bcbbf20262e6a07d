"""All filters on one patch as a column of the output volume, and a volume unrolled."""

from typing import Any

import numpy as np

from cvcore.convolution import columns
from demos.components.js_component import JsComponent


class FilterColumns(JsComponent):
    """A digit, the 32 filters' answers at the place that is pressed, and where they stand.

    Its value is a dict: ``digit`` (784 numbers), ``filters`` (32 x 9), ``biases`` (32) and
    ``relu``; or a ``message``.
    """

    MARKUP = """<p class="refused" role="alert"></p><div class="filters" hidden>
      <figure class="from"><figcaption>press or drag: a patch of 3 × 3</figcaption>
        <canvas class="digit" width="560" height="560" tabindex="0" role="application"
          aria-label="The digit; arrow keys move the patch"></canvas></figure>
      <ol tabindex="0" aria-label="32 filters, each with its sum; up and down choose one"></ol>
      <figure class="volume-place"><figcaption>the output volume: a map a filter, and the column
        that this patch becomes</figcaption>
        <canvas class="volume" width="620" height="620" role="img"
          aria-label="32 maps one behind the other, with one column marked"></canvas></figure>
      <div class="sums"></div><output></output></div>"""
    SCRIPTS = ("grid.js", "columns.js")
    STYLES = ("refused.css", "volume.css")


class FlatVolume(JsComponent):
    """A volume (C, H, W) beside the vector that it becomes.

    Its value is a dict: ``values``, channels first, and ``shape``; or a ``message``.
    """

    MARKUP = """<p class="refused" role="alert"></p><div class="flat" hidden>
      <figure><figcaption>128 maps of 3 × 3: the last volume of the digits network</figcaption>
        <canvas class="maps" width="768" role="img" aria-label="128 small maps"></canvas></figure>
      <figure><figcaption>1,152 numbers in a row, 64 a line, as a dense layer gets them</figcaption>
        <canvas class="vector" width="768" tabindex="0" role="application"
          aria-label="The vector; arrow keys move along it"></canvas></figure>
      <div class="told"><span class="own"></span><div><p class="words"></p><p class="torch"></p>
        <p class="keras"></p><p class="moved"></p></div></div>
      <div class="told"><span>in the row:</span><div class="strip" tabindex="0" role="group"
        aria-label="The map's nine numbers with their indices"></div></div></div>"""
    SCRIPTS = ("grid.js", "flat.js")
    STYLES = ("refused.css", "volume.css")


def column_value(digit: np.ndarray, relu: bool) -> dict[str, Any]:
    """What :class:`FilterColumns` draws of a digit (28, 28)."""
    filters, biases = columns.load_filters()
    return {
        "digit": digit.astype(float).ravel().tolist(),
        "filters": filters.astype(float).ravel().tolist(),
        "biases": biases.astype(float).tolist(),
        "relu": bool(relu),
    }


def flat_value(digit: np.ndarray) -> dict[str, Any]:
    """What :class:`FlatVolume` draws of a digit (28, 28)."""
    volume = columns.read_last_volume(digit)
    return {"values": volume.astype(float).ravel().tolist(), "shape": list(volume.shape)}


def answer_column(digit: np.ndarray, row: Any, column: Any) -> dict[str, Any]:
    """The column at a place, for those who call the page."""
    found = columns.read_column(digit, row, column)
    return {
        "patch": found.patch.tolist(), "sums": found.sums.tolist(),
        "after_relu": np.maximum(found.sums, 0).tolist(),
        "volume": [columns.OUTPUT, columns.OUTPUT, len(found.sums)],
    }  # fmt: skip

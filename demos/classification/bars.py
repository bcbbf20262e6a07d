"""Probabilities as bars that can be read from the last row."""

from demos import components as ui


class Bars(ui.JsComponent):
    """The k most probable classes. Its value is ``{label, confidences, rest, rest_count,
    none_of_these, heading}``."""

    MARKUP = """<div class="bars" role="img" aria-label="class probabilities">
<h3 class="heading"></h3><div class="sign" hidden></div><ol></ol><p class="rest"></p></div>"""
    SCRIPTS = ("bars.js",)
    STYLES = ("bars.css",)

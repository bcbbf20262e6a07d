"""Probabilities as bars that can be read from the last row."""

from pathlib import Path
from typing import Any

import gradio as gr

TEMPLATE = """<div class="bars" role="img" aria-label="class probabilities">
<h3 class="heading"></h3><div class="sign" hidden></div><ol></ol><p class="rest"></p></div>"""

STYLE = """
.bars { color: var(--body-text-color); }
.heading { margin: 0 0 .3rem; font-size: 1.1rem; font-weight: 600; }
.heading:empty, .rest:empty { display: none; }
ol { list-style: none; margin: 0; padding: 0; display: grid; gap: .55rem; }
li { display: grid; grid-template-columns: 1fr auto; gap: .1rem .8rem; margin: 0; }
.name { font-size: 1.35rem; line-height: 1.25; overflow-wrap: anywhere; }
li:first-child .name, li:first-child .percent { font-weight: 700; }
.percent { font-size: 1.35rem; white-space: nowrap; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
.track { grid-column: 1 / -1; height: .9rem; border-radius: .45rem; overflow: hidden;
  background: var(--border-color-primary); }
.track .fill { display: block; height: 100%; border-radius: .45rem; background: #d9762b;
  transition: width .15s; }
li:not(:first-child) .fill { background: #3f8fcc; }
.many ol { gap: .2rem; } .many .name, .many .percent { font-size: 1.05rem; }
.many .track { height: .5rem; }
.rest { margin: .5rem 0 0; color: var(--body-text-color-subdued); font-size: 1rem; }
.doubted ol { opacity: .5; }
.sign { display: grid; grid-template-columns: auto 1fr; gap: .1rem .8rem; align-items: baseline;
  margin-bottom: .7rem; padding: .45rem .8rem; border-radius: .5rem;
  border: 2px solid var(--border-color-primary); }
.sign[hidden] { display: none; }
.sign strong { font-size: 1.2rem; } .sign span { text-align: right; }
.sign.none { border-color: #c4391d; background: #c4391d22; }
.gauge { grid-column: 1 / -1; position: relative; height: .5rem; border-radius: .25rem;
  background: var(--border-color-primary); margin: .2rem 0; }
.gauge .fill { display: block; height: 100%; border-radius: .25rem; background: #2f9e6e; }
.none .gauge .fill { background: #c4391d; }
.gauge .mark { position: absolute; top: -.2rem; width: .2rem; height: .9rem;
  background: var(--body-text-color); }
"""


class Bars(gr.HTML):
    """The k most probable classes. Its value is ``{label, confidences, rest, rest_count,
    none_of_these, heading}``, drawn in the browser; calls through the API get it as it is."""

    def __init__(self, value: dict | None = None, **kwargs: Any) -> None:
        super().__init__(
            value,
            html_template=TEMPLATE,
            css_template=STYLE,
            js_on_load=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
            **kwargs,
        )

    def api_info(self) -> dict[str, str]:
        return {"type": "object", "description": "label, confidences, none_of_these"}

    def example_payload(self) -> dict:
        return {}

    def example_value(self) -> dict:
        return {}

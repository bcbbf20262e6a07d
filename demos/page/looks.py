"""Styles that several components share, once on the page rather than once a component."""

from collections import Counter

import gradio as gr


def share_looks(page: gr.Blocks) -> str:
    """The style that stands for those of components with the same one, which no longer have it.

    Gradio nests a component's own in the number of its node; here a class stands for it, with as
    much weight as a number has.
    """
    parts = [one for one in page.blocks.values() if isinstance(one, gr.HTML) and one.css_template]
    looks = Counter(one.css_template for one in parts)
    shared = {css: f"look-{n}" for n, (css, times) in enumerate(looks.items()) if times > 1}
    for part in parts:
        if name := shared.get(part.css_template):
            part.elem_classes = [*(part.elem_classes or []), name]
            part.css_template = ""
    rules = (f":is(.html-container > .{name}, #{name}) {{ {css} }}" for css, name in shared.items())
    return "<style>" + "\n".join(rules) + "</style>"

"""Styles that several components have stand once on the page."""

import gradio as gr

from demos.page.looks import share_looks

STYLE = "p { color: red; }"


def test_a_style_of_two_components_stands_once():
    with gr.Blocks() as page:
        first, second = (gr.HTML(css_template=STYLE, elem_classes=["fill"]) for _ in range(2))
        alone = gr.HTML(css_template="b { color: blue; }")
        gr.HTML("none")
    shared = share_looks(page)
    assert shared.count(STYLE) == 1
    (name,) = set(first.elem_classes) - {"fill"}
    assert second.elem_classes == first.elem_classes == ["fill", name]
    assert f".html-container > .{name}" in shared
    assert first.css_template == second.css_template == ""
    assert alone.css_template == "b { color: blue; }" not in shared
    configured = [one["props"] for one in page.get_config_file()["components"]]
    assert [one.get("css_template") for one in configured].count(STYLE) == 0

"""What hangs on an inner tab: it is computed when it is opened, and follows only while it is."""

import gradio as gr

from demos import components as ui
from demos import lesson


def build() -> tuple[gr.Blocks, dict]:
    with gr.Blocks() as page, gr.Tab("Lesson") as block:
        tab = lesson.Tab("lesson", block)
        slider = ui.Slider(0, 1, 0)
        views = lesson.LazyTabs(tab, ["one", "two"])
        with gr.Tabs():
            with gr.Tab("One") as one:
                first = gr.HTML()
            with gr.Tab("Two") as two:
                second = gr.HTML()
        views.add("one", one, str, [slider], [first], api_name="one", follows=[slider.change])
        views.add("two", two, str, [slider], [second], api_name="two", follows=[slider.change])
    return page, {"slider": slider, "one": one, "two": two, "first": first, "second": second}


def test_a_followed_control_asks_the_server_for_no_view_by_itself():
    page, parts = build()
    moved = [fn for fn in page.fns.values() if (parts["slider"]._id, "change") in fn.targets]
    assert len(moved) == 2
    assert all(fn.fn is None and fn.js for fn in moved)
    assert all(output.visible == "hidden" for fn in moved for output in fn.outputs)


def test_opening_a_view_computes_it():
    page, parts = build()
    for section, shown in (("one", "first"), ("two", "second")):
        opened = [fn for fn in page.fns.values() if (parts[section]._id, "select") in fn.targets]
        assert [parts[shown]] in [fn.outputs for fn in opened]
    assert set(page.get_api_info()["named_endpoints"]) == {"/one", "/two"}

"""What the layers hold: their Gram matrices, and what of a photograph one of them remembers."""

import time
from collections.abc import Iterator
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import style_transfer
from demos import ui
from demos.style_transfer_gatys import Board, say
from demos.style_transfer_views import draw_figure, draw_gram, draw_page

PREVIEW_SECONDS = 0.4
PLACE = "Gram matrices"  # the name of their place among the tab's views
LITE = "efficientnet_lite0"
NAMES = {LITE: "EfficientNet-Lite0", "vgg19": "VGG19"}
LAYERS = [
    ("edges (conv_stem, half size)", "conv_stem"),
    ("blocks.0.0, half size", "blocks.0.0"),
    ("blocks.1.1, a quarter", "blocks.1.1"),
    ("blocks.2.1, an eighth (content layer)", "blocks.2.1"),
    ("blocks.3.2, a sixteenth", "blocks.3.2"),
    ("blocks.4.2, a sixteenth", "blocks.4.2"),
    ("blocks.5.3, a thirty-second", "blocks.5.3"),
    *(
        (f"VGG19 (download, 548 MB): {name}", f"vgg19 net.features.{index}")
        for name, index in (("relu1_1", 1), ("relu2_1", 6), ("relu3_1", 11), ("relu4_2", 22),
                            ("relu5_1", 29))
    ),
]  # fmt: skip


def show_grams(image: np.ndarray | None, style: np.ndarray | None, board: Board | None) -> dict:
    """For each layer the matrix of photograph, painting and style, and how far they are off.

    The painting is the last one of these two pictures, seen by its own network; without one, that
    of one pass.
    """
    style_transfer.check_pictures(image, style)
    if board and board.shows(image, style):
        painted, model = board.step.image, board.settings[1]
        title = f"painted, step {board.step.step}"
    else:
        painted, model = style_transfer.stylise_fast(image, style), LITE
        title = "painted in one pass"
    pictures = {"photograph": image, title: painted, "style": style}
    sides = {
        side: cvcore.style_transfer.gram_matrices(picture, model=model)
        for side, picture in pictures.items()
    }
    rows, errors = "", {}
    for name, wanted in sides["style"].items():
        limit = float(np.abs(wanted).max())
        cells = ""
        for side, grams in sides.items():
            error = float(np.square(grams[name] - wanted).sum() / np.square(wanted).sum())
            errors.setdefault(side, {})[name] = error
            words = "" if side == "style" else f"<br>off by <b>{error:.0%}</b>"
            cells += f"<td>{draw_gram(grams[name], limit)}{words}</td>"
        count = len(wanted)
        rows += f"<tr><td><b>{escape(name)}</b><br>{count} x {count}</td>{cells}</tr>"
    head = "".join(f"<th>{escape(side)}</th>" for side in sides)
    html = (
        "<p>Row i, column j: how channels i and j vary <b>together</b> (red), or against each "
        f"other (blue), wherever in the picture that is. Seen by {NAMES[model]}.</p>"
        f'<div class="scroll"><table><tr><th>layer</th>{head}</tr>{rows}</table></div>'
    )
    return {"html": draw_page(html), "errors": errors}


def follow_grams(
    place: str, image: np.ndarray | None, style: np.ndarray | None, board: Board | None
) -> Any:
    """The matrices of other pictures, while they are looked at."""
    if place != PLACE or image is None or style is None:
        return gr.skip()
    return show_grams(image, style, board)


def note_place(event: gr.SelectData) -> str:
    """Which of the tab's views is open."""
    return str(event.value)


def build_grams(
    tab: ui.Tab, places: gr.Tabs, opened: gr.Tab, image: gr.Image, style: gr.Image, board: gr.State
) -> None:
    """Three matrices a layer, drawn when their place is opened, and with other pictures."""
    again = gr.Button("Draw again, with the last painting", size="sm")
    view = ui.Panel(elem_id="style_transfer-grams")
    tab.run(
        [opened.select, again.click], show_grams, [image, style, board], view,
        api_name="style_transfer_grams",
    )  # fmt: skip
    place = gr.State("")
    tab.run(places.select, note_place, None, place, api_name=None, show_progress="hidden")
    tab.run(
        [image.change, style.change], follow_grams, [place, image, style, board], view,
        api_name=None, show_progress="hidden",
    )  # fmt: skip


def show_rebuild(image: np.ndarray | None, layer: str, steps: float) -> Iterator[dict]:
    """From noise, a picture that this layer cannot tell from the photograph."""
    style_transfer.check_pictures(image)
    model, _, name = layer.rpartition(" ")
    model = model or LITE
    for sentence in ui.fetch_model(model):
        yield say(sentence)
    yield say("Loading the network …")
    photo, shown = style_transfer.fit(image, 256), 0.0
    steps = int(steps)
    for step in cvcore.style_transfer.rebuild_content(image, name, steps=steps, model=model):
        now = time.perf_counter()
        if now - shown > PREVIEW_SECONDS or step.step == step.total:
            shown = now
            left = step.losses["content"]
            pair = draw_figure(photo, "Your picture", "Your picture") + draw_figure(
                step.image, "Rebuilt", f"Rebuilt from {escape(name)} of {NAMES[model]} alone"
            )
            html = (
                f'<div class="pair short">{pair}</div>'
                f'<p class="big">Step {step.step} of {step.total}: the layer still sees '
                f"<b>{left:.1%}</b> of difference</p>"
            )
            yield {"html": draw_page(html), "step": step.step, "content": left}


def build_rebuild(tab: ui.Tab, image: gr.Image) -> None:
    """One layer, and what it remembers."""
    with gr.Row():
        layer = ui.Dropdown(LAYERS, value="blocks.2.1", label="Layer", min_width=330)
        steps = ui.Slider(20, 400, 120, step=10, label="Steps", min_width=140)
        with gr.Column(min_width=100):
            go = gr.Button("Rebuild", variant="primary", size="sm")
            stop = gr.Column(min_width=80)
    view = ui.Panel(
        {"html": draw_page("<p>Early layers know every pixel; later ones keep shapes and let "
                           "colours and places go.</p>")},
        elem_id="style_transfer-rebuild",
    )  # fmt: skip
    running = tab.run(
        go.click, show_rebuild, [image, layer, steps], view, api_name="style_transfer_rebuild",
        kind="heavy", show_progress="minimal",
    )  # fmt: skip
    with stop:
        tab.stop_button(running)

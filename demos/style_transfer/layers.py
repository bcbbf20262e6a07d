"""What the layers hold: their Gram matrices, and what of a photograph one of them remembers."""

import time
from collections.abc import Iterator
from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore import style_transfer
from cvcore.core.errors import InputError
from cvcore.probes.stages import name_layer
from demos import components as ui
from demos import lesson
from demos.style_transfer.gatys import say_loading
from demos.style_transfer.state import LessonState
from demos.style_transfer.views import Views, draw_figure, draw_gram

PREVIEW_SECONDS = 0.4
GRAMS, REBUILD = "Gram", "Rebuild"  # the titles of their views
LITE = "efficientnet_lite0"
NAMES = {LITE: "EfficientNet-Lite0", "vgg19": "VGG19"}
MODULES = (
    "conv_stem", "blocks.0.0", "blocks.1.1", "blocks.2.1", "blocks.3.2", "blocks.4.2", "blocks.5.3",
)  # fmt: skip
WORDS = {"conv_stem": ": edges", "blocks.2.1": ": content layer"}
LAYERS = [
    *((f"{name_layer(name)} ({name}){WORDS.get(name, '')}", name) for name in MODULES),
    *(
        (f"VGG19 (download, 548 MB): {name}", f"vgg19 net.features.{index}")
        for name, index in (("relu1_1", 1), ("relu2_1", 6), ("relu3_1", 11), ("relu4_2", 22),
                            ("relu5_1", 29))
    ),
]  # fmt: skip


def show_grams(
    image: np.ndarray | None, style: np.ndarray | None, state: LessonState | None
) -> dict:
    """For each layer the matrix of photograph, painting and style, and how far they are off.

    The painting is the last one of these two pictures, seen by its own network; without one, that
    of one pass.
    """
    style_transfer.check_pictures(image, style)
    if state and state.shows(image, style):
        painted, model = state.step.image, state.made_with[1]
        title = f"painted, step {state.step.step}"
    else:
        painted, model = style_transfer.stylise_fast(image, style), LITE
        title = "painted in one pass"
    pictures = {"photograph": image, title: painted, "style": style}
    sides = {
        side: cvcore.style_transfer.gram_matrices(picture, model=model)
        for side, picture in pictures.items()
    }
    columns, errors = "", {}
    for name, wanted in sides["style"].items():
        limit = float(np.abs(wanted).max())
        count = len(wanted)
        columns += f'<p class="name"><b>{escape(name_layer(name))}</b><br>{count} channels</p>'
        for side, grams in sides.items():
            error = float(np.square(grams[name] - wanted).sum() / np.square(wanted).sum())
            errors.setdefault(side, {})[name] = error
            words = "" if side == "style" else f"off by <b>{error:.0%}</b>"
            columns += (
                f"<figure><div>{draw_gram(grams[name], limit)}</div>"
                f"<figcaption>{words}</figcaption></figure>"
            )
    heads = "".join(f'<p class="side"><b>{escape(side)}</b></p>' for side in sides)
    html = (
        f'<div class="grams" style="--layers:{len(sides["style"])}"><p></p>{heads}{columns}</div>'
        f'<p class="soft">Seen by {NAMES[model]}.</p>'
    )
    return {"html": html, "errors": errors}


def follow_grams(
    image: np.ndarray | None, style: np.ndarray | None, state: LessonState | None
) -> dict:
    """The matrices while they are looked at; what is missing is said in their place."""
    try:
        return show_grams(image, style, state)
    except InputError as error:
        return ui.say_on_stage(escape(str(error)))


def build_grams(
    tab: lesson.Tab, lazy: lesson.LazyTabs, section: gr.Tab, image: gr.Image, style: gr.Image,
    state: gr.State,
) -> None:  # fmt: skip
    """Three matrices a layer, drawn when their view is opened, and with other pictures."""
    with section:
        view = Views(label="matrices", elem_id="style_transfer-grams", elem_classes=["fill"])
    with tab.stage.controls(GRAMS):
        gr.Markdown(
            "Row i, column j: how channels i and j vary **together** (red), or against each other "
            "(blue), wherever in the picture that is.",
            elem_classes=["question"],
        )
        again = gr.Button("Draw again, with the last painting", size="sm")
    inputs = [image, style, state]
    tab.run(again.click, show_grams, inputs, view, api_name="style_transfer_grams")
    lazy.add(
        GRAMS, section, follow_grams, inputs, view, api_name=None,
        follows=[image.change, style.change], kind="stream",
    )  # fmt: skip


def show_rebuild(image: np.ndarray | None, layer: str, steps: float) -> Iterator[dict]:
    """From noise, a picture that this layer cannot tell from the photograph."""
    style_transfer.check_pictures(image)
    model, _, name = layer.rpartition(" ")
    model = model or LITE
    for sentence in lesson.fetch_model(model):
        yield say_loading(sentence)
    yield say_loading("Loading the network …")
    photo, shown = style_transfer.fit(image, 256), 0.0
    steps = int(steps)
    for step in cvcore.style_transfer.rebuild_content(image, name, steps=steps, model=model):
        now = time.perf_counter()
        if now - shown > PREVIEW_SECONDS or step.step == step.total:
            shown = now
            left = step.losses["content"]
            stopped = "" if step.step == step.total else lesson.under_way("", ", stopped")
            place = escape(name_layer(name))
            pair = draw_figure(photo, "Your picture", "Your picture") + draw_figure(
                step.image, "Rebuilt", f"Rebuilt from <b>{place}</b> of {NAMES[model]} alone"
            )
            html = (
                f'<p class="line">Step {step.step} of {step.total}{stopped}: the layer still sees '
                f'<b>{left:.1%}</b> of the difference</p><div class="row two">{pair}</div>'
            )
            yield {"html": html, "step": step.step, "content": left}


def build_rebuild(tab: lesson.Tab, image: gr.Image) -> None:
    """One layer, and what it remembers."""
    with tab.stage.view(REBUILD):
        view = Views(
            ui.say_on_stage(
                "Press “Rebuild”: noise is changed until the layer cannot tell it from your "
                "picture."
            ),
            label="rebuilt picture", elem_id="style_transfer-rebuild", elem_classes=["fill"],
        )  # fmt: skip
    with tab.stage.controls(REBUILD):
        gr.Markdown(
            "What does a layer remember of the picture? Early layers know every pixel; later ones "
            "keep shapes and let colours and places go.",
            elem_classes=["question"],
        )
        layer = ui.Dropdown(LAYERS, value="blocks.2.1", label="Layer")
        steps = ui.Slider(20, 400, 120, step=10, label="Steps")
        with gr.Row():
            go = gr.Button(
                "Rebuild", variant="primary", size="sm", min_width=80,
                elem_id="style_transfer-rebuild-start",
            )  # fmt: skip
            stop = gr.Column(min_width=70, scale=0)
    running = tab.run(
        go.click, show_rebuild, [image, layer, steps], view, api_name="style_transfer_rebuild",
        kind="heavy", show_progress="minimal",
    )  # fmt: skip
    tab.say_waiting(go, [image, layer, steps])
    with stop:
        tab.stop_button(running, shows=[view])

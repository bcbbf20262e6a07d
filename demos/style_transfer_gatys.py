"""Gatys' way: the picture changes step by step, and its weights may change meanwhile."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore import images, style_transfer
from demos import ui
from demos.style_transfer_views import draw_curves, draw_layers, draw_page, draw_picture

PREVIEW_SECONDS = 0.4
MODELS = [
    ("EfficientNet-Lite0", "efficientnet_lite0"),
    ("VGG19, the paper's (download, 548 MB; ten times slower)", "vgg19"),
]
FINEST = ("1, finest", "2", "3", "4", "5, coarsest")
NEW = "The picture, the style, the size or the network changed: a new painting began."
IDLE_STYLE = "The second style plays no part: tick the layers that it takes over."
IDLE_LAYERS = "The ticked layers wait for a second style: give one on the left."
SLOW = (
    "A step takes longer than a second, and so does each preview: a smaller size, or "
    "EfficientNet-Lite0, is quicker."
)


@dataclass
class Board:
    """What one visitor's run reads and leaves: the sliders as they stand, and the last step."""

    weights: Any = None
    step: Any = None
    pictures: str = ""  # the hash of photograph and style
    settings: tuple[int, str] = (0, "")  # size and network
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def clear(self) -> None:
        self.step, self.curves = None, {"style": [], "content": [], "smoothness": []}

    def shows(self, image: np.ndarray, style: np.ndarray) -> bool:
        """True when the painting is of these two pictures."""
        return self.step is not None and self.pictures == hash_pictures(image, style)


def hash_pictures(*pictures: np.ndarray) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digest.update(repr(picture.shape).encode())
        digest.update(np.ascontiguousarray(picture))
    return digest.hexdigest()


def turn_weights(board: Board, *values: float) -> None:
    """Content, style, smoothness and the layers' weights, for the next step of a running job."""
    content, style, smoothness, *layers = values
    board.weights = cvcore.style_transfer.StyleWeights(content, style, smoothness, tuple(layers))


@ui.keep_here
def show_painting(
    image: np.ndarray | None, style: np.ndarray | None, second: np.ndarray | None,
    keep_colours: bool, board: Board, model: str, start: str, optimiser: str, steps: float,
    side: float, stroke: float, second_layers: list[int] | None, *values: float,
) -> Iterator[tuple[dict, Any]]:  # fmt: skip
    """A new run, with two previews a second; at the end the picture to keep."""
    board.clear()
    yield from go_on(
        image, style, second, keep_colours, board, model, start, optimiser, steps, side, stroke,
        second_layers, *values,
    )  # fmt: skip


@ui.keep_here
def go_on(
    image: np.ndarray | None, style: np.ndarray | None, second: np.ndarray | None,
    keep_colours: bool, board: Board, model: str, start: str, optimiser: str, steps: float,
    side: float, stroke: float, second_layers: list[int] | None, *values: float,
) -> Iterator[tuple[dict, Any]]:  # fmt: skip
    """From where the last run stopped; from its end, as many steps more."""
    style_transfer.check_pictures(image, style)
    for sentence in ui.fetch_model(model):
        yield say(sentence), None
    yield say("Loading the network …"), None
    notes, now = [], (hash_pictures(image, style), (int(side), model))
    if board.step is not None and (board.pictures, board.settings) != now:
        board.clear()
        notes.append(NEW)
    if not board.curves:
        board.clear()
    board.pictures, board.settings = now
    if bool(second_layers) != (second is not None):
        notes.append(IDLE_LAYERS if second_layers else IDLE_STYLE)
    turn_weights(board, *values)
    layers = cvcore.style_transfer.STYLE_LAYERS[model][0]
    chosen = [layers[index] for index in second_layers or ()] if second is not None else []
    shown, before = 0.0, board.step.seconds if board.step else 0.0
    for step in cvcore.style_transfer.stylise(
        image, style, weights=lambda: board.weights, second=second, second_layers=chosen,
        side=int(side), steps=int(steps), stroke=stroke, start=start, optimiser=optimiser,
        keep_colours=keep_colours, model=model, resume=board.step,
    ):  # fmt: skip
        board.step = step
        for name, points in board.curves.items():
            points.append((step.step, getattr(step.weights, name) * step.losses[name]))
        pace, before = step.seconds - before, step.seconds
        is_last = step.step == step.total
        if is_last or time.perf_counter() - shown > PREVIEW_SECONDS:
            shown = time.perf_counter()
            slow = [SLOW] if pace > 1 else []
            yield draw_step(board, notes + slow), to_file(step.image) if is_last else gr.skip()


def show_stopped(board: Board) -> tuple[Any, Any]:
    """The painting as it stands when the run is stopped, and the file to keep."""
    if board.step is None:
        return gr.skip(), gr.skip()
    return draw_step(board), to_file(board.step.image)


def to_file(picture: np.ndarray) -> dict:
    return ui.download_value("painting.png", images.to_png(picture), "image/png")


def say(sentence: str) -> dict:
    return {"html": draw_page(f'<p class="big">{sentence}</p>')}


def draw_step(board: Board, notes: list[str] | None = None) -> dict:
    """The picture, how far it is, each weighted loss so far and each layer's style loss."""
    step = board.step
    state = "done, " if step.step == step.total else ""
    curves = draw_curves(board.curves, x_max=step.total, x_word="steps")
    html = (
        f'<div class="pair"><div>{draw_picture(step.image, "The painting")}<p class="big">Step '
        f"{step.step} of {step.total}, {state}{step.seconds:.1f} s</p>"
        + "".join(f"<p>{note}</p>" for note in notes or ())
        + f"</div><div>Each loss times its weight{curves}{draw_layers(step.layer_errors)}</div>"
        "</div>"
    )
    weights = step.weights
    return {
        "html": draw_page(html), "step": step.step, "total": step.total,
        "losses": dict(step.losses), "layers": dict(step.layer_errors), "seconds": step.seconds,
        "weights": {name: getattr(weights, name) for name in board.curves}, "notes": notes or [],
    }  # fmt: skip


def build(tab: ui.Tab, pictures: list[Any]) -> gr.State:
    """The painting, its buttons, and sliders that act while it is painted."""
    board = gr.State(Board())
    with gr.Row():
        paint = gr.Button("Paint", variant="primary", size="sm")
        stop = gr.Column(min_width=80)
        more = gr.Button("Go on", size="sm")
    view = ui.Panel(say("Paint starts the run: about 20 seconds on two cores, shown as it goes."),
                    elem_id="style_transfer-gatys")  # fmt: skip
    saved = ui.Download("Save the painting (PNG)")
    gr.Markdown("**Weights.** They act at once, also while the picture is painted.")
    with gr.Row():
        content = ui.Slider(0, 2, 0.3, step=0.05, label="Content", min_width=120)
        style = ui.Slider(0, 4, 1, step=0.05, label="Style", min_width=120)
        smoothness = ui.Slider(0, 30, 3, step=0.5, label="Smoothness", min_width=120)
    with gr.Row():
        layers = [
            ui.Slider(0, 3, 1, step=0.1, label=f"Layer {name}", min_width=100) for name in FINEST
        ]
    second_layers = ui.CheckboxGroup(
        [(name, index) for index, name in enumerate(FINEST)], value=[],
        label="Swap Gram matrices: layers that take theirs from the second style",
    )  # fmt: skip
    with gr.Accordion("Start, steps, size, network", open=False):
        with gr.Row():
            start = ui.Radio(
                [("photograph", "content"), ("style picture", "style"), ("noise", "noise")],
                value="content", label="Start from",
            )  # fmt: skip
            optimiser = ui.Radio(
                [("Adam", "adam"), ("L-BFGS", "lbfgs")], value="adam", label="Optimiser"
            )
        with gr.Row():
            steps = ui.Slider(
                10, 600, 200, step=10, label="Steps",
                info="Go on ends a stopped run first; an ended one gets so many more.",
            )  # fmt: skip
            side = ui.Slider(128, 640, 384, step=32, label="Size, pixels")
            stroke = ui.Slider(0.3, 2, 1, step=0.1, label="Size of the strokes, step by step")
        model = ui.Dropdown(MODELS, value="efficientnet_lite0", label="Network")
    weights = [content, style, smoothness, *layers]
    inputs = [
        *pictures, board, model, start, optimiser, steps, side, stroke, second_layers, *weights,
    ]  # fmt: skip
    running = [
        tab.run(event, fn, inputs, [view, saved], api_name=name, kind="heavy",
                show_progress="minimal")
        for event, fn, name in (
            (paint.click, show_painting, "style_transfer_steps"),
            (more.click, go_on, "style_transfer_go_on"),
        )
    ]  # fmt: skip
    with stop:
        stopping = tab.stop_button(*running)
    tab.run(
        stopping.click, show_stopped, board, [view, saved], api_name="style_transfer_stopped",
        show_progress="hidden",
    )  # fmt: skip
    tab.run(
        [slider.input for slider in weights], turn_weights, [board, *weights], None,
        api_name="style_transfer_weights", kind="stream",
    )  # fmt: skip
    return board

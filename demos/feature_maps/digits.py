"""A drawn digit, and every map of a small network on one screen."""

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.timing import Stopwatch
from cvcore.feature_maps import visualizations
from cvcore.probes.map_grid import draw_grid, fit_grid
from cvcore.recognition.digits import STEPS
from demos import components as ui
from demos import lesson
from demos.feature_maps.views import draw_figure
from demos.feature_maps.widgets import Panel

TITLE = "Digit"
SHARES = {
    "conv1": 45,
    "pool1": 36,
    "conv2": 43,
    "pool2": 30,
    "conv3": 22,
}  # % of the width
PIXELS = 9  # of a picture, for each such share
TITLES = {
    "conv1": "3 × 3 convolution + ReLU",
    "pool1": "2 × 2 max pooling",
    "conv2": "3 × 3 convolution + ReLU",
    "pool2": "2 × 2 max pooling",
    "conv3": "3 × 3 convolution + ReLU",
}
PARAMETERS = {"conv1": "320", "conv2": "18,496", "conv3": "73,856"}
VISUALIZED = {"act1": 8, "act2": 8, "act3": 16}  # layers, with the columns of their grids


def show_digit(image: np.ndarray | None) -> tuple[dict, str]:
    """Every map for a picture of a digit, the ten probabilities, and the latency."""
    watch = Stopwatch()
    answer = cvcore.recognition.digits.recognise(images.check_image(image))
    watch.lap("network")
    digit = np.repeat(np.rint(answer.digit * 255).astype(np.uint8)[..., None], 3, axis=2)
    parts = [_draw_step("the input", "28 × 28, centred as in MNIST", digit, 13)]
    for step in STEPS:
        maps = answer.maps[step]
        grid = fit_grid(draw_grid(maps, aspect=2, cell_side=12).image, PIXELS * SHARES[step])
        count, height, width = maps.shape
        learned = f" · {PARAMETERS[step]} parameters" if step in PARAMETERS else ""
        parts.append(
            _draw_step(
                f"{count} maps of {height} × {width}", TITLES[step] + learned, grid, SHARES[step]
            )
        )
    best = int(answer.probabilities.argmax())
    rows = "".join(
        f'<b>{digit}</b><span class="track{" first" if digit == best else ""}">'
        f'<i style="width:{100 * p:.1f}%"></i></span><span>{p:.1%}</span>'
        for digit, p in enumerate(answer.probabilities)
    )
    answer_bars = (
        f'<figure><p class="big">It reads a <b>{best}</b></p><div class="digits">{rows}</div>'
        "<figcaption>a dense layer: 11,530 parameters</figcaption></figure>"
    )
    watch.lap("drawing")
    value = {
        "html": f'<div class="way">{"".join(parts)}{answer_bars}</div>',
        "digit": best,
        "probabilities": answer.probabilities.tolist(),
        "shapes": {step: list(answer.maps[step].shape) for step in STEPS},
    }
    return value, ui.badge(watch.ms)


def _draw_step(title: str, words: str, picture: np.ndarray, share: int) -> str:
    source = images.to_data_uri(picture, quality=92)
    return (
        f'<figure style="--share:{share}"><img style="width:100%" src="{source}" '
        f'alt="{title}"><figcaption><b>{title}</b><br>{words}</figcaption></figure>'
    )


def show_drawing(event: gr.EventData) -> tuple[dict, str]:
    """Every map for what is on the pad."""
    return show_digit(ui.read_drawing(getattr(event, "src", "")))


def show_example() -> tuple[dict, dict, str]:
    """A digit to begin with, on the pad and through the network."""
    pad = np.zeros((280, 280, 3), np.uint8)
    import cv2

    points = np.array(
        [[80, 90], [120, 60], [180, 70], [190, 120], [140, 170], [85, 220], [200, 220]]
    )
    cv2.polylines(pad, [points], False, (255, 255, 255), 22, cv2.LINE_AA)
    return {"src": images.to_data_uri(pad, format="png")}, *show_digit(pad)


def show_visualizations() -> dict:
    """What the channels of the three convolutions like best, as three grids."""
    figures = []
    for layer, columns in VISUALIZED.items():
        tiles = visualizations.load_visualizations(cvcore.feature_maps.DIGITS_MODEL, layer)
        rows, side = len(tiles) // columns, tiles.shape[1]
        grid = tiles.reshape(rows, columns, side, side, 3).swapaxes(1, 2)
        grid = grid.reshape(rows * side, columns * side, 3)
        words = f"{len(tiles)} maps of {layer.replace('act', 'convolution ')}"
        figures.append(draw_figure(grid, words))
    return {"html": "".join(figures)}


def build(tab: lesson.Tab) -> None:
    """The pad beside the maps."""
    with tab.stage.controls(TITLE):
        gr.Markdown("**Draw a digit** with the mouse or a finger")
        pad = ui.DigitPad(elem_id="feature-maps-pad")
        gr.Markdown(
            "104,202 numbers in all, learned by this project's own training run from 4,000 "
            "handwritten digits; it reads 99.5 % of 1,000 others correctly."
        )
        with gr.Accordion("What each map likes best, drawn from noise", open=False) as more:
            gallery = Panel(elem_id="feature-maps-digit-visualizations")
    with tab.stage.told(TITLE):
        badge = ui.Badge(label="timings")
    section = tab.stage.view(TITLE)
    with section:
        panel = Panel(label="maps", elem_id="feature-maps-digit")
    more.expand(show_visualizations, None, gallery, api_visibility="private")
    opened = gr.State(False)
    section.select(lambda: True, None, opened, api_visibility="private", show_progress="hidden")
    tab.run(opened.change, show_example, None, [pad, panel, badge], api_name=None)
    tab.run(pad.draw, show_drawing, None, [panel, badge], api_name=None, kind="stream")
    tab.run(pad.wipe, lambda: ({"html": ""}, ""), None, [panel, badge], api_name=None)
    upload = ui.SafeImage(visible=False, label="A picture of one digit")
    tab.run(upload.input, show_digit, upload, [panel, badge], api_name="feature_maps_digit")

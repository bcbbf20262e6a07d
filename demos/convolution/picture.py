"""A kernel on a picture, and on the webcam's."""

from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from cvcore.convolution import windows
from cvcore.convolution.operation import Operation, largest_difference, to_picture
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from demos import components as ui
from demos import lesson
from demos.convolution.canvas import ConvolutionWalk, walk_value
from demos.convolution.controls import CHANNELS, Panel, PictureSettings, to_changes
from demos.convolution.names import PICTURE
from demos.convolution.views import build_snippet, describe_check, describe_sizes

PICTURE_SIDE = 480  # pixels: what a canvas shows of a picture
FRAME_SIDE = 640  # the same of a webcam's
STRETCHED_SIDE = 240  # the same of either before a transposed convolution makes it larger


def prepare_picture(
    picture: np.ndarray | None, channels: str, *, max_side: int = PICTURE_SIDE
) -> np.ndarray:
    """A picture at canvas size as uint8 (h, w, 3), or (h, w) when ``channels`` is grey."""
    if channels not in CHANNELS:
        raise InputError(f"The channels must be one of: {'; '.join(CHANNELS)}.")
    small = images.shrink(images.check_image(picture), max_side)
    return to_grey(small) if channels == CHANNELS[0] else small


def to_grey(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) as uint8 (H, W), by PIL's weights for R, G and B."""
    return np.array(Image.fromarray(image).convert("L"))


def _read(
    picture: np.ndarray | None, settings: PictureSettings, max_side: int = PICTURE_SIDE
) -> tuple[Operation, np.ndarray]:
    operation = settings.to_operation()
    side = STRETCHED_SIDE if operation.transposed else max_side
    return operation, prepare_picture(picture, settings.channels, max_side=side)


def walk_picture(
    picture: np.ndarray | None, settings: PictureSettings
) -> tuple[dict, str, str, Any]:
    """Convolve a picture: canvas, sizes, badge, and the result as a PNG file."""
    watch = Stopwatch()
    operation, image = _read(picture, settings)
    sizes = describe_sizes(operation, image.shape[:2])
    watch.lap("preprocess")
    try:
        result = operation.apply(image)
    except windows.NothingFitsError as error:
        return {"message": str(error)}, sizes, "", None
    watch.lap("convolution")
    value = walk_value(operation, image, result, show=settings.show)
    png = images.to_png(to_picture(result, show=settings.show))
    watch.lap("drawing")
    file = ui.download_value("feature_map.png", png, "image/png")
    return value, sizes, ui.badge(watch.ms), file


def check_picture(picture: np.ndarray | None, settings: PictureSettings) -> tuple[str, str, Any]:
    """The picture's numbers by torch: difference, program, and the picture that it reads."""
    operation, image = _read(picture, settings)
    try:
        result = operation.apply(image.astype(np.float64))
    except windows.NothingFitsError:
        return "", "", None
    name = "conv_transpose2d" if operation.transposed else "conv2d"
    difference = largest_difference(result, operation.apply_torch(image))
    file = ui.download_value("picture.png", images.to_png(image), "image/png")
    check = describe_check([name], [difference], float(np.abs(result).max()))
    return check, operation.torch_snippet(image), file


def process_frame(frame: np.ndarray, settings: PictureSettings) -> np.ndarray:
    """One frame of the webcam, at most 640 pixels a side, through the kernel."""
    operation, image = _read(frame, settings, FRAME_SIDE)
    return to_picture(operation.apply(image), show=settings.show)


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, panel: Panel) -> None:
    """The canvas of the picture, and the webcam."""
    stage = tab.stage
    section = stage.views[PICTURE]
    with section:
        walk = ConvolutionWalk(
            label="feature map", elem_id="convolution-picture-walk", elem_classes=["fill", "tall"]
        )
        with gr.Row(elem_classes=["told"]):
            sizes = gr.Markdown(label="sizes", elem_id="convolution-picture-sizes")
            check = gr.Markdown("Comparing with torch …", elem_id="convolution-picture-check")
    snippet = build_snippet(stage, PICTURE)
    with stage.told(PICTURE):
        badge = ui.Badge(label="timings")
        file = ui.Download("Feature map as a picture")
        source = ui.Download("Picture for torch")
    settings = lesson.Controls(
        PictureSettings, kernel=panel.picture_kernel, **panel.window, **panel.look,
        output_padding=panel.output_padding,
    )  # fmt: skip
    runs = lazy.add(
        PICTURE, section, walk_picture, [panel.picture], [walk, sizes, badge, file],
        settings=settings, api_name="convolution", kind="stream",
        follows=to_changes([panel.picture, *settings]),
    )  # fmt: skip
    for run in runs:
        tab.run(
            run.then, check_picture, [panel.picture], [check, snippet, source],
            settings=settings, api_name=None, kind="stream",
        )  # fmt: skip
    with stage.live():
        tab.live(
            process_frame, settings=settings, browser=lesson.InBrowser(__name__, has_networks=False)
        )

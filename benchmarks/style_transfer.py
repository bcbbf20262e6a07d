"""Style transfer: one step beside the same step on VGG19, and one webcam frame.

VGG19 has random weights here: they take the same time.
"""

import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.harness import Row, measure
from cvcore import style_transfer
from cvcore.core import samples
from cvcore.models.torchvision_net import build_vgg19
from cvcore.style_transfer.scene import Canvas, Scene, load_extractor, to_tensor

SIDE = 384


def run() -> list[Row]:
    photo = style_transfer.fit(samples.load_sample("astronaut"), SIDE)  # 384 x 384
    style = style_transfer.load_style("dusk")
    frame = np.pad(photo, ((0, 0), (64, 64), (0, 0)), mode="edge")  # 4 to 3, as a webcam's
    numbers = style_transfer.style_numbers(style)

    def prepare(extractor: style_transfer.Extractor):
        pixels = to_tensor(photo, extractor)
        painting = to_tensor(style_transfer.fit(style, SIDE), extractor)
        scene, canvas = Scene(extractor, pixels, [painting]), Canvas(pixels, "adam")
        return lambda: canvas.step(scene, style_transfer.StyleWeights(), 1, 0.0)

    torch.manual_seed(0)
    vgg = build_vgg19().eval().requires_grad_(False).to(memory_format=torch.channels_last)
    paper = style_transfer.Extractor(vgg, *style_transfer.STYLE_LAYERS["vgg19"])
    step = measure(prepare(load_extractor("efficientnet_lite0")), seconds=6)
    theirs = measure(prepare(paper), seconds=6, warm_up=1)
    rows = [Row(f"step at {SIDE} x {SIDE}", step, "the same step on VGG19", theirs)]

    def paint_whole() -> None:
        for _ in style_transfer.stylise(photo, style):
            pass

    rows.append(Row("200 steps, the first 80 at half size", time_once(paint_whole)))
    small = style_transfer.fit(frame, SIDE)
    rows.append(
        Row("webcam frame in one pass, 384 x 288",
            measure(lambda: style_transfer.paint(small, numbers)))
    )  # fmt: skip
    rows.append(Row("picture in one pass, 384 x 384",
                    measure(lambda: style_transfer.paint(photo, numbers))))  # fmt: skip
    return rows


def time_once(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000

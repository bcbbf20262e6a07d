"""Convolution and pooling of a 640 x 480 colour picture, and the webcam's way from frame to page.

Theirs are torch's ``F.conv2d`` with as many threads as it likes, and ``scipy.ndimage``; the same
picture and kernels, float32, in the same run.
"""

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage

from benchmarks.harness import Row, measure
from cvcore import convolution
from cvcore.convolution.operation import SHOW
from cvcore.core import images, samples
from demos.convolution.controls import CHANNELS, PictureSettings
from demos.convolution.picture import process_frame


def run() -> list[Row]:
    frame = images.resize(samples.load_sample("astronaut"), (480, 640))
    pixels = frame.astype(np.float32)
    rows = [row for side in (3, 5, 7) for row in _time_kernel(pixels, side)]
    x = torch.from_numpy(pixels).permute(2, 0, 1)
    rows.append(
        Row(
            "max pooling 2x2",
            measure(lambda: convolution.pool(pixels, 2)),
            "F.max_pool2d",
            measure(lambda: F.max_pool2d(x, 2)),
        )
    )
    return rows + [_time_frame(frame, channels) for channels in CHANNELS]


def _time_kernel(pixels: np.ndarray, side: int) -> list[Row]:
    kernel = np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)
    x = torch.from_numpy(pixels).permute(2, 0, 1)[:, None].contiguous()
    weight = torch.from_numpy(kernel)[None, None]
    ours = measure(lambda: convolution.convolve(pixels, kernel, padding="same"))
    name = f"{side}x{side} on each channel"
    theirs = measure(lambda: F.conv2d(x, weight, padding="same"))
    scipys = measure(lambda: ndimage.correlate(pixels, kernel[:, :, None], mode="constant"))
    return [
        Row(name, ours, "F.conv2d", theirs),
        Row(name, ours, "scipy.ndimage.correlate", scipys),
    ]


def _time_frame(frame: np.ndarray, channels: str) -> Row:
    """JPEG in, kernel, JPEG out: what the server does for each webcam frame."""
    settings = PictureSettings("Sobel x", padding="same", channels=channels, show=SHOW[0])
    jpeg = np.frombuffer(images.to_jpeg(frame), np.uint8)

    def work() -> str:
        picture = cv2.cvtColor(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return images.to_data_uri(process_frame(picture, settings))

    ms = measure(work)
    note = f"{channels}; {1000 / ms:.0f} frames a second on the server"
    return Row("webcam frame, 640 x 480, Sobel x", ms, note=note)

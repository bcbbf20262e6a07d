"""A webcam frame to a person's mask: ours beside the same network in eager PyTorch."""

import numpy as np
import torch

from benchmarks.harness import Row, measure
from cvcore import segmentation
from cvcore.core import samples
from cvcore.core.images import resize, to_data_uri
from cvcore.engine import checkpoints, predictor
from cvcore.segmentation.drawing import blur_background, draw_overlay
from demos.segmentation.live import LIVE_SIDE


def run() -> list[Row]:
    """Rows for the network alone, a live frame with its background blurred, and a slider."""
    predictor.load_predictor("unet_person", wait=True)
    frame = resize(samples.load_sample("astronaut")[:384], (480, 640))
    net = checkpoints.load_model(segmentation.WEIGHTS["person"])

    @torch.inference_mode()
    def eager(longest: int) -> np.ndarray:
        batch = torch.from_numpy(segmentation.to_input(frame, longest=longest))
        logits = net(batch)[0, 0].numpy()
        return segmentation.to_probability(logits, frame.shape[:2])

    rows = []
    for longest, note in ((LIVE_SIDE, "as on a webcam"), (segmentation.LONGEST["person"], "still")):
        rows.append(
            Row(
                f"mask of a frame 640 x 480, seen at {longest}",
                measure(lambda side=longest: segmentation.predict_mask(frame, longest=side)),
                "the same network in eager PyTorch",
                measure(lambda side=longest: eager(side)),
                note,
            )
        )
    mask = segmentation.predict_mask(frame, longest=LIVE_SIDE)
    rows.append(
        Row(
            "webcam frame to a picture in the page",
            measure(
                lambda: to_data_uri(
                    blur_background(
                        frame, segmentation.predict_mask(frame, longest=LIVE_SIDE).probability
                    )
                )
            ),
            note="mask, background blurred, JPEG",
        )
    )
    rows.append(
        Row(
            "another threshold on a stored mask",
            measure(lambda: draw_overlay(frame, mask.above(0.3))),
            note="no network",
        )
    )
    return rows

"""What stands before and after a classifier, and the webcam's view of its answers."""

import numpy as np

from cvcore.classification import smoothing
from cvcore.recognition import classifier, preprocessing
from demos.classification.answers import Answer, to_bars
from demos.classification.live import count_flicker, draw_flicker, mark_crop, tell_browser
from tests.golden import make_picture, pack

MODEL = classifier.DEFAULT_MODEL
SIZES = ((48, 64), (31, 17), (40, 40))


def build() -> dict:
    pictures = [make_picture(*size) for size in SIZES]
    crops = [
        {
            "picture": pack(one), "crop": list(preprocessing.find_crop(one.shape[:2], MODEL)),
            "marked": pack(mark_crop(one, MODEL)),
            "input": pack(np.rint(preprocessing.prepare(one, MODEL)[:, ::9, ::9] * 255)
                          .astype(np.uint8)),
        }
        for one in pictures
    ]  # fmt: skip
    rng, state, frames = np.random.default_rng(0), None, []
    for _ in range(4):
        logits = rng.normal(0, 3, 1000).astype(np.float32)
        now = classifier.softmax(logits, 1.5)
        state = smoothing.smooth(state, now, inertia=0.6)
        bars = to_bars(
            Answer(MODEL, logits), 5, temperature=1.5, limit=6.9, roomy=0,
            probabilities=state.probabilities,
        )  # fmt: skip
        frames.append({"logits": pack(logits), "bars": bars, "counts": count_flicker(state)})
    return {
        "recipe": tell_browser(None)["models"][MODEL]["recipe"],
        "crops": crops,
        "frames": frames,
        "flicker": draw_flicker(state),
    }

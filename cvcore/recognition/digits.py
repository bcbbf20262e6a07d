"""A drawn digit on its way through the digits network, with every map kept."""

from dataclasses import dataclass, field

import numpy as np

from cvcore.core import images, notebook
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

SIDE = 28  # pixels: the network's input
INK_SIDE = 20  # pixels: the longer side of the ink inside it, as in MNIST
EMPTY = "There is nothing drawn yet: draw a digit, large, with the mouse or a finger."
STEPS = ("conv1", "pool1", "conv2", "pool2", "conv3")
_SHOWN = ("act1", "pool1", "act2", "pool2", "act3")  # after the non-linearity, where there is one


@dataclass(frozen=True, eq=False)
class DigitAnswer:
    """Everything the network made of a digit."""

    digit: np.ndarray = field(repr=False)  # (28, 28) float32 in [0, 1], white on black
    maps: dict[str, np.ndarray] = field(repr=False)  # by step: (C, H, W) float32
    probabilities: np.ndarray  # (10,)

    def _repr_html_(self) -> str:
        drawn = images.resize(
            np.rint(self.digit * 255).astype(np.uint8), (112, 112), resample="box"
        )
        bars = notebook.bars_html([str(number) for number in range(10)], self.probabilities)
        return notebook.picture_html(drawn, "as the network sees it") + bars


@undisturbed
def to_digit(image: images.Picture) -> np.ndarray:
    """A picture of one digit as MNIST has it: float32 (28, 28) in [0, 1], white ink on black.

    Light paper is told from dark by its edge. The ink is cut out, its longer side brought to 20
    pixels, and its centre of mass put in the middle. Raises ``InputError`` when there is no ink.
    """
    image = images.as_image(image)
    grey = image.astype(np.float32).mean(axis=2) / 255
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(edge))
    ink = np.abs(grey - paper)
    if ink.max() < 0.15:
        raise InputError(EMPTY)
    ink = np.where(ink > 0.2 * ink.max(), ink / ink.max(), 0)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = INK_SIDE / max(ink.shape)
    size_hw = tuple(max(1, round(side * scale)) for side in ink.shape)
    small = images.resize(np.rint(ink * 255).astype(np.uint8), size_hw, resample="box")
    small = small.astype(np.float32) / max(small.max(), 1)
    mass = small / small.sum()
    offsets = [
        int(
            np.clip(round(SIDE / 2 - (mass.sum(axis=1 - axis) @ (np.arange(n) + 0.5))), 0, SIDE - n)
        )
        for axis, n in enumerate(small.shape)
    ]
    digit = np.zeros((SIDE, SIDE), np.float32)
    top, left = offsets
    digit[top : top + small.shape[0], left : left + small.shape[1]] = small
    return digit


@undisturbed
def recognise(image: images.Picture) -> DigitAnswer:
    """Which digit is drawn, and every map on the way; the picture is uint8 (H, W, 3)."""
    import torch

    from cvcore.engine import checkpoints
    from cvcore.probes import hooks
    from cvcore.recognition import classifier

    digit = to_digit(image)
    model = checkpoints.load_model("digits_cnn")
    batch = torch.from_numpy(digit)[None, None].to(next(model.parameters()).device)
    with torch.inference_mode():
        found = hooks.record(model, batch, _SHOWN, stop=False)
    maps = {step: found[name][0].cpu().numpy() for step, name in zip(STEPS, _SHOWN, strict=True)}
    return DigitAnswer(digit, maps, classifier.softmax(found[""][0].cpu().numpy()))

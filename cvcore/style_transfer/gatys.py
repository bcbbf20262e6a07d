"""A photograph in the manner of a painting, found step by step.

Gatys, Ecker and Bethge, "Image Style Transfer Using Convolutional Neural Networks", CVPR 2016: a
picture is changed until a network sees the photograph's features and the painting's Gram matrices
in it. The paper's network is VGG19. What makes a smaller one paint as well: every error as a share
of its target's size, Gram matrices at full and at half size (Snelgrove, "High-Resolution
Multi-Scale Neural Texture Synthesis", 2017), a picture made of coarse and fine layers, a first run
at half size, and small shifts before each look, so that strides leave no pattern.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from cvcore import images
from cvcore.activations import get_layer
from cvcore.errors import InputError
from cvcore.style_transfer.colours import keep_colours as put_colours_back
from cvcore.style_transfer.fast import check_pictures, check_range, fit
from cvcore.style_transfer.losses import gram_matrix
from cvcore.style_transfer.scene import (
    OPTIMISERS,
    Canvas,
    Extractor,
    Scene,
    StyleWeights,
    check_choice,
    load_extractor,
    look,
    resize,
    scaled,
    to_tensor,
)

DEFAULT_MODEL = "efficientnet_lite0"
DEFAULT_SIDE, DEFAULT_STEPS = 384, 200
SIDES, MAX_STEPS = (64, 768), 2000
COARSE_SHARE = 0.4  # of the steps, at half size


@dataclass(frozen=True)
class StyleStep:
    """The picture after a step."""

    step: int  # counted from 1
    total: int
    losses: Mapping[str, float]
    """content, style and smoothness before the step, without their weights, and total with."""
    layer_errors: Mapping[str, float]
    """The style loss of each layer."""
    pixels: Tensor = field(repr=False)  # (1, 3, H, W) in [0, 1]
    colours: np.ndarray | None = field(default=None, repr=False)
    """A photograph that gives its colours, uint8 (H, W, 3)."""
    weights: StyleWeights | None = None
    """Those that the step went by."""
    seconds: float = 0.0
    """Of work so far; what passed between the steps is not counted."""
    planned: int = 0  # steps of the run at first, before it was made longer
    canvas: Canvas | None = field(default=None, repr=False)
    """To go on from; none by L-BFGS, whose memory is forty pictures."""

    @property
    def image(self) -> np.ndarray:
        """The picture, uint8 (H, W, 3)."""
        image = images.to_image(self.pixels)
        if self.colours is None:
            return image
        return put_colours_back(images.resize(self.colours, image.shape[:2]), image)


def stylise(
    content: np.ndarray,
    style: np.ndarray,
    *,
    weights: StyleWeights | Callable[[], StyleWeights] | None = None,
    second: np.ndarray | None = None,
    second_layers: Sequence[str] = (),
    side: int = DEFAULT_SIDE,
    steps: int = DEFAULT_STEPS,
    stroke: float = 1.0,
    start: Literal["content", "style", "noise"] = "content",
    optimiser: Literal["adam", "lbfgs"] = "adam",
    keep_colours: bool = False,
    model: str | Extractor = DEFAULT_MODEL,
    seed: int = 0,
    resume: StyleStep | None = None,
    seconds: float | None = None,
) -> Iterator[StyleStep]:
    """Paint ``content`` in the manner of ``style``, both uint8 (H, W, 3); a ``StyleStep`` a step.

    The picture has its longer side at ``side`` pixels (64 to 768), at half of that for the first
    two fifths of ``steps`` (1 to 2000). ``weights`` may be a function: it is asked before every
    step. ``stroke`` (0.3 to 2) scales the style picture. The ``second_layers`` take their Gram
    matrices from the ``second`` picture. ``resume`` goes on from a step of an earlier run on the
    same photograph at the same size: to its end, or from its end for ``steps`` more, in the small
    steps that it ended with. By Adam, the last step goes on as if the run had not been stopped.
    With ``seconds`` (0.5 to 600) the clock counts instead of the steps. Closing the generator ends
    the work. Raises ``InputError`` for values out of range.
    """
    styles = (style,) if second is None else (style, second)
    check_pictures(content, *styles)
    check_range("size", side, *SIDES, is_whole=True)
    check_range("steps", steps, 1, MAX_STEPS, is_whole=True)
    if seconds is not None:
        check_range("seconds", seconds, 0.5, 600)
    check_range("stroke size", stroke, 0.3, 2)
    check_choice("start", start, ("content", "style", "noise"))
    check_choice("optimiser", optimiser, tuple(OPTIMISERS))
    extractor = load_extractor(model) if isinstance(model, str) else model
    for name in second_layers:
        check_choice("style layer", name, extractor.style_layers)
    ask = weights if callable(weights) else lambda: weights or StyleWeights()
    ask().check(len(extractor.style_layers))
    photo = fit(content, side)
    full = to_tensor(photo, extractor)
    sheets = [to_tensor(fit(one, max(32, round(side * stroke))), extractor) for one in styles]
    picture = _first_picture(full, sheets[0], start, seed) if resume is None else resume.pixels
    number, total, planned, spent = 0, steps, steps, 0.0
    if resume is not None:
        if tuple(resume.pixels.shape[2:]) not in (scaled(full, 0.5), scaled(full, 1.0)):
            raise InputError("The earlier painting has another size: start a new one.")
        number, total, spent = resume.step, resume.total, resume.seconds
        planned = resume.planned or total
        if number >= total:
            total += steps
    began = time.perf_counter() - spent
    # 1 at the end of the run that was planned; above, when it was made longer
    done = spent / seconds if seconds else number / planned
    for scale, begin, end in ((0.5, 0.0, COARSE_SHARE), (1.0, COARSE_SHARE, total / planned)):
        if done >= end - 1e-9:
            continue
        size_hw = scaled(full, scale)
        scene = Scene(
            extractor, resize(full, size_hw), [resize(one, scaled(one, scale)) for one in sheets],
            second_layers=second_layers, is_shifted=optimiser == "adam",
        )  # fmt: skip
        canvas = resume.canvas if resume is not None else None
        if canvas is None or not canvas.fits(size_hw, optimiser, number):
            canvas = Canvas(resize(picture, size_hw), optimiser)
        while done < end - 1e-9:
            number += 1
            current = ask()
            current.check(len(extractor.style_layers))
            progress = min(1.0, (done - begin) / (min(end, 1.0) - begin))
            losses, errors = canvas.step(scene, current, number, progress)
            picture = canvas.picture()
            paused = time.perf_counter()
            done = (paused - began) / seconds if seconds else number / planned
            whole = round(number / min(1.0, done)) if seconds else total
            yield StyleStep(
                number, whole, losses, errors, picture, photo if keep_colours else None, current,
                paused - began, planned, canvas if optimiser == "adam" else None,
            )  # fmt: skip
            began += time.perf_counter() - paused


def rebuild_content(
    content: np.ndarray,
    layer: str,
    *,
    side: int = 256,
    steps: int = 150,
    model: str | Extractor = DEFAULT_MODEL,
    seed: int = 0,
) -> Iterator[StyleStep]:
    """From noise, a picture that gives one layer the same activations as ``content`` does.

    What the layer has forgotten stays open. Mahendran and Vedaldi, "Understanding Deep Image
    Representations by Inverting Them", 2015; Gatys et al. 2015, figure 1. Raises ``InputError``.
    """
    check_pictures(content)
    check_range("size", side, *SIDES, is_whole=True)
    check_range("steps", steps, 1, MAX_STEPS, is_whole=True)
    extractor = load_extractor(model) if isinstance(model, str) else model
    try:
        get_layer(extractor.module, layer)
    except ValueError:
        raise InputError(f"There is no layer {layer!r}: choose one of the menu.") from None
    extractor = Extractor(extractor.module, (), layer)
    full = to_tensor(fit(content, side), extractor)
    scene = Scene(extractor, full, (), is_shifted=True)
    canvas = Canvas(_first_picture(full, full, "noise", seed), "adam")
    for number in range(1, int(steps) + 1):
        losses, errors = canvas.step(scene, REBUILD_WEIGHTS, number, number / steps)
        yield StyleStep(number, int(steps), losses, errors, canvas.picture())


REBUILD_WEIGHTS = StyleWeights(content=1.0, style=0.0, smoothness=0.5)


class LossMeter:
    """The losses of pictures beside one photograph and one style, as ``stylise`` counts them.

    Both are uint8 (H, W, 3) and taken with their longer side at ``side`` pixels.
    """

    def __init__(
        self, content: np.ndarray, style: np.ndarray, *, side: int = DEFAULT_SIDE,
        model: str | Extractor = DEFAULT_MODEL,
    ) -> None:  # fmt: skip
        check_pictures(content, style)
        check_range("size", side, *SIDES, is_whole=True)
        extractor = load_extractor(model) if isinstance(model, str) else model
        photo, sheet = (to_tensor(fit(one, side), extractor) for one in (content, style))
        self.scene, self.size_hw = Scene(extractor, photo, [sheet], is_shifted=False), photo.shape

    def measure(self, picture: np.ndarray, weights: StyleWeights | None = None) -> dict[str, float]:
        """content, style, smoothness and total of a picture uint8 (H, W, 3)."""
        pixels = resize(to_tensor(picture, self.scene.extractor), tuple(self.size_hw[2:]))
        with torch.no_grad():
            return self.scene.weigh(pixels, weights or StyleWeights(), 0)[1]


def gram_matrices(
    image: np.ndarray, *, side: int = DEFAULT_SIDE, model: str | Extractor = DEFAULT_MODEL
) -> dict[str, np.ndarray]:
    """The Gram matrix float32 (C, C) of each style layer on a picture uint8 (H, W, 3)."""
    check_pictures(image)
    extractor = load_extractor(model) if isinstance(model, str) else model
    with torch.no_grad():
        maps = look(extractor.module, to_tensor(fit(image, side), extractor),
                    extractor.style_layers)  # fmt: skip
    return {
        name: gram_matrix(maps[name], centre=True).cpu().numpy() for name in extractor.style_layers
    }


def _first_picture(photo: Tensor, sheet: Tensor, start: str, seed: int) -> Tensor:
    if start == "content":
        return photo
    if start == "style":
        return resize(sheet, tuple(photo.shape[2:]))
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(photo.shape, generator=generator).to(photo.device)
    return 0.5 + 0.3 * (noise - 0.5)

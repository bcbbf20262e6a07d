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

from cvcore.core import images, notebook
from cvcore.core.checks import check_seed
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.probes.hooks import get_layer
from cvcore.style_transfer.colours import keep_colours as put_colours_back
from cvcore.style_transfer.fast import check_pictures, check_range, fit
from cvcore.style_transfer.losses import gram_matrix
from cvcore.style_transfer.options import (
    DEFAULT_MODEL,
    DEFAULT_SIDE,
    DEFAULT_STEPS,
    MAX_STEPS,
    SIDES,
    STARTS,
    StyleWeights,
    check_choice,
)
from cvcore.style_transfer.scene import (
    OPTIMISERS,
    Canvas,
    Extractor,
    Scene,
    load_extractor,
    look,
    resize,
    scaled,
    to_tensor,
)

COARSE_SHARE = 0.4  # of the steps, at half size


@dataclass(frozen=True, eq=False)
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

    def _repr_html_(self) -> str:
        return notebook.picture_html(self.image, f"step {self.step} of {self.total}")


@undisturbed
def stylise(
    content: images.Picture,
    style: images.Picture,
    *,
    weights: StyleWeights | Callable[[], StyleWeights] | None = None,
    second: images.Picture | None = None,
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
    content, *styles = check_pictures(content, *((style,) if second is None else (style, second)))
    side, steps, stroke = _check_options(side, steps, stroke, start, optimiser)
    if seconds is not None:
        seconds = check_range("seconds", seconds, 0.5, 600)
    extractor = load_extractor(model) if isinstance(model, str) else model
    for name in second_layers:
        check_choice("style layer", name, extractor.style_layers)
    ask = weights if callable(weights) else lambda: weights or StyleWeights()
    ask().check(len(extractor.style_layers))
    photo = fit(content, side)
    full = to_tensor(photo, extractor)
    style_pictures = [
        to_tensor(fit(one, max(32, round(side * stroke))), extractor) for one in styles
    ]
    first = _first_picture(full, style_pictures[0], start, seed) if resume is None else None
    yield from paint_steps(
        extractor, full, style_pictures, first, ask, _Progress(full, steps, seconds, resume),
        second_layers=second_layers, optimiser=optimiser, resume=resume,
        colours=photo if keep_colours else None,
    )  # fmt: skip


def _check_options(
    side: int, steps: int, stroke: float, start: str, optimiser: str
) -> tuple[int, int, float]:
    check_choice("start", start, STARTS)
    check_choice("optimiser", optimiser, tuple(OPTIMISERS))
    return (
        check_range("size", side, *SIDES, is_whole=True),
        check_range("steps", steps, 1, MAX_STEPS, is_whole=True),
        check_range("stroke size", stroke, 0.3, 2),
    )


class _Progress:
    """How far a run is: by its steps, or by the clock where ``seconds`` are given."""

    def __init__(
        self, full: Tensor, steps: int, seconds: float | None, resume: StyleStep | None
    ) -> None:
        self.limit = seconds
        self.number, self.total, self.planned, self.spent = 0, steps, steps, 0.0
        if resume is not None:
            if tuple(resume.pixels.shape[2:]) not in (scaled(full, 0.5), scaled(full, 1.0)):
                raise InputError("The earlier painting has another size: start a new one.")
            self.number, self.total, self.spent = resume.step, resume.total, resume.seconds
            self.planned = resume.planned or self.total
            if self.number >= self.total:
                self.total += steps
        self._began = time.perf_counter() - self.spent

    @property
    def done(self) -> float:
        """1 at the end of the run that was planned; above, when it was made longer."""
        return self.spent / self.limit if self.limit else self.number / self.planned

    @property
    def steps(self) -> int:
        """Of the whole run; by the clock, as many as the pace so far lets expect."""
        return round(self.number / min(1.0, self.done)) if self.limit else self.total

    def count(self) -> None:
        """A step was taken; the clock stands until ``go_on``."""
        self.number += 1
        self._paused = time.perf_counter()
        self.spent = self._paused - self._began

    def go_on(self) -> None:
        self._began += time.perf_counter() - self._paused


def paint_steps(
    extractor: Extractor, full: Tensor, style_pictures: Sequence[Tensor], first: Tensor | None,
    ask: Callable[[], StyleWeights], progress: _Progress, *, second_layers: Sequence[str],
    optimiser: str, resume: StyleStep | None, colours: np.ndarray | None,
) -> Iterator[StyleStep]:  # fmt: skip
    """The steps of ``stylise``, from the picture ``first`` or on from ``resume``: two fifths at
    half size, the others at the whole."""
    picture = first if resume is None else resume.pixels
    end_of_all = progress.total / progress.planned
    for scale, begin, end in ((0.5, 0.0, COARSE_SHARE), (1.0, COARSE_SHARE, end_of_all)):
        if progress.done >= end - 1e-9:
            continue
        size_hw = scaled(full, scale)
        scene = Scene(
            extractor, resize(full, size_hw),
            [resize(one, scaled(one, scale)) for one in style_pictures],
            second_layers=second_layers, is_shifted=optimiser == "adam",
        )  # fmt: skip
        canvas = resume.canvas if resume is not None else None
        if canvas is None or not canvas.fits(size_hw, optimiser, progress.number):
            canvas = Canvas(resize(picture, size_hw), optimiser)
        while progress.done < end - 1e-9:
            weights = ask()
            weights.check(len(extractor.style_layers))
            share = min(1.0, (progress.done - begin) / (min(end, 1.0) - begin))
            losses, errors = canvas.step(scene, weights, progress.number + 1, share)
            picture = canvas.picture()
            progress.count()
            yield StyleStep(
                progress.number, progress.steps, losses, errors, picture, colours, weights,
                progress.spent, progress.planned, canvas if optimiser == "adam" else None,
            )  # fmt: skip
            progress.go_on()


@undisturbed
def rebuild_content(
    content: images.Picture,
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
    (content,) = check_pictures(content)
    side = check_range("size", side, *SIDES, is_whole=True)
    steps = check_range("steps", steps, 1, MAX_STEPS, is_whole=True)
    extractor = load_extractor(model) if isinstance(model, str) else model
    try:
        get_layer(extractor.module, layer)
    except ValueError:
        raise InputError(f"There is no layer {layer!r}: choose one of the menu.") from None
    extractor = Extractor(extractor.module, (), layer)
    full = to_tensor(fit(content, side), extractor)
    scene = Scene(extractor, full, (), is_shifted=True)
    canvas = Canvas(_first_picture(full, full, "noise", seed), "adam")
    for number in range(1, steps + 1):
        losses, errors = canvas.step(scene, REBUILD_WEIGHTS, number, number / steps)
        yield StyleStep(number, steps, losses, errors, canvas.picture())


REBUILD_WEIGHTS = StyleWeights(content=1.0, style=0.0, smoothness=0.5)


class LossMeter:
    """The losses of pictures beside one photograph and one style, as ``stylise`` counts them.

    Both are uint8 (H, W, 3) and taken with their longer side at ``side`` pixels.
    """

    @undisturbed
    def __init__(
        self, content: images.Picture, style: images.Picture, *, side: int = DEFAULT_SIDE,
        model: str | Extractor = DEFAULT_MODEL,
    ) -> None:  # fmt: skip
        content, style = check_pictures(content, style)
        side = check_range("size", side, *SIDES, is_whole=True)
        extractor = load_extractor(model) if isinstance(model, str) else model
        photo, painting = (to_tensor(fit(one, side), extractor) for one in (content, style))
        self.scene = Scene(extractor, photo, [painting], is_shifted=False)
        self.size_hw = tuple(photo.shape[2:])

    @undisturbed
    def measure(
        self, picture: images.Picture, weights: StyleWeights | None = None
    ) -> dict[str, float]:
        """content, style, smoothness and total of a picture."""
        pixels = resize(to_tensor(picture, self.scene.extractor), self.size_hw)
        with torch.no_grad():
            return self.scene.weigh(pixels, weights or StyleWeights(), 0)[1]


@undisturbed
def gram_matrices(
    image: images.Picture, *, side: int = DEFAULT_SIDE, model: str | Extractor = DEFAULT_MODEL
) -> dict[str, np.ndarray]:
    """The Gram matrix float32 (C, C) of each style layer on a picture."""
    (image,) = check_pictures(image)
    side = check_range("size", side, *SIDES, is_whole=True)
    extractor = load_extractor(model) if isinstance(model, str) else model
    with torch.no_grad():
        maps = look(extractor.module, to_tensor(fit(image, side), extractor),
                    extractor.style_layers)  # fmt: skip
    return {
        name: gram_matrix(maps[name], centre=True).cpu().numpy() for name in extractor.style_layers
    }


def _first_picture(photo: Tensor, style: Tensor, start: str, seed: int) -> Tensor:
    if start == "content":
        return photo
    if start == "style":
        return resize(style, tuple(photo.shape[2:]))
    generator = torch.Generator().manual_seed(check_seed(seed))
    noise = torch.rand(photo.shape, generator=generator).to(photo.device)
    return 0.5 + 0.3 * (noise - 0.5)

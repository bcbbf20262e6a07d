"""Changing a picture until the network's inside answers as strongly as it can.

One optimiser for two lessons: from noise it draws what a unit likes best (activation
maximisation), from a photograph it dreams. Erhan et al., "Visualizing Higher-Layer Features of a
Deep Network", 2009; Mordvintsev et al., "Inceptionism", 2015 (octaves, jitter); Olah et al.,
"Feature Visualization", Distill 2017; Mordvintsev et al., "Differentiable Image
Parameterizations", Distill 2018 (Fourier coefficients of decorrelated colours).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.core.checks import as_number, as_whole, check_seed, show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.probes.hooks import record

Objective = Callable[[Mapping[str, Tensor]], Tensor]
MAX_STEPS, MAX_SIDE = 2000, 1280
SIDES = (16, MAX_SIDE)  # pixels
BANDS = (1, 2, 4, 8)  # times the smoothing: what is drawn at once, from fine to coarse

# Colours of photographs vary together; this matrix (a root of their covariance over ImageNet,
# Olah et al.) turns independent values into such colours.
# Arrays, not tensors: those would be what the caller's settings make of them at import.
_COLOURS = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], np.float32)
_COLOURS = _COLOURS / np.linalg.norm(_COLOURS, axis=0).max()


def _square_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


# What it makes of a gradient: brightness counts most, as it varies most among photographs.
_TO_PHOTO_COLOURS = _square_root(_COLOURS @ _COLOURS.T)


@dataclass(frozen=True)
class Settings:
    """How a picture is changed."""

    steps: int = 128
    """Steps in each octave, 1 to 2000."""
    octaves: int = 1
    """Sizes worked through, from small to large; shapes found early grow with the picture."""
    octave_scale: float = 1.4
    """How many times larger each octave is than the one before, above 1."""
    jitter: int = 8
    """Pixels: the picture is moved by up to this much before each look, so that no pixel pattern
    can please the network at one place only."""
    turn: float = 0.0
    """Degrees: it is also turned by up to this much."""
    zoom: float = 0.0
    """And made larger or smaller by up to this share, 0 to 0.5."""
    learning_rate: float = 0.05
    """Length of a step; with "pixels" the mean change of a value in [0, 1] is a tenth of it."""
    parameterisation: Literal["fourier", "pixels"] = "fourier"
    """What is changed: Fourier coefficients (even steps at every scale), or pixel values."""
    smoothing: float = 0.0
    """Pixels: with "pixels" the gradient is blurred by this much, and by twice, four and eight
    times it, and all are added. Nothing finer than this is drawn: the gradient through a network's
    strides is uneven from pixel to pixel, and would leave a stipple. What is coarse would hardly
    count by itself: without it, plain places fill with fine ripples and never with a shape."""
    max_change: float = 0.0
    """With "pixels", how far the picture may get from the one it started as: the root mean square
    of all changes, in [0, 1]. Contrast and light stay near the photograph's. 0 sets no limit."""
    seed: int = 0

    def check(self) -> "Settings":
        """The settings as plain numbers; ``InputError`` for one out of its range."""
        limits: dict[str, tuple[Any, Any]] = {
            "steps": (1, MAX_STEPS), "octaves": (1, 10), "octave_scale": (1.05, 3.0),
            "jitter": (0, 128), "turn": (0, 45), "zoom": (0, 0.5), "learning_rate": (1e-4, 1.0),
            "smoothing": (0, 8), "max_change": (0, 1),
        }  # fmt: skip
        numbers: dict[str, Any] = {"seed": check_seed(self.seed)}
        for name, (low, high) in limits.items():
            value, is_whole = getattr(self, name), name in ("steps", "octaves")
            number = as_whole(value, low, high) if is_whole else as_number(value, low, high)
            if number is None:
                kind = "whole number" if is_whole else "value"
                words = name.replace("_", " ")
                raise InputError(
                    f"Choose a {kind} for {words} from {low} to {high}, got {show(value)}."
                )
            numbers[name] = number
        if self.parameterisation not in _PARAMETERISATIONS:
            raise InputError(
                f"The parameterisation is fourier or pixels, got {self.parameterisation!r}."
            )
        return replace(self, **numbers)


@dataclass(frozen=True, eq=False)
class Step:
    """The picture after a step."""

    number: int  # counted from 1 over all octaves
    total: int
    octave: int  # counted from 1
    objective: float  # before the step, as the network saw the moved picture
    image: Tensor = field(repr=False)  # (1, 3, H, W) in [0, 1], detached


def _to_tensor(matrix: np.ndarray, image: Tensor) -> Tensor:
    return torch.tensor(matrix).to(image)


class Parameterisation(Protocol):
    """Numbers that make a picture, and how they follow a gradient."""

    def render(self) -> Tensor: ...  # (1, C, H, W) in [0, 1]
    def step(self, objective: Tensor) -> None: ...


class Fourier:
    """A picture as Fourier coefficients of decorrelated colours, each scaled as photographs are."""

    def __init__(
        self, image: Tensor, settings: Settings, mask: Tensor | None = None, _: Tensor | None = None
    ) -> None:
        if mask is not None:
            raise ValueError("Only pixels can be changed in a part of the picture.")
        self.size_hw = height, width = image.shape[2:]
        rows = torch.fft.fftfreq(height, device=image.device)[:, None]
        columns = torch.fft.rfftfreq(width, device=image.device)[None, :]
        frequency = (rows**2 + columns**2).sqrt()
        self.scale = math.sqrt(height * width) / frequency.clamp(min=1 / max(height, width))
        channels = image.shape[1]
        self.colours = _to_tensor(_COLOURS if channels == 3 else np.eye(channels), image)
        values = torch.logit(image.clamp(0.005, 0.995))
        plain = torch.einsum("ij,njhw->nihw", torch.linalg.inv(self.colours), values)
        spectrum = torch.fft.rfft2(plain * 4) / self.scale
        self.coefficients = torch.view_as_real(spectrum).contiguous().requires_grad_()
        self.optimiser = torch.optim.Adam([self.coefficients], lr=settings.learning_rate)

    def render(self) -> Tensor:
        spectrum = torch.view_as_complex(self.coefficients) * self.scale
        plain = torch.fft.irfft2(spectrum, s=self.size_hw) / 4
        return torch.sigmoid(torch.einsum("ij,njhw->nihw", self.colours, plain))

    def step(self, objective: Tensor) -> None:
        self.optimiser.zero_grad()
        (-objective).backward()
        self.optimiser.step()


class Pixels:
    """A picture as its values; each step has the same mean length, whatever the gradient's.

    Steps follow the colours of photographs, in which brightness varies most and colour least.
    Near black and white the steps towards them shrink, so that no colour is ever cut off.
    """

    MARGIN, MAX_STEP = 0.35, 0.15

    def __init__(
        self,
        image: Tensor,
        settings: Settings,
        mask: Tensor | None = None,
        photo: Tensor | None = None,
    ) -> None:
        self.values = image.clone().requires_grad_()
        self.photo = image if photo is None else photo
        self.length, self.smoothing = 0.1 * settings.learning_rate, settings.smoothing
        self.max_change, self.mask = settings.max_change, mask
        self.colours = _to_tensor(_TO_PHOTO_COLOURS, image) if image.shape[1] == 3 else None

    def render(self) -> Tensor:
        return self.values

    def step(self, objective: Tensor) -> None:
        (gradient,) = torch.autograd.grad(objective, self.values)
        with torch.no_grad():
            gradient = smooth(gradient, self.smoothing)
            if self.colours is not None:
                gradient = torch.einsum("ij,njhw->nihw", self.colours, gradient)
            share = 1.0
            if self.mask is not None:
                gradient, share = gradient * self.mask, float(self.mask.mean()) + 1e-6
            step = gradient * (self.length * share / (gradient.abs().mean() + 1e-12))
            room = torch.where(step > 0, 1 - self.values, self.values)
            step *= (room / self.MARGIN).clamp_(0, 1)
            self.values += step.clamp_(-self.MAX_STEP, self.MAX_STEP)
            if self.max_change:
                self._stay_near()
            self.values.clamp_(0, 1)

    def _stay_near(self) -> None:
        """Scale all changes down together when they have become too large."""
        change = self.values - self.photo
        share = 1.0 if self.mask is None else float(self.mask.mean())
        size = float((change.square().mean() / max(share, 1e-6)).sqrt())
        if size > self.max_change:
            self.values.copy_(self.photo + change * (self.max_change / size))


def smooth(gradient: Tensor, sigma: float) -> Tensor:
    """The gradient blurred by 1, 2, 4 and 8 times ``sigma`` pixels, each to the same strength.

    What is wider than a tenth of the shorter side counts as that tenth. None makes the picture as
    a whole lighter or darker.
    """
    if not sigma:
        return gradient
    total = torch.zeros_like(gradient)
    for band in BANDS:
        blurred = blur(gradient, min(band * sigma, max(sigma, min(gradient.shape[2:]) / 10)))
        blurred = blurred - blurred.mean(dim=(2, 3), keepdim=True)
        total += blurred / (blurred.abs().mean() + 1e-12)
    return total


def blur(image: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (N, C, H, W); edges are reflected."""
    radius = max(1, min(math.ceil(3 * sigma), *(side - 1 for side in image.shape[2:])))
    offsets = torch.arange(-radius, radius + 1, device=image.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = (kernel / kernel.sum()).to(image)
    channels = image.shape[1]
    padded = F.pad(image, (radius,) * 4, mode="reflect")
    rows = F.conv2d(padded, kernel.view(1, 1, -1, 1).repeat(channels, 1, 1, 1), groups=channels)
    return F.conv2d(rows, kernel.view(1, 1, 1, -1).repeat(channels, 1, 1, 1), groups=channels)


_PARAMETERISATIONS: dict[str, type[Fourier] | type[Pixels]] = {"fourier": Fourier, "pixels": Pixels}


@undisturbed
def maximise(
    module: nn.Module,
    layers: Sequence[str],
    objective: Objective,
    start: Tensor,
    settings: Settings | None = None,
    *,
    inputs: bool = False,
    mask: Tensor | None = None,
    resume: Tensor | None = None,
) -> Iterator[Step]:
    """Change the picture ``start`` (1, C, H, W) in [0, 1] step by step to raise an objective.

    ``objective`` turns the activations of ``layers``, by name, into one number; with ``inputs``
    it gets what goes into those layers. Yields a ``Step`` after each; ending the generator ends
    the work. With several octaves the first is the smallest, the last has the size of ``start``,
    and what shrinking took from ``start`` is put back on the way up. A ``mask`` (1, 1, H, W) in
    [0, 1] says how much pixels may change: where it is 0 they stay. With ``resume``, a picture of
    the size of ``start``, the first octave goes on from that one, a result of before. Raises
    ``InputError`` for a setting out of range.
    """
    settings = (settings or Settings()).check()
    generator = torch.Generator().manual_seed(settings.seed)
    sizes = octave_sizes(start.shape[2:], settings)
    image, number = _resize(start if resume is None else resume, sizes[0]), 0
    for octave, size_hw in enumerate(sizes, start=1):
        photo = _resize(start, size_hw)
        if octave > 1:
            lost = photo - _resize(_resize(start, sizes[octave - 2]), size_hw)
            image = (_resize(image, size_hw) + lost).clamp(0, 1)
        picture = _PARAMETERISATIONS[settings.parameterisation](
            image, settings, None if mask is None else _resize(mask, size_hw), photo
        )
        with torch.enable_grad():
            shown = picture.render()
        for _ in range(settings.steps):
            with torch.enable_grad():
                seen = move(shown, settings, generator)
                value = objective(record(module, seen, layers, inputs=inputs))
                picture.step(value)
                shown = picture.render()
            image = shown.detach().clone()
            number += 1
            yield Step(number, settings.steps * len(sizes), octave, float(value.detach()), image)


def octave_sizes(size_hw: Sequence[int], settings: Settings) -> list[tuple[int, int]]:
    """(H, W) of each octave, the smallest first; none is smaller than 32 pixels on a side."""
    sizes = []
    for octave in reversed(range(settings.octaves)):
        scale = settings.octave_scale**octave
        height, width = (max(min(32, side), round(side / scale)) for side in size_hw)
        if (height, width) not in sizes:
            sizes.append((height, width))
    return sizes


def move(image: Tensor, settings: Settings, generator: torch.Generator) -> Tensor:
    """Shift (around the edges), turn and zoom a picture at random, as the settings allow."""

    def draw() -> float:
        return float(torch.rand((), generator=generator)) * 2 - 1

    if settings.turn or settings.zoom:
        angle = math.radians(settings.turn) * draw()
        scale = 1 + settings.zoom * draw()
        cos, sin = math.cos(angle) / scale, math.sin(angle) / scale
        matrix = torch.tensor([[[cos, -sin, 0], [sin, cos, 0]]]).to(image)
        grid = F.affine_grid(
            matrix.expand(len(image), -1, -1), list(image.shape), align_corners=False
        )
        image = F.grid_sample(image, grid, padding_mode="reflection", align_corners=False)
    if settings.jitter:
        shifts = [round(settings.jitter * draw()) for _ in range(2)]
        image = image.roll(shifts, dims=(2, 3))
    return image


@undisturbed
def make_noise(
    size_hw: tuple[int, int],
    *,
    channels: int = 3,
    seed: int = 0,
    device: torch.device | str = "cpu",
) -> Tensor:
    """A grey picture (1, C, H, W) with a little noise, to start from."""
    sides = [as_whole(side, *SIDES) for side in size_hw] if isinstance(size_hw, Iterable) else []
    if None in sides or len(sides) != 2:
        raise InputError(f"Choose a size from 16 to {MAX_SIDE} pixels, got {show(size_hw)}.")
    generator = torch.Generator().manual_seed(check_seed(seed))
    noise = torch.randn(1, channels, *sides, generator=generator)
    return (0.5 + 0.02 * noise).clamp(0, 1).to(device)


def _resize(image: Tensor, size_hw: tuple[int, int]) -> Tensor:
    if tuple(image.shape[2:]) == tuple(size_hw):
        return image
    return F.interpolate(image, size_hw, mode="bicubic", antialias=True).clamp(0, 1)

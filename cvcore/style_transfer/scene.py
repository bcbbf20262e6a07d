"""What a picture is compared with, and the picture itself while it changes.

See ``cvcore.style_transfer.gatys``, which brings the two together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.core.images import Picture, as_image
from cvcore.engine import tensors
from cvcore.engine.cache import keep_models
from cvcore.engine.fusion import load_fused
from cvcore.engine.isolation import undisturbed
from cvcore.probes.hooks import record
from cvcore.style_transfer.losses import (
    StyleTarget,
    content_error,
    read_style,
    style_error,
    total_variation,
)
from cvcore.style_transfer.options import STYLE_LAYERS, StyleWeights, check_choice

SCALES = (1.0, 0.5)  # sizes of the picture at which Gram matrices are compared
SHIFTS = ((0, 0), (3, 1), (-1, -3), (1, -2))  # pixels down and right, in turn
_ROOM = 3  # pixels of margin for them
_LEVELS = 5


@dataclass(frozen=True, eq=False)
class Extractor:
    """A network, and where in it style and content are read."""

    module: nn.Module = field(repr=False)
    style_layers: tuple[str, ...]
    content_layer: str


@keep_models(most=2)
def _extractor(name: str) -> Extractor:
    return Extractor(load_fused(name), *STYLE_LAYERS[name])


@undisturbed
def load_extractor(name: str) -> Extractor:
    """The network called ``name``; InputError lists the known names."""
    check_choice("network", name, tuple(STYLE_LAYERS))
    return _extractor(name)


class Scene:
    """What the picture is compared with at one size."""

    def __init__(
        self, extractor: Extractor, photo: Tensor, style_pictures: Sequence[Tensor], *,
        second_layers: Sequence[str] = (), is_shifted: bool = True,
    ) -> None:  # fmt: skip
        self.extractor = extractor
        self.shifts = SHIFTS if is_shifted else SHIFTS[:1]
        layers = extractor.style_layers
        self.styles: dict[float, dict[str, StyleTarget]] = {}
        with torch.no_grad():
            for scale in SCALES if style_pictures else ():
                seen = [
                    look(extractor.module, shrink(one, scale), layers) for one in style_pictures
                ]
                self.styles[scale] = {
                    name: read_style(seen[-1 if name in second_layers else 0][name])
                    for name in layers
                }
            self.features = [
                look(extractor.module, shift(photo, by), [extractor.content_layer])[
                    extractor.content_layer
                ]
                for by in self.shifts
            ]

    def weigh(
        self, picture: Tensor, weights: StyleWeights, number: int
    ) -> tuple[Tensor, dict[str, float], dict[str, float]]:
        """The weighted sum to lower; each loss by itself; each layer's style loss."""
        place, names = self.extractor.content_layer, self.extractor.style_layers
        turn = number % len(self.shifts)
        moved = shift(picture, self.shifts[turn]).clamp(-0.1, 1.1)
        errors = {name: picture.new_zeros(()) for name in names}
        for scale in self.styles or (1.0,):
            wanted = [*names, place] if scale == 1 else names
            maps = look(self.extractor.module, shrink(moved, scale), wanted)
            if scale == 1:
                content = content_error(maps[place], self.features[turn])
            for name in names:
                error = style_error(maps[name], self.styles[scale][name])
                errors[name] = errors[name] + error / len(self.styles)
        shares = weights.layers or (1.0,) * len(names)
        style = picture.new_zeros(())
        for share, error in zip(shares, errors.values(), strict=True):
            style = style + share * error / len(names)
        smoothness = total_variation(picture)
        outside = (picture - picture.clamp(0, 1)).square().mean()
        objective = (
            weights.content * content + weights.style * style + weights.smoothness * smoothness
        )
        losses = {"content": content, "style": style, "smoothness": smoothness, "total": objective}
        return (
            objective + 10 * outside,
            {name: float(value.detach()) for name, value in losses.items()},
            {name: float(value.detach()) for name, value in errors.items()},
        )


class Canvas:
    """A picture as a sum of layers, each half as large as the one before, and its optimiser."""

    def __init__(self, start: Tensor, optimiser: str) -> None:
        self.start, self.size_hw = start, tuple(start.shape[2:])
        sizes = [tuple(-(-side // 2**level) for side in self.size_hw) for level in range(_LEVELS)]
        self.layers = [start.new_zeros(1, 3, *size).requires_grad_() for size in sizes]
        self.name = optimiser
        self.weights: StyleWeights | None = None
        self.number = 0  # of its last step

    def fits(self, size_hw: tuple[int, int], optimiser: str, number: int) -> bool:
        """True when a run of this kind can go on with step ``number`` + 1."""
        return (self.size_hw, self.name, self.number) == (tuple(size_hw), optimiser, number)

    def render(self) -> Tensor:
        picture = self.layers[-1]
        for layer in self.layers[-2::-1]:
            picture = layer + F.interpolate(picture, layer.shape[2:], mode="bilinear")
        return self.start + picture

    def picture(self) -> Tensor:
        """(1, 3, H, W) in [0, 1], apart from what is still to come."""
        with torch.no_grad():
            return self.render().clamp(0, 1)

    def step(
        self, scene: Scene, weights: StyleWeights, number: int, progress: float
    ) -> tuple[dict[str, float], dict[str, float]]:
        """One step; the losses before it. ``progress`` runs to 1 at the end of this size."""
        if self.weights is None or (self.name == "lbfgs" and weights != self.weights):
            self.optimiser = OPTIMISERS[self.name](self.layers)  # another curve to go down
        self.weights = weights
        if self.name == "adam":
            self.optimiser.param_groups[0]["lr"] = 0.02 * min(1.0, 0.2 + 2 * (1 - progress))
        seen: list = []

        def closure() -> Tensor:
            self.optimiser.zero_grad()
            objective, *numbers = scene.weigh(self.render(), weights, number)
            objective.backward()
            seen.append(numbers)
            return objective

        with torch.enable_grad():
            self.optimiser.step(closure)
        self.number = number
        return seen[0]


OPTIMISERS: dict[str, Callable] = {
    "adam": lambda layers: torch.optim.Adam(layers, lr=0.02, fused=True),
    "lbfgs": lambda layers: torch.optim.LBFGS(
        layers, max_iter=1, history_size=20, line_search_fn="strong_wolfe"
    ),
}


def look(module: nn.Module, picture: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    """Activations of ``layers`` as float32, by name."""
    names = list(dict.fromkeys(layers))
    return record(module, picture.contiguous(memory_format=torch.channels_last), names)


def to_tensor(image: Picture, extractor: Extractor) -> Tensor:
    image = as_image(image)
    return tensors.to_batch(image, device=next(extractor.module.parameters()).device)


def shift(picture: Tensor, by: tuple[int, int]) -> Tensor:
    """Move (1, C, H, W) down and right by a few pixels; the edge is mirrored."""
    if by == (0, 0):
        return picture
    down, right = by
    padded = F.pad(picture, (_ROOM,) * 4, mode="reflect")
    height, width = picture.shape[2:]
    return padded[..., _ROOM - down :, _ROOM - right :][..., :height, :width]


def shrink(picture: Tensor, scale: float) -> Tensor:
    if scale == 1:
        return picture
    size = scaled(picture, scale)
    return F.interpolate(picture, size, mode="bilinear", antialias=True)


def resize(picture: Tensor, size_hw: tuple[int, int]) -> Tensor:
    if tuple(picture.shape[2:]) == tuple(size_hw):
        return picture
    return F.interpolate(picture, size_hw, mode="bicubic", antialias=True).clamp(0, 1)


def scaled(picture: Tensor, scale: float) -> tuple[int, int]:
    return tuple(max(16, round(side * scale)) for side in picture.shape[2:])

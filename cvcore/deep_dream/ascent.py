"""DeepDream: a picture is changed until a layer answers more strongly to it.

Mordvintsev, Olah and Tyka, "Inceptionism: Going Deeper into Neural Networks", Google Research
2015: gradient ascent on a layer's activations, from small to large copies of the picture
(octaves), moved about at random (jitter). The gradient is normalised, so each step changes the
picture equally much; the objective is divided by the layer's own strength, so that layers and
channels can be compared and mixed. ``cvcore.probes.activation_maximization`` does the ascent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cvcore.core import checks, images, notebook
from cvcore.core.checks import as_number, as_whole, show, to_number
from cvcore.core.errors import InputError
from cvcore.deep_dream.layers import DEFAULT_LAYER, DEFAULT_MODEL
from cvcore.engine import tensors
from cvcore.engine.fusion import load_fused
from cvcore.engine.isolation import undisturbed
from cvcore.probes.activation_maximization import Settings, Step, maximise
from cvcore.probes.hooks import get_layer, list_layers, record

DEFAULT_SIDE = 320  # pixels: the longer side
SIDES = (64, 640)
MAX_SEED = 999_999
MIN_SIDE = 16  # pixels: of the picture that is given
# The jitter covers the network's stride of 32 pixels, so that no pattern of that period is left.
DEFAULTS = Settings(
    steps=10, octaves=4, octave_scale=1.4, jitter=32, smoothing=0.8, learning_rate=0.15,
    parameterisation="pixels", max_change=0.15,
)  # fmt: skip
Unit = tuple[str, int | None]  # a layer, and one of its channels or all of them


@dataclass(frozen=True)
class DreamLayer:
    """A place to dream at: the output of a block of the network."""

    name: str
    channels: int
    stride: int  # pixels of the picture from one place to the next


@dataclass(frozen=True, eq=False)
class DreamStep:
    """The dream after a step."""

    number: int  # counted from 1 over all octaves
    total: int
    octave: int  # counted from 1
    objective: float
    """Before the step. Of a layer the mean square of its activations, of a channel the mean, both
    in units of the root mean square of the layer on the photograph. Of a class its logit, in
    standard deviations of the photograph's logits. With a guide the mean over places of the best
    fitting place of the guide: the mean over channels of the product of their activations, each
    picture's in units of its own root mean square."""
    pixels: Tensor = field(repr=False)  # (1, 3, H, W) in [0, 1], at the octave's size

    @property
    def image(self) -> np.ndarray:
        """The picture, uint8 (H, W, 3)."""
        return images.to_image(self.pixels)

    def _repr_html_(self) -> str:
        return notebook.picture_html(
            self.image, f"step {self.number} of {self.total}, objective {self.objective:.2f}"
        )


@lru_cache(maxsize=4)
@undisturbed
def list_blocks(model: str = DEFAULT_MODEL) -> tuple[DreamLayer, ...]:
    """The blocks of a network, in the order in which they run."""
    module = load_fused(model)
    example = next(module.parameters()).new_zeros(1, 3, 224, 224)
    last = {}
    for row in list_layers(module, example):
        if row.block.count("."):
            last[row.block if row.kind != "block" else row.name] = row.shape
    names = [name for name in last if not any(name.startswith(f"{other}.") for other in last)]
    return tuple(DreamLayer(name, last[name][0], 224 // last[name][1]) for name in names)


@undisturbed
def dream(
    image: images.Picture,
    *,
    layer: str = DEFAULT_LAYER,
    channel: int | None = None,
    second: Unit | None = None,
    mix: float = 0.5,
    guide: images.Picture | None = None,
    class_idx: int | None = None,
    mask: np.ndarray | None = None,
    octaves: int = DEFAULTS.octaves,
    octave_scale: float = DEFAULTS.octave_scale,
    steps: int = DEFAULTS.steps,
    step_size: float = 0.1 * DEFAULTS.learning_rate,
    jitter: int = DEFAULTS.jitter,
    smoothing: float = DEFAULTS.smoothing,
    side: int = DEFAULT_SIDE,
    seed: int = 0,
    model: str = DEFAULT_MODEL,
) -> Iterator[DreamStep]:
    """Amplify what a layer sees in a picture, step by step.

    ``channel`` picks one channel of ``layer``, else all count. ``second`` is another layer and
    channel that takes a share ``mix`` in [0, 1]. With a ``guide``, a picture, those features of
    ``layer`` are amplified that it has too, whatever ``channel`` and ``second`` say. With
    ``class_idx`` it is the logit of a class, at the network's end, whatever the layer. ``mask``,
    bool or float in [0, 1] (H, W), says where to dream.

    The picture is worked on with its longer side at ``side`` pixels (64 to 640), in ``octaves``
    sizes, each ``octave_scale`` times the one before, ``steps`` steps each. A step changes values
    in [0, 1] by ``step_size`` (0.001 to 0.1) on average; ``jitter`` and ``smoothing`` are in
    pixels; ``seed`` (0 to 999999) draws the jitter. Closing the generator ends the work. Raises
    ``InputError`` for values out of range.
    """
    settings = to_settings(octaves, octave_scale, steps, step_size, jitter, smoothing, seed)
    module, start = load_fused(model), to_start(image, side, model)
    layers, objective = build_objective(
        model, start, layer=layer, channel=channel, second=second, mix=mix, guide=guide,
        class_idx=class_idx, side=side,
    )  # fmt: skip
    weight = None if mask is None else _to_weight(mask, start)
    yield from map(
        _to_dream_step, maximise(module, layers, objective, start, settings, mask=weight)
    )


def _to_dream_step(step: Step) -> DreamStep:
    return DreamStep(step.number, step.total, step.octave, step.objective, step.image)


def to_settings(
    octaves: int, octave_scale: float, steps: int, step_size: float, jitter: int,
    smoothing: float, seed: int = 0,
) -> Settings:  # fmt: skip
    whole = {"octaves": octaves, "steps": steps, "jitter": jitter, "seed": seed}
    numbers: dict[str, Any] = {}
    for name, value in whole.items():
        number = as_whole(value, -checks.MAX_SEED, checks.MAX_SEED)
        if number is None:
            raise InputError(f"Choose a whole number for {name}, got {show(value)}.")
        numbers[name] = number
    if not 0 <= numbers["seed"] <= MAX_SEED:
        raise InputError(f"Choose a seed from 0 to {MAX_SEED}, got {seed}.")
    length = as_number(step_size, 0.001, 0.1)
    if length is None:
        raise InputError(f"Choose a step size from 0.001 to 0.1, got {show(step_size)}.")
    return replace(
        DEFAULTS, octave_scale=octave_scale, learning_rate=10 * length, smoothing=smoothing,
        **numbers,
    ).check()  # fmt: skip


@undisturbed
def to_start(image: images.Picture, side: float, model: str = DEFAULT_MODEL) -> Tensor:
    """A picture as float (1, 3, H, W) in [0, 1] with its longer side at ``side`` pixels."""
    image = images.as_image(image, min_side=MIN_SIDE)
    pixels = as_number(side, *SIDES)
    if pixels is None:
        raise InputError(f"Choose a size from {SIDES[0]} to {SIDES[1]} pixels, got {show(side)}.")
    height, width = image.shape[:2]
    if max(height, width) > 8 * min(height, width):
        raise InputError(
            f"This picture of {width} x {height} pixels is too long to dream in: cut it so that "
            "its longer side is at most 8 times the shorter."
        )
    scale = pixels / max(height, width)
    size_hw = max(32, round(height * scale)), max(32, round(width * scale))
    resized = images.resize(image, size_hw, resample="lanczos")
    return tensors.to_batch(resized, device=next(load_fused(model).parameters()).device)


def _to_weight(mask: np.ndarray, start: Tensor) -> Tensor:
    values = np.asarray(mask, np.float32)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise InputError("The mask must be a map (H, W) of numbers from 0 to 1.")
    if values.max(initial=0) <= 0:
        raise InputError("Nothing is painted yet: paint where to dream, or clear the mask.")
    weight = torch.from_numpy(values.clip(0, 1))[None, None].to(start.device)
    size_hw = tuple(start.shape[2:])
    return nn.functional.interpolate(weight, size_hw, mode="bilinear", antialias=True)


# Objectives: each turns activations into one number, in units of what the photograph gives.

Objective = Callable[[Mapping[str, Tensor]], Tensor]


@undisturbed
def build_objective(
    model: str,
    start: Tensor,
    *,
    layer: str,
    channel: int | None = None,
    second: Unit | None = None,
    mix: float = 0.5,
    guide: images.Picture | None = None,
    class_idx: int | None = None,
    side: int = DEFAULT_SIDE,
) -> tuple[Sequence[str], Objective]:
    """The layers to read, and the number to raise; see ``dream``."""
    share = as_number(mix, 0, 1)
    if share is None:
        raise InputError(f"Choose a mix from 0 to 1, got {show(mix)}.")
    if class_idx is not None:
        return _class_objective(model, start, class_idx)
    if guide is not None:
        return _guided_objective(
            model, start, layer, to_start(guide, min(to_number(side), 224), model)
        )
    units = [((layer, channel), 1.0)]
    if second is not None:
        units = [((layer, channel), 1 - share), (second, share)]
    units = [(unit, share) for unit, share in units if share]
    names = list(dict.fromkeys(unit[0] for unit, _ in units))
    photo = _look(model, start, names)
    units = [
        ((name, _check_channel(name, chosen, photo[name].shape[1])), part)
        for (name, chosen), part in units
    ]
    scales = {name: _strength(maps) for name, maps in photo.items()}

    def objective(found: Mapping[str, Tensor]) -> Tensor:
        return sum(
            share * measure(found[name] / scales[name], chosen) for (name, chosen), share in units
        )

    return names, objective


def measure(maps: Tensor, channel: int | None) -> Tensor:
    """The mean square of all maps (1, C, H, W), or the mean of one channel."""
    if channel is None:
        return maps.square().mean()
    return maps[:, checks.check_whole("The channel", channel, 0, maps.shape[1] - 1)].mean()


@undisturbed
def check_layer(name: str, model: str = DEFAULT_MODEL) -> None:
    """Raise ``InputError`` unless the network has a layer of this name."""
    try:
        get_layer(load_fused(model), name)
    except ValueError:
        known = ", ".join(block.name for block in list_blocks(model))
        raise InputError(f"There is no layer {name!r}: choose one of {known}.") from None


def _look(model: str, start: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
    for name in layers:
        check_layer(name, model)
    module = load_fused(model)
    with torch.no_grad():
        found = record(module, start, layers)
    if flat := [name for name, maps in found.items() if maps.ndim != 4]:
        raise InputError(f"The layer {flat[0]} has no maps: choose one before it.")
    return found


def _check_channel(layer: str, channel: int | None, count: int) -> int | None:
    number = as_whole(channel, 0, count - 1)
    if channel is not None and number is None:
        raise InputError(f"Choose a channel from 0 to {count - 1} of {layer}, got {show(channel)}.")
    return number


def _strength(maps: Tensor) -> float:
    return float(maps.square().mean().sqrt()) + 1e-6


def _class_objective(model: str, start: Tensor, class_idx: int) -> tuple[Sequence[str], Objective]:
    module = load_fused(model)
    head = [name for name, part in module.named_modules() if isinstance(part, nn.Linear)][-1]
    with torch.no_grad():
        logits = record(module, start, [head])[head]
    number = as_whole(class_idx, 0, logits.shape[1] - 1)
    if number is None:
        raise InputError(f"Choose a class from 0 to {logits.shape[1] - 1}, got {show(class_idx)}.")
    scale = float(logits.std())
    return [head], lambda found: found[head][0, number] / scale


def _guided_objective(
    model: str, start: Tensor, layer: str, guide: Tensor
) -> tuple[Sequence[str], Objective]:
    """Each place grows towards the place of the guide whose features fit it best."""
    scale = _strength(_look(model, start, [layer])[layer])
    features = _look(model, guide, [layer])[layer][0].flatten(1)  # (C, places)
    features = features / _strength(features)

    def objective(found: Mapping[str, Tensor]) -> Tensor:
        own = found[layer][0].flatten(1) / scale
        return (features.T @ own).amax(dim=0).mean() / own.shape[0]

    return [layer], objective

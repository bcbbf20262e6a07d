"""Channels of a layer beside each other: which react, which are dead, and what batch norm does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import torch
from torch import nn

from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image
from cvcore.engine.isolation import undisturbed
from cvcore.engine.modes import eval_mode
from cvcore.feature_maps import (
    DEFAULT_MODEL,
    FeatureMaps,
    Model,
    Size,
    extract,
    find_layer,
    get_module,
    list_layers,
    own_size,
    to_input,
    to_numpy,
)
from cvcore.probes.hooks import record


@dataclass(frozen=True, eq=False)
class Reaction:
    """How the channels of a layer differ between two pictures, the most changed first."""

    order: np.ndarray  # (C,) channels
    changes: np.ndarray  # (C,) by channel: mean absolute difference of the two maps
    means: np.ndarray = field(repr=False)  # (2, C) mean of each map of either picture


@dataclass(frozen=True, eq=False)
class Activity:
    """When the channels of a layer are active over several pictures."""

    pictures: int
    zeros: np.ndarray  # (C,) share of places that are exactly 0, the mean over the pictures
    seen: np.ndarray  # (C,) number of pictures that the channel is not 0 on somewhere

    @property
    def dead(self) -> np.ndarray:
        """Channels that are 0 everywhere on all of the pictures."""
        return np.flatnonzero(self.seen == 0)

    @classmethod
    def measure(cls, maps: np.ndarray) -> "Activity":
        """Of one picture's maps (C, H, W)."""
        zeros = maps.reshape(len(maps), -1) == 0
        return cls(1, zeros.mean(axis=1), (~zeros.all(axis=1)).astype(int))

    def join(self, other: "Activity") -> "Activity":
        """Over the pictures of both."""
        pictures = self.pictures + other.pictures
        zeros = (self.pictures * self.zeros + other.pictures * other.zeros) / pictures
        return Activity(pictures, zeros, self.seen + other.seen)


@dataclass(frozen=True, eq=False)
class Normalisation:
    """One batch norm at work: ``y = gamma (x - mean) / sqrt(variance + eps) + beta``.

    Ioffe and Szegedy, "Batch Normalization", ICML 2015. In use, mean and variance are those kept
    from training, not the picture's own.
    """

    layer: str
    before: np.ndarray = field(repr=False)  # (C, H, W) float32
    after: np.ndarray = field(repr=False)  # (C, H, W) float32
    mean: np.ndarray  # (C,) kept from training
    variance: np.ndarray  # (C,) kept from training
    gamma: np.ndarray  # (C,)
    beta: np.ndarray  # (C,)
    eps: float


def compare(first: FeatureMaps, second: FeatureMaps) -> Reaction:
    """Which channels reacted most to the change from one picture to another, in one layer."""
    if first.layer != second.layer or first.maps.shape != second.maps.shape:
        raise ValueError(
            f"Both must be maps of one layer, got {first.layer} {first.maps.shape} "
            f"and {second.layer} {second.maps.shape}."
        )
    return compare_maps(first.maps, second.maps)


def compare_maps(first: np.ndarray, second: np.ndarray) -> Reaction:
    """As ``compare``, of the maps (C, H, W) alone."""
    changes = np.abs(first - second).mean(axis=(1, 2))
    means = np.stack([maps.mean(axis=(1, 2)) for maps in (first, second)])
    return Reaction(np.argsort(-changes, kind="stable"), changes, means)


@undisturbed
def measure_activity(
    images: Sequence[Picture], layer: str, *, model: Model = DEFAULT_MODEL
) -> Activity:
    """How often each channel of a layer is 0 over pictures uint8 (H, W, 3), and which never live.

    A channel that is 0 on a few pictures may still wake up for another; only pictures of all kinds
    together can show that it is dead.
    """
    if not len(images):
        raise InputError("There is no picture yet: give at least one.")
    parts = [Activity.measure(extract(image, layer, model=model).maps) for image in images]
    return reduce(Activity.join, parts)


def find_activation(model: Model, layer: str) -> str | None:
    """The activation that a layer's maps go through: itself, or the next layer but for norms.

    None where the maps go elsewhere, as those of a linear bottleneck do.
    """
    chosen, layers = find_layer(model, layer), list_layers(model)
    if chosen.kind == "activation":
        return layer
    if chosen.kind in ("block", "pooling"):
        return None
    later = layers[layers.index(chosen) + 1 :]
    following = next((row for row in later if row.kind not in ("batch norm", "layer norm")), None)
    if following and following.kind == "activation" and following.shape == chosen.shape:
        return following.name
    return None


def find_batch_norm(model: Model, layer: str, size_hw: Size = None) -> str:
    """The batch norm at a layer: the layer itself, or else the nearest one before or after it.

    ``InputError`` when the network has none.
    """
    layers = list_layers(model, size_hw)
    here = layers.index(find_layer(model, layer, size_hw))
    norms = [index for index, row in enumerate(layers) if row.kind == "batch norm"]
    if not norms:
        raise InputError("This network has no batch norm: choose another model.")
    return layers[min(norms, key=lambda index: abs(index - here))].name


@undisturbed
@torch.inference_mode()
def normalise(image: Picture, layer: str, *, model: Model = DEFAULT_MODEL) -> Normalisation:
    """What goes into and comes out of a batch norm for a picture."""
    image = as_image(image)
    module, batch = get_module(model), to_input(image, model)
    norm = dict(module.named_modules()).get(layer)
    if not isinstance(norm, nn.BatchNorm2d):
        nearest = find_batch_norm(model, layer, own_size(model, image))
        raise InputError(f"{layer} is no batch norm: choose {nearest}.")
    before = record(module, batch, [layer], inputs=True)[layer]
    with eval_mode(norm):
        after = norm(before)
    mean, variance, gamma, beta = (
        values.detach().cpu().numpy()
        for values in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    )
    return Normalisation(
        layer, to_numpy(before), to_numpy(after), mean, variance, gamma, beta, norm.eps
    )


@undisturbed
def power_spectrum(values: np.ndarray) -> np.ndarray:
    """How strong each spatial frequency is in a map (H, W): log10(1 + |FFT|²), zero in the middle.

    The map's mean is taken off first.
    """
    values = np.asarray(values, np.float64)
    spectrum = np.fft.fftshift(np.fft.fft2(values - values.mean()))
    return np.log10(1 + np.abs(spectrum) ** 2).astype(np.float32)

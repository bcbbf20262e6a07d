"""Channels of a layer beside each other: which react, which are dead, and what batch norm does."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from cvcore.activations import eval_mode, record
from cvcore.errors import InputError
from cvcore.feature_maps import (
    DEFAULT_MODEL,
    FeatureMaps,
    Model,
    extract,
    find_layer,
    get_module,
    list_layers,
    to_input,
    to_numpy,
)


@dataclass(frozen=True)
class Reaction:
    """How the channels of a layer differ between two pictures, the most changed first."""

    order: np.ndarray  # (C,) channels
    changes: np.ndarray  # (C,) by channel: mean absolute difference of the two maps
    means: np.ndarray = field(repr=False)  # (2, C) mean of each map of either picture


@dataclass(frozen=True)
class Activity:
    """When the channels of a layer are active over several pictures."""

    pictures: int
    zeros: np.ndarray  # (C,) share of places, over all pictures, that are 0
    seen: np.ndarray  # (C,) number of pictures that the channel is above 0 on somewhere

    @property
    def dead(self) -> np.ndarray:
        """Channels that are above 0 nowhere on any of the pictures."""
        return np.flatnonzero(self.seen == 0)


@dataclass(frozen=True)
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
    changes = np.abs(first.maps - second.maps).mean(axis=(1, 2))
    means = np.stack([maps.maps.mean(axis=(1, 2)) for maps in (first, second)])
    return Reaction(np.argsort(-changes, kind="stable"), changes, means)


def measure_activity(
    images: Sequence[np.ndarray], layer: str, *, model: Model = DEFAULT_MODEL
) -> Activity:
    """How often each channel of a layer is 0 over pictures uint8 (H, W, 3), and which never live.

    A channel that is 0 on a few pictures may still wake up for another; only pictures of all kinds
    together can show that it is dead.
    """
    if not len(images):
        raise InputError("There is no picture yet: give at least one.")
    maps = np.stack([extract(image, layer, model=model).maps for image in images])
    return Activity(
        len(images), (maps == 0).mean(axis=(0, 2, 3)), (maps > 0).any(axis=(2, 3)).sum(axis=0)
    )


def find_batch_norm(model: Model, layer: str) -> str:
    """The batch norm at a layer: the layer itself, or else the nearest one before or after it.

    ``InputError`` when the network has none.
    """
    layers = list_layers(model)
    here = layers.index(find_layer(model, layer))
    norms = [index for index, row in enumerate(layers) if row.kind == "batch norm"]
    if not norms:
        raise InputError("This network has no batch norm: choose another model.")
    return layers[min(norms, key=lambda index: abs(index - here))].name


@torch.inference_mode()
def normalise(image: np.ndarray, layer: str, *, model: Model = DEFAULT_MODEL) -> Normalisation:
    """What goes into and comes out of a batch norm for a picture uint8 (H, W, 3)."""
    module = get_module(model)
    norm = dict(module.named_modules()).get(layer)
    if not isinstance(norm, nn.BatchNorm2d):
        raise InputError(f"{layer} is no batch norm: choose {find_batch_norm(model, layer)}.")
    before = record(module, to_input(image, model), [layer], inputs=True)[layer]
    with eval_mode(norm):
        after = norm(before)
    return Normalisation(
        layer,
        to_numpy(before),
        to_numpy(after),
        *(
            values.detach().cpu().numpy()
            for values in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
        ),
        eps=norm.eps,
    )


def power_spectrum(values: np.ndarray) -> np.ndarray:
    """How strong each spatial frequency is in a map (H, W): log10(1 + |FFT|²), zero in the middle.

    The map's mean is taken off first.
    """
    values = np.asarray(values, np.float64)
    spectrum = np.fft.fftshift(np.fft.fft2(values - values.mean()))
    return np.log10(1 + np.abs(spectrum) ** 2).astype(np.float32)

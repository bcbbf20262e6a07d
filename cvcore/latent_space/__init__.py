"""Pictures out of latents: the generators, what their discriminators say, and principal directions.

    z = sample(60, seed=1)
    faces = generate(interpolate(z[0], z[1], 60))      # (60, 64, 64, 3)

The networks are this project's own: see ``cvcore.training.latent_space.gan`` and
assets/weights/latent_space.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import lazy_loader
import numpy as np

from cvcore.core import notebook
from cvcore.core.checks import as_number
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor, registry
from cvcore.engine.isolation import undisturbed
from cvcore.latent_space.paths import (
    LATENT_SIZE,
    MODES,
    average,
    check_count,
    check_latents,
    check_seed,
    combine,
    interpolate,
    plane,
    random_walk,
    sample,
)

if TYPE_CHECKING:
    from torch import nn

__all__ = [
    "GENERATORS",
    "LATENT_SIZE",
    "MODES",
    "Directions",
    "average",
    "check_count",
    "check_seed",
    "combine",
    "find_directions",
    "generate",
    "interpolate",
    "load_generator",
    "mix_styles",
    "move",
    "plane",
    "random_walk",
    "rank_scores",
    "sample",
    "score",
]

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(__name__, ["history", "inversion", "paths", "video"])


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


Classes: TypeAlias = int | Sequence[int] | np.ndarray | None  # digits, for their generator
BATCH = 32  # pictures through a network at a time


@dataclass(frozen=True)
class GeneratorInfo:
    """A generator of the page."""

    name: str
    title: str
    weight: str  # its row, and the discriminator's
    discriminator: str
    side: int  # pixels
    channels: int
    classes: int  # 0: none


GENERATORS = {
    "faces": GeneratorInfo("faces", "Faces, 64 × 64", "gan_faces", "gan_faces_d", 64, 3, 0),
    "digits": GeneratorInfo("digits", "Digits, 32 × 32", "gan_digits", "gan_digits_d", 32, 1, 10),
}


def get_info(name: str) -> GeneratorInfo:
    """The generator called ``name``; InputError lists the known ones."""
    try:
        return GENERATORS[name]
    except (KeyError, TypeError):
        known = ", ".join(GENERATORS)
        raise InputError(f"There is no generator {name!r}: choose one of {known}.") from None


def load_generator(name: str = "faces") -> "nn.Module":
    """The generator as a PyTorch module in eval mode: latents (N, 128) to (N, C, S, S) in [-1, 1].

    ``name`` is "faces" or "digits"; digits also take classes int64 (N,).
    """
    return checkpoints.load_model(get_info(name).weight)


def check_classes(classes: Classes, count: int, info: GeneratorInfo) -> np.ndarray | None:
    """int64 (count,) for a generator with classes, None for one without."""
    if not info.classes:
        return None
    if classes is None:
        raise InputError(f"Which digit? Choose one from 0 to {info.classes - 1}.")
    array = np.broadcast_to(np.asarray(classes), (count,))
    if not np.isin(array, np.arange(info.classes)).all():
        raise InputError(f"Which digit? Choose one from 0 to {info.classes - 1}.")
    return array.astype(np.int64)


@undisturbed
def generate(z: np.ndarray, *, name: str = "faces", classes: Classes = None) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) for latents (N, 128).

    ``classes`` is a digit, or one a latent (N,), for the generator of digits.
    """
    info = get_info(name)
    z = check_latents(z).astype(np.float32)
    classes = check_classes(classes, len(z), info)
    predict = predictor.load_predictor(info.weight)
    parts = []
    for start in range(0, len(z), BATCH):
        rows = slice(start, start + BATCH)
        inputs = (z[rows],) if classes is None else (z[rows], classes[rows])
        parts.append(to_images(predict(*inputs)[0]))
    return np.concatenate(parts)


def to_images(output: np.ndarray) -> np.ndarray:
    """A generator's output (N, C, S, S) in [-1, 1] as uint8 (N, S, S, 3)."""
    pixels = np.rint((output + 1) * 127.5).clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:3], 3)))


@undisturbed
def mix_styles(
    z: np.ndarray, style: np.ndarray, *, name: str = "faces", classes: Classes = None
) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) of latents (N, 128) in the style of others (N, 128).

    A latent takes two ways through the generator: its first map grows into the picture, and gates
    the channels of the 32 x 32 maps (skip-layer excitation). Here the gates are those of ``style``,
    as Liu et al. mix styles with FastGAN (ICLR 2021).
    """
    import torch

    info = get_info(name)
    z, style = (check_latents(part).astype(np.float32) for part in (z, style))
    if z.shape != style.shape:
        raise ValueError(f"Each latent needs one style, got {z.shape} and {style.shape}.")
    classes = check_classes(classes, len(z), info)
    network = load_generator(name)
    device = next(network.parameters()).device
    inputs = (z, classes, style)
    with torch.inference_mode():
        output = network(*(None if x is None else torch.from_numpy(x).to(device) for x in inputs))
    return to_images(output.float().cpu().numpy())


@undisturbed
def score(pictures: np.ndarray, *, name: str = "faces", classes: Classes = None) -> np.ndarray:
    """How real the discriminator takes each picture uint8 (N, S, S, 3) for: its logits (N,).

    Each is judged among pictures that differ as much as real ones do, so no picture's score hangs
    on the others given with it.
    """
    info = get_info(name)
    pictures = np.asarray(pictures)
    if pictures.shape[1:] != (info.side, info.side, 3):
        raise InputError(f"The pictures must be {info.side} x {info.side} pixels.")
    classes = check_classes(classes, len(pictures), info)
    predict = predictor.load_predictor(info.discriminator)
    x = pictures[..., : info.channels].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
    spread = np.full(len(x), load_lesson()[name]["spread"], np.float32)
    parts = []
    for start in range(0, len(x), BATCH):
        rows = slice(start, start + BATCH)
        inputs = (np.ascontiguousarray(x[rows]), spread[rows])
        logits = predict(*inputs) if classes is None else predict(*inputs, classes[rows])
        parts.append(logits[0].astype(np.float64))
    return np.concatenate(parts)


def rank_scores(logits: np.ndarray, name: str = "faces") -> np.ndarray:
    """The share (0 to 1) of real training pictures that look less real to the discriminator."""
    quantiles = np.array(load_lesson()[get_info(name).name]["real_logits"])
    return np.interp(logits, quantiles, np.linspace(0, 1, len(quantiles)))


@cache
def load_lesson() -> dict:
    """Numbers noted when the networks were kept: curves, KIDs, spreads of the discriminators."""
    import json

    registry.check_files("gan_lessons")
    return json.loads(registry.get_weight("gan_lessons").paths[0].read_text(encoding="utf-8"))


@dataclass(frozen=True, eq=False)
class Directions:
    """Principal directions of a generator, the strongest first."""

    latents: np.ndarray = field(repr=False)  # (K, 128), each of length 1, at right angles
    activations: np.ndarray = field(repr=False)  # (K, P): where the activations go
    shares: np.ndarray  # (K,) of the activations' variance, their sum at most 1

    def _repr_html_(self) -> str:
        labels = [f"direction {number}" for number in range(1, len(self.shares) + 1)]
        return notebook.bars_html(labels, self.shares)


@undisturbed
def find_directions(name: str = "faces", count: int = 8) -> Directions:
    """Principal components of the first layer's activations, as directions in the latent space.

    Härkönen et al., "GANSpace", NeurIPS 2020. That layer, with its batch norm, is linear in the
    latent, and latents are drawn from N(0, I): so the components are known without sampling, from
    the singular vectors of the layer's weights (Shen and Zhou, "Closed-Form Factorization of Latent
    Semantics in GANs", CVPR 2021).
    """
    count = check_count(count, most=LATENT_SIZE, what="directions")
    matrix, variances, columns = _decompose(get_info(name).name)
    rows = columns.T[::-1][:count]
    rows = rows * np.where(rows[np.arange(count), np.abs(rows).argmax(axis=1)] < 0, -1, 1)[:, None]
    strongest = variances[::-1][:count]
    activations = rows @ matrix.T / np.sqrt(strongest)[:, None]
    return Directions(rows, activations, strongest / variances.sum())


@cache
def _decompose(name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A generator's first layer, and the variances and directions of its latents, rising."""
    matrix = first_layer(name)
    return matrix, *np.linalg.eigh(matrix.T @ matrix)


def first_layer(name: str) -> np.ndarray:
    """The matrix (P, 128) from a latent to the first layer's activations after batch norm."""
    network = load_generator(name)
    weight = network.start.weight.detach().cpu().double().numpy()[:, :LATENT_SIZE]
    norm = network.start_bn
    scale = (norm.weight / (norm.running_var + norm.eps).sqrt()).detach().cpu().double().numpy()
    return weight * np.repeat(scale, len(weight) // len(scale))[:, None]


def move(z: np.ndarray, directions: Directions, amounts: Sequence[float | None]) -> np.ndarray:
    """A latent (128,) with its coordinates along the first directions set to ``amounts``.

    In standard deviations: 0 is the average along that direction; None leaves the coordinate.
    """
    (moved,) = check_latents(z).copy()
    for direction, amount in zip(directions.latents, amounts, strict=False):
        if amount is None:
            continue
        place = as_number(amount, -10, 10)
        if place is None:
            raise InputError("Choose a place along each direction from -10 to 10.")
        moved += (place - moved @ direction) * direction
    return moved

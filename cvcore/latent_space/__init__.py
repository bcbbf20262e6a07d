"""Pictures out of latents: the generators, what their discriminators say, and named directions.

    w = map_latents(sample(2, seed=1), truncation=0.8)
    faces = generate(interpolate(w[0], w[1], 60))      # (60, 64, 64, 3)

The networks are this project's own: see ``cvcore.training.latent_space.gan`` and
assets/weights/latent_space.md.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import lazy_loader
import numpy as np

from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor
from cvcore.engine.isolation import undisturbed
from cvcore.latent_space.directions import Directions, load_directions, move
from cvcore.latent_space.generators import GENERATORS, GeneratorInfo, get_info
from cvcore.latent_space.lessons import load_lesson
from cvcore.latent_space.mapping import map_latents
from cvcore.latent_space.paths import (
    LATENT_SIZE,
    MODES,
    average,
    check_count,
    check_latents,
    check_seed,
    combine,
    interpolate,
    measure_lengths,
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
    "GeneratorInfo",
    "average",
    "check_count",
    "check_seed",
    "combine",
    "generate",
    "interpolate",
    "load_directions",
    "load_generator",
    "map_latents",
    "measure_lengths",
    "mix_styles",
    "move",
    "plane",
    "random_walk",
    "rank_scores",
    "sample",
    "score",
]

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(
    __name__,
    ["adversarial", "directions", "history", "inversion", "mapping", "paths", "tuning", "video"],
)


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


Classes: TypeAlias = int | Sequence[int] | np.ndarray | None  # digits, for their generator
BATCH = 32  # pictures through a network at a time


def load_generator(name: str = "faces") -> "nn.Module":
    """The generator as a PyTorch module in eval mode: inner latents (N, 128) or (N, depth, 128) to
    (N, C, S, S) in [-1, 1].

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
def generate(w: np.ndarray, *, name: str = "faces", classes: Classes = None) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) of inner latents (N, 128), see ``map_latents``.

    Rows of 128 times the generator's ``depth`` hold one part for the first map, 4 x 4, and one for
    each block after it. ``classes`` is a digit, or one a latent (N,), for the generator of digits.
    """
    info = get_info(name)
    parts = _to_parts(w, info).astype(np.float32)
    classes = check_classes(classes, len(parts), info)
    predict = predictor.load_predictor(info.weight)
    pictures = []
    for start in range(0, len(parts), BATCH):
        rows = slice(start, start + BATCH)
        inputs = (parts[rows],) if classes is None else (parts[rows], classes[rows])
        pictures.append(to_images(predict(*inputs)[0]))
    return np.concatenate(pictures)


def _to_parts(w: np.ndarray, info: GeneratorInfo) -> np.ndarray:
    """float64 (N, depth, 128) of rows with one part or with all of them."""
    w = check_latents(w)
    parts = w.reshape(len(w), -1, LATENT_SIZE)
    if parts.shape[1] not in (1, info.depth):
        raise ValueError(
            f"A latent has {LATENT_SIZE} numbers, or {LATENT_SIZE * info.depth} with a part for "
            f"each block, got {w.shape[1]}."
        )
    return np.repeat(parts, info.depth, axis=1) if parts.shape[1] == 1 else parts


def to_depth(w: np.ndarray, *, name: str = "faces") -> np.ndarray:
    """Rows (N, 128 depth) of inner latents with one part or with all of them."""
    parts = _to_parts(w, get_info(name))
    return parts.reshape(len(parts), -1)


def to_images(output: np.ndarray) -> np.ndarray:
    """A generator's output (N, C, S, S) in [-1, 1] as uint8 (N, S, S, 3)."""
    pixels = np.rint((output + 1) * 127.5).clip(0, 255).astype(np.uint8).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:3], 3)))


@undisturbed
def mix_styles(
    w: np.ndarray, style: np.ndarray, *, name: str = "faces", first: int = 3,
    classes: Classes = None,
) -> np.ndarray:  # fmt: skip
    """Pictures uint8 (N, S, S, 3) of inner latents (N, 128) in the style of others (N, 128).

    The parts from ``first`` (0 to the generator's depth) on are those of ``style``, as Karras et
    al. mix styles (CVPR 2019): of faces, part 3 sets scales and biases of the 32 x 32 maps and
    gates their channels (skip-layer excitation; Liu et al., ICLR 2021).
    """
    info = get_info(name)
    first = check_count(first, least=0, most=info.depth, what="the first part")
    shape, other = _to_parts(w, info), _to_parts(style, info)
    if shape.shape != other.shape:
        raise ValueError(f"Each latent needs one style, got {len(shape)} and {len(other)}.")
    mixed = np.concatenate([shape[:, :first], other[:, first:]], axis=1)
    return generate(mixed.reshape(len(mixed), -1), name=name, classes=classes)


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

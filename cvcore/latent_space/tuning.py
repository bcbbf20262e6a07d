"""A generator bent to one picture: after the search for its latent, the network itself is trained.

Roich et al., "Pivotal Tuning for Latent-based Editing of Real Images", ACM Transactions on Graphics
42(1), 2022. The latent that was found, the pivot, stays as it is; a copy of the generator learns to
make the picture of it. What lies around the pivot comes along, so that the picture can be edited.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.latent_space import generate, to_depth, to_images
from cvcore.latent_space.directions import load_directions, move
from cvcore.latent_space.inversion import (
    MAX_STEPS,
    InversionStep,
    Search,
    Target,
    check_range,
    slow_down,
)
from cvcore.latent_space.paths import LATENT_SIZE, check_count, check_latents, check_seed
from cvcore.recognition.faces import embed_all
from cvcore.recognition.faces.alignment import CELEBA_TEMPLATE, TEMPLATE, align

PIVOT_SPACE = "w+"  # in which the pivot is searched for
LEARNING_RATE = 0.06
LOCALITY = 0.5
NEAR = 5.0  # from the pivot to a latent that has to keep its picture; most lie 11 from the mean
MOMENTUM = 0.8
NEARLY = 0.03  # a loss below which the steps are shorter
PICTURES = 32  # at a time
EDITS = 3  # directions
REACH = 0.8  # of an edit: deviations, of all generated pictures, in what is named


@dataclass(frozen=True, eq=False)
class TuningStep(InversionStep):
    """What the copy makes of the pivot after a step; number 0 is the generator as it was."""

    search: Search = field(repr=False)  # with the copy in it

    @undisturbed
    def generate(self, w: np.ndarray) -> np.ndarray:
        """Pictures uint8 (N, S, S, 3) that the copy, as it is now, makes of inner latents (N, 128)
        or (N, 128 depth); digits all of the target's class.

        Raises ``ValueError`` for another shape.
        """
        rows = to_depth(w, name=self.search.name)
        with torch.no_grad():
            parts = [self.search.draw(part) for part in self.search.to_parts(rows).split(PICTURES)]
            return to_images(torch.cat(parts).float().cpu().numpy())


@undisturbed
def tune(
    target: Target,
    pivot: np.ndarray,
    *,
    steps: int = 60,
    feature_share: float = 0.5,
    locality: float = LOCALITY,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
) -> Iterator[TuningStep]:
    """Train a copy of the generator until it makes the target of the ``pivot``; a ``TuningStep``
    before the first of ``steps`` (1 to 400) and after each.

    ``pivot`` is an inner latent (128,) or (128 depth,), as ``invert`` finds one. The loss is that
    of ``invert``, with ``feature_share`` (0 to 1), and ``locality`` (0 to 10) times the mean square
    difference between what copy and generator make, on [-1, 1], of a latent at the distance
    ``NEAR`` of the pivot, another one each step (seed 0 to 999,999).

    Where the paper has Adam on all weights and LPIPS, only the blocks' convolutions learn here,
    with momentum, by gradients as long as ``learning_rate`` (0.001 to 0.1) says, shorter towards
    the end and near the picture: that changed other faces less and kept more of the edits. The
    shared generator stays as it is, and the copy goes with the last reference to a step. Raises
    ``InputError`` for values out of range, ``ValueError`` for a latent of another shape.
    """
    steps = check_count(steps, most=MAX_STEPS, what="steps")
    share = check_range("share of the features", feature_share, 0, 1)
    weight = check_range("locality", locality, 0, 10)
    rate = check_range("learning rate", learning_rate, 1e-3, 0.1)
    rng = torch.Generator().manual_seed(check_seed(seed))
    if len(rows := to_depth(pivot, name=target.name)) != 1:
        raise ValueError(f"One picture has one pivot, got {len(rows)}.")
    (kept,) = check_latents(pivot)
    search = Search(target, share, "w+")
    shared, search.generator = search.generator, deepcopy(search.generator)
    weights = _free_weights(search.generator)
    optimiser = torch.optim.SGD(weights, lr=rate, momentum=MOMENTUM)
    latent = search.to_parts(rows)
    for number in range(steps + 1):
        with torch.enable_grad():
            picture, pixels, features, loss = search.measure(latent)
        yield TuningStep(
            number, steps, to_images(picture.detach().float().cpu().numpy())[0], kept,
            float(pixels.detach().sqrt()) * 127.5, float(features.detach()), float(loss.detach()),
            search,
        )  # fmt: skip
        if number == steps:
            return
        with torch.enable_grad():
            total = loss.sum()
            if weight:
                near = _draw_near(latent, shared.mapping, rng)
                with torch.no_grad():
                    was = search.draw(near, shared)
                total = total + weight * (search.draw(near) - was).square().mean()
        slopes = torch.autograd.grad(total, weights)
        left = min(1.0, float(loss.detach()) / NEARLY)
        _step(optimiser, weights, slopes, rate * slow_down(number / steps) * left**0.5)


def _free_weights(generator: nn.Module) -> list[Tensor]:
    """The filters of the blocks, which are trained; they say what is drawn, the styles how much."""
    layers = [layer for block in generator.ups for layer in (block.conv1, block.conv2)]
    return [layer.weight.requires_grad_() for layer in layers]


def _draw_near(pivot: Tensor, mapping: nn.Module, rng: torch.Generator) -> Tensor:
    """A latent (1, depth, 128) on the way from the pivot to a random one, ``NEAR`` away."""
    z = torch.randn(1, LATENT_SIZE, generator=rng).to(pivot.device)
    with torch.no_grad():
        way = mapping(z)[:, None] - pivot
    return pivot + NEAR * way / way.square().sum(dim=2).mean().sqrt()


def _step(
    optimiser: torch.optim.Optimizer, weights: list[Tensor], slopes: Sequence[Tensor], length: float
) -> None:  # fmt: skip
    """Momentum's next step, to which the gradient adds this length, however steep it is."""
    steepness = torch.sqrt(sum(slope.square().sum() for slope in slopes)).clamp(min=1e-12)
    for weight, slope in zip(weights, slopes, strict=True):
        weight.grad = slope / steepness
    optimiser.param_groups[0]["lr"] = length
    optimiser.step()


def make_edits(step: TuningStep) -> tuple[np.ndarray, list[str]]:
    """Pictures uint8 (6, S, S, 3) that the copy makes of the pivot moved along the first three
    directions, first to the low ends, then to the high ones; and these ends in words."""
    directions = load_directions(step.search.name)
    latents, words = [], []
    for end, sign in enumerate((-1, 1)):
        for row in range(EDITS):
            amount = sign * REACH / float(directions.effects[row])
            latents.append(move(step.latent, directions, [0] * row + [amount]))
            words.append(directions.ends[row][end])
    return step.generate(np.array(latents)), words


@undisturbed
def compare_faces(target: Target, pictures: np.ndarray) -> np.ndarray:
    """How like the target's face the faces uint8 (N, 64, 64, 3) are: cosines (N,) of SFace's
    embeddings, 1 for the same picture.

    SFace has no say in the search. All are cut alike, as the training pictures are, whether or not
    a face can be found. Raises ``InputError`` for digits.
    """
    if target.name != "faces":
        raise InputError("Only faces can be compared with each other, not digits.")
    crops = [
        align(picture, CELEBA_TEMPLATE, side=112, template=TEMPLATE)
        for picture in (target.picture, *pictures)
    ]
    wanted, *others = embed_all(crops, embedder="sface").astype(np.float64)
    return np.array([float(wanted @ other) for other in others])


def measure_drift(step: TuningStep, w: np.ndarray) -> float:
    """By how many grey levels (root mean square) the copy's pictures of inner latents (N, 128)
    differ from those of the generator as it was."""
    search = step.search
    before = generate(w, name=search.name, classes=search.digit)
    gaps = step.generate(w).astype(np.float64) - before
    return float(np.sqrt(np.square(gaps).mean(axis=(1, 2, 3))).mean())

"""Directions of a generator's inner latents, named by what changes along them.

Each was fitted to what was measured on thousands of generated pictures (see
``cvcore.training.latent_space.directions``): moving along one leaves what the others change as it
is, to first order (Shen et al., "Interpreting the Latent Space of GANs for Semantic Face Editing",
CVPR 2020, who call it conditional manipulation).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cvcore.core import notebook
from cvcore.core.checks import as_number
from cvcore.core.errors import InputError
from cvcore.latent_space.generators import get_info
from cvcore.latent_space.lessons import load_lesson
from cvcore.latent_space.paths import LATENT_SIZE, check_latents, measure_lengths

LONGEST = LATENT_SIZE**0.5  # latents are hardly ever longer


@dataclass(frozen=True, eq=False)
class Directions:
    """Named directions of a generator."""

    names: tuple[str, ...]  # (K,) what changes
    ends: tuple[tuple[str, str], ...]  # (K,) in words: at the low end, at the high end
    latents: np.ndarray = field(repr=False)  # (K, 128), each of length 1
    spreads: np.ndarray = field(repr=False)  # (K,) standard deviation of inner latents along each
    effects: np.ndarray
    """(K,) by how many standard deviations of all generated pictures what is named changes when a
    latent moves by one: measured."""
    reach: np.ndarray = field(repr=False)
    """(K, 2) how far down and up along each, in standard deviations, pictures stay whole: measured
    by a detector of faces; -3 and 3 at most."""

    def _repr_html_(self) -> str:
        return notebook.bars_html(list(self.names), self.effects)


def load_directions(name: str = "faces") -> Directions:
    """The directions of "faces" (smile, turn, light, ...) or "digits" (slant, thickness, ...)."""
    rows = load_lesson()[get_info(name).name]["directions"]
    return Directions(
        tuple(row["name"] for row in rows),
        tuple((row["low"], row["high"]) for row in rows),
        np.array([row["latent"] for row in rows]),
        np.array([row["spread"] for row in rows]),
        np.array([row["effect"] for row in rows]),
        np.array([row["reach"] for row in rows]),
    )


def move(w: np.ndarray, directions: Directions, amounts: Sequence[float | None]) -> np.ndarray:
    """An inner latent (128 k,) moved along the first directions by ``amounts``.

    In standard deviations along each, from -10 to 10; None moves it by nothing. Where that makes it
    longer than latents are, it is brought back to their length, so that the picture stays one of
    the generator's.
    """
    (start,) = check_latents(w)
    moved = start.copy()
    for latent, spread, amount in zip(
        directions.latents, directions.spreads, amounts, strict=False
    ):
        place = 0.0 if amount is None else as_number(amount, -10, 10)
        if place is None:
            raise InputError("Choose a place along each direction from -10 to 10.")
        moved += place * spread * np.tile(latent, len(moved) // LATENT_SIZE)
    (before, after) = measure_lengths(np.stack([start, moved]))
    return moved * min(1.0, max(before, LONGEST) / max(after, 1e-12))

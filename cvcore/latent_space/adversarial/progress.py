"""What is seen of two networks at play; without PyTorch."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvcore.latent_space.adversarial.points import Quality
from cvcore.latent_space.adversarial.settings import Settings


@dataclass(frozen=True, eq=False)
class Progress:
    """Where a game stands; each state holds the curves from the first step on.

    Points are (N, 2) with ``size`` 2; pictures (N, 196), rows of 14 x 14 greys in [0, 1].
    """

    settings: Settings
    step: int
    """Steps taken."""
    total: int
    """Steps taken where the run ends."""
    real: np.ndarray = field(repr=False)
    """Some real examples, float32 (R, size)."""
    samples: np.ndarray = field(repr=False)
    """What G makes of the same latents in each state, float32 (N, size)."""
    pushes: np.ndarray = field(repr=False)
    """Minus the slope of G's loss at each sample, float32 (N, size): which way it is pushed."""
    real_opinions: np.ndarray = field(repr=False)  # float32 (R,), D's answer, 0 to 1
    opinions: np.ndarray = field(repr=False)  # float32 (N,), D's answer, 0 to 1
    logits: np.ndarray = field(repr=False)  # float32 (N,)
    d_field: np.ndarray | None = field(repr=False)
    """D's answer (0 to 1) at the middles of 40 x 40 squares of the plane, from -3 to 3 along both
    axes, float32 (40, 40), the first row at the top; None for pictures."""
    sheet: np.ndarray | None = field(repr=False)
    """Where G puts a square sheet of latents, float32 (13, 13, 2): their two numbers lie so that as
    many latents fall between each two neighbouring lines. None for pictures."""
    loss_d: np.ndarray = field(repr=False)  # float64 (step,); NaN where D did not step yet
    loss_g: np.ndarray = field(repr=False)  # float64 (step,); NaN where G did not step yet
    d_real: np.ndarray = field(repr=False)
    """float64 (step,): mean of D(x) over each step's real examples."""
    d_made: np.ndarray = field(repr=False)
    """float64 (step,): mean of D(G(z)) over each step's generated examples."""
    quality: Quality | None = None
    """Of 2,000 points where there are Gaussians, of 500 elsewhere; None for pictures."""
    diverged: bool = False
    """A loss became no number: the run ended there. Not an error."""
    stopped: bool = False
    done: bool = False
    game: Any = field(default=None, repr=False)
    """The ``Game``, to be gone on with; it goes on changing, what else is here does not."""

    @property
    def push(self) -> float:
        """Mean length of the pushes: 0 where G learns nothing any more."""
        return float(np.linalg.norm(self.pushes, axis=1).mean())

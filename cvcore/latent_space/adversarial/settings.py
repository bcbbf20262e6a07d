"""How two networks play against each other, as one frozen dataclass; without PyTorch."""

from dataclasses import dataclass
from typing import Any

from cvcore.core.checks import as_number, check_seed, check_setting, check_whole, show
from cvcore.core.errors import InputError
from cvcore.core.steering import BaseSteering

POINTS = ("ring", "grid", "moons", "spiral", "own")  # in the plane
DATA = (*POINTS, "digits")
LOSSES = ("minimax", "non_saturating", "hinge")
PLAYERS = ("both", "discriminator", "generator")
MAX_RATE = 0.1
MAX_D_STEPS = 10
MAX_MOMENTUM = 0.99
MAX_STEPS = 20_000
WHOLE = {
    "d_steps": ("The number of D's steps a step of G", 1, MAX_D_STEPS),
    "batch_size": ("The batch size", 8, 512),
    "steps": ("The number of steps", 1, MAX_STEPS),
}
RATES = {"rate_d": "The learning rate of D", "rate_g": "The learning rate of G"}


@dataclass(frozen=True)
class Settings:
    """How the game goes. Raises ``InputError``, one sentence, for a value that cannot be."""

    data: str = "ring"
    """"ring" (eight Gaussians), "grid" (25 of them), "moons", "spiral", "own" points in the plane;
    "digits": MNIST's, 14 x 14."""
    loss: str = "non_saturating"
    """"minimax": G lowers log(1 - D(G(z))); "non_saturating": G lowers -log D(G(z)) (both
    Goodfellow et al., NeurIPS 2014); "hinge" (Lim and Ye, 2017)."""
    rate_d: float = 5e-3
    """Learning rate of the discriminator's Adam, above 0 and at most 0.1 ..."""
    rate_g: float = 2e-3
    """... and of the generator's."""
    d_steps: int = 1
    """Steps of D before each step of G, 1 to 10."""
    momentum: float = 0.5
    """Adam's beta 1 for both, 0 to 0.99; beta 2 is 0.999."""
    batch_size: int = 128
    """Real and generated examples a step, 8 to 512 of each."""
    steps: int = 1200
    """Steps of the game, 1 to 20,000."""
    seed: int = 0
    """Of the first weights, the latents and the order of the examples."""

    def __post_init__(self) -> None:
        for name, choices in (("data", DATA), ("loss", LOSSES)):
            value = getattr(self, name)
            if value not in choices:
                raise InputError(
                    f"There is no {name} {show(value)}: choose one of {', '.join(choices)}."
                )
        for name, words in RATES.items():
            object.__setattr__(self, name, check_rate(words, getattr(self, name)))
        for name, (words, low, high) in WHOLE.items():
            object.__setattr__(self, name, check_whole(words, getattr(self, name), low, high))
        momentum = check_setting("The momentum", self.momentum, 0, MAX_MOMENTUM)
        object.__setattr__(self, "momentum", momentum)
        object.__setattr__(self, "seed", check_seed(self.seed))

    @property
    def is_flat(self) -> bool:
        """Whether the examples are points in the plane."""
        return self.data in POINTS


def check_rate(words: str, rate: Any) -> float:
    """A learning rate above 0 and at most 0.1; ``InputError`` names it otherwise."""
    number = as_number(rate, 0, MAX_RATE)
    if not number:
        raise InputError(f"{words} is above 0 and at most {MAX_RATE:g}, got {show(rate)}.")
    return number


STEERED = ("loss", "rate_d", "rate_g", "d_steps", "momentum")


class Steering(BaseSteering):
    """Turns a game while it goes; may be called from any thread, acts at the next step."""

    def set(self, **values: Any) -> None:
        """Change ``loss``, ``rate_d``, ``rate_g``, ``d_steps`` or ``momentum``; what each may be is
        said at ``Settings``. ``InputError`` for a value that cannot be."""
        for name in values:
            if name not in STEERED:
                raise InputError(f"{show(name)} cannot be changed while the game goes.")
        checked = Settings(**values)
        self._ask({name: getattr(checked, name) for name in values})

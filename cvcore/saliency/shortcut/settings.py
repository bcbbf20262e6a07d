"""What the experiment is told; needs no PyTorch."""

from dataclasses import dataclass

from cvcore.core.checks import check_rate, check_seed, check_setting, check_whole
from cvcore.core.errors import InputError

PAIRS = ("3 or 5", "4 or 9", "1 or 7", "2 or 6")  # digits that stand for husky and wolf
MOST_EPOCHS, MOST_EXAMPLES = 40, 800


@dataclass(frozen=True)
class ShortcutSettings:
    """How pictures are put together, and how long a network learns from them."""

    pair: str = PAIRS[0]
    bias: float = 1.0
    """Share of the training pictures, 0.5 to 1, whose background is that of their class."""
    examples: int = 800
    """Pictures to learn from, 40 to 800, half of each class."""
    epochs: int = 8
    rate: float = 0.003
    seed: int = 0

    def __post_init__(self) -> None:
        if self.pair not in PAIRS:
            raise InputError(f"There is no pair {self.pair!r}: choose one of {', '.join(PAIRS)}.")
        bias = check_setting("The share of telling backgrounds", self.bias, 0.5, 1)
        examples = check_whole("The number of pictures", self.examples, 40, MOST_EXAMPLES)
        epochs = check_whole("The number of epochs", self.epochs, 1, MOST_EPOCHS)
        check_rate(self.rate, 1)
        check_seed(self.seed)
        for name, value in (("bias", bias), ("examples", examples), ("epochs", epochs)):
            object.__setattr__(self, name, value)

    @property
    def digits(self) -> tuple[int, int]:
        """The two digits."""
        first, second = self.pair.split(" or ")
        return int(first), int(second)

"""How a transfer goes, as one frozen dataclass; without PyTorch."""

from dataclasses import dataclass

from cvcore.core.checks import check_seed, check_whole, show
from cvcore.core.errors import InputError
from cvcore.training_lab.settings import MAX_BATCH, MAX_EPOCHS, check_rate

WAYS: dict[str, str] = {
    "scratch": "from scratch",
    "frozen": "a new head on frozen features",
    "stages": "last stages unfrozen",
    "everything": "everything",
}
# Where a setting is None: the rate, and the passes over the pictures.
RATES = {"scratch": 1e-3, "frozen": 1e-3, "stages": 3e-4, "everything": 3e-4}
EPOCHS = {"scratch": 12, "frozen": 30, "stages": 12, "everything": 8}
MAX_STAGES = 6  # of seven: with all of them it would be "everything"
MAX_PER_CLASS = 1000


@dataclass(frozen=True)
class TransferSettings:
    """How a transfer goes. Raises ``InputError``, one sentence, for a value that cannot be."""

    way: str = "frozen"
    """"scratch": EfficientNet-Lite0 with random weights, all of it learns; "frozen": its ImageNet
    weights stay, a new linear head learns; "stages": the last stages learn, too; "everything"."""
    rate: float | None = None
    """Of Adam, above 0 to 10; None: what usually suits the way, see ``RATES``."""
    epochs: int | None = None
    """Passes over the pictures, 1 to 200; None: what suits the way, see ``EPOCHS``."""
    batch_size: int = 16
    """Pictures a step, 2 to 1024."""
    stages: int = 2
    """How many of the seven stages learn with "stages", from the last; 1 to 6."""
    freeze_norms: bool = True
    """Whether batch norm goes by ImageNet's means and variances; else by those of each step."""
    per_class: int | None = None
    """Pictures of each class to learn from, 1 to 1000; None: all."""
    seed: int = 0
    """Of the new head, the random weights, the order, and of which pictures are taken."""

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise InputError(f"There is no way {show(self.way)}: choose one of {', '.join(WAYS)}.")
        for name, words, low, high in (
            ("epochs", "The number of epochs", 1, MAX_EPOCHS),
            ("batch_size", "The batch size", 2, MAX_BATCH),
            ("stages", "The number of stages", 1, MAX_STAGES),
            ("per_class", "The number of pictures a class", 1, MAX_PER_CLASS),
        ):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check_whole(words, value, low, high))
        if self.rate is not None:
            object.__setattr__(self, "rate", check_rate(self.rate))
        object.__setattr__(self, "freeze_norms", bool(self.freeze_norms))
        object.__setattr__(self, "seed", check_seed(self.seed))

    @property
    def own_rate(self) -> float:
        return RATES[self.way] if self.rate is None else self.rate

    @property
    def own_epochs(self) -> int:
        return EPOCHS[self.way] if self.epochs is None else self.epochs

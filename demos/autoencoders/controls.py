"""The settings of the autoencoders tab, a frozen dataclass a view."""

from dataclasses import dataclass, replace

from cvcore.autoencoders.settings import PRESETS, Settings
from cvcore.core.errors import InputError
from cvcore.engine import registry

TRAIN, CODE, COMPRESSION, RESTORATION, ANOMALIES, RETRIEVAL, VAE, SAMPLING = VIEWS = (
    "Train", "Code", "Compression", "Restoration", "Anomalies", "Retrieval", "VAE", "Sampling",
)  # fmt: skip
NETWORKS = [("dense", "dense"), ("convolutional", "conv")]
LOSSES = [("MSE", "mse"), ("BCE", "bce")]
DRAWING, HELD_BACK, SHOE, FACE = "drawing", "digit", "shoe", "face"
FACES = "autoencoder_faces"  # the bundled network for faces
SOURCES = [("your drawing", DRAWING), ("a digit", HELD_BACK), ("a shoe", SHOE)]
if FACES in registry.index():
    SOURCES.append(("a face", FACE))
USUAL = Settings()
LARGEST_HOLE = 10  # pixels a side, of the squares that are rubbed out in training
CODES, PICTURES, BETWEEN = "codes", "pictures", "between"
HEALTHY, ANNEALED, COLLAPSE = "healthy", "annealed", "collapse"
VAE_PRESETS = [
    ("β = 1", HEALTHY), ("β = 1, KL annealing", ANNEALED), ("Posterior collapse", COLLAPSE),
]  # fmt: skip


@dataclass(frozen=True)
class TrainSettings:
    """The autoencoder that is trained, and how."""

    bottleneck: float = USUAL.bottleneck  # numbers, 1 to 64
    network: str = USUAL.network  # "dense" or "conv"
    loss: str = USUAL.loss  # "mse" or "bce"
    epochs: float = USUAL.epochs  # 1 to 200
    rate: float | None = USUAL.rate  # of Adam, above 0, to 1
    examples: float = USUAL.examples  # 50 to 4,000
    batch_size: float = USUAL.batch_size  # 2 to 1,024
    seed: float | None = USUAL.seed

    def plain(self) -> Settings:
        """As the package takes them; ``InputError`` for what cannot be."""
        return Settings(
            network=self.network, bottleneck=to_whole(self.bottleneck), loss=self.loss,
            epochs=to_whole(self.epochs), rate=check_given(self.rate, "learning rate"),
            examples=to_whole(self.examples), batch_size=to_whole(self.batch_size),
            seed=to_whole(check_given(self.seed, "seed")),
        )  # fmt: skip


@dataclass(frozen=True)
class CodeSettings:
    """What goes through the bottleneck."""

    source: str = DRAWING  # or "digit", "shoe", "face"
    number: float = 2  # which of the held-back digits, or of the shoes, 0 to 9
    keep: float = 64  # numbers of a face's code that are used, 1 to 64


@dataclass(frozen=True)
class CompressionSettings:
    """Which sizes are trained with what, and which of them is looked at."""

    network: str = "dense"  # or "conv"
    size: float = 16  # numbers, and bytes, of a picture, 1 to 64

    def plain(self) -> Settings:
        """As the package takes them."""
        return Settings(network=self.network)


@dataclass(frozen=True)
class RestorationSettings:
    """How one's own picture is damaged."""

    noise: float = 0.4  # standard deviation, 0 to 1
    number: float = 2  # which of the held-back digits, without a drawing
    draw: float = 0  # which noise


@dataclass(frozen=True)
class AnomalySettings:
    """What is known, and from which error on a picture is called an anomaly."""

    known: float = 1  # digit, 0 to 9
    threshold: float = 0  # of the error, 0 to 0.15; 0: chosen on validation digits


@dataclass(frozen=True)
class RetrievalSettings:
    """How many neighbours, and whose."""

    count: float = 7  # 3 to 10
    number: float = 2  # which of the held-back digits, without a drawing


@dataclass(frozen=True)
class VaeSettings:
    """A variational autoencoder with two numbers, or more."""

    beta: float = 1.0  # weight of the KL term, 0 to 20
    annealing: float = 0.0  # share of the run over which beta rises from 0
    bottleneck: float = 2  # 2 to 16
    loss: str = "bce"  # or "mse"
    epochs: float = USUAL.epochs
    number: float = 2  # which of the held-back digits, without a drawing
    draw: float = 0  # which ε
    shows: str = CODES  # the plane: "codes", "pictures" decoded there, or "between" four digits

    def plain(self) -> Settings:
        """As the package takes them; ``InputError`` for what cannot be."""
        return Settings(
            bottleneck=to_whole(self.bottleneck), loss=self.loss, variational=True, beta=self.beta,
            annealing=self.annealing, epochs=to_whole(self.epochs),
        )  # fmt: skip


@dataclass(frozen=True)
class SamplingSettings:
    """Where the codes come from that are decoded."""

    prior: str = "standard"  # or "fitted"
    bottleneck: float = 32  # 2 to 64
    seed: float | None = 0

    def plain(self, is_variational: bool) -> Settings:
        """Fewer passes than usual, as there are two trainings."""
        return Settings(
            bottleneck=to_whole(self.bottleneck), loss="bce", variational=is_variational,
            epochs=8,
        )  # fmt: skip


PRESET_VALUES = {  # beta, annealing, bottleneck, loss
    HEALTHY: (1.0, 0.0, 2, "bce"), ANNEALED: (1.0, 0.5, 2, "bce"),
    COLLAPSE: (PRESETS["collapse"].settings.beta, 0.0, 2, PRESETS["collapse"].settings.loss),
}  # fmt: skip
RESTORING = replace(PRESETS["denoising"].settings, noise=0.4, hole=LARGEST_HOLE)


def teach_one(digit: float) -> Settings:
    """How one kind of digit is learnt."""
    return replace(PRESETS["anomalies"].settings, only=to_whole(digit))


def check_given(value: float | None, name: str) -> float:
    """An empty field's value is None: ``InputError``."""
    if value is None:
        raise InputError(f"The {name} is empty: give a number.")
    return value


def to_whole(value: float) -> int | float:
    """A whole number as an int; what is none is refused where it is checked."""
    return int(value) if float(value).is_integer() else value

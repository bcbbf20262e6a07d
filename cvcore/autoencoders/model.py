"""An autoencoder that has been trained: pictures to codes, codes to pictures, and out of a file."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from cvcore.autoencoders.architecture import Layer, describe
from cvcore.autoencoders.pictures import check_pictures, to_tensor
from cvcore.autoencoders.settings import Settings, from_dict
from cvcore.core.checks import check_seed, check_whole, show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.models.autoencoders import Autoencoder, count_parameters
from cvcore.recognition.datasets import make_generator

PRIORS = ("standard", "fitted")
SAMPLE = 21  # what random numbers are for
MAX_SAMPLES = 1000
LEVELS = 255  # steps of 8 bits
BATCH = 500
KIND = "glassbox.autoencoder"
STATISTICS = ("code_mean", "code_covariance", "code_low", "code_high")
NO_MODEL = "This is no autoencoder of this lesson: choose a .safetensors file that was saved here."
_BROKEN = (
    SafetensorError, ValueError, KeyError, TypeError, AttributeError, OverflowError,
    RuntimeError,  # of the shapes, too
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Model:
    """A trained autoencoder for digits (N, 28, 28) in [0, 1]; codes are float32 (N, d).

    Every method raises ``InputError``, one sentence, for what it cannot take.
    """

    settings: Settings
    """As they stood at the end."""
    network: Autoencoder = field(repr=False)  # in eval mode, on the processor
    code_mean: np.ndarray = field(repr=False)  # float32 (d,), of the training digits' codes
    code_covariance: np.ndarray = field(repr=False)
    """float32 (d, d), of the training digits' codes; of a variational one as they are drawn."""
    code_low: np.ndarray = field(repr=False)  # (d,) the least of the training digits' codes
    code_high: np.ndarray = field(repr=False)  # (d,) and the greatest

    @property
    def bottleneck(self) -> int:
        return self.settings.bottleneck

    @property
    def parameters(self) -> int:
        """How many numbers of it have learnt."""
        return count_parameters(self.network)

    @property
    def layers(self) -> tuple[Layer, ...]:
        return describe(self.settings)

    @undisturbed
    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Codes (N, d) of digits; of a variational autoencoder their means."""
        return self._run(lambda x: self.network.encode(x)[0], to_tensor(check_pictures(pictures)))

    @undisturbed
    def encode_distribution(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means and log variances of the codes, both (N, d), of a variational autoencoder."""
        if not self.settings.variational:
            raise InputError("A plain autoencoder's code has no variance: train a variational one.")
        inputs = to_tensor(check_pictures(pictures))
        both = self._run(lambda x: torch.cat(self.network.encode(x), dim=1), inputs)
        return both[:, : self.bottleneck], both[:, self.bottleneck :]

    @undisturbed
    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Digits float32 (N, 28, 28) in [0, 1] of codes (N, d), or of one (d,)."""
        inputs = torch.from_numpy(self.check_codes(codes))
        return self._run(lambda z: self.network.decode(z).sigmoid()[:, 0], inputs)

    def rebuild(self, pictures: np.ndarray) -> np.ndarray:
        """What comes out (N, 28, 28) in [0, 1] where digits go in."""
        return self.decode(self.encode(pictures))

    def measure_errors(self, pictures: np.ndarray, targets: np.ndarray | None = None) -> np.ndarray:
        """The mean squared difference a pixel, float64 (N,), of the rebuilt digits from
        ``targets``, by default from the digits themselves."""
        wanted = check_pictures(pictures if targets is None else targets)
        return measure_error(self.rebuild(pictures), wanted)

    @undisturbed
    def sample_codes(self, count: int, *, prior: str = "standard", seed: int = 0) -> np.ndarray:
        """Codes (count, d), 1 to 1000, drawn from a normal distribution; the same for a seed.

        "standard" is N(0, 1) in each unit, to which a variational autoencoder keeps its codes;
        "fitted" has mean and covariance of the training digits' codes.
        """
        count = check_whole("The number of samples", count, 1, MAX_SAMPLES)
        if prior not in PRIORS:
            raise InputError(f"There is no prior {show(prior)}: choose {' or '.join(PRIORS)}.")
        generator = make_generator(check_seed(seed), SAMPLE)
        draws = torch.randn(count, self.bottleneck, generator=generator).numpy()
        if prior == "standard":
            return draws
        values, vectors = np.linalg.eigh(self.code_covariance.astype(np.float64))
        root = vectors * np.sqrt(values.clip(0))
        return (self.code_mean + draws @ root.T).astype(np.float32)

    def sample(self, count: int, *, prior: str = "standard", seed: int = 0) -> np.ndarray:
        """Digits (count, 28, 28) of codes drawn as ``sample_codes`` draws them."""
        return self.decode(self.sample_codes(count, prior=prior, seed=seed))

    def quantise(self, codes: np.ndarray) -> np.ndarray:
        """Codes (N, d) with each number in 8 bits: 256 steps over what training codes take."""
        rows = self.check_codes(codes)
        return quantise(rows, self.code_low, self.code_high)

    def check_codes(self, codes: Any) -> np.ndarray:
        """float32 (N, d) of codes (N, d) or of one (d,)."""
        try:
            array = np.atleast_2d(np.asarray(codes, np.float32))
        except (ValueError, TypeError) as error:
            raise InputError("A code must be numbers.") from error
        if array.ndim != 2 or array.shape[1] != self.bottleneck or not len(array):
            raise InputError(
                f"A code of this network has {self.bottleneck} numbers; "
                f"got the shape {np.shape(codes)}."
            )
        if not np.isfinite(array).all():
            raise InputError("A code holds a value that is no number: choose another.")
        return np.ascontiguousarray(array)

    @torch.inference_mode()
    def _run(
        self, function: Callable[[torch.Tensor], torch.Tensor], inputs: torch.Tensor
    ) -> np.ndarray:
        return torch.cat([function(some) for some in inputs.split(BATCH)]).numpy()

    def to_bytes(self) -> bytes:
        """The model as a safetensors file, for ``load_model``."""
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        for name in STATISTICS:
            tensors[name] = torch.from_numpy(getattr(self, name))
        return save(tensors, metadata={KIND: json.dumps(asdict(self.settings))})


def measure_error(outputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Mean squared differences a pixel, float64 (N,), of pictures (N, ...)."""
    if len(outputs) != len(targets):
        raise InputError(f"Each digit needs one target: {len(outputs)} and {len(targets)}.")
    gaps = np.square(outputs.astype(np.float64) - targets)
    return gaps.reshape(len(gaps), -1).mean(axis=1)


def quantise(codes: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Codes (N, d) in 256 steps from ``low`` to ``high`` (d,); what lies beyond is cut off."""
    width = np.maximum(high - low, 1e-12)
    steps = np.rint((codes - low) / width * LEVELS).clip(0, LEVELS)
    return (low + steps / LEVELS * width).astype(np.float32)


@undisturbed
def make_model(settings: Settings, network: Autoencoder, pictures: torch.Tensor) -> Model:
    """A model of a network, with the statistics of its codes of (N, 1, 28, 28)."""
    network = network.eval().requires_grad_(False)
    with torch.inference_mode():
        parts = [network.encode(some) for some in pictures.split(BATCH)]
        codes = torch.cat([means for means, _ in parts]).double()
        spread = [log.exp().double() for _, log in parts if log is not None]
    covariance = torch.cov(codes.T).reshape(settings.bottleneck, settings.bottleneck)
    if spread:
        covariance = covariance + torch.cat(spread).mean(dim=0).diag()
    found = codes.mean(dim=0), covariance, codes.amin(dim=0), codes.amax(dim=0)
    return Model(settings, network, *(one.float().numpy() for one in found))


@undisturbed
def load_model(data: bytes) -> Model:
    """A ``Model`` out of the bytes of its file; ``InputError`` for what is none."""
    try:
        tensors = load(bytes(data))
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length])
        settings = from_dict(json.loads(header["__metadata__"][KIND]))
        network = Autoencoder(
            settings.network, settings.bottleneck, variational=settings.variational
        )
        state = {
            name.removeprefix("network."): value
            for name, value in tensors.items()
            if name.startswith("network.")
        }
        network.load_state_dict(state)  # which brings other kinds of numbers to float32
        kept = [tensors[name].float().numpy() for name in STATISTICS]
        numbers = [*(value.numpy() for value in network.state_dict().values()), *kept]
    except _BROKEN as error:
        raise InputError(NO_MODEL) from error
    size = settings.bottleneck
    shapes = [(size,), (size, size), (size,), (size,)]
    if [one.shape for one in kept] != shapes or not all(np.isfinite(n).all() for n in numbers):
        raise InputError(NO_MODEL)
    return Model(settings, network.eval().requires_grad_(False), *kept)

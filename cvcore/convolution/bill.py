"""What a layer costs that sees a whole picture: dense, local, and a convolution, side by side."""

from dataclasses import dataclass

from cvcore.core.checks import as_whole, show
from cvcore.core.errors import InputError

MAX_SIDE = 100_000  # pixels
MAX_CHANNELS = 100_000
MAX_UNITS = 1_000_000_000_000
MAX_FILTERS = 1_000_000
MAX_KERNEL = 101  # of a filter
BYTES = {"float64": 8, "float32": 4, "float16": 2, "int8": 1}
"""How a number is kept, and how many bytes that takes."""
_STEPS = ((1e15, "quadrillion"), (1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_PREFIXES = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")


@dataclass(frozen=True)
class Wiring:
    """A picture, and the three layers that could read it."""

    width: int = 1920  # pixels
    height: int = 1080
    channels: int = 3
    units: int = 4_000_000  # of the dense layer
    filters: int = 32
    kernel: int = 3  # rows and columns of a filter
    number: str = "float32"  # of BYTES


@dataclass(frozen=True)
class LayerCost:
    """What one layer learns and does."""

    kind: str
    """``dense``, ``local`` (each output has weights of its own) or ``convolution``."""
    weights: int
    biases: int
    formula: str
    """How the weights come about, with numbers."""
    outputs: int
    products: int
    """Products of a weight and a value for one picture."""
    bytes: int
    """Of weights and biases."""

    @property
    def parameters(self) -> int:
        """Learned numbers: weights and biases."""
        return self.weights + self.biases


def check_wiring(wiring: Wiring) -> Wiring:
    """The same in whole numbers; ``InputError`` names what is out of range."""
    limits = (
        ("width", "The picture's width", MAX_SIDE),
        ("height", "The picture's height", MAX_SIDE),
        ("channels", "The number of channels", MAX_CHANNELS),
        ("units", "The number of hidden units", MAX_UNITS),
        ("filters", "The number of filters", MAX_FILTERS),
        ("kernel", "The filter's side", MAX_KERNEL),
    )
    whole: dict[str, int] = {}
    for key, words, most in limits:
        value = getattr(wiring, key)
        number = as_whole(value, 1, most)
        if number is None:
            got = "nothing" if value is None else show(value)
            raise InputError(f"{words} must be a whole number from 1 to {most:,}; got {got}.")
        whole[key] = number
    if wiring.number not in BYTES:
        raise InputError(f"A number is kept as one of: {', '.join(BYTES)}.")
    return Wiring(**whole, number=wiring.number)


def compare_layers(wiring: Wiring) -> tuple[LayerCost, LayerCost, LayerCost]:
    """A dense layer, a local one without shared weights, and a convolution, on the same picture.

    The convolution keeps the picture's size (stride 1, padding "same"); the local layer has as
    many outputs, each with F x F x C weights and a bias of its own (``LocallyConnected2D`` of older
    Keras). Numbers equal those of ``torch.nn.Linear`` and ``Conv2d``. Raises ``InputError`` when a
    number is no whole number from 1 to its limit.

    >>> [layer.parameters for layer in compare_layers(Wiring())]
    [24883204000000, 1857945600, 896]
    """
    w = check_wiring(wiring)
    places, window = w.width * w.height, w.kernel**2 * w.channels
    inputs, outputs = places * w.channels, places * w.filters
    window_words = f"{w.kernel} · {w.kernel} · {w.channels:,} · {w.filters:,}"
    wanted = (
        ("dense", inputs * w.units, w.units, f"{inputs:,} · {w.units:,}", w.units),
        (
            "local", outputs * window, outputs, f"{w.width:,} · {w.height:,} · {window_words}",
            outputs,
        ),
        ("convolution", window * w.filters, w.filters, window_words, outputs),
    )  # fmt: skip
    return tuple(  # type: ignore[return-value]
        LayerCost(
            kind, weights, biases, formula, made,
            inputs * w.units if kind == "dense" else outputs * window,
            (weights + biases) * BYTES[w.number],
        )
        for kind, weights, biases, formula, made in wanted
    )  # fmt: skip


def say_count(count: int) -> str:
    """A count as one reads it: 24.9 trillion, 6.22 million, 896 (short scale)."""
    for size, word in _STEPS:
        if count >= size:
            return f"{_three(count / size)} {word}"
    return f"{count:,}"


def say_bytes(count: int) -> str:
    """Bytes with the prefixes of the SI, three digits: 99.5 TB, 3.58 kB."""
    step, size = 0, float(count)
    while round(size, 1) >= 1000 and step < len(_PREFIXES) - 1:
        step, size = step + 1, size / 1000
    return f"{_three(size) if step else count} {_PREFIXES[step]}"


def _three(number: float) -> str:
    """About three digits."""
    return f"{number:,.0f}" if number >= 99.95 else f"{number:.3g}"

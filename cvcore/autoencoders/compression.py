"""How much of a picture a few bytes keep: autoencoders of several sizes, principal components of
the same sizes, and JPEG at the same number of bytes.

A code's numbers are kept in 8 bits each, so a code of d numbers is d bytes. What both sides know is
not counted, neither decoder, nor components, nor JPEG's tables and header: of a JPEG file it is the
compressed data of its blocks that counts.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
from PIL import Image

from cvcore.autoencoders.model import Model, measure_error, quantise
from cvcore.autoencoders.pictures import choose_kind, choose_training, to_array
from cvcore.autoencoders.progress import Progress, Steering
from cvcore.autoencoders.restoration import measure_strangers
from cvcore.autoencoders.settings import BOTTLENECKS, MAX_BOTTLENECK, MIN_BOTTLENECK, Settings
from cvcore.autoencoders.training import choose_shown, run
from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError
from cvcore.core.streaming import Slot, stream
from cvcore.engine.device import limit_threads
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import load_digits

EPOCHS = 8  # of a training of the sweep, at most
QUALITIES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 45, 60, 75, 90)  # close where they count
STRANGERS = "shoes"
COLUMNS = ("autoencoder", "autoencoder_float", "pca", "pca_float", "jpeg", "strangers")


@dataclass(frozen=True, eq=False)
class Compression:
    """Errors of the held-back test digits against the size, as far as they are measured.

    Errors are mean squared differences a pixel. K sizes are measured so far; a code of k numbers
    takes k bytes a digit.
    """

    sizes: np.ndarray  # int64 (K,)
    autoencoder: np.ndarray  # float64 (K,), of codes in 8 bits a number
    autoencoder_float: np.ndarray = field(repr=False)  # (K,) of codes as they are, 32 bits a number
    pca: np.ndarray  # (K,) principal components of the same digits, in 8 bits a number
    pca_float: np.ndarray = field(repr=False)  # (K,) and as they are
    jpeg: np.ndarray  # (K,) at most as many bytes; NaN where a digit's JPEG is larger
    strangers: np.ndarray
    """(K,): shoes through the same autoencoders, in 8 bits a number."""
    jpeg_bytes: np.ndarray = field(repr=False)  # float64 (Q,) mean bytes a digit, by quality
    jpeg_errors: np.ndarray = field(repr=False)  # (Q,)
    pictures: np.ndarray = field(repr=False)  # float32 (S, 28, 28), some of the digits
    by_autoencoder: np.ndarray = field(repr=False)  # (K, S, 28, 28) as they come back, in 8 bits
    by_pca: np.ndarray = field(repr=False)  # (K, S, 28, 28)
    by_jpeg: np.ndarray = field(repr=False)  # (K, S, 28, 28); NaN where there is none so small
    running: Progress | None = field(default=None, repr=False)
    """The training of the next size, as it stands."""
    stopped: bool = False
    done: bool = False


@undisturbed
def compare_compression(
    settings: Settings, *, bottlenecks: Sequence[int] = BOTTLENECKS,
    steering: Steering | None = None, waits: bool = False,
) -> Iterator[Compression]:  # fmt: skip
    """Train an autoencoder of each of the ``bottlenecks`` (1 to 64, rising), for at most 8 epochs
    each; yields how it stands, the newest state each time, the last one ``done``.

    All else of the settings holds, but noise and hole, which are left out. ``steering`` and
    ``waits`` are as of ``train``. Raises ``InputError`` for sizes that cannot be.
    """
    sizes = _check_sizes(bottlenecks)
    settings = replace(settings, noise=0.0, hole=0, epochs=min(settings.epochs, EPOCHS))

    def work(slot: Slot[Compression]) -> None:
        limit_threads(1)
        _compare(settings, sizes, steering or Steering(), slot)

    yield from stream(work, name="autoencoders", waits=waits)


def _check_sizes(bottlenecks: Sequence[int]) -> list[int]:
    try:
        sizes = [
            check_whole("The bottleneck", size, MIN_BOTTLENECK, MAX_BOTTLENECK)
            for size in bottlenecks
        ]
    except TypeError as error:
        raise InputError("The bottlenecks are a list of whole numbers.") from error
    if not sizes or sorted(set(sizes)) != sizes:
        raise InputError("Name one bottleneck or several, each greater than the one before.")
    return sizes


@undisturbed
def _compare(
    settings: Settings, sizes: list[int], steering: Steering, slot: Slot[Compression]
) -> None:
    table = _Table(settings)
    for size in sizes:
        last: list[Progress] = []

        def show(progress: Progress, last: list[Progress] = last) -> None:
            last[:] = [progress]
            if not progress.done:
                slot.put(table.tell(running=progress))

        run(replace(settings, bottleneck=size), show, steering=steering, is_closed=slot.is_closed)
        if last[0].stopped:
            break
        table.add(size, last[0].model)
    slot.put(table.tell(stopped=len(table.sizes) < len(sizes), done=True))


class _Table:
    """What has been measured, row by row."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.sizes = settings, list[int]()
        digits = choose_kind(load_digits().test, settings.only)
        self.digits = to_array(digits.pictures)
        self.shown = choose_shown(digits.labels).numpy()
        self.jpegs = encode_jpegs(settings.only)
        self.errors: list[tuple[float, ...]] = []
        self.rebuilt: list[tuple[np.ndarray, ...]] = []

    @cached_property
    def components(self) -> "Components":
        """Fitted once they are needed: that is not before the first training is seen."""
        return fit_pca(to_array(choose_training(self.settings).pictures))

    def add(self, size: int, model: Model | None) -> None:
        """A size has been trained; without a model, as it diverged, it has no error."""
        pca, pca_float = (
            rebuild_by_pca(self.components, self.digits, size, eight_bits=short)
            for short in (True, False)
        )
        jpeg = self.jpegs.rebuild(size)
        errors = [float(measure_error(one, self.digits).mean()) for one in (pca, pca_float, jpeg)]
        own, strange = np.full_like(pca, np.nan), np.nan
        own_float = np.nan
        if model is not None:
            codes = model.encode(self.digits)
            own = model.decode(model.quantise(codes))
            own_float = float(model.measure_errors(self.digits).mean())
            shoes = measure_strangers(model, STRANGERS).pictures
            there = model.decode(model.quantise(model.encode(shoes)))
            strange = float(measure_error(there, shoes).mean())
        self.sizes.append(size)
        own_error = float(measure_error(own, self.digits).mean())
        self.errors.append((own_error, own_float, *errors, strange))
        self.rebuilt.append(tuple(one[self.shown] for one in (own, pca, jpeg)))

    def tell(self, **how: Any) -> Compression:
        columns = np.array(self.errors, np.float64).reshape(-1, len(COLUMNS)).T
        curves: dict[str, Any] = dict(zip(COLUMNS, columns, strict=True))
        size = self.digits.shape[1:]
        stacks = [
            np.stack([rows[i] for rows in self.rebuilt]).astype(np.float32)
            if self.rebuilt
            else np.zeros((0, len(self.shown), *size), np.float32)
            for i in range(3)
        ]
        return Compression(
            sizes=np.array(self.sizes, np.int64), jpeg_bytes=self.jpegs.mean_bytes,
            jpeg_errors=self.jpegs.mean_errors, pictures=self.digits[self.shown],
            by_autoencoder=stacks[0], by_pca=stacks[1], by_jpeg=stacks[2],
            **curves, **how,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of pictures (N, 28, 28)."""

    mean: np.ndarray  # float64 (784,)
    axes: np.ndarray  # (64, 784), of length 1, the greatest variance first
    low: np.ndarray  # (64,) the least that a training picture has along each
    high: np.ndarray  # (64,) and the greatest


def fit_pca(pictures: np.ndarray) -> Components:
    """The first 64 principal components of pictures (N, S, S)."""
    rows = pictures.reshape(len(pictures), -1).astype(np.float64)
    mean = rows.mean(axis=0)
    _, axes = np.linalg.eigh((rows - mean).T @ (rows - mean))
    axes = axes[:, ::-1][:, :MAX_BOTTLENECK].T
    scores = (rows - mean) @ axes.T
    return Components(mean, axes, scores.min(axis=0), scores.max(axis=0))


def rebuild_by_pca(
    components: Components, pictures: np.ndarray, size: int, *, eight_bits: bool
) -> np.ndarray:
    """Pictures (N, S, S) out of their first ``size`` components, cut off to [0, 1]."""
    rows = pictures.reshape(len(pictures), -1)
    axes = components.axes[:size]
    scores = (rows - components.mean) @ axes.T
    if eight_bits:
        scores = quantise(scores, components.low[:size], components.high[:size])
    return (components.mean + scores @ axes).clip(0, 1).reshape(pictures.shape)


@dataclass(frozen=True, eq=False)
class Jpegs:
    """Digits as JPEG at each of Q qualities."""

    sizes: np.ndarray  # int64 (Q, N) bytes of compressed data
    pictures: np.ndarray  # uint8 (Q, N, 28, 28) as they come back
    errors: np.ndarray  # float64 (Q, N)

    @property
    def mean_bytes(self) -> np.ndarray:
        return self.sizes.mean(axis=1)

    @property
    def mean_errors(self) -> np.ndarray:
        return self.errors.mean(axis=1)

    def rebuild(self, size: int) -> np.ndarray:
        """float64 (N, 28, 28): of each digit the best JPEG of at most ``size`` bytes, NaN where it
        has none."""
        errors = np.where(self.sizes <= size, self.errors, np.inf)
        best = errors.argmin(axis=0)
        digits = self.pictures[best, np.arange(len(best))] / 255
        digits[np.isinf(errors.min(axis=0))] = np.nan
        return digits


@cache
def encode_jpegs(only: int | None) -> Jpegs:
    """The held-back test digits, all or of one kind, as JPEG."""
    digits = to_array(choose_kind(load_digits().test, only).pictures)
    coded = [[encode_jpeg(digit, quality) for digit in digits] for quality in QUALITIES]
    sizes = np.array([[size for size, _ in row] for row in coded])
    pictures = np.array([[picture for _, picture in row] for row in coded])
    errors = np.stack([measure_error(row / 255, digits) for row in pictures])
    return Jpegs(sizes, pictures, errors)


def encode_jpeg(digit: np.ndarray, quality: int) -> tuple[int, np.ndarray]:
    """Bytes of a digit's compressed data, and the picture uint8 as it comes back."""
    file = io.BytesIO()
    Image.fromarray(np.rint(digit * 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    data = file.getvalue()
    start = data.index(b"\xff\xda")  # start of scan: its header, then the data, then two bytes
    header = int.from_bytes(data[start + 2 : start + 4], "big")
    with Image.open(io.BytesIO(data)) as back:
        return len(data) - (start + 2 + header) - 2, np.asarray(back)

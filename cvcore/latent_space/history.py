"""How the generators came to be: checkpoints and curves of training, real and generated digits."""

from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from cvcore.core import images, notebook
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, packing, registry
from cvcore.engine.cache import keep_models
from cvcore.engine.isolation import undisturbed
from cvcore.latent_space import (
    Classes,
    check_classes,
    generate,
    get_info,
    load_lesson,
    map_latents,
    sample,
    score,
    to_images,
)
from cvcore.latent_space.paths import check_count, check_latents, check_seed

if TYPE_CHECKING:
    from torch import nn

RUNS = {"faces": "faces", "digits": "digits", "collapse": "digits"}  # run: its generator
DIGITS, DIGIT_SIDE, SIDE = 5000, 28, 32
MAX_CHECKPOINTS = 8  # networks kept in memory
MAX_QUIZ = 24


@dataclass(frozen=True, eq=False)
class Curves:
    """What was noted in a training run."""

    steps: np.ndarray  # (N,)
    loss_d: np.ndarray  # (N,) of the discriminator
    loss_g: np.ndarray  # (N,) of the generator
    right: np.ndarray  # (N,) share of augmented pictures that the discriminator told right
    kid_steps: np.ndarray  # (M,)
    kid: np.ndarray  # (M,) the last one of the generator that is kept
    kid_deviation: float | None  # of that last one, where it was measured
    variety: dict[str, float]  # of "made" and of "real" pictures, of one class where there are any
    checkpoints: tuple[int, ...]  # steps whose generators are kept, the last one included


def load_curves(run: str) -> Curves:
    """The curves of "faces", "digits" or "collapse"."""
    lesson = load_lesson()[_check_run(run)]
    curves = {key: np.array(values) for key, values in lesson["curves"].items()}
    noted = {int(step): value for step, value, *_ in lesson["kid"]}
    kept, deviation = lesson.get("kept_kid", (None, None))
    if kept is not None:
        noted[lesson["step"]] = kept
    return Curves(
        curves["steps"], curves["loss_d"], curves["loss_g"], curves["right"],
        np.array(sorted(noted)), np.array([noted[step] for step in sorted(noted)]), deviation,
        lesson.get("variety", {}), tuple(lesson["moments"]),
    )  # fmt: skip


def _check_run(run: str) -> str:
    if run not in RUNS:
        raise InputError(f"There is no training run {run!r}: choose one of {', '.join(RUNS)}.")
    return run


@keep_models(most=MAX_CHECKPOINTS)
def _load_checkpoint(run: str, place: int) -> "nn.Module":
    """A checkpoint's network, by its place among the files."""
    import torch

    from cvcore.engine.device import get_device

    row = registry.get_weight(f"gan_{run}_moments")
    registry.check_files(row.name)
    module, function = row.build.split(":")
    with torch.inference_mode(False):
        network = getattr(import_module(module), function)()
        network.load_early(packing.unpack_state(row.paths[place]))
    return network.eval().requires_grad_(False).to(get_device())


@undisturbed
def generate_checkpoint(
    z: np.ndarray, checkpoint: int, *, run: str = "faces", classes: Classes = None
) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) of latents (N, 128) as the generator was at a checkpoint.

    ``checkpoint`` counts from 0; the last is the finished generator.
    """
    import torch

    last = len(load_curves(run).checkpoints) - 1
    checkpoint = check_count(checkpoint, least=0, most=last, what="the moment")
    info = get_info(RUNS[run])
    z = check_latents(z)
    classes = check_classes(classes, len(z), info)
    if checkpoint == last and run != "collapse":
        return generate(map_latents(z, name=run), name=run, classes=classes)
    if checkpoint == last:
        network = checkpoints.load_model("gan_collapse")
    else:
        network = _load_checkpoint(run, checkpoint)
    device = next(network.parameters()).device
    inputs = (z.astype(np.float32), classes)
    latents, *rest = (torch.from_numpy(part).to(device) for part in inputs if part is not None)
    with torch.inference_mode():
        pictures = network(network.mapping(latents), *rest)
    return to_images(pictures.float().cpu().numpy())


def measure_variety(pictures: np.ndarray) -> float:
    """The mean distance between two of the pictures (N, S, S, 3), in grey levels a pixel."""
    rows = np.asarray(pictures, np.float64).reshape(len(pictures), -1)
    if len(rows) < 2:
        return 0.0
    gaps = [np.abs(rows[i + 1 :] - rows[i]).mean(axis=1) for i in range(len(rows) - 1)]
    return float(np.concatenate(gaps).mean())


@cache
def load_real_digits() -> tuple[np.ndarray, np.ndarray]:
    """All digits of the training set, uint8 (5000, 32, 32) in 16 greys, and classes (5000,)."""
    registry.check_files("mnist_5000")
    grid = images.load_image(registry.get_weight("mnist_5000").paths[0], max_side=2800)[..., 0]
    rows = grid.reshape(50, DIGIT_SIDE, 100, DIGIT_SIDE).swapaxes(1, 2)
    digits = rows.reshape(DIGITS, DIGIT_SIDE, DIGIT_SIDE)
    edge = (SIDE - DIGIT_SIDE) // 2
    return np.pad(digits, ((0, 0), (edge, edge), (edge, edge))), np.arange(DIGITS) // 500


@dataclass(frozen=True, eq=False)
class Nearest:
    """The training digits most like a generated one."""

    pictures: np.ndarray = field(repr=False)  # uint8 (k, 32, 32, 3)
    indices: np.ndarray  # (k,) in the training set
    distances: np.ndarray  # (k,) root mean square differences, grey levels
    usual: float  # the same from a real digit to the nearest other real one, median of its class

    def _repr_html_(self) -> str:
        words = [f"distance {distance:.1f}" for distance in self.distances]
        return notebook.pictures_html(self.pictures, words)


@undisturbed
def find_nearest(picture: images.Picture, digit: int, k: int = 3) -> Nearest:
    """The ``k`` training digits of a class nearest to a generated picture uint8 (32, 32, 3)."""
    picture = images.as_image(picture)
    digits, classes = load_real_digits()
    k = check_count(k, most=10, what="digits")
    chosen = check_classes(digit, 1, get_info("digits"))
    assert chosen is not None  # the digits have classes
    rows = np.flatnonzero(classes == chosen)
    wanted = np.asarray(picture)[..., 0].astype(np.float64)
    distances = np.sqrt(((digits[rows].astype(np.float64) - wanted) ** 2).mean(axis=(1, 2)))
    best = np.argsort(distances, kind="stable")[:k]
    pictures = np.repeat(digits[rows[best]][..., None], 3, axis=-1)
    return Nearest(pictures, rows[best], distances[best], usual_distance(int(chosen[0])))


@cache
def usual_distance(digit: int) -> float:
    """How far a real digit of a class is from the nearest other one: the median of a hundred."""
    digits, classes = load_real_digits()
    rows = digits[classes == digit].reshape(500, -1).astype(np.float64)
    some = rows[::5]
    squares = (some**2).sum(axis=1)[:, None] + (rows**2).sum(axis=1) - 2 * some @ rows.T
    squares[np.arange(100), np.arange(0, 500, 5)] = np.inf
    return float(np.median(np.sqrt(squares.min(axis=1).clip(0) / SIDE**2)))


@dataclass(frozen=True, eq=False)
class Quiz:
    """Real and generated digits, mixed."""

    pictures: np.ndarray = field(repr=False)  # uint8 (N, 32, 32, 3)
    is_generated: np.ndarray  # (N,)
    scores: np.ndarray  # (N,) how real the discriminator takes each for

    def _repr_html_(self) -> str:
        numbers = [str(number) for number in range(1, len(self.pictures) + 1)]
        return notebook.pictures_html(self.pictures, numbers)


@undisturbed
def make_quiz(n: int = 12, *, seed: int) -> Quiz:
    """``n`` digits, half of them generated (one more when odd), in an order that the seed gives.

    The generated ones are brought to the same 16 greys as the real ones.
    """
    n = check_count(n, least=2, most=MAX_QUIZ, what="digits")
    rng = np.random.default_rng([check_seed(seed), n])
    real, real_classes = load_real_digits()
    chosen = rng.choice(DIGITS, n // 2, replace=False)
    classes = np.concatenate([real_classes[chosen], rng.integers(0, 10, n - n // 2)])
    w = map_latents(sample(n - n // 2, seed=seed), name="digits")
    generated = generate(w, name="digits", classes=classes[n // 2 :])
    generated = (np.rint(generated / 17) * 17).astype(np.uint8)
    pictures = np.concatenate([np.repeat(real[chosen][..., None], 3, axis=-1), generated])
    order = rng.permutation(n)
    scores = score(pictures, name="digits", classes=classes)
    return Quiz(pictures[order], (np.arange(n) >= n // 2)[order], scores[order])


def judge(quiz: Quiz) -> np.ndarray:
    """Which digits the discriminator calls generated (N,): the half that look least real to it."""
    called = np.zeros(len(quiz.scores), bool)
    called[np.argsort(quiz.scores, kind="stable")[: int(quiz.is_generated.sum())]] = True
    return called

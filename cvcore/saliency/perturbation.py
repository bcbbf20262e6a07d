"""Maps from answers alone: change a part of the picture, ask the network again.

Each function is a generator of (map float32 (H, W), share done), from coarse to fine.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from cvcore.core.checks import check_seed, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.engine.cache import keep_models
from cvcore.engine.device import cpu_count
from cvcore.probes.masks import (
    Maps,
    coarse_to_fine,
    grid_starts,
    make_masks,
    split_evenly,
    spread_windows,
)
from cvcore.saliency.incremental.workers import get_workers
from cvcore.saliency.target import BATCH, OwnNet, Target

if TYPE_CHECKING:
    from cvcore.saliency.incremental.network import IncrementalNet
    from cvcore.saliency.incremental.network_tail import Precision

Part = tuple[np.ndarray, np.ndarray]  # patches, and where they go
FIRST_SECONDS, YIELD_SECONDS = 0.2, 0.4
ROUNDED_WINDOW = 16  # pixels; from here on the rounded map correlates by 0.999 or more
EXACT_WINDOWS = 256  # so many are always computed in float32
FILLS = ("black", "grey", "mean", "blur")


class Asker:
    """Probabilities of a picture's copies with one square of ``size`` pixels replaced in each.

    EfficientNet-Lite answers by incremental inference, other networks copy by copy.
    """

    def __init__(self, x: np.ndarray, target: Target, size: int, precision: str = "exact") -> None:
        self.x, self.target, self.size = x, target, size
        net = None if isinstance(target, OwnNet) else _load_incremental(target.model, precision)
        if net is None:
            self.together, self._picture = BATCH, None
            self.before = float(target.ask(x[None])[0])
        else:
            from cvcore.saliency.incremental.network import count_together

            self.together = count_together(size)
            self._picture = get_workers().submit(net.start, x, target.classes).result()
            self.before = float(target.probability(self._picture.logits[None])[0])

    def ask_in_turns(self, parts: Iterable[Part]) -> Iterator[np.ndarray]:
        """Probabilities (N,) of copies with patches float32 (n, size, size, 3) at top_left int
        (n, 2), for part after part: those of the first ``FIRST_SECONDS``, then every
        ``YIELD_SECONDS`` those that have come since, by incremental inference half as often:
        showing answers takes time too.

        A part has up to ``together`` copies. While the caller looks at answers, the parts underway
        are worked on: two a core at most, which are dropped when the caller wants no more.
        """
        underway: deque[Any] = deque()
        come, started, seconds = [], perf_counter(), FIRST_SECONDS
        try:
            for part in parts:
                if self._picture is None:
                    come.append(self._ask_for_each(*part))
                else:
                    underway.append(get_workers().submit(self._picture.perturb, *part))
                while underway and (underway[0].done() or len(underway) > 2 * cpu_count()):
                    come.append(self.target.probability(underway.popleft().result()))
                if come and perf_counter() - started > seconds:
                    yield np.concatenate(come)
                    come, started = [], perf_counter()
                    seconds = YIELD_SECONDS if self._picture is None else 2 * YIELD_SECONDS
            come += [self.target.probability(one.result()) for one in underway]
            if come:
                yield np.concatenate(come)
        finally:
            for one in underway:
                one.cancel()

    def time_parts(self, part: Part, count: int) -> float:
        """Seconds that a part takes, of ``count`` parts the middle one, where as many are under way
        as there are cores. What else waits for the same workers does not count."""

        def ask() -> float:
            started = perf_counter()
            if self._picture is None:
                self._ask_for_each(*part)
            else:
                self._picture.perturb(*part)
            return perf_counter() - started

        if self._picture is None:
            return float(np.median([ask() for _ in range(count)]))
        each = [get_workers().submit(ask) for _ in range(count)]
        return float(np.median([one.result() for one in each])) / cpu_count()

    def split(self, top_left: np.ndarray, most: int) -> list[np.ndarray]:
        """Indices of squares at top_left int (N, 2), at most ``most`` each: those that are fastest
        together."""
        if self._picture is None:
            return split_evenly(np.arange(len(top_left)), most)
        company = self._picture.get_company(top_left, self.size)
        order = np.argsort(company, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(company[order])) + 1)
        return [part for group in groups for part in split_evenly(group, most)]

    def _ask_for_each(self, patches: np.ndarray, top_left: np.ndarray) -> np.ndarray:
        copies = np.repeat(self.x[None], len(patches), axis=0)
        size = patches.shape[1]
        for copy, patch, (top, left) in zip(copies, patches, top_left, strict=True):
            copy[:, top : top + size, left : left + size] = patch.transpose(2, 0, 1)
        return self.target.ask(copies)


@keep_models(most=4)
def _load_incremental(model: str, precision: "Precision" = "exact") -> "IncrementalNet | None":
    """The network rearranged for incremental inference, or None if it is of another kind."""
    from cvcore.models.efficientnet_lite import EfficientNetLite
    from cvcore.saliency.incremental.network import IncrementalNet

    net = checkpoints.load_model(model)
    return IncrementalNet(net, precision) if isinstance(net, EfficientNetLite) else None


def make_fill(x: np.ndarray, fill: str) -> np.ndarray:
    """The picture (3, H, W) that shows in a window: black, grey, its mean colour, blurred."""
    if fill == "black":
        return np.zeros_like(x)
    if fill == "grey":
        return np.full_like(x, 0.5)
    if fill == "mean":
        return np.broadcast_to(x.mean(axis=(1, 2), keepdims=True), x.shape).astype(np.float32)
    if fill == "blur":
        return np.stack([cv2.GaussianBlur(plane, (0, 0), 10) for plane in x])
    raise InputError(f"There is no filling {fill!r}: choose one of {', '.join(FILLS)}.")


def occlusion(
    x: np.ndarray, target: Target, *, window: int = 16, stride: int = 8, fill: str = "black"
) -> Maps:
    """The probability lost when a window is covered, averaged over the windows above a pixel.

    Window and stride in pixels, on the grid of ``captum.attr.Occlusion``, whose values these are:
    to 1e-5, or with a correlation of 0.999 where many large windows are computed in bfloat16.
    """
    side = x.shape[1]
    window = check_whole("The window", window, 4, side)
    stride = check_whole("The stride", stride, 1, window)
    starts = grid_starts(side, window, stride)
    if len(starts) ** 2 > 6400:
        raise InputError("These are more than 6,400 windows: take a greater stride.")
    # Many windows may be rounded to bfloat16, when each changes far more than the rounding does.
    is_rounded = window >= ROUNDED_WINDOW and len(starts) ** 2 > EXACT_WINDOWS
    asker = Asker(x, target, window, "rounded" if is_rounded else "exact")
    filling, picture = make_fill(x, fill).transpose(1, 2, 0), x.transpose(1, 2, 0)
    corners = np.minimum(starts, side - window)  # of squares that lie inside the picture
    drops = np.full((len(starts), len(starts)), np.nan)

    def cover(cell: np.ndarray) -> np.ndarray:
        (top, left), (row, column) = corners[cell], starts[cell]
        patch = picture[top : top + window, left : left + window].copy()
        inside = slice(row - top, None), slice(column - left, None)
        patch[inside] = filling[top : top + window, left : left + window][inside]
        return patch

    passes, done = coarse_to_fine(len(starts)), 0
    cells = np.concatenate(passes)
    parts = (
        (np.stack([cover(cell) for cell in some]), corners[some])
        for cells_ in passes
        for some in split_evenly(cells_, asker.together)
    )
    for answers in asker.ask_in_turns(parts):
        rows, columns = cells[done : done + len(answers)].T
        drops[rows, columns] = asker.before - answers
        done += len(answers)
        if done < len(cells):
            yield _enlarge(drops, side), done / len(cells)
    yield spread_windows(drops, starts, window, side), 1.0


def central_difference(
    x: np.ndarray, target: Target, *, cells: int = 56, delta: float = 0.2
) -> Maps:
    """D = change of the probability / change of the pixels, averaged over up and down.

    The picture is cut into cells x cells patches; each is made brighter by ``delta`` (of a range
    of 1), then darker. Where the pixels cannot move (they end at 0 and 1) only what they really
    moved counts. D is the probability gained when the whole patch becomes brighter by 1. With
    EfficientNet-Lite an answer's change has an error, about 1 % where the processor has a unit for
    bfloat16 and a few per cent elsewhere: the map correlates by 0.999 with the exact one.
    """
    side = x.shape[1]
    cells = check_whole("The number of cells a side", cells, 4, side // 2)
    delta = np.float32(check_setting("The change", delta, 0.01, 1))
    picture, edges = x.transpose(1, 2, 0), np.arange(cells + 1) * side // cells
    size = int(np.diff(edges).max())
    corners = np.minimum(edges[:-1], side - size)
    asker = Asker(x, target, size, "differences")
    slopes, moved = np.full((cells, cells), np.nan), []
    passes = coarse_to_fine(cells, first=8)

    def move(row: int, column: int) -> list[np.ndarray]:
        """The square's copies, brighter and darker; notes by how much a pixel moved."""
        top, left = corners[row], corners[column]
        patch = picture[top : top + size, left : left + size]
        inside = np.zeros((size, size, 1), np.float32)
        inside[
            edges[row] - top : edges[row + 1] - top,
            edges[column] - left : edges[column + 1] - left,
        ] = delta
        up, down = (np.clip(patch + sign * inside, 0, 1) for sign in (1, -1))
        moved.append((up - down).sum() / 3 / (inside > 0).sum())
        return [up, down]

    groups = [
        cells_[some]
        for cells_ in passes
        for some in asker.split(corners[cells_], max(1, asker.together // 2))
    ]
    parts = (
        (np.stack([copy for cell in some for copy in move(*cell)]), corners[some.repeat(2, 0)])
        for some in groups
    )
    order, done = np.concatenate(groups), 0
    for answers in asker.ask_in_turns(parts):
        change = answers[::2] - answers[1::2]
        rows, columns = order[done : done + len(change)].T
        by = np.array(moved[done : done + len(change)])
        slopes[rows, columns] = np.where(by > 0, change / by.clip(1e-6), 0)
        done += len(change)
        yield _enlarge(slopes, side), done / len(order)


def _enlarge(values: np.ndarray, side: int) -> np.ndarray:
    """A grid with gaps (NaN) as a map (side, side): each gap takes the nearest value."""
    filled, count = values.copy(), len(values)
    for step in (2, 4, 8):
        index = np.minimum((np.arange(count) + step // 2) // step, (count - 1) // step) * step
        filled = np.where(np.isnan(filled), values[np.ix_(index, index)], filled)
    filled = np.where(np.isnan(filled), np.nanmean(values), filled)
    return _resize(filled, side)


def _resize(values: np.ndarray, side: int) -> np.ndarray:
    method = cv2.INTER_NEAREST if side % len(values) == 0 else cv2.INTER_LINEAR
    return cv2.resize(values.astype(np.float32), (side, side), interpolation=method)


def rise(
    x: np.ndarray,
    target: Target,
    *,
    masks: int = 1000,
    cells: int = 7,
    keep: float = 0.5,
    seed: int = 0,
) -> Maps:
    """The mean of random masks, weighted by the probability behind each, divided by ``keep``.

    A mask is a grid of cells, each open with probability ``keep``, enlarged smoothly and shifted.
    """
    masks = check_whole("The number of masks", masks, 16, 8000)
    cells = check_whole("The number of cells a side", cells, 2, 32)
    keep = check_setting("The share kept", keep, 0.05, 0.95)
    rng, side = np.random.default_rng(check_seed(seed)), x.shape[1]
    total, started = np.zeros((side, side)), perf_counter()
    done = 0
    while done < masks:
        batch = make_masks(rng, min(BATCH, masks - done), side, cells=cells, keep=keep)
        answers = target.ask(x[None] * batch[:, None])
        total += np.tensordot(answers, batch, 1)
        done += len(batch)
        if done == masks or perf_counter() - started > YIELD_SECONDS:
            started = perf_counter()
            yield total / (keep * done), done / masks

"""The finite-difference map as it is taught: one pixel, or one colour of one pixel, at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine.device import cpu_count
from cvcore.probes.masks import Maps, coarse_to_fine
from cvcore.saliency.perturbation import Asker
from cvcore.saliency.target import Target

COLOURS = ("together", "each")
LEAST_WINDOW = 4
MOST_PASSES = 25_000


@dataclass(frozen=True)
class Plan:
    """Which pixels are changed, how, and how often that asks the network."""

    window: int  # pixels a side, of the square that the network sees
    left: int  # of its first pixel
    top: int
    amounts: tuple[float, ...]  # by which a pixel goes up, then down
    colours: str

    @property
    def channels(self) -> tuple[slice, ...]:
        """The colours that change together, in each pass."""
        each = self.colours == "each"
        return tuple(slice(c, c + 1) for c in range(3)) if each else (slice(0, 3),)

    @property
    def copies(self) -> int:
        """Changed pictures a pixel."""
        return 2 * len(self.amounts) * len(self.channels)

    @property
    def passes(self) -> int:
        """How often the network is asked: for the picture, and for each changed one."""
        return 1 + self.window**2 * self.copies


def make_plan(
    side: int,
    *,
    window: int = 16,
    across: float = 0.5,
    down: float = 0.5,
    amounts: Sequence[float] | float = (0.1, 0.2, 0.4),
    colours: str = "together",
) -> Plan:
    """The passes of ``pixel_differences`` for a square picture of ``side`` pixels.

    The middle of the window is at ``across`` and ``down``, shares of the side, or as near to it as
    the window stays inside. Raises ``InputError`` for what is out of range, for no amount, and for
    more passes than ``MOST_PASSES``.
    """
    window = check_whole("The window", window, LEAST_WINDOW, side)
    middle = (
        check_setting("The window's place across", across, 0, 1),
        check_setting("The window's place down", down, 0, 1),
    )
    if colours not in COLOURS:
        raise InputError(f"There is no way {colours!r}: choose one of {', '.join(COLOURS)}.")
    if isinstance(amounts, str) or not isinstance(amounts, Iterable):
        amounts = [amounts]  # a single one, or what the check will name
    chosen = sorted({float(check_setting("The amount", one, 0.01, 1)) for one in amounts})
    if not chosen:
        raise InputError("Choose at least one amount by which pixels change.")
    left, top = (min(max(round(at * side - window / 2), 0), side - window) for at in middle)
    plan = Plan(window, left, top, tuple(chosen), colours)
    if plan.passes > MOST_PASSES:
        fits = int((MOST_PASSES / plan.copies) ** 0.5)
        raise InputError(
            f"These are {plan.passes:,} passes, more than {MOST_PASSES:,}: zoom in to a window of "
            f"{fits} pixels or fewer, or take fewer amounts."
        )
    return plan


def pixel_differences(
    x: np.ndarray,
    target: Target,
    *,
    window: int = 16,
    across: float = 0.5,
    down: float = 0.5,
    amounts: Sequence[float] | float = (0.1, 0.2, 0.4),
    colours: str = "together",
) -> Maps:
    """The finite-difference map of a window of a picture float32 (3, side, side) in [0, 1].

    For each pixel, D = (p(x + a) - p(x - a)) / (what the pixel really moved), p the probability of
    the class, averaged over the ``amounts`` a (of a range of 1). A colour ends at 0 and 1; together
    the three colours move by their mean, and a pixel that cannot move has D = 0. ``colours`` are
    changed "together", giving (side, side), or "each" by itself, giving (3, side, side), a map a
    colour. Outside the window, see ``make_plan``, all is 0. The values are those of a loop over the
    whole network, to the rounding of float32.
    """
    side = x.shape[1]
    plan = make_plan(
        side, window=window, across=across, down=down, amounts=amounts, colours=colours
    )
    asker = Asker(x, target, 1)
    cells, values = _order(plan, asker), np.full((len(plan.channels), plan.window**2), np.nan)
    each = np.stack([_copies(plan, x, row, column)[1] for row, column in cells])  # what they move
    flat, done, come = cells @ (plan.window, 1), 0, np.zeros(0)
    for answers in asker.ask_in_turns(_parts(plan, x, cells, asker)):
        come = np.concatenate((come, answers))
        count = len(come) // plan.copies
        if not count:
            continue
        own = come[: count * plan.copies].reshape(count, len(plan.channels), -1, 2)
        moved = each[done : done + count]
        slopes = np.where(moved > 0, (own[..., 0] - own[..., 1]) / moved.clip(1e-6), 0)
        values[:, flat[done : done + count]] = slopes.mean(2).T
        come, done = come[count * plan.copies :], done + count
        yield _place(plan, values, side), done / len(cells)


def _order(plan: Plan, asker: Asker) -> np.ndarray:
    """The window's pixels int (N, 2), from coarse to fine; neighbours that are fastest together
    come one after the other."""
    corner = np.array([plan.top, plan.left])
    return np.concatenate(
        [
            cells[some]
            for cells in coarse_to_fine(plan.window, first=8)
            for some in asker.split(corner + cells, asker.together)
        ]
    )


def _copies(plan: Plan, x: np.ndarray, row: int, column: int) -> tuple[np.ndarray, np.ndarray]:
    """A pixel's values in its copies (copies, 1, 1, 3), up, then down, for each colour and amount;
    and what they moved, float32 (colours, amounts)."""
    pixel = x[:, plan.top + row, plan.left + column]
    pixels = np.tile(pixel, (len(plan.channels), len(plan.amounts), 2, 1))
    for channels, own in zip(plan.channels, pixels, strict=True):
        for amount, (up, down) in zip(plan.amounts, own, strict=True):
            up[channels] = np.minimum(pixel[channels] + np.float32(amount), 1)
            down[channels] = np.maximum(pixel[channels] - np.float32(amount), 0)
    moved = np.stack(
        [
            (own[:, 0, channels] - own[:, 1, channels]).mean(1)
            for channels, own in zip(plan.channels, pixels, strict=True)
        ]
    )
    return pixels.reshape(-1, 1, 1, 3), moved


def _parts(
    plan: Plan, x: np.ndarray, cells: np.ndarray, asker: Asker
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All copies in turn, as many together as the asker takes."""
    corner, patches, places = np.array([plan.top, plan.left]), [], []
    for cell in cells:
        for patch in _copies(plan, x, *cell)[0]:
            patches.append(patch[None])
            places.append(corner + cell)
            if len(patches) == asker.together:
                yield np.concatenate(patches), np.stack(places)
                patches, places = [], []
    if patches:
        yield np.concatenate(patches), np.stack(places)


def _place(plan: Plan, values: np.ndarray, side: int) -> np.ndarray:
    """Values (colours, window * window), those not yet known NaN, as maps of the whole picture; a
    gap takes the value of the nearest coarser place."""
    grids = values.reshape(-1, plan.window, plan.window).copy()
    index = np.arange(plan.window)
    for step in (2, 4, 8):
        coarse = index // step * step
        grids = np.where(np.isnan(grids), grids[:, coarse][:, :, coarse], grids)
    whole = np.zeros((len(grids), side, side), np.float32)
    rows, columns = (slice(at, at + plan.window) for at in (plan.top, plan.left))
    whole[:, rows, columns] = np.nan_to_num(grids)
    return whole if plan.colours == "each" else whole[0]


def time_a_pass(x: np.ndarray, target: Target) -> float:
    """Seconds that a changed copy of a picture takes now on this machine, by a short trial."""
    asker = Asker(x, target, 1)
    count = asker.together
    part = (
        np.repeat(x[:, :1, :1].transpose(1, 2, 0)[None], count, 0),
        np.full((count, 2), x.shape[1] // 2),
    )
    asker.time_parts(part, 1)  # the first one lays things out
    return asker.time_parts(part, 2 * cpu_count() + 1) / count

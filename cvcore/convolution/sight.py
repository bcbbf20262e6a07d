"""What the outputs of a stack see of its input, along one axis, position by position.

Between two neighbours of an enlarged map there may be no new pixel, so a window there sees as many
as its place allows: positions are followed over one period, after which all repeats, moved on.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cvcore.core.errors import InputError

MOST = 2048  # positions of a period


@dataclass(frozen=True)
class Sight:
    """First and last pixel that each position of one period sees; below 0 they are padding."""

    first: tuple[int, ...] = (0,)
    last: tuple[int, ...] = (0,)
    step: int = 1
    """Pixels from one period to the next."""

    @property
    def size(self) -> int:
        """Pixels that the position which sees farthest sees."""
        return max(last - first for first, last in zip(self.first, self.last, strict=True)) + 1

    @property
    def period(self) -> int:
        return len(self.first)

    def at(self, position: int) -> tuple[int, int]:
        """First and last pixel of any position."""
        turns, place = divmod(position, self.period)
        return self.first[place] + turns * self.step, self.last[place] + turns * self.step

    def slide(self, kernel: int, stride: int, before: int) -> "Sight":
        """Through a window of ``kernel`` positions, ``before`` of them padded."""

        def reach(position: int) -> tuple[int, int]:
            start = position * stride - before
            return start, start + kernel - 1

        return self._follow(stride, 1, reach)

    def enlarge(self, times: int, *, bilinear: bool) -> "Sight":
        """Through an upsampling whose pixels are areas (``align_corners=False``)."""

        def reach(position: int) -> tuple[int, int]:
            if not bilinear:
                return position // times, position // times
            start, rest = divmod(2 * position + 1 - times, 2 * times)
            return start, start + (rest > 0)

        return self._follow(1, times, reach)

    def stamp(self, kernel: int, stride: int, cut: int) -> "Sight":
        """Through a transposed convolution."""

        def reach(position: int) -> tuple[int, int]:
            last = (position + cut) // stride
            return min(-((kernel - 1 - position - cut) // stride), last), last

        return self._follow(1, stride, reach)

    def adapt(self, side: int, wanted: int) -> "Sight":
        """Through an adaptive pooling from ``side`` positions to ``wanted``."""
        shared = math.gcd(side, wanted)

        def reach(position: int) -> tuple[int, int]:
            return position * side // wanted, -(-(position + 1) * side // wanted) - 1

        return self._follow(side // shared, wanted // shared, reach)

    def _follow(self, moved: int, after: int, reach: Callable[[int], tuple[int, int]]) -> "Sight":
        """``reach`` says which positions an output reads; ``after`` outputs on, they have
        ``moved`` on."""
        turns = self.period // math.gcd(self.period, moved)
        if after * turns > MOST:
            raise InputError(
                "the map is enlarged so often that what it sees cannot be followed: upsample less."
            )
        read = [reach(position) for position in range(after * turns)]
        return Sight(
            tuple(self.at(start)[0] for start, _ in read),
            tuple(self.at(end)[1] for _, end in read),
            self.step * moved * turns // self.period,
        )


def join(sights: Sequence[Sight], side: int) -> Sight:
    """What is seen by maps of ``side`` positions that are added or laid side by side."""
    if len({one.step / one.period for one in sights}) == 1:
        period = math.lcm(*(one.period for one in sights))
        step = sights[0].step * period // sights[0].period
    else:  # such as a large window beside a pooling: only positions on the map say anything
        period = side
        step = max(-(-one.step * side // one.period) for one in sights)
    period = min(period, MOST)
    seen = [[one.at(position) for one in sights] for position in range(period)]
    return Sight(
        tuple(min(first for first, _ in own) for own in seen),
        tuple(max(last for _, last in own) for own in seen),
        step,
    )

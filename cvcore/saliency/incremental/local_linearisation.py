"""The last layers of an EfficientNet-Lite near a change, and what it does further off by slopes.

In the last layers a change of a few pixels reaches nearly every cell, but far from where it was
made little of it arrives. Here the layers are computed in a square of cells around it only. To
leave out the rest is projective field thresholding (Nakandala et al., Krypton, SIGMOD 2019); here
what leaves the square is counted, too, but to first order: times the slope of the answer there, at
the picture itself. That gives a small change to a few per cent, in about half the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cvcore.saliency.incremental.folded import Block
from cvcore.saliency.incremental.network_tail import Finish, NetworkTail, Start


@dataclass(frozen=True)
class Square:
    """Cells [top, top + size) x [left, left + size) of a map."""

    top: int
    left: int
    size: int

    def cut(self, maps: Tensor) -> Tensor:
        """Of maps (..., H, W, C), these cells (..., size, size, C), not copied."""
        return maps[..., self.top : self.top + self.size, self.left : self.left + self.size, :]

    def halve(self, side: int) -> "Square":
        """The square around the same place after a stride of 2, on a map of ``side`` cells; it
        leaves the change room for one cell more at either end."""
        size = min(side, (self.size + 1) // 2 + 1)
        # a filter's output is at its input 2 * o + 1
        top, left = (
            min(max((2 * start + self.size - 1 - 2 * size + 1) // 4, 0), side - size)
            for start in (self.top, self.left)
        )
        return Square(top, left, size)


@dataclass(frozen=True, eq=False)
class Whole:
    """A block's values on the whole picture, and the slopes of A answers there."""

    block: Block
    wide: Tensor  # (H, W, C) that its filter reads
    filtered: Tensor  # (out, out, C) before ReLU6
    wide_slopes: Tensor  # (A, H, W, C) of the answers by ``wide``
    filtered_slopes: Tensor  # (A, out, out, C) of the answers by ``filtered``


@dataclass(frozen=True, eq=False)
class Part:
    """What a block needs to know of the picture when only one square of it is computed."""

    wide: Tensor  # (size, size, C)
    filtered: Tensor  # (out.size, out.size, C)
    slopes: Tensor  # (A, size * size * C) of the answers by ``wide``, by way of cells outside
    out: Square
    padding: tuple[int, int, int, int]  # zeros around the square, or less than none


def open_local_linearisation(tail: NetworkTail) -> Start:
    """Exact inside the square, to first order outside; right for the classes asked for alone."""

    @torch.inference_mode()
    def start(base: Tensor, classes: Sequence[int]) -> tuple[np.ndarray, Finish]:
        picture = LinearisedPicture(tail, base, list(classes))
        return picture.logits.numpy(), picture.finish

    return start


class LinearisedPicture:
    """One picture's last layers, and those of its copies near their changes."""

    def __init__(self, tail: NetworkTail, base: Tensor, classes: list[int]) -> None:
        """``base`` float32 (1, H, W, C), the picture's maps; ``classes`` those asked for."""
        self.tail, self.classes = tail, classes
        side, rows, values = base.shape[1], base.reshape(-1, base.shape[3]), []
        for block in tail.blocks:
            wide = block.widen(rows)
            filtered = block.spatial.on_whole(wide, side, limited=False)
            values.append((block, side, wide, filtered))
            rows, side = block.finish(filtered.clamp(0, 6), rows), block.spatial.out_side(side)
        features = tail.head(rows)
        self.head = features.clamp(0, 6).view(side, side, -1)
        self.logits = torch.addmv(tail.bias, tail.weight.T, self.head.mean((0, 1)))

        slopes = _slopes_by_logits(self.logits, classes) @ tail.weight.T / len(features)
        slopes = _through_limits(slopes[:, None], features) @ tail.head.weight.T
        self.wholes: list[Whole] = []
        for block, side, wide, filtered in reversed(values):
            by_filtered = _through_limits(slopes @ block.project.weight.T, filtered)
            by_wide = block.spatial.back(by_filtered.flatten(0, 1), side).view(-1, *wide.shape)
            by_input = _through_limits(by_wide, wide) @ block.expand.weight.T
            slopes = by_input + slopes if block.has_skip else by_input
            maps = (wide, filtered, by_wide, by_filtered)
            sides = (side, block.spatial.out_side(side)) * 2
            self.wholes.insert(0, Whole(block, *map(_to_maps, maps, sides)))
        self._parts: dict[tuple[int, Square], Part] = {}

    @torch.inference_mode()
    def finish(self, maps: Tensor, top: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Logits float32 (N, classes) from the squares (N, size, size, C) of N copies' maps, whose
        first cells are at ``top`` and ``left``, int (N,)."""
        change = maps.new_empty(len(maps), self.tail.weight.shape[0])
        beyond = maps.new_empty(len(maps), len(self.classes))
        places, which = np.unique(np.stack((top, left), 1), axis=0, return_inverse=True)
        for index, (row, column) in enumerate(places.tolist()):
            those = torch.from_numpy(np.flatnonzero(which == index))
            change[those], beyond[those] = self._at(Square(row, column, maps.shape[1]), maps[those])
        logits = torch.addmm(self.logits, change, self.tail.weight)
        logits[:, self.classes] += beyond
        return logits.numpy()

    def _at(self, square: Square, maps: Tensor) -> tuple[Tensor, Tensor]:
        """From copies' maps in a square to how their mean features (N, features) change by what is
        inside, and the answers (N, A) by what is outside."""
        count, rows = len(maps), maps.flatten(0, 2)
        beyond = maps.new_zeros(count, len(self.classes))
        for index, whole in enumerate(self.wholes):
            part, block = self._get_part(index, square), whole.block
            change = block.widen(rows).view(count, *part.wide.shape).sub_(part.wide)
            beyond.addmm_(change.view(count, -1), part.slopes.T)
            change = block.spatial.on_changes(change, part.padding)
            filtered = change.view(count, *part.filtered.shape).add_(part.filtered).clamp_(0, 6)
            rows = block.finish(filtered.flatten(0, 2), rows)
            square = part.out
        features = self.tail.head(rows).clamp_(0, 6).view(count, square.size**2, -1).sum(1)
        before = square.cut(self.head).sum((0, 1))
        return (features - before) / self.head.shape[0] ** 2, beyond

    def _get_part(self, index: int, square: Square) -> Part:
        part = self._parts.get((index, square))
        if part is None:  # two threads may both make it
            part = self._parts[index, square] = _cut_part(self.wholes[index], square)
        return part


def _cut_part(whole: Whole, square: Square) -> Part:
    spatial, side, out_side = whole.block.spatial, len(whole.wide), len(whole.filtered)
    out = square if spatial.stride == 1 else square.halve(out_side)
    inside = torch.zeros_like(whole.filtered_slopes)
    out.cut(inside).copy_(out.cut(whole.filtered_slopes))
    by_inside = spatial.back(inside.flatten(0, 2), side).view_as(whole.wide_slopes)
    before, reach = spatial.padding(side)[0], (out.size - 1) * spatial.stride + spatial.kernel
    top, left = (
        own - (start * spatial.stride - before)
        for own, start in ((square.top, out.top), (square.left, out.left))
    )
    return Part(
        square.cut(whole.wide),
        out.cut(whole.filtered),
        square.cut(whole.wide_slopes - by_inside).flatten(1),
        out,
        (left, reach - left - square.size, top, reach - top - square.size),
    )


def _slopes_by_logits(logits: Tensor, classes: list[int]) -> Tensor:
    """(A, classes): of each class asked for against all that are not, z_a - logsumexp(others)."""
    others = logits.clone()
    others[classes] = -torch.inf
    slopes = -others.softmax(0).repeat(len(classes), 1)
    slopes[range(len(classes)), classes] = 1
    return slopes


def _through_limits(slopes: Tensor, values: Tensor) -> Tensor:
    """Slopes (A, cells, C) by what ReLU6 makes of ``values`` (cells, C): by the values."""
    return slopes * ((values > 0) & (values < 6))


def _to_maps(rows: Tensor, side: int) -> Tensor:
    """(..., side * side, C) as (..., side, side, C)."""
    return rows.unflatten(-2, (side, side))

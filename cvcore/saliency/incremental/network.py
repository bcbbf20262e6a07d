"""Incremental inference: many perturbed copies of one picture, computing only what changed.

A window that covers 16 x 16 pixels of 224 x 224 changes a small part of the early layers; it grows
with the receptive field until it fills the last ones. The picture itself goes through the network
once and its activations are kept; for each window only the cells that it can have changed are
computed, their surroundings taken from the kept activations (Nakandala et al., "Incremental and
Approximate Inference for Faster Occlusion-based Deep CNN Explanations" (Krypton), SIGMOD 2019).
Windows go through together, and batch normalisation is folded into the convolutions. The answers
are those of the whole network, to rounding.

In the early layers activations are rows: a cell's channels lie together, (cells, C), so a 1x1
convolution is one matrix product over all windows' cells, and cutting out surroundings is picking
rows. The last layers, where a change reaches nearly every cell, run whole in the fastest engine, or
near the change alone where a small error is allowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cvcore.engine.isolation import undisturbed
from cvcore.models.efficientnet_lite import EfficientNetLite
from cvcore.saliency.incremental.folded import (
    Block,
    Spatial,
    fold_block,
    fold_pointwise,
    fold_spatial,
)
from cvcore.saliency.incremental.local_linearisation import open_local_linearisation
from cvcore.saliency.incremental.network_tail import (
    USUAL_COUNT,
    NetworkTail,
    Precision,
    has_bfloat16_unit,
    open_tail,
)

# From this stage on a 16-pixel window's change reaches nearly the whole 14 x 14 map.
TAIL_STAGE = 4
# The stage whose first block makes maps of 14 x 14 cells. From its second one on only the
# surroundings of a change are computed where that is close enough, and blocks may round to
# bfloat16; in earlier ones the map would suffer.
LATE_STAGE = 3
LOCAL_CELLS = 7  # a side, and one more for every 16 pixels that change


@dataclass(frozen=True, eq=False)
class Span:
    """Along one axis, the cells [start, start + size) that a window can have changed."""

    start: np.ndarray  # (N,) int64, a window each
    size: int  # the same for all windows; what is computed too much comes out unchanged

    def reach(self, spatial: Spatial, side: int) -> "Span":
        """The cells, padding included, that these outputs of a convolution read."""
        start = self.start * spatial.stride - spatial.padding(side)[0]
        return Span(start, (self.size - 1) * spatial.stride + spatial.kernel)

    def grow(self, spatial: Spatial, side: int) -> "Span":
        """The outputs of a convolution that read a cell of this span."""
        out, (before, _) = spatial.out_side(side), spatial.padding(side)
        first = -((spatial.kernel - 1 - before - self.start) // spatial.stride)
        last = (self.start + self.size - 1 + before) // spatial.stride
        first, last = first.clip(0), last.clip(max=out - 1)
        size = int((last - first).max()) + 1
        return Span(first.clip(0, out - size), size)

    def widen(self, size: int, side: int) -> "Span":
        """So many cells around these, of a map of ``side``."""
        return Span((self.start - (size - self.size) // 2).clip(0, side - size), size)


def count_together(size: int) -> int:
    """Squares of so many pixels a side whose activations fit a processor's cache together."""
    return max(1, min(USUAL_COUNT, USUAL_COUNT * 32 // size))


class IncrementalNet:
    """An EfficientNet-Lite, folded and rearranged for perturbed copies of one picture.

    ``precision`` says how the later layers compute. "rounded" is the fastest where the processor
    has a unit for bfloat16, with an error of the logits of about 1 % of their spread, and exact
    elsewhere. With "differences" the error is about 1 % of a logit's change; without such a unit
    it is a few per cent, and the classes asked for alone are right (local_linearisation.py).
    """

    def __init__(self, net: EfficientNetLite, precision: Precision = "exact") -> None:
        if not isinstance(net, EfficientNetLite):
            raise TypeError(f"Expected an EfficientNetLite, got {type(net).__name__}.")
        self.mean, self.std = net.mean.view(3), net.std.view(3)
        blocks = [fold_block(block) for stage in net.blocks for block in stage]
        stem = Block(None, fold_spatial(net.conv_stem, net.bn1), None, False)
        on_cpu, can_round = self.mean.device.type == "cpu", has_bfloat16_unit()
        self.is_local = precision == "differences" and on_cpu and not can_round
        late_block = sum(map(len, net.blocks[:LATE_STAGE])) + 1
        tail_block = late_block if self.is_local else sum(map(len, net.blocks[:TAIL_STAGE]))
        self.early = [stem, *blocks[:tail_block]]
        if precision == "rounded" and on_cpu and can_round:
            after = late_block + 1  # the stem
            self.early[after:] = [block.to(torch.bfloat16) for block in self.early[after:]]
        tail = NetworkTail(
            tuple(blocks[tail_block:]),
            fold_pointwise(net.conv_head, net.bn2),
            net.classifier.weight.T.contiguous(),
            net.classifier.bias,
        )
        self.start_tail = (
            open_local_linearisation(tail) if self.is_local else open_tail(tail, precision)
        )

    def start(self, x: np.ndarray, classes: Sequence[int] = ()) -> "Picture":
        """Take a picture float32 (3, side, side) in [0, 1] through the network once; ``classes``
        are those whose answers are wanted."""
        return Picture(self, x, classes)


class Picture:
    """One picture's activations, from which the answers to its perturbed copies are worked out."""

    @torch.inference_mode()
    def __init__(self, net: IncrementalNet, x: np.ndarray, classes: Sequence[int]) -> None:
        if x.ndim != 3 or x.shape[0] != 3 or x.shape[1] != x.shape[2]:
            raise ValueError(f"Expected a square picture (3, side, side), got {x.shape}.")
        self.net, self.x, self.sides = net, x, [x.shape[1]]
        self._inputs: list[Tensor] = []  # rows of each block's input, then a row of zeros
        self._wides: list[Tensor] = []  # rows that each block's filter reads, then zeros
        rows = self._normalise(x.transpose(1, 2, 0))
        for block in net.early:
            rows = rows.to(block.dtype)
            wide = block.widen(rows)
            self._inputs.append(_end_with_zeros(rows))
            self._wides.append(_end_with_zeros(wide))
            rows = block.finish(block.spatial.on_whole(wide, self.sides[-1]), rows)
            self.sides.append(block.spatial.out_side(self.sides[-1]))
        self._inputs.append(_end_with_zeros(rows))
        last = rows.float().view(1, self.sides[-1], self.sides[-1], -1)
        self.logits, self._finish = net.start_tail(last, classes)

    @undisturbed  # in a thread of its own, maybe while the caller looks at what has come
    @torch.inference_mode()
    def perturb(self, patches: np.ndarray, top_left: np.ndarray) -> np.ndarray:
        """Logits float32 (N, classes) of N copies of the picture, a square replaced in each.

        ``patches`` float32 (N, P, P, 3), RGB in [0, 1]; ``top_left`` int (N, 2), the row and column
        of each square's first pixel. A square must lie inside the picture. ``count_together(P)``
        squares at a time are fastest, neighbouring ones one after the other.
        """
        top_left = np.asarray(top_left, np.int64)
        size, side = patches.shape[1], self.sides[0]
        if len(patches) and (top_left.min() < 0 or top_left.max() + size > side):
            raise ValueError(f"A square of {size} pixels leaves the picture of {side}.")
        if not len(patches):
            return np.zeros((0, len(self.logits)), np.float32)
        rows = self._normalise(patches)
        y, x = (Span(top_left[:, axis], size) for axis in (0, 1))
        for block, side, inputs, wides in zip(
            self.net.early, self.sides, self._inputs, self._wides, strict=False
        ):
            rows = rows.to(block.dtype)
            spatial, wide = block.spatial, block.widen(rows)
            y_out, x_out = y.grow(spatial, side), x.grow(spatial, side)
            around = y_out.reach(spatial, side), x_out.reach(spatial, side)
            picked = _take(wides, wide, _pick(y, x, side, *around))
            if block.has_skip:
                rows = _take(inputs, rows, _pick(y, x, side, y_out, x_out))
            size_hw = around[0].size, around[1].size
            rows = block.finish(spatial.on_padded(picked, size_hw), rows)
            y, x = y_out, x_out
        y_part, x_part = self._get_tail_part(y, x, size)
        rows = _take(self._inputs[-1], rows, _pick(y, x, self.sides[-1], y_part, x_part))
        maps = rows.view(len(patches), y_part.size, x_part.size, -1)
        return self._finish(maps, y_part.start, x_part.start)

    def get_company(self, top_left: np.ndarray, size: int) -> np.ndarray:
        """A number (N,) for each square: those with the same one are fastest together."""
        y, x = (Span(np.asarray(top_left, np.int64)[:, axis], size) for axis in (0, 1))
        for block, side in zip(self.net.early, self.sides, strict=False):
            y, x = y.grow(block.spatial, side), x.grow(block.spatial, side)
        y, x = self._get_tail_part(y, x, size)
        return y.start * self.sides[-1] + x.start

    def _get_tail_part(self, y: Span, x: Span, size: int) -> tuple[Span, Span]:
        """The cells that the tail computes where these cells and ``size`` pixels change."""
        part = side = self.sides[-1]
        if self.net.is_local:
            part = min(side, max(y.size, x.size, LOCAL_CELLS + size // 16))
        return y.widen(part, side), x.widen(part, side)

    def _normalise(self, pixels: np.ndarray) -> Tensor:
        rows = torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).to(self.net.mean.device)
        return (rows.view(-1, 3) - self.net.mean) / self.net.std


@dataclass(frozen=True, eq=False)
class Picked:
    """Which rows make up a part of a feature map in each of N copies."""

    kept: Tensor  # of the picture's own rows and the row of zeros after them
    place: Tensor  # where changed rows go instead
    changed: Tensor  # which ones


def _take(kept: Tensor, changed: Tensor, picked: Picked) -> Tensor:
    device = kept.device
    rows = kept.index_select(0, picked.kept.to(device))
    new = changed.index_select(0, picked.changed.to(device))
    return rows.index_copy_(0, picked.place.to(device), new)


def _pick(y: Span, x: Span, side: int, y_part: Span, x_part: Span) -> Picked:
    """The rows of the part (y_part, x_part): those inside (y, x) are changed, those outside the
    picture are zeros, all others are the picture's own."""
    rows = y_part.start[:, None] + np.arange(y_part.size)  # (N, height)
    columns = x_part.start[:, None] + np.arange(x_part.size)  # (N, width)

    def both(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a[:, :, None] & b[:, None, :]).reshape(-1)

    in_picture = both((rows >= 0) & (rows < side), (columns >= 0) & (columns < side))
    own = (rows[:, :, None] * side + columns[:, None, :]).reshape(-1)
    u, v = rows - y.start[:, None], columns - x.start[:, None]
    first = np.arange(len(u))[:, None, None] * (y.size * x.size)
    changed = (first + u[:, :, None] * x.size + v[:, None, :]).reshape(-1)
    place = np.flatnonzero(both((u >= 0) & (u < y.size), (v >= 0) & (v < x.size)))
    kept = np.where(in_picture, own, side * side)
    return Picked(*(torch.from_numpy(index) for index in (kept, place, changed[place])))


def _end_with_zeros(rows: Tensor) -> Tensor:
    return torch.cat((rows, rows.new_zeros(1, rows.shape[1])))

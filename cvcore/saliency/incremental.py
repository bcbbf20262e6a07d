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
rows. The late layers, where a change reaches every cell, run whole in the fastest engine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.models.efficientnet_lite import (
    DepthwiseSeparable,
    EfficientNetLite,
    InvertedResidual,
    SameConv2d,
)
from cvcore.runtime import open_session
from cvcore.saliency.workers import get_workers

CHUNK = 27  # windows computed together: their activations fit a processor's cache
LATE_STAGE = 4  # from here on a 16-pixel window's change reaches the whole 14 x 14 map


@dataclass(frozen=True)
class Pointwise:
    """A 1x1 convolution with its normalisation folded in: ``rows @ weight + bias``."""

    weight: Tensor  # (C_in, C_out)
    bias: Tensor  # (C_out,)

    def __call__(self, rows: Tensor) -> Tensor:
        return torch.addmm(self.bias, rows, self.weight)


@dataclass(frozen=True)
class Spatial:
    """A convolution over neighbours, folded, with TensorFlow's "same" padding, then ReLU6."""

    weight: Tensor  # (C_out, C_in / groups, K, K)
    bias: Tensor
    stride: int
    groups: int

    @property
    def kernel(self) -> int:
        return self.weight.shape[-1]

    def out_side(self, side: int) -> int:
        return -(-side // self.stride)

    def padding(self, side: int) -> tuple[int, int]:
        """Zeros before and after an axis of ``side`` cells."""
        total = max((self.out_side(side) - 1) * self.stride + self.kernel - side, 0)
        return total // 2, total - total // 2

    def reads(self, out: "Span", side: int) -> "Span":
        """The cells, padding included, that the outputs ``out`` read."""
        start = out.start * self.stride - self.padding(side)[0]
        return Span(start, (out.size - 1) * self.stride + self.kernel)

    def on_padded(self, rows: Tensor, size_hw: tuple[int, int]) -> Tensor:
        """Rows of N parts of ``size_hw`` cells, padding included, to the rows of their outputs."""
        x = rows.view(-1, *size_hw, rows.shape[1]).permute(0, 3, 1, 2)  # (N, C, H, W)
        return self._convolve(x, 0)

    def on_whole(self, rows: Tensor, side: int) -> Tensor:
        """The same for N whole feature maps of ``side`` cells a side, without their padding."""
        x = rows.view(-1, side, side, rows.shape[1]).permute(0, 3, 1, 2)
        before, after = self.padding(side)
        if before == after:
            return self._convolve(x, before)
        return self._convolve(F.pad(x, (before, after, before, after)), 0)

    def _convolve(self, x: Tensor, padding: int) -> Tensor:
        y = F.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return y.permute(0, 2, 3, 1).reshape(-1, y.shape[1]).clamp_(0, 6)


@dataclass(frozen=True)
class Block:
    """Widen, filter over neighbours, narrow; each part but the filter may be missing."""

    expand: Pointwise | None
    spatial: Spatial
    project: Pointwise | None
    has_skip: bool

    def widen(self, rows: Tensor) -> Tensor:
        return rows if self.expand is None else self.expand(rows).clamp_(0, 6)

    def finish(self, filtered: Tensor, rows: Tensor) -> Tensor:
        """Narrow the filter's outputs and add the block's input ``rows`` at the same cells."""
        out = filtered if self.project is None else self.project(filtered)
        return out.add_(rows) if self.has_skip else out


@dataclass(frozen=True)
class Span:
    """Along one axis, the cells [start, start + size) that a window can have changed."""

    start: np.ndarray  # (N,) int64, a window each
    size: int  # the same for all windows; what is computed too much comes out unchanged

    def grow(self, spatial: Spatial, side: int) -> "Span":
        """The outputs of a convolution that read a cell of this span."""
        out, (before, _) = spatial.out_side(side), spatial.padding(side)
        first = -((spatial.kernel - 1 - before - self.start) // spatial.stride)
        last = (self.start + self.size - 1 + before) // spatial.stride
        first, last = first.clip(0), last.clip(max=out - 1)
        size = int((last - first).max()) + 1
        return Span(first.clip(0, out - size), size)


class IncrementalNet:
    """An EfficientNet-Lite, folded and rearranged for perturbed copies of one picture."""

    def __init__(self, net: EfficientNetLite) -> None:
        if not isinstance(net, EfficientNetLite):
            raise TypeError(f"Expected an EfficientNetLite, got {type(net).__name__}.")
        self.mean, self.std = net.mean.view(3), net.std.view(3)
        self.early = [Block(None, _fold_spatial(net.conv_stem, net.bn1), None, False)]
        self.early += [_fold_block(b) for stage in net.blocks[:LATE_STAGE] for b in stage]
        late = [_fold_block(b) for stage in net.blocks[LATE_STAGE:] for b in stage]
        head = _fold_pointwise(net.conv_head, net.bn2)
        classifier = Pointwise(net.classifier.weight.T.contiguous(), net.classifier.bias)
        if self.mean.device.type == "cpu":
            self.finish = open_late_layers(late, head, classifier)
        else:
            self.finish = partial(_run_late_layers, late, head, classifier)

    def start(self, x: np.ndarray) -> "Picture":
        """Take a picture float32 (3, side, side) in [0, 1] through the network once."""
        return Picture(self, x)


class Picture:
    """One picture's activations, from which the answers to its perturbed copies are worked out."""

    @torch.inference_mode()
    def __init__(self, net: IncrementalNet, x: np.ndarray) -> None:
        if x.ndim != 3 or x.shape[0] != 3 or x.shape[1] != x.shape[2]:
            raise ValueError(f"Expected a square picture (3, side, side), got {x.shape}.")
        self.net, self.x, self.sides = net, x, [x.shape[1]]
        self._inputs: list[Tensor] = []  # rows of each block's input, then a row of zeros
        self._wides: list[Tensor] = []  # rows that each block's filter reads, then zeros
        rows = self._normalise(x.transpose(1, 2, 0))
        for block in net.early:
            wide = block.widen(rows)
            self._inputs.append(_end_with_zeros(rows))
            self._wides.append(_end_with_zeros(wide))
            rows = block.finish(block.spatial.on_whole(wide, self.sides[-1]), rows)
            self.sides.append(block.spatial.out_side(self.sides[-1]))
        self._inputs.append(_end_with_zeros(rows))
        self.logits = net.finish(rows.view(1, self.sides[-1], self.sides[-1], -1))[0]

    def perturb(self, patches: np.ndarray, top_left: np.ndarray) -> np.ndarray:
        """Logits float32 (N, classes) of N copies of the picture, a square replaced in each.

        ``patches`` float32 (N, P, P, 3), RGB in [0, 1]; ``top_left`` int (N, 2), the row and column
        of each square's first pixel. A square must lie inside the picture. Neighbouring squares
        should follow each other.
        """
        top_left = np.asarray(top_left, np.int64)
        size, side = patches.shape[1], self.sides[0]
        if len(patches) and (top_left.min() < 0 or top_left.max() + size > side):
            raise ValueError(f"A square of {size} pixels leaves the picture of {side}.")
        step = max(1, min(CHUNK, CHUNK * 32 // size))
        chunks = [
            (patches[i : i + step], top_left[i : i + step]) for i in range(0, len(patches), step)
        ]
        parts = get_workers().map(lambda chunk: self._perturb_chunk(*chunk), chunks)
        return np.concatenate([np.zeros((0, len(self.logits)), np.float32), *parts])

    @torch.inference_mode()
    def _perturb_chunk(self, patches: np.ndarray, top_left: np.ndarray) -> np.ndarray:
        rows = self._normalise(patches)
        y, x = (Span(top_left[:, axis], patches.shape[1]) for axis in (0, 1))
        for block, side, inputs, wides in zip(
            self.net.early, self.sides, self._inputs, self._wides, strict=False
        ):
            spatial, wide = block.spatial, block.widen(rows)
            y_out, x_out = y.grow(spatial, side), x.grow(spatial, side)
            around = spatial.reads(y_out, side), spatial.reads(x_out, side)
            picked = _take(wides, wide, _pick(y, x, side, *around))
            if block.has_skip:
                rows = _take(inputs, rows, _pick(y, x, side, y_out, x_out))
            size_hw = around[0].size, around[1].size
            rows = block.finish(spatial.on_padded(picked, size_hw), rows)
            y, x = y_out, x_out
        side = self.sides[-1]
        whole = Span(np.zeros(len(patches), np.int64), side)
        rows = _take(self._inputs[-1], rows, _pick(y, x, side, whole, whole))
        return self.net.finish(rows.view(len(patches), side, side, -1))

    def _normalise(self, pixels: np.ndarray) -> Tensor:
        rows = torch.from_numpy(np.ascontiguousarray(pixels, np.float32)).to(self.net.mean.device)
        return (rows.view(-1, 3) - self.net.mean) / self.net.std


def open_late_layers(
    blocks: list[Block], head: Pointwise, classifier: Pointwise
) -> Callable[[Tensor], np.ndarray]:
    """Blocks, head, mean and classifier as one ONNX Runtime session, written node by node."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []

    def constant(value: Tensor | float) -> str:
        array = np.ascontiguousarray(value, np.float32)
        constants.append(numpy_helper.from_array(array, f"c{len(constants)}"))
        return constants[-1].name

    def node(kind: str, *inputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [f"n{len(nodes)}"], **attributes))
        return nodes[-1].output[0]

    low, high = constant(0.0), constant(6.0)

    def pointwise(x: str, layer: Pointwise) -> str:
        weight = constant(layer.weight.T[:, :, None, None])
        return node("Conv", x, weight, constant(layer.bias))

    x = node("Transpose", "rows", perm=[0, 3, 1, 2])
    for block in blocks:
        y = x if block.expand is None else node("Clip", pointwise(x, block.expand), low, high)
        spatial = block.spatial
        y = node(
            "Conv",
            y,
            constant(spatial.weight),
            constant(spatial.bias),
            auto_pad="SAME_UPPER",
            strides=[spatial.stride] * 2,
            group=spatial.groups,
        )
        y = pointwise(node("Clip", y, low, high), block.project)
        x = node("Add", x, y) if block.has_skip else y
    x = node("GlobalAveragePool", node("Clip", pointwise(x, head), low, high))
    x = node("Flatten", x)
    logits = node("Gemm", x, constant(classifier.weight), constant(classifier.bias))
    graph = helper.make_graph(
        nodes,
        "late_layers",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["N", "H", "W", "C"])],
        [helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["N", "classes"])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    session = open_session(model.SerializeToString(), threads=1)
    return lambda rows: session.run(None, {"rows": rows.numpy()})[0]


def _run_late_layers(
    blocks: list[Block], head: Pointwise, classifier: Pointwise, x: Tensor
) -> np.ndarray:
    """The same on a GPU, for x (N, H, W, C)."""
    count, side = x.shape[:2]
    rows = x.reshape(-1, x.shape[3])
    for block in blocks:
        rows = block.finish(block.spatial.on_whole(block.widen(rows), side), rows)
        side = block.spatial.out_side(side)
    features = head(rows).clamp_(0, 6).view(count, side * side, -1).mean(1)
    return classifier(features).cpu().numpy()


def _take(kept: Tensor, changed: Tensor, index: Tensor) -> Tensor:
    """Rows by index: first the picture's kept rows and a row of zeros, then the changed ones."""
    return torch.cat((kept, changed)).index_select(0, index.to(kept.device))


def _pick(y: Span, x: Span, side: int, y_part: Span, x_part: Span) -> Tensor:
    """Which rows make up the part (y_part, x_part) of a feature map in each of N copies.

    Cells inside the changed part (y, x) come from the changed rows, cells outside the picture are
    the row of zeros, all others are the picture's own.
    """
    rows = y_part.start[:, None] + np.arange(y_part.size)  # (N, height)
    columns = x_part.start[:, None] + np.arange(x_part.size)  # (N, width)

    def both(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a[:, :, None] & b[:, None, :]

    in_picture = both((rows >= 0) & (rows < side), (columns >= 0) & (columns < side))
    kept = rows[:, :, None] * side + columns[:, None, :]
    index = np.where(in_picture, kept, side * side)
    u, v = rows - y.start[:, None], columns - x.start[:, None]
    first = side * side + 1 + np.arange(len(u)) * (y.size * x.size)
    changed = first[:, None, None] + u[:, :, None] * x.size + v[:, None, :]
    is_changed = both((u >= 0) & (u < y.size), (v >= 0) & (v < x.size))
    return torch.from_numpy(np.where(is_changed, changed, index).reshape(-1))


def _end_with_zeros(rows: Tensor) -> Tensor:
    return torch.cat((rows, rows.new_zeros(1, rows.shape[1])))


def _fold(weight: Tensor, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return weight * scale[:, None, None, None], norm.bias - norm.running_mean * scale


def _fold_pointwise(conv: SameConv2d, norm: nn.BatchNorm2d) -> Pointwise:
    weight, bias = _fold(conv.weight, norm)
    return Pointwise(weight[:, :, 0, 0].T.contiguous(), bias)


def _fold_spatial(conv: SameConv2d, norm: nn.BatchNorm2d) -> Spatial:
    return Spatial(*_fold(conv.weight, norm), conv.stride[0], conv.groups)


def _fold_block(block: DepthwiseSeparable | InvertedResidual) -> Block:
    if isinstance(block, DepthwiseSeparable):
        spatial = _fold_spatial(block.conv_dw, block.bn1)
        return Block(None, spatial, _fold_pointwise(block.conv_pw, block.bn2), False)
    return Block(
        _fold_pointwise(block.conv_pw, block.bn1),
        _fold_spatial(block.conv_dw, block.bn2),
        _fold_pointwise(block.conv_pwl, block.bn3),
        block.has_skip,
    )

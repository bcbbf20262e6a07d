"""The last layers of an EfficientNet-Lite, for many feature maps at once, in the fastest engine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cvcore.engine.predictor import open_session
from cvcore.saliency.incremental.folded import Block, Pointwise, Spatial

# Feature maps (N, h, w, C) whose first cells are at rows (N,) and columns (N,) of the whole maps
# to logits (N, classes). All but the local linearisation are given whole maps.
Finish = Callable[[Tensor, np.ndarray, np.ndarray], np.ndarray]
# A picture's feature maps (1, H, W, C) and the classes that are asked for, to its logits and what
# answers for its perturbed copies. All but the local linearisation answer for every class.
Start = Callable[[Tensor, Sequence[int]], tuple[np.ndarray, Finish]]
# How the copies are computed: as the network itself; only how they differ from the picture, with an
# error that is a small part of the change (in bfloat16 where the processor has a unit for it,
# elsewhere near the change alone: local_linearisation.py); or everything in bfloat16, which is
# exact on processors without a unit for it.
Precision = Literal["exact", "differences", "rounded"]
RELU6: tuple[str, list[float]] = ("hardtanh", [0.0, 6.0])
LINEAR: tuple[str, list[float]] = ("none", [])
SIGN = np.uint16(0x8000)  # the bit of a bfloat16
USUAL_COUNT = 27  # maps that come together; for one or two some layers would be laid out again


@dataclass(frozen=True, eq=False)
class NetworkTail:
    """Blocks, then a 1x1 convolution, the mean over all cells, and the classifier."""

    blocks: tuple[Block, ...]  # all with an expansion and a projection
    head: Pointwise
    weight: Tensor  # (features, classes)
    bias: Tensor  # (classes,)


def open_tail(tail: NetworkTail, precision: Precision) -> Start:
    """What computes them on this processor."""
    if tail.bias.device.type != "cpu":
        return _start_with(lambda maps: _run(tail, maps))
    if precision == "exact" or not has_bfloat16_unit():
        return _start_with(_open_onnx(tail))
    return _open_differences(tail) if precision == "differences" else _open_bfloat16(tail)


def has_bfloat16_unit() -> bool:
    """True on processors that multiply bfloat16 faster than float32 (AMX, AVX-512 BF16), with a
    PyTorch that makes use of it."""
    asked = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    is_there = any(getattr(torch.cpu, name, lambda: False)() for name in asked)
    return (
        is_there
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise")
        and hasattr(torch._C._nn, "mkldnn_reorder_conv2d_weight")
    )


def _start_with(finish: Callable[[Tensor], np.ndarray]) -> Start:
    """For engines that treat the picture as one more copy."""
    return lambda maps, _: (finish(maps)[0], lambda copies, *_: finish(copies))


def _convolution(
    layer: Pointwise | Spatial,
    weight: Tensor,
    side: int,
    after: tuple | None,
    *,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
    onto: Tensor | None = None,
) -> Callable[[Tensor], Tensor]:
    """A layer for maps of ``side`` cells a side in bfloat16, channels last, with what comes after
    it in one pass. Without ``after`` for differences: no bias, no limits; it can be added ``onto``
    a map (1, C, H, W)."""
    weight = weight.bfloat16().contiguous(memory_format=torch.channels_last)
    bias, (name, limits) = None if after is None else layer.bias.bfloat16(), after or LINEAR
    place = [padding] * 2, [stride] * 2, [1] * 2, groups
    # as the engine wants it for maps of this size: else each call would lay it out again
    shape = [USUAL_COUNT, weight.shape[1] * groups, side, side]
    weight = torch._C._nn.mkldnn_reorder_conv2d_weight(weight.to_mkldnn(), *place, shape)
    run = torch.ops.mkldnn._convolution_pointwise
    if onto is None:
        return lambda x: run(x, weight, bias, *place, name, limits, "")
    add = torch.ops.mkldnn._convolution_pointwise_.binary
    plain: tuple = ("add", 1.0, None, [], None)

    def run_onto(x: Tensor) -> Tensor:
        many = onto.expand(len(x), -1, -1, -1).clone(memory_format=torch.channels_last)
        return add(many, x, weight, bias, *place, *plain)

    return run_onto


def _pointwise(
    layer: Pointwise | None, side: int, after: tuple | None = None, onto: Tensor | None = None
) -> Callable[[Tensor], Tensor]:
    assert layer is not None  # the tail's blocks have all of their parts
    return _convolution(layer, layer.weight.T[:, :, None, None], side, after, onto=onto)


def _spatial(
    layer: Spatial, side: int, after: tuple | None = None, onto: Tensor | None = None
) -> Callable[[Tensor], Tensor]:
    before, behind = layer.padding(side)
    # With a stride of 2 there is one zero less before than behind: the filter takes it in.
    weight = layer.weight if before == behind else F.pad(layer.weight, (1, 0, 1, 0))
    place = {"stride": layer.stride, "groups": layer.groups, "padding": layer.kernel // 2}
    return _convolution(layer, weight, side, after, **place, onto=onto)


def _open_bfloat16(tail: NetworkTail) -> Start:
    """Everything in bfloat16, each convolution with its ReLU6; the last sums in float32."""

    def start(base: Tensor, _: Sequence[int]) -> tuple[np.ndarray, Finish]:
        steps, side = [], base.shape[1]
        for block in tail.blocks:
            expand = _pointwise(block.expand, side, RELU6)
            filter_ = _spatial(block.spatial, side, RELU6)
            side = block.spatial.out_side(side)
            project = _pointwise(block.project, side, LINEAR)
            steps.append((expand, filter_, project, block.has_skip))
        head = _pointwise(tail.head, side, RELU6)

        @torch.inference_mode()
        def finish(maps: Tensor, *_: np.ndarray) -> np.ndarray:
            x = maps.bfloat16().permute(0, 3, 1, 2)  # (N, C, H, W), channels last
            for expand, filter_, project, has_skip in steps:
                y = project(filter_(expand(x)))
                x = y.add_(x) if has_skip else y
            features = head(x).mean((2, 3), dtype=torch.float32)
            return torch.addmm(tail.bias, features, tail.weight).numpy()

        return finish(base.expand(4, -1, -1, -1))[0], finish

    return start


def _bits(maps: Tensor) -> np.ndarray:
    """The memory of maps (N, C, H, W) in bfloat16 as int16 (N, H, W, C)."""
    return maps.permute(0, 2, 3, 1).view(torch.int16).numpy()


def _limit_differences(values: Tensor, side: int) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """ReLU6 for differences: what they are added to first, and the step then; ``values`` are the
    picture's rows before it."""
    kept = values.clamp(0, 6)

    def lay_out(rows: Tensor) -> Tensor:
        maps = rows.view(1, side, side, -1).permute(0, 3, 1, 2).bfloat16()
        return maps.contiguous(memory_format=torch.channels_last)

    highest = _bits(lay_out(6 - kept))
    lowest = _bits(lay_out(kept)).view(np.uint16) | SIGN  # -kept, which is at most -0

    def step(d: Tensor) -> Tensor:
        # max(d, -kept), then min(., 6 - kept), at integers' speed: bfloat16 numbers are ordered
        # as their bits are, but for two negative ones, which unsigned bits have the other way
        bits = _bits(d)
        np.minimum(bits.view(np.uint16), lowest, out=bits.view(np.uint16))
        np.minimum(bits, highest, out=bits)
        return d

    # v = kept + beyond: where the unit is not clipped, nothing is added and nothing rounded
    return lay_out(values - kept), step


def _open_differences(tail: NetworkTail) -> Start:
    """Only how a copy differs from the picture in bfloat16; the picture itself in float32.

    Convolutions are linear, so a difference goes through them without the bias. ReLU6 is not: it
    takes a difference d at the picture's value v to clip(v + d, 0, 6) - clip(v, 0, 6).
    """

    @torch.inference_mode()
    def start(base: Tensor, _: Sequence[int]) -> tuple[np.ndarray, Finish]:
        steps, side = [], base.shape[1]
        rows = base.reshape(-1, base.shape[3])
        for block in tail.blocks:
            assert block.expand is not None  # the tail's blocks have all of their parts
            wide = block.expand(rows)
            filtered = block.spatial.on_whole(wide.clamp(0, 6), side, limited=False)
            out_side = block.spatial.out_side(side)
            beyond_wide, limit_wide = _limit_differences(wide, side)
            beyond_filtered, limit_filtered = _limit_differences(filtered, out_side)
            steps.append(
                (
                    (_pointwise(block.expand, side, onto=beyond_wide), limit_wide),
                    (_spatial(block.spatial, side, onto=beyond_filtered), limit_filtered),
                    _pointwise(block.project, out_side),
                    block.has_skip,
                )
            )
            rows, side = block.finish(filtered.clamp(0, 6), rows), out_side
        features = tail.head(rows)
        beyond, limit_head = _limit_differences(features, side)
        head = _pointwise(tail.head, side, onto=beyond)
        logits = torch.addmv(tail.bias, tail.weight.T, features.clamp(0, 6).mean(0))

        @torch.inference_mode()
        def finish(maps: Tensor, *_: np.ndarray) -> np.ndarray:
            x = (maps - base).bfloat16().permute(0, 3, 1, 2)  # (N, C, H, W), channels last
            for (expand, limit_wide), (filter_, limit_filtered), project, has_skip in steps:
                y = project(limit_filtered(filter_(limit_wide(expand(x)))))
                x = y.add_(x) if has_skip else y
            change = limit_head(head(x)).mean((2, 3), dtype=torch.float32)
            return torch.addmm(logits, change, tail.weight).numpy()

        return logits.numpy(), finish

    return start


def _open_onnx(tail: NetworkTail) -> Callable[[Tensor], np.ndarray]:
    """One ONNX Runtime session, written node by node."""
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []

    def constant(value: Tensor | float) -> str:
        array = np.ascontiguousarray(value, np.float32)
        constants.append(numpy_helper.from_array(array, f"c{len(constants)}"))
        return constants[-1].name

    def node(kind: str, *inputs: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [f"n{len(nodes)}"], **attributes))
        return nodes[-1].output[0]

    low, high = constant(0.0), constant(6.0)

    def pointwise(x: str, layer: Pointwise | None) -> str:
        assert layer is not None  # the tail's blocks have all of their parts
        weight = constant(layer.weight.T[:, :, None, None])
        return node("Conv", x, weight, constant(layer.bias))

    x = node("Transpose", "rows", perm=[0, 3, 1, 2])
    for block in tail.blocks:
        y = node("Clip", pointwise(x, block.expand), low, high)
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
    x = node("GlobalAveragePool", node("Clip", pointwise(x, tail.head), low, high))
    x = node("Flatten", x)
    logits = node("Gemm", x, constant(tail.weight), constant(tail.bias))
    graph = helper.make_graph(
        nodes,
        "network_tail",
        [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["N", "H", "W", "C"])],
        [helper.make_tensor_value_info(logits, TensorProto.FLOAT, ["N", "classes"])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    session = open_session(model.SerializeToString(), threads=1)
    return lambda rows: session.run(None, {"rows": rows.numpy()})[0]


@torch.inference_mode()
def _run(tail: NetworkTail, maps: Tensor) -> np.ndarray:
    """In PyTorch, on a GPU."""
    count, side = maps.shape[:2]
    rows = maps.reshape(-1, maps.shape[3])
    for block in tail.blocks:
        rows = block.finish(block.spatial.on_whole(block.widen(rows), side), rows)
        side = block.spatial.out_side(side)
    features = tail.head(rows).clamp_(0, 6).view(count, side * side, -1).mean(1)
    return torch.addmm(tail.bias, features, tail.weight).cpu().numpy()

"""The last layers of an EfficientNet-Lite, for many feature maps at once, in the fastest engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cvcore.runtime import open_session
from cvcore.saliency.folded import Block, Pointwise, Spatial

Finish = Callable[[Tensor], np.ndarray]  # feature maps (N, H, W, C) to logits (N, classes)


@dataclass(frozen=True)
class LateLayers:
    """Blocks, then a 1x1 convolution, the mean over all cells, and the classifier."""

    blocks: tuple[Block, ...]  # all with an expansion and a projection
    head: Pointwise
    weight: Tensor  # (features, classes)
    bias: Tensor  # (classes,)


def open_late_layers(late: LateLayers, *, rounded: bool) -> Finish:
    """What computes them here. With ``rounded`` in bfloat16, if the processor has a unit for it."""
    if late.bias.device.type != "cpu":
        return lambda maps: _run(late, maps)
    return _open_bfloat16(late) if rounded and has_bfloat16_unit() else _open_onnx(late)


def has_bfloat16_unit() -> bool:
    """True on processors that multiply matrices of bfloat16 (AMX), with a PyTorch that uses it."""
    is_there = getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    return is_there() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def _open_bfloat16(late: LateLayers) -> Finish:
    """Convolutions in bfloat16, each with its ReLU6 in one pass; the last sums in float32."""
    ops, relu6 = torch.ops.mkldnn, ("hardtanh", [0.0, 6.0])

    def prepare(
        weight: Tensor, bias: Tensor, after: tuple, *, stride=1, padding=0, groups=1
    ) -> Callable[[Tensor], Tensor]:
        weight = weight.bfloat16().contiguous(memory_format=torch.channels_last)
        bias, name, limits = bias.bfloat16(), *after
        place = [padding] * 2, [stride] * 2, [1] * 2, groups
        return lambda x: ops._convolution_pointwise(x, weight, bias, *place, name, limits, "")

    def pointwise(layer: Pointwise, after: tuple) -> Callable[[Tensor], Tensor]:
        return prepare(layer.weight.T[:, :, None, None], layer.bias, after)

    def spatial(layer: Spatial) -> Callable[[Tensor], Tensor]:
        def run(x: Tensor) -> Tensor:
            before, after = layer.padding(x.shape[2])
            return even(x) if before == after else uneven(x)

        padding = layer.kernel // 2
        place = {"stride": layer.stride, "groups": layer.groups, "padding": padding}
        even = prepare(layer.weight, layer.bias, relu6, **place)
        # With a stride of 2 there is one zero less before than after: the filter takes it in.
        uneven = prepare(F.pad(layer.weight, (1, 0, 1, 0)), layer.bias, relu6, **place)
        return run

    steps = [
        (
            pointwise(block.expand, relu6),
            spatial(block.spatial),
            pointwise(block.project, ("none", [])),
            block.has_skip,
        )
        for block in late.blocks
    ]
    head = pointwise(late.head, relu6)

    @torch.inference_mode()
    def finish(maps: Tensor) -> np.ndarray:
        x = maps.bfloat16().permute(0, 3, 1, 2)  # (N, C, H, W), channels last
        for expand, filter_, project, has_skip in steps:
            y = project(filter_(expand(x)))
            x = y.add_(x) if has_skip else y
        features = head(x).mean((2, 3), dtype=torch.float32)
        return torch.addmm(late.bias, features, late.weight).numpy()

    return finish


def _open_onnx(late: LateLayers) -> Finish:
    """One ONNX Runtime session, written node by node."""
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
    for block in late.blocks:
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
    x = node("GlobalAveragePool", node("Clip", pointwise(x, late.head), low, high))
    x = node("Flatten", x)
    logits = node("Gemm", x, constant(late.weight), constant(late.bias))
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


@torch.inference_mode()
def _run(late: LateLayers, maps: Tensor) -> np.ndarray:
    """In PyTorch, on a GPU."""
    count, side = maps.shape[:2]
    rows = maps.reshape(-1, maps.shape[3])
    for block in late.blocks:
        rows = block.finish(block.spatial.on_whole(block.widen(rows), side), rows)
        side = block.spatial.out_side(side)
    features = late.head(rows).clamp_(0, 6).view(count, side * side, -1).mean(1)
    return torch.addmm(late.bias, features, late.weight).cpu().numpy()

"""Which part of the picture a place in a map can see, worked out from the operations of a pass.

Along one axis, position ``i`` of a map sees the input pixels from ``i * stride + first`` to
``i * stride + last``. A window of size k, stride s and padding p on top of it sees from
``(i * s - p)`` to ``(i * s - p + k - 1)`` of that map; put together, the same form comes out again.
At an edge a window with holes (dilation) may see a few pixels less than this says.
Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from cvcore.engine.isolation import undisturbed
from cvcore.engine.modes import eval_mode
from cvcore.probes.hooks import hook_outputs


@dataclass(frozen=True)
class Axis:
    """What the positions of one axis of a map see of the input's axis, in pixels."""

    stride: int  # pixels from one position's view to the next one's
    first: float  # first pixel that position 0 sees; below 0 it lies in the padding
    last: float  # last pixel that position 0 sees
    limit: float  # no position sees a pixel beyond this one

    def see(self, position: int) -> tuple[int, int]:
        """First and last pixel that a position sees, both included, inside the picture."""
        return (
            int(max(0, position * self.stride + self.first)),
            int(min(self.limit, position * self.stride + self.last)),
        )


@dataclass(frozen=True)
class ReceptiveField:
    """What the places of a layer's maps see of an input of ``input_hw`` pixels."""

    input_hw: tuple[int, int]
    map_hw: tuple[int, int]
    rows: Axis
    columns: Axis

    @property
    def size_hw(self) -> tuple[float, float]:
        """Height and width of the view, where no edge cuts it; infinite when it is everything."""
        return (self.rows.last - self.rows.first + 1, self.columns.last - self.columns.first + 1)

    @property
    def stride_hw(self) -> tuple[int, int]:
        return (self.rows.stride, self.columns.stride)

    def box(self, row: int, column: int) -> tuple[int, int, int, int]:
        """What the place (row, column) of a map sees: xyxy in input pixels, right end excluded."""
        if not (0 <= row < self.map_hw[0] and 0 <= column < self.map_hw[1]):
            raise ValueError(f"The maps have {self.map_hw} places, got ({row}, {column}).")
        (top, bottom), (left, right) = self.rows.see(row), self.columns.see(column)
        return left, top, right + 1, bottom + 1


View = tuple[Axis, Axis]  # rows, columns
_WINDOWS = {"conv2d", "max_pool2d", "avg_pool2d"}
_WHOLE = {"mean", "flatten", "adaptive_avg_pool2d", "adaptive_max_pool2d"}
_POINTWISE = {
    *("add", "iadd", "sub", "mul", "imul", "div", "truediv", "cat", "permute", "contiguous"),
    *("batch_norm", "layer_norm", "linear", "dropout", "relu", "relu6", "hardtanh", "leaky_relu"),
    *("gelu", "silu", "sigmoid", "tanh", "hardswish", "hardsigmoid"),
}


class _Follower(TorchFunctionMode):
    """Watches the operations of a forward pass and hands each result its view (``_view``)."""

    def __torch_function__(
        self, function: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        sources = [value for value in _tensors(args) if hasattr(value, "_view")]
        views, shapes = [source._view for source in sources], [source.shape for source in sources]
        result = function(*args, **(kwargs or {}))
        if views and isinstance(result, Tensor):
            name = function.__name__.strip("_")
            result._view = _apply(name, views, shapes[0], result.shape, args, kwargs or {})
        return result


@undisturbed
def trace_receptive_fields(
    module: nn.Module, input_shape: tuple[int, int, int]
) -> dict[str, ReceptiveField]:
    """The receptive field of every layer with maps, by name, for an input (C, H, W).

    Raises ``ValueError`` for a network with an operation that has no rule here.
    """
    fields: dict[str, ReceptiveField] = {}

    def note(name: str, _: tuple, output: Tensor) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and name not in fields:
            map_hw = tuple(output.shape[2:])
            fields[name] = ReceptiveField(input_shape[1:], map_hw, *output._view)

    parts = {name: part for name, part in module.named_modules() if name}
    example = next(module.parameters()).new_zeros(1, *input_shape)
    example._view = tuple(Axis(1, 0, 0, size - 1) for size in input_shape[1:])
    with torch.no_grad(), eval_mode(module), hook_outputs(parts, note), _Follower():
        module(example)
    return fields


def _tensors(args: tuple) -> list[Tensor]:
    flat = [item for arg in args for item in (arg if isinstance(arg, list | tuple) else [arg])]
    return [item for item in flat if isinstance(item, Tensor)]


def _apply(
    name: str, views: list[View], before: torch.Size, after: torch.Size, args: tuple, kwargs: dict
) -> View:
    """The view of an operation's result."""
    if name in _WINDOWS:
        windows = _read_windows(name, args, kwargs)
        rows, columns = (
            _slide(axis, *window, size)
            for axis, window, size in zip(views[0], windows, before[2:], strict=True)
        )
        return rows, columns
    if name == "pad":
        left, _, top, _ = args[1]
        return _shift(views[0][0], top), _shift(views[0][1], left)
    if name in _WHOLE:
        if before[2:] == after[2:]:  # pooled to the size that it had
            return views[0]
        rows, columns = (Axis(0, -math.inf, math.inf, axis.limit) for axis in views[0])
        return rows, columns
    if name in _POINTWISE:
        rows, columns = (_join(axes) for axes in zip(*views, strict=True))
        return rows, columns
    raise ValueError(f"There is no rule for what the operation {name} sees.")


def _read_windows(name: str, args: tuple, kwargs: dict) -> list[tuple[int, int, int]]:
    """(size, stride, padding) of a sliding window along rows and columns."""
    if name == "conv2d":
        names = ("input", "weight", "bias", "stride", "padding", "dilation")
        given = dict(zip(names, args, strict=False)) | kwargs
        kernel = tuple(given["weight"].shape[2:])
    else:
        names = ("input", "kernel_size", "stride", "padding")
        given = dict(zip(names, args, strict=False)) | kwargs
        kernel = _pair(given["kernel_size"])
    stride = _pair(given.get("stride") or (1 if name == "conv2d" else kernel))
    dilation = _pair(given.get("dilation", 1))
    sizes = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    padding = given.get("padding", 0)
    if padding == "same":  # stride 1
        paddings = tuple((size - 1) // 2 for size in sizes)
    else:
        paddings = _pair(0 if padding == "valid" else padding)
    return list(zip(sizes, stride, paddings, strict=True))


def _pair(value: Any) -> tuple[int, int]:
    return tuple(value) * (3 - len(value)) if isinstance(value, list | tuple) else (value, value)


def _slide(axis: Axis, size: int, stride: int, padding: int, input_size: int) -> Axis:
    return Axis(
        stride=axis.stride * stride,
        first=axis.first - padding * axis.stride,
        last=axis.last + (size - 1 - padding) * axis.stride,
        limit=min(axis.limit, (input_size - 1) * axis.stride + axis.last),
    )


def _shift(axis: Axis, padding: int) -> Axis:
    shift = padding * axis.stride
    return Axis(axis.stride, axis.first - shift, axis.last - shift, axis.limit)


def _join(axes: tuple[Axis, ...]) -> Axis:
    """Values that meet (a skip connection, a gate): what any of them sees."""
    return Axis(
        stride=max(axis.stride for axis in axes),
        first=min(axis.first for axis in axes),
        last=max(axis.last for axis in axes),
        limit=max(axis.limit for axis in axes),
    )

"""The stack calculator: layers in, output shapes and parameters out.

A stack is written one layer a line::

    input 28x28x1
    conv 32 3x3
    max pool 2x2
    flatten
    dense 10

``conv FILTERS SIZE`` and ``pool SIZE`` take ``stride N``, and ``conv`` also ``same``, ``valid`` or
``padding N``. Shapes are (height, width, channels). Numbers equal torch's and Keras's.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from cvcore.convolution.windows import fit_windows
from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError

MAX_LAYERS = 200
MAX_UNITS = 1_000_000
MAX_SIDE = 10_000

STACKS = {
    "small digits convnet": """\
input 28x28x1
conv 32 3x3
max pool 2x2
conv 64 3x3
max pool 2x2
conv 128 3x3
flatten
dense 10""",
    "LeNet-5": """\
input 32x32x1
conv 6 5x5
average pool 2x2
conv 16 5x5
average pool 2x2
flatten
dense 120
dense 84
dense 10""",
    "class test": """\
input 8x8x1
conv 1 2x2 valid stride 2
conv 2 2x2 same stride 1
max pool 2x2 stride 2
flatten
dense 10
dense 10
dense 3""",
    "VGG16": "\n".join(
        [
            "input 224x224x3",
            *(
                line
                for filters, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
                for line in [f"conv {filters} 3x3 same"] * convolutions + ["max pool 2x2"]
            ),
            "flatten",
            "dense 4096",
            "dense 4096",
            "dense 1000",
        ]
    ),
}
"""Stacks by name, as text."""


@dataclass(frozen=True)
class Layer:
    """What one line of a stack turns its input into."""

    line: str
    kind: str
    """``input``, ``conv``, ``pool``, ``flatten``, ``dense`` or ``activation``."""
    output_shape: tuple[int, ...]
    """(height, width, channels), or (units,) once flat."""
    parameters: int
    """Learned numbers: weights and biases."""
    multiplications: int
    """Products of a weight and a value for one input."""
    receptive_field: tuple[int, int] | None
    """Rows and columns of the input that one output sees; None once flat: it sees all."""
    formula: str
    """How the parameters come about, with numbers; empty where there are none to learn."""
    left_over: bool = False
    """True when the window's steps do not divide evenly, so that a rest is never read."""


@dataclass
class _State:
    """Where the reading of a stack has got to."""

    shape: tuple[int, ...]
    receptive_field: tuple[int, int] = (1, 1)
    jump: tuple[int, int] = (1, 1)
    layers: list[Layer] = field(default_factory=list)


def count_parameters(layers: str | Iterable[str]) -> int:
    """How many numbers a stack of layers learns, biases included.

    ``layers`` is the text of a stack or its lines; the first is the input. Errors as in
    :func:`describe_stack`.

    >>> count_parameters(["input 28x28x1", "conv 32 3x3", "flatten", "dense 10"])
    216650
    """
    return sum(layer.parameters for layer in describe_stack(layers))


def describe_stack(layers: str | Iterable[str]) -> tuple[Layer, ...]:
    """Output shape, parameters and receptive field of every line of a stack, input included.

    Blank lines and what follows a ``#`` are skipped. Raises ``InputError``, with the line's number,
    when a line cannot be read, a number is out of range, or a window does not fit.
    """
    lines = layers.splitlines() if isinstance(layers, str) else [str(line) for line in layers]
    wanted = [
        (number, text)
        for number, line in enumerate(lines, 1)
        if (text := " ".join(line.split("#")[0].lower().split()))
    ]
    if not wanted:
        raise InputError("The stack is empty: begin with a line such as input 28x28x1.")
    if len(wanted) > MAX_LAYERS:
        raise InputError(f"At most {MAX_LAYERS} layers can be counted; got {len(wanted)}.")
    state: _State | None = None
    for number, text in wanted:
        try:
            state = _read_input(text) if state is None else _add_layer(state, text)
        except InputError as error:
            raise InputError(f"Line {number} ({text[:40]}): {error}") from None
    return tuple(state.layers) if state else ()


def _read_input(text: str) -> _State:
    match = re.fullmatch(r"input (\d+) ?x ?(\d+)(?: ?x ?(\d+))?", text)
    if not match:
        raise InputError("a stack begins with its input, such as input 28x28x1.")
    shape = tuple(
        check_whole(name, int(value), 1, MAX_SIDE)
        for name, value in zip(
            ("the height", "the width", "the number of channels"), match.groups("1"), strict=True
        )
    )
    return _State(shape, layers=[Layer(text, "input", shape, 0, 0, (1, 1), "")])


def _add_layer(state: _State, text: str) -> _State:
    for pattern, add in _LAYERS:
        if match := re.fullmatch(pattern, text):
            add(state, text, **match.groupdict())
            return state
    raise InputError(
        "this is no layer; write for example conv 32 3x3 same, max pool 2x2 stride 2, flatten, "
        "dense 10 or relu."
    )


def _kernel_hw(size: str) -> tuple[int, int]:
    height, _, width = size.replace(" ", "").partition("x")
    rows, columns = (
        check_whole("the window size", int(side), 1, MAX_SIDE) for side in (height, width or height)
    )
    return rows, columns


def _slide(
    state: _State, kernel_hw: tuple[int, int], stride: str | None, padding: str
) -> tuple[tuple[int, int], bool]:
    """Fit a window, move the receptive field on; give the output (height, width) and the rest."""
    if len(state.shape) != 3:
        raise InputError("a window needs rows and columns, but the values are flat by now.")
    fits = fit_windows(state.shape[:2], kernel_hw, stride=int(stride or 1), padding=padding)
    (rows, columns), (down, right), (high, wide) = fits, state.jump, state.receptive_field
    state.receptive_field = high + (rows.kernel - 1) * down, wide + (columns.kernel - 1) * right
    state.jump = down * rows.stride, right * columns.stride
    return (fits[0].output, fits[1].output), any(fit.left_over for fit in fits)


def _push(
    state: _State, text: str, kind: str, shape: tuple[int, ...], parameters: int = 0,
    multiplications: int = 0, formula: str = "", left_over: bool = False,
) -> None:  # fmt: skip
    state.shape = shape
    field_seen = state.receptive_field if len(shape) == 3 else None
    state.layers.append(
        Layer(text, kind, shape, parameters, multiplications, field_seen, formula, left_over)
    )


def _add_conv(
    state: _State, text: str, filters: str, size: str, padding: str | None, pixels: str | None,
    stride: str | None,
) -> None:  # fmt: skip
    filters = check_whole("the number of filters", int(filters), 1, MAX_UNITS)
    kernel_hw = _kernel_hw(size)
    size_hw, left_over = _slide(state, kernel_hw, stride, pixels or padding or "valid")
    channels = state.shape[2]
    weights = math.prod(kernel_hw) * channels
    _push(
        state,
        text,
        "conv",
        (*size_hw, filters),
        parameters=(weights + 1) * filters,
        multiplications=math.prod(size_hw) * weights * filters,
        formula=f"({kernel_hw[0]}·{kernel_hw[1]}·{channels} + 1)·{filters}",
        left_over=left_over,
    )


def _add_pool(state: _State, text: str, size: str, stride: str | None) -> None:
    kernel_hw = _kernel_hw(size)
    if stride is None and kernel_hw[0] != kernel_hw[1]:
        raise InputError("a window that is not square needs its stride, such as stride 2.")
    size_hw, left_over = _slide(state, kernel_hw, stride or str(kernel_hw[0]), "valid")
    _push(state, text, "pool", (*size_hw, state.shape[2]), left_over=left_over)


def _add_flatten(state: _State, text: str) -> None:
    _push(state, text, "flatten", (math.prod(state.shape),))


def _add_dense(state: _State, text: str, units: str) -> None:
    units = check_whole("the number of units", int(units), 1, MAX_UNITS)
    if len(state.shape) != 1:
        raise InputError("a dense layer needs flat values: write flatten before it.")
    inputs = state.shape[0]
    _push(
        state,
        text,
        "dense",
        (units,),
        parameters=(inputs + 1) * units,
        multiplications=inputs * units,
        formula=f"({inputs:,} + 1)·{units}",
    )


def _add_activation(state: _State, text: str) -> None:
    _push(state, text, "activation", state.shape)


_SIZE = r"(?P<size>\d+(?: ?x ?\d+)?)"
_STRIDE = r"(?: stride (?P<stride>\d+))?"
_LAYERS: tuple[tuple[str, Callable[..., None]], ...] = (
    (
        rf"conv (?P<filters>\d+) {_SIZE}"
        rf"(?: (?:(?P<padding>same|valid|full)|padding (?P<pixels>\d+)))?{_STRIDE}",
        _add_conv,
    ),
    (rf"(?:(?:max|average|avg) )?pool {_SIZE}{_STRIDE}", _add_pool),
    (r"flatten", _add_flatten),
    (r"dense (?P<units>\d+)", _add_dense),
    (r"relu|softmax|sigmoid|tanh|dropout(?: [\d.]+)?", _add_activation),
)

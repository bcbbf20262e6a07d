"""What one line of a stack does: its output's shape, its learned numbers, its products.

Numbers equal PyTorch's and Keras's. "Multiplications" are products of a weight and a value, as
papers count multiply-adds; what batch norms, activations and sums cost is left out.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cvcore.convolution.sight import Sight
from cvcore.convolution.windows import WindowFit, fit_windows
from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError

MAX_LAYERS = 2000
MAX_UNITS = 100_000_000
MAX_SIDE = 10_000
BYTES = 4  # of a number in float32
EXAMPLES = (
    "this is no layer; write for example conv 32 3x3 same, depthwise 3x3 same, batch norm, "
    "max pool 2x2 stride 2, upsample 2, flatten, dense 10, relu, or a block: residual, branch."
)


@dataclass(frozen=True)
class Layer:
    """What one line of a stack turns its input into."""

    line: str
    kind: str
    """``input``, ``conv``, ``depthwise``, ``transposed``, ``norm``, ``pool``, ``upsample``,
    ``squeeze``, ``flatten``, ``dense``, ``activation``; of blocks ``residual``, ``shortcut``,
    ``branch``, ``concat``, ``block``, ``repeat``."""
    output_shape: tuple[int, ...]
    """(height, width, channels), or (units,) once flat."""
    parameters: int
    """Learned numbers: weights and biases; of a block 0, as its lines have theirs."""
    multiplications: int
    """Products of a weight and a value for one input."""
    receptive_field: tuple[int, int] | None
    """Rows and columns of the input that one output sees at most, padding included; None once
    flat, and after a squeeze and excite: it sees all."""
    formula: str
    """How the parameters come about, with numbers; empty where there are none to learn."""
    left_over: bool = False
    """True when the window's steps do not divide evenly, so that values are never read."""
    depth: int = 0
    """How many blocks the line lies in."""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the line says, as numbers: what the exports are written from."""

    @property
    def output_bytes(self) -> int:
        """Of one input's output in float32; 0 for a block, whose last line has the same."""
        return BYTES * math.prod(self.output_shape) if self.kind not in BLOCKS else 0

    @property
    def weight_bytes(self) -> int:
        """Of the learned numbers in float32."""
        return BYTES * self.parameters


BLOCKS = ("residual", "shortcut", "branch", "block", "repeat")


@dataclass
class State:
    """Where the reading of a stack has got to; branches share the list of layers."""

    shape: tuple[int, ...]
    sights: tuple[Sight, Sight] | None = (Sight(), Sight())
    """Of rows and columns; None where all of the input is seen."""
    layers: list[Layer] = field(default_factory=list)
    depth: int = 0

    def push(
        self, text: str, kind: str, shape: tuple[int, ...], *, parameters: int = 0,
        multiplications: int = 0, formula: str = "", left_over: bool = False, **settings: Any,
    ) -> None:  # fmt: skip
        """Add a layer's row, and go on from its output."""
        if len(self.layers) >= MAX_LAYERS:
            raise InputError(f"At most {MAX_LAYERS} layers can be counted.")
        if math.prod(shape) > 10**12:
            raise InputError("the output has more than a trillion numbers: make it smaller.")
        self.shape = shape
        self.layers.append(
            Layer(
                text, kind, shape, parameters, multiplications, self.receptive_field, formula,
                left_over, self.depth, settings,
            )
        )  # fmt: skip

    @property
    def receptive_field(self) -> tuple[int, int] | None:
        if len(self.shape) != 3 or self.sights is None:
            return None
        return self.sights[0].size, self.sights[1].size

    def see(self, move: Callable[[Sight, int], Sight]) -> None:
        """Follow what is seen through a layer; ``move`` is told the axis: 0 rows, 1 columns."""
        if self.sights is not None:
            rows, columns = self.sights
            self.sights = move(rows, 0), move(columns, 1)

    @property
    def channels(self) -> int:
        return self.shape[-1]

    def check_map(self, what: str = "a window") -> tuple[int, int]:
        """Rows and columns, or the sentence that there are none."""
        if len(self.shape) != 3:
            raise InputError(f"{what} needs rows and columns, but the values are flat by now.")
        return self.shape[0], self.shape[1]


def read_input(text: str) -> State:
    """The state after the line ``input HEIGHTxWIDTHxCHANNELS``."""
    match = re.fullmatch(r"input (\d+) ?x ?(\d+)(?: ?x ?(\d+))?", text)
    if not match:
        raise InputError("a stack begins with its input, such as input 28x28x1.")
    names = ("the height", "the width", "the number of channels")
    height, width, channels = (
        check_whole(name, int(value), 1, MAX_SIDE)
        for name, value in zip(names, match.groups("1"), strict=True)
    )
    state = State((height, width, channels))
    state.push(text, "input", state.shape)
    return state


def add_layer(state: State, text: str) -> None:
    """Carry out one line, which is no block."""
    ordered = _order(text)
    for pattern, add in _LAYERS:
        if match := re.fullmatch(pattern, ordered):
            return add(state, text, **match.groupdict())
    raise InputError(EXAMPLES)


def _order(text: str) -> str:
    """The line with what follows its window in one order: padding, stride, groups, no bias."""
    told = list(
        re.finditer(r" (same|valid|full|padding \d+|stride \d+|groups \d+|no bias)\b", text)
    )
    if not told or "".join(one[0] for one in told) != text[told[0].start() :]:
        return text
    place = {"stride": 1, "groups": 2, "no": 3}
    options = sorted((one[1] for one in told), key=lambda one: place.get(one.split()[0], 0))
    return " ".join([text[: told[0].start()], *options])


def _kernel_hw(size: str) -> tuple[int, int]:
    height, _, width = size.replace(" ", "").partition("x")
    rows, columns = (
        check_whole("the window size", int(side), 1, MAX_SIDE) for side in (height, width or height)
    )
    return rows, columns


def _slide(
    state: State, kernel_hw: tuple[int, int], stride: str | None, padding: str
) -> tuple[WindowFit, WindowFit]:
    """Fit a window, and move the receptive field on."""
    fits = fit_windows(state.check_map(), kernel_hw, stride=int(stride or 1), padding=padding)
    state.see(
        lambda sight, axis: sight.slide(fits[axis].kernel, fits[axis].stride, fits[axis].before)
    )
    return fits


def _leaves_over(fits: tuple[WindowFit, WindowFit]) -> bool:
    """True where values of the map itself are never read, not only padding."""
    return any(fit.left_over > fit.after for fit in fits)


def _describe_window(fits: tuple[WindowFit, WindowFit]) -> dict[str, Any]:
    return {
        "kernel": (fits[0].kernel, fits[1].kernel),
        "stride": fits[0].stride,
        "pads": ((fits[0].before, fits[0].after), (fits[1].before, fits[1].after)),
        "input_hw": (fits[0].size, fits[1].size),
    }


def _add_conv(
    state: State, text: str, filters: str, size: str, padding: str | None, pixels: str | None,
    stride: str | None, groups: str | None, no_bias: str | None,
) -> None:  # fmt: skip
    many = check_whole("the number of filters", int(filters), 1, MAX_UNITS)
    state.check_map()
    channels = state.channels
    parts = check_whole("the number of groups", int(groups or 1), 1, MAX_UNITS)
    if channels % parts or many % parts:
        raise InputError(f"{channels} channels and {many} filters cannot both be cut into {parts}.")
    kernel_hw = _kernel_hw(size)
    fits = _slide(state, kernel_hw, stride, pixels or padding or "valid")
    weights, bias = math.prod(kernel_hw) * channels // parts, not no_bias
    depth = f"{channels}" if parts == 1 else f"{channels}/{parts}"
    inside = f"{kernel_hw[0]}·{kernel_hw[1]}·{depth}"
    _push_conv(state, text, "conv", fits, (many, parts, weights), inside, bias=bias)


def _push_conv(
    state: State, text: str, kind: str, fits: tuple[WindowFit, WindowFit],
    sizes: tuple[int, int, int], inside: str, *, bias: bool,
) -> None:  # fmt: skip
    """``sizes``: filters, groups, and weights of a filter, which ``inside`` spells out."""
    (many, parts, weights), size_hw = sizes, (fits[0].output, fits[1].output)
    state.push(
        text, kind, (*size_hw, many),
        parameters=(weights + bias) * many,
        multiplications=math.prod(size_hw) * weights * many,
        formula=f"({inside} + 1)·{many}" if bias else f"{inside}·{many}",
        left_over=_leaves_over(fits),
        channels=state.channels, filters=many, groups=parts, bias=bias, **_describe_window(fits),
    )  # fmt: skip


def _add_depthwise(
    state: State, text: str, size: str, padding: str | None, pixels: str | None,
    stride: str | None, no_bias: str | None,
) -> None:  # fmt: skip
    state.check_map()
    channels, kernel_hw, bias = state.channels, _kernel_hw(size), not no_bias
    fits = _slide(state, kernel_hw, stride, pixels or padding or "valid")
    inside, sizes = f"{kernel_hw[0]}·{kernel_hw[1]}", (channels, channels, math.prod(kernel_hw))
    _push_conv(state, text, "depthwise", fits, sizes, inside, bias=bias)


def _add_transposed(
    state: State, text: str, filters: str, size: str, pixels: str | None, stride: str | None,
    no_bias: str | None,
) -> None:  # fmt: skip
    many = check_whole("the number of filters", int(filters), 1, MAX_UNITS)
    kernel_hw, step = _kernel_hw(size), check_whole("the stride", int(stride or 1), 1, 64)
    pad, bias = check_whole("the padding", int(pixels or 0), 0, 64), not no_bias
    rows, columns = (
        (side - 1) * step + kernel - 2 * pad
        for side, kernel in zip(state.check_map(), kernel_hw, strict=True)
    )
    if rows < 1 or columns < 1:
        raise InputError("with so much padding nothing is left: padding is cut off here.")
    weights, (high, wide, channels) = math.prod(kernel_hw), state.shape
    state.see(lambda sight, axis: sight.stamp(kernel_hw[axis], step, pad))
    inside = f"{kernel_hw[0]}·{kernel_hw[1]}·{channels}"
    state.push(
        text, "transposed", (rows, columns, many),
        parameters=(weights * channels + bias) * many,
        multiplications=high * wide * weights * channels * many,
        formula=f"({inside} + 1)·{many}" if bias else f"{inside}·{many}",
        channels=channels, filters=many, kernel=kernel_hw, stride=step, padding=pad, bias=bias,
    )  # fmt: skip


def _add_pool(
    state: State, text: str, how: str | None, size: str, pixels: str | None, stride: str | None
) -> None:
    kernel_hw = _kernel_hw(size)
    if stride is None and kernel_hw[0] != kernel_hw[1]:
        raise InputError("a window that is not square needs its stride, such as stride 2.")
    pad = check_whole("the padding", int(pixels or 0), 0, min(kernel_hw) // 2)
    fits = _slide(state, kernel_hw, stride or str(kernel_hw[0]), str(pad))
    state.push(
        text, "pool", (fits[0].output, fits[1].output, state.channels),
        left_over=_leaves_over(fits),
        how="average" if (how or "max").startswith("av") else "max", padding=pad,
        **_describe_window(fits),
    )  # fmt: skip


def _add_adaptive(state: State, text: str, size: str | None) -> None:
    """Average pooling to a given size: PyTorch's AdaptiveAvgPool2d."""
    sides, wanted = state.check_map("pooling"), _kernel_hw(size or "1")
    if any(out > side for out, side in zip(wanted, sides, strict=True)):
        raise InputError(f"pooling makes a map smaller: {sides[0]}x{sides[1]} to at most as much.")
    stride = sides[0] // wanted[0], sides[1] // wanted[1]
    kernel = tuple(
        side - (out - 1) * step for side, out, step in zip(sides, wanted, stride, strict=True)
    )
    even = all(side % out == 0 for side, out in zip(sides, wanted, strict=True))
    state.see(lambda sight, axis: sight.adapt(sides[axis], wanted[axis]))
    state.push(text, "pool", (*wanted, state.channels), how="adaptive", kernel=kernel, even=even)


def _add_norm(state: State, text: str) -> None:
    state.push(
        text, "norm", state.shape, parameters=2 * state.channels, formula=f"2·{state.channels}",
        channels=state.channels, flat=len(state.shape) == 1,
    )  # fmt: skip


def _add_upsample(state: State, text: str, factor: str, mode: str | None) -> None:
    high, wide = state.check_map("upsampling")
    times = check_whole("the factor", int(factor), 1, 32)
    state.see(lambda sight, axis: sight.enlarge(times, bilinear=mode == "bilinear"))
    state.push(
        text, "upsample", (times * high, times * wide, state.channels),
        factor=times, mode=mode or "nearest",
    )  # fmt: skip


def _add_squeeze(state: State, text: str, units: str) -> None:
    """Hu, Shen and Sun, "Squeeze-and-Excitation Networks", CVPR 2018."""
    state.check_map("squeeze and excite")
    channels = state.channels
    few = check_whole("the number of squeezed channels", int(units), 1, MAX_UNITS)
    state.sights = None  # each channel is weighed by its mean over all places
    state.push(
        text, "squeeze", state.shape,
        parameters=(channels + 1) * few + (few + 1) * channels,
        multiplications=2 * channels * few,
        formula=f"({channels} + 1)·{few} + ({few} + 1)·{channels}", channels=channels, few=few,
    )  # fmt: skip


def _add_flatten(state: State, text: str) -> None:
    state.push(text, "flatten", (math.prod(state.shape),))


def _add_dense(state: State, text: str, units: str, no_bias: str | None) -> None:
    many = check_whole("the number of units", int(units), 1, MAX_UNITS)
    if len(state.shape) != 1:
        raise InputError("a dense layer needs flat values: write flatten before it.")
    inputs, bias = state.shape[0], not no_bias
    state.push(
        text, "dense", (many,),
        parameters=(inputs + bias) * many,
        multiplications=inputs * many,
        formula=f"({inputs:,} + 1)·{many}" if bias else f"{inputs:,}·{many}",
        inputs=inputs, units=many, bias=bias,
    )  # fmt: skip


def _add_activation(state: State, text: str, name: str, share: str | None) -> None:
    settings: dict[str, Any] = {"name": name}
    if name == "dropout":
        try:
            share_off = float(share or 0.5)
        except ValueError:
            raise InputError("the share that is dropped is a number, such as 0.5.") from None
        settings["share"] = check_setting("the share that is dropped", share_off, 0, 1)
    elif share:
        raise InputError(EXAMPLES)
    state.push(text, "activation", state.shape, **settings)


_SIZE = r"(?P<size>\d+(?: ?x ?\d+)?)"
_STRIDE = r"(?: stride (?P<stride>\d+))?"
_PADDING = r"(?: (?:(?P<padding>same|valid|full)|padding (?P<pixels>\d+)))?"
_PIXELS = r"(?: padding (?P<pixels>\d+))?"
_BIAS = r"(?P<no_bias> no bias)?"
_LAYERS: tuple[tuple[str, Callable[..., None]], ...] = (
    (
        rf"conv (?P<filters>\d+) {_SIZE}{_PADDING}{_STRIDE}(?: groups (?P<groups>\d+))?{_BIAS}",
        _add_conv,
    ),
    (rf"depthwise(?: conv)? {_SIZE}{_PADDING}{_STRIDE}{_BIAS}", _add_depthwise),
    (
        rf"(?:transposed conv|conv transposed) (?P<filters>\d+) {_SIZE}{_PIXELS}{_STRIDE}{_BIAS}",
        _add_transposed,
    ),
    (rf"(?:(?P<how>max|average|avg) )?pool {_SIZE}{_PIXELS}{_STRIDE}", _add_pool),
    (rf"(?:global(?: average| avg)? pool|adaptive(?: average| avg)? pool {_SIZE})", _add_adaptive),
    (r"batch ?norm", _add_norm),
    (r"upsample (?P<factor>\d+)(?: (?P<mode>nearest|bilinear))?", _add_upsample),
    (r"squeeze(?: and)? excite (?P<units>\d+)", _add_squeeze),
    (r"flatten", _add_flatten),
    (rf"dense (?P<units>\d+){_BIAS}", _add_dense),
    (
        r"(?P<name>relu6|relu|silu|softmax|sigmoid|tanh|dropout)(?: (?P<share>[\d.]+))?",
        _add_activation,
    ),
)

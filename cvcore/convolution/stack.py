"""Whole networks as text: layers in, shapes, parameters, products and memory out.

A stack is written one layer a line, and blocks by indentation::

    input 56x56x64
    residual
      conv 64 3x3 same no bias
      batch norm
      relu
      conv 64 3x3 same no bias
      batch norm
    relu
    branch
      conv 32 1x1
    branch
      depthwise 3x3 same
    concat

A ``residual`` adds its input to what its lines make of it; a ``shortcut`` after it takes the
input's place where the shapes differ. Each ``branch`` begins with the same values, and ``concat``
lays what they make side by side; an empty branch hands them on. ``repeat 3`` writes its lines three
times, and ``block NAME`` only holds them together. Shapes are (height, width, channels). Numbers
equal torch's and Keras's.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cvcore.convolution.sight import Sight, join
from cvcore.convolution.stack_layers import MAX_LAYERS, Layer, State, add_layer, read_input
from cvcore.convolution.stack_presets import STACKS
from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError

__all__ = ["STACKS", "Layer", "count_parameters", "describe_stack"]
MAX_DEPTH = 40  # blocks in blocks
MAX_LENGTH = 200  # characters of a line


@dataclass
class Line:
    """A line of a stack, and those that lie in it."""

    number: int
    text: str
    indent: int
    body: list["Line"] = field(default_factory=list)

    def fail(self, error: object) -> InputError:
        return InputError(f"Line {self.number} ({self.text[:40]}): {error}")


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

    The language is that of this module. Blank lines and what follows a ``#`` are skipped; a
    ``repeat`` gives its lines as often as it says, so that the parameters of all layers add up to
    the network's. Raises ``InputError``, with the line's number, when a line cannot be read, a
    number is out of range, a window does not fit, or what is to be added or laid side by side does
    not fit.
    """
    lines = read_lines(layers)
    if not lines:
        raise InputError("The stack is empty: begin with a line such as input 28x28x1.")
    first, *rest = lines
    try:
        state = read_input(first.text)
    except InputError as error:
        raise first.fail(error) from None
    _walk([*first.body, *rest], state)
    return tuple(state.layers)


def read_lines(layers: str | Iterable[str]) -> list[Line]:
    """The lines as a tree, by their indentation; only blocks hold lines."""
    given = layers.splitlines() if isinstance(layers, str) else [str(line) for line in layers]
    found: list[Line] = []
    for number, line in enumerate(given, 1):
        before = line.split("#")[0].expandtabs(2)
        if text := " ".join(before.lower().split()):
            found.append(Line(number, text, len(before) - len(before.lstrip())))
            if len(text) > MAX_LENGTH:
                raise found[-1].fail(f"a line has at most {MAX_LENGTH} characters.")
    if len(found) > MAX_LAYERS:
        raise InputError(f"At most {MAX_LAYERS} layers can be counted; got {len(found)}.")
    top: list[Line] = []
    open_blocks: list[Line] = []
    for line in found:
        while open_blocks and line.indent <= open_blocks[-1].indent:
            open_blocks.pop()
        (open_blocks[-1].body if open_blocks else top).append(line)
        if line.text.split()[0] in ("residual", "shortcut", "branch", "block", "repeat"):
            open_blocks.append(line)
        if len(open_blocks) > MAX_DEPTH:
            raise line.fail(f"blocks lie in one another at most {MAX_DEPTH} deep.")
    return top


def _walk(lines: list[Line], state: State) -> None:
    """Carry out lines one after the other; ``state`` is then what the last one gives."""
    branches: list[State] = []
    start = state
    for place, line in enumerate(lines):
        after = lines[place + 1] if place + 1 < len(lines) else None
        word = line.text.split()[0]
        if word == "branch":
            start = start if branches else replace(state)
            branches.append(_add_block(line, replace(start, depth=state.depth)))
            if after is None or after.text not in ("concat", "branch"):
                raise line.fail("branches are joined by a line concat, at the same indentation.")
        elif line.text == "concat":
            _concat(line, state, branches)
            branches = []
        elif word == "residual":
            _add_residual(line, after if after and after.text == "shortcut" else None, state)
        elif word == "shortcut":
            if not place or lines[place - 1].text != "residual":
                raise line.fail("a shortcut follows right after a residual.")
        elif word in ("block", "repeat"):
            _take(state, _add_block(line, replace(state)))
        else:
            try:
                add_layer(state, line.text)
            except InputError as error:
                raise line.fail(error) from None


def _take(state: State, other: State) -> None:
    """Go on from where another state has got to."""
    state.shape, state.sights = other.shape, other.sights


def _add_block(line: Line, state: State) -> State:
    """A block's row and those of its lines; the state after them."""
    word, _, name = line.text.partition(" ")
    times = 1
    if word == "repeat":
        if not name.isdecimal():
            raise line.fail("say how often, such as repeat 3.")
        try:
            times = check_whole("the number of times", int(name), 1, 100)
        except InputError as error:
            raise line.fail(error) from None
    elif word != "block" and name:
        raise line.fail(f"{word} stands alone; its lines follow, indented.")
    if not line.body and word != "branch":
        raise line.fail(f"the {word} is empty: write its lines below it, indented.")
    at = len(state.layers)
    try:
        state.push(line.text, word, state.shape)
    except InputError as error:
        raise line.fail(error) from None
    inside = replace(state, depth=state.depth + 1)
    for _ in range(times):
        _walk(line.body, inside)
    _take(state, inside)
    _close(state, at)
    return state


def _close(state: State, at: int) -> None:
    """A block's row says what comes out of it."""
    state.layers[at] = replace(
        state.layers[at], output_shape=state.shape, receptive_field=state.receptive_field
    )


def _add_residual(line: Line, shortcut: Line | None, state: State) -> None:
    at, before = len(state.layers), replace(state)
    made = _add_block(line, replace(state))
    way = _add_block(shortcut, replace(before)) if shortcut else before
    if made.shape != way.shape:
        raise line.fail(
            f"its lines give {show_shape(made.shape)}, and {show_shape(way.shape)} cannot be added "
            "to that: " + ("let the shortcut give the same." if shortcut else
            f"write a shortcut below it, such as conv {made.channels} 1x1.")
        )  # fmt: skip
    _take(state, made)
    state.sights = _join([made, way])
    _close(state, at)


def _concat(line: Line, state: State, branches: list[State]) -> None:
    if len(branches) < 2:
        raise line.fail("concat joins two branches or more; write them above it.")
    shapes = [one.shape for one in branches]
    if len({shape[:-1] for shape in shapes}) > 1:
        raise line.fail(
            f"the branches give {' and '.join(map(show_shape, shapes))}: only their channels may "
            "differ."
        )
    _take(state, branches[0])
    state.sights = _join(branches)
    shape = (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
    try:
        state.push(line.text, "concat", shape, branches=len(branches))
    except InputError as error:
        raise line.fail(error) from None


def _join(states: list[State]) -> tuple[Sight, Sight] | None:
    """What is seen together; all where one sees all, and where nothing has rows any more."""
    sights = [one.sights for one in states]
    sides = states[0].shape
    if None in sights or len(sides) != 3:
        return None
    rows, columns = zip(*filter(None, sights), strict=True)
    return join(rows, sides[0]), join(columns, sides[1])


def show_shape(shape: tuple[int, ...]) -> str:
    """28x28x64, or 10 values."""
    return "x".join(map(str, shape)) if len(shape) == 3 else f"{math.prod(shape):,} values"

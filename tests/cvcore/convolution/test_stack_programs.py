"""Stacks as programs: what they build has the shapes and the parameters that were told."""

import builtins
import math
import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch

from cvcore.convolution.stack import STACKS, describe_stack
from cvcore.convolution.stack_programs import write_keras, write_torch
from cvcore.core.errors import InputError

NAMES = [name for name in STACKS if name != "one dense layer on full HD"]
ODD = """input 9x11x4
conv 6 3x5 same stride 2 groups 2 no bias
batch norm
depthwise 3x3 padding 1
relu6
transposed conv 5 3x3 stride 2 padding 1
transposed conv 5 1x2 stride 2
max pool 3x3 padding 1 stride 2
average pool 2x2
upsample 2 bilinear
branch
branch
  conv 3 2x2 same
concat
squeeze excite 2
adaptive pool 4x5
flatten
batch norm
dense 7 no bias
tanh"""


def build(text):
    with torch.device("meta"):
        names: dict = {"__name__": "program"}
        exec(write_torch(text), names)
        return names["net"].eval()


@pytest.mark.parametrize("text", [*(STACKS[name] for name in NAMES), ODD], ids=[*NAMES, "odd"])
def test_pytorchs_program_builds_what_was_told(text):
    rows = describe_stack(text)
    net = build(text)
    assert sum(one.numel() for one in net.parameters()) == sum(row.parameters for row in rows)
    height, width, channels = rows[0].output_shape
    shape = tuple(net(torch.zeros(1, channels, height, width, device="meta")).shape[1:])
    told = rows[-1].output_shape
    assert shape == ((told[2], *told[:2]) if len(told) == 3 else told)


@pytest.mark.parametrize("text", [*(STACKS[name] for name in NAMES), ODD], ids=[*NAMES, "odd"])
def test_multiplications_are_those_that_pytorch_counts(text):
    from torch.utils.flop_counter import FlopCounterMode

    rows, net = describe_stack(text), build(text)
    height, width, channels = rows[0].output_shape
    with FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, channels, height, width, device="meta"))
    assert counter.get_total_flops() == 2 * sum(row.multiplications for row in rows)


class Value:
    """A tensor of the stand-in for Keras: its shape alone."""

    def __init__(self, *shape):
        self.shape = shape


class Keras:
    """Counts what a program's layers learn, and follows the shapes, as Keras documents them."""

    def __init__(self):
        self.learned, self.answer = 0, ()

    def __getattr__(self, kind):
        return lambda *args, **words: lambda x: self.run(kind, x, args, words)

    def slide(self, x, kernel, words, *, transposed=False):
        rows, columns = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        step, same = words.get("strides", 1), words.get("padding") == "same"
        sides = []
        for side, window in zip(x.shape[:2], (rows, columns), strict=True):
            if transposed:
                sides.append((side - 1) * step + max(window, step))
            else:
                sides.append(-(-side // step) if same else (side - window) // step + 1)
        return sides, rows * columns

    def run(self, kind, x, args, words):
        first = x[0] if isinstance(x, list) else x
        shape, channels, bias = first.shape, first.shape[-1], words.get("use_bias", True)
        if kind in ("Conv2D", "Conv2DTranspose"):
            sides, many = self.slide(x, args[1], words, transposed=kind == "Conv2DTranspose")
            self.learned += (many * channels // words.get("groups", 1) + bias) * args[0]
            return Value(*sides, args[0])
        if kind == "DepthwiseConv2D":
            sides, many = self.slide(x, args[0], words)
            self.learned += (many + bias) * channels
            return Value(*sides, channels)
        if kind in ("MaxPooling2D", "AveragePooling2D"):
            words = {"strides": args[0], **words}
            if isinstance(words["strides"], tuple):
                sides = [side // step for side, step in zip(shape, args[0], strict=False)]
                return Value(*sides, channels)
            return Value(*self.slide(x, args[0], words)[0], channels)
        if kind == "Dense":
            self.learned += (channels + bias) * args[0]
            return Value(args[0])
        if kind == "BatchNormalization":
            self.learned += 2 * channels
        sides = shape[:2]
        if kind == "ZeroPadding2D":
            sides = [side + sum(pair) for side, pair in zip(sides, args[0], strict=True)]
        elif kind == "Cropping2D":
            sides = [side - sum(pair) for side, pair in zip(sides, args[0], strict=True)]
        elif kind == "UpSampling2D":
            sides = [side * args[0] for side in sides]
        elif kind == "GlobalAveragePooling2D":
            sides = (1, 1)
        elif kind == "Flatten":
            return Value(math.prod(shape))
        elif kind == "Concatenate":
            assert len({one.shape[:-1] for one in x}) == 1
            return Value(*shape[:-1], sum(one.shape[-1] for one in x))
        elif kind == "Add":
            assert len({one.shape for one in x}) == 1
        else:
            assert kind in ("Multiply", "BatchNormalization", "Activation", "ReLU", "Dropout")
        return Value(*sides, channels) if len(shape) == 3 else first


@pytest.mark.parametrize("text", [*(STACKS[name] for name in NAMES), ODD], ids=[*NAMES, "odd"])
def test_keras_program_builds_what_was_told(text, monkeypatch):
    layers, module = Keras(), ModuleType("keras")
    module.layers, module.Input = layers, lambda shape: Value(*shape)
    module.ops = SimpleNamespace(
        pad=lambda x, pads, constant_values: layers.ZeroPadding2D(pads[1:3])(x)
    )

    def take(inputs, outputs):
        layers.answer = outputs.shape
        return SimpleNamespace(summary=lambda: None)

    module.Model = take
    monkeypatch.setitem(sys.modules, "keras", module)
    exec(builtins.compile(write_keras(text), "program", "exec"), {})
    rows = describe_stack(text)
    assert layers.learned == sum(row.parameters for row in rows)
    assert layers.answer == rows[-1].output_shape


@pytest.mark.parametrize(
    ("line", "says"),
    [  # Keras's own "same" leaves out the border of a mean, and its zeros may be the largest
        ("average pool 3x3 padding 1 stride 1", ["ZeroPadding2D(((1, 1), (1, 1)))(x)", "1)(x)"]),
        ("max pool 3x3 padding 1 stride 1", ['MaxPooling2D(3, strides=1, padding="same")']),
        ("max pool 3x3 padding 1 stride 2", ["keras.ops.pad", '"-inf"', "strides=2)(x)"]),
        ("transposed conv 1 1x1 stride 2", ["Cropping2D(((0, 1), (0, 1)))"]),
    ],
)
def test_keras_pads_as_pytorch_does(line, says):
    program = write_keras(f"input 8x8x1\n{line}")
    assert all(one in program for one in says), program


def test_what_keras_has_no_layer_for_is_said():
    with pytest.raises(InputError, match="no layer for “adaptive pool 3x3”"):
        write_keras("input 8x8x1\nadaptive pool 3x3")

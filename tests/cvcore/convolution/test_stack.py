"""The stack calculator against totals worked by hand, torch and torchvision."""

import pytest
import torch
from torch import nn

from cvcore.convolution import count_parameters, describe_stack
from cvcore.convolution.stack import STACKS
from cvcore.core.errors import InputError


@pytest.mark.parametrize(
    ("name", "total"),
    [("small digits convnet", 104_202), ("LeNet-5", 61_706), ("VGG16", 138_357_544)],
)
def test_totals(name, total):
    assert count_parameters(STACKS[name]) == total


def test_class_test_layer_by_layer():
    layers = [
        row for row in describe_stack(STACKS["class test"]) if row.kind in ("conv", "pool", "dense")
    ]
    assert [row.parameters for row in layers] == [5, 10, 0, 90, 110, 33]
    assert [row.output_shape for row in layers] == [
        (4, 4, 1), (4, 4, 2), (2, 2, 2), (10,), (10,), (3,),
    ]  # fmt: skip


def test_small_digits_convnet_in_torch():
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 3), nn.Flatten(), nn.Linear(1152, 10),
    )  # fmt: skip
    rows = describe_stack(STACKS["small digits convnet"])
    x = torch.zeros(1, 1, 28, 28)
    for row, module in zip(rows[1:], net, strict=True):
        x = module(x)
        shape = x.shape[1:]
        assert row.output_shape == (
            tuple(shape[1:]) + tuple(shape[:1]) if len(shape) == 3 else tuple(shape)
        )
        assert row.parameters == sum(p.numel() for p in module.parameters())


def test_vgg16_is_torchvisions():
    from torchvision.models import vgg16

    with torch.device("meta"):
        net = vgg16()
    theirs = [p.weight.numel() + p.bias.numel() for p in net.modules() if hasattr(p, "weight")]
    ours = [row.parameters for row in describe_stack(STACKS["VGG16"]) if row.parameters]
    assert ours == theirs


def test_receptive_field_and_products():
    rows = describe_stack(STACKS["small digits convnet"])
    assert [row.receptive_field for row in rows] == [
        (1, 1), (3, 3), (4, 4), (8, 8), (10, 10), (18, 18), None, None,
    ]  # fmt: skip
    assert rows[1].multiplications == 26 * 26 * 9 * 32
    assert rows[-1].multiplications == 11_520


def test_reading_is_lenient():
    rows = describe_stack("""
        INPUT 8 x 9 x 2   # rows, columns, channels

        Conv 4 3 x 5 padding 1 stride 2
        relu
        avg pool 2
    """)
    assert [row.output_shape for row in rows] == [(8, 9, 2), (4, 4, 4), (4, 4, 4), (2, 2, 4)]
    assert rows[1].parameters == (3 * 5 * 2 + 1) * 4
    assert describe_stack(["input 5x5", "pool 2x2"])[1].left_over


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("# nothing", "empty"),
        ("conv 3 3x3", "Line 1.*begins with its input"),
        ("input 28x28x1\ncnv 32 3x3", "Line 2.*no layer"),
        ("input 28x28x1\nconv 32", "Line 2"),
        ("input 4x4x1\nconv 1 5x5", "Nothing fits"),
        ("input 4x4x1\nconv 0 3x3", "filters"),
        ("input 4x4x1\nconv 99999999999 3x3", "filters"),
        ("input 4x4x1\nconv 1 3x3 stride 0", "stride"),
        ("input 99999x4x1", "height"),
        ("input 4x4x1\ndense 3", "flatten"),
        ("input 4x4x1\nflatten\nconv 1 3x3", "flat by now"),
        ("input 4x4x1\npool 1x2", "stride"),
        ("\n".join(["input 4x4x1"] + ["relu"] * 500), "At most"),
    ],
)
def test_bad_stacks(text, says):
    with pytest.raises(InputError, match=says):
        count_parameters(text)

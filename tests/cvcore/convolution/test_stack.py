"""The stack calculator against totals worked by hand, torch and torchvision."""

import pytest
import torch
from torch import nn

from cvcore.convolution import count_parameters, describe_stack
from cvcore.convolution.stack import STACKS
from cvcore.convolution.stack_presets import write_efficientnet
from cvcore.convolution.stack_programs import write_torch
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
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
        nn.MaxPool2d(2), nn.Conv2d(64, 128, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1152, 10),
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
        (1, 1), (3, 3), (3, 3), (4, 4), (8, 8), (8, 8), (10, 10), (18, 18), (18, 18), None, None,
    ]  # fmt: skip
    assert rows[1].multiplications == 26 * 26 * 9 * 32
    assert rows[-1].multiplications == 11_520


@pytest.mark.parametrize(
    "lines",
    [
        "upsample 2\nconv 1 3x3",  # three pixels of an enlarged map are two of the input
        "average pool 2x2\nupsample 2\nconv 1 2x2",
        "average pool 2x2\nupsample 2 bilinear\nconv 1 3x3 same",
        "upsample 3 bilinear",
        "conv 1 3x3\ntransposed conv 1 3x3 stride 2 padding 1\nconv 1 3x3 same",
        "transposed conv 1 5x2 stride 3",
        "adaptive pool 7x9\nconv 1 2x2",  # windows of unequal size
        "residual\n average pool 2x2\n conv 1 3x3 same\n upsample 2\nconv 1 3x3 same",
        "conv 1 2x4 same stride 2\nbranch\n conv 1 1x3 same\nbranch\n conv 1 5x1 same\nconcat",
    ],
)
def test_receptive_fields_are_those_of_torchs_gradients(lines):
    text = f"input 24x24x1\n{lines}"
    row = describe_stack(text)[-1]
    names: dict = {"__name__": "program"}
    exec(write_torch(text), names)
    net = names["net"].eval()
    for parameter in net.parameters():
        nn.init.ones_(parameter)
    x = torch.zeros(1, 1, 24, 24, requires_grad=True)
    answer = net(x)
    height, width, _ = row.output_shape
    seen = []
    for i in range(height // 3, 2 * height // 3 + 1):
        for j in (width // 2, width // 2 + 1) if i > height // 3 else range(width // 3, width - 3):
            slope = torch.autograd.grad(answer[0, :, i, j].sum(), x, retain_graph=True)[0][0, 0]
            seen.append([int(n) for n in (slope.any(1).sum(), slope.any(0).sum())])
    assert row.receptive_field == tuple(map(max, zip(*seen, strict=True)))


def test_after_a_squeeze_all_of_the_input_is_seen():
    rows = describe_stack("input 8x8x4\nconv 4 3x3\nsqueeze excite 2\nconv 4 1x1")
    assert [row.receptive_field for row in rows] == [(1, 1), (3, 3), None, None]


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
    assert not describe_stack(["input 8x8", "conv 1 3x3 stride 2 padding 1"])[1].left_over


RESIDUAL = "input 8x8x4\nresidual\n  conv {} 3x3 {}\n"


def test_a_residual_costs_nothing_and_its_shortcut_what_its_lines_cost():
    plain = describe_stack(RESIDUAL.format(4, "same"))
    assert [(row.kind, row.depth, row.parameters) for row in plain] == [
        ("input", 0, 0), ("residual", 0, 0), ("conv", 1, 148),
    ]  # fmt: skip
    assert plain[1].output_shape == (8, 8, 4)
    assert plain[1].receptive_field == (3, 3)
    wider = RESIDUAL.format(6, "same stride 2") + "shortcut\n  conv 6 1x1 stride 2 no bias"
    assert [row.parameters for row in describe_stack(wider)] == [0, 0, 222, 0, 24]
    assert describe_stack(wider)[-2].output_shape == (4, 4, 6)


def test_branches_lie_side_by_side():
    rows = describe_stack("input 8x8x4\nbranch\nbranch\n  depthwise 5x5 same\nconcat\nrelu")
    assert [row.output_shape[-1] for row in rows] == [4, 4, 4, 4, 8, 8]
    assert rows[-2].receptive_field == (5, 5)
    assert sum(row.parameters for row in rows) == 26 * 4


def test_repeat_writes_its_lines_again_and_a_block_holds_them_together():
    rows = describe_stack("input 9x9x2\nblock any name\n  repeat 3\n    conv 2 3x3")
    assert [row.kind for row in rows] == ["input", "block", "repeat", "conv", "conv", "conv"]
    assert [row.output_shape[0] for row in rows] == [9, 3, 3, 7, 5, 3]
    assert rows[2].receptive_field == (7, 7)


def test_memory_is_four_bytes_a_number():
    rows = describe_stack("input 28x28x1\nconv 32 3x3")
    assert [(row.output_bytes, row.weight_bytes) for row in rows] == [
        (4 * 784, 0), (4 * 26 * 26 * 32, 4 * 320),
    ]  # fmt: skip


def test_a_dense_layer_on_full_hd():
    rows = describe_stack(STACKS["one dense layer on full HD"])
    assert rows[-1].multiplications == 24_883_200_000_000
    assert rows[-1].parameters == rows[-1].multiplications + 4_000_000


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("AlexNet", "alexnet"), ("ResNet-18", "resnet18"), ("ResNet-50", "resnet50"),
        *((f"EfficientNet-B{size}", f"efficientnet_b{size}") for size in (0, 1, 4, 7)),
    ],
)  # fmt: skip
def test_networks_are_torchvisions(name, theirs):
    from torchvision.models import get_model_weights

    size = int(name[-1]) if name.startswith("Eff") else None
    text = STACKS[name] if size is None else "\n".join(write_efficientnet(size))
    rows = describe_stack(text)
    told = get_model_weights(theirs).DEFAULT.meta
    assert sum(row.parameters for row in rows) == told["num_params"]
    products = sum(row.multiplications for row in rows)
    assert products / 1e9 == pytest.approx(told["_ops"], abs=6e-4)


def test_blocks_are_those_of_torchvision_and_of_the_project():
    from torchvision.models.mobilenetv2 import InvertedResidual

    from cvcore.models.lab_networks import build_simple_cnn
    from cvcore.models.unet import build_nuclei_unet

    with torch.device("meta"):
        theirs = {
            "MobileNetV2 block": InvertedResidual(24, 24, 1, 6),
            "SimpleCNN": build_simple_cnn((1, 28, 10)),
            "U-Net": build_nuclei_unet(),
        }
    for name, net in theirs.items():
        assert count_parameters(STACKS[name]) == sum(one.numel() for one in net.parameters()), name
    assert count_parameters(STACKS["Inception block"]) == 163_696  # by hand, from the paper's table


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("# nothing", "empty"),
        ("conv 3 3x3", "Line 1.*begins with its input"),
        ("input 28x28x1\ncnv 32 3x3", "Line 2.*no layer"),
        ("input 28x28x1\nconv 32", "Line 2"),
        ("input 4x4x1\nconv 1 5x5", "Nothing fits"),
        (RESIDUAL.format(5, "same"), "Line 2.*8x8x5, and 8x8x4 cannot.*conv 5 1x1"),
        (RESIDUAL.format(5, "same") + "shortcut\n  relu", "Line 2.*let the shortcut"),
        ("input 4x4x1\nshortcut\n relu", "Line 2.*right after a residual"),
        ("input 4x4x1\nresidual", "Line 2.*empty"),
        ("input 4x4x1\nbranch\n conv 1 3x3\nbranch\nconcat", "Line 5.*2x2x1 and 4x4x1"),
        ("input 4x4x1\nbranch\n relu", "Line 2.*joined by a line concat"),
        ("input 4x4x1\nconcat", "Line 2.*two branches"),
        ("input 4x4x1\nrepeat many\n relu", "Line 2.*how often"),
        ("input 4x4x1\nrepeat 900\n relu", "Line 2.*1 to 100"),
        ("input 4x4x1\nrepeat ²\n relu", "Line 2.*how often"),
        ("input 4x4x1\nconv " + 5000 * "9" + " 3x3", "Line 2.*at most 200 characters"),
        ("input 9x9x1\nrepeat 20\n upsample 3\n max pool 2x2", "Line 3.*enlarged so often"),
        ("input 4x4x1" + "\nrepeat 100\n repeat 100\n  relu", "At most"),
        ("input 4x4x3\nconv 4 1x1 groups 2", "cut into 2"),
        ("input 4x4x3\nupsample 0", "factor"),
        ("input 999x999x3\nupsample 32\nupsample 32\nupsample 32\nupsample 32", "trillion"),
        ("input 4x4x3\nadaptive pool 5x5", "smaller"),
        ("input 4x4x3\nmax pool 2x2 padding 2", "padding"),
        ("input 4x4x3\nbatch", "Line 2.*no layer"),
        ("input 4x4x3\nflatten\ndepthwise 3x3", "flat by now"),
        ("input 4x4x3\ndropout 1.2.3", "number"),
        ("input 4x4x1\nconv 0 3x3", "filters"),
        ("input 4x4x1\nconv 99999999999 3x3", "filters"),
        ("input 4x4x1\nconv 1 3x3 stride 0", "stride"),
        ("input 99999x4x1", "height"),
        ("input 4x4x1\ndense 3", "flatten"),
        ("input 4x4x1\nflatten\nconv 1 3x3", "flat by now"),
        ("input 4x4x1\npool 1x2", "stride"),
        ("\n".join(["input 4x4x1"] + ["relu"] * 2500), "At most"),
    ],
)
def test_bad_stacks(text, says):
    with pytest.raises(InputError, match=says):
        count_parameters(text)

"""What layers cost: against torch's own modules on the meta device, and sums done by hand."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from cvcore.convolution import bill
from cvcore.convolution.bill import Wiring, compare_layers, say_bytes, say_count
from cvcore.core.errors import InputError


def test_the_bill_of_a_full_hd_picture():
    dense, local, convolution = compare_layers(Wiring())
    assert dense.weights == 24_883_200_000_000
    assert dense.products == dense.weights
    assert (say_count(dense.weights), say_bytes(dense.bytes)) == ("24.9 trillion", "99.5 TB")
    assert local.parameters == 1920 * 1080 * 32 * (27 + 1)
    assert convolution.parameters == 896
    assert convolution.outputs == local.outputs == 1920 * 1080 * 32


@pytest.mark.parametrize(
    "wiring", [Wiring(), Wiring(28, 30, 1, 10, 6, 5), Wiring(7, 5, 4, 3, 2, 1, "float16")]
)
def test_numbers_equal_torchs(wiring):
    dense, _, convolution = compare_layers(wiring)
    inputs = wiring.width * wiring.height * wiring.channels
    linear = nn.Linear(inputs, wiring.units, device="meta")
    filters = nn.Conv2d(
        wiring.channels, wiring.filters, wiring.kernel, padding="same", device="meta"
    )
    for layer, module in ((dense, linear), (convolution, filters)):
        assert layer.weights == module.weight.numel()
        assert layer.parameters == sum(one.numel() for one in module.parameters())
    made = filters(torch.empty(1, wiring.channels, wiring.height, wiring.width, device="meta"))
    assert convolution.outputs == made.numel()
    assert convolution.bytes == convolution.parameters * bill.BYTES[wiring.number]


def test_a_local_layer_by_hand():
    """2 x 1 places, 2 filters of 1 x 1 x 3: four outputs with three weights and a bias each."""
    _, local, _ = compare_layers(Wiring(2, 1, 3, 1, 2, 1))
    assert (local.weights, local.biases, local.products) == (12, 4, 12)


@pytest.mark.parametrize("field", ["width", "height", "channels", "units", "filters", "kernel"])
@pytest.mark.parametrize("value", [0, -1, 1.5, float("nan"), None, 10**15, "x"])
def test_what_is_no_size_is_named(field, value):
    with pytest.raises(InputError, match=f"(?i){'side' if field == 'kernel' else field}"):
        compare_layers(replace(Wiring(), **{field: value}))


def test_another_number_format_is_refused():
    with pytest.raises(InputError, match="float32"):
        compare_layers(Wiring(number="float3"))


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0"), (896, "896"), (6_220_800, "6.22 million"), (999_999, "999,999"),
     (66_355_200, "66.4 million"), (120_000_000, "120 million"), (10**18, "1,000 quadrillion")],
)  # fmt: skip
def test_counts_in_words(count, words):
    assert say_count(count) == words


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 bytes"), (999, "999 bytes"), (3584, "3.58 kB"), (10**6, "1 MB")]
)
def test_bytes_in_words(count, words):
    assert say_bytes(count) == words

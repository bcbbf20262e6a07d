"""Whole networks in the page: blocks, programs, savings, torchvision's by name."""

import pytest

from cvcore.core.errors import InputError
from demos.convolution import architectures


def test_the_stack_shows_every_number():
    text = "input 8x8x1\nconv 1 2x2 stride 2\nflatten\ndense 10"
    html, numbers = architectures.show_stack(text)
    assert "175 parameters" in html
    assert (numbers["parameters"], numbers["multiplications"]) == (175, 64 + 160)
    assert [row["parameters"] for row in numbers["layers"]] == [0, 5, 0, 170]
    assert [row["output_shape"] for row in numbers["layers"]][1] == (4, 4, 1)
    assert numbers["weight_bytes"] == 4 * 175
    assert numbers["output_bytes"] == 4 * (64 + 16 + 16 + 10)
    assert "(2·2·1 + 1)·1" in html
    with pytest.raises(InputError, match="Line 2"):
        architectures.show_stack("input 8x8x1\n<script>")


def test_a_block_folds_and_says_what_its_lines_sum_up_to():
    inside = "  conv 4 3x3 same\n  relu\n" * 8
    html, _ = architectures.show_stack(f"input 8x8x4\nresidual\n{inside}")
    assert html.count("<details") == 1
    assert "<details open" not in html
    folded = html[html.index("<summary>") : html.index("</summary>")]
    assert f"{8 * 148:,}" in folded
    assert f"{8 * 64 * 144:,}" in folded


@pytest.mark.parametrize("what", architectures.SHOW)
def test_everything_that_can_be_shown(what):
    html, _ = architectures.show("input 8x8x1\nconv 1 2x2", what, "resnet18")
    says = {"Layers": "5 parameters", "PyTorch": "nn.Conv2d(1, 1, 2)", "Keras": "layers.Conv2D",
            "What it saves": "8.41 times fewer", "torchvision": "11,689,512"}  # fmt: skip
    assert says[what] in html


def test_what_cannot_be_shown_is_one_sentence_in_its_place():
    for what, says in (("Layers", "Line 1"), ("PyTorch", "Line 1"), ("torchvision", "resnet")):
        html, numbers = architectures.show("conv 3", what, "resent50")
        assert html.startswith('<p class="refused" role="alert">')
        assert says in html
        assert numbers == {}
    with pytest.raises(InputError, match="PyTorch or Keras"):
        architectures.write_program("input 8x8x1", "Caffe")


def test_api(client):
    html, numbers = client.predict("input 8x8x1\nconv 1 2x2", api_name="/convolution_stack")
    assert "5 parameters" in html
    assert numbers["layers"][1]["output_shape"] == [7, 7, 1]
    program = client.predict("input 8x8x1\nrelu", "Keras", api_name="/convolution_program")
    assert 'layers.Activation("relu")(x)' in program
    _, numbers = client.predict("resnet18", api_name="/convolution_model")
    assert numbers["parameters"] == 11_689_512

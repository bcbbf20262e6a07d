"""Output padding of a transposed convolution: which of several sizes is meant, beside torch."""

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cvcore.convolution import convolve_transposed, output_size
from cvcore.convolution.operation import Operation, largest_difference
from cvcore.convolution.windows import describe_fit
from cvcore.core.errors import InputError

KERNEL = np.array([[1.0, 2, 0], [0, -1, 3]])


@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "further"),
    [
        case for case in itertools.product((1, 2, 3), (0, 1, 2), (1, 2, 4), (0, 1, 2, 3))
        if case[3] < max(case[0], case[2])
    ],
)  # fmt: skip
def test_torch_gives_the_same(stride, padding, dilation, further):
    image = np.random.default_rng(1).normal(size=(4, 5, 2))
    ours = convolve_transposed(
        image, KERNEL, stride=stride, padding=padding, dilation=dilation, bias=0.5,
        output_padding=further,
    )  # fmt: skip
    theirs = F.conv_transpose2d(
        torch.from_numpy(image).permute(2, 0, 1)[:, None], torch.from_numpy(KERNEL)[None, None],
        torch.tensor([0.5], dtype=torch.float64), stride, padding, further, dilation=dilation,
    )  # fmt: skip
    assert largest_difference(np.moveaxis(ours, -1, 0), theirs[:, 0].numpy()) < 1e-12


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "further", "output"),
    [
        (2, 3, 1, 0, 0, 4), (6, 4, 1, 2, 0, 5), (5, 3, 1, 1, 0, 5), (7, 3, 1, 2, 0, 5),
        (2, 3, 2, 0, 0, 5), (3, 3, 2, 1, 0, 5), (3, 3, 2, 1, 1, 6),
    ],
)  # fmt: skip
def test_the_figures_of_dumoulin_and_visin(size, kernel, stride, padding, further, output):
    """The seven transposed ones of "A guide to convolution arithmetic", arXiv:1603.07285."""
    operation = Operation(
        np.ones((kernel, kernel)), stride=stride, padding=padding, transposed=True,
        output_padding=further,
    )  # fmt: skip
    image = np.ones((size, size))
    assert operation.apply(image).shape == (output, output)
    assert [fit.output for fit in operation.fit((size, size))] == [output, output]
    assert output_size(output, kernel, stride=stride, padding=padding) == size  # the way back
    assert describe_fit(*operation.fit((size, size))).count(f"= {output}") == 2


def test_every_size_is_reached():
    """A convolution of stride 2 makes the same of two sizes: each has a way back."""
    for size in range(4, 30):
        small = output_size(size, 3, stride=2, padding=1)
        reached = {
            convolve_transposed(
                np.ones((small, 1)), np.ones((3, 3)), stride=2, padding=1, output_padding=further
            ).shape[0]
            for further in (0, 1)
        }
        assert size in reached


@pytest.mark.parametrize("show", ["apply_torch", "torch_snippet"])
def test_operation_and_program(show):
    operation = Operation(KERNEL, transposed=True, stride=3, padding=1, bias=-1, output_padding=2)
    image = np.random.default_rng(1).normal(size=(4, 5))
    if show == "apply_torch":
        theirs = operation.apply_torch(image)
    else:
        names: dict = {}
        exec(operation.torch_snippet(image).replace("print", "str"), names)
        theirs = names["y"][0, 0].numpy()
    assert largest_difference(operation.apply(image), theirs) < 1e-12


@pytest.mark.parametrize("further", [2, 9, -1, 0.5, float("nan"), "one"])
def test_what_cannot_be(further):
    says = "smaller than the stride" if further == 2 else "output padding must be"
    with pytest.raises(InputError, match=says):
        convolve_transposed(np.ones((3, 3)), np.ones((2, 2)), stride=2, output_padding=further)
    with pytest.raises(InputError, match=says):
        Operation(KERNEL, transposed=True, stride=2, output_padding=further)


def test_an_ordinary_convolution_has_none():
    with pytest.raises(InputError, match="Only a transposed"):
        Operation(KERNEL, stride=2, output_padding=1)
    with pytest.raises(InputError, match="smaller than the stride or the dilation"):
        convolve_transposed(np.ones((3, 3)), np.ones((2, 2)), output_padding=1)
    # as torch, a dilation is enough
    image, kernel = np.ones((3, 3)), np.ones((2, 2))
    assert convolve_transposed(image, kernel, dilation=2, output_padding=1).shape == (6, 6)

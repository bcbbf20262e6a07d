"""All filters at one place, and flattening: against torch."""

import numpy as np
import pytest
import torch

from cvcore.convolution import columns
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.recognition.datasets import load_digits


@pytest.fixture(scope="module")
def digit():
    return load_digits().test.pictures[7, 0].numpy()


def test_a_column_and_the_volume_equal_torchs(digit):
    model = checkpoints.load_model(columns.NETWORK)
    with torch.inference_mode():
        expected = model.conv1(torch.from_numpy(digit)[None, None])[0].numpy()
    np.testing.assert_allclose(columns.read_volume(digit), expected, atol=1e-5)
    for row, column in ((0, 0), (12, 9), (25, 25)):
        found = columns.read_column(digit, row, column)
        np.testing.assert_allclose(found.sums, expected[:, row, column], atol=1e-5)
        assert (found.patch == digit[row : row + 3, column : column + 3]).all()


def test_flat_indices_are_torchs_and_keras(digit):
    volume = columns.read_last_volume(digit)
    assert volume.shape == (128, 3, 3)
    model = checkpoints.load_model(columns.NETWORK)
    flat = model.flatten(torch.from_numpy(volume)[None])[0].numpy()
    last = volume.transpose(1, 2, 0).reshape(-1)  # channels last, as Keras keeps it
    for place in ((0, 0, 0), (5, 1, 2), (127, 2, 2)):
        first, keras = columns.flat_index(volume.shape, *place)
        assert flat[first] == last[keras] == volume[place]
    assert columns.flat_index((128, 3, 3), 5, 1, 2) == (50, 645)


@pytest.mark.parametrize(("row", "column"), [(26, 0), (0, 26), (-1, 0), (0.5, 0), (None, 0)])
def test_a_place_outside_is_told(digit, row, column):
    with pytest.raises(InputError, match=r"row|column"):
        columns.read_column(digit, row, column)


def test_an_empty_digit_is_told():
    with pytest.raises(InputError, match="nothing drawn"):
        columns.read_column(np.zeros((28, 28)), 0, 0)


@pytest.mark.parametrize("place", [(128, 0, 0), (0, 3, 0), (0, 0, -1)])
def test_an_index_outside_is_told(place):
    with pytest.raises(InputError, match=r"channel|row|column"):
        columns.flat_index((128, 3, 3), *place)

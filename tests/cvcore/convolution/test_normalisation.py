"""Four normalisations: against torch's functions, and a slice done by hand."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cvcore.convolution import normalisation
from cvcore.convolution.normalisation import find_slices, make_batch, normalise
from cvcore.core.errors import InputError
from cvcore.recognition.datasets import load_digits

TORCHS = {
    "batch": lambda x, groups: F.batch_norm(x, None, None, training=True),
    "layer": lambda x, groups: F.layer_norm(x, x.shape[1:]),
    "instance": lambda x, groups: F.instance_norm(x),
    "group": F.group_norm,
}


@pytest.mark.parametrize("kind", normalisation.KINDS)
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_numbers_equal_torchs(kind, groups):
    values = np.random.default_rng(1).normal(3, 2, (3, 6, 2, 4))
    found = normalise(values, kind, groups=groups)
    expected = TORCHS[kind](torch.from_numpy(values), groups).numpy()
    np.testing.assert_allclose(found.result, expected, atol=1e-12)


def test_a_slice_by_hand():
    """1, 2, 3, 6 have mean 3 and variance 3.5."""
    found = normalise([[[[1, 2], [3, 6]]]], "instance", epsilon=0.5)
    assert (found.means == 3).all()
    assert (found.variances == 3.5).all()
    np.testing.assert_allclose(found.result.ravel(), [-1, -0.5, 0, 1.5])


def test_which_numbers_go_together():
    shape = (3, 6, 2, 2)
    counts = {
        kind: set(np.bincount(find_slices(shape, kind).ravel())) for kind in normalisation.KINDS
    }
    assert counts == {"batch": {12}, "layer": {24}, "instance": {4}, "group": {12}}
    assert (find_slices(shape, "group", 6) == find_slices(shape, "instance")).all()
    assert (find_slices(shape, "group", 1) == find_slices(shape, "layer")).all()
    batch = find_slices(shape, "batch")
    assert batch[0, 1, 0, 0] == batch[2, 1, 1, 1] != batch[0, 2, 0, 0]


def test_a_brighter_picture_changes_the_others_under_batch_norm_alone():
    digit = load_digits().test.pictures[452, 0].numpy()
    plain, bright = make_batch(digit), make_batch(digit, 4)
    assert plain.shape == (3, 6, 2, 2)
    np.testing.assert_allclose(bright[0], 4 * plain[0])
    for kind in normalisation.KINDS:
        before, after = normalise(plain, kind).result, normalise(bright, kind).result
        change = np.abs(after - before).reshape(3, -1).max(axis=1)
        if kind == "batch":
            assert (change > 0.3).all()
        else:
            assert change[1:].max() == 0
            assert change[0] < 0.05  # by epsilon alone


def test_the_batch_equals_torchs_maps():
    from cvcore.engine import checkpoints

    digit = load_digits().test.pictures[452, 0]
    with torch.inference_mode():
        maps = checkpoints.load_model("digits_cnn").conv1(digit[None, None])[:, :6].relu()
    expected = F.adaptive_max_pool2d(maps, 2)[0].numpy()
    np.testing.assert_allclose(make_batch(digit.numpy())[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("values", "kind", "more", "says"),
    [
        ([[1, 2]], "batch", {}, "four sizes"),
        ("x", "batch", {}, "four sizes"),
        (np.full((2, 2, 2, 2), np.nan), "batch", {}, "ordinary"),
        (np.ones((2, 2, 1, 1)), "instance", {}, "one number"),
        (np.ones((2, 2, 2, 2)), "spectral", {}, "one of"),
        (np.ones((2, 6, 2, 2)), "group", {"groups": 4}, "divide"),
        (np.ones((2, 6, 2, 2)), "group", {"groups": 0}, "groups"),
        (np.ones((2, 6, 2, 2)), "batch", {"epsilon": 0}, "Epsilon"),
    ],
)
def test_what_does_not_fit_is_told(values, kind, more, says):
    with pytest.raises(InputError, match=says):
        normalise(values, kind, **more)


@pytest.mark.parametrize("gain", [-1, 11, float("nan"), None])
def test_a_gain_out_of_range_is_told(gain):
    with pytest.raises(InputError, match="gain"):
        make_batch(np.ones((28, 28)), gain)

"""The formulas against cases worked by hand, and against PyTorch's own distributions."""

import math

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from cvcore.autoencoders import compute_kl, compute_reconstruction, reparameterise
from cvcore.autoencoders.variational import reconstruct
from cvcore.core.errors import InputError


def test_kl_worked_by_hand():
    """The prior itself; one away by 2; a variance of e: (e - 1 - 1) / 2."""
    found = compute_kl(np.array([[0.0, 2.0, 0.0]]), np.array([[0.0, 0.0, 1.0]]))
    np.testing.assert_allclose(found, [[0, 2, (math.e - 2) / 2]])


def test_kl_is_that_of_torch_distributions():
    dice = torch.Generator().manual_seed(0)
    means, log_variances = torch.randn(2, 50, 7, generator=dice, dtype=torch.float64) * 2
    expected = kl_divergence(Normal(means, (log_variances / 2).exp()), Normal(0.0, 1.0))
    torch.testing.assert_close(compute_kl(means, log_variances), expected)


def test_a_code_is_drawn_around_its_mean():
    codes = reparameterise(np.array([[1.0, 1.0]]), np.array([[0.0, 2 * math.log(3)]]),
                           np.array([[2.0, -1.0]]))  # fmt: skip
    np.testing.assert_allclose(codes, [[3, -2]])


def test_the_slope_reaches_mean_and_deviation():
    """d code / d mean is 1, d code / d log variance is half of deviation x draw."""
    means = torch.zeros(1, 2, requires_grad=True)
    log_variances = torch.zeros(1, 2, requires_grad=True)
    reparameterise(means, log_variances, torch.tensor([[2.0, -1.0]])).sum().backward()
    assert means.grad.tolist() == [[1, 1]]
    assert log_variances.grad.tolist() == [[1, -0.5]]


def test_reconstruction_terms_worked_by_hand():
    outputs = np.array([[[0.5, 0.25]], [[1.0, 0.0]]])
    targets = np.array([[[1.0, 0.0]], [[1.0, 0.0]]])
    np.testing.assert_allclose(compute_reconstruction(outputs, targets), [0.25 + 0.0625, 0])
    found = compute_reconstruction(outputs, targets, "bce")
    np.testing.assert_allclose(found, [math.log(2) + math.log(4 / 3), 0])


@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_the_loss_of_logits_is_that_of_pictures(loss):
    dice = torch.Generator().manual_seed(1)
    logits = torch.randn(5, 1, 4, 4, generator=dice) * 3
    targets = torch.rand(5, 1, 4, 4, generator=dice)
    expected = compute_reconstruction(logits.sigmoid(), targets, loss)
    torch.testing.assert_close(reconstruct(logits, targets, loss), expected)
    sure = torch.full((1, 1), 200.0)
    assert torch.isfinite(reconstruct(-sure, torch.ones(1, 1), loss)).all()


def test_the_elbo_is_a_bound():
    """Of a decoder that ignores its code the bound is below ln p(x) by the KL, and no other."""
    x, y = np.full((1, 3), 1.0), np.full((1, 3), 0.5)
    likelihood = -compute_reconstruction(y, x, "bce")
    kl = compute_kl(np.ones((1, 2)), np.zeros((1, 2))).sum(axis=1)
    np.testing.assert_allclose(likelihood, -3 * math.log(2))
    np.testing.assert_allclose(likelihood - kl, -3 * math.log(2) - 1)


def test_bad_input_gets_one_sentence():
    with pytest.raises(InputError, match="same shape"):
        compute_kl(np.zeros((1, 2)), np.zeros((1, 3)))
    with pytest.raises(InputError, match="There is no loss 'mae'"):
        compute_reconstruction(np.zeros((1, 2)), np.zeros((1, 2)), "mae")
    with pytest.raises(InputError, match="values from 0 to 1"):
        compute_reconstruction(np.zeros((1, 2)), np.full((1, 2), 2.0), "bce")

import numpy as np
import pytest
from scipy.special import logsumexp

from cvcore.classification.out_of_distribution import (
    SCORES,
    compute_score,
    judge,
    make_nothing,
    suggest_threshold,
)
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.recognition.classifier import predict_logits


def test_scores_by_hand_and_by_scipy():
    z = np.random.default_rng(0).normal(size=(5, 1000)) * 8
    np.testing.assert_allclose(compute_score(z), z.max(axis=1))
    np.testing.assert_allclose(compute_score(z, "energy"), logsumexp(z, axis=1))
    assert compute_score(np.array([900.0, 900.0]), "energy") == pytest.approx(900 + np.log(2))


def test_softmax_cannot_tell_but_the_scores_can():
    """Adding one number to all logits changes no probability, and moves both scores by it."""
    z = np.array([3.0, 1.0, 0.0])
    for kind in SCORES:
        assert compute_score(z - 5, kind) == pytest.approx(compute_score(z, kind) - 5)


def test_verdict_at_the_threshold():
    z = np.array([3.0, 1.0])
    assert not judge(z, threshold=3.0).is_none_of_these
    assert judge(z, threshold=3.01).is_none_of_these


@pytest.mark.parametrize("threshold", [float("nan"), float("inf"), None])
def test_threshold_must_be_a_number(threshold):
    with pytest.raises(InputError, match="finite number"):
        judge(np.zeros(3), threshold=threshold)


def test_unknown_score():
    with pytest.raises(InputError, match="max_logit, energy"):
        compute_score(np.zeros(3), "typo")


def test_pictures_of_nothing_are_the_same_every_time():
    first, second = make_nothing(), make_nothing()
    assert len(first) == 40
    for a, b in zip(first, second, strict=True):
        assert a.shape == (256, 256, 3)
        assert a.dtype == np.uint8
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", SCORES)
def test_the_threshold_parts_nothing_from_photographs(kind):
    threshold = suggest_threshold(kind=kind)
    nothing = compute_score(predict_logits(make_nothing()), kind)
    assert (nothing < threshold).mean() == pytest.approx(0.95)
    photos = predict_logits([samples.load_sample(name) for name in ("coffee", "chelsea")])
    assert (compute_score(photos, kind) > threshold).all()

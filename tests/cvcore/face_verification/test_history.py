"""Older methods and losses against scikit-image, scikit-learn and hand-worked numbers."""

import numpy as np
import pytest

from cvcore.core import samples
from cvcore.face_verification import history as fh
from cvcore.recognition.faces import detect_faces


@pytest.fixture(scope="module")
def crop():
    return detect_faces(samples.load_sample("astronaut"))[0].crop


def test_patterns_are_scikit_images(crop):
    feature = pytest.importorskip("skimage.feature")
    grey = fh.to_luma(crop)
    theirs = feature.local_binary_pattern(grey, 8, 1, "nri_uniform")[1:-1, 1:-1].astype(int)
    ours = fh.uniform_codes()[fh.local_binary_patterns(grey)]
    pairs = {(a, b) for a, b in zip(theirs.ravel(), ours.ravel(), strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})  # one to one


def test_pattern_by_hand():
    # right, up and left are lighter; the circle's diagonal points lie between light and dark
    grey = np.array([[0, 9, 0], [9, 5, 9], [0, 0, 0]], np.uint8)
    bits = int(fh.local_binary_patterns(grey)[0, 0])
    assert [(bits >> k) & 1 for k in (0, 2, 4, 6)] == [1, 1, 1, 0]
    assert fh.local_binary_patterns(np.full((3, 3), 7, np.uint8))[0, 0] == 255


def test_there_are_58_uniform_patterns():
    codes = fh.uniform_codes()
    assert len(np.unique(codes)) == 59
    assert codes[0b01010101] == 58
    assert codes[0] != codes[255]


def test_histogram_sums_to_one_in_each_cell(crop):
    histogram = fh.lbp_histogram(crop)
    assert histogram.shape == (7, 7, 59)
    np.testing.assert_allclose(histogram.sum(axis=-1), 1)
    assert fh.compare_lbp(histogram, histogram) == 1
    a, b = np.zeros((7, 7, 59)), np.zeros((7, 7, 59))
    a[..., 0] = b[..., 1] = 1
    assert fh.compare_lbp(a, b) == 0


def test_eigenfaces_are_scikit_learns_components():
    decomposition = pytest.importorskip("sklearn.decomposition")
    vectors = np.random.default_rng(0).normal(size=(40, 25)) @ np.diag(np.arange(25) + 1.0)
    ours = fh.fit_eigenfaces(vectors, 5)
    theirs = decomposition.PCA(5, svd_solver="full").fit(vectors)
    np.testing.assert_allclose(np.abs(ours.components), np.abs(theirs.components_), atol=1e-8)
    np.testing.assert_allclose(ours.deviations**2, theirs.explained_variance_)


def test_bundled_eigenfaces_stand_at_right_angles():
    eigen = fh.load_eigenfaces()
    np.testing.assert_allclose(eigen.components @ eigen.components.T, np.eye(48), atol=5e-3)
    assert (np.diff(eigen.deviations) <= 0).all()


def test_more_eigenfaces_come_closer(crop):
    eigen = fh.load_eigenfaces()
    coefficients, vector = eigen.project(crop), fh.to_vector(crop)
    errors = []
    for k in (0, 4, 16, 48):
        rebuilt = eigen.mean + (coefficients[:k] * eigen.deviations[:k]) @ eigen.components[:k]
        errors.append(float(np.linalg.norm(vector - rebuilt)))
    assert errors == sorted(errors, reverse=True)
    assert eigen.rebuild(coefficients).shape == (48, 48)
    assert fh.compare_eigen(coefficients, coefficients) == pytest.approx(1)


def test_losses_by_hand():
    assert fh.contrastive_loss(0.5, True) == pytest.approx(0.25)
    assert fh.contrastive_loss(0.5, False) == pytest.approx(0.49)
    assert fh.contrastive_loss(1.3, False) == 0
    assert fh.triplet_loss(0.5, 0.4) == pytest.approx(0.25 - 0.16 + 0.2)
    assert fh.triplet_loss(0.1, 1.0) == 0


def test_losses_are_pytorchs():
    import torch

    rng = np.random.default_rng(0)
    anchor, positive, negative = (torch.tensor(rng.normal(size=(1, 8))) for _ in range(3))
    p, n = ((anchor - other).norm().item() for other in (positive, negative))
    squared = torch.nn.TripletMarginWithDistanceLoss(
        distance_function=lambda a, b: ((a - b) ** 2).sum(-1), margin=0.2
    )
    assert fh.triplet_loss(p, n) == pytest.approx(squared(anchor, positive, negative).item())
    from cvcore.face_verification.rates import load_lesson

    slope, middle = load_lesson()["sface_logistic"].astype(float)
    logit = torch.tensor(slope * (0.41 - middle))
    for is_same in (True, False):
        theirs = torch.nn.functional.binary_cross_entropy_with_logits(
            logit, torch.tensor(float(is_same), dtype=torch.float64)
        )
        assert fh.cross_entropy_loss(0.41, is_same) == pytest.approx(theirs.item())

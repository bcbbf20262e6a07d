"""Bags of visual words against OpenCV, scikit-learn and cases worked by hand."""

import cv2
import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid
from sklearn.svm import LinearSVC

from cvcore import classical_features as cf
from cvcore.classical_features import visual_words
from cvcore.core.errors import InputError

SMALL = cf.WordSettings(16)


@pytest.fixture(scope="module")
def model():
    return cf.train_words("faces", SMALL)


def test_patches_have_no_mean_and_length_one_by_hand():
    picture = np.zeros((1, 28, 28), np.float32)
    picture[0, :8, 4:8] = 1  # the first patch: left half dark, right half bright
    numbers, patches = visual_words.describe_patches(picture, "patches")
    assert numbers.shape == (11 * 11, 64)
    np.testing.assert_array_equal(patches[0], picture[0, :8, :8])
    expected = np.tile(np.repeat([-1 / 8, 1 / 8], 4), 8)
    np.testing.assert_allclose(numbers[0], expected, atol=1e-6)
    np.testing.assert_array_equal(numbers[-1], np.zeros(64))


def test_sift_is_that_of_opencv_at_the_middle_of_each_patch():
    task = cf.load_task("clothes")
    numbers, patches = visual_words.describe_patches(task.pictures[:1], "sift")
    side, step = 12, 8
    grid = (64 - side) // step + 1
    assert numbers.shape == (grid * grid, 128)
    assert len(patches) == grid * grid
    grey = np.rint(task.pictures[0] * 255).astype(np.uint8)
    keypoint = cv2.KeyPoint(3 * step + 5.5, 2 * step + 5.5, 2.0, 0)
    (one,) = cv2.SIFT_create().compute(grey, [keypoint])[1]
    np.testing.assert_allclose(numbers[2 * grid + 3], one / np.linalg.norm(one), rtol=1e-5)


def test_histograms_are_shares_by_hand():
    words = np.array([[[0, 1], [1, -1]], [[-1, -1], [-1, -1]]])
    book = visual_words.Codebook(cf.WordSettings(8), 28, None, None)
    np.testing.assert_allclose(book.count(words)[0, :3], [1 / 3, 2 / 3, 0])
    assert not book.count(words)[1].any()
    quarters = visual_words.Codebook(cf.WordSettings(8, quarters=True), 28, None, None)
    shares = quarters.count(words)[0].reshape(4, 8)
    assert shares[0, 0] == pytest.approx(1 / 3)  # top left
    assert shares[1, 1] == pytest.approx(1 / 3)  # top right
    assert shares[2, 1] == pytest.approx(1 / 3)  # bottom left
    assert shares.sum() == pytest.approx(1)


def test_words_are_the_nearest_centres_and_their_patches_means(model):
    book, task = model.codebook, model.task
    words = book.read(task.held_back[:3])
    numbers, _ = visual_words.describe_patches(task.held_back[:3], "patches")
    distances = ((numbers[:, None] - book.kmeans.cluster_centers_) ** 2).sum(axis=2)
    seen = words.ravel() >= 0
    np.testing.assert_array_equal(words.ravel()[seen], distances.argmin(axis=1)[seen])
    assert book.pictures.shape == (16, 8, 8)
    assert 0 <= book.pictures.min() < book.pictures.max() <= 1


def test_both_classifiers_are_those_of_scikit_learn(model):
    task, book = model.task, model.codebook
    known, held = book.describe(task.pictures), book.describe(task.held_back)
    nearest = NearestCentroid().fit(known, task.labels)
    svm = LinearSVC(random_state=0).fit(known, task.labels)
    assert model.nearest_accuracy == nearest.score(held, task.held_back_labels)
    assert model.svm_accuracy == svm.score(held, task.held_back_labels)
    assert min(model.nearest_accuracy, model.svm_accuracy) > 0.8


def test_why_adds_up_to_the_difference_of_the_distances(model):
    answer = model.explain(model.task.held_back[40])
    squares = answer.distances**2
    assert answer.speaks.sum() == pytest.approx(squares[answer.second] - squares[answer.nearest])
    assert answer.distances.argmin() == answer.nearest
    assert answer.histogram.sum() == pytest.approx(1)


@pytest.mark.slow
def test_more_words_tell_digits_better_and_quarters_better_still():
    few, many, where = (
        cf.train_words("digits", cf.WordSettings(*one)).svm_accuracy
        for one in ((8,), (64,), (64, "patches", True))
    )
    assert few < 0.6 < 0.85 < many < where


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (cf.WordSettings(7), "from 8 to 256"),
        (cf.WordSettings(16.5), "whole number"),
        (cf.WordSettings(16, "surf"), "patches, sift"),
    ],
)
def test_what_cannot_be_is_said(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        cf.train_words("faces", settings)


def test_pictures_without_words_are_refused(model):
    with pytest.raises(InputError, match="more contrast"):
        model.explain(np.full((25, 25), 0.5, np.float32))
    with pytest.raises(InputError, match="25 x 25"):
        model.codebook.read(np.zeros((28, 28), np.float32))
    with pytest.raises(InputError, match="fewer words"):
        cf.learn_codebook(np.zeros((2, 28, 28), np.float32))
    with pytest.raises(InputError, match="no number"):
        cf.learn_codebook(np.full((2, 28, 28), np.nan, np.float32))

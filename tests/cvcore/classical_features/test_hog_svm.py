"""HOG with a linear SVM against scikit-image and scikit-learn; evidence that adds up."""

import numpy as np
import pytest
from skimage.feature import hog
from sklearn.svm import LinearSVC

from cvcore import classical_features as cf
from cvcore.classical_features.hog_svm import to_cells
from cvcore.core.errors import InputError


@pytest.fixture(scope="module", params=["faces", "digits"])
def model(request):
    return cf.train_hog_svm(request.param, cell={"faces": 5, "digits": 7}[request.param])


def test_features_and_accuracy_are_the_libraries(model):
    task, cell = model.task, (model.cell, model.cell)

    def describe(pictures):
        return np.float32([hog(one, 9, cell, (2, 2)) for one in pictures])

    held = describe(task.held_back[:20])
    np.testing.assert_array_equal(cf.compute_hog(task.held_back[:20], model.cell), held)
    svm = LinearSVC(C=1.0, random_state=0, max_iter=5000).fit(
        cf.compute_hog(task.pictures, model.cell), task.labels
    )
    np.testing.assert_array_equal(svm.predict(held), model.answers[:20])
    assert model.accuracy > 0.9


def test_cells_and_intercept_add_up_to_the_score(model):
    for picture in model.task.held_back[[0, -1]]:
        scores = model.score(picture)
        for label in (0, 1):
            _, intercept = model.weights(label)
            total = model.explain(picture, label).sum() + intercept
            assert total == pytest.approx(scores[label], abs=1e-5)


def test_each_value_goes_to_its_cell_by_hand():
    grid = 3  # 2 x 2 blocks of 2 x 2 cells
    values = np.zeros((2, 2, 2, 2, 9))
    values[0, 0, 1, 1, 4] = 1  # the middle cell, in the first block
    values[1, 1, 0, 0, 4] = 2  # and in the last one
    values[0, 1, 0, 1, 0] = 5  # the cell at the top right
    cells = to_cells(values.ravel(), grid)
    assert cells[1, 1, 4] == 3
    assert cells[0, 2, 0] == 5
    assert cells.sum() == 8
    counts = to_cells(np.ones(values.size), grid)[..., 0]
    np.testing.assert_array_equal(counts, [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


def test_small_cells_tell_digits_better():
    assert cf.train_hog_svm(cell=14).accuracy < cf.train_hog_svm(cell=7).accuracy


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"cell": 1}, "cell's side"),
        ({"cell": 15}, "cell's side"),
        ({"cost": 0}, "C must be"),
        ({"cost": float("nan")}, "C must be"),
        ({"name": "cars"}, "digits, clothes, faces"),
        ({"examples": 5000}, "number of examples"),
    ],
)
def test_what_cannot_be_is_said(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        cf.train_hog_svm(**settings)

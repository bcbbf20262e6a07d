"""A template is a dense layer of one unit: against torch's, and where it fails."""

import numpy as np
import pytest
import torch

from cvcore.convolution import template
from cvcore.convolution.kernels import DIGIT_NINE
from cvcore.core.errors import InputError

NINE = np.array(DIGIT_NINE)


def test_it_is_one_unit_of_a_dense_layer():
    field = np.random.default_rng(0).choice([-1, 1], (template.ROWS, template.COLUMNS))
    unit = torch.nn.Linear(template.CELLS, 1, bias=False, dtype=torch.float64)
    unit.weight.data = torch.from_numpy(template.TEMPLATE).double().reshape(1, -1)
    answer = template.match_template(field, 0)
    assert answer.total == float(unit(torch.from_numpy(field).double().flatten()).detach())
    assert answer.fires == (answer.total >= 0)
    assert answer.products.sum() == answer.total


def test_it_finds_its_own_nine_and_no_shifted_one():
    assert template.match_template(template.place(NINE), 85).fires
    for top, left in ((2, 3), (2, 1), (3, 2), (1, 2)):
        moved = template.match_template(template.place(NINE, top, left), 85)
        assert not moved.fires
    # one to the right: by hand, 16 of the 99 cells disagree
    assert template.match_template(template.place(NINE, left=3), 85).total == 99 - 2 * 16


def test_it_fails_on_real_nines_at_every_threshold():
    """As many real nines as it finds, so many others it takes for nines, or more."""
    sums, labels = template.sum_test_digits()
    assert sums.shape == labels.shape == (500,)
    assert sums.max() < template.CELLS  # none is the template itself
    found = {t: ((sums >= t) & (labels == 9)).sum() for t in (71, 85)}
    others = {t: ((sums >= t) & (labels != 9)).sum() for t in (71, 85)}
    assert found[85] < 10
    assert found[71] > 40
    assert others[71] > 200
    assert all(others[t] > found[t] for t in found)


def test_a_digit_comes_to_the_templates_place_and_size():
    digit = np.zeros((28, 28), np.float32)
    digit[4:25, 9:24] = np.kron(NINE == 1, np.ones((3, 3)))  # 21 x 15: each cell of 3 x 3
    cut = template.to_cells(digit)
    ink = cut[2:9, 2:7]
    assert (ink.max(), ink.min()) == (1, -1)
    assert (np.delete(cut, np.s_[2:9], axis=0) == -1).all()
    assert (template.to_cells(np.zeros((28, 28), np.float32)) == -1).all()


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (np.full((11, 9), -1), "nothing drawn"),
        (np.ones((3, 3)), "11 rows of 9"),
        ([[1], [1, 2]], "11 rows of 9"),
        (None, "11 rows of 9"),
        (np.full((11, 9), np.nan), "from −1"),
        (np.full((11, 9), 5), "from −1"),
    ],
)
def test_bad_cells_are_told(cells, says):
    with pytest.raises(InputError, match=says):
        template.match_template(cells, 80)


def test_a_threshold_must_be_a_number():
    with pytest.raises(InputError, match="threshold"):
        template.match_template(template.TEMPLATE, float("nan"))

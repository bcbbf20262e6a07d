"""Deletion, insertion and shares of a map, against cases worked by hand."""

import numpy as np
import pytest

from cvcore.core.errors import InputError
from cvcore.saliency import scores
from cvcore.saliency.scores import area, order_pixels, score_map, share_inside
from cvcore.saliency.target import Target


def test_area_order_and_share():
    assert area(np.array([1.0, 1.0, 1.0])) == 1
    assert order_pixels(np.array([[0.2, 0.9], [0.9, 0.1]])).tolist() == [[2, 0], [1, 3]]
    heatmap = np.array([[3.0, 1.0], [-5.0, 0.0]])
    assert share_inside(heatmap, np.array([[True, False], [True, False]])) == 0.75
    assert share_inside(-np.ones((2, 2)), np.array([[True, False], [True, False]])) is None
    with pytest.raises(InputError, match="Nothing is painted"):
        share_inside(heatmap, np.zeros((2, 2), bool))


def test_deletion_and_insertion_follow_the_order(monkeypatch):
    class Sum(Target):
        def ask(self, inputs):
            return np.asarray(inputs)[:, 0].sum((1, 2)) / 10

        def __new__(cls, *_):
            return super().__new__(cls)

    x = np.zeros((3, 4, 4), np.float32)
    x[:, 0, 0] = 10
    monkeypatch.setattr(scores, "Target", Sum)
    good = score_map(x, x[0], Sum("toy", 0), steps=4)
    bad = score_map(x, -x[0], Sum("toy", 0), steps=4)
    assert good.deletion.tolist() == [1, 0, 0, 0, 0]
    assert bad.deletion.tolist() == [1, 1, 1, 1, 0]
    assert good.deletion_auc < bad.deletion_auc
    assert good.insertion_auc > bad.insertion_auc

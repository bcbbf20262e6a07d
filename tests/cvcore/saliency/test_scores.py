"""Deletion, insertion and shares of a map, against cases worked by hand."""

import numpy as np
import pytest
import torch
from torchcam import methods as torchcam_methods
from torchcam.metrics import ClassificationMetric

from cvcore import saliency
from cvcore.core.errors import InputError
from cvcore.recognition import preprocessing
from cvcore.saliency import scores
from cvcore.saliency.scores import (
    Change,
    area,
    average_drop,
    average_increase,
    order_pixels,
    score_gradually,
    score_map,
    share_inside,
    to_window,
)
from cvcore.saliency.target import Target
from tests.cvcore.saliency.toy import ToyTarget


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


def test_average_drop_and_increase_worked_by_hand():
    """0.8 falls to 0.6, a quarter; 0.5 rises; 0.4 to nothing; what is impossible cannot fall."""
    four = [Change(*pair) for pair in ((0.8, 0.6), (0.5, 0.9), (0.4, 0.0), (0.0, 0.0))]
    assert [one.drop for one in four] == pytest.approx([0.25, 0, 1, 0])
    assert [one.is_increase for one in four] == [False, True, False, False]
    assert average_drop(four) == pytest.approx(1.25 / 4)
    assert average_increase(four) == 0.25
    for average in (average_drop, average_increase):
        with pytest.raises(InputError, match="no scores yet"):
            average([])


def test_a_map_lets_through_what_speaks_for_the_class():
    assert to_window(np.array([[2.0, 6.0], [4.0, 2.0]])).tolist() == [[0, 1], [0.5, 0]]
    assert to_window(np.array([[-8.0, 0.0], [1.0, 2.0]])).tolist() == [[0, 0], [0.5, 1]]
    assert to_window(np.full((2, 2), 3.0)).tolist() == [[0, 0], [0, 0]]


def test_drop_and_increase_are_torchcams(toy, monkeypatch):
    monkeypatch.setattr(scores, "Target", lambda _, class_idx: ToyTarget(toy, class_idx))
    pictures = np.random.default_rng(1).random((4, 3, 24, 24), np.float32)
    for class_idx in (1, 2):
        target, ours = ToyTarget(toy, class_idx), []
        with torchcam_methods.GradCAM(toy, toy.second) as extractor:
            metric = ClassificationMetric(extractor, lambda logits: logits.softmax(-1))
            for x in pictures:
                z = torch.from_numpy(x)[None].requires_grad_()
                (cam,) = extractor(class_idx, toy(z).softmax(-1))
                ours.append(score_map(x, cam[0].detach().numpy(), target, steps=2).change)
                metric.update(z, class_idx)
        theirs = metric.summary()
        assert average_drop(ours) == pytest.approx(theirs["avg_drop"], abs=1e-5)
        assert average_increase(ours) == theirs["conf_increase"]


def test_scores_come_last(toy, small, monkeypatch):
    monkeypatch.setattr(scores, "Target", lambda _, class_idx: ToyTarget(toy, class_idx))
    target = ToyTarget(toy)
    *waiting, result = score_gradually(small, small[0], target, steps=4)
    assert waiting
    assert set(waiting) == {None}
    seen = target.ask([small * to_window(small[0])])[0]
    assert result.seen == pytest.approx(seen)


def test_average_drop_over_pictures(picture):
    """Of each picture's most probable class; between two of them the work can be stopped."""
    steps = list(saliency.measure_changes([picture, picture[:, ::-1]], "grad_cam"))
    changes = [one for one in steps if one is not None]
    assert len(changes) == 2
    assert len(steps) > 3
    found = saliency.explain(picture, "grad_cam", with_scores=False)
    x = preprocessing.prepare(picture)
    target = Target(found.model, found.class_idx)
    seen = target.ask([x, x * to_window(found.input_map)])
    assert (changes[0].before, changes[0].seen) == pytest.approx(tuple(seen), abs=1e-5)
    with pytest.raises(InputError, match="a window alone"):
        next(saliency.measure_changes([picture], "pixel_differences"))

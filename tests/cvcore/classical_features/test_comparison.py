"""Classifiers compared: rows, their programs as they run alone, and Stop."""

import contextlib
import io

import numpy as np
import pytest

from cvcore import classical_features as cf
from cvcore.classical_features.programs import count_lines, write_program
from cvcore.core.errors import InputError


@pytest.fixture(scope="module")
def last():
    *_, state = cf.compare(cf.ComparisonSettings("faces"))
    return state


def run(program):
    """The accuracy that a program prints."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        exec(compile(program, "program", "exec"), {"__name__": "program"})
    word, accuracy = told.getvalue().split()
    assert word == "accuracy"
    return float(accuracy)


def test_each_program_gives_its_row(last):
    assert last.done
    assert [row.name for row in last.rows] == [*cf.CLASSIFIERS, "convnet"]
    for row in last.rows:
        assert run(row.program) == row.accuracy, row.name
        assert row.accuracy > 0.8, row.name


@pytest.mark.parametrize("features", ["pixels", "words"])
def test_programs_with_other_features(features):
    settings = cf.ComparisonSettings("faces", 100, features, ("linear_svm", "bayes"))
    *_, state = cf.compare(settings)
    for row in state.rows:
        assert row.features == features
        assert run(row.program) == row.accuracy


def test_mistakes_are_those_held_back_pictures(last):
    row = last.rows[0]
    wrong = last.mistakes(row.name)
    assert len(wrong) == round((1 - row.accuracy) * 60)
    assert (row.answers[wrong] != last.task.held_back_labels[wrong]).all()
    assert row.train_seconds > 0
    assert row.predict_milliseconds > 0
    with pytest.raises(InputError, match="not done"):
        cf.Comparison(last.task, (), ("knn",)).mistakes("knn")


def test_lines_of_code_by_hand():
    assert count_lines('"""Two\n\nlines."""\n\nx = 1  # one\n# none\n\nprint(x)\n') == 2
    program = write_program("knn", "digits", 100, "pixels", 28)
    assert count_lines(program) == 9
    assert "KNeighborsClassifier(n_neighbors=5)" in program


def test_stop_acts_at_the_next_step():
    steps = cf.compare(cf.ComparisonSettings("faces", classifiers=("knn", "convnet", "bayes")))
    states = [next(steps) for _ in range(3)]
    steps.close()
    assert [one.name for one in states[-1].rows] == ["knn"]
    assert "pass 1 of" in states[-1].note
    assert not states[-1].done


def test_the_callers_random_numbers_stay_as_they_were():
    import torch

    before = torch.get_rng_state()
    list(cf.compare(cf.ComparisonSettings("faces", 40, classifiers=("convnet",))))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.isfinite(before.numpy()).all()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (cf.ComparisonSettings("cars"), "digits, clothes, faces"),
        (cf.ComparisonSettings(features="surf"), "pixels, hog, words"),
        (cf.ComparisonSettings(classifiers=("oracle",)), "knn, logistic"),
        (cf.ComparisonSettings(classifiers=()), "at least one"),
        (cf.ComparisonSettings(examples=10), "number of examples"),
    ],
)
def test_what_cannot_be_is_said(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        next(cf.compare(settings))

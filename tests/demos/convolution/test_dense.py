"""The view "Why not dense?": each step's answer, its API, and what is said of bad input."""

import gradio as gr
import numpy as np
import pytest
from gradio_client import handle_file

from cvcore.convolution import columns, shifts, template
from cvcore.core.errors import InputError
from cvcore.recognition.datasets import load_digits
from demos.convolution import dense, dense_filters, dense_shift, dense_template, digits
from demos.convolution.dense import BILL, FILTERS, FLATTEN, SHIFT, STEPS, TEMPLATE, DenseSettings
from tests.support.files import save

FIELD = dense_template.field_value(dense_template.FIRST_FIELD)
DIGIT = digits.take_digit(digits.FIRST)


def show(step, kept=None, **settings):
    """The outputs that are set, by their place."""
    given = {"cells": FIELD, **settings}
    outputs = dense.show_dense(kept, DenseSettings(step=step, **given))
    assert len(outputs) == 6
    return {place: one for place, one in enumerate(outputs) if one != gr.skip()}


def test_the_bill_shows_its_sums():
    html = show(BILL)[0]
    for part in ("24.9 trillion", "99.5 TB", "24,883,200,000,000", "= 6,220,800", ">896<"):
        assert part in html
    assert "6,220,800 × 4 = 24,883,200: 4 units, not 4 million" in html  # the slide's mistake
    assert "864 + 32 = <b>896</b>" in html
    assert "wrong" not in show(BILL, width=640)[0]
    half = show(BILL, number="float16")[0]
    assert "49.8 TB in float16" in half


@pytest.mark.parametrize("field", ["width", "height", "channels", "units", "filters", "kernel"])
@pytest.mark.parametrize("value", [0, None, float("nan")])
def test_a_size_that_is_none_is_told_in_place(field, value):
    html = show(BILL, **{field: value})[0]
    assert html.startswith('<p class="refused"')
    assert "whole number" in html


def test_the_template_fires_at_home_alone():
    at_home = show(TEMPLATE)[1]
    assert "Sum 99" in at_home
    assert "it fires" in at_home
    moved = show(TEMPLATE, cells=dense_template.field_value("one cell to the right"))[1]
    assert "Sum 67" in moved
    assert "stays silent" in moved
    assert moved.count('class="differs"') == 16


def test_real_nines_are_taken_in_turn():
    value, count = dense_template.take_test_nine(0)
    other, after = dense_template.take_test_nine(count)
    assert (count, after) == (1, 2)
    assert value["cells"] != other["cells"]
    assert np.array(value["cells"]).shape == (11, 9)
    assert dense_template.take_test_nine(50)[0] == value  # counted round


def test_an_empty_field_is_told_in_place():
    empty = dense_template.field_value("draw your own")
    assert "nothing drawn" in show(TEMPLATE, cells=empty)[1]
    assert "11 rows of 9" in show(TEMPLATE, cells={"cells": [[1]]})[1]


def test_the_three_answers_are_the_networks():
    found = show(SHIFT, right=3, down=0)
    assert found[2]["right"] == 3
    np.testing.assert_allclose(found[2]["digit"], DIGIT.ravel(), atol=1e-4)
    answer = shifts.recognise_shifted(DIGIT, 0, 3)
    for probabilities in answer.probabilities.values():
        assert f"{probabilities.max():.0%}" in found[3]
    assert found[3].count("<figure") == 3


def test_the_accuracy_is_of_the_place_that_is_chosen():
    chart = dense.show_accuracy(DenseSettings(step=SHIFT, right=3, down=0))
    for name, share in shifts.measure_at(0, 3).items():
        assert name.removeprefix("convnet, ") in chart
        assert f"{share:.0%}</b>" in chart
    assert "3 right, 0 down" in chart
    assert dense.show_accuracy(DenseSettings(step=BILL)) == gr.skip()


def test_a_dragged_digit_moves_the_sliders_with_it():
    class Event:
        down, right = -2, 4

    answers, right, down = dense.follow_board(None, Event())
    assert (right, down) == (4, -2)
    assert answers == dense_shift.show_answers(DIGIT, -2, 4)[0]
    assert "4 right, 2 up" in dense.show_dropped(Event())


def test_a_hostile_place_is_refused():
    class Event:
        down, right = 1e9, "x"

    with pytest.raises(InputError, match="shift"):
        dense.follow_board(None, Event())
    with pytest.raises(InputError, match="shift"):
        dense.show_dropped(Event())


def test_filters_and_vector_are_the_networks():
    value = show(FILTERS, relu=True)[4]
    found = columns.read_column(DIGIT, 12, 9)
    weights = np.array(value["filters"]).reshape(32, 3, 3)
    patch = np.array(value["digit"]).reshape(28, 28)[12:15, 9:12]
    sums = (weights * patch).sum(axis=(1, 2)) + value["biases"]
    np.testing.assert_allclose(sums, found.sums, atol=1e-6)
    assert value["relu"] is True
    flat = show(FLATTEN)[5]
    assert flat["shape"] == [128, 3, 3]
    assert flat["values"] == columns.read_last_volume(DIGIT).ravel().tolist()


@pytest.mark.parametrize(("step", "place"), [(SHIFT, 3), (FILTERS, 4), (FLATTEN, 5)])
def test_a_wiped_pad_is_told_in_place(step, place):
    told = show(step, kept=[])[place]
    assert "nothing drawn" in (told if isinstance(told, str) else told["message"])


def test_a_step_that_is_none_is_refused():
    with pytest.raises(InputError, match="Choose one of"):
        show("invoice")


def test_the_pad_keeps_a_drawing_as_mnist_has_it():
    class Event:
        src = digits.show_test_digit(0)[0]["src"]

    kept = digits.keep_drawing(Event())
    digit = digits.read_digit(kept)
    assert digit.shape == (28, 28)
    assert np.corrcoef(digit.ravel(), DIGIT.ravel())[0, 1] > 0.8  # its centre moves by a pixel
    assert set(dense_shift.show_answers(digit, 0, 0)[1]["answers"].values()) == {9}
    shown, numbers, count = digits.show_test_digit(1)
    assert count == 2
    labels = load_digits().test.labels
    index = (digits.FIRST + digits.STRIDE) % 500
    assert labels[index] != labels[digits.FIRST]
    assert shown["src"].startswith("data:image/png")
    np.testing.assert_allclose(numbers, digits.take_digit(index).ravel())


class TestByApi:
    def test_the_bill(self, client):
        found = client.predict(api_name="/convolution_dense_bill")
        assert found["dense"]["weights"] == 24_883_200_000_000
        assert found["convolution"]["parameters"] == 896
        with pytest.raises(Exception, match="width"):
            client.predict(width=0, api_name="/convolution_dense_bill")

    def test_the_template(self, client):
        found = client.predict(FIELD, 85, api_name="/convolution_dense_template")
        assert (found["sum"], found["fires"]) == (template.CELLS, True)

    def test_a_shifted_picture(self, client, tmp_path):
        ink = np.kron(np.rint(255 * DIGIT), np.ones((8, 8))).astype(np.uint8)
        path = tmp_path / "nine.png"
        path.write_bytes(save(np.repeat(ink[..., None], 3, axis=2), "PNG"))
        found = client.predict(handle_file(path), 0, 0, api_name="/convolution_dense_shift")
        assert set(found["answers"].values()) == {9}
        column = client.predict(handle_file(path), 12, 9, api_name="/convolution_dense_column")
        assert len(column["sums"]) == 32
        assert column["volume"] == [26, 26, 32]

    def test_a_picture_without_ink(self, client, tmp_path):
        path = tmp_path / "empty.png"
        path.write_bytes(save(np.zeros((40, 40, 3), np.uint8), "PNG"))
        with pytest.raises(Exception, match="nothing drawn"):
            client.predict(handle_file(path), 0, 0, api_name="/convolution_dense_shift")


def test_every_step_has_its_words():
    assert len(STEPS) == len(set(STEPS)) == 5
    assert "10,164" in dense.WRONG
    assert "850" in dense.WRONG
    assert dense_filters.FlatVolume.SCRIPTS[-1] == "flat.js"

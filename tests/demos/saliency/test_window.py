"""The window of a map pixel by pixel: its cost, its place, its picture."""

import re
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

import cvcore
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.saliency.scores import score_gradually
from demos import saliency
from demos.saliency import compare, region, window
from demos.saliency.controls import PIXELS, Settings
from demos.saliency.results import to_numbers
from demos.saliency.views import Look, draw_scores
from tests.support.html import visible

SMALL = Settings(class_idx=282, zoom=4, amounts=[0.4], across=0.25, down=0.75)
NAME = "efficientnet_lite0"


@pytest.fixture(scope="module")
def chelsea():
    return samples.load_sample("chelsea")


@pytest.fixture
def quick_scores(monkeypatch):
    """Curves of three points, where the map alone matters."""
    monkeypatch.setattr(cvcore.saliency, "score_gradually", partial(score_gradually, steps=2))


@pytest.fixture(scope="module")
def view(chelsea):
    *_, (*_, view) = saliency.explain(chelsea, PIXELS, settings=replace(SMALL, colours="each"))
    return view


def test_passes_and_wait_are_said_before(chelsea, monkeypatch):
    monkeypatch.setitem(window._seconds, NAME, 0.01)
    words = visible(window.foretell(chelsea, PIXELS))
    assert "16 × 16 pixels × 3 amounts × up and down + 1 = 1,537 passes" in words
    assert "about 15 s" in words
    each = Settings(zoom=8, amounts=[0.1], colours="each")
    words = visible(window.foretell(chelsea, PIXELS, each))
    assert "8 × 8 pixels × three colours × 1 amount × up and down + 1 = 385 passes" in words
    assert "on this machine" not in window.foretell(None, PIXELS)
    assert window.foretell(chelsea, "grad_cam") == ""
    assert "at least one amount" in window.foretell(chelsea, PIXELS, Settings(amounts=[]))
    too_many = visible(window.foretell(chelsea, PIXELS, Settings(zoom=96)))
    assert "zoom in to a window of 64 pixels or fewer" in too_many


def test_what_a_pass_takes_is_learnt_from_a_map(view, monkeypatch):
    monkeypatch.setitem(window._seconds, NAME, 99.0)
    settings = replace(SMALL, colours="each")
    result = replace(view.maps[PIXELS], seconds=9.7, share_done=0.5)
    window.note_seconds(result, settings)
    assert window._seconds[NAME] == pytest.approx(9.7 / 0.5 / 97)
    window.note_seconds(replace(result, share_done=0.05, seconds=50), settings)
    assert window._seconds[NAME] == pytest.approx(0.2)


def test_a_click_moves_the_window():
    assert window.pick_place(SimpleNamespace(across=0.256, down=1)) == (0.26, 1)
    for wrong in ({}, {"across": 2, "down": 0}, {"across": "x", "down": 0}):
        with pytest.raises(InputError, match="window's place"):
            window.pick_place(SimpleNamespace(**wrong))


def test_the_window_is_zoomed_beside_the_picture(view):
    result = view.maps[PIXELS]
    assert result.window_xyxy == (54, 166, 58, 170)
    html = window.draw_result(view, Look())
    words = visible(html)
    assert "Pixels 54 to 57 across, 166 to 169 down, of 224 x 224" in words
    assert "Pixel by pixel for “tiger cat”" in words
    for name in ("sum of the three colours", "red alone", "green alone", "blue alone"):
        assert name in words
    (square,) = re.findall(r'data-square="([^"]+)"', html)
    left, top, width, height = map(float, square.split())
    assert (left * 451, top * 300) == pytest.approx((94, 19), abs=0.01)
    assert (width * 451, height * 300) == pytest.approx((263, 262), abs=0.01)
    zoomed = window.zoom(result.input_map, result.window_xyxy)
    assert zoomed.shape == (480, 480)
    assert (zoomed[:120, :120] == result.input_map[166, 54]).all()
    assert "no scores of a map of a window" in draw_scores(result)
    assert "under way" in draw_scores(replace(result, share_done=0.5))
    assert to_numbers(result)["window_xyxy"] == [54, 166, 58, 170]
    png, _ = saliency.save_files(view, 0.5, "viridis", 1.0)
    assert png["href"].startswith("data:image/png")


def test_a_window_beside_other_maps(chelsea, view):
    *_, (drawing, table, _) = compare.compare(chelsea, [PIXELS], settings=SMALL)
    assert "of a window alone: no scores" in drawing
    assert table[0]["drop"] is None
    mask = np.ones((448, 448), bool)
    assert "(in its window)" in region.measure_again(mask, view, chelsea)


def test_averages_over_samples(chelsea, monkeypatch, quick_scores):
    monkeypatch.setattr(compare, "AVERAGED", ("chelsea", "coffee"))
    steps = list(compare.compare(chelsea, ["xgrad_cam", "eigen_cam"], None, True))
    drawing, table, _ = steps[-1]
    assert [row["pictures"] for row in table] == [2, 2]
    assert all(0 <= row["average_drop"] <= 1 for row in table)
    assert "of 2 samples: average drop" in visible(drawing)
    assert "for the first choice of each sample" in visible(drawing)
    said = [one for one, *_ in steps if isinstance(one, str)]
    assert any("Eigen-CAM: sample 1 of 2" in one for one in said)


def test_a_map_of_no_class_says_so(chelsea, quick_scores):
    *_, (drawing, _, numbers, *_) = saliency.explain(chelsea, "eigen_cam")
    assert "Eigen-CAM, the same for every class" in visible(drawing)
    assert numbers["drop"] is not None


def test_a_window_through_the_api(client):
    picture = handle_file(str(samples.index()["chelsea"].path))
    asked = {"zoom": 4, "amounts": [0.4], "colours": "each", "class_idx": 282}
    _, _, numbers, *_ = client.predict(picture, method=PIXELS, **asked, api_name="/saliency")
    assert numbers["window_xyxy"] == [110, 110, 114, 114]
    assert numbers["share_done"] == 1
    with pytest.raises(AppError, match="zoom in to a window of 37 pixels or fewer"):
        client.predict(
            picture, method=PIXELS, **asked | {"zoom": 96, "amounts": [0.1, 0.2, 0.4]},
            api_name="/saliency",
        )  # fmt: skip

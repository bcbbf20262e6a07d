"""The tab's handlers as plain functions, and its API on the running app."""

import base64
import io

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from cvcore import samples
from cvcore.errors import InputError
from demos import saliency, saliency_compare
from demos.saliency_paint import CELLS, read_mask
from demos.saliency_views import View

ROOT_SAMPLE = str(samples.index()["chelsea"].path)


@pytest.fixture(scope="module")
def chelsea():
    return samples.load_sample("chelsea")


@pytest.fixture(scope="module")
def view(chelsea):
    *_, (_, _, _, _, view) = saliency.explain(chelsea, "grad_cam")
    return view


class Painted:
    def __init__(self, mask):
        self.mask = mask


def test_a_new_class_starts_a_new_collection(chelsea, view):
    *_, (drawing, curves, numbers, badge, more) = saliency.explain(chelsea, "gradient", view=view)
    assert set(more.maps) == {"grad_cam", "gradient"}
    assert numbers["label"] == "tiger cat"
    assert "tiger cat" in drawing
    assert "deletion" in curves
    assert "ms" in badge
    *_, (_, _, numbers, _, other) = saliency.explain(chelsea, "grad_cam", 281, 285, view=more)
    assert set(other.maps) == {"grad_cam"}
    assert numbers["minus"] == "Egyptian cat"


def test_sliders_and_files_run_no_network(view, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("the network ran")

    monkeypatch.setattr("cvcore.runtime.load_predictor", forbidden)
    assert saliency.redraw(view, 0.2, "magma", 0.5) != saliency.redraw(view, 0.9, "magma", 0.5)
    png, array = saliency.save_files(view, 0.5, "turbo", 1.0)
    assert base64.b64decode(png["href"].split(",")[1])[:4] == b"\x89PNG"
    values = np.load(io.BytesIO(base64.b64decode(array["href"].split(",")[1])))
    np.testing.assert_array_equal(values, view.maps["grad_cam"].input_map)
    assert saliency.save_files(None, 0.5, "turbo", 1.0) == (None, None)


def test_compare_marks_the_best(chelsea):
    steps = list(saliency_compare.compare(chelsea, ["grad_cam", "gradient"]))
    drawing, table, view = steps[-1]
    assert [row["method"] for row in table] == ["grad_cam", "gradient"]
    assert drawing.count("★") == 2
    assert set(view.maps) == {"grad_cam", "gradient"}
    with pytest.raises(InputError, match="at least one"):
        list(saliency_compare.compare(chelsea, []))


def test_painted_region_is_measured(view):
    mask = np.zeros((CELLS, CELLS), int)
    mask[:, : CELLS // 2] = 1
    text = saliency_compare.measure_region(Painted("".join(map(str, mask.ravel()))), view)
    assert "50% of the square" in text
    assert "Grad-CAM" in text
    assert "Paint over" in saliency_compare.measure_region(Painted("0" * CELLS**2), view)
    with pytest.raises(InputError, match="Explain first"):
        saliency_compare.measure_region(Painted("1" * CELLS**2), View(view.square, "x"))


@pytest.mark.parametrize("mask", ["", "2" * CELLS**2, 7, None])
def test_broken_masks_are_refused(mask):
    with pytest.raises(InputError, match="paint it again"):
        read_mask(Painted(mask))


def test_frame_is_marked(chelsea):
    frame = np.full((480, 640, 3), 200, np.uint8)
    drawn = saliency.explain_frame(frame, "grad_cam", 8, -1)
    assert drawn.shape == frame.shape
    assert (drawn[200:, :80] == 66).all()
    assert (frame == 200).all()
    with pytest.raises(InputError, match="webcam"):
        saliency.explain_frame(frame, "rise", 8, -1)


def test_the_map_through_the_api(client):
    _, _, numbers, *_ = client.predict(
        handle_file(ROOT_SAMPLE), method="layer_cam", layer=5, api_name="/saliency"
    )
    assert numbers["label"] == "tiger cat"
    assert 0 < numbers["deletion_auc"] < numbers["insertion_auc"]


def test_frame_and_region_through_the_api(client):
    picture = handle_file(ROOT_SAMPLE)
    uri = client.predict(picture, "grad_cam", 8, -1, api_name="/saliency_frame")
    assert uri.startswith("data:image/jpeg;base64,")
    share = client.predict(picture, "grad_cam", 0, 0, 1, 1, api_name="/saliency_region")
    assert share["inside"] == share["area"] == 1


def test_mistakes_through_the_api(client):
    picture = handle_file(ROOT_SAMPLE)
    for arguments, words in (
        ({"image": None}, "no picture yet"),
        ({"image": picture, "class_idx": 281, "minus_class": 281}, "two different"),
        ({"image": picture, "method": "occlusion", "window": 16, "stride": 2}, "greater stride"),
    ):
        with pytest.raises(AppError, match=words):
            client.predict(**arguments, api_name="/saliency")

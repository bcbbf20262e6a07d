"""What one cell says, through the running app's API, and what is drawn of it."""

import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from cvcore import detection as det
from cvcore.core import samples
from demos.detection import anchor_free
from demos.detection.anchor_free import AnchorFreeSettings
from tests.support.html import visible

API = "/detection_anchor_free"


def test_api_tells_of_the_best_cell_or_of_one_that_is_named(client):
    picture = handle_file(samples.index()["chelsea"].path)
    _, sides, said = client.predict(picture, api_name=API)
    assert said["best"][0][0] == "cat"
    assert sides.count("<figure") == 4
    assert len(said["best"]) == 5
    for shares, distance in zip(said["shares"], said["distances"], strict=True):
        mean = sum(number * share for number, share in enumerate(shares))
        assert mean * said["stride"] == pytest.approx(distance, abs=0.3)
    other = client.predict(picture, scale="52 x 52", place="0.99,0.01", api_name=API)[-1]
    assert other["stride"] == 8
    assert other["cell"][1] == 51
    assert other["best"][0][1] < said["best"][0][1]
    with pytest.raises(AppError, match="two shares"):
        client.predict(picture, place="somewhere", api_name=API)
    with pytest.raises(AppError, match="choose one of 52 x 52"):
        client.predict(picture, scale="7 x 7", api_name=API)


def test_both_networks_run_once_a_picture(coffee, monkeypatch):
    asked = []
    real = det.predict_raw
    monkeypatch.setattr(
        det, "predict_raw", lambda image, **more: asked.append(more) or real(image, **more)
    )
    *_, state = anchor_free.show(coffee, None, AnchorFreeSettings())
    assert [one["model"] for one in asked] == ["nanodet", "yolov3_tiny"]
    view, _, said, kept = anchor_free.show(
        coffee.copy(), state, AnchorFreeSettings("26 x 26", heat=0, anchored=True, place="0.5,0.5")
    )
    assert kept is state
    assert len(asked) == 2
    assert "<image" not in view["drawing"]
    assert 'class="anchor"' in view["drawing"]
    assert "objectness" in visible(said["html"])
    anchor_free.show(coffee[:, ::-1], state, AnchorFreeSettings())
    assert len(asked) == 4

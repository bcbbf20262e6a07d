"""The tab through the running app's API."""

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from cvcore import detection as det
from cvcore.core import samples, video
from demos.detection.controls import DEFAULTS, Settings
from demos.detection.state import find_state
from tests.support.files import write_bad_files, write_odd_pictures

CUP = {"x1": 140, "y1": 40, "x2": 445, "y2": 330, "label": "cup"}


@pytest.fixture
def newcomer(serve):
    """A session that has called nothing yet."""
    return Client(serve("detection").url, verbose=False)


def test_api_detects_and_suppresses(client):
    picture = handle_file(samples.index()["coffee"].path)
    results, *_ = client.predict(picture, 0.25, 0.45, [], 416, "yolov3_tiny", api_name="/detection")
    assert results["counts"] == {"cup": 1}
    many, *_ = client.predict(0.02, 0.45, [], api_name="/detection_suppress")
    assert len(many["detections"]) > 1
    assert "cup" in many["counts"]
    _, numbers = client.predict([CUP], 0.25, 0.45, [], 0.5, api_name="/detection_truth")
    assert numbers["true_positives"] == 1


def test_a_sessions_first_call_may_be_any(newcomer):
    """Nothing was looked at before: the call says what is to be."""
    coffee = handle_file(samples.index()["coffee"].path)
    _, numbers = newcomer.predict([CUP], image=coffee, api_name="/detection_truth")
    assert numbers["true_positives"] == 1
    results, *_ = newcomer.predict(image=coffee, input_size=320, api_name="/detection_suppress")
    assert results["input_size"] == 320
    assert results["counts"] == {"cup": 1}
    again, *_ = newcomer.predict(api_name="/detection_suppress")
    assert again["input_size"] == 320  # what a call leaves out is as before
    assert again["counts"] == {"cup": 1}
    for size in (1, 417, float("1e9")):
        with pytest.raises(AppError, match="multiple of 32"):
            newcomer.predict(input_size=size, api_name="/detection_suppress")
    with pytest.raises(AppError, match="no detector called"):
        newcomer.predict(model="none", api_name="/detection_suppress")


def test_a_first_call_without_a_picture_is_about_the_tabs_own(newcomer):
    sample, *_ = newcomer.predict(api_name="/detection_suppress")
    assert sample["counts"]["person"] == 3
    assert sample["input_size"] == DEFAULTS.input_size


def test_what_is_kept_answers_for_its_own_picture_alone(coffee, state, monkeypatch):
    changed = [
        (coffee[:, ::-1], Settings()),
        (coffee[:-1], Settings()),
        (coffee, Settings(input_size=320)),
        (coffee, Settings(model="another")),
    ]
    asked = []
    monkeypatch.setattr(det, "predict_raw", lambda image, **options: asked.append(options))
    assert find_state(state, coffee.copy(), Settings(0.9)) is state
    assert not asked
    for image, settings in changed:
        new = find_state(state, image, settings)
        assert new.image is image
        assert asked.pop() == settings.network()
    assert find_state(None, coffee, Settings()) is not None
    assert len(asked) == 1


def test_api_frame_and_lesson(client):
    picture = handle_file(samples.index()["coffee"].path)
    view, counts, _, numbers = client.predict(
        picture, 0.25, 0.45, [], 416, "yolov3_tiny", "boxes", api_name="/detection_frame"
    )
    assert view.startswith("data:image/jpeg")
    assert "cup" in counts
    assert numbers["counts"] == {"cup": 1}
    (row,) = numbers["detections"]
    assert 0 <= row["x1"] < row["x2"] <= 600
    assert {"network", "NMS", "drawing"} <= set(numbers["ms"])
    _, numbers = client.predict(picture, 64, 0.25, 1.5, api_name="/detection_windows")
    assert numbers["windows"] > 100


def test_api_steps_and_pooling(client):
    picture = handle_file(samples.index()["coffee"].path)
    numbers = client.predict(
        picture, [CUP], step="Selective search", merges=3, api_name="/detection_step"
    )
    assert numbers["truths"] == 1
    assert numbers["merges"] == 3
    numbers = client.predict(picture, [], step="R-CNN", most=10, api_name="/detection_step")
    assert numbers["passes"] == 10
    with pytest.raises(AppError, match="choose one of Overview"):
        client.predict(picture, [], step="Fourth", api_name="/detection_step")
    rows = {"headers": ["0", "1"], "data": [["1", "2"], ["3", "4"]], "metadata": None}
    _, values = client.predict(rows, rows=1, columns=1, api_name="/detection_roi_pool")
    assert values == {"roi_pool": [[4]], "roi_align": [[2.5]]}


def test_api_film(client, film):
    _, result, numbers = client.predict(
        handle_file(film),
        0.25,
        0.45,
        [],
        416,
        "yolov3_tiny",
        "boxes",
        "none",
        api_name="/detection_video",
    )
    assert numbers["frames"] == 6
    assert video.read_info(result).frames == 6


def test_api_refuses_in_a_sentence(client, tmp_path):
    rest = (0.25, 0.45, [], 416, "yolov3_tiny")
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(Exception, match="picture"):
            client.predict(handle_file(path), *rest, api_name="/detection")
    for path in write_odd_pictures(tmp_path).values():
        results, *_ = client.predict(handle_file(path), *rest, api_name="/detection")
        assert results["proposed"] == 2535
    good = handle_file(samples.index()["coffee"].path)
    with pytest.raises(Exception, match="multiple of 32"):
        client.predict(good, 0.25, 0.45, [], 170, "yolov3_tiny", api_name="/detection")
    with pytest.raises(Exception, match="IoU limit of NMS: give a number from 0 to 1"):
        client.predict(good, 0.25, -1, [], 416, "yolov3_tiny", api_name="/detection")
    with pytest.raises(Exception, match="choose one of person, bicycle"):
        client.predict(good, 0.25, 0.45, ["unicorn"], 416, "yolov3_tiny", api_name="/detection")
    (tmp_path / "text.mp4").write_text("This is not a film.")
    with pytest.raises(Exception, match="could not be read as a film"):
        client.predict(
            handle_file(tmp_path / "text.mp4"), *rest, "boxes", "none", api_name="/detection_video"
        )

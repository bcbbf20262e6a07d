"""The tab through the running app's API."""

import zipfile
from dataclasses import replace

import numpy as np
import pytest
from gradio_client import Client

from cvcore.core import images, samples
from cvcore.core.corruptions import CORRUPTIONS
from cvcore.recognition import classifier
from tests.support.files import THIN, write_bad_files, write_odd_pictures
from tests.support.html import visible

MODEL = "efficientnet_lite0"


@pytest.fixture(scope="module")
def upload():
    from gradio_client import handle_file

    return lambda path: handle_file(str(path))


@pytest.fixture(scope="module")
def coffee_file(upload):
    return upload(samples.index()["coffee"].path)


def test_api_names_classes_and_says_none_of_these(client, coffee_file):
    bars, softmax, badge, table = client.predict(coffee_file, 4, api_name="/classification")
    assert bars["label"] == "espresso"
    assert [row["label"] for row in bars["confidences"]][:2] == ["espresso", "cup"]
    assert len(bars["confidences"]) == 4
    assert not bars["none_of_these"]["is_none_of_these"]
    assert "other 996 classes" in visible(softmax)
    assert "network" in badge
    assert table["href"].startswith("data:text/csv;base64,")
    doubted, *_ = client.predict(
        coffee_file, 4, MODEL, 1.0, "energy", 20.0, api_name="/classification"
    )
    assert doubted["none_of_these"]["is_none_of_these"]
    assert doubted["none_of_these"]["kind"] == "energy"


def test_api_answers_are_the_packages(client, coffee_file, coffee):
    bars, *_ = client.predict(coffee_file, 20, MODEL, 2.0, api_name="/classification")
    top = classifier.predict_topk(coffee, 20, temperature=2.0)
    assert [row["label"] for row in bars["confidences"]] == list(top.labels)
    np.testing.assert_allclose(
        [row["confidence"] for row in bars["confidences"]], top.probabilities, atol=1e-4
    )


def test_api_of_the_other_views(client, coffee_file):
    numbers, _ = client.predict(coffee_file, "rotation", api_name="/classification_curve")
    assert numbers["levels"][0] == -180
    assert numbers["label"] == "espresso"
    _, right, broken, steps = client.predict(coffee_file, "bgr", api_name="/classification_steps")
    assert steps["broken_step"] == "colours"
    assert right["label"] == "espresso"
    assert broken["confidences"] != right["confidences"]
    _, left, right, agreement = client.predict(
        coffee_file, "ten_crops", api_name="/classification_compare"
    )
    assert left["label"] == right["label"] == "espresso"
    assert agreement["same_first_place"]
    visitor = Client(client.src, verbose=False)  # whose first frame this is
    view, bars, flicker, numbers = visitor.predict(coffee_file, 3, api_name="/classification_frame")
    assert numbers == {"frames": 1, "changes_single_frames": 0, "changes_smoothed": 0}
    assert view.startswith("data:image/jpeg;base64,")
    assert bars["label"] == "espresso"
    assert "1 frames" in visible(flicker)


def test_api_of_rank_n(client, upload, tmp_path, coffee):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for folder in ("espresso", "n07930864", "960"):  # espresso, cup, chocolate sauce
            archive.writestr(f"{folder}/a.jpg", images.to_jpeg(coffee, quality=95))
    numbers, *_ = client.predict(upload(path), api_name="/classification_rank_n")
    assert numbers["pictures"] == 3
    assert numbers["rank_1"] == pytest.approx(1 / 3)
    assert numbers["rank_2"] == pytest.approx(2 / 3)
    assert numbers["rank_5"] == 1.0


API_NAMES = ("", "_steps", "_compare", "_curve", "_frame")


@pytest.fixture
def few_levels(monkeypatch):
    """Curves of three or four points, where the picture alone matters."""
    for kind, one in CORRUPTIONS.items():
        levels = tuple(sorted({one.levels[0], one.clean, one.levels[-1]} | {one.levels[1]}))
        monkeypatch.setitem(CORRUPTIONS, kind, replace(one, levels=levels))


@pytest.mark.parametrize("api_name", API_NAMES)
def test_api_takes_odd_pictures(client, upload, tmp_path, api_name, few_levels):
    for name, path in write_odd_pictures(tmp_path).items():
        if api_name == "_steps" and name in THIN[1:]:
            with pytest.raises(Exception, match="too narrow to show its steps: choose a wider"):
                client.predict(upload(path), api_name="/classification_steps")
        else:
            assert client.predict(upload(path), api_name=f"/classification{api_name}")


@pytest.mark.parametrize("api_name", API_NAMES)
def test_api_refuses_bad_files_in_a_sentence(client, upload, tmp_path, api_name):
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(Exception, match=r"could not be read as a picture|too large"):
            client.predict(upload(path), api_name=f"/classification{api_name}")
    with pytest.raises(Exception, match="no picture yet"):
        client.predict(None, api_name=f"/classification{api_name}")


def test_api_refuses_bad_zips_and_numbers_in_a_sentence(client, upload, coffee_file, tmp_path):
    text = tmp_path / "text.zip"
    text.write_text("This is not a zip file.")
    with pytest.raises(Exception, match="no zip file"):
        client.predict(upload(text), api_name="/classification_rank_n")
    with pytest.raises(Exception, match=r"one folder a class: choose a file whose .* in \.zip\.$"):
        client.predict(coffee_file, api_name="/classification_rank_n")
    with pytest.raises(Exception, match="no zip file yet"):
        client.predict(None, api_name="/classification_rank_n")
    with pytest.raises(Exception, match="k from 1 to 20"):
        client.predict(coffee_file, 2.5, api_name="/classification")

"""The tab through the running app's API."""

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from cvcore import segmentation as seg
from cvcore.core import images, samples
from cvcore.core.errors import NoPictureError
from demos.segmentation import count, live
from demos.segmentation.state import find_state, once_there
from demos.server.errors import UNEXPECTED
from tests.support.files import THIN, write_bad_files, write_odd_pictures


def test_an_inner_tab_waits_for_a_picture(state):
    with pytest.raises(NoPictureError):  # which empties it
        once_there(count.show_count)(None, 0.5, True, 3)
    assert once_there(count.show_count)(state, 0.5, True, 3)[0]["count"] >= 1


def test_api(client, tmp_path, state):
    picture = handle_file(samples.index()["astronaut"].path)
    numbers, *_ = client.predict(picture, "person", 0.5, 0.5, api_name="/segmentation")
    assert numbers["inside_pixels"] == pytest.approx(state.mask.above(0.5).sum(), rel=0.01)
    (tmp_path / "mask.png").write_bytes(images.to_png(images.to_rgb(state.mask.above(0.5))))
    result = client.predict(
        picture, handle_file(tmp_path / "mask.png"), "person", 0.5, api_name="/segmentation_compare"
    )
    assert result["dice"] > 0.98
    frame, badge, diagram, numbers = client.predict(
        picture, "inside the U", "person", 0.5, 0.5, 0.3, api_name="/segmentation_frame"
    )
    assert frame.startswith("data:image/jpeg;base64,")
    assert "network" in badge
    assert len(diagram["levels"]) == 9
    assert 0.2 < numbers["inside_share"] < 0.8
    assert client.predict(0.5, True, 3, api_name="/segmentation_count")[0]["count"] >= 1


def test_a_calls_own_background(client):
    picture = handle_file(samples.index()["astronaut"].path)
    red = np.zeros((30, 30, 3), np.uint8)
    red[..., 0] = 200
    frame, *_ = client.predict(
        picture, live.OWN, background=images.to_data_uri(red, format="png"),
        api_name="/segmentation_frame",
    )  # fmt: skip
    assert images.load_data_uri(frame)[10, 505] == pytest.approx((200, 0, 0), abs=8)


@pytest.fixture
def newcomer(serve):
    """A session that has called nothing yet."""
    return Client(serve("segmentation").url, verbose=False)


def test_a_sessions_first_call_may_be_any(serve, astronaut, state):
    """Nothing was looked at before: the call says what is to be."""
    nuclei = {"image": handle_file(samples.index()["nuclei_light"].path), "model": "nuclei"}

    def ask(name, **given):
        newcomer = Client(serve("segmentation").url, verbose=False)
        return newcomer.predict(**given, api_name=f"/segmentation_{name}")

    found = ask("count", **nuclei)[0]
    sample = ask("count")[0]  # the tab's own picture
    assert sample["areas"] == count.show_count(state)[0]["areas"] != found["areas"]
    assert ask("doubt", **nuclei)["mean_entropy"] > 0
    diagram, _ = ask("levels", cut=[0], **nuclei)
    assert diagram["dice_to_whole"] < 1
    numbers, *_ = ask("threshold", threshold=0.9, opacity=0.5)
    assert numbers["inside_pixels"] == pytest.approx(state.mask.above(0.9).sum(), rel=0.01)
    assert ask("threshold", **nuclei)[0]["model"] == "nuclei"
    assert ask("count", image=None)[0]["areas"] == sample["areas"]
    with pytest.raises(AppError, match="model"):
        ask("count", model="none")


def test_teaching_through_the_api(newcomer, tmp_path, state):
    """About 10 s: pairs of pictures and masks, then training; before them, what to call first."""
    for name, sentence in (
        ("teach", "call /segmentation_keep"),
        ("go_on", "call /segmentation_keep"),
        ("try", "call /segmentation_teach"),
        ("keep", "no truth for this picture"),
    ):
        with pytest.raises(AppError, match=sentence):
            newcomer.predict(api_name=f"/segmentation_{name}")
    (tmp_path / "mask.png").write_bytes(images.to_png(images.to_rgb(~state.mask.above(0.5))))
    picture = handle_file(samples.index()["astronaut"].path)
    pair = {"image": picture, "mask": handle_file(tmp_path / "mask.png")}
    for _ in range(2):
        panel = newcomer.predict(**pair, api_name="/segmentation_keep")
        assert panel["pairs"] == 1  # the same picture
    taught = newcomer.predict(steps=10, rate=0.005, api_name="/segmentation_teach")
    assert taught["step"] == 10
    more = newcomer.predict(steps=10, rate=0.005, api_name="/segmentation_go_on")
    assert more["step"] == 20
    (row,) = newcomer.predict(api_name="/segmentation_try")["scores"]
    assert row["dice"][1] > row["dice"][0] == pytest.approx(0, abs=0.01)


def test_what_is_kept_answers_for_its_own_picture_alone(astronaut, state, monkeypatch):
    asked = []
    monkeypatch.setattr(seg, "predict_mask", lambda image, **options: asked.append(options))
    assert find_state(state, astronaut.copy(), "person") is state
    assert not asked
    for image, model in (
        (astronaut[:, ::-1], "person"), (astronaut[:-1], "person"), (astronaut, "nuclei"),
    ):  # fmt: skip
        assert find_state(state, image, model).image is image
        assert asked.pop() == {"model": model}
    assert find_state(None, astronaut, "person").image is astronaut


def test_odd_files_work_and_bad_files_get_a_sentence(client, tmp_path):
    def ask(path):
        return client.predict(handle_file(path), "person", 0.5, 0.5, api_name="/segmentation")

    odd = write_odd_pictures(tmp_path)
    thin = [odd.pop(name) for name in THIN]
    for name, path in odd.items():
        numbers, view, *_ = ask(path)
        height, width = images.load_image(path).shape[:2]
        shown = images.load_data_uri(view["probability"])
        assert shown.shape[:2] == (height, width), name
        if name == "rotated.jpg":
            assert height > width
        grey = shown[..., 0] / 255
        assert numbers["inside_share"] == pytest.approx((grey >= 0.5).mean(), abs=0.02), name
    for path in (*thin, *write_bad_files(tmp_path).values()):
        with pytest.raises(AppError, match="picture") as refused:
            ask(path)
        assert UNEXPECTED not in str(refused.value)


def test_odd_masks_and_numbers_through_the_api(client, tmp_path):
    picture = handle_file(samples.index()["astronaut"].path)

    def compare(mask, name="mask.png"):
        (tmp_path / name).write_bytes(images.to_png(mask))
        return client.predict(
            picture, handle_file(tmp_path / name), "person", 0.5, api_name="/segmentation_compare"
        )

    inside = np.zeros((512, 512), np.uint8)
    inside[100:200, 100:300] = 1
    assert compare(inside)["truth"] == 100 * 200
    with pytest.raises(AppError, match="Nothing is inside this mask"):
        compare(inside * 0)
    with pytest.raises(AppError, match="same shape"):
        compare(inside[:200])
    for change, sentence in (
        ({"threshold": -0.1}, "Threshold: give a number from 0 to 1"),
        ({"threshold": 2}, "Threshold: give a number from 0 to 1"),
        ({"model": "cats"}, "Find: choose one of"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(
                picture, change.get("model", "person"), change.get("threshold", 0.5), 0.5,
                api_name="/segmentation",
            )  # fmt: skip

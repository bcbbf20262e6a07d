"""The view of poses: its handlers, the webcam's skeletons, and the API."""

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from cvcore import detection as det
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection.pose import KEYPOINTS
from demos.detection import live, pose, pose_live
from demos.detection.live import FrameSettings
from demos.detection.pose import EACH, ONE, SHOWS, PoseSettings, PoseState
from tests.support.files import write_bad_files
from tests.support.html import visible


@pytest.fixture(scope="module")
def astronaut():
    return samples.load_sample("astronaut")


@pytest.fixture(scope="module")
def kept(astronaut):
    *_, state = pose.find_poses(astronaut, PoseSettings(people=ONE))
    return state


def test_threshold_joint_and_step_do_not_run_the_network(kept, monkeypatch):
    monkeypatch.setattr(det.pose, "load_predictor", None)
    drawn = {pose.redraw(kept, PoseSettings(show=step))[0] for step in SHOWS}
    drawn.add(pose.redraw(kept, PoseSettings(threshold=0.99))[0])
    drawn.add(pose.redraw(kept, PoseSettings(show="heat map", joint="nose"))[0])
    assert len(drawn) == len(SHOWS) + 2
    _, table, numbers = pose.redraw(kept, PoseSettings(threshold=0))
    (one,) = numbers["poses"]
    assert [point["name"] for point in one["points"]] == list(KEYPOINTS)
    assert f"{one['angles']['left elbow']:.0f}°" in visible(table)
    assert set(pose.redraw(kept, PoseSettings(threshold=1))[2]["poses"][0]["angles"].values()) == {
        None
    }


def test_what_is_said(kept, astronaut):
    one = kept.poses[0]
    boxed = [type(one)(one.xy, one.confidence, one.square, one.maps, one.decoded, np.array(box))
             for box in ([0, 0, 30, 63], [0, 0, 30, 64])]  # fmt: skip
    said = " ".join(pose.tell(PoseState(astronaut, boxed, True), 0.3))
    assert said.startswith("2 people: each was cut out")
    assert "One person is under 64 pixels" in said
    assert "Who it is, it cannot tell." in said
    said = pose.tell(PoseState(astronaut, [one], False), 1)
    assert said[:2] == [pose.NOBODY, pose.NO_JOINT]


def test_bad_settings_say_what_to_do(kept, astronaut):
    cases = {
        "The threshold": {"threshold": 2}, "What is shown must be one of": {"show": "x"},
        "The joint must be one of": {"joint": "tail"}, "The number of the person": {"person": 0},
    }  # fmt: skip
    for said, changed in cases.items():
        with pytest.raises(InputError, match=said):
            pose.redraw(kept, PoseSettings(**changed))
    with pytest.raises(InputError, match="People must be one of"):
        pose.find_poses(astronaut, PoseSettings(people="x"))
    with pytest.raises(InputError, match="no picture"):
        pose.find_poses(None, PoseSettings())
    with pytest.raises(InputError, match="Choose a picture"):
        pose.redraw(None, PoseSettings())
    assert pose.choose_person(kept, 7) == 1  # a picture with fewer people


def test_the_webcam_follows_one_and_finds_each(astronaut, monkeypatch):
    settings = FrameSettings(style=live.SKELETONS, threshold=0)
    picture, angles, _, square, numbers = live.detect_frame(astronaut, None, settings)
    assert picture.shape == astronaut.shape
    assert "elbow" in visible(angles)
    assert square == det.pose.follow(det.pose.predict_pose(astronaut), astronaut.shape[:2])
    assert len(numbers["poses"]) == 1
    monkeypatch.setattr(det.pose, "find_people", lambda *_, **__: np.zeros((0, 4)))
    settings = FrameSettings(style=live.SKELETONS, people=EACH)
    _, said, _, square, numbers = live.detect_frame(astronaut, square, settings)
    assert "Nobody is found" in said
    assert square is None
    assert numbers["poses"] == []
    assert pose_live.NO_ANGLE in pose_live.draw_angles([det.pose.predict_pose(astronaut)], 0.6)


def test_api(client, tmp_path):
    picture = handle_file(samples.index()["astronaut"].path)
    numbers = client.predict(picture, people=ONE, api_name="/detection_pose")
    (one,) = numbers["poses"]
    nose = one["points"][0]
    assert 200 < nose["x"] < 250
    assert 90 < nose["y"] < 150
    *_, numbers = client.predict(picture, style="skeletons", api_name="/detection_frame")
    assert numbers["poses"][0]["points"][0]["name"] == "nose"
    for changed in ({"threshold": 2}, {"joint": "tail"}, {"people": "all"}, {"show": ""}):
        with pytest.raises(AppError, match=r"give a number from 0 to 1|choose one of"):
            client.predict(picture, **changed, api_name="/detection_pose")
    bad = next(iter(write_bad_files(tmp_path).values()))
    with pytest.raises(AppError, match="picture"):
        client.predict(handle_file(bad), api_name="/detection_pose")

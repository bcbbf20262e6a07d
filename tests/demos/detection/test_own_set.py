"""A set of one's own, and a line and a zone over a film or the webcam, as plain functions."""

import io
import json
import zipfile
from types import SimpleNamespace

import pytest
from PIL import Image

from cvcore.core.errors import InputError
from demos.detection import counting, live, own_set
from demos.detection import video as detection_video
from demos.detection.live import FrameSettings
from demos.detection.own_set import SetSettings
from demos.detection.video import VideoSettings
from tests.support.html import visible

CUP = {"x1": 140, "y1": 40, "x2": 445, "y2": 330, "label": "cup"}
KNIFE = {"x1": 5, "y1": 5, "x2": 60, "y2": 60, "label": "knife"}


@pytest.fixture
def kept(state):
    """The cup, found, and a knife that is none."""
    return own_set.add(state, [CUP, KNIFE], None, SetSettings())[1]


def test_pictures_are_added_and_their_cells_opened(state, kept):
    shown = own_set.show(kept, SetSettings())
    assert json.dumps(shown)
    assert shown["classes"] == ["cup", "knife", "background"]
    assert shown["confusion"] == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert shown["cell"] == ["knife", "background"]  # the mistake
    assert list(shown["figures"])[:3] == ["mAP50", "mAP50-95", "mAP75"]
    assert shown["figures"]["mAP50"] == pytest.approx(0.5)
    assert "knife, not found: 1" in visible(shown["html"])
    cup = state.raw.labels.index("cup")
    other = own_set.act(kept, SimpleNamespace(truth=cup, said=cup), SetSettings())
    assert "cup, found as such: 1" in visible(other["html"])
    assert other["html"].count("<figure>") == 1
    strict = own_set.show(kept, SetSettings(confidence=0.99))
    assert strict["confusion"][0] == [0, 0, 1]
    assert strict["figures"] == shown["figures"]  # COCO's look at every confidence
    for cell in (-1, 81, "x"):
        with pytest.raises(InputError):
            own_set.act(kept, SimpleNamespace(truth=cell, said=0), SetSettings())


def test_what_a_set_refuses(state, kept):
    settings = SetSettings()
    for picture, truths, old, says in (
        (None, [CUP], None, "no picture yet"),
        (state, [], None, "no truth box"),
        (state, [CUP, KNIFE], kept, "in the set already"),
    ):
        with pytest.raises(InputError, match=says):
            own_set.add(picture, truths, old, settings)
    kept.made_by = "another"
    with pytest.raises(InputError, match="begin a new set"):
        own_set.add(state, [CUP], kept, settings)
    with pytest.raises(InputError, match=r"choose a \.zip"):
        next(own_set.measure(None, None, settings))
    with pytest.raises(InputError, match="no set yet"):
        own_set.draw(None, settings)


def test_a_zip_comes_back_as_figures(coffee, tmp_path):
    picture = io.BytesIO()
    Image.fromarray(coffee).save(picture, "JPEG")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("images/a.jpg", picture.getvalue())
        archive.writestr("labels/a.txt", "41 0.4875 0.4625 0.5083 0.725")
    *_, (shown, kept) = own_set.measure(str(tmp_path / "a.zip"), None, SetSettings())
    assert (shown["pictures"], shown["objects"]) == (1, 1)
    assert shown["figures"]["mAP50"] == pytest.approx(1)
    assert kept.made_by == "yolov3_tiny at 416 pixels"
    stopped = own_set.show_stopped(kept, None, SetSettings())
    assert stopped["confusion"] == shown["confusion"]


def test_a_film_shows_its_first_frame(film):
    assert "data-first" in detection_video.show_first(str(film))
    assert detection_video.show_first(None) == ""
    assert detection_video.show_first(__file__) == ""  # Start says what is wrong


def test_frames_count_at_a_line_and_in_a_zone(coffee):
    drawn = FrameSettings(line="0,0.5 1,0.5", zone="left half")
    _, words, _, following, numbers = live.detect_frame(coffee, None, drawn)
    assert {name: numbers[name] for name in ("to_right", "to_left", "in_zone_now")} == {
        "to_right": 0, "to_left": 0, "in_zone_now": 1,
    }  # fmt: skip
    assert "In the zone 1 , so far 1" in visible(words)
    assert "With the arrow 0 , against it 0" in visible(words)
    _, words, _, following, _ = live.detect_frame(coffee, following, FrameSettings())
    assert following is None
    assert "zone" not in words


@pytest.mark.parametrize(
    ("line", "zone", "says"),
    [
        ("0,0 0,0", "", "no length"),
        ("0,0 1,1 0.5,0.5", "", "two ends"),
        ("", "0,0 1,1", "at least three"),
        ("", "0,0 0.5,0.5 1,1", "on one line"),
        ("0,0 2,2", "", "outside the frame"),
        ("a b", "", "pairs of numbers"),
        ("", "0,0 " * 900, "too many corners"),
    ],
)
def test_shapes_that_are_none(line, zone, says):
    with pytest.raises(InputError, match=says):
        counting.read_shape(SimpleNamespace(line=line, zone=zone))
    if len(zone) < 99:
        with pytest.raises(InputError, match=says):
            next(detection_video.annotate("film.mp4", VideoSettings(line=line, zone=zone)))

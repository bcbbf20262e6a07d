"""Films: read, written, tracked. The film is a sample picture that moves across a grey frame."""

import numpy as np
import pytest

from cvcore import detection_video, samples, video
from cvcore.detection import Detections
from cvcore.errors import InputError
from cvcore.images import shrink
from cvcore.tracking import Tracker, Tracks


def write_film(path, frames, fps=10.0):
    with video.FilmWriter(path, fps) as writer:
        for frame in frames:
            writer.write(frame)
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    cup = shrink(samples.load_sample("coffee"), 240)
    frames = []
    for step in range(8):
        frame = np.full((240, 320, 3), 120, np.uint8)
        frame[20 : 20 + cup.shape[0], 8 * step : 8 * step + cup.shape[1]] = cup
        frames.append(frame)
    return write_film(tmp_path_factory.mktemp("film") / "cup.mp4", frames)


def boxes(*rows):
    xyxy = np.array(rows, np.float32).reshape(-1, 4)
    n = len(xyxy)
    return Detections(xyxy, np.full(n, 0.9, np.float32), np.zeros(n, int), ("x",) * n, np.arange(n))


def test_film_there_and_back(tmp_path):
    frames = [np.full((121, 161, 3), value, np.uint8) for value in (10, 120, 240)]
    path = write_film(tmp_path / "f.mp4", frames, fps=12.5)
    info = video.read_info(path)
    assert (info.width, info.height, info.fps, info.frames) == (160, 120, 12.5, 3)
    values = [int(frame.mean()) for frame in video.read_frames(path, max_side=80)]
    assert values == pytest.approx([10, 120, 240], abs=4)
    assert next(video.read_frames(path, max_side=80)).shape == (60, 80, 3)


def test_the_cup_keeps_its_number(film, tmp_path):
    *_, last = detection_video.annotate_film(film, tmp_path / "out.mp4", zone="left half")
    assert last.done == 8
    assert last.tracks.get("cup") == 1
    assert last.in_zone >= 1
    assert video.read_info(tmp_path / "out.mp4").frames == 8


@pytest.mark.parametrize("style", ["blur", "heat map"])
def test_other_styles_change_the_picture(film, tmp_path, style):
    running = detection_video.annotate_film(film, tmp_path / "out.mp4", style=style)
    for _ in range(3):
        progress = next(running)
    running.close()
    originals = list(video.read_frames(film, max_side=640))
    assert (progress.frame != originals[2]).any()
    assert video.read_info(tmp_path / "out.mp4").frames == 3  # stopped, and whole up to there


def test_tracks_swap_no_numbers():
    tracker = Tracker()
    for step in range(6):
        left, right = [10 + 6 * step, 10, 50 + 6 * step, 90], [150, 10, 190, 90]
        order = (left, right) if step % 2 else (right, left)
        tracks = tracker.update(boxes(*order), (100, 200))
        found = dict(zip(tracks.track_id.tolist(), tracks.detections.xyxy[:, 0], strict=True))
        if step == 0:
            names = {number: x for number, x in found.items()}
    moved = max(found, key=lambda number: abs(found[number] - names[number]))
    assert found[moved] == 40
    assert names[moved] == 10
    assert sorted(tracker.seen) == sorted(names)


def test_nothing_found_is_no_trouble():
    tracker = Tracker()
    assert len(tracker.update(boxes(), (10, 10)).detections) == 0


def test_zones_count_feet():
    tracks = Tracks(boxes([0, 0, 10, 10], [80, 0, 100, 10]), np.array([4, 9]))
    assert detection_video.find_in_zone(tracks, "left half", (100, 100)) == {4}
    assert detection_video.find_in_zone(tracks, "lower half", (100, 100)) == set()
    assert detection_video.find_in_zone(tracks, "upper half", (100, 100)) == {4, 9}
    assert detection_video.find_in_zone(tracks, "none", (100, 100)) == set()


def test_heat_adds_up():
    tracks = Tracks(boxes([1, 1, 3, 2]), np.array([1]))
    heat = np.zeros((4, 4), np.float32)
    heat = detection_video.add_heat(detection_video.add_heat(heat, tracks), tracks)
    assert heat[1].tolist() == [0, 2, 2, 0]
    assert heat.sum() == 4


def test_bad_films(tmp_path, film):
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(InputError, match="could not be read as a film"):
        next(detection_video.annotate_film(tmp_path / "text.mp4", tmp_path / "o.mp4"))
    long = write_film(tmp_path / "long.mp4", [np.zeros((16, 16, 3), np.uint8)] * 65, fps=1)
    with pytest.raises(InputError, match="at most 60"):
        next(detection_video.annotate_film(long, tmp_path / "o.mp4"))
    for wrong in ({"style": "oil"}, {"zone": "attic"}, {"confidence": float("nan")}):
        with pytest.raises(InputError):
            next(detection_video.annotate_film(film, tmp_path / "o.mp4", **wrong))

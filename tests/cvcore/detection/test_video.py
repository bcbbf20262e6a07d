"""Films: read, written, tracked. The film is a sample picture that moves across a grey frame."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from cvcore.core import samples, video
from cvcore.core.errors import InputError
from cvcore.core.images import shrink
from cvcore.detection import Detections
from cvcore.detection import video as detection_video
from cvcore.detection.tracking import Tracker, Tracks
from tests.support.films import write_film as write_stretched


def write_film(path, frames, fps=10.0):
    with video.VideoWriter(path, fps) as writer:
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


def write_recording(path, frames, times):
    """A film as browsers record it: frames at any time (s), no length, a clock for a rate."""
    with av.open(str(path), "w", format="webm", options={"live": "1"}) as container:
        stream = container.add_stream("libvpx", rate=1000)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame, seconds in zip(frames, times, strict=True):
            picture = av.VideoFrame.from_ndarray(frame)
            picture.pts, picture.time_base = round(1000 * seconds), Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


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


def test_a_recording_keeps_its_times(film, tmp_path):
    times = [0, 0.05, 0.1, 0.4, 0.5, 1.1, 1.2, 2.0]
    source = write_recording(
        tmp_path / "r.webm", list(video.read_frames(film, max_side=640)), times
    )
    with av.open(str(source)) as container:  # neither is of any use
        stream = container.streams.video[0]
        assert not stream.duration
        assert not container.duration
        assert (stream.average_rate or stream.guessed_rate) == 1000
    info = video.read_info(source)
    assert info.frames == 8
    assert info.fps == pytest.approx(7 / 2.0)
    assert info.seconds == pytest.approx(2.0 + 2.0 / 7)
    *_, last = detection_video.annotate_video(source, tmp_path / "out.mp4")
    assert (last.done, last.total) == (8, 8)
    drawn = [seconds for seconds, _ in video.read_timed_frames(tmp_path / "out.mp4", max_side=64)]
    assert drawn == pytest.approx(times, abs=2e-3)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration / av.time_base == pytest.approx(info.seconds, abs=0.02)


def test_a_long_recording_is_refused_by_its_times(tmp_path):
    frames = [np.full((48, 64, 3), value, np.uint8) for value in (10, 120, 240)]
    source = write_recording(tmp_path / "r.webm", frames, [0, 30, 70])
    with pytest.raises(InputError, match="at most 60"):
        next(detection_video.annotate_video(source, tmp_path / "o.mp4"))


def test_a_turned_film_stands_upright(tmp_path):
    """A phone held upright stores its film lying, with a note to turn it."""
    lying = np.zeros((48, 64, 3), np.uint8)
    lying[:, :16] = 255  # the left
    path = tmp_path / "turned.mp4"
    write_film(tmp_path / "lying.mp4", [lying] * 3)
    with av.open(str(tmp_path / "lying.mp4")) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        packets = [packet for packet in source.demux(video=0) if packet.size]
        for packet in packets:
            packet.stream = stream
            target.mux(packet)
    data = path.read_bytes()
    matrix = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    quarter = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    at = data.index(matrix, data.index(b"tkhd"))
    path.write_bytes(data[:at] + quarter + data[at + len(matrix) :])
    frames = list(video.read_frames(path, max_side=64))
    assert len(frames) == 3
    for frame in frames:
        assert frame.shape == (64, 48, 3)
        assert frame[:12].mean() > 200  # what lay on the left is on top
        assert frame[20:].mean() < 50


def test_the_cup_keeps_its_number(film, tmp_path):
    *_, last = detection_video.annotate_video(film, tmp_path / "out.mp4", zone="left half")
    assert last.done == 8
    assert last.tracks.get("cup") == 1
    assert last.in_zone >= 1
    assert video.read_info(tmp_path / "out.mp4").frames == 8


@pytest.mark.parametrize("style", ["blur", "heat map"])
def test_other_styles_change_the_picture(film, tmp_path, style):
    running = detection_video.annotate_video(film, tmp_path / "out.mp4", style=style)
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


def test_each_tracker_counts_for_itself():
    """Two visitors at once: one's new object may take no number from the other's."""
    first, second = Tracker(), Tracker()
    left, right = [10, 10, 50, 90], [150, 10, 190, 90]
    for _ in range(3):
        assert first.update(boxes(left), (100, 200)).track_id.tolist() == [1]
        assert second.update(boxes(left), (100, 200)).track_id.tolist() == [1]
    for _ in range(3):  # a new object needs a second look
        ours = first.update(boxes(left, right), (100, 200)).track_id.tolist()
        theirs = second.update(boxes(left, right), (100, 200)).track_id.tolist()
    assert sorted(ours) == sorted(theirs) == [1, 2]
    assert sorted(first.seen) == sorted(second.seen) == [1, 2]


def test_nothing_found_is_no_trouble():
    tracker = Tracker()
    assert len(tracker.update(boxes(), (10, 10)).detections) == 0


def test_heat_adds_up():
    tracks = Tracks(boxes([1, 1, 3, 2]), np.array([1]))
    heat = np.zeros((4, 4), np.float32)
    heat = detection_video.add_heat(detection_video.add_heat(heat, tracks), tracks)
    assert heat[1].tolist() == [0, 2, 2, 0]
    assert heat.sum() == 4


def test_bad_films(tmp_path, film):
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(InputError, match="could not be read as a film"):
        next(detection_video.annotate_video(tmp_path / "text.mp4", tmp_path / "o.mp4"))
    long = write_film(tmp_path / "long.mp4", [np.zeros((16, 16, 3), np.uint8)] * 65, fps=1)
    with pytest.raises(InputError, match="at most 60"):
        next(detection_video.annotate_video(long, tmp_path / "o.mp4"))
    for wrong in ({"style": "oil"}, {"zone": "attic"}, {"confidence": float("nan")}):
        with pytest.raises(InputError):
            next(detection_video.annotate_video(film, tmp_path / "o.mp4", **wrong))


def test_the_new_film_is_shown_as_the_old_one(tmp_path):
    """Its pixels are square, and it stands as players show the old one."""
    frames = [np.full((48, 64, 3), value, np.uint8) for value in (10, 120, 240)]
    source = write_stretched(tmp_path / "f.mp4", frames, aspect=Fraction(2, 1))
    target = tmp_path / "o.mp4"
    *_, last = detection_video.annotate_video(source, target)
    assert last.frame.shape == (48, 128, 3)
    info = video.read_info(target)
    assert (info.width, info.height, info.frames) == (128, 48, 3)
    assert last.damage.sentence == ""


def test_a_film_is_not_written_over_itself_nor_where_none_can_be(film, tmp_path):
    before = film.read_bytes()
    for target in (film, film.parent / "." / film.name, tmp_path, tmp_path / "none" / "f.mp4"):
        with pytest.raises(InputError, match="cannot be written"):
            next(detection_video.annotate_video(film, target))
    assert film.read_bytes() == before


@pytest.mark.parametrize("hw", [(1, 64), (64, 8)])
def test_a_film_of_a_line_of_pixels_is_refused(tmp_path, hw):
    path = tmp_path / "line.gif"
    frames = [Image.fromarray(np.full((*hw, 3), value, np.uint8)) for value in (10, 200)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(InputError, match="frames are too small"):
        next(detection_video.annotate_video(path, tmp_path / "o.mp4"))


PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.m3u8", PLAYLIST),
        ("a.mp4", PLAYLIST.replace("{}", "file://{}")),
        ("a.mp4", "ffconcat version 1.0\nfile cup.mp4\n"),
        ("a.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\nm=video 5004 RTP/AVP 96\n"),
    ],
)
def test_a_playlist_opens_no_other_file(film, name, text):
    """Else a visitor could watch every film on the server's disk."""
    playlist = film.with_name(name)
    playlist.write_text(text.format(film))
    with pytest.raises(InputError, match="could not be read as a film"):
        video.read_info(playlist)
    with pytest.raises(InputError, match="could not be read as a film"):
        next(video.read_frames(playlist, max_side=64))


def test_large_frames_are_refused_before_they_are_decoded(film, monkeypatch):
    monkeypatch.setattr(video, "MAX_PIXELS", 320 * 240 - 1)
    for read in (video.read_info, lambda path: next(video.read_frames(path, max_side=64))):
        with pytest.raises(InputError, match="frames are too large"):
            read(film)

"""Films that are not whole, files that are no films, and what cannot be written."""

import io
import warnings
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from cvcore.core import video
from cvcore.core.errors import InputError
from tests.support.films import write_film

FRAMES = 40


@pytest.fixture(scope="module")
def noise():
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (48, 64, 3), np.uint8) for _ in range(FRAMES)]


@pytest.fixture(scope="module")
def film(tmp_path_factory, noise):
    """Every tenth frame stands alone; the table of contents comes first."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    return write_film(path, noise, g=10, bf=0, movflags="+faststart")


@pytest.fixture(scope="module")
def places(film):
    """Where each frame lies in the file."""
    with av.open(str(film)) as container:
        return [(one.pos, one.size) for one in container.demux(video=0) if one.size]


@pytest.fixture(scope="module")
def whole(film):
    return list(video.read_frames(film, max_side=64))


def read(path):
    """Frames and warnings."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        frames = list(video.read_frames(path, max_side=64))
    return frames, [str(one.message) for one in said]


def blank(film, path, start, end):
    data = bytearray(film.read_bytes())
    data[start:end] = bytes(end - start)
    path.write_bytes(data)
    return path


def test_a_whole_film_says_nothing(film, whole):
    assert read(film)[1] == []
    assert len(whole) == FRAMES


def test_what_can_be_decoded_is_there_and_the_rest_counted(film, tmp_path, places, whole):
    """Frames 25 to 29: nothing refers to them behind the next frame that stands alone."""
    path = blank(film, tmp_path / "f.mp4", places[25][0], sum(places[29]))
    frames, said = read(path)
    assert said == ["This film is damaged: 5 of its 40 frames could not be read and were left out."]
    assert len(frames) == 35
    assert all((a == b).all() for a, b in zip(frames, whole[:25] + whole[30:], strict=True))
    assert video.read_info(path).frames == FRAMES  # counted, not decoded
    damage = video.Damage()
    times = [seconds for seconds, _ in video.decode_frames(path, max_side=64, damage=damage)]
    assert (damage.left_out, damage.total) == (5, FRAMES)
    assert times[24:26] == pytest.approx([2.4, 3.0])  # each is shown when it was


def test_a_frame_that_others_refer_to(film, tmp_path, places):
    path = blank(film, tmp_path / "f.mp4", *(places[10][0], sum(places[10])))
    damage = video.Damage()
    given = sum(1 for _ in video.decode_frames(path, max_side=64, damage=damage))
    assert given + damage.left_out == damage.total == FRAMES
    assert 1 <= damage.left_out <= 10


def test_a_damaged_beginning_still_says_how_the_film_is_shown(film, tmp_path, places):
    path = blank(film, tmp_path / "f.mp4", places[0][0], sum(places[9]))
    assert (video.read_info(path).width, video.read_info(path).height) == (64, 48)
    frames, said = read(path)
    assert len(frames) == 30
    assert "10 of its 40" in said[0]


def test_a_download_that_broke_off(film, tmp_path, places, whole):
    path = tmp_path / "f.mp4"
    path.write_bytes(film.read_bytes()[: places[20][0] + 9])
    frames, said = read(path)
    assert len(frames) == 20
    assert all((a == b).all() for a, b in zip(frames, whole, strict=False))
    assert "20 of its 40 frames" in said[0]


def test_a_recording_that_broke_off(noise, tmp_path):
    """Only its length is known, not its number of frames."""
    path = write_film(tmp_path / "f.mkv", noise, g=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, said = read(path)
    assert 10 < len(frames) < 30
    assert said == [f"This film breaks off after {len(frames)} frames: the rest of it is missing."]
    path = write_film(tmp_path / "f.avi", noise, codec="mpeg4", g=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames, said = read(path)
    assert f"{FRAMES - len(frames)} of its 40 frames" in said[0]


@pytest.mark.parametrize(
    ("name", "codec", "is_cut"),
    [("f.mkv", "libx264", False), ("f.mkv", "libx264", True), ("f.webm", "libvpx", False),
     ("f.ts", "libx264", True), ("f.flv", "flv", False)],
)  # fmt: skip
def test_frames_lost_in_the_middle_of_a_film_without_a_table(noise, tmp_path, name, codec, is_cut):
    """By zeros, as of a bad disk, or left out, as of a download put together."""
    path = write_film(tmp_path / name, noise, codec=codec, g=10)
    assert read(path)[1] == []
    data = path.read_bytes()
    start, end = len(data) * 4 // 10, len(data) // 2
    path.write_bytes(data[:start] + (b"" if is_cut else bytes(end - start)) + data[end:])
    frames, said = read(path)
    lost = FRAMES - len(frames)
    assert 3 <= lost <= 16
    assert said == [
        f"This film is damaged: {lost} of its {FRAMES} frames could not be read and were left out."
    ]


HELD, UNEVEN = [1] * 20 + [9] + [1] * 18, [1, 3, 2, 5] * 9


@pytest.mark.parametrize(
    ("name", "steps"),
    [("f.mkv", HELD), ("f.mkv", UNEVEN), ("f.mkv", [2] * 30 + [1, 4, 2, 2, 7]), ("f.webm", HELD),
     ("f.flv", HELD), ("f.ts", HELD), ("f.ts", UNEVEN)],
    ids=lambda one: str(one)[:40],
)  # fmt: skip
def test_frames_that_are_shown_for_long_are_not_lost(noise, tmp_path, name, steps):
    codec = {"f.webm": "libvpx", "f.flv": "flv"}.get(name, "libx264")
    pictures = [av.VideoFrame.from_ndarray(one) for one in noise[: len(steps)]]
    for picture, ticks in zip(pictures, np.cumsum(steps).tolist(), strict=True):
        picture.pts, picture.time_base = ticks, Fraction(1, 10)
    frames, said = read(write_film(tmp_path / name, pictures, codec=codec, g=10))
    assert len(frames) == len(steps)
    assert said == []


def test_no_table_of_contents(film, noise, tmp_path):
    last = write_film(tmp_path / "last.mp4", noise)
    data, start = last.read_bytes(), film.read_bytes()
    for part in (data[: len(data) // 2], data[: data.index(b"moov")], start[:300], start[:30]):
        (tmp_path / "f.mp4").write_bytes(part)
        with pytest.raises(InputError, match="table of contents is missing"):
            video.read_info(tmp_path / "f.mp4")


def test_nothing_that_can_be_decoded(film, tmp_path, places):
    path = blank(film, tmp_path / "f.mp4", places[0][0], sum(places[-1]))
    for look in (video.read_info, read):
        with pytest.raises(InputError, match="No frame of this film can be decoded"):
            look(path)


def write_sound(path, cover=None):
    with av.open(str(path), "w") as container:
        sound = container.add_stream("aac", rate=44100)
        sound.layout = "mono"
        if cover is not None:
            stream = container.add_stream("png", rate=1)
            stream.height, stream.width, stream.pix_fmt = *cover.shape[:2], "rgb24"
            stream.disposition = av.stream.Disposition.attached_pic
            container.mux(stream.encode(av.VideoFrame.from_ndarray(cover)))
            container.mux(stream.encode())
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return path


def test_sound_alone(tmp_path, noise):
    for cover in (None, noise[0]):
        with pytest.raises(InputError, match="only sound"):
            video.read_info(write_sound(tmp_path / "f.mp4", cover))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF"])
def test_a_still_picture_by_the_name_of_a_film(tmp_path, noise, kind):
    picture = Image.fromarray(noise[0])
    picture.save(tmp_path / "f.mp4", kind)
    with pytest.raises(InputError, match="a picture, not a film"):
        video.read_info(tmp_path / "f.mp4")
    if kind in ("PNG", "WEBP"):
        others = [Image.fromarray(one) for one in noise[1:3]]
        picture.save(tmp_path / "f.mp4", kind, save_all=True, append_images=others)
        with pytest.raises(InputError, match="save this one as a GIF"):
            video.read_info(tmp_path / "f.mp4")


def test_what_is_no_file(tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 9)
    for film, match in (
        (tmp_path / "empty.mp4", "is empty"),
        (b"", "is empty"),
        (tmp_path / "noise.mp4", "could not be read as a film"),
        (tmp_path / "none.mp4", "no film called 'none.mp4'"),
        ("http://127.0.0.1:1/none.mp4", "no film called 'none.mp4'"),
        (tmp_path, "is a folder"),
        ("a\0b.mp4", "cannot be opened"),
        ("x" * 5000, "cannot be opened"),
        ("", "no film yet"),
        (None, "no film yet"),
    ):
        for look in (video.read_info, lambda film: next(video.read_frames(film, max_side=64))):
            with pytest.raises(InputError, match=match):
                look(film)
    for wrong in (5, 1.0, np.zeros((4, 4, 3)), io.StringIO("text"), [tmp_path / "a.mp4"]):
        with pytest.raises(TypeError, match="Expected a"):
            video.read_info(wrong)


@pytest.mark.parametrize(
    "name", ["a:b.mp4", "a%20b.mp4", "%03d.mp4", "a?b=c.mp4", "-a.mp4", " a b.mp4", "ü#.mp4"]
)
def test_odd_names(film, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(film.read_bytes())
    for path in (name, tmp_path / name):
        assert video.read_info(path).frames == FRAMES
        assert next(video.read_frames(path, max_side=64)).shape == (48, 64, 3)
    with video.VideoWriter(f"out {name}", 5) as writer:
        writer.write(np.zeros((32, 32, 3), np.uint8))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, f"out {name}"])


def test_a_film_in_memory_or_open(film, whole):
    with film.open("rb") as file:
        for source in (film.read_bytes(), io.BytesIO(film.read_bytes()), file):
            for _ in range(2):
                assert video.read_info(source).frames == FRAMES
                frames = list(video.read_frames(source, max_side=64))
                assert len(frames) == FRAMES
                assert (frames[-1] == whole[-1]).all()


def test_a_caller_who_stops_leaves_no_file_open(film):
    open_files = video.read_frames(film, max_side=64)
    next(open_files)
    open_files.close()
    film.rename(film.with_suffix(".old")).rename(film)


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf"), 1e6, "many", None])
def test_rates_that_cannot_be(tmp_path, fps):
    with pytest.raises(InputError, match=r"The frame rate must be a number from 0\.01 to 1000"):
        video.VideoWriter(tmp_path / "f.mp4", fps)


def test_places_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "none" / "f.mp4", tmp_path / "file" / "f.mp4", "a\0b"):
        with pytest.raises(InputError, match="cannot be written"), video.VideoWriter(place, 5):
            pytest.fail("The work has begun.")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_frames_that_do_not_fit(tmp_path):
    path = tmp_path / "f.mp4"
    with video.VideoWriter(path, 5) as writer:
        for frame in (
            np.zeros((32, 32)),
            np.zeros((32, 32, 4), np.uint8),
            Image.new("L", (33, 32)),
        ):
            writer.write(frame)
        for frame in (np.zeros((34, 32, 3), np.uint8), np.zeros((32, 64, 3), np.uint8)):
            with pytest.raises(InputError, match="the first one's size, 32 x 32"):
                writer.write(frame)
        for wrong in (np.zeros((32, 32, 3), int), np.zeros((32, 32, 2), np.uint8), 5):
            with pytest.raises(TypeError):
                writer.write(wrong)
        for wrong in (float("nan"), "soon"):
            with pytest.raises(InputError, match="seconds"):
                writer.write(np.zeros((32, 32, 3), np.uint8), seconds=wrong)
    assert video.read_info(path).frames == 3  # whole, whatever went wrong
    with pytest.raises(InputError, match="too small"), video.VideoWriter(path, 5) as writer:
        writer.write(np.zeros((1, 32, 3), np.uint8))
    with pytest.raises(InputError, match="too large"), video.VideoWriter(path, 5) as writer:
        writer.write(np.zeros((3000, 4000, 3), np.uint8))


@pytest.mark.parametrize("hw", [(64, 96), (720, 1280)])
def test_a_written_film_says_which_colours_it_has(tmp_path, hw):
    """Untold, players take those of a large one for another standard's."""
    colour = np.array([200, 60, 120], np.uint8)
    with video.VideoWriter(tmp_path / "f.mp4", 5) as writer:
        writer.write(np.broadcast_to(colour, (*hw, 3)))
    with av.open(str(tmp_path / "f.mp4")) as container:
        frame = next(container.decode(video=0))
    assert (frame.colorspace, frame.color_range) == (6, 1)  # BT.601, limited
    shown = next(video.read_frames(tmp_path / "f.mp4", max_side=1280))
    assert shown[32, 32] == pytest.approx(colour, abs=4)


def test_a_film_broken_off_by_an_error_is_whole_up_to_there(tmp_path):
    path = tmp_path / "f.mp4"
    with suppress(ZeroDivisionError), video.VideoWriter(path, 5) as writer:
        writer.write(np.zeros((32, 32, 3), np.uint8))
        raise ZeroDivisionError
    assert video.read_info(path).frames == 1

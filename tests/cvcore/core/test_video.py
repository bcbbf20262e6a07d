"""Films as people bring them: laid, squared and coloured as every player shows them."""

import io
import math
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from cvcore.core import video
from cvcore.core.errors import InputError
from cvcore.core.video_colours import HLG, PQ
from tests.support.films import write_film

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
# What a display matrix (a, b, c, d) makes of R G / B W.
LAID = {
    (1, 0, 0, 1): (RED, GREEN, BLUE, WHITE),
    (-1, 0, 0, 1): (GREEN, RED, WHITE, BLUE),  # mirrored
    (1, 0, 0, -1): (BLUE, WHITE, RED, GREEN),  # upside down, mirrored
    (-1, 0, 0, -1): (WHITE, BLUE, GREEN, RED),
    (0, 1, -1, 0): (BLUE, RED, WHITE, GREEN),  # clockwise
    (0, -1, 1, 0): (GREEN, WHITE, RED, BLUE),
    (0, 1, 1, 0): (RED, BLUE, GREEN, WHITE),  # mirrored at a diagonal
    (0, -1, -1, 0): (WHITE, GREEN, BLUE, RED),
}


def draw_corners(height=48, width=64):
    frame = np.zeros((height, width, 3), np.uint8)
    for colour, (row, column) in zip(LAID[1, 0, 0, 1], np.ndindex(2, 2), strict=True):
        rows = slice(row * height // 2, (row + 1) * height // 2)
        frame[rows, column * width // 2 : (column + 1) * width // 2] = colour
    return frame


def read_corners(frame):
    height, width = frame.shape[:2]
    spots = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    spots += [(3 * height // 4, width // 4), (3 * height // 4, 3 * width // 4)]
    return [tuple((frame[spot] > 127) * 255) for spot in spots]


def lay(path, a, b, c, d):
    """Write a display matrix into an MP4's track."""
    data = bytearray(path.read_bytes())
    numbers = [round(65536 * x) for x in (a, b, c, d)]
    rows = (*numbers[:2], 0, *numbers[2:], 0, 0, 0, 1 << 30)
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", *rows)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("matrix", LAID)
def test_each_display_matrix(tmp_path, matrix):
    path = lay(write_film(tmp_path / "f.mp4", [draw_corners()] * 2), *matrix)
    info, (frame, _) = video.read_info(path), list(video.read_frames(path, max_side=64))
    assert frame.shape == ((48, 64, 3) if matrix[0] else (64, 48, 3))
    assert (info.height, info.width) == frame.shape[:2]
    assert read_corners(frame) == list(LAID[matrix])


@pytest.mark.parametrize(
    ("degrees", "nearest", "off"),
    [(3, 0, 0), (87, 90, 0), (182, 180, 0), (30, 0, 30), (110, 90, 20), (200, 180, 20)],
)
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_slant_is_told(tmp_path, degrees, nearest, off, is_mirrored, recwarn):
    def turn(angle):
        a, b = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        c, d = -b, a
        return (-a, -b, c, d) if is_mirrored else (a, b, c, d)

    write = [draw_corners()] * 2
    tilted = lay(write_film(tmp_path / "a.mp4", write), *turn(degrees))
    upright = lay(write_film(tmp_path / "b.mp4", write), *turn(nearest))
    frame, expected = (next(iter(video.read_frames(one, max_side=64))) for one in (tilted, upright))
    np.testing.assert_array_equal(frame, expected)
    assert not recwarn  # it is said at the end
    list(video.read_frames(tilted, max_side=64))
    said = [str(one.message) for one in recwarn]
    assert [f" {off} degrees" in one for one in said] == ([True] if off else [])


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ((0.87, 0.5, -0.5, 0.87), (1, 0, 0, 1)),  # 30 degrees
        ((0.17, 0.98, -0.98, 0.17), (0, 1, -1, 0)),  # 80 degrees
        ((-0.98, 0.17, 0.17, 0.98), (-1, 0, 0, 1)),  # mirrored, and 10 degrees
        ((2, 0, 0, 2), (1, 0, 0, 1)),
        ((0, 3, -3, 0), (0, 1, -1, 0)),
        ((0, 0, 0, 0), (1, 0, 0, 1)),  # these three lay it on a point or a line
        ((-1, 0, 0, 0), (1, 0, 0, 1)),
        ((-1, -1, -1, -1), (1, 0, 0, 1)),
    ],
)
def test_odd_display_matrices(tmp_path, given, nearest):
    path = lay(write_film(tmp_path / "f.mp4", [draw_corners()] * 2), *given)
    assert read_corners(next(video.read_frames(path, max_side=64))) == list(LAID[nearest])


@pytest.mark.parametrize(
    ("aspect", "hw"),
    [
        ((2, 1), (48, 128)),
        ((1, 2), (96, 64)),  # as in HTML, no side shrinks
        ((16, 15), (48, 68)),  # PAL
        ((8, 9), (54, 64)),  # NTSC
        ((1, 1), (48, 64)),
        ((1, 1000), (48, 64)),
        ((200, 1), (48, 64)),
    ],
)
def test_pixels_that_are_not_square(tmp_path, aspect, hw):
    path = write_film(tmp_path / "f.mp4", [draw_corners()] * 2, aspect=Fraction(*aspect))
    info, frame = video.read_info(path), next(video.read_frames(path, max_side=1000))
    assert frame.shape[:2] == (info.height, info.width) == hw
    assert read_corners(frame) == list(LAID[1, 0, 0, 1])
    assert max(next(video.read_frames(path, max_side=32)).shape) == 32
    lay(path, 0, 1, -1, 0)
    info, frame = video.read_info(path), next(video.read_frames(path, max_side=1000))
    assert frame.shape[:2] == (info.height, info.width) == hw[::-1]
    assert read_corners(frame) == list(LAID[0, 1, -1, 0])


MATRICES = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}  # Kr and Kb, by H.273


def to_yuv(rgb, matrix, bits=8, is_full=False):
    """Y'CbCr of R'G'B' in [0, 1], as ITU-R BT.601, 709 and 2020 define it."""
    kr, kb = MATRICES[matrix]
    y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2]
    chroma = (rgb[2] - y) / (2 - 2 * kb), (rgb[0] - y) / (2 - 2 * kr)
    black, light, most = (0, 255, 255) if is_full else (16, 219, 224)
    scale = 2 ** (bits - 8)
    numbers = [scale * (light * y + black), *(scale * (most * c + 128) for c in chroma)]
    return [min(round(number), 2**bits - 1) for number in numbers]


def write_flat(path, rgb, matrix, *, bits=8, is_full=False, **tags):
    """A lossless film of one colour."""
    frame = av.VideoFrame(32, 32, "yuv444p" if bits == 8 else "yuv444p10le")
    kind = np.uint8 if bits == 8 else np.uint16
    for plane, value in zip(frame.planes, to_yuv(rgb, matrix, bits, is_full), strict=True):
        plane.update(np.full(plane.buffer_size // kind().itemsize, value, kind).tobytes())
    tags = {"color_range": 2 if is_full else 1, "colorspace": matrix} | tags
    for name, value in tags.items():
        setattr(frame, name, value)
    return write_film(path, [frame], codec="ffv1", form=frame.format.name, **tags)


@pytest.mark.parametrize("rgb", [(1, 0, 0), (0, 1, 0), (0.2, 0.4, 0.9), (1, 1, 1), (0, 0, 0)])
@pytest.mark.parametrize(("bits", "is_full"), [(8, False), (8, True), (10, False)])
@pytest.mark.parametrize("matrix", MATRICES)
def test_colours_by_the_films_own_matrix_and_range(tmp_path, rgb, bits, is_full, matrix):
    path = write_flat(tmp_path / "f.mkv", rgb, matrix, bits=bits, is_full=is_full)
    frame = next(video.read_frames(path, max_side=32))
    assert frame[16, 16] == pytest.approx(255 * np.array(rgb), abs=2)


TO_2020 = np.array(
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)  # ITU-R BT.2087


def to_pq(light):
    """SMPTE ST 2084 of light in cd/m²."""
    power = (light / 10_000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


@pytest.mark.parametrize("rgb", [WHITE, (128, 128, 128), RED, (200, 120, 80), (0, 0, 0)])
def test_high_dynamic_range_is_not_grey(tmp_path, rgb):
    """sRGB as an HDR film holds it, its white at 203 cd/m², comes back as it was."""
    signal = np.array(rgb) / 255
    light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    wide = to_pq(203 * TO_2020 @ light)
    path = write_flat(tmp_path / "f.mkv", wide, 9, bits=10, color_trc=PQ, color_primaries=9)
    frame = next(video.read_frames(path, max_side=32))
    assert frame[16, 16] == pytest.approx(np.array(rgb), abs=6)


def test_white_of_hlg_is_white_and_wide_greys_stay(tmp_path):
    """BT.2408: diffuse white lies at 75 % of HLG's signal."""
    for signal, low in ((0.75, 250), (1.0, 255), (0.0, 0)):
        path = write_flat(tmp_path / "f.mkv", [signal] * 3, 9, bits=10, color_trc=HLG)
        assert low <= next(video.read_frames(path, max_side=32)).min() <= low + 5
    for grey in (0.2, 0.5, 0.8):
        path = write_flat(tmp_path / "f.mkv", [grey] * 3, 9, color_trc=14, color_primaries=9)
        frame = next(video.read_frames(path, max_side=32))
        assert frame[16, 16] == pytest.approx(255 * grey, abs=2)


def test_transparency_lies_on_white(tmp_path):
    frames = []
    for step in range(3):
        frame = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
        frame.paste((255, 0, 0, 255), (8 * step, 0, 8 * step + 16, 16))
        frames.append(frame)
    path = tmp_path / "f.gif"
    frames[0].save(path, save_all=True, append_images=frames[1:], disposal=2, duration=100)
    for step, frame in enumerate(video.read_frames(path, max_side=64)):
        assert tuple(frame[8, 8 * step + 4]) == RED
        assert tuple(frame[40, 40]) == WHITE
    assert step == 2
    half = np.full((64, 64, 4), (255, 0, 0, 128), np.uint8)
    picture = av.VideoFrame.from_ndarray(half, format="rgba").reformat(format="yuva420p")
    path = write_film(tmp_path / "f.webm", [picture], codec="libvpx-vp9", form="yuva420p")
    frame = next(video.read_frames(path, max_side=64))
    assert frame[32, 32] == pytest.approx([255, 127, 127], abs=4)


def test_frames_out_of_order_and_not_to_be_shown(tmp_path):
    """B-frames come in the order in which they are shown; what an edit list cuts off is not."""
    frames = [np.full((48, 64, 3), 12 * step, np.uint8) for step in range(20)]
    path = write_film(tmp_path / "b.mp4", frames, bf=3, g=20, crf=1)
    values = [frame.mean() for frame in video.read_frames(path, max_side=64)]
    assert values == pytest.approx([12 * step for step in range(20)], abs=4)
    cut = tmp_path / "cut.mp4"
    with av.open(str(path)) as source, av.open(str(cut), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        late = round(0.55 / source.streams.video[0].time_base)
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts - late, packet.dts - late, stream
                target.mux(packet)
    damage = video.Damage()
    shown = list(video.decode_frames(cut, max_side=64, damage=damage))
    assert [frame.mean() for _, frame in shown] == pytest.approx(values[-len(shown) :], abs=1)
    assert 10 < len(shown) < 16
    assert video.read_info(cut).frames == len(shown) == damage.total
    assert damage.sentence == ""
    assert [seconds for seconds, _ in shown][:3] == pytest.approx([0, 0.1, 0.2], abs=0.01)


def test_a_size_that_changes_on_the_way(tmp_path):
    parts = [
        write_film(tmp_path / f"{number}.ts", [draw_corners(*hw)] * 5, rate=25)
        for number, hw in enumerate([(48, 64), (96, 64)])
    ]
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = list(video.read_frames(path, max_side=64))
    assert len(frames) >= 9
    for frame in frames:
        assert frame.shape == (48, 64, 3)
        assert read_corners(frame) == list(LAID[1, 0, 0, 1])


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("f.mkv", "libx264"), ("f.mov", "libx264"), ("f.3gp", "libx264"), ("f.ts", "libx264"),
        ("f.avi", "mpeg4"), ("f.mpg", "mpeg2video"), ("f.wmv", "wmv2"), ("f.flv", "flv"),
        ("f.webm", "libvpx"),
    ],
)  # fmt: skip
def test_containers(tmp_path, name, codec):
    path = write_film(tmp_path / name, [draw_corners()] * 5, codec=codec, rate=25)
    info, frames = video.read_info(path), list(video.read_frames(path, max_side=64))
    assert (info.frames, info.width, info.height, len(frames)) == (5, 64, 48, 5)
    assert read_corners(frames[-1]) == list(LAID[1, 0, 0, 1])


@pytest.mark.parametrize(("rate", "count"), [(12, 30), (Fraction(30000, 1001), 7), (1, 3), (24, 1)])
def test_webm_has_the_same_frames_at_the_same_times(rate, count):
    file = io.BytesIO()
    with video.VideoWriter(file, rate) as writer:
        for number in range(count):
            writer.write(np.roll(draw_corners(96, 128), 4 * number, 1))
    *steps, webm = video.to_webm(file.getvalue())
    assert steps == [None] * count
    with av.open(io.BytesIO(webm)) as container:
        assert (container.format.name, container.streams.video[0].codec.name) == (
            "matroska,webm",
            "vp8",
        )
    before, after = video.read_info(file.getvalue()), video.read_info(webm)
    assert (after.width, after.height, after.frames) == (128, 96, count)
    assert after.fps == pytest.approx(before.fps, rel=0.01)  # WebM tells times in milliseconds
    assert after.seconds == pytest.approx(before.seconds, abs=0.002)
    ours, theirs = (
        list(video.read_timed_frames(one, max_side=128)) for one in (file.getvalue(), webm)
    )
    for (time, frame), (copied, copy) in zip(ours, theirs, strict=True):
        assert copied == pytest.approx(time, abs=0.001)
        assert abs(frame.astype(int) - copy).mean() < 6


def test_webm_of_what_is_no_film():
    for film in (b"", b"no film", b"\x1aE\xdf\xa3" + bytes(50)):
        with pytest.raises(InputError):
            next(video.to_webm(film))
    with pytest.raises(InputError, match="mp4, webm"):
        video.VideoWriter(io.BytesIO(), 12, kind="avi")

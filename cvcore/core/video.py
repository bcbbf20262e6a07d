"""Films in and out: frames as uint8 (H, W, 3) RGB, files in MP4 (H.264) or WebM (VP8)."""

import io
import os
import warnings
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from typing import Any, BinaryIO

import numpy as np

from cvcore.core.checks import MAX_SIDE, check_number, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image, resize
from cvcore.core.video_files import Film, check_target, explain_unreadable, to_source
from cvcore.core.video_frames import read_tilt, show_frame, shown_size
from cvcore.core.video_packets import (
    SOUND,
    UNDECODABLE,
    Damage,
    decode,
    find_decoder,
    find_pictures,
    gives_a_frame_each,
    read_packets,
)

MAX_PIXELS = 4096 * 2304  # a film with larger frames is refused
MIN_SIDE = 16  # pixels: H.264 can hold no line of pixels
TICKS = 100  # of the clock in a written film, a frame at its rate
RATES = (0.01, 1000.0)  # frames a second of a written film
# No frames out of order: an MP4's length would be short where the rate varies. No hidden frames,
# which would be counted.
_CODECS = {
    "mp4": ("libx264", {"preset": "veryfast", "crf": "23", "bf": "0"}),
    "webm": (
        "libvpx",
        {"deadline": "realtime", "cpu-used": "-6", "crf": "10", "b": "8M", "auto-alt-ref": "0"},
    ),
}
# Nothing but the file itself is opened: a playlist would name other files, or addresses.
_OPTIONS = {
    "format_whitelist": "mov,matroska,avi,gif,ogg,mpeg,mpegts,asf,flv",
    "protocol_whitelist": "file",
}


@dataclass(frozen=True)
class VideoInfo:
    """What a film's time stamps say: recorded in a browser, it states neither rate nor length."""

    width: int  # pixels, as shown: turned upright, pixels that are not square made so
    height: int
    fps: float  # frames a second, on average
    frames: int
    seconds: float


def read_info(film: Film) -> VideoInfo:
    """Size, rate and length of a film; InputError when the file is none.

    The packets are counted, not decoded, but for the first frame, which says how it is shown.
    """
    with _open(film) as container:
        stream = find_pictures(container)
        first, times, frames, last = None, [], 0, 0
        for packet in read_packets(container, stream, Damage()):
            if first is None:
                first = next(iter(decode(stream, packet, Damage())), None)
            if packet is None or not packet.size or packet.is_discard:
                continue
            frames += 1
            if packet.pts is not None:
                times.append(packet.pts)
                last = max(last, packet.pts + (packet.duration or 0))
        if first is None:
            raise InputError(UNDECODABLE)
        span = float((max(times) - min(times)) * stream.time_base) if times else 0.0
        if len(times) > 1 and span > 0:
            fps = (len(times) - 1) / span
            seconds = max(span + 1 / fps, float((last - min(times)) * stream.time_base))
        else:
            fps = float(stream.average_rate or 25)
            seconds = frames / fps
        width, height = shown_size(first, stream.sample_aspect_ratio)
        return VideoInfo(width, height, min(max(fps, 1.0), 120.0), frames, seconds)


def read_frames(film: Film, *, max_side: int) -> Iterator[np.ndarray]:
    """The frames of a film (H, W, 3) as players show them, their longer side at most ``max_side``.

    They are turned and mirrored as the film says, pixels that are not square are made so, and
    transparency is laid on white. All have the first one's size. Frames that cannot be decoded are
    left out; how many, a ``UserWarning`` says at the end. Raises ``InputError`` for what is no
    film, and for one of which no frame can be decoded.
    """
    damage = Damage()
    for _, frame in decode_frames(film, max_side=max_side, damage=damage):
        yield frame
    _warn(damage)


def read_timed_frames(film: Film, *, max_side: int) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds from the first frame, frame (H, W, 3)) of a film, as ``read_frames`` has them.

    The seconds always grow: a frame without a time of its own follows 1/25 s after the last.
    """
    damage = Damage()
    yield from decode_frames(film, max_side=max_side, damage=damage)
    _warn(damage)


def decode_frames(
    film: Film, *, max_side: int, damage: Damage
) -> Generator[tuple[float, np.ndarray], None, None]:
    """As ``read_timed_frames``, but what is left out is noted in ``damage``; nothing warns."""
    max_side = check_whole("The longest side", max_side, 1, MAX_SIDE)
    first, now, size_hw, given = None, -1.0, None, 0
    with _open(film) as container:
        stream = find_pictures(container)
        decoder = find_decoder(stream)
        for packet in read_packets(container, stream, damage):
            for frame in decode(decoder, packet, damage):
                _check_size(frame)
                if not given:
                    first, damage.tilt = frame.pts, read_tilt(frame)
                time = now + 0.04
                if frame.pts is not None and first is not None:
                    time = float((frame.pts - first) * stream.time_base)
                now = 0.0 if now < 0 else max(time, now + 0.001)
                image = show_frame(frame, stream.sample_aspect_ratio, max_side)
                size_hw = size_hw or image.shape[:2]
                if image.shape[:2] != size_hw:  # a film may change its size on the way
                    image = resize(image, size_hw, resample="lanczos")
                given += 1
                yield now, image
        if not given:
            raise InputError(UNDECODABLE)
        if gives_a_frame_each(stream) and not frame.interlaced_frame:
            damage.left_out = max(damage.left_out, damage.total - given)


def to_webm(film: Film, *, max_side: int = MAX_SIDE) -> Iterator[bytes | None]:
    """A film once more in WebM, for browsers without H.264: its frames at their times, no sound.

    After each frame None comes, at the end the file; closing the generator ends the work. Raises
    ``InputError`` as ``read_frames`` does.
    """
    file = io.BytesIO()
    with VideoWriter(file, read_info(film).fps, kind="webm") as writer:
        for seconds, frame in decode_frames(film, max_side=max_side, damage=Damage()):
            writer.write(frame, seconds=seconds)
            yield None
    yield file.getvalue()


def _warn(damage: Damage) -> None:
    if damage.sentence:
        warnings.warn(damage.sentence, stacklevel=3)


def _open(film: Film) -> Any:
    import av

    source = to_source(film)
    try:
        container = av.open(source, options=_OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(explain_unreadable(film)) from error
    try:
        if not container.streams.video:  # all of a film that is cut off early may be gone
            raise InputError(explain_unreadable(film, otherwise=SOUND))
        _check_size(find_pictures(container))
    except InputError:
        container.close()
        raise
    return container


def _check_size(picture: Any) -> None:
    """Refuse frames too large or too small; a film may also change their size on the way."""
    if picture.width * picture.height > MAX_PIXELS:
        raise InputError(
            f"This film's frames are too large ({picture.width} x {picture.height} pixels): "
            "choose one of at most 4096 x 2304."
        )
    if min(picture.width, picture.height) < MIN_SIDE:
        raise InputError(
            f"This film's frames are too small ({picture.width} x {picture.height} pixels): "
            f"choose one of at least {MIN_SIDE} x {MIN_SIDE}."
        )


class VideoWriter:
    """Writes frames into a file, or into an open one in memory; use it in a ``with`` block.

    All frames must have the first one's size. A film that breaks off half-way is still whole up
    to there once the block is left. ``fps``: frames a second, 0.01 to 1000. ``kind``: "mp4", or
    "webm" for browsers without H.264. Raises InputError for other rates and kinds, and for a path
    that cannot be written, before the first frame.
    """

    def __init__(
        self, path: str | PathLike[str] | BinaryIO, fps: float, *, kind: str = "mp4"
    ) -> None:
        if kind not in _CODECS:
            known = ", ".join(_CODECS)
            raise InputError(f"There is no kind of film {kind!r}: choose one of {known}.")
        self._kind = kind
        rate = check_setting("The frame rate", fps, *RATES)
        self._path, self._fps = path, Fraction(rate).limit_denominator(1001)
        self._container: Any = None
        self._stream: Any = None
        self._next = 0  # ticks

    def __enter__(self) -> "VideoWriter":
        import av

        if isinstance(self._path, str | PathLike):
            check_target(self._path)
            file: str | BinaryIO = f"file:{os.fspath(self._path)}"
            options = {"movflags": "+faststart"} if self._kind == "mp4" else {}
        else:  # moving the index to the front would open a file by its name
            file, options = self._path, {}
        self._container = av.open(file, "w", format=self._kind, options=options)
        return self

    def write(self, frame: Picture, *, seconds: float | None = None) -> None:
        """Add a frame, any kind of picture; odd sizes lose their last row or column.

        ``seconds``: when it is shown, later than the frame before; without it the frames follow at
        the film's rate. Raises InputError for a frame of another size than the first one's.
        """
        import av

        image = as_image(frame, min_side=2)
        height, width = (side - side % 2 for side in image.shape[:2])
        if self._stream is None:
            self._add_stream(width, height)
        elif (self._stream.width, self._stream.height) != (width, height):
            raise InputError(
                f"All frames of a film must have the first one's size, {self._stream.width} x "
                f"{self._stream.height} pixels; got {width} x {height}."
            )
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:height, :width]))
        if seconds is None:
            ticks = self._next
        else:
            ticks = round(check_number("A frame's seconds", seconds) * self._fps * TICKS)
        picture.pts = max(ticks, self._next - TICKS + 1)
        picture.time_base = 1 / (self._fps * TICKS)
        self._next = picture.pts + TICKS
        self._container.mux(self._stream.encode(picture))

    def _add_stream(self, width: int, height: int) -> None:
        if width * height > MAX_PIXELS:
            raise InputError(
                f"These frames are too large for a film ({width} x {height} pixels): shrink them "
                "to at most 4096 x 2304."
            )
        codec, options = _CODECS[self._kind]
        self._stream = self._container.add_stream(codec, rate=self._fps)
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = 1 / (self._fps * TICKS)
        # swscale's own; untold, players take a large film's colours for those of BT.709
        self._stream.codec_context.colorspace, self._stream.codec_context.color_range = 6, 1
        self._stream.options = options

    def __exit__(self, *_: object) -> None:
        try:
            if self._stream is not None:
                self._container.mux(self._stream.encode())
        finally:
            self._container.close()

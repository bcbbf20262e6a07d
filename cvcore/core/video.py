"""Films in and out: frames as uint8 (H, W, 3) RGB, files that every browser plays (H.264, MP4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from cvcore.core.errors import InputError
from cvcore.core.images import shrink

MAX_PIXELS = 4096 * 2304  # a film with larger frames is refused
MIN_SIDE = 16  # pixels: H.264 can hold no line of pixels
TICKS = 100  # of the clock in a written film, a frame at its rate
# Nothing but the file itself is opened: a playlist would name other files, or addresses.
_OPTIONS = {
    "format_whitelist": "mov,matroska,avi,gif,ogg,mpeg,mpegts",
    "protocol_whitelist": "file",
}
UNREADABLE = "This file could not be read as a film: choose an MP4, WebM, MOV, AVI or GIF file."


@dataclass(frozen=True)
class VideoInfo:
    """What a film's time stamps say: recorded in a browser, it states neither rate nor length."""

    width: int  # as stored: a phone's film may be turned on showing
    height: int
    fps: float  # frames a second, on average
    frames: int
    seconds: float


def read_info(path: str | Path) -> VideoInfo:
    """Size, rate and length of a film; InputError when the file is none.

    The packets are counted, not decoded.
    """
    import av

    with _open(path) as container:
        stream = container.streams.video[0]
        times, frames, last = [], 0, 0
        try:
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                frames += 1
                if packet.pts is not None:
                    times.append(packet.pts)
                    last = max(last, packet.pts + (packet.duration or 0))
        except av.FFmpegError as error:
            raise InputError(UNREADABLE) from error
        span = float((max(times) - min(times)) * stream.time_base) if times else 0.0
        if len(times) > 1 and span > 0:
            fps = (len(times) - 1) / span
            seconds = max(span + 1 / fps, float((last - min(times)) * stream.time_base))
        else:
            fps = float(stream.average_rate or 25)
            seconds = frames / fps
        return VideoInfo(stream.width, stream.height, min(max(fps, 1.0), 120.0), frames, seconds)


def read_frames(path: str | Path, *, max_side: int) -> Iterator[np.ndarray]:
    """The frames of a film, upright, with their longer side at most ``max_side`` pixels."""
    for _, frame in read_timed_frames(path, max_side=max_side):
        yield frame


def read_timed_frames(path: str | Path, *, max_side: int) -> Iterator[tuple[float, np.ndarray]]:
    """(seconds from the first frame, frame (H, W, 3)) of a film, as ``read_frames`` has them.

    The seconds always grow: a frame without a time of its own follows 1/25 s after the last.
    """
    import av

    first, now = None, -1.0
    with _open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        try:
            for frame in container.decode(stream):
                _check_size(frame)
                if frame.time is not None and first is None:
                    first = frame.time
                time = now + 0.04 if frame.time is None else frame.time - first
                now = 0.0 if now < 0 else max(time, now + 0.001)
                upright = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
                yield now, shrink(np.ascontiguousarray(upright), max_side)
        except av.FFmpegError as error:
            raise InputError(UNREADABLE) from error


def _open(path: str | Path) -> Any:
    import av

    try:
        container = av.open(f"file:{path}", options=_OPTIONS)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(UNREADABLE) from error
    try:
        if not container.streams.video:
            raise InputError(UNREADABLE)
        _check_size(container.streams.video[0])
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
    """Writes frames into an MP4 file, or into an open one in memory; use it in a ``with`` block.

    All frames must have the first one's size. A film that breaks off half-way is still whole up
    to there once the block is left.
    """

    def __init__(self, path: str | Path | BinaryIO, fps: float) -> None:
        self._path, self._fps = path, Fraction(fps).limit_denominator(1001)
        self._container: Any = None
        self._stream: Any = None
        self._next = 0  # ticks

    def __enter__(self) -> "VideoWriter":
        import av

        if isinstance(self._path, str | Path):
            file: str | BinaryIO = str(self._path)
            options = {"movflags": "+faststart"}
        else:  # moving the index to the front would open a file by its name
            file, options = self._path, {}
        self._container = av.open(file, "w", format="mp4", options=options)
        return self

    def write(self, frame: np.ndarray, *, seconds: float | None = None) -> None:
        """Add a frame (H, W, 3), RGB; odd sizes lose their last row or column.

        ``seconds``: when it is shown, later than the frame before; without it the frames follow at
        the film's rate.
        """
        import av

        height, width = (side - side % 2 for side in frame.shape[:2])
        if self._stream is None:
            self._stream = self._container.add_stream("libx264", rate=self._fps)
            self._stream.width, self._stream.height = width, height
            self._stream.pix_fmt = "yuv420p"
            self._stream.codec_context.time_base = 1 / (self._fps * TICKS)
            # no frames out of order: the file's length would be short where the rate varies
            self._stream.options = {"preset": "veryfast", "crf": "23", "bf": "0"}
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]))
        ticks = self._next if seconds is None else round(seconds * self._fps * TICKS)
        picture.pts = max(ticks, self._next - TICKS + 1)
        picture.time_base = 1 / (self._fps * TICKS)
        self._next = picture.pts + TICKS
        self._container.mux(self._stream.encode(picture))

    def __exit__(self, *_: object) -> None:
        if self._stream is not None:
            self._container.mux(self._stream.encode())
        self._container.close()

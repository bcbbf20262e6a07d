"""Films in and out: frames as uint8 (H, W, 3) RGB, files that every browser plays (H.264, MP4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from cvcore.errors import InputError
from cvcore.images import shrink

UNREADABLE = "This file could not be read as a film: choose an MP4, WebM, MOV, AVI or GIF file."


@dataclass(frozen=True)
class FilmInfo:
    """What a film's file says of itself."""

    width: int
    height: int
    fps: float  # frames a second
    seconds: float  # 0 when the file does not say

    @property
    def frames(self) -> int:
        """About how many; 0 when the file does not say."""
        return round(self.fps * self.seconds)


def read_info(path: str | Path) -> FilmInfo:
    """Size, rate and length of a film; InputError when the file is none."""
    import av

    with _open(path) as container:
        stream = container.streams.video[0]
        fps = float(stream.average_rate or stream.guessed_rate or 25)
        if stream.duration and stream.time_base:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (container.duration or 0) / av.time_base
        return FilmInfo(stream.width, stream.height, min(max(fps, 1.0), 120.0), seconds)


def read_frames(path: str | Path, *, max_side: int) -> Iterator[np.ndarray]:
    """The frames of a film, upright, with their longer side at most ``max_side`` pixels."""
    import av

    with _open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        try:
            for frame in container.decode(stream):
                upright = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
                yield shrink(np.ascontiguousarray(upright), max_side)
        except av.FFmpegError as error:
            raise InputError(UNREADABLE) from error


def _open(path: str | Path):
    import av

    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise InputError(UNREADABLE) from error
    if not container.streams.video:
        container.close()
        raise InputError(UNREADABLE)
    return container


class FilmWriter:
    """Writes frames into an MP4 file; use it in a ``with`` block.

    All frames must have the first one's size. A film that breaks off half-way is still whole up
    to there once the block is left.
    """

    def __init__(self, path: str | Path, fps: float) -> None:
        self._path, self._fps = path, Fraction(fps).limit_denominator(1001)
        self._container = self._stream = None

    def __enter__(self) -> "FilmWriter":
        import av

        self._container = av.open(
            str(self._path), "w", format="mp4", options={"movflags": "+faststart"}
        )
        return self

    def write(self, frame: np.ndarray) -> None:
        """Add a frame (H, W, 3), RGB; odd sizes lose their last row or column."""
        import av

        height, width = (side - side % 2 for side in frame.shape[:2])
        if self._stream is None:
            self._stream = self._container.add_stream("libx264", rate=self._fps)
            self._stream.width, self._stream.height = width, height
            self._stream.pix_fmt = "yuv420p"
            self._stream.options = {"preset": "veryfast", "crf": "23"}
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[:height, :width]))
        self._container.mux(self._stream.encode(picture))

    def __exit__(self, *_) -> None:
        if self._stream is not None:
            self._container.mux(self._stream.encode())
        self._container.close()

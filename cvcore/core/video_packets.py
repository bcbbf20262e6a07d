"""What a film's file holds, packet by packet, and what of it can be decoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cvcore.core.errors import InputError

SOUND = "This file holds no moving pictures, only sound or text: choose a film."
UNDECODABLE = "No frame of this film can be decoded: choose another one, or save it anew as an MP4."


@dataclass
class Damage:
    """What of a film could not be read; ``decode_frames`` notes it as it goes."""

    left_out: int = 0  # frames
    total: int = 0  # frames, those left out among them
    is_cut_off: bool = False  # what comes after them is missing, nobody knows how much

    @property
    def sentence(self) -> str:
        """For whoever looks at the film; "" where nothing is missing."""
        if self.left_out:
            return (
                f"This film is damaged: {self.left_out} of its {self.total} frames could not be "
                "read and were left out."
            )
        if self.is_cut_off:
            return f"This film breaks off after {self.total} frames: the rest of it is missing."
        return ""


def find_pictures(container: Any) -> Any:
    """The stream of a film's pictures: not the cover of a piece of music, nor a second view."""
    from av.stream import Disposition

    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise InputError(SOUND)
    best = container.streams.best("video")
    stream = best if best in streams else streams[0]
    if stream.codec_context is None:
        raise InputError(UNDECODABLE)
    return stream


def find_decoder(stream: Any) -> Any:
    """What decodes the stream: of a transparent WebM, FFmpeg's own decoder sees colours alone."""
    import av

    # With threads for whole frames an error would take frames along that can be decoded.
    stream.thread_type = "SLICE"
    name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.name)
    if name and stream.metadata.get("alpha_mode") == "1" and name in av.codecs_available:
        return av.CodecContext.create(name, "r")
    return stream


def read_packets(container: Any, stream: Any, damage: Damage) -> Iterator[Any]:
    """The stream's packets, then None: what the decoder still holds is asked for by that."""
    import av

    count, last = 0, None
    try:
        for packet in container.demux(stream):
            if packet.size:
                count, last = count + 1, packet
                damage.total += not packet.is_discard
                yield packet
    except av.FFmpegError:
        damage.is_cut_off = True
    missing = _count_missing(container, stream, count, last)
    damage.left_out, damage.total = damage.left_out + missing, damage.total + missing
    damage.is_cut_off |= _ends_early(container, stream, last)
    yield None


def decode(decoder: Any, packet: Any, damage: Damage) -> list[Any]:
    """The frames that a packet completes; one that cannot be decoded is noted in ``damage``."""
    import av

    try:
        return decoder.decode(packet)
    except EOFError:  # it has given all
        return []
    except av.FFmpegError:
        damage.left_out += 1
        return []


def gives_a_frame_each(stream: Any) -> bool:
    """True where every packet is a frame to be shown: in older codings some only refer to others.

    There what is lost can be counted, though it may be lost without an error.
    """
    return stream.codec_context.name in ("h264", "hevc", "mpeg1video", "mpeg2video")


def _count_missing(container: Any, stream: Any, count: int, last: Any) -> int:
    """Frames that the file's table of contents names, but that lie behind its end."""
    kind = container.format.name
    if kind.startswith("mov"):
        behind = sum(one.pos + one.size > container.size for one in stream.index_entries)
        return max(0, behind - bool(last is not None and last.is_corrupt))
    return max(0, stream.frames - count) if kind == "avi" else 0


def _ends_early(container: Any, stream: Any, last: Any) -> bool:
    """True where the pictures end well before the length that the file states at its beginning.

    Beside sound nobody knows which of the two the length is that of.
    """
    is_stated = container.format.name.startswith(("matroska", "asf")) and container.duration
    if not is_stated or len(container.streams) > 1 or last is None or last.pts is None:
        return False
    end = float((last.pts + (last.duration or 0)) * stream.time_base)
    return container.duration / 1e6 - end > max(1.0, 0.1 * end)

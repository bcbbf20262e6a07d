"""What a film's file holds, packet by packet, and what of it can be decoded."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cvcore.core.errors import InputError

SOUND = "This file holds no moving pictures, only sound or text: choose a film."
UNDECODABLE = "No frame of this film can be decoded: choose another one, or save it anew as an MP4."


MAX_TILT = 5.0  # degrees: a display matrix that is this near to upright is rounding
MIN_REGULAR = 12  # steps between frames, by which a film's rate is known
HOLE = 64  # bytes between two packets, more than any head of a block or a cluster has
GAP = 1.5  # times the usual step between two frames: more, and one may be missing


@dataclass
class Damage:
    """What of a film could not be read; ``decode_frames`` notes it as it goes."""

    left_out: int = 0  # frames
    total: int = 0  # frames, those left out among them
    is_cut_off: bool = False  # what comes after them is missing, nobody knows how much
    tilt: float = 0.0  # degrees between how it is to be turned and how it is

    @property
    def sentence(self) -> str:
        """For whoever looks at the film; "" where nothing is missing and all is as it says."""
        said = (self._say_what_is_missing(), self._say_how_it_lies())
        return " ".join(one for one in said if one)

    def _say_how_it_lies(self) -> str:
        if self.tilt <= MAX_TILT:
            return ""
        return (
            f"This film asks to be turned to a slant: it is shown upright, {self.tilt:.0f} degrees "
            "from that."
        )

    def _say_what_is_missing(self) -> str:
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

    count, last, places = 0, None, Places(container, stream)
    beside = container.streams.audio if places.is_dense else ()
    try:
        for packet in container.demux(stream, *beside):
            places.note(packet, stream)
            if packet.size and packet.stream is stream:
                count, last = count + 1, packet
                damage.total += not packet.is_discard
                yield packet
    except av.FFmpegError:
        damage.is_cut_off = True
    missing = _count_missing(container, stream, count, last) + places.count_lost()
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


class Places:
    """Where a film's packets lie, and when they are shown: frames lost in its middle leave a hole.

    A demuxer passes over what it cannot read without a word. In MKV, WebM and FLV packets follow
    each other byte by byte, so that a hole shows; a frame that is merely shown for long, as in
    films of no constant rate, leaves none. A transport stream numbers its parts, so that the packet
    before a hole is known to be cut. MP4 and AVI have a table of contents instead.
    """

    def __init__(self, container: Any, stream: Any) -> None:
        from av.stream import Disposition

        kind, has_alpha = container.format.name, stream.metadata.get("alpha_mode") == "1"
        others = [
            one
            for one in container.streams
            if one.type in ("video", "subtitle", "data") and one is not stream
            if not one.disposition & Disposition.attached_pic
        ]
        self.is_dense = kind.startswith(("matroska", "flv")) and not has_alpha and not others
        self._is_broadcast, self._is_cut = kind.startswith("mpegts"), False
        self._start, self._end, self._is_behind_hole = -1, -1, False
        self._times: list[int] = []
        self._behind_holes: set[int] = set()

    def note(self, packet: Any, stream: Any) -> None:
        if not packet.size:
            return
        self._is_cut |= packet.is_corrupt
        if self.is_dense and packet.pos is not None and packet.pos >= 0:
            self._is_behind_hole |= 0 <= self._end < packet.pos - HOLE
            is_same = packet.pos == self._start  # several in one block
            self._end = (self._end if is_same else packet.pos) + packet.size
            self._start = packet.pos
        if packet.stream is stream and packet.pts is not None:
            self._times.append(packet.pts)
            if self._is_behind_hole:
                self._behind_holes.add(packet.pts)
            self._is_behind_hole = False

    def count_lost(self) -> int:
        """How many frames would fit into the gaps, at the rate of the others."""
        steps = [(later - one, later) for one, later in pairwise(sorted(self._times))]
        usual = sorted(step for step, _ in steps)[len(steps) // 2] if steps else 0
        if len(steps) < MIN_REGULAR or usual <= 0:
            return 0
        gaps = [(round(step / usual) - 1, at) for step, at in steps if step > GAP * usual]
        is_any = self._is_broadcast and self._is_cut
        return sum(number for number, at in gaps if is_any or at in self._behind_holes)


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

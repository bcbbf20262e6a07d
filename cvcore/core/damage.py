"""Files that end too early: mended where as good as all of the picture is there, else refused.

A browser shows such a file without a word. Pillow refuses it, but for a switch that holds for
every thread of the process, and leaves the rest black. So the bytes are mended here instead.
"""

import struct
import zlib

import numpy as np
from PIL import Image

from cvcore.core.errors import InputError
from cvcore.core.file_kinds import DAMAGED

MAX_MISSING = 0.1  # share of the picture: more is told to be damaged
PADDING = 0.01  # share of a file's bytes that may be missing in kinds that do not tell
CUT = "This file lacks its end: the last pixels of the picture are made up."

_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"PLTE", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"eXIf")
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))  # fmt: skip


def mend(data: bytes) -> bytes:
    """The bytes with an end; InputError where a tenth of the picture or more is missing."""
    if data.startswith(b"\xff\xd8"):
        return data + b"\xff\xd9"
    if data.startswith(_PNG_START):
        return _mend_png(data)
    if data.startswith(b"GIF8"):
        return _mend_gif(data)
    missing = round(len(data) * PADDING) + 64
    if data.startswith(b"RIFF"):
        missing = int.from_bytes(data[4:8], "little") + 8 - len(data)
        if not 0 < missing <= MAX_MISSING * len(data):
            raise InputError(DAMAGED)
    return data + bytes(missing)


def judge(picture: Image.Image, data: bytes) -> str:
    """What to say of a picture from mended bytes; InputError where too much of it is missing."""
    if picture.format not in ("JPEG", "MPO"):
        return CUT
    if _is_coarse(data):
        raise InputError(DAMAGED)
    rows = np.asarray(picture).reshape(picture.height, -1)
    is_grey = ((rows == 127) | (rows == 128)).all(axis=1)  # so libjpeg fills what is not there
    missing = int(np.argmin(is_grey[::-1])) if not is_grey.all() else len(rows)
    if missing > MAX_MISSING * len(rows):
        raise InputError(DAMAGED)
    return CUT if missing else ""


def _is_coarse(data: bytes) -> bool:
    """Whether a progressive JPEG ends before its brightness was there but for the last bit.

    Its scans first give every coefficient in a few bits, then the finer bits one by one.
    """
    scans, at = [], 2
    is_progressive = False
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        segment = data[at + 4 : at + 2 + length]
        is_progressive |= marker == 0xC2
        at += 2 + length
        if marker == 0xDA and len(segment) == length - 2:
            first, last, bits = segment[-3:]
            scans.append((segment[1 : 1 + 2 * segment[0] : 2], range(first, last + 1), bits & 15))
            at = _find_marker(data, at)
    if not is_progressive:
        return False
    lacking = [8] * 64  # bits, of each coefficient
    for components, coefficients, bits in scans[:-1]:  # the last one is cut
        if scans[0][0][0] in components:
            for index in coefficients:
                lacking[index] = min(lacking[index], bits)
    return max(lacking) > 1


def _find_marker(data: bytes, at: int) -> int:
    """The next marker that ends a scan: not a stuffed zero, not a restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in (0x00, 0xFF, *range(0xD0, 0xD8)):
            return at
        at += 1
    return len(data)


def _mend_png(data: bytes) -> bytes:
    """A PNG anew, from the chunks that matter and what can be unpacked of its pixels."""
    at, packed, kept, header = len(_PNG_START), b"", b"", b""
    while at + 8 <= len(data):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if name == b"IHDR":
            header = body
        elif name == b"IDAT":
            packed += body
        elif name in _PNG_KEPT and not packed and len(body) == length:
            kept += _chunk(name, body)
        elif name == b"IEND":
            break
        at += 12 + length
    if len(header) != 13 or not packed:
        raise InputError(DAMAGED)
    wanted = _count_png_bytes(header)
    unpacker = zlib.decompressobj()
    try:
        pixels = unpacker.decompress(packed, wanted)
    except zlib.error:
        raise InputError(DAMAGED) from None
    if len(pixels) < (1 - MAX_MISSING) * wanted:
        raise InputError(DAMAGED)
    body = zlib.compress(pixels + bytes(wanted - len(pixels)), 1)
    parts = _chunk(b"IHDR", header) + kept + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    return _PNG_START + parts


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _count_png_bytes(header: bytes) -> int:
    """How many bytes the pixels of a PNG unpack to."""
    width, height, depth, kind, _, _, is_interlaced = struct.unpack(">IIBBBBB", header)
    bits = depth * _PNG_CHANNELS.get(kind, 1)
    total = 0
    for left, top, step_x, step_y in _ADAM7 if is_interlaced else ((0, 0, 1, 1),):
        wide, high = -(-(width - left) // step_x), -(-(height - top) // step_y)
        if wide > 0 and high > 0:
            total += high * (1 + (wide * bits + 7) // 8)
    return total


def _mend_gif(data: bytes) -> bytes:
    """A GIF's last block filled up with pixels of its first colour, and a twentieth more of them.

    Too few for the picture that is not there, Pillow says.
    """
    at = 0
    try:
        at = 13 + _count_colours(data[10])
        while data[at] in b"!,":
            at += 2 if data[at] == 0x21 else 11 + _count_colours(data[at + 9])
            while at < len(data) and data[at]:
                at += 1 + data[at]
            at += 1
    except IndexError:
        pass
    lacking = bytes(max(0, at - 1 - len(data)))
    return data + lacking + (b"\xff" + bytes(255)) * (1 + len(data) // 5120) + b"\0;"


def _count_colours(flags: int) -> int:
    """The bytes of a GIF's table of colours."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

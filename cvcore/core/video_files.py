"""What a film is read from, and in one sentence why it cannot be."""

import io
import os
import struct
from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from cvcore.core import reading
from cvcore.core.errors import InputError

# What a public function takes as a film; an open file must be one that can be sought.
Film: TypeAlias = str | PathLike[str] | bytes | BinaryIO

UNREADABLE = (
    "This file could not be read as a film: choose an MP4, MOV, WebM, MKV, AVI, WMV or GIF file."
)
EMPTY = "This file is empty: choose another film, or copy it anew."
NO_FILM = "There is no film yet: choose one."
NOT_WHOLE = (
    "This film is not whole: its table of contents is missing, as where a recording or a download "
    "has broken off. Record it or download it anew."
)
STILL = "This file is a picture, not a film: choose an MP4, MOV, WebM, MKV, AVI, WMV or GIF file."
ANIMATION = "Of animated pictures only GIF is read as a film: save this one as a GIF or an MP4."
# HEIC and AVIF pictures lie in the same kind of box as MP4 films.
_STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif")
_ANIMATED_BRANDS = (b"avis", b"msf1")


def to_source(film: Film | None) -> str | BinaryIO:
    """What PyAV opens: an address of the file, or a file in memory, at its beginning.

    Raises InputError for a file that is not there, may not be read, is empty or holds a picture,
    TypeError for what is no file.
    """
    if film is None or (isinstance(film, str) and not film):
        raise InputError(NO_FILM)
    if isinstance(film, str | PathLike):
        _check_path(film)
        source: str | BinaryIO = f"file:{os.fspath(film)}"
    elif isinstance(film, bytes | bytearray):
        source = io.BytesIO(film)
    elif hasattr(film, "read") and hasattr(film, "seek"):
        source = film
    else:
        kind = type(film).__name__
        raise TypeError(f"Expected a path, bytes or an open file, got {kind}.")
    with _opened(film) as file:
        file.seek(0)
        head = file.read(12)
        if not isinstance(head, bytes):
            raise TypeError("Expected a file that is open for bytes, got one for text.")
        if not head:
            raise InputError(EMPTY)
        if head[4:8] == b"ftyp" and head[8:] in _STILL_BRANDS + _ANIMATED_BRANDS:
            raise InputError(STILL if head[8:] in _STILL_BRANDS else ANIMATION)
        file.seek(0)
    return source


def explain_unreadable(film: Film, otherwise: str = UNREADABLE) -> str:
    """Why a file that is there is no film, as far as it can be told, else ``otherwise``."""
    from PIL import Image

    try:
        with reading.as_usual(), _opened(film) as file:
            if _is_cut_off(file):
                return NOT_WHOLE
            file.seek(0)
            with Image.open(file) as picture:
                return ANIMATION if getattr(picture, "n_frames", 1) > 1 else STILL
    except Exception:  # whatever a stranger's file does to Pillow: it is no picture either
        return otherwise


def check_target(target: str | PathLike[str], source: Film | None = None) -> None:
    """Raise InputError where no film can be written, before the work for it begins."""
    path = Path(target)
    try:
        is_new = not path.exists()
        if not is_new and isinstance(source, str | PathLike) and path.samefile(source):
            raise InputError("A film cannot be written over itself: choose another file for it.")
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = getattr(error, "strerror", None) or "that is no name of a file"
        raise InputError(
            f"The film cannot be written to {str(target)[:200]!r}: {reason}. Choose another place."
        ) from error


def _check_path(film: str | PathLike[str]) -> None:
    path = Path(film)
    name = repr(path.name[:80])
    try:
        if path.is_dir():
            raise InputError(f"{name} is a folder: choose a film in it.")
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise InputError(f"There is no film called {name}: check its path.") from error
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError(f"The film {name} cannot be opened: check its path and rights.") from error


def _opened(film: Film) -> Any:
    """The bytes of a film as an open file."""
    if isinstance(film, str | PathLike):
        return open(film, "rb")
    if isinstance(film, bytes | bytearray):
        return io.BytesIO(film)
    return nullcontext(film)


def _is_cut_off(file: BinaryIO) -> bool:
    """True for an MP4 or MOV whose table of contents ("moov") is not in it, or not all of it."""
    length, at = file.seek(0, os.SEEK_END), 0
    for number in range(1000):  # boxes, each with its size and its kind
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return number > 0
        size, kind = struct.unpack(">I4s", head[:8])
        if number == 0 and kind not in (b"ftyp", b"moov", b"mdat", b"wide"):
            return False
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack(">Q", head[8:])
        end = length if size == 0 else at + size
        if kind == b"moov":
            return end > length
        if size != 0 and size < 8:
            return False
        at = end
    return False

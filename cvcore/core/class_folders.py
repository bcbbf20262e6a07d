"""Pictures in class-named folders: a zip file, a folder on the disk, or a list of files.

Nothing is unpacked to the disk, and a picture is read only when it is asked for.
"""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from cvcore.core.errors import InputError
from cvcore.core.folders import is_picture_name, list_pictures

MAX_PICTURES = 2000
MAX_ENTRIES = 10_000  # of a zip file, folders and other files included
MAX_DIRECTORY_BYTES = 4_000_000  # of a zip file's table of contents
MAX_PICTURE_BYTES = 30_000_000
MAX_TOTAL_BYTES = 1_000_000_000  # unpacked
NO_FOLDER = "The pictures lie in no folder: put them into folders named after classes."

Source: TypeAlias = str | PathLike[str] | Sequence[str | PathLike[str]]
Files: TypeAlias = list[tuple[str, Callable[[], bytes]]]  # "anything/class/file.jpg" and its bytes


@dataclass(frozen=True)
class PictureFiles:
    """Picture files by name, to be read one at a time."""

    files: Files = field(repr=False)
    close: Callable[[], None] = field(repr=False, default=lambda: None)
    beside: Files = field(
        repr=False, default_factory=list
    )  # of a zip file: what else was asked for


def list_files(source: Source, *, beside: tuple[str, ...] = ()) -> PictureFiles:
    """The picture files of a zip file or folder, or those of a list; only their endings are seen.

    Of a zip file also the files with one of the endings ``beside``, such as labels (".txt",).
    Call ``close`` on the result when done. Raises ``InputError`` when the source is no zip file or
    folder, is damaged, locked with a password, unsafe or too large, or holds no picture.
    """
    if isinstance(source, str | PathLike):
        path = Path(source).expanduser()
        if not path.is_dir():
            return _read_zip(path, beside)
        root = path.absolute()
        wanted = list_pictures(root, recursive=True)
        names = [file.relative_to(root.parent).as_posix() for file in wanted]
    else:
        wanted = [Path(file) for file in source]
        wanted = [file for file in wanted if is_picture_name(file.name)]
        names = [file.as_posix() for file in wanted]
    readers: list[Callable[[], bytes]] = [partial(_read_file, file) for file in wanted]
    return PictureFiles(check_count(list(zip(names, readers, strict=True))))


def get_folder(name: str) -> str:
    """The folder right above a picture: the name of its class, "" where there is none."""
    return PurePosixPath(name).parent.name


def check_count(files: Files) -> Files:
    """The files, if there are 1 to 2,000 of them; InputError otherwise."""
    if len(files) > MAX_PICTURES:
        raise InputError(
            f"There are {len(files):,} pictures: choose at most {MAX_PICTURES:,} at a time."
        )
    if not files:
        raise InputError(
            "There is no picture in it: put JPEG or PNG files into folders named after classes."
        )
    return files


def _read_zip(path: Path, beside: tuple[str, ...]) -> PictureFiles:
    _check_zip_directory(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InputError("This zip file is damaged: pack the folders again.") from None
    try:
        entries = archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise InputError(
                f"This zip file has {len(entries):,} entries: pack at most {MAX_ENTRIES:,}."
            )
        for entry in entries:
            _check_entry(entry)
        named = {_get_name(entry): entry for entry in entries}
        kept = {
            name: entry
            for name, entry in named.items()
            if is_picture_name(name) and not name.endswith("/")
        }
        if not kept and any(name.lower().endswith(".zip") for name in named):
            raise InputError("This zip file holds another one: unpack that, and choose it instead.")
        if sum(entry.file_size for entry in kept.values()) > MAX_TOTAL_BYTES:
            raise InputError(
                f"This zip file holds more than {MAX_TOTAL_BYTES // 10**9} GB: pack fewer pictures."
            )
        names = sorted(kept)
        files: Files = [(name, partial(_read_entry, archive, kept[name])) for name in names]
        others: Files = [
            (name, partial(_read_entry, archive, entry))
            for name, entry in sorted(named.items())
            if beside and name.lower().endswith(beside)
        ]
        return PictureFiles(check_count(files), archive.close, others)
    except BaseException:
        archive.close()
        raise


def _check_zip_directory(path: Path) -> None:
    """Refuse a file whose table of contents alone would be a burden, before it is parsed."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - (1 << 16) - 22))
            tail = file.read()
    except OSError:
        raise InputError("This file could not be opened: choose a zip file or a folder.") from None
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 22:
        raise InputError("This is no zip file: pack the folders of pictures into a .zip file.")
    directory_bytes = int.from_bytes(tail[end + 12 : end + 16], "little")
    if end >= 20 and tail[end - 20 : end - 16] == b"PK\6\7":  # zip64, as streaming programs write
        large = tail.rfind(b"PK\6\6", 0, end - 20)
        directory_bytes = int.from_bytes(tail[large + 40 : large + 48], "little")
    if directory_bytes > MAX_DIRECTORY_BYTES:
        raise InputError(
            f"This zip file has too many entries: pack at most {MAX_PICTURES:,} pictures."
        )


def _check_entry(entry: zipfile.ZipInfo) -> None:
    parts = re.split(r"[/\\]", entry.filename)
    if ".." in parts or entry.filename.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", parts[0]):
        raise InputError("This zip file has entries that point outside it: pack the folders again.")
    if entry.flag_bits & 1:
        raise InputError("This zip file is locked with a password: pack it again without one.")
    if entry.file_size > MAX_PICTURE_BYTES and is_picture_name(_get_name(entry)):
        raise InputError(
            f"{entry.filename!r} exceeds {MAX_PICTURE_BYTES // 10**6} MB unpacked: leave it out."
        )


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        with archive.open(entry) as file:
            data = file.read(MAX_PICTURE_BYTES + 1)  # the size that the entry states may be a lie
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        raise InputError(f"{entry.filename!r} is damaged in the zip file.") from None
    except Exception as error:  # zlib, bz2 and lzma have error types of their own
        raise InputError(f"{entry.filename!r} cannot be unpacked.") from error
    return _check_length(data, entry.filename)


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PICTURE_BYTES + 1)
    except OSError:
        raise InputError(f"{path.name!r} could not be opened.") from None
    return _check_length(data, path.name)


def _check_length(data: bytes, name: str) -> bytes:
    if len(data) > MAX_PICTURE_BYTES:
        raise InputError(f"{name!r} has more than {MAX_PICTURE_BYTES // 10**6} MB: leave it out.")
    return data


def _get_name(entry: zipfile.ZipInfo) -> str:
    """A path with slashes. Windows programs write backslashes, macOS UTF-8 without saying so."""
    name = entry.filename
    if not entry.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")

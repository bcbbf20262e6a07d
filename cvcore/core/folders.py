"""Which files of a folder, or of a zip file, are taken for pictures: one rule for every lesson.

A name's ending decides, so that a list of labels or a thumbnail store is passed over; whether the
file is a picture after all is found out as it is read. So the list names more than can be read: a
camera's raw file is told to be unreadable, by name, and not left out without a word.
"""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path, PurePath

# fmt: off
PICTURE_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jif", ".jfif", ".jfi", ".pjpeg", ".pjp", ".mpo", ".png", ".apng",
    ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".avifs", ".heic", ".heif", ".hif",
    ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".ppm", ".pgm", ".pbm", ".pnm", ".pfm",
    ".ico", ".icns", ".tga", ".qoi", ".pcx", ".psd", ".dds", ".sgi",
    # of these a folder is told that they cannot be read
    ".jxl", ".svg", ".svgz", ".exr", ".hdr", ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw",
    ".arw", ".orf", ".raf", ".rw2", ".pef", ".srw",
)
# fmt: on


def is_picture_name(name: str | PathLike[str]) -> bool:
    """Whether a path inside a folder or zip file names a picture: by its ending, in any case.

    Hidden files, and the twins that macOS puts beside them (``__MACOSX``, ``._name``), are none.
    """
    path = PurePath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return path.suffix.lower() in PICTURE_SUFFIXES and not hidden


def keep_pictures(files: Iterable[Path], folder: Path) -> list[Path]:
    """Those of a folder's files that are pictures, by name; the folder itself may be hidden."""
    return sorted(
        file for file in files if is_picture_name(file.relative_to(folder)) and file.is_file()
    )


def list_pictures(folder: str | PathLike[str], *, recursive: bool = False) -> list[Path]:
    """The picture files in a folder, sorted; with ``recursive`` those in its folders, too.

    Empty when there are none, or no such folder.
    """
    root = Path(folder)
    return keep_pictures(root.rglob("*") if recursive else root.glob("*"), root)

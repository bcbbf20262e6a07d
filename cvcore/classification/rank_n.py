"""Rank-N accuracy over pictures in class-named folders, from a zip file or the disk."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from os import PathLike
from pathlib import Path, PurePosixPath

import numpy as np

from cvcore import classification
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.core.folders import is_picture_name, list_pictures
from cvcore.engine import registry
from cvcore.recognition import classifier
from cvcore.recognition.preprocessing import prepare

MAX_PICTURES = 2000
MAX_ENTRIES = 10_000  # of a zip file, folders and other files included
MAX_DIRECTORY_BYTES = 4_000_000  # of a zip file's table of contents
MAX_PICTURE_BYTES = 30_000_000
MAX_TOTAL_BYTES = 1_000_000_000  # unpacked
TOP = 5
THUMBNAIL_SIDE = 160


@dataclass(frozen=True)
class LabelledPicture:
    """A picture file and the class that its folder names; read only when asked for."""

    name: str  # "folder/file.jpg"
    class_idx: int
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True)
class LabelledSet:
    """Pictures in class-named folders."""

    pictures: tuple[LabelledPicture, ...]
    unknown_folders: tuple[str, ...]  # folders that name no class; their pictures are left out
    close: Callable[[], None] = field(repr=False, default=lambda: None)


@dataclass(frozen=True)
class RankedPicture:
    """One picture's answer against the truth."""

    name: str
    class_idx: int  # the truth
    rank: int  # place of the truth; 1 is right
    probability: float  # of the truth
    top_indices: tuple[int, ...]  # the five most probable classes
    top_probabilities: tuple[float, ...]
    thumbnail: bytes = field(repr=False, default=b"")  # JPEG, longer side 160; mistakes only


@dataclass(frozen=True)
class RankReport:
    """Rank-N accuracy of a classifier over the pictures seen so far."""

    total: int  # pictures there are to see
    pictures: tuple[RankedPicture, ...] = ()
    unreadable: tuple[str, ...] = ()
    unknown_folders: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        return len(self.pictures) + len(self.unreadable)

    def accuracy(self, n: int) -> float:
        """Share of the pictures seen whose truth is among the n most probable; NaN for none."""
        if not self.pictures:
            return float("nan")
        return sum(picture.rank <= n for picture in self.pictures) / len(self.pictures)

    def mistakes(self, n: int = 1) -> tuple[RankedPicture, ...]:
        """Pictures whose truth is not among the n most probable, the worst rank first."""
        wrong = [picture for picture in self.pictures if picture.rank > n]
        return tuple(sorted(wrong, key=lambda picture: -picture.rank))


def find_class(folder: str, *, model: str = classifier.DEFAULT_MODEL) -> int:
    """The class index that a folder's name means.

    Understood are synset ids (``n02085620``, also with a name behind: ``n02085620-Chihuahua``),
    class names and their WordNet synonyms in any spelling of blanks and capitals (``Egyptian cat``,
    ``egyptian_cat``), and class indices (``285``). Raises ``InputError`` for a name that means no
    class, with the nearest ones, or more than one class.
    """
    name = folder.strip()
    synsets, exact, loose = _class_names(registry.get_weight(model).labels)
    if match := re.match(r"(n\d{8})(?!\d)", name):
        if match[1] in synsets:
            return synsets[match[1]]
        raise InputError(f"The folder {folder!r} names a synset that is none of the 1,000 classes.")
    if name.isascii() and name.isdigit():
        if int(name) < len(synsets):
            return int(name)
        raise InputError(f"The folder {folder!r} is beyond the last class, {len(synsets) - 1}.")
    if name in exact:
        return exact[name]
    found = loose.get(_loosely(name), ())
    if len(found) == 1:
        return found[0]
    if found:
        ids = [list(synsets)[i] for i in found]
        raise InputError(
            f"The folder {folder!r} means several classes: name it {' or '.join(ids)}."
        )
    near = get_close_matches(_loosely(name), loose, n=2, cutoff=0.75)
    hint = f"; did you mean {' or '.join(near)}?" if near else "."
    raise InputError(f"The folder {folder!r} names no ImageNet class{hint}")


def read_set(
    source: str | PathLike | Sequence[str | PathLike], *, model: str = classifier.DEFAULT_MODEL
) -> LabelledSet:
    """Pictures in class-named folders: a zip file, a folder, or a list of picture files.

    Only a picture's own folder counts (``anything/collie/1.jpg`` is a collie). Nothing is
    unpacked to the disk, and pictures are read one at a time. Call ``close`` on the result when
    done. Raises ``InputError`` when the source is no zip file or folder, is damaged, locked with a
    password, unsafe or too large, or holds no picture in a folder that names a class.
    """
    if isinstance(source, str | PathLike):
        path = Path(source).expanduser()
        if not path.is_dir():
            return _read_zip(path, model)
        root = path.absolute()
        wanted = list_pictures(root, recursive=True)
        names = [file.relative_to(root.parent).as_posix() for file in wanted]
    else:
        wanted = [Path(file) for file in source]
        wanted = [file for file in wanted if is_picture_name(file.name)]
        names = [file.as_posix() for file in wanted]
    readers = [lambda file=file: _read_file(file) for file in wanted]
    return _label(list(zip(names, readers, strict=True)), model)


def evaluate(
    labelled: LabelledSet, *, model: str = classifier.DEFAULT_MODEL, batch_size: int = 8
) -> Iterator[RankReport]:
    """Classify the pictures, yielding the report so far after every batch; the last is complete.

    A picture that cannot be read is listed and left out of the accuracy.
    """
    report = RankReport(len(labelled.pictures), unknown_folders=labelled.unknown_folders)
    budget = MAX_TOTAL_BYTES
    for start in range(0, len(labelled.pictures), batch_size):
        batch, inputs, thumbnails, unreadable = [], [], [], []
        for picture in labelled.pictures[start : start + batch_size]:
            try:
                data = picture.read()
                budget -= len(data)
                image = images.load_image(data)
                ready = prepare(image, model)
            except InputError:
                unreadable.append(picture.name)
                continue
            if budget < 0:
                raise InputError(
                    f"These pictures exceed {MAX_TOTAL_BYTES // 10**9} GB unpacked: use fewer."
                )
            batch.append(picture)
            inputs.append(ready)
            thumbnails.append(image)
        logits = classifier.run_network(inputs, model=model)
        ranked = [_rank(*row) for row in zip(batch, logits, thumbnails, strict=True)]
        report = replace(
            report,
            pictures=(*report.pictures, *ranked),
            unreadable=(*report.unreadable, *unreadable),
        )
        yield report


def to_csv(report: RankReport, labels: Sequence[str]) -> str:
    """The report as CSV text: a row per picture with the truth, its rank and the top five."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    top = [name for n in range(1, TOP + 1) for name in (f"top{n}", f"p{n}")]
    writer.writerow(["file", "true_index", "true_class", "rank", "p_true", *top])
    for picture in report.pictures:
        pairs = zip(picture.top_indices, picture.top_probabilities, strict=True)
        answers = [cell for index, p in pairs for cell in (labels[index], f"{p:.6f}")]
        row = [picture.class_idx, labels[picture.class_idx], picture.rank]
        writer.writerow([_plain(picture.name), *row, f"{picture.probability:.6f}", *answers])
    for name in report.unreadable:
        writer.writerow([_plain(name), "", "", "unreadable"])
    return text.getvalue()


def _rank(picture: LabelledPicture, logits: np.ndarray, image: np.ndarray) -> RankedPicture:
    probabilities = classifier.softmax(logits)
    rank = int(classification.true_ranks(logits[None], [picture.class_idx])[0])
    top = np.argsort(-logits, kind="stable")[:TOP]
    small = images.to_jpeg(images.shrink(image, THUMBNAIL_SIDE)) if rank > 1 else b""
    return RankedPicture(
        picture.name,
        picture.class_idx,
        rank,
        float(probabilities[picture.class_idx]),
        tuple(int(index) for index in top),
        tuple(float(p) for p in probabilities[top]),
        small,
    )


def _label(files: list[tuple[str, Callable[[], bytes]]], model: str) -> LabelledSet:
    if len(files) > MAX_PICTURES:
        raise InputError(
            f"There are {len(files):,} pictures: choose at most {MAX_PICTURES:,} at a time."
        )
    classes: dict[str, int | InputError] = {}
    pictures = []
    for name, read in files:
        folder = PurePosixPath(name).parent.name
        if folder not in classes:
            try:
                classes[folder] = find_class(folder, model=model)
            except InputError as error:
                classes[folder] = error
        found = classes[folder]
        if isinstance(found, int):
            pictures.append(LabelledPicture(f"{folder}/{PurePosixPath(name).name}", found, read))
    errors = {folder: error for folder, error in classes.items() if not isinstance(error, int)}
    if not files:
        raise InputError(
            "There is no picture in it: put JPEG or PNG files into folders named after classes."
        )
    if not pictures:
        if "" in errors:
            raise InputError(
                "The pictures lie in no folder: put them into folders named after classes."
            )
        raise next(iter(errors.values()))
    return LabelledSet(tuple(pictures), tuple(errors))


def _read_zip(path: Path, model: str) -> LabelledSet:
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
        readers = [lambda entry=kept[name]: _read_entry(archive, entry) for name in names]
        labelled = _label(list(zip(names, readers, strict=True)), model)
    except BaseException:
        archive.close()
        raise
    return replace(labelled, close=archive.close)


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
        raise InputError("This is no zip file: pack the class-named folders into a .zip file.")
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


@cache
def _class_names(file: str) -> tuple[dict[str, int], dict[str, int], dict[str, tuple[int, ...]]]:
    """Synset id, exact name and loosely spelt name or synonym, each to class indices."""
    rows = registry.read_label_rows(file)
    synsets = {synset: index for index, (synset, *_) in enumerate(rows)}
    exact = {name: index for index, (*_, name) in enumerate(rows)}
    names: dict[str, tuple[int, ...]] = {}
    synonyms: dict[str, tuple[int, ...]] = {}
    for index, (_, lemmas, name) in enumerate(rows):
        names[_loosely(name)] = (*names.get(_loosely(name), ()), index)
        for lemma in {_loosely(lemma) for lemma in lemmas.split(", ")}:
            synonyms[lemma] = (*synonyms.get(lemma, ()), index)
    return synsets, exact, synonyms | names  # a class's own name goes before another's synonym


def _loosely(name: str) -> str:
    return " ".join(re.findall(r"\w+", name.casefold().replace("_", " ")))


def _plain(cell: str) -> str:
    """A file name that a spreadsheet does not take for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell

"""Rank-N accuracy over pictures in class-named folders, from a zip file or the disk."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from pathlib import PurePosixPath

import numpy as np

from cvcore import classification
from cvcore.core import class_folders, images
from cvcore.core.class_folders import MAX_TOTAL_BYTES
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.recognition import classifier
from cvcore.recognition.preprocessing import prepare

TOP = 5
SHOWN = 5  # pictures in a table of ranked answers
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
    thumbnail: bytes = field(repr=False, default=b"")  # JPEG; of mistakes and the first five


@dataclass(frozen=True)
class RankReport:
    """Rank-N accuracy of a classifier over the pictures seen so far."""

    total: int  # pictures there are to see
    pictures: tuple[RankedPicture, ...] = ()
    unreadable: tuple[str, ...] = ()
    unknown_folders: tuple[str, ...] = ()
    note: str = ""  # what else there is to say of the set

    @property
    def seen(self) -> int:
        return len(self.pictures) + len(self.unreadable)

    def accuracy(self, n: int) -> float:
        """Share of the pictures seen whose truth is among the n most probable; NaN for none."""
        return share_within([picture.rank for picture in self.pictures], n)

    def mistakes(self, n: int = 1) -> tuple[RankedPicture, ...]:
        """Pictures whose truth is not among the n most probable, the worst rank first."""
        wrong = [picture for picture in self.pictures if picture.rank > n]
        return tuple(sorted(wrong, key=lambda picture: -picture.rank))

    def choose_shown(self, count: int = SHOWN) -> tuple[RankedPicture, ...]:
        """So many pictures as there is room for, from the best rank to the worst: all of a small
        set, of a large one some from all over the ranks, among those with a thumbnail."""
        kept = sorted((one for one in self.pictures if one.thumbnail), key=lambda one: one.rank)
        if len(kept) <= count:
            return tuple(kept)
        places = np.linspace(0, len(kept) - 1, count).round().astype(int)
        return tuple(kept[place] for place in places)


def share_within(ranks: Sequence[int], n: int) -> float:
    """Rank-N accuracy from the places (1 is the best) at which the truths stand; NaN for none.

    >>> share_within([1, 2, 1, 4, 7], 2)
    0.6
    """
    return float(np.mean([rank <= n for rank in ranks])) if len(ranks) else float("nan")


def read_ranks(text: str, *, count: int = SHOWN, worst: int = 1000) -> tuple[int, ...]:
    """Typed ranks, ``"1, 2, 1, 4, 7"``: so many whole numbers from 1 to ``worst``, else InputError.

    Between them stand commas, semicolons or spaces.
    """
    words = re.split(r"[\s,;]+", str(text).strip())
    numbers = [int(word) for word in words if re.fullmatch(r"[0-9]{1,9}", word)]
    if not len(words) == len(numbers) == count or not all(1 <= n <= worst for n in numbers):
        raise InputError(
            f"Type {count} ranks, whole numbers from 1 to {worst:,}, with commas between them."
        )
    return tuple(numbers)


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


def read_set(source: class_folders.Source, *, model: str = classifier.DEFAULT_MODEL) -> LabelledSet:
    """Pictures in class-named folders: a zip file, a folder, or a list of picture files.

    Only a picture's own folder counts (``anything/collie/1.jpg`` is a collie). Nothing is
    unpacked to the disk, and pictures are read one at a time. Call ``close`` on the result when
    done. Raises ``InputError`` when the source is no zip file or folder, is damaged, locked with a
    password, unsafe or too large, or holds no picture in a folder that names a class.
    """
    found = class_folders.list_files(source)
    try:
        return replace(_label(found.files, model), close=found.close)
    except BaseException:
        found.close()
        raise


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
        shown = [len(report.pictures) + place < SHOWN for place in range(len(batch))]
        ranked = [_rank(*row) for row in zip(batch, logits, thumbnails, shown, strict=True)]
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


def _rank(
    picture: LabelledPicture, logits: np.ndarray, image: np.ndarray, is_shown: bool
) -> RankedPicture:
    probabilities = classifier.softmax(logits)
    rank = int(classification.true_ranks(logits[None], [picture.class_idx])[0])
    top = np.argsort(-logits, kind="stable")[:TOP]
    small = b""
    if rank > 1 or is_shown:
        small = images.to_jpeg(images.shrink(image, THUMBNAIL_SIDE))
    return RankedPicture(
        picture.name,
        picture.class_idx,
        rank,
        float(probabilities[picture.class_idx]),
        tuple(int(index) for index in top),
        tuple(float(p) for p in probabilities[top]),
        small,
    )


def _label(files: class_folders.Files, model: str) -> LabelledSet:
    classes: dict[str, int | InputError] = {}
    pictures = []
    for name, read in files:
        folder = class_folders.get_folder(name)
        if folder not in classes:
            try:
                classes[folder] = find_class(folder, model=model)
            except InputError as error:
                classes[folder] = error
        found = classes[folder]
        if isinstance(found, int):
            pictures.append(LabelledPicture(f"{folder}/{PurePosixPath(name).name}", found, read))
    errors = {folder: error for folder, error in classes.items() if not isinstance(error, int)}
    if not pictures:
        if "" in errors:
            raise InputError(class_folders.NO_FOLDER)
        raise next(iter(errors.values()))
    return LabelledSet(tuple(pictures), tuple(errors))


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

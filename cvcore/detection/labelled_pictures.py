"""A set of labelled pictures out of a zip file: measured one by one, kept to be looked at."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from os import PathLike
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from cvcore.core import class_folders, images
from cvcore.core.errors import InputError
from cvcore.detection import find_class_ids
from cvcore.detection.confusion import ConfusionMatrix, Scored, count_confusions
from cvcore.detection.evaluation import CocoMetric, DetectionScore
from cvcore.detection.labels import GroundTruth, decode_text, parse_labels
from cvcore.engine.isolation import undisturbed

MAX_PICTURES = 300
MAX_LABEL_BYTES = 1_000_000
SHOWN_SIDE = 480  # pixels, of the picture that is kept
MAX_SIDE = 4096  # pixels
NAMES = ("classes.txt", "data.yaml", "data.yml", "dataset.yaml")  # which number is which class


@dataclass(frozen=True, eq=False)
class Judged:
    """A picture, what was found in it, and what is there."""

    name: str
    jpeg: bytes = field(repr=False)  # its longer side at most 480 pixels
    size_hw: tuple[int, int]  # pixels, of the picture as it was measured
    found: Scored = field(repr=False)  # down to a confidence of 0.001
    truth: GroundTruth = field(repr=False)


@dataclass(eq=False)
class LabelledSet:
    """What a visit has measured so far."""

    labels: tuple[str, ...]  # the network's classes
    made_by: str = ""  # the network and its input size, in words: one set is measured by one
    pictures: list[Judged] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _score: tuple[int, DetectionScore] | None = field(default=None, repr=False)

    def add(self, name: str, image: np.ndarray, found: Scored, truth: GroundTruth) -> None:
        """One picture more (H, W, 3); InputError where the set is full."""
        if len(self.pictures) >= MAX_PICTURES:
            raise InputError(f"There are {MAX_PICTURES} pictures already: begin a new set.")
        small = images.to_jpeg(images.shrink(image, SHOWN_SIDE))
        self.pictures.append(Judged(name, small, image.shape[:2], found, truth))

    @undisturbed
    def score(self) -> DetectionScore:
        """COCO's figures over all pictures; InputError where there is no object.

        They are computed once for as many pictures as there are.
        """
        if self._score and self._score[0] == len(self.pictures):
            return self._score[1]
        if not sum(len(one.truth.class_id) for one in self.pictures):
            raise InputError("No picture has a truth box: there is nothing to find; label some.")
        metric = CocoMetric()
        for one in self.pictures:
            metric.add(one.found, one.truth)
        self._score = len(self.pictures), metric.compute(self.labels)
        return self._score[1]

    def confusions(self, confidence: float, iou_limit: float) -> ConfusionMatrix:
        """See ``count_confusions``."""
        return count_confusions(
            [one.found for one in self.pictures], [one.truth for one in self.pictures],
            len(self.labels), confidence=confidence, iou_limit=iou_limit,
        )  # fmt: skip


@undisturbed
def measure_zip(
    source: str | PathLike[str],
    predict: Callable[[np.ndarray], Scored],
    labels: tuple[str, ...],
) -> Iterator[tuple[int, int, LabelledSet]]:
    """Yields (pictures done, in all, the set so far) for a zip file with pictures and YOLO labels.

    A label file has its picture's name, and lies beside it or in ``labels`` where the picture lies
    in ``images``. Its numbers are the network's classes, or those that classes.txt or data.yaml
    names. A picture that cannot be read, or whose label file is wrong, is left out and named in the
    set's ``notes``. InputError for what is no such zip file.
    """
    with closing(class_folders.list_files(source, beside=(".txt", ".yaml", ".yml"))) as found:
        if len(found.files) > MAX_PICTURES:
            raise InputError(
                f"There are {len(found.files):,} pictures: choose at most {MAX_PICTURES} at a time."
            )
        texts = dict(found.beside)
        classes = read_classes(texts, labels)
        label_files = {name: find_label_file(name, texts) for name, _ in found.files}
        bare = sum(file is None for file in label_files.values())
        if bare == len(label_files):
            raise InputError(
                "No label file in it has the name of a picture: put labels/NAME.txt beside "
                "images/NAME.jpg."
            )
        done = LabelledSet(labels)
        if bare:
            done.notes.append(f"{bare} pictures have no label file: they count as empty.")
        for number, (name, read) in enumerate(found.files, start=1):
            file, short = label_files[name], PurePosixPath(name).name
            try:
                image = images.load_image(read(), max_side=MAX_SIDE)
                text = "" if file is None else read_text(file, texts[file])
                name_of_file = PurePosixPath(file or "").name
                truth = parse_labels(text, name_of_file, image.shape[:2], len(classes))
                truth = GroundTruth(truth.xyxy, np.array(classes, np.int64)[truth.class_id])
                done.add(short, image, predict(image), truth)
            except InputError as error:
                done.notes.append(f"{short} is left out: {error}")
            yield number, len(found.files), done
    if not done.pictures:
        raise InputError(f"No picture could be measured. {' '.join(done.notes[:2])}")


def find_label_file(picture: str, names: Any) -> str | None:
    """The label file of a picture among ``names``: in ``labels`` instead of ``images``, or beside
    it."""
    path = PurePosixPath(picture).with_suffix(".txt")
    parts = list(path.parts)
    if "images" in parts:
        at = len(parts) - 1 - parts[::-1].index("images")
        there = "/".join([*parts[:at], "labels", *parts[at + 1 :]])
        if there in names:
            return there
    return path.as_posix() if path.as_posix() in names else None


def read_text(name: str, read: Callable[[], bytes]) -> str:
    """The text of a file in the zip file, if it is none that is too long."""
    data, short = read(), PurePosixPath(name).name
    if len(data) > MAX_LABEL_BYTES:
        raise InputError(f"{short} has more than 1 MB: it is no label file.")
    return decode_text(data, short)


def read_classes(texts: dict[str, Callable[[], bytes]], labels: tuple[str, ...]) -> list[int]:
    """The network's class of each number in the label files.

    InputError where classes.txt or data.yaml names one that the network does not know.
    """
    named = [name for name in texts if PurePosixPath(name).name.lower() in NAMES]
    if not named:
        return list(range(len(labels)))
    text = read_text(named[0], texts[named[0]])
    if named[0].lower().endswith(".txt"):
        names: Sequence[str] = [line.strip() for line in text.splitlines() if line.strip()]
    else:
        names = _read_yaml_names(text, PurePosixPath(named[0]).name)
    return find_class_ids(list(names), labels) if names else list(range(len(labels)))


def _read_yaml_names(text: str, file: str) -> list[str]:
    import yaml  # type: ignore[import-untyped]  # comes with ultralytics

    try:
        names = (yaml.safe_load(text) or {}).get("names", [])
        if isinstance(names, dict):
            names = [names[number] for number in range(len(names))]
        if not all(isinstance(name, str | int | float) for name in names):
            raise TypeError  # lists within lists can be endless
        return [str(name) for name in names]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, RecursionError):
        raise InputError(
            f"{file} has no list of names: write classes.txt, a name a line."
        ) from None

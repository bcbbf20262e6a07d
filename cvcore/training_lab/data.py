"""The visitor's own pictures to train on, beside the bundled ones."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np
import torch

from cvcore.core import class_folders, images
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import (
    SIDES,
    Data,
    Part,
    check_look,
    fit_picture,
    load_clothes,
    load_digits,
    make_generator,
    to_part,
)

__all__ = [
    "Data",
    "Part",
    "from_pictures",
    "load_clothes",
    "load_digits",
    "read_folders",
    "to_look",
]
MAX_CLASSES = 50
MIN_PICTURES = 3  # of a class: one to learn from, one to validate with, one to test with
HELD_BACK = 0.2  # share of a class that validates; as much tests
UNEVEN = 3  # times as many pictures as the smallest class, of which a note tells


@undisturbed
def read_folders(source: class_folders.Source, *, look: str = "colour", seed: int = 0) -> Data:
    """Pictures in class-named folders, from a zip file, a folder or a list of files.

    Each is cut to its middle square and brought to 64 x 64, with ``look`` "grey" to 28 x 28, with
    "large", which suits a transfer, to 128 x 128. A fifth of each class validates and as many test,
    chosen by the seed. What cannot be read is left out, and told in ``notes``. Raises
    ``InputError`` for what ``class_folders.list_files`` refuses, for fewer than two classes, and
    for a class with fewer than three pictures.
    """
    check_look(look)
    classes: dict[str, list[np.ndarray]] = {}
    notes: list[str] = []
    with closing(class_folders.list_files(source)) as found:
        for name, picture in _read(found.files, look, notes):
            classes.setdefault(class_folders.get_folder(name), []).append(picture)
    if set(classes) == {""}:
        raise InputError(class_folders.NO_FOLDER)
    if stray := classes.pop("", []):
        notes.append(f"{len(stray)} pictures in no folder were left out.")
    data = from_pictures(classes, look=look, seed=seed)
    return replace(data, notes=(*notes, *data.notes))


def _read(
    files: class_folders.Files, look: str, notes: list[str]
) -> Iterator[tuple[str, np.ndarray]]:
    unreadable = []
    for name, read in files:
        try:
            yield name, fit_picture(images.load_image(read(), max_side=1024), look)
        except InputError:
            unreadable.append(name.rsplit("/", 1)[-1])
    if unreadable:
        names = ", ".join(unreadable[:5]) + (" ..." if len(unreadable) > 5 else "")
        notes.append(f"Could not be read and left out: {names}.")


@undisturbed
def from_pictures(
    classes: Mapping[str, Sequence[images.Picture]], *, look: str = "colour", seed: int = 0
) -> Data:
    """Pictures by class, as a webcam gives them; the rest as ``read_folders``."""
    check_look(look)
    names = sorted(classes)
    _check_classes({name: len(classes[name]) for name in names})
    parts: list[list[tuple[np.ndarray, int]]] = [[], [], []]
    for label, name in enumerate(names):
        pictures = [
            picture if _is_fit(picture, look) else fit_picture(picture, look)
            for picture in classes[name]
        ]
        held = max(1, round(HELD_BACK * len(pictures)))
        order = torch.randperm(len(pictures), generator=make_generator(seed, 5, label)).tolist()
        for place, index in enumerate(order):
            part = 1 if place < held else 2 if place < 2 * held else 0
            parts[part].append((pictures[index], label))
    sizes = {len(classes[name]): name for name in names}
    notes: tuple[str, ...] = ()
    if max(sizes) >= UNEVEN * min(sizes):
        notes = (
            f"{sizes[max(sizes)]} has {max(sizes)} pictures and {sizes[min(sizes)]} only "
            f"{min(sizes)}: the network will lean towards the larger class.",
        )
    training, validation, test = (to_part(*zip(*part, strict=True)) for part in parts)
    return Data("own", tuple(names), training, validation, test, notes)


@undisturbed
def to_look(data: Data, look: str) -> Data:
    """The same pictures in the same three parts, brought to another look: "grey" to (N, 1, 28, 28),
    "colour" to (N, 3, 64, 64), "large" to (N, 3, 128, 128)."""
    check_look(look)

    def change(part: Part) -> Part:
        channels = part.pictures.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).cpu().numpy()
        pictures = np.rint(255 * channels).astype(np.uint8)
        return to_part([fit_picture(one, look) for one in pictures], part.labels.tolist())

    training, validation, test = map(change, (data.training, data.validation, data.test))
    return replace(data, training=training, validation=validation, test=test)


def _is_fit(picture: object, look: str) -> bool:
    side = SIDES[look]
    shape = (side, side) if look == "grey" else (side, side, 3)
    return isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.shape == shape


def _check_classes(counts: Mapping[str, int]) -> None:
    if len(counts) < 2:
        one = f"There is one class alone, {next(iter(counts))}" if counts else "There is no class"
        raise InputError(f"{one}: at least two are needed, each in a folder of its own.")
    if len(counts) > MAX_CLASSES:
        raise InputError(f"There are {len(counts)} classes: choose at most {MAX_CLASSES}.")
    few, count = min(counts.items(), key=lambda item: item[1])
    if count < MIN_PICTURES:
        raise InputError(
            f"{few} has {count} picture{'s' * (count != 1)}: each class needs at least "
            f"{MIN_PICTURES}, to learn from, to validate with and to test with."
        )

"""The visitor's own classes, taught with the webcam: pictures are taken while a button is held."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from demos import components as ui
from demos.lesson import charts
from demos.lesson.turns import Work
from demos.training_lab import own
from demos.training_lab.augment import shrink
from demos.training_lab.session import Session

MOST_CLASSES = 5
LEAST, MOST = 3, 50  # pictures of a class
GAP = 0.1  # seconds between two pictures, at least
SIDE = 128  # pixels, as a transfer takes them
THUMBS, THUMB = 3, 44  # the newest of a class; pixels
LONGEST_NAME = 20  # letters
LARGEST = 2**31 - 1  # number of a class
WRONG_ROWS = "The classes are up to five, each with a number of its own and a name."
TWICE = "Two classes have the same name: give one of them another."
FIRST = {"classes": [[1, "Class 1"], [2, "Class 2"]], "hold": 0, "seen": 0}
WAY, MEASURE = "frozen", "measure"  # what is done, in this order


class ClassRows(ui.JsComponent):
    """A row a class: its name, a button to be held, its pictures, and what clears them.

    Its value, a dict like ``FIRST``, is the page's own: ``hold`` is the number of the class whose
    button is held, or 0, ``seen`` the version of the pictures that are shown. Fires ``settle`` once
    a button was let go, or a class renamed, cleared or removed.
    """

    MARKUP = (
        '<div class="rows"></div>'
        '<button type="button" class="add" data-does="add">+ Add class</button>'
    )
    SCRIPTS = ("teach.js",)


class Counts(ui.JsComponent):
    """What is shown in the rows of a ``ClassRows``, which no answer may write over: a name may be
    typed there, or a button held."""

    MARKUP = "<i></i>"
    SCRIPTS = ("counts.js",)


@dataclass
class OwnClass:
    """Pictures of a class, uint8 (128, 128, 3), and the newest as small data addresses."""

    number: int
    name: str
    pictures: list[np.ndarray] = field(default_factory=list, repr=False)
    thumbs: list[str] = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class Measured:
    """How many of those to learn from a head is right on that has learnt from the others."""

    right: int
    count: int
    done: bool = True


def read_rows(rows: Any) -> tuple[list[tuple[int, str]], int, int]:
    """Number and name of each class, whose button is held, and what is seen: the page's value."""
    try:
        classes = [(int(number), str(name)) for number, name in rows["classes"]]
        hold, seen = int(rows.get("hold", 0)), int(rows.get("seen", 0))
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
        raise InputError(WRONG_ROWS) from None
    numbers = {number for number, _ in classes}
    if len(classes) > MOST_CLASSES or len(numbers) < len(classes):
        raise InputError(WRONG_ROWS)
    if any(not 0 < number <= LARGEST for number in numbers):
        raise InputError(WRONG_ROWS)
    named = [
        (number, clean(name) or f"Class {place}")
        for place, (number, name) in enumerate(classes, start=1)
    ]
    return named, hold, seen


def clean(name: str) -> str:
    """A name in one line, without half letters, which cannot be sent."""
    return " ".join(name.split())[:LONGEST_NAME].encode("utf-8", "ignore").decode()


def measure(data: Any) -> Iterator[Measured]:
    """Leave each picture out once, of those to learn from."""
    found = cvcore.training_lab.leave_one_out(data)
    yield Measured(int((found.labels == found.answers).sum()), len(found.labels))


class Teaching(Work):
    """A visit's classes, and the network that was taught them."""

    def __init__(self) -> None:
        super().__init__()
        self.classes: list[OwnClass] = []
        self.pen = threading.Lock()  # of the classes: frames come while it learns
        self.version = 0  # of all pictures
        self.held = 0
        self.taken = 0.0  # when the last picture was
        self.data: Any = None  # what is taught: ...
        self.taught: tuple = ()  # ... the version, and number and name of each class
        self.known: tuple[Any, list[int]] | None = None  # a network, and its classes' numbers
        self.measured: Measured | None = None  # how well it knows them
        self.shares: dict[int, float] = {}  # by number, of what the webcam showed last

    # --- pictures --------------------------------------------------------------------------------
    def note(self, rows: Any) -> int:
        """Classes as the page has them: pictures of others are gone. Returns what it has seen."""
        named, self.held, seen = read_rows(rows)
        with self.pen:
            known = {one.number: one for one in self.classes}
            left = {number for number, _ in named}
            self.version += any(one.pictures for one in self.classes if one.number not in left)
            self.classes = [known.get(number, OwnClass(number, name)) for number, name in named]
            for one, (_, name) in zip(self.classes, named, strict=True):
                one.name = name
        return seen

    def record(self, frame: np.ndarray) -> None:
        """One picture more for the class whose button is held, if it has room and it is time."""
        now = time.monotonic()
        with self.pen:
            one = next((one for one in self.classes if one.number == self.held), None)
            if one is None or len(one.pictures) >= MOST or now - self.taken < GAP:
                return
            self.taken = now
            one.pictures.append(shrink(frame, SIDE))
            small = images.resize(one.pictures[-1], (THUMB, THUMB), resample="box")
            one.thumbs = [*one.thumbs, images.to_data_uri(small)][-THUMBS:]
            self.version += 1

    def list_ready(self) -> list[OwnClass]:
        """Those with enough pictures."""
        return [one for one in self.classes if len(one.pictures) >= LEAST]

    def count(self, seen: int) -> dict[str, Any]:
        """The value of ``Counts``: how many pictures each class has, and the newest unless the page
        has seen them."""
        with self.pen:
            counts = {str(one.number): len(one.pictures) for one in self.classes}
            thumbs = {str(one.number): one.thumbs for one in self.classes}
        told = {"counts": counts, "most": MOST, "version": self.version}
        return told if seen == self.version else told | {"thumbs": thumbs}

    # --- what is taught --------------------------------------------------------------------------
    def teach(self, data: Any, taught: tuple) -> None:
        """Teach these, by turns."""
        self.end()  # a step under way is of other classes
        settings = cvcore.training_lab.TransferSettings(way=WAY)
        self.data, self.taught, self.measured = data, taught, None
        plan: list = [(WAY, partial(cvcore.training_lab.transfer, settings, data))]
        if np.bincount(data.training.labels.numpy()).min() > 1:  # one of a class is left
            plan.append((MEASURE, partial(measure, data)))
        self.begin(plan)

    def forget(self) -> None:
        """Nothing is taught any more."""
        self.end()
        self.data, self.taught, self.known, self.measured = None, (), None, None
        self.shares = {}

    def take(self, name: str, state: Any) -> None:
        if name == MEASURE:
            self.measured = state
        elif state.model is not None:
            numbers = {name: number for number, name in self.taught[1:]}
            self.known = state.model, [numbers[name] for name in state.model.classes]

    def answer(self, frame: np.ndarray) -> None:
        """What the network takes the webcam's picture for."""
        if known := self.known:
            model, numbers = known
            self.shares = dict(zip(numbers, model.predict(frame).tolist(), strict=True))

    def draw(self) -> dict[str, Any]:
        return draw(self)


def settle(
    teaching: Teaching, session: Session, transfers: Any, asked: int, rows: Any
) -> tuple:  # fmt: skip
    """A button was let go, a class renamed or cleared: teach what there is, if that is enough.

    Returns how often work was asked for, the choice of pictures in Transfer, what is shown and the
    counts.
    """
    seen = teaching.note(rows)
    with teaching.pen:
        classes = teaching.list_ready()
        ready = {one.name: list(one.pictures) for one in classes}
        taught = (teaching.version, *((one.number, one.name) for one in classes))
    chosen: Any = gr.skip()
    if len(classes) < 2 or len(ready) < len(classes):  # or two have one name
        if teaching.data is not None and transfers.own is teaching.data:
            chosen = own.take(session, transfers, None)
        teaching.forget()
    elif taught != teaching.taught:
        data = cvcore.training_lab.from_pictures(ready, look="large")
        chosen, asked = own.take(session, transfers, data), session.token.count(asked)
        teaching.teach(data, taught)
    return asked, chosen, draw(teaching), teaching.count(seen)


# --- drawing -------------------------------------------------------------------------------------
def draw(teaching: Teaching) -> dict[str, Any]:
    """The value of the panel beside the webcam: what to do next, and a bar a class."""
    with teaching.pen:
        sentence, all_shares = guide(teaching), teaching.shares if teaching.known else {}
        shown = [
            (place, one.name, all_shares[one.number])
            for place, one in enumerate(teaching.classes) if one.number in all_shares
        ]  # fmt: skip
    best = max((share for *_, share in shown), default=0)
    bars = "".join(
        f'<div class="bar{" best" if share == best else ""}" '
        f'style="--own:var(--chart-{place});--share:{share:.3f}">'
        f'<b title="{escape(name)}">{escape(name)}</b>'
        f"<span>{charts.percent(round(share, 2))}</span><i></i></div>"
        for place, name, share in shown
    )
    html = f'<div class="lab-answers"><p class="guide" role="status">{sentence}</p>{bars}</div>'
    return {"html": html, "shares": {name: share for _, name, share in shown}}


def guide(teaching: Teaching) -> str:
    """What to do next, in a sentence; as HTML."""
    classes, ready = teaching.classes, teaching.list_ready()
    held = next((one for one in classes if one.number == teaching.held), None)
    if held is not None:
        return guide_recording(held)
    if len({one.name for one in ready}) < len(ready):
        return TWICE
    if not any(one.pictures for one in classes):
        return "Name your classes. Then hold the button of one while you show what belongs to it."
    for one in classes:
        if 0 < len(one.pictures) < LEAST:
            return (
                f"<b>{escape(one.name)}</b> has {say_pictures(len(one.pictures))}: hold its button "
                f"longer, it needs at least {LEAST}."
            )
    if len(ready) == 1:
        return (
            f"<b>{escape(ready[0].name)}</b> has {say_pictures(len(ready[0].pictures))}. Now hold "
            "the button of another class, and show something else."
        )
    count = sum(len(one.pictures) for one in ready)
    if WAY in teaching.waiting:
        return f"It is learning your {count} pictures ..."
    if teaching.known is None:
        return "It has not learnt yet: hold a button once more."
    return (
        "<b>Taught.</b> Show it one class or another; where it is wrong, record more of that."
        f"{say_measured(teaching)}"
    )


def guide_recording(one: OwnClass) -> str:
    """While a button is held."""
    if len(one.pictures) >= MOST:
        return f"<b>{escape(one.name)}</b> is full with {MOST} pictures: let go."
    return f"Recording <b>{escape(one.name)}</b>: turn it, move it, bring it closer."


def say_pictures(count: int) -> str:
    return f"{count} picture{'s' * (count != 1)}"


def say_measured(teaching: Teaching) -> str:
    """How well it knows what it has not learnt from."""
    found = teaching.measured
    if found is None:
        return ""
    return f" Pictures left out of learning, one by one: {found.right} of {found.count} right."

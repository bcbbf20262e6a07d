"""A lesson's place on the page: the picture large, the controls beside it, all else a click away.

A row with the title, the inner views and the source of the picture; below it the stage, and beside
that the rail with the controls; at the foot timings, downloads and the panels. The look is in
``demos/page/static/stage.css``, what moves in ``static/stage.js``.
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import gradio as gr

from demos.components.icons import draw_icon
from demos.components.js_component import load_script
from demos.components.pictures import SafeImage

LIVE = "Live"
SOURCES = (  # name, words, what it does
    ("upload", "Upload", "Choose a picture from this computer, or drop one on the stage"),
    ("webcam", "Webcam", "Live, from this computer's webcam"),
    ("samples", "Samples", "Pictures to begin with, and your own as it was sent"),
    ("paste", "Paste", "A picture from the clipboard"),
    ("last", "Last", "The picture that another lesson had last"),
)
# What is said of the picture: by the server (picture_notes.js), and of a source that gives none.
NOTES = """<div class="lesson-notes"><p class="source-note" role="status"></p></div>"""


def to_key(label: str) -> str:
    """``"Max. boxes (k)"`` as ``max-boxes-k``, of a long label the first five words: as an address
    names views and controls."""
    return "-".join(re.findall(r"[a-z0-9]+", label.lower())[:5])


def draw_sources(names: Sequence[str]) -> str:
    """The buttons in the title's row, and the place of what is said of the picture."""
    buttons = "".join(
        f'<button type="button" data-source="{name}" title="{escape(hint)}" aria-label="{words}">'
        f"{draw_icon(name)}<span>{words}</span></button>"
        for name, words, hint in SOURCES
        if name in names
    )
    if not buttons:
        return ""
    label = "Where the picture comes from"
    return f'<div class="sources" role="group" aria-label="{label}">{buttons}</div>'


class Stage:
    """The stage of a lesson's ``Tab``, whose question opens the rail.

    Its parts are entered with ``with``: a ``view`` of its own, what several views ``show``, the
    ``controls`` of all views or of some, and the ``foot``.
    """

    def __init__(self, tab: Any, title: str, question: str) -> None:
        self.tab = tab
        self.views: dict[str, gr.Tab] = {}  # by title, in their order
        self._more: gr.Accordion | None = None
        tab.stage = self
        with gr.Column(elem_id=f"{tab.topic}-stage", elem_classes=["lesson-grid"]):
            gr.HTML(f"<h2>{escape(title)}</h2>", elem_classes=["lesson-title"])
            self.tabs = gr.Tabs(
                elem_id=f"{tab.topic}-views", elem_classes=["lesson-views"],
                overflow_behavior="wrap",
            )  # fmt: skip
            self._source = gr.Column(elem_classes=["lesson-source"])
            gr.HTML(NOTES, elem_classes=["lesson-said"])
            self._stage = gr.Column(elem_classes=["lesson-stage"])
            with gr.Column(elem_classes=["lesson-rail"]):
                gr.Markdown(question, elem_classes=["question"])
                self._first, self._rail, self._last = gr.Column(), gr.Column(), gr.Column()
            with gr.Row(elem_classes=["lesson-foot"]):
                self.panels = gr.Row(elem_classes=["lesson-panels"])
                self._results = gr.Row(elem_classes=["lesson-results"])

    def view(self, title: str, *, hint: str = "", **kwargs: Any) -> gr.Tab:
        """A view with a stage of its own: what is made in it is computed when it is open.

        ``hint`` says what to do while there is nothing in it.
        """
        key = to_key(title)
        with self.tabs:
            self.views[title] = gr.Tab(
                title, id=key, elem_id=f"{self.tab.topic}-view-{key}", **kwargs
            )
        if hint:
            with self.views[title]:
                gr.HTML(f"<p>{escape(hint)}</p>", elem_classes=["view-hint"])
        return self.views[title]

    def show(self, *titles: str) -> gr.Column:
        """What these views show; those that are none yet are made, without anything of their own.

        So several views look at one result, which is there already when another of them is opened.
        """
        for title in titles:
            if title not in self.views:
                self.view(title)
        with self._stage:
            return gr.Column(elem_classes=["lesson-main", *_to_classes(titles)])

    def controls(self, *titles: str, first: bool = False) -> gr.Column:
        """A part of the rail, in these views only, or in all; ``first``: above those that are
        not."""
        with self._first if first else self._rail:
            return gr.Column(elem_classes=_to_classes(titles))

    def more(self, *titles: str) -> gr.Column:
        """A part of the rail in these views that is folded away at first, and stands last: all of
        them stand in one fold."""
        if self._more is None:
            with self._last:
                self._more = gr.Accordion("More", open=False, elem_classes=["more"])
        classes = self._more.elem_classes
        self._more.elem_classes = list(dict.fromkeys([*classes, *_to_classes(titles)]))
        with self._more:
            return self.part(*titles)

    def part(self, *titles: str, **kwargs: Any) -> gr.Column:
        """What is shown in these views only, of the part that is entered: above all of "More"."""
        return gr.Column(elem_classes=_to_classes(titles), **kwargs)

    def side_by_side(self, *titles: str) -> gr.Row:
        """As ``part``, its things beside each other even on a phone."""
        return gr.Row(elem_classes=["side-by-side", "always", *_to_classes(titles)])

    def panel(self, title: str, *titles: str) -> gr.Accordion:
        """A panel of the foot, closed at first, in these views only, or in all."""
        with self.panels:
            return gr.Accordion(title, open=False, elem_classes=_to_classes(titles))

    def told(self, *titles: str) -> gr.Row:
        """Timings and files at the foot's end, of these views only."""
        with self._results:
            return gr.Row(elem_classes=_to_classes(titles))

    def sources(self, picture: str = "", live: bool = False) -> gr.Column:
        """The source buttons; returns the panel behind "Samples", for the ``picture`` (its name on
        the page) and what it can be chosen from."""
        names = ["webcam"] if live else []
        if picture:
            names += ["upload", "samples", "paste", "last"]
        with self._source:
            gr.HTML(
                draw_sources(names),
                js_on_load=load_script(__name__, "stage.js"),
                elem_classes=["source-bar"],
                elem_id=f"{self.tab.topic}-sources",
            )
            return gr.Column(elem_classes=["source-panel"])

    def picture_input(
        self, *, sample: str | None, names: Sequence[str] | None = None,
        elem_id: str | None = None, live: bool = True, **kwargs: Any,
    ) -> SafeImage:  # fmt: skip
        """The lesson's picture, by upload, drop, paste, sample or from the lesson before.

        ``sample`` is shown at first; ``names`` are the samples offered (all by default);
        ``fails`` and ``unsure`` say of some, by name, what is hard there; with ``live`` there is a
        view "Live", which the webcam's button opens.
        """
        elem_id = elem_id or f"{self.tab.topic.replace('_', '-')}-picture"
        with self.sources(elem_id, live):
            return self.tab.picture_input(
                sample=sample, names=names, elem_id=elem_id, height=200, **kwargs
            )

    def live(self) -> gr.Tab:
        """The view that the webcam's button opens."""
        return self.view(LIVE)


def _to_classes(titles: Sequence[str]) -> list[str]:
    return ["for-view", *(f"for-{to_key(title)}" for title in titles)] if titles else []

"""The view "One shot": the trained network names signs from one example, and compares scribbles."""

from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.face_verification.siamese.settings import UNSEEN
from demos import components as ui
from demos import lesson
from demos.face_verification import siamese
from demos.face_verification.siamese import Parts, Siamese
from demos.face_verification.siamese_drawing import draw_histogram
from demos.face_verification.siamese_plane import Pin, draw_plane
from demos.face_verification.views import number, percent
from demos.lesson import charts

TITLE = "One shot"
SIGNS = ("A", "B", "C")
ASKED = "?"
HANDS = ("first", "second")
TASKS = {"signs": "name a sign", "hands": "same hand?"}
SAID = {
    "signs": "Draw **one** example each of two or three new signs: 8 and 9, which the network has "
    "never seen, or any scribble. Then draw one of them again, on the last pad.",
    "hands": "Draw two scribbles or signatures: both by one hand, or the second by a neighbour. "
    "Drawings stay in memory, and go when you leave.",
}
LABELS = {
    "A": "Sign A", "B": "Sign B", "C": "Sign C", ASKED: "Sign ?",
    "first": "First", "second": "Second",
}  # fmt: skip
NO_NETWORK = "No network is trained yet: open Train one, and press Start."
NO_HANDS = "Draw two scribbles, one on each pad: both with your hand, or the second by a neighbour."
NO_QUESTION = "Now draw one of these signs once more, on the pad with the question mark."
PAD = 280  # pixels
TOOLS = """<div class="tools"><b>{label}</b><input type="hidden" value="8">
<span class="does"><button type="button" data-act="undo">Undo</button>
<button type="button" data-act="clear">Clear</button></span></div>"""


class SignPad(ui.DigitPad):
    """A pad with its name, for one sign."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        tools = TOOLS.format(label=escape(label))
        self.MARKUP = f'<div class="drawn pad">{tools}{ui.draw_canvas(label)}</div>'
        super().__init__(label=label, **kwargs)


# --- what is drawn -------------------------------------------------------------------------------
def keep(work: Siamese, name: str, drawing: np.ndarray | None) -> dict[str, Any]:
    """A pad has another drawing, or none any more; what the network says of all of them."""
    with work.drawing:
        work.drawings.pop(name, None)
        if drawing is not None:
            work.drawings[name] = np.ascontiguousarray(drawing[..., 0])
        return draw(work)


def begin_with_digits(work: Siamese) -> dict[str, Any]:
    """An 8 and a 9 as signs, and another 9 to be named: of the digits that nobody has learnt from.

    Returns a value for each pad; what a visitor has drawn stays.
    """
    if work.drawings:
        return {name: gr.skip() for name in LABELS}
    test = cvcore.recognition.datasets.load_digits().test
    rows = [np.flatnonzero(test.labels.numpy() == digit) for digit in UNSEEN]
    chosen = {"A": rows[0][0], "B": rows[1][0], ASKED: rows[1][1]}
    for name, row in chosen.items():
        grey = np.rint(test.pictures[row, 0].numpy() * 255).astype(np.uint8)
        work.drawings[name] = images.resize(grey, (PAD, PAD), resample="bilinear")
    return {
        name: {"src": _to_source(work.drawings[name])} if name in work.drawings else gr.skip()
        for name in LABELS
    }


def _to_source(grey: np.ndarray) -> str:
    return images.to_data_uri(np.repeat(grey[..., None], 3, axis=2), format="png")


# --- what the network says -----------------------------------------------------------------------
def draw(work: Siamese) -> dict[str, Any]:
    """Both tasks, of which the style shows the chosen one."""
    with work.drawing:
        return _draw(work)


def _draw(work: Siamese) -> dict[str, Any]:
    p = work.progress
    if p is None:
        words = lesson.under_way("The network is being trained.", NO_NETWORK)
        html = words if work.plan else NO_NETWORK
        return {"html": f'<div class="siam"><p class="siam-hint">{html}</p></div>'}
    if p.diverged:
        words = f"The training diverged at step {p.step}: start it again with a smaller rate."
        return {"html": f'<div class="siam"><p class="siam-hint">{words}</p></div>'}
    signs, named = draw_signs(p, work.drawings)
    hands, compared = draw_hands(p, work.drawings)
    state = ""
    if work.plan:
        words = f"The network is at step {p.step} of {p.total}."
        state = f'<p class="siam-note">{lesson.under_way(words, f"Stopped at step {p.step}.")}</p>'
    html = (
        f'<div class="siam siam-shot"><section class="siam-of-signs">{signs}</section>'
        f'<section class="siam-of-hands">{hands}</section>{state}</div>'
    )
    return {"html": html, **named, **compared}


def draw_signs(p: Any, drawings: dict[str, np.ndarray]) -> tuple[str, dict[str, Any]]:
    """Which sign is nearest, the distances as bars, and where all of them lie."""
    model, pins = p.model, []
    numbers: dict[str, Any] = {}
    examples = {name: [drawings[name]] for name in SIGNS if name in drawings}
    try:
        if ASKED not in drawings and len(examples) > 1:
            raise InputError(NO_QUESTION)
        found = model.name(drawings.get(ASKED, np.zeros((PAD, PAD), np.uint8)), examples)
        said = (
            f'<p class="verdict">It is nearest to <b>{found.name}</b></p>'
            f"{_draw_bars(found.distances, found.name)}"
        )
        numbers = {"name": found.name, "distances": found.distances}
        pins = [Pin(ASKED, found.embedding, is_asked=True)]
    except InputError as error:
        said = f'<p class="verdict asks">{escape(str(error))}</p>'
    pins = [*_place_examples(model, examples), *pins] if p.settings.dimensions == 2 else []
    why = (
        '<p class="siam-note">Nothing is learnt from your examples: distances are compared. Faint: '
        "held-back digits; 8 and 9 were never shown.</p>"
    )
    return f"{said}{draw_plane(p, pins, is_faint=True)}{why}", numbers


def _place_examples(model: Any, examples: dict[str, list[np.ndarray]]) -> list[Pin]:
    pins = []
    for name, (drawing,) in examples.items():
        try:
            digit = cvcore.recognition.digits.to_digit(drawing)
        except InputError:  # said in words already
            continue
        pins.append(Pin(name, model.embed(digit[None])[0]))
    return pins


def _draw_bars(distances: dict[str, float], best: str) -> str:
    longest = max(*distances.values(), 1e-9)
    rows = "".join(
        f'<b>{escape(name)}</b><span class="track{" first" if name == best else ""}">'
        f'<i style="width:{100 * d / longest:.1f}%"></i></span><span>{number(d)}</span>'
        for name, d in distances.items()
    )
    return f'<div class="bars" role="img" aria-label="Distances to each sign">{rows}</div>'


def draw_hands(p: Any, drawings: dict[str, np.ndarray]) -> tuple[str, dict[str, Any]]:
    """The distance of two scribbles among those of digits, and which side of the threshold."""
    mark: tuple = ()
    numbers: dict[str, Any] = {}
    if not all(name in drawings for name in HANDS):
        said = f'<p class="verdict asks">{NO_HANDS}</p>'
    else:
        try:
            c = p.model.compare(*(drawings[name] for name in HANDS))
        except InputError as error:
            return f'<p class="verdict asks">{escape(str(error))}</p>', {}
        word = "Near: taken for the same" if c.is_same else "Far: taken for different"
        said = (
            f'<p class="verdict">{word}</p><p>Distance <b>{number(c.distance)}</b>, threshold '
            f"{number(c.threshold)}. So near or nearer are {percent(c.false_accept)} of the pairs "
            f"of two digits; farther are {percent(c.false_reject)} of the pairs of one.</p>"
        )
        high = float(p.known.edges[-1])
        mark = (charts.Mark(min(c.distance, high), "yours", colour=charts.PURPLE, is_arrow=True),)
        numbers = {"same": c.is_same, "distance": c.distance}
    chart = draw_histogram(p, p.known, "Known digits", mark, (500, 245))
    why = (
        '<p class="siam-note">It was taught what <b>shape</b> a digit has, and not to see who drew '
        "it. So it sees whether two scribbles look alike, not whose hand drew them: a neighbour’s "
        "copy may pass, your own second signature may not. A network for signatures learns from "
        "pairs of signatures, forged ones among them.</p>"
    )
    return f"{said}{chart}{why}", numbers


# --- through the API -----------------------------------------------------------------------------
@lesson.keep_here
def name_pictures(work: Siamese, a: Any, b: Any, asked: Any) -> dict[str, Any]:
    """Train with the default settings if nothing is trained, then name the picture ``asked`` by
    one example each of two signs."""
    pictures = [images.check_image(one) for one in (a, b, asked)]
    for one in pictures:
        cvcore.recognition.digits.to_digit(one)  # said before the training
    if work.progress is None:
        for state in cvcore.face_verification.siamese.train():
            work.progress = state
    found = work.progress.model.name(pictures[2], {"A": [pictures[0]], "B": [pictures[1]]})
    return {"name": found.name, "distances": found.distances}


def build(tab: lesson.Tab, parts: Parts) -> None:
    """Pads beside what the network says of them."""
    stage = tab.stage
    pads: dict[str, SignPad] = {}
    with stage.show(TITLE), gr.Row(elem_classes=["side-by-side"]):
        with gr.Column(elem_classes=["siam-pads"], min_width=200):
            for name, label in LABELS.items():
                kind = "hands" if name in HANDS else "signs"
                pads[name] = SignPad(
                    label, elem_id=f"face-sign-{'asked' if name == ASKED else name.lower()}",
                    elem_classes=[f"siam-of-{kind}"],
                )  # fmt: skip
        panel = ui.Panel(
            label="one shot", elem_id="face-one-shot", elem_classes=["fill", "wider", "tall"]
        )
    with stage.controls(TITLE, first=True):
        ui.Radio(
            [(words, name) for name, words in TASKS.items()], value="signs", label="Task",
            elem_id="face-one-shot-task",
        )  # fmt: skip
        for name, words in SAID.items():
            gr.Markdown(words, elem_classes=[f"siam-of-{name}"])
    _connect(tab, parts, pads, panel)


def _connect(tab: lesson.Tab, parts: Parts, pads: dict[str, SignPad], panel: ui.Panel) -> None:
    work, view = parts.work, tab.stage.views[TITLE]

    @lesson.keep_here
    def open_view(work: Siamese) -> tuple:
        with work.drawing:
            return *begin_with_digits(work).values(), draw(work)

    tab.run(
        view.select, open_view, work, [*pads.values(), panel], api_name=None,
        show_progress_on=panel,
    )  # fmt: skip
    tab.run(
        view.select, siamese.begin_first, [work, parts.asked], parts.asked,
        settings=parts.settings, api_name=None, show_progress="hidden",
    )  # fmt: skip
    for name, pad in pads.items():
        _connect_pad(tab, name, pad, work, panel)
    siamese.connect(tab, parts, panel, draw)
    pictures = [ui.SafeImage(visible=False, label=one) for one in ("sign A", "sign B", "asked")]
    numbers = gr.JSON(visible=False, label="one shot")
    tab.endpoint(
        name_pictures, [work, *pictures], numbers, api_name="face_verification_one_shot",
        kind="heavy",
    )  # fmt: skip


def _connect_pad(tab: lesson.Tab, name: str, pad: SignPad, work: gr.State, panel: ui.Panel) -> None:
    @lesson.keep_here
    def take(work: Siamese, event: gr.EventData) -> dict[str, Any]:
        return keep(work, name, ui.read_drawing(getattr(event, "src", "")))

    @lesson.keep_here
    def wipe(work: Siamese) -> dict[str, Any]:
        return keep(work, name, None)

    tab.run(pad.draw, take, work, panel, api_name=None, kind="stream")
    tab.run(pad.wipe, wipe, work, panel, api_name=None, kind="stream")

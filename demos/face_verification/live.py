"""Enrol people with one picture each, then name them on the webcam; memory only."""

from dataclasses import dataclass, replace
from html import escape
from typing import Any

import cv2
import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.core.images import NO_PICTURE
from cvcore.face_verification import THRESHOLDS
from cvcore.face_verification.tracking import Person, Track, Tracking
from cvcore.recognition.faces import DETECTOR, EMBEDDER, Face
from demos import components as ui
from demos import lesson
from demos.components.live import NOT_KEPT
from demos.components.private_picture import FacePicture, read_picture
from demos.face_verification.controls import Choices
from demos.face_verification.pair import describe_doubts
from demos.face_verification.views import OTHER, SAME, STYLE, draw_notes, draw_page, number

MAX_PEOPLE = 40
MAX_NAME = 24
CONSENT = "Everybody concerned has agreed"
WHO = "Ask the person first (for a child, the parents too), and everybody before the camera."
KEPT = (
    "Of an enrolled face only 128 numbers are kept, in memory, until this page is closed or "
    "reloaded. Where it runs in your browser, that is this machine's memory: neither the picture "
    "nor the numbers nor the name reaches the server."
)
PASSERS_BY = (
    "While somebody is enrolled, every face before the camera is turned into numbers too, to be "
    "compared: also that of a passer-by. They are dropped when the face leaves the "
    "view, and at the latest when this page is closed. A name stands only beside a face that "
    "passes the threshold in this very frame. "
    "With nobody enrolled, faces are framed and no more."
)
NOTE = NOT_KEPT + " Where it runs in your browser, no face leaves this machine."
# Which side knows whom: said from the first change of side on.
APART = """<style>
.lesson-grid:not(:has(.live-pair[data-chosen=browser])) :is(#face-roster-here, .fv .known-here),
.lesson-grid:has(.live-pair[data-chosen=browser]) :is(#face-roster, .fv .known-there),
.lesson-grid:not(:has(.live-pair[data-chosen])) #face-apart { display: none; }
</style><div class="fv"><p class="soft known-here">Known to your browser alone: whoever was enrolled
on the server is not known here. With no picture chosen, the webcam’s newest frame is taken.</p>
<p class="soft known-there">Known to the server alone: whoever was enrolled in your browser is not
known here.</p></div>"""
OWN_MODEL = (
    f"The webcam always uses MTCNN and SFace, here at SFace's own threshold "
    f"{THRESHOLDS[EMBEDDER]}, as the slider's is another network's."
)
OWN_DETECTOR = "In your browser MTCNN finds the face, whatever detector is chosen."
NO_CONSENT = "Tick the consent box first: nobody is enrolled without having agreed."
KEPT_SECONDS = 3600  # of memory for people enrolled, also when a browser never says goodbye


def enrol(
    people: tuple[Person, ...] | None,
    name: str,
    value: dict | str | None,
    consent: bool,
    detector: str = DETECTOR,
) -> tuple:
    """Add a person: new roster, drawn list, the fields emptied for the next one, the names."""
    people = people or ()
    if consent is not True:
        raise InputError(NO_CONSENT)
    name = " ".join(str(name or "").split())
    if not name:
        raise InputError("Type a name first.")
    if len(name) > MAX_NAME:
        raise InputError(f"This name is too long: use at most {MAX_NAME} letters.")
    if name not in (person.name for person in people) and len(people) >= MAX_PEOPLE:
        raise InputError(f"{MAX_PEOPLE} people are enrolled: forget them first.")
    image, _ = read_picture(value)
    face = cvcore.recognition.faces.get_only_face(image, detector=detector)
    others = tuple(person for person in people if person.name != name)
    people = (*others, Person(name, face.embedding.copy()))
    roster = draw_people(people)
    if notes := describe_doubts(face, detector):
        roster = draw_page(draw_notes(notes)) + roster
    return people, roster, "", None, False, list_people(people)


def list_people(people: tuple[Person, ...]) -> dict:
    """Who is enrolled, as calls through the API get it."""
    return {"people": [person.name for person in people]}


def draw_people(people: tuple[Person, ...]) -> str:
    """Who is enrolled, by name."""
    if not people:
        return draw_page('<p class="soft">Nobody is enrolled yet.</p>')
    names = ", ".join(f"<b>{escape(person.name)}</b>" for person in people)
    return draw_page(f'<p class="big">Enrolled ({len(people)}): {names}</p>')


def forget() -> tuple:
    """Wipe everybody, and what is known of the faces before the camera."""
    return (), draw_people(()), None, list_people(())


def name_faces(
    frame: np.ndarray,
    people: tuple[Person, ...] | None,
    threshold: float,
    state: Tracking | None,
    embedder: str = EMBEDDER,
) -> tuple[np.ndarray, str, Tracking, dict]:
    """One frame: faces framed and named, a table of similarities, the new state, and the numbers.

    Faces are compared by SFace alone: another ``embedder``'s threshold does not count. With nobody
    enrolled no face is turned into numbers.
    """
    threshold = cvcore.face_verification.check_threshold(threshold)
    if embedder != EMBEDDER:
        threshold = THRESHOLDS[EMBEDDER]
    people = tuple(people or ())
    state = cvcore.face_verification.tracking.follow(
        state, frame, people=people, threshold=threshold
    )
    rows, faces = [], []
    picture = frame.copy()
    for track in state.tracks:
        if not people:
            label = ""
        elif track.embedding is None:
            label = "looking ..."
        elif track.person:
            label = f"{to_ascii(track.person.name)} {track.similarity:.2f}"
        else:
            label = "?"
        mark_face(picture, track.face, label, is_known=track.person is not None)
        rows.append(_row(track))
        faces.append(describe(track))
    if not rows:
        table = draw_page('<p class="soft">No face in view.</p>')
    elif not people:
        count = "1 face" if len(rows) == 1 else f"{len(rows)} faces"
        table = draw_page(f'<p class="soft">{count} in view; nobody is enrolled to be named.</p>')
    else:
        note = "" if embedder == EMBEDDER else f'<p class="soft">{escape(OWN_MODEL)}</p>'
        table = draw_page(
            note,
            "<table><thead><tr><th>face</th><th>name</th><th>cosine</th></tr></thead>"
            f"<tbody>{''.join(rows)}</tbody></table>",
        )
    # the next frame needs the boxes, not the cut-out faces
    tracks = tuple(
        replace(track, face=replace(track.face, crop=None, square=None)) for track in state.tracks
    )
    numbers = {"enrolled": len(people), "threshold": threshold, "faces": faces}
    return picture, table, replace(state, tracks=tracks), numbers


def describe(track: Track) -> dict:
    """A face in view, as calls through the API get it: its similarity to who is most like it."""
    similarity = track.similarity
    return {
        "number": track.number,
        "box_xyxy": track.face.box_xyxy.round(1).tolist(),
        "score": track.face.score,
        "name": track.person.name if track.person else None,
        "similarity": None if np.isnan(similarity) else similarity,
    }


def _row(track: Track) -> str:
    if track.embedding is None:  # its turn to be looked at has not come yet
        return f"<tr><td>{track.number}</td><td>looking …</td><td>–</td></tr>"
    name = f"<b>{escape(track.person.name)}</b>" if track.person else "stranger"
    colour = SAME if track.person else OTHER
    return (
        f'<tr><td>{track.number}</td><td style="color:{colour}">{name}</td>'
        f"<td>{number(track.similarity)}</td></tr>"
    )


def mark_face(picture: np.ndarray, face: Face, text: str, *, is_known: bool) -> None:
    """Draw the frame, landmarks and label of a face into a picture (in place)."""
    colour = (47, 158, 110) if is_known else (217, 118, 43)
    corners = face.box_xyxy.round().astype(int).tolist()
    cv2.rectangle(picture, corners[:2], corners[2:], colour, 3)
    for x, y in face.landmarks.round().astype(int).tolist():
        cv2.circle(picture, (x, y), 2, (255, 176, 0), -1)
    if not text:
        return
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 2)
    x, y = max(0, corners[0]), max(height + 8, corners[1])
    cv2.rectangle(picture, (x, y - height - 8), (x + width + 8, y), colour, -1)
    cv2.putText(
        picture, text, (x + 4, y - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255,) * 3, 2, cv2.LINE_AA
    )


def to_ascii(name: str) -> str:
    """A name in the letters that can be drawn on a picture: é becomes e, others a question mark."""
    from unicodedata import combining, normalize

    plain = "".join(c for c in normalize("NFKD", name) if not combining(c))
    return plain.encode("ascii", "replace").decode()


def tell_browser(_: None) -> dict[str, Any]:
    """What ``static/in_browser.mjs`` has from here: rules, colours, sentences and the style."""
    return {
        "style": STYLE,
        "same": SAME,
        "other": OTHER,
        "detector": DETECTOR,
        "embedder": EMBEDDER,
        "threshold": THRESHOLDS[EMBEDDER],
        "ownModel": OWN_MODEL,
        "ownDetector": OWN_DETECTOR,
        "noConsent": NO_CONSENT,
        "noPicture": NO_PICTURE,
        "mostPeople": MAX_PEOPLE,
        "longestName": MAX_NAME,
    }


@dataclass(frozen=True, eq=False)
class Rail:
    """What stands beside the webcam."""

    table: gr.HTML
    picture: FacePicture
    consent: gr.Checkbox
    name: gr.Textbox
    add: gr.Button
    roster: gr.HTML
    wipe: gr.Button


def _build_rail() -> Rail:
    """The names before the camera, the fields of enrolment, and who is enrolled on either side."""
    table = gr.HTML(label="names", elem_id="face-live-table")
    picture = FacePicture(title="Enrol one person", elem_id="face-enrol-picture")
    gr.HTML(draw_page(f"<p>{escape(WHO)}</p>"))
    consent = gr.Checkbox(label=CONSENT, elem_id="face-consent", elem_classes=["personal"])
    with gr.Row():
        name = gr.Textbox(
            placeholder="Name", show_label=False, label="Name", max_length=MAX_NAME,
            elem_id="face-name", max_lines=1, min_width=150,
        )  # fmt: skip
        add = gr.Button(
            "Enrol", variant="primary", size="sm", min_width=80, scale=0, elem_id="face-enrol"
        )
    with gr.Row():
        roster = gr.HTML(
            draw_people(()), label="people", elem_id="face-roster", elem_classes=["kept"],
            min_width=130,
        )  # fmt: skip
        gr.HTML(
            f'<div class="people-here">{draw_people(())}</div>',
            elem_id="face-roster-here", elem_classes=["kept"], min_width=130,
        )  # fmt: skip
        wipe = gr.Button(
            "Forget all", variant="stop", size="sm", min_width=80, elem_id="face-forget"
        )
    gr.HTML(APART, elem_id="face-apart")
    return Rail(table, picture, consent, name, add, roster, wipe)


def build(tab: lesson.Tab, choices: Choices) -> None:
    """The webcam with the names on it; enrolment and the list of names in the rail."""
    people = gr.State((), time_to_live=KEPT_SECONDS)
    state = gr.State(None, time_to_live=KEPT_SECONDS)
    stage = tab.stage
    section = stage.live()
    with stage.controls(lesson.LIVE, first=True):
        rail = _build_rail()
        enrol_there = gr.Button(visible="hidden", elem_id="face-enrol-there")
        numbers = gr.JSON(visible=False, label="numbers")
        faces = ui.Panel(visible=False, label="numbers")
    with (
        stage.controls(lesson.LIVE),
        gr.Accordion("What is kept? What of passers-by?", open=False, elem_classes=["more"]),
    ):
        gr.HTML(
            draw_page(f'<p class="soft">{escape(KEPT)}</p><p class="soft">{escape(PASSERS_BY)}</p>')
        )
    with section:
        tab.live(
            name_faces,
            [people, choices.threshold, state, choices.embedder],
            extra_outputs=[rail.table, state, faces],
            in_memory=True,
            note=NOTE,
            browser=lesson.InBrowser(__name__, tell_browser, is_private=True),
        )
    fields = [rail.name, rail.picture, rail.consent]
    # the page knows which side is to enrol: the server does at a click on its own, hidden button
    tab.run(
        [rail.add.click, rail.name.submit], None, [*fields, choices.detector], fields,
        api_name=None, js=ui.call_module(__name__, "enrol_here.mjs", "enrol"),
    )  # fmt: skip
    tab.run(
        enrol_there.click, enrol, [people, *fields, choices.detector],
        [people, rail.roster, *fields, numbers], api_name="face_verification_enrol",
        show_progress_on=rail.roster,  # a mistake must not cover the fields that mend it
    )  # fmt: skip
    tab.run(
        rail.wipe.click,
        None,
        None,
        None,
        api_name=None,
        js=ui.call_module(__name__, "enrol_here.mjs", "forget"),
    )
    tab.run(
        rail.wipe.click, forget, None, [people, rail.roster, state, numbers],
        api_name="face_verification_forget",
    )  # fmt: skip

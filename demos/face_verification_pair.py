"""The two faces being compared, and the verdict on them."""

import gradio as gr

import cvcore
from cvcore import images, weights
from cvcore.errors import InputError
from cvcore.face_verification import EMBEDDER, Face, Verification
from cvcore.timing import Stopwatch
from demos import ui
from demos.face_verification_picture import read_picture, to_overlay
from demos.face_verification_views import (
    draw_embeddings,
    draw_notes,
    draw_page,
    draw_sentence,
    draw_verdict,
)

WHERE = (" in picture A", " in picture B")


def find_chosen(value: dict | str | None, where: str = "") -> tuple:
    """Picture, faces, the number of the one to compare, and what may spoil the answer."""
    try:
        image, wanted = read_picture(value)
    except InputError as error:
        if where and str(error) == images.NO_PICTURE:
            raise InputError(
                f"There is no picture {where[-1]} yet: choose one, take one with the webcam or "
                "click a sample."
            ) from None
        raise
    faces = cvcore.face_verification.find_faces(image, where)
    notes = []
    if wanted is not None and wanted < len(faces):
        chosen = wanted
    else:
        chosen = cvcore.face_verification.pick_face(faces, image.shape[:2])
        if len(faces) > 1:
            notes.append(
                f"There are {len(faces)} faces{where}, and one is expected: the one with the "
                "yellow frame is compared; click another frame to take that one."
            )
    if faces[chosen].is_small:
        notes.append(cvcore.face_verification.describe_small(faces[chosen], where))
    return image, faces, chosen, notes


def find_pair(a: dict | str | None, b: dict | str | None) -> tuple[Face, Face]:
    """The two faces to compare."""
    faces = []
    for value, where in zip((a, b), WHERE, strict=True):
        _, found, chosen, _ = find_chosen(value, where)
        faces.append(found[chosen])
    return faces[0], faces[1]


def verify(
    a: dict | str | None,
    b: dict | str | None,
    threshold: float | None = None,
    embedder: str = EMBEDDER,
) -> tuple:
    """Verdict, embeddings, latency, numbers, the pair's score to keep, and frames for A and B."""
    watch = Stopwatch()
    threshold = cvcore.face_verification.check_threshold(threshold, embedder)
    found = [find_chosen(value, where) for value, where in zip((a, b), WHERE, strict=True)]
    watch.lap("find and align")
    faces = [one[1][one[2]] for one in found]
    vectors = cvcore.face_verification.embed_all(faces, embedder=embedder)
    watch.lap("network")
    notes = tuple(note for one in found for note in one[3])
    result = cvcore.face_verification.judge(*faces, *vectors, threshold=threshold, notes=notes)
    score = {
        "similarity": result.similarity,
        "distance": result.distance,
        "embedder": embedder,
        "notes": list(notes),
    }
    verdict = redraw(score, threshold)
    bars = draw_embeddings(result, *vectors)
    overlays = [gr.update(faces=to_overlay(one[1], one[2], one[0].shape[:2])) for one in found]
    watch.lap("drawing")
    numbers = describe(result, [len(one[1]) for one in found], embedder)
    return verdict, bars, ui.badge(watch.ms), numbers, score, *overlays


def describe(result: Verification, counts: list[int], embedder: str) -> dict:
    """The numbers, as calls through the API get them."""
    return {
        "is_same": result.is_same,
        "similarity": result.similarity,
        "distance": result.distance,
        "threshold": result.threshold,
        "embedder": embedder,
        "faces": [
            {
                "count": count,
                "box_xyxy": face.box_xyxy.round(1).tolist(),
                "landmarks": face.landmarks.round(1).tolist(),
                "score": face.score,
            }
            for face, count in zip(result.faces, counts, strict=True)
        ],
        "notes": list(result.notes),
    }


def redraw(score: dict | None, threshold: float) -> str:
    """The verdict at another threshold: nothing is detected or embedded anew."""
    if score is None:
        return gr.skip()
    threshold = cvcore.face_verification.check_threshold(threshold)
    measured = score["embedder"] == EMBEDDER
    verdict = draw_verdict(score["similarity"], score["distance"], threshold, measured=measured)
    return draw_page(draw_notes(score["notes"])) + verdict if score["notes"] else verdict


def choose_embedder(name: str):
    """Fetch the embedder if need be; without a network the bundled one goes on."""
    threshold = cvcore.face_verification.THRESHOLDS
    cvcore.face_verification.check_embedder(name)
    try:
        if not weights.is_available(name):
            megabytes = weights.get_weight(name).megabytes
            yield gr.skip(), draw_sentence(f"Downloading {megabytes:.0f} MB …"), gr.skip()
            weights.fetch(name)
    except InputError as error:
        yield EMBEDDER, draw_sentence(str(error)), threshold[EMBEDDER]
        return
    yield name, "", threshold[name]


def list_embedders() -> list[tuple[str, str]]:
    """(text, name) of every embedder, as a menu shows them."""
    choices = []
    for name in weights.list_names("face_verification"):
        row = weights.get_weight(name)
        note = "" if row.is_bundled else f" (download, {row.megabytes:.0f} MB)"
        choices.append((row.title + note, name))
    return choices

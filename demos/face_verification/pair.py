"""The two faces being compared, and the verdict on them."""

import gradio as gr

import cvcore
from cvcore.core.errors import InputError, NoPictureError
from cvcore.core.timing import Stopwatch
from cvcore.face_verification import METRIC, Verification, likelihood_ratio, probability_same
from cvcore.recognition.faces import DETECTOR, EMBEDDER, Face
from demos import components as ui
from demos.components.private_picture import read_picture, to_overlay
from demos.face_verification.views import (
    PRIOR,
    PRIORS,
    draw_embeddings,
    draw_notes,
    draw_page,
    draw_verdict,
)

WHERE = (" in picture A", " in picture B")


def find_chosen(value: dict | str | None, where: str = "", *, detector: str = DETECTOR) -> tuple:
    """Picture, faces, the number of the one to compare, and what may spoil the answer."""
    try:
        image, place = read_picture(value)
    except NoPictureError:
        if not where:
            raise
        raise NoPictureError(
            f"There is no picture {where[-1]} yet: choose one, take one with the webcam or "
            "click a sample."
        ) from None
    faces = cvcore.recognition.faces.find_faces(image, where, detector=detector)
    notes = []
    size_hw = image.shape[:2]
    chosen = cvcore.recognition.faces.find_at(faces, place, size_hw) if place else None
    if chosen is None:
        chosen = cvcore.recognition.faces.pick_face(faces, size_hw)
        if place:
            notes.append(
                f"This detector finds no face{where} where you picked one: the one with the "
                "yellow frame is compared."
            )
        elif len(faces) > 1:
            notes.append(
                f"There are {len(faces)} faces{where}, and one is expected: the one with the "
                "yellow frame is compared; click another frame to take that one."
            )
    notes += describe_doubts(faces[chosen], detector, where)
    if faces[chosen].is_small:
        notes.append(cvcore.recognition.faces.describe_small(faces[chosen], where))
    return image, faces, chosen, notes


def describe_doubts(face: Face, detector: str, where: str = "") -> list[str]:
    """What was done to a face, or is not sure about it, a sentence each."""
    notes = []
    if face.turned:
        notes.append(cvcore.recognition.faces.describe_turned(face, where))
    if doubt := cvcore.recognition.faces.describe_unsure(face, detector, where):
        notes.append(doubt)
    return notes


def find_pair(
    a: dict | str | None, b: dict | str | None, *, detector: str = DETECTOR
) -> tuple[Face, Face]:
    """The two faces to compare."""
    faces = []
    for value, where in zip((a, b), WHERE, strict=True):
        _, found, chosen, _ = find_chosen(value, where, detector=detector)
        faces.append(found[chosen])
    return faces[0], faces[1]


def verify(
    a: dict | str | None,
    b: dict | str | None,
    threshold: float | None = None,
    embedder: str = EMBEDDER,
    detector: str = DETECTOR,
    metric: str = METRIC,
    prior: str = PRIOR,
) -> tuple:
    """Verdict, embeddings, latency, numbers, the pair's score to keep, and frames for A and B.

    ``threshold`` is a cosine similarity; the Euclidean metric takes the distance that goes with it.
    """
    watch = Stopwatch()
    check_prior(prior)
    cvcore.face_verification.check_metric(metric)
    threshold = cvcore.face_verification.check_threshold(threshold, embedder)
    found = [
        find_chosen(value, where, detector=detector)
        for value, where in zip((a, b), WHERE, strict=True)
    ]
    watch.lap("find and align")
    faces = [one[1][one[2]] for one in found]
    vectors = cvcore.recognition.faces.embed_all(faces, embedder=embedder)
    watch.lap("network")
    notes = tuple(note for one in found for note in one[3])
    result = cvcore.face_verification.judge(*faces, *vectors, threshold=threshold, notes=notes)
    score = {
        "similarity": result.similarity,
        "distance": result.distance,
        "embedder": embedder,
        "notes": list(notes),
    }
    verdict = redraw(score, threshold, metric, prior)
    bars = draw_embeddings(result, *vectors)
    overlays = [gr.update(faces=to_overlay(one[1], one[2], one[0].shape[:2])) for one in found]
    watch.lap("drawing")
    numbers = describe(result, [len(one[1]) for one in found], embedder)
    numbers |= {"detector": detector, "metric": metric, **believe(score, prior)}
    return verdict, bars, ui.badge(watch.ms), numbers, score, *overlays


def describe(result: Verification, counts: list[int], embedder: str) -> dict:
    """The numbers, as calls through the API get them."""
    return {
        "is_same": result.is_same,
        "similarity": result.similarity,
        "distance": result.distance,
        "threshold": result.threshold,
        "threshold_distance": cvcore.face_verification.to_distance(result.threshold),
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


def believe(score: dict, prior: str) -> dict:
    """How sure it is that a pair is one person's; null for a network that was not measured."""
    before, similarity = PRIORS[prior][1], score["similarity"]
    measured = score["embedder"] == EMBEDDER
    return {
        "prior": before,
        "likelihood_ratio": likelihood_ratio(similarity) if measured else None,
        "probability_same": probability_same(similarity, prior=before) if measured else None,
    }


def check_prior(name: str) -> str:
    """``name`` if it is one of ``PRIORS``; InputError lists those there are."""
    if name not in PRIORS:
        raise InputError(
            f"There is no prior {str(name)[:40]!r}: choose one of {', '.join(PRIORS)}."
        )
    return name


def redraw(score: dict | None, threshold: float, metric: str = METRIC, prior: str = PRIOR) -> str:
    """The verdict at another threshold or prior: nothing is detected or embedded anew."""
    if score is None:
        return gr.skip()
    check_prior(prior)
    threshold = cvcore.face_verification.check_threshold(threshold)
    measured = score["embedder"] == EMBEDDER
    verdict = draw_verdict(
        score["similarity"], score["distance"], threshold,
        measured=measured, metric=metric, prior=prior,
    )  # fmt: skip
    return draw_page(draw_notes(score["notes"])) + verdict if score["notes"] else verdict

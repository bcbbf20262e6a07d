"""A whole class in one photo: every face against every other."""

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.face_verification import METRIC, check_metric
from cvcore.face_verification.map import FaceMap
from cvcore.recognition.faces import DETECTOR, EMBEDDER, MIN_FACE, SMALL_FACE, Face
from demos import components as ui
from demos import lesson
from demos.components.private_picture import (
    GROUP,
    SAMPLES,
    FacePicture,
    read_picture,
    to_overlay,
    to_value,
)
from demos.face_verification.controls import CLASS_MATRIX, CLASS_PHOTO, Choices
from demos.face_verification.matrix import draw_matrix
from demos.face_verification.mistakes import say_mistakes
from demos.face_verification.views import (
    MARK,
    SAME,
    draw_notes,
    draw_page,
    draw_sentence,
    percent,
)

MAX_FACES = 40
MAP_W, MAP_H, MARGIN = 760, 400, 40
FACE = 64  # pixels on the map


def detect(value: dict | str | None, min_face: float = MIN_FACE, detector: str = DETECTOR) -> dict:
    """Boxes, landmarks and probabilities of the faces in a picture, largest first."""
    image, _ = read_picture(value)
    faces = cvcore.recognition.faces.detect_faces(image, min_face=min_face, detector=detector)
    if not faces:
        raise InputError(cvcore.recognition.faces.NO_FACE.format(""))
    return {
        "size_hw": list(image.shape[:2]),
        "faces": [
            {
                "box_xyxy": face.box_xyxy.round(1).tolist(),
                "landmarks": face.landmarks.round(1).tolist(),
                "score": face.score,
            }
            for face in faces
        ],
    }


def compare_all(
    photo: dict | str | None,
    threshold: float | None = None,
    detector: str = DETECTOR,
    embedder: str = EMBEDDER,
    metric: str = METRIC,
) -> tuple[str, str, dict, object]:
    """Matrix and map of all faces of a picture, the numbers, and frames around the faces.

    ``threshold`` is a cosine similarity, with either metric.
    """
    check_metric(metric)
    threshold = cvcore.face_verification.check_threshold(threshold, embedder)
    image, _ = read_picture(photo)
    faces = cvcore.recognition.faces.detect_faces(image, min_face=MIN_FACE, detector=detector)
    overlay = gr.update(faces=to_overlay(faces, -1, image.shape[:2]))
    if not faces:
        raise InputError(cvcore.recognition.faces.NO_FACE.format(" in the class photo"))
    if len(faces) == 1:
        sentence = "There is one face only: choose a picture with two or more."
        return draw_sentence(sentence), "", {"faces": 1}, overlay
    found = len(faces)
    faces = faces[:MAX_FACES]
    faces = sorted(faces, key=lambda face: float(face.box_xyxy[0]))  # from left to right
    notes = list_notes(faces, found)
    embeddings = cvcore.recognition.faces.embed_all(list(faces), embedder=embedder)
    result = cvcore.face_verification.map.build_map(embeddings, threshold=threshold)
    crops = [face.crop for face in faces]
    numbers = {
        "faces": len(faces),
        "boxes_xyxy": [face.box_xyxy.round(1).tolist() for face in faces],
        "similarities": result.similarities.round(4).tolist(),
        "distances": result.distances.round(4).tolist(),
        "positions": result.positions.round(4).tolist(),
        "groups": result.groups.tolist(),
        "order": result.order.tolist(),
        "notes": notes,
    }
    matrix = draw_notes(notes) + draw_matrix(crops, result, threshold, metric)
    return matrix, draw_map(crops, result, embeddings.shape[1]), numbers, overlay


def list_notes(faces: list[Face], found: int) -> list[str]:
    """What may spoil the comparison of faces, left to right, out of those ``found``."""
    notes = []
    if found > len(faces):
        notes.append(
            f"There are {found} faces: only the {len(faces)} largest are compared. Cut the picture "
            "in two to see the others."
        )
    if turned := next((face for face in faces if face.turned), None):
        how = "stands on its head" if turned.turned == 180 else "lies on its side"
        notes.append(f"The picture {how}: it was turned upright first.")
    small = [str(i) for i, face in enumerate(faces, start=1) if face.is_small]
    if small:
        some = f"Face {small[0]} is" if len(small) == 1 else f"Faces {', '.join(small)} are"
        notes.append(
            f"{some} less than {SMALL_FACE} pixels wide, too small to be judged: do not trust "
            "their rows, and take a picture from nearer by. (Counted from the left.)"
        )
    return notes


def draw_map(crops: list[np.ndarray], result: FaceMap, dimensions: int) -> str:
    """The faces at their places on the map, lines between those of one person."""
    spots = _to_pixels(result.positions)
    lines = [
        f'<line x1="{spots[i][0]:.0f}" y1="{spots[i][1]:.0f}" x2="{spots[j][0]:.0f}" '
        f'y2="{spots[j][1]:.0f}" stroke="{SAME}" stroke-width="5"/>'
        for i in range(len(crops))
        for j in range(i)
        if result.groups[i] == result.groups[j]
    ]
    side = FACE if len(crops) <= 16 else FACE * 0.7
    pictures = [
        f'<g transform="translate({x - side / 2:.1f} {y - side / 2:.1f})"><image '
        f'href="{images.to_data_uri(crop)}" width="{side}" height="{side}"/><rect width="{side}" '
        f'height="{side}" fill="none" stroke="{MARK}" stroke-width="2"/></g>'
        for crop, (x, y) in zip(crops, spots, strict=True)
    ]
    return draw_page(
        f'<svg viewBox="0 0 {MAP_W} {MAP_H}" role="img" aria-label="map of faces">'
        f"{''.join(lines)}{''.join(pictures)}</svg>",
        "<h3>As a map: near means alike</h3>",
        f'<p class="soft">{dimensions} dimensions pressed into two (multidimensional scaling): '
        f"{percent(result.kept)} of the spread is kept. Lines join faces of one person.</p>",
    )


def _to_pixels(positions: np.ndarray) -> np.ndarray:
    """Map positions to pixels, the same scale both ways."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    room = np.array([MAP_W, MAP_H]) - 2 * MARGIN
    scale = float((room / span).min())
    return (positions - (low + high) / 2) * scale + np.array([MAP_W, MAP_H]) / 2


def build(tab: lesson.Tab, choices: Choices) -> None:
    """A photo of many faces beside their map, and the matrix of all pairs."""
    c, stage = choices, tab.stage
    with stage.show(CLASS_PHOTO):
        with gr.Row(elem_classes=["side-by-side"]):
            photo = FacePicture(
                to_value(GROUP), title="Photo of several faces", names=(GROUP, *SAMPLES),
                elem_id="face-group", pickable=False, elem_classes=["fill"],
            )  # fmt: skip
        map_html = gr.HTML(label="map", elem_id="face-map")
    with stage.show(CLASS_MATRIX):
        matrix = gr.HTML(label="matrix", elem_id="face-matrix")
        numbers = gr.JSON(visible=False, label="numbers")
    with stage.controls(CLASS_PHOTO):
        again = gr.Button("Compare all faces", variant="primary", size="sm")
    inputs = [photo, c.threshold, c.detector, c.embedder, c.metric]
    outputs = [matrix, map_html, numbers, photo]
    answer = say_mistakes(compare_all, [None, None, gr.skip()])
    tab.run(
        [photo.upload, again.click, c.threshold.release, c.metric.input, *c.anew], answer, inputs,
        outputs, api_name="face_verification_matrix", kind="steady",
        show_progress_on=map_html,  # a mistake must not cover its own sentence
    )  # fmt: skip
    tab.on_open(answer, inputs, outputs, kind="steady")
    found = gr.JSON(visible=False, label="faces")
    probe = FacePicture(title="Picture", visible=False)
    width = ui.Number(MIN_FACE, visible=False, label="least face width in pixels")
    tab.run(
        probe.upload, detect, [probe, width, c.detector], found,
        api_name="face_verification_detect",
    )  # fmt: skip

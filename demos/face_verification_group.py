"""A whole class in one photo: every face against every other."""

import gradio as gr
import numpy as np

import cvcore
from cvcore import images
from cvcore.errors import InputError
from cvcore.face_map import FaceMap
from demos import ui
from demos.face_verification_picture import (
    GROUP,
    SAMPLES,
    FacePicture,
    read_picture,
    to_overlay,
    to_value,
)
from demos.face_verification_views import (
    MARK,
    OTHER,
    SAME,
    draw_page,
    draw_sentence,
    number,
    percent,
    to_img,
)

MAX_FACES = 40
MAP_W, MAP_H, MARGIN = 420, 400, 40
FACE = 64  # pixels on the map


def detect(value: dict | str | None, min_face: float = 20) -> dict:
    """Boxes, landmarks and probabilities of the faces in a picture, largest first."""
    image, _ = read_picture(value)
    faces = cvcore.face_verification.detect_faces(image, min_face=min_face)
    if not faces:
        raise InputError(cvcore.face_verification.NO_FACE.format(""))
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


def compare_all(value: dict | str | None, threshold: float = 0.34) -> tuple[str, str, dict, object]:
    """Matrix and map of all faces of a picture, the numbers, and frames around the faces."""
    threshold = cvcore.face_verification.check_threshold(threshold)
    image, _ = read_picture(value)
    faces = cvcore.face_verification.detect_faces(image, min_face=20)
    overlay = gr.update(faces=to_overlay(faces, -1, image.shape[:2]))
    if not faces:
        raise InputError(cvcore.face_verification.NO_FACE.format(" in the class photo"))
    if len(faces) == 1:
        sentence = "There is one face only: choose a picture with two or more."
        return draw_sentence(sentence), "", {"faces": 1}, overlay
    faces = faces[:MAX_FACES]
    faces = sorted(faces, key=lambda face: float(face.box_xyxy[0]))  # from left to right
    embeddings = cvcore.face_verification.embed_all(list(faces))
    result = cvcore.face_map.build_map(embeddings, threshold=threshold)
    crops = [face.crop for face in faces]
    numbers = {
        "faces": len(faces),
        "boxes_xyxy": [face.box_xyxy.round(1).tolist() for face in faces],
        "similarities": result.similarities.round(4).tolist(),
        "distances": result.distances.round(4).tolist(),
        "positions": result.positions.round(4).tolist(),
        "groups": result.groups.tolist(),
    }
    return draw_matrix(crops, result, threshold), draw_map(crops, result), numbers, overlay


def draw_matrix(crops: list[np.ndarray], result: FaceMap, threshold: float) -> str:
    """Cosines of all pairs as a table between the faces; the same person's are green."""
    count = len(crops)
    small = [to_img(crop[::2, ::2], f"face {i + 1}") for i, crop in enumerate(crops)]
    head = "".join(f"<th>{img}</th>" for img in small)
    rows = []
    for i in range(count):
        cells = "".join(_cell(result.similarities[i, j], threshold, i == j) for j in range(count))
        rows.append(f"<tr><th>{small[i]}</th>{cells}</tr>")
    pairs = result.similarities[np.triu_indices(count, 1)]
    people = len(set(result.groups.tolist()))
    wide = 4 if count <= 5 else 2.6
    return draw_page(
        "<style>.fv .matrix { overflow: auto; max-height: 34rem; } .fv .matrix table "
        "{ width: auto; } .fv.fv .matrix th, .fv.fv .matrix td { padding: 1px; text-align: center; "
        f"min-width: {wide}rem; }} .fv .matrix img {{ width: {wide}rem; border-radius: .3rem; }}"
        "</style>",
        f'<p class="big"><b>{count} faces, {people} persons</b> at threshold {number(threshold)}: '
        f"{int((pairs >= threshold).sum())} of {len(pairs)} pairs pass.</p>",
        f'<div class="matrix"><table><thead><tr><th></th>{head}</tr></thead><tbody>'
        f"{''.join(rows)}</tbody></table></div>",
        '<p class="soft">Cosine similarity of each pair; green passes the threshold.</p>',
    )


def _cell(similarity: float, threshold: float, is_self: bool) -> str:
    if is_self:
        return "<td></td>"
    colour, weight = (SAME, "700") if similarity >= threshold else (OTHER, "400")
    strength = int(np.clip(abs(similarity), 0.08, 1) * 0.7 * 255)
    return (
        f'<td style="background:{colour}{strength:02x};font-weight:{weight}">'
        f"{number(similarity)}</td>"
    )


def draw_map(crops: list[np.ndarray], result: FaceMap) -> str:
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
        "<h3>As a map: near means alike</h3>",
        f'<svg viewBox="0 0 {MAP_W} {MAP_H}" role="img" aria-label="map of faces">'
        f"{''.join(lines)}{''.join(pictures)}</svg>",
        f'<p class="soft">128 dimensions pressed into two (multidimensional scaling): '
        f"{percent(result.kept)} of the spread is kept. Lines join faces of one person.</p>",
    )


def _to_pixels(positions: np.ndarray) -> np.ndarray:
    """Map positions to pixels, the same scale both ways."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    span = np.maximum(high - low, 1e-9)
    room = np.array([MAP_W, MAP_H]) - 2 * MARGIN
    scale = float((room / span).min())
    return (positions - (low + high) / 2) * scale + np.array([MAP_W, MAP_H]) / 2


def build(tab: ui.Tab, threshold: gr.Slider) -> None:
    """A photo of many faces beside the matrix and the map."""
    gr.Markdown("## A class photo: everybody against everybody")
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            photo = FacePicture(
                to_value(GROUP), title="Photo of several faces", names=(GROUP, *SAMPLES)
            )
            again = gr.Button("Compare all faces", variant="primary", size="sm")
        with gr.Column(scale=3, min_width=320):
            with gr.Row():
                with gr.Column(min_width=320):
                    matrix = gr.HTML(elem_id="face-matrix")
                with gr.Column(min_width=280):
                    map_html = gr.HTML(elem_id="face-map")
            numbers = gr.JSON(visible=False)
    inputs, outputs = [photo, threshold], [matrix, map_html, numbers, photo]
    tab.run(
        [photo.upload, again.click, threshold.release],
        compare_all,
        inputs,
        outputs,
        api_name="face_verification_matrix",
        show_progress_on=matrix,
    )
    tab.on_open(compare_all, inputs, outputs)
    found = gr.JSON(visible=False)
    probe = FacePicture(title="Picture", visible=False)
    width = ui.Number(20, visible=False, label="least face width in pixels")
    tab.run(probe.upload, detect, [probe, width], found, api_name="face_verification_detect")

"""MTCNN, stage by stage: the pyramid and the boxes that each network leaves."""

from html import escape

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import drawing, images
from cvcore.recognition.faces.mtcnn import Cascade
from demos import lesson
from demos.components.private_picture import read_picture
from demos.face_verification.controls import DETECTION, Choices
from demos.face_verification.mistakes import add_view
from demos.face_verification.views import draw_page, to_img

TITLE = DETECTION
WORKING_SIDE = 480  # pixels
MAX_LEVELS = 6
STAGES = (
    ("P-Net", "12 x 12 pixels, over every place of every level"),
    ("R-Net", "24 x 24 pixels, each square that is left"),
    ("O-Net", "48 x 48 pixels; finds eyes, nose and mouth too"),
)


def show_stages(picture: dict | None) -> tuple[str, dict]:
    """The cascade on one picture, drawn, and its counts."""
    image, _ = read_picture(picture)
    small = images.shrink(images.check_image(image, min_side=12), WORKING_SIDE)
    cascade = cvcore.recognition.faces.mtcnn.find_faces(small)
    return draw_cascade(small, cascade), describe(cascade)


def describe(cascade: Cascade) -> dict:
    """The numbers of boxes, as calls through the API get them."""
    return {
        "levels": [
            {"scale": round(level.scale, 4), "size_hw": list(level.size_hw),
             "windows": int(level.probabilities.size), "boxes": len(level.boxes)}
            for level in cascade.levels
        ],
        "pnet": len(cascade.pnet),
        "rnet": len(cascade.rnet),
        "onet": len(cascade.onet),
        "boxes_xyxy": cascade.onet[:, :4].round(1).tolist(),
        "landmarks": cascade.landmarks.round(1).tolist(),
    }  # fmt: skip


def draw_cascade(image: np.ndarray, cascade: Cascade) -> str:
    """Three pictures with the boxes left, then the pyramid with P-Net's maps."""
    windows = sum(level.probabilities.size for level in cascade.levels)
    counts = [len(cascade.pnet), len(cascade.rnet), len(cascade.onet)]
    figures = []
    for (name, story), boxes, before in zip(
        STAGES, (cascade.pnet, cascade.rnet, cascade.onet), (windows, *counts), strict=False
    ):
        points = cascade.landmarks if name == "O-Net" else None
        figures.append(
            f"<figure>{_framed(image, boxes, points)}<figcaption><b>{name}: {before:,} → "
            f"{len(boxes):,}</b>{escape(story)}</figcaption></figure>"
        )
    levels = "".join(
        f"<figure>"
        f"{to_img(_heat(image, level.probabilities))}<figcaption>"
        f"<b>{level.size_hw[1]} x {level.size_hw[0]}</b>{len(level.boxes)} boxes</figcaption>"
        "</figure>"
        for level in cascade.levels[:MAX_LEVELS]
    )
    more = len(cascade.levels) - MAX_LEVELS
    return draw_page(
        "<h3>MTCNN: three networks, each stricter and slower than the one before</h3>"
        f'<div class="row cascade">{"".join(figures)}</div>',
        "<h3>The pyramid: P-Net sees 12 x 12 pixels, so the picture shrinks instead</h3>"
        f'<div class="row pyramid">{levels}</div>',
        '<p class="soft">Bright: P-Net takes the place for a face. A large face lights up on a '
        f"small level{f'; {more} smaller levels are not shown' if more > 0 else ''}.</p>",
    )


def _framed(image: np.ndarray, boxes: np.ndarray, points: np.ndarray | None) -> str:
    height, width = image.shape[:2]
    frames = "".join(
        f'<rect x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}" '
        f'fill="none" stroke="#ffb000" stroke-width="{max(1.0, 4 - len(boxes) / 30):.1f}" '
        f'opacity="{0.35 + 0.65 * p:.2f}"/>'
        for x0, y0, x1, y1, p in boxes
    )
    if points is not None:
        frames += "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{max(width, height) / 110:.1f}" fill="#3f8fcc"/>'
            for face in points
            for x, y in face
        )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="boxes">'
        f'<image href="{images.to_data_uri(image)}" width="{width}" height="{height}"/>'
        f"{frames}</svg>"
    )


def _heat(image: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    small = images.shrink(image, 160)
    return drawing.draw_heatmap(small, probabilities, opacity=0.75, vmin=0, vmax=1)


def build(lazy: lesson.LazyTabs, choices: Choices) -> None:
    with lazy.tab.stage.view(TITLE) as section:
        html = gr.HTML(label="stages", elem_id="face-stages")
        numbers = gr.JSON(visible=False, label="numbers")
    add_view(
        lazy, TITLE, section, show_stages, [choices.a], [html, numbers],
        api_name="face_verification_stages", follows=choices.changes,
    )  # fmt: skip

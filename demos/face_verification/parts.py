"""What makes two faces alike? The similarity lost when a part of either is covered."""

from collections.abc import Iterator

import gradio as gr
import numpy as np

from cvcore.core.drawing import draw_heatmap
from cvcore.core.images import resize
from cvcore.recognition.faces import DETECTOR
from demos import lesson
from demos.face_verification.controls import PARTS, Choices
from demos.face_verification.mistakes import add_view
from demos.face_verification.pair import find_pair
from demos.face_verification.views import draw_page, number, to_img

TITLE = PARTS
SIDE = 560  # pixels


def show_parts(
    a: dict | None, b: dict | None, detector: str = DETECTOR
) -> Iterator[tuple[str, dict]]:
    """Both faces' maps, coarse first, drawn and as numbers."""
    from cvcore.face_verification.explain import explain_match

    pair = find_pair(a, b, detector=detector)
    similarity = float(pair[0].embedding @ pair[1].embedding)
    maps = explain_match(*pair), explain_match(*pair[::-1])
    for (first, share), (second, _) in zip(*maps, strict=True):
        limit = max(float(np.abs(first).max()), float(np.abs(second).max()), 1e-6)
        numbers = {
            "similarity": round(similarity, 4),
            "greatest_loss": [round(float(one.max()), 4) for one in (first, second)],
            "share_done": round(share, 2),
        }
        yield draw_parts(pair, (first, second), limit, numbers), numbers


def draw_parts(pair: tuple, maps: tuple, limit: float, numbers: dict) -> str:
    """The aligned faces under their maps, on one colour range."""
    shown = []
    for name, face, values in zip("AB", pair, maps, strict=True):
        picture = draw_heatmap(
            resize(face.crop, (SIDE, SIDE)),
            values,
            opacity=0.55,
            colormap="diverging",
            vmin=-limit,
            vmax=limit,
        )
        shown.append(f"<figure>{to_img(picture, f'face {name}')}</figure>")
    most = max(numbers["greatest_loss"])
    return draw_page(
        f'<p class="big">Cosine similarity by SFace: {number(numbers["similarity"])}. Covering '
        f"one place costs up to <b>{number(most)}</b>.</p>",
        f'<div class="row two">{"".join(shown)}</div>',
        '<p class="soft">A grey window of 28 x 28 of the 112 x 112 pixels covers one place after '
        "another. Red: with this place covered the faces are less alike, so the likeness hangs on "
        "it. Blue: with it covered they are more alike.</p>",
    )


def build(lazy: lesson.LazyTabs, choices: Choices) -> None:
    c, stage = choices, lazy.tab.stage
    with stage.view(TITLE) as section:
        html = gr.HTML(label="parts", elem_id="face-parts")
        numbers = gr.JSON(visible=False, label="numbers")
    running = add_view(
        lazy, TITLE, section, show_parts, [c.a, c.b, c.detector], [html, numbers],
        api_name="face_verification_parts", follows=c.changes,
    )  # fmt: skip
    with stage.controls(TITLE):
        lazy.tab.stop_button(*running)

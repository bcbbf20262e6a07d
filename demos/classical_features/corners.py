"""Harris corners: the response, and why the place that one clicks is flat, an edge or a corner."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from cvcore import classical_features as cf
from cvcore.core import images
from cvcore.core.drawing import colourise
from demos import components as ui
from demos import lesson
from demos.classical_features.drawing import draw_circle, draw_polygon, say
from demos.classical_features.parts import (
    Panel,
    Parts,
    build_place,
    prepare,
)
from demos.components.place import read_place, to_view

TITLE = "Corners"
CODE = ("cvcore.classical_features.corners:find_corners", "cvcore.classical_features:examine")
SHOWN = ("corners", "response")
REASONS = {
    "flat": "Flat: wherever the patch is moved, hardly anything changes.",
    "edge": "Edge: along it the patch stays the same, across it it changes. Its place on the edge "
    "cannot be told.",
    "corner": "Corner: whichever way the patch is moved, it changes. Its place can be told.",
}


@dataclass(frozen=True)
class Settings:
    """How corners are found, what is shown, and the place that is looked at."""

    window: float = 5
    k: float = 0.05
    threshold: float = 2  # per cent of the greatest response
    shown: str = SHOWN[0]
    place: Any = ""

    def to_corners(self) -> cf.CornerSettings:
        return cf.CornerSettings(self.window, self.k, self.threshold / 100)  # type: ignore[arg-type]


class MovedPatch(ui.JsComponent):
    """A patch that is moved by pointing at the map of its changes; its value: ``to_patch``."""

    MARKUP = """<div class="moved" hidden><figure><canvas class="around" role="img"
      aria-label="The patch and its surroundings"></canvas>
      <figcaption>the patch, and where it is moved</figcaption></figure>
      <figure><div class="map" tabindex="0" role="application"
      aria-label="What changes: arrow keys move the patch"><canvas></canvas><svg></svg></div>
      <figcaption>how much it changes: point here</figcaption></figure><output></output></div>"""
    SCRIPTS = ("moved_patch.js",)
    STYLES = ("style.css",)


def show(image: np.ndarray | None, settings: Settings) -> tuple[dict, dict, dict]:
    """The picture with its corners, what is told of the place looked at, and its patch."""
    image = prepare(image)
    how = settings.to_corners()
    corners = cf.find_corners(image, how)
    height, width = image.shape[:2]
    first = corners.points[0] if len(corners.points) else (width // 2, height // 2)
    place = read_place(settings.place, image) or (int(first[0]), int(first[1]))
    there = cf.examine(image, *place, how)
    drawing = "".join(draw_circle(x + 0.5, y + 0.5, 4, "corner") for x, y in corners.points)
    half = how.window / 2
    box = [(-half, -half), (half, -half), (half, half), (-half, half)]
    drawing += draw_polygon([(place[0] + 0.5 + x, place[1] + 0.5 + y) for x, y in box], "window")
    picture = image
    if settings.shown == SHOWN[1]:
        picture = draw_response(corners.response)
    view = to_view(picture, drawing, place, alt=f"The picture with {corners.found} corners")
    limit = how.threshold * max(float(corners.response.max()), 0.0)
    numbers = {
        "corners": corners.found,
        "kind": there.kind,
        "place": list(place),
        "eigenvalues": list(there.eigenvalues),
        "response": there.response,
        "threshold": limit,
    }
    return view, {"html": tell(corners, there, how, limit), **numbers}, to_patch(there)


def draw_response(response: np.ndarray) -> np.ndarray:
    """Red where the response is positive (corners), blue where it is negative (edges); its square
    root, as edges would be too pale beside corners."""
    return colourise(np.sign(response) * np.sqrt(np.abs(response)), colormap="diverging")


def tell(corners: cf.Corners, there: cf.Neighbourhood, how: cf.CornerSettings, limit: float) -> str:
    """The eigenvalues and the response at the place, and what they mean."""
    large, small = there.eigenvalues
    if not corners.found:
        found = "No corner: this picture has no contrast that Harris could measure."
    elif corners.found == 1:
        found = "1 corner."
    else:
        found = f"{corners.found:,} corners" + (
            f", the {len(corners.points)} strongest drawn." if corners.found > len(corners.points)
            else "."
        )  # fmt: skip
    title, _, reason = REASONS[there.kind].partition(": ")
    return (
        f'<p class="soft">{found} At column {there.x}, row {there.y}:</p>'
        f'<h3>{title}</h3><p class="reason">{reason[0].upper()}{reason[1:]}</p>'
        f"<dl><dt>λ<sub>1</sub></dt><dd>{say(large)}</dd><dt>λ<sub>2</sub></dt><dd>{say(small)}</dd>"
        f"<dt>R = λ<sub>1</sub>λ<sub>2</sub> − k(λ<sub>1</sub> + λ<sub>2</sub>)²</dt>"
        f"<dd>{say(there.response)}</dd><dt>a corner from</dt><dd>{say(limit)}</dd></dl>"
    )


def to_patch(there: cf.Neighbourhood) -> dict[str, Any]:
    """What the browser needs to move the patch: pixels, changes, the ellipse."""
    first, second = (min(radius, 99.0) for radius in there.radii)
    return {
        "src": images.to_data_uri(there.pixels, format="png"),
        "window": there.window,
        "ssd": np.round(there.ssd, 5).tolist(),
        "predicted": [
            [round(there.predict_ssd(dx, dy), 5) for dx in range(-6, 7)] for dy in range(-6, 7)
        ],
        "radii": [round(first, 3), round(second, 3)],
        "angle": round(float(np.rad2deg(np.arctan2(there.direction[1], there.direction[0]))), 2),
    }


def build(parts: Parts) -> None:
    """The picture beside what is told of the place; the settings in the rail."""
    tab, d = parts.tab, Settings()
    with tab.stage.view(TITLE) as section, gr.Row(elem_classes=["side-by-side"]):
        view = build_place("corners")
        with gr.Column(min_width=0):
            panel = Panel(label="place", elem_id="classical-features-corner")
            moved = MovedPatch(label="patch", elem_id="classical-features-patch")
    with tab.stage.controls(TITLE, lesson.LIVE), gr.Column(elem_classes=["of-harris"]):
        corners = {
            "window": ui.Slider(3, 21, d.window, step=2, label="Window"),
            "k": ui.Slider(0.01, 0.24, d.k, step=0.01, label="k"),
            "threshold": ui.Slider(0.1, 50, d.threshold, step=0.1, label="Threshold (%)"),
        }
        parts.shared["corners"] = corners
    with tab.stage.controls(TITLE):
        shown = ui.Radio(list(SHOWN), value=d.shown, label="Show")
    settings = lesson.Controls(Settings, **corners, shown=shown, place=parts.place)
    view.connect(tab, parts.place)
    parts.add(TITLE, section, show, [view, panel, moved], settings, "classical_features_corners")

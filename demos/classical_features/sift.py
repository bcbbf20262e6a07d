"""SIFT: keypoints with scale and direction, and the 128 numbers of the one that is pointed at."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from cvcore import classical_features as cf
from demos import components as ui
from demos import lesson
from demos.classical_features.drawing import (
    draw_circle,
    draw_line,
    draw_picture,
    draw_polygon,
    draw_rose,
    draw_svg,
    say,
)
from demos.classical_features.parts import (
    Panel,
    Parts,
    build_place,
    prepare,
    say_instead,
)
from demos.components.place import read_place, to_view
from demos.lesson import charts

TITLE = "SIFT"
CODE = ("cvcore.classical_features.sift:find_keypoints", "cvcore.classical_features:measure_scales")
EXPLAINED = ("descriptor", "scale")
NO_KEYPOINTS = (
    "SIFT finds nothing in this picture: lower the contrast threshold, or choose a picture with "
    "more detail."
)
PATCH = 260  # pixels of the drawing


@dataclass(frozen=True)
class Settings:
    """What becomes a keypoint, what is explained, and the place that is looked at."""

    layers: float = 3
    contrast: float = 0.04
    edge: float = 10
    most: float = 300
    explained: str = EXPLAINED[0]
    place: Any = ""

    def to_sift(self) -> cf.SiftSettings:
        return cf.SiftSettings(self.layers, self.contrast, self.edge, self.most)  # type: ignore[arg-type]


def show(image: np.ndarray | None, settings: Settings) -> tuple[dict, dict]:
    """The picture with its keypoints, and the one nearest to the place looked at."""
    image = prepare(image)
    how = settings.to_sift()
    keypoints = cf.find_keypoints(image, how)
    if not len(keypoints):
        none = {"keypoints": 0, "descriptor": []}
        return to_view(image, "", None, alt="The picture"), say_instead(NO_KEYPOINTS) | none
    place = read_place(settings.place, image)
    index = keypoints.find_nearest(*place) if place else 0
    drawing = "".join(draw_keypoint(keypoints, i, "keypoint") for i in range(len(keypoints)))
    drawing += draw_polygon(keypoints.corners(index) + 0.5, "square")
    drawing += draw_keypoint(keypoints, index, "keypoint chosen")
    chosen = tuple(round(float(one)) for one in keypoints.points[index])
    view = to_view(
        image, drawing, chosen, alt=f"The picture with {len(keypoints)} keypoints",
        near=keypoints.points,
    )  # fmt: skip
    html = tell(keypoints, index)
    if settings.explained == EXPLAINED[0]:
        html += draw_descriptor(image, keypoints, index)
    else:
        html += draw_scales(image, keypoints, index, how)
    numbers = {
        "keypoints": len(keypoints),
        "octaves": len(np.unique(keypoints.octaves)),
        "point": [round(float(one), 2) for one in keypoints.points[index]],
        "size": float(keypoints.sizes[index]),
        "angle": float(keypoints.angles[index]),
        "descriptor": keypoints.descriptors[index].astype(int).tolist(),
    }
    return view, {"html": html, **numbers}


def draw_keypoint(keypoints: cf.Keypoints, index: int, kind: str) -> str:
    """A circle as large as the keypoint, and its direction."""
    x, y = (float(one) + 0.5 for one in keypoints.points[index])
    radius, angle = float(keypoints.sizes[index]) / 2, np.deg2rad(float(keypoints.angles[index]))
    end = x + radius * np.cos(angle), y + radius * np.sin(angle)
    return draw_circle(x, y, radius, kind) + draw_line(x, y, *end, kind)


def tell(keypoints: cf.Keypoints, index: int) -> str:
    octaves = len(np.unique(keypoints.octaves))
    return (
        f'<p class="soft">{len(keypoints):,} keypoints, {octaves} octaves. Chosen:</p>'
        f"<dl><dt>σ</dt><dd>{say(float(keypoints.sizes[index]) / 2)} px</dd>"
        f"<dt>direction</dt><dd>{float(keypoints.angles[index]):.0f}°</dd>"
        f"<dt>contrast</dt><dd>{say(float(keypoints.contrasts[index]))}</dd></dl>"
    )


def draw_descriptor(image: np.ndarray, keypoints: cf.Keypoints, index: int) -> str:
    """The patch, upright, with a rose in each of 4 x 4 cells; and all cells' directions added."""
    cells, side = keypoints.cells(index), PATCH / 4
    angles = -45.0 * np.arange(8)  # of the patch, whose own direction points to the right
    parts = [draw_picture(cf.cut_patch(image, keypoints, index), PATCH)]
    for i in range(1, 4):
        parts.append(draw_line(0, i * side, PATCH, i * side, "grid-line"))
        parts.append(draw_line(i * side, 0, i * side, PATCH, "grid-line"))
    for row in range(4):
        for column in range(4):
            middle = (column + 0.5) * side, (row + 0.5) * side
            parts.append(
                draw_rose(cells[row, column], angles, *middle, side * 0.52, greatest=cells.max())
            )
    patch = draw_svg("".join(parts), PATCH, PATCH, "The descriptor on its patch", "patch")
    total = cells.sum(axis=(0, 1))
    names = [f"{45 * k}" for k in range(8)]
    bars = charts.Bars("sum over the 16 cells", range(8), total)
    chart = charts.draw_chart(
        [bars], title="Gradients by direction",
        x=charts.Axis("direction from its own (°)", ticks=list(enumerate(names))),
        y="sum", size=charts.NARROW, legend=False,
    )  # fmt: skip
    caption = "4 × 4 cells × 8 directions = 128"
    return f"<figure>{patch}<figcaption>{caption}</figcaption></figure>{chart}"


def draw_scales(
    image: np.ndarray, keypoints: cf.Keypoints, index: int, how: cf.SiftSettings
) -> str:
    """The difference of Gaussians at the keypoint against the scale: why it has its size."""
    scales, values = cf.measure_scales(image, keypoints, index, how)
    own = float(keypoints.sizes[index]) / 2
    powers = (2.0**n for n in range(-1, 8))
    ticks = [(one, f"{one:g}") for one in powers if scales[0] <= one <= scales[-1]]
    chart = charts.draw_chart(
        [charts.Line("difference of Gaussians", scales, values),
         charts.Mark(own, f"σ = {own:.3g}")],
        title="The same place, blurred more and more",
        x=charts.Axis("scale σ (pixels)", *scales[[0, -1]].tolist(), is_log=True, ticks=ticks),
        y="difference", size=charts.NARROW, legend=False,
    )  # fmt: skip
    return (
        f"{chart}<p>Blurred by σ, and by a little more: where the two differ the most, a blob of "
        "about this size lies here. That gives the keypoint its size, and so the same one is found "
        "in a picture taken from farther away.</p>"
    )


def build(parts: Parts) -> None:
    """The picture beside the keypoint; the settings in the rail."""
    tab, d = parts.tab, Settings()
    with tab.stage.view(TITLE) as section, gr.Row(elem_classes=["side-by-side"]):
        view = build_place("sift")
        with gr.Column(min_width=0):
            panel = Panel(label="keypoint", elem_id="classical-features-keypoint")
    with tab.stage.controls(TITLE, lesson.LIVE), gr.Column(elem_classes=["of-sift"]):
        sift = {
            "layers": ui.Slider(1, 8, d.layers, step=1, label="Scales an octave"),
            "contrast": ui.Slider(0, 0.2, d.contrast, step=0.005, label="Contrast threshold"),
            "edge": ui.Slider(1.5, 50, d.edge, step=0.5, label="Edge threshold"),
            "most": ui.Slider(10, 1000, d.most, step=10, label="Keypoints, at most"),
        }
        parts.shared["sift"] = sift
    with tab.stage.controls(TITLE):
        explained = ui.Radio(list(EXPLAINED), value=d.explained, label="Explain its")
    settings = lesson.Controls(Settings, **sift, explained=explained, place=parts.place)
    view.connect(tab, parts.place)
    parts.add(TITLE, section, show, [view, panel], settings, "classical_features_sift")

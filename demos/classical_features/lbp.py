"""Local binary patterns: codes as a picture, the comparisons at one pixel, and the histogram."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from cvcore import classical_features as cf
from cvcore.core.drawing import colourise
from demos import components as ui
from demos import lesson
from demos.classical_features.drawing import draw_circle, draw_picture, draw_svg, draw_text
from demos.classical_features.parts import Panel, Parts, build_place, prepare
from demos.components.place import read_place, to_view
from demos.lesson import charts

TITLE = "LBP"
CODE = ("cvcore.classical_features.lbp:measure_lbp",)
SHOWN = ("codes", "picture")
MARGIN = 20  # pixels around it, for neighbours at the rim
PATCH = 300  # pixels of the drawing


@dataclass(frozen=True)
class Settings:
    """Which neighbours are asked, what is shown, and the place that is looked at."""

    points: float = 8
    radius: float = 1
    method: str = "default"
    shown: str = SHOWN[0]
    place: Any = ""

    def to_lbp(self) -> cf.LbpSettings:
        return cf.LbpSettings(self.points, self.radius, self.method)  # type: ignore[arg-type]


def show(image: np.ndarray | None, settings: Settings) -> tuple[dict, dict]:
    """The codes as a picture, and the comparisons at the place looked at."""
    image = prepare(image)
    how = settings.to_lbp()
    found = cf.measure_lbp(image, how)
    height, width = image.shape[:2]
    corners = cf.find_corners(image).points  # there is something to be seen at the strongest
    first = corners[0].tolist() if len(corners) else (width // 2, height // 2)
    x, y = read_place(settings.place, image) or (first[0], first[1])
    there = found.compare(x, y)
    picture = image if settings.shown == SHOWN[1] else draw_codes(found)
    view = to_view(picture, "", (x, y), alt="The picture's codes")
    numbers = {
        "place": [x, y],
        "centre": there.centre,
        "greys": there.greys.round(3).tolist(),
        "bits": list(there.bits),
        "code": there.code,
        "histogram": found.histogram.round(6).tolist(),
    }
    html = f"{draw_comparisons(found, x, y)}{draw_histogram(found, there.code)}"
    return view, {"html": html, **numbers}


def draw_codes(found: cf.Patterns) -> np.ndarray:
    """Codes as greys, 0 black; of uniform codes as colours, as few are left."""
    last = found.settings.codes - 1
    colormap = "viridis" if found.settings.method == "uniform" else "grey"
    return colourise(found.codes, colormap=colormap, vmin=0, vmax=last)


def draw_comparisons(found: cf.Patterns, x: int, y: int) -> str:
    """The pixels around, each neighbour with its grey: bright where it counts."""
    how, there = found.settings, found.compare(x, y)
    reach = int(np.ceil(how.radius))
    rim = np.pad(found.grey, reach)[y : y + 2 * reach + 1, x : x + 2 * reach + 1]
    count = 2 * reach + 1
    scale = PATCH / count
    parts = [draw_picture((rim * 0.5).astype(np.uint8), PATCH)]
    has_words = how.points <= 8
    for (px, py), grey, bit in zip(there.places, there.greys, there.bits, strict=True):
        cx, cy = (px - x + reach + 0.5) * scale, (py - y + reach + 0.5) * scale
        kind = "neighbour bright" if bit else "neighbour dark"
        parts.append(draw_circle(cx, cy, 28 if has_words else 12, kind))
        if has_words:
            parts.append(draw_text(cx, cy + 9, f"{grey:.0f}", f"on-{kind.split()[1]}"))
    middle = (reach + 0.5) * scale
    parts.append(draw_circle(middle, middle, 30, "centre"))
    parts.append(draw_text(middle, middle + 9, str(there.centre), "on-centre"))
    parts = [f'<g transform="translate({MARGIN} {MARGIN})">{"".join(parts)}</g>']
    side = PATCH + 2 * MARGIN
    drawn = draw_svg("".join(parts), side, side, "The pixel and its neighbours", "patch lbp")
    return f"<figure>{drawn}</figure>{tell_code(there, how)}"


def tell_code(there: cf.Neighbours, how: cf.LbpSettings) -> str:
    """The sum that makes the code, in words."""
    weights = [str(2**i) for i, bit in enumerate(there.bits) if bit]
    bits = "".join(map(str, there.bits))
    plain = sum(2**i for i, bit in enumerate(there.bits) if bit)
    start = (
        f"<p><b>{len(weights)} of {how.points}</b> neighbours are at least as bright as "
        f"{there.centre}. From the right, counter-clockwise: {bits}"
    )
    if how.method == "default":
        shown = " + ".join(weights) if 0 < len(weights) <= 6 else ""
        total = f"{shown} = <b>{there.code}</b>" if shown else f"<b>{there.code}</b>"
        return f"{start}, code {total}.</p>"
    if how.method == "ror":
        return f"{start}, code {plain}; the least of all turned ones: <b>{there.code}</b>.</p>"
    return f"{start}, uniform code <b>{there.code}</b>.</p>"


def draw_histogram(found: cf.Patterns, code: int) -> str:
    """How often each code is there; of more than 256 codes in 256 parts."""
    shares = found.histogram
    parts = max(1, len(shares) // 256)
    shares = shares.reshape(-1, parts).sum(axis=1) if parts > 1 else shares
    at = np.arange(len(shares)) * parts + (parts - 1) / 2
    return charts.draw_chart(
        [charts.Bars("share of the pixels", at, shares, width=parts), charts.Mark(code, f"{code}")],
        title="How often each code is there",
        x=charts.Axis("code", -0.5, found.settings.codes - 0.5), y=charts.Axis("share", 0),
        size=charts.NARROW, legend=False,
    )  # fmt: skip


def build(parts: Parts) -> None:
    """The codes beside the pixel; the settings in the rail."""
    tab, d = parts.tab, Settings()
    with tab.stage.view(TITLE) as section, gr.Row(elem_classes=["side-by-side"]):
        view = build_place("lbp")
        with gr.Column(min_width=0):
            panel = Panel(label="pixel", elem_id="classical-features-pixel")
    with tab.stage.controls(TITLE, lesson.LIVE), gr.Column(elem_classes=["of-lbp"]):
        lbp = {
            "points": ui.Slider(4, 16, d.points, step=4, label="Neighbours"),
            "radius": ui.Slider(1, 8, d.radius, step=0.5, label="Radius (pixels)"),
            "method": ui.Radio(list(cf.METHODS), value=d.method, label="Code"),
        }
        parts.shared["lbp"] = lbp
    with tab.stage.controls(TITLE):
        shown = ui.Radio(list(SHOWN), value=d.shown, label="Show")
    settings = lesson.Controls(Settings, **lbp, shown=shown, place=parts.place)
    view.connect(tab, parts.place)
    parts.add(TITLE, section, show, [view, panel], settings, "classical_features_lbp")

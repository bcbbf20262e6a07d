"""Matching: a picture with itself turned, scaled, darker or seen from the side, or with another."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np

from cvcore import classical_features as cf
from cvcore.core import images
from demos import components as ui
from demos import lesson
from demos.classical_features.drawing import draw_circle, draw_line
from demos.classical_features.parts import Panel, Parts, PlaceView, say_instead
from demos.components.place import to_view
from demos.lesson import charts

TITLE = "Matching"
CODE = ("cvcore.classical_features.matching:match", "cvcore.classical_features:change_picture")
SHORT_SIDE = 420  # pixels: the longer side of a picture that is matched
MOST, MOST_MEASURED = 500, 200  # keypoints
GAP = 8  # pixels between the pictures
KINDS = {
    "rotation": "rotation (°)", "scale": "scale", "brightness": "brightness", "tilt": "tilt (°)",
}  # fmt: skip
ASK = "(due) => String(Number(due) + 1)"
ASK_WHERE_SHOWN = f"(due, shown) => shown === '{TITLE}' ? String(Number(due) + 1) : due"
NOTHING = (
    "SIFT finds too little in one of the pictures to match anything: choose pictures with more "
    "detail."
)
NO_CURVE = (
    "With two pictures of your own nobody knows which matches are right, so there is no curve."
)


@dataclass(frozen=True)
class Settings:
    """What is done to the picture, and how it is matched."""

    rotation: float = 30
    scale: float = 0.8
    brightness: float = 0.7
    tilt: float = 20
    descriptor: str = "SIFT"
    ratio: float = 0.75
    ransac: float = 3

    def to_change(self) -> cf.Change:
        return cf.Change(self.rotation, self.scale, self.brightness, self.tilt)

    def to_match(self) -> cf.MatchSettings:
        sift = cf.SiftSettings(most=MOST)
        return cf.MatchSettings(self.descriptor, self.ratio, self.ransac, sift)


def show(
    image: np.ndarray | None, second: np.ndarray | None, settings: Settings
) -> tuple[dict, dict]:
    """Both pictures with lines between what was matched, and how many of them are right."""
    image = images.shrink(images.check_image(image), SHORT_SIDE)
    truth = None
    if second is None:
        other, truth = cf.change_picture(image, settings.to_change())
    else:
        other = images.shrink(second, SHORT_SIDE)
    found = cf.match(image, other, settings.to_match(), truth)
    both, shift = place_beside(image, other)
    drawing = draw_matches(found, shift)
    view = to_view(both, drawing, None, alt=f"Two pictures, {len(found.pairs)} matches")
    numbers = {
        "keypoints": [len(found.first), len(found.second)],
        "matches": len(found.pairs),
        "inliers": int(found.inliers.sum()),
        "right": None if found.right is None else int(found.right.sum()),
        "possible": found.possible,
        "homography": None if found.homography is None else found.homography.round(6).tolist(),
    }
    if min(len(found.first), len(found.second)) < 2:
        return view, say_instead(NOTHING) | numbers
    return view, {"html": tell(found), **numbers}


def place_beside(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Both in one picture, and where the second's first pixel is (x, y)."""
    height = max(one.shape[0], two.shape[0])
    both = np.full((height, one.shape[1] + GAP + two.shape[1], 3), 16, np.uint8)
    first, second = (height - one.shape[0]) // 2, (height - two.shape[0]) // 2
    both[first : first + one.shape[0], : one.shape[1]] = one
    left = one.shape[1] + GAP
    both[second : second + two.shape[0], left:] = two
    return both, (left, second - first)


def draw_matches(found: cf.Matches, shift: tuple[int, int]) -> str:
    """Outliers below, inliers over them; the second picture's top may lie above the first's."""
    down = max(0, -shift[1])
    parts = []
    for is_inlier in (False, True):
        kind = "inlier" if is_inlier else "outlier"
        for i in np.flatnonzero(found.inliers == is_inlier):
            one, two = found.pairs[i]
            x1, y1 = found.first.points[one] + (0.5, 0.5 + down)
            x2, y2 = found.second.points[two] + (0.5 + shift[0], 0.5 + shift[1] + down)
            parts.append(
                draw_line(x1, y1, x2, y2, kind) + draw_circle(x1, y1, 2, kind)
                + draw_circle(x2, y2, 2, kind)
            )  # fmt: skip
    return "".join(parts)


def tell(found: cf.Matches) -> str:
    """The matches step by step; where the truth is known, how many are right."""
    kept, inliers = len(found.pairs), int(found.inliers.sum())
    rows = [
        f"<li><b>{len(found.first)}</b> and <b>{len(found.second)}</b> keypoints</li>",
        f"<li><b>{kept}</b> matches pass the ratio test</li>",
        f'<li><i class="key inlier"></i><b>{inliers}</b> agree on one homography (RANSAC)</li>',
        f'<li><i class="key outlier"></i><b>{kept - inliers}</b> do not</li>',
    ]
    if found.homography is None:
        rows[2:] = ["<li>too few for RANSAC to agree on a homography</li>"]
    if found.right is not None and found.possible is not None:
        right, agreed = int(found.right.sum()), int((found.right & found.inliers).sum())
        rows.append(
            f"<li><b>{right}</b> are right, {agreed} of them inliers: the true change is known. "
            f"{found.possible} could have been found: "
            f"<b>{charts.percent(round(found.share or 0, 3))}</b></li>"
        )
    return f'<ul class="steps">{"".join(rows)}</ul>'


def measure(
    image: np.ndarray | None, second: np.ndarray | None, kind: str, known: tuple | None,
    settings: Settings,
) -> Iterator[tuple[Any, Any]]:  # fmt: skip
    """The share found again against the amount of a change, point by point; and what it was
    measured for with the last drawing, which is shown again where that has not changed."""
    image = images.shrink(images.check_image(image), SHORT_SIDE)
    asked = hashlib.sha256(image.tobytes())
    asked.update(f"{kind} {settings.ratio} {second is not None}".encode())
    if known and known[0] == asked.hexdigest():
        yield known[1], known
        return
    if second is not None:
        yield {"html": f'<p class="soft">{NO_CURVE}</p>'}, None
        return
    how = replace(settings.to_match(), sift=cf.SiftSettings(most=MOST_MEASURED))
    if not len(cf.find_keypoints(image, how.sift, describe=False)):
        yield {"html": ""}, None
        return
    points: list = []
    for point in cf.measure_invariance(image, kind, how):
        points.append(point)
        yield draw_curve(kind, points), gr.skip()
    drawn = draw_curve(kind, points)
    yield drawn, (asked.hexdigest(), drawn)


def draw_curve(kind: str, points: list) -> dict[str, Any]:
    """Of the keypoints that could be found again, the share that was."""
    levels = [point.level for point in points]
    lines = [
        charts.Line(name, levels, [point.shares[name] for point in points], colour, dots=True)
        for name, colour in (("SIFT", charts.BLUE), ("pixels", charts.VERMILION))
    ]
    known = cf.LEVELS[kind]
    chart = charts.draw_chart(
        lines, title="Keypoints found again",
        x=charts.Axis(KINDS[kind], min(known), max(known)),
        y=charts.Axis("share", 0, 1, text=charts.percent), size=charts.HALF,
    )  # fmt: skip
    shares = {
        name: [round(point.shares[name], 4) for point in points] for name in ("SIFT", "pixels")
    }
    return {"html": chart, "levels": levels, "shares": shares}


def build(parts: Parts) -> None:
    """Two pictures with lines above, the numbers and the curve below; the changes in the rail."""
    tab, d = parts.tab, Settings()
    with tab.stage.view(TITLE) as section:
        view = PlaceView(
            label="matches", elem_id="classical-features-matches",
            elem_classes=["fill", "picture-back"],
        )  # fmt: skip
        with gr.Row(elem_classes=["matches-below"]):
            panel = Panel(label="matches in numbers", elem_id="classical-features-matched")
            curve = Panel(label="invariance", elem_id="classical-features-invariance")
    with tab.stage.controls(TITLE):
        changes = {
            "rotation": ui.Slider(-180, 180, d.rotation, step=5, label="Rotation (°)"),
            "scale": ui.Slider(0.3, 2, d.scale, step=0.05, label="Scale"),
            "brightness": ui.Slider(0.1, 1.3, d.brightness, step=0.05, label="Brightness"),
            "tilt": ui.Slider(0, 70, d.tilt, step=5, label="Seen from the side (°)"),
        }
        descriptor = ui.Radio(["SIFT", "pixels"], value=d.descriptor, label="Compare by")
        ratio = ui.Slider(0.4, 1, d.ratio, step=0.05, label="Ratio test")
        kind = ui.Dropdown(list(KINDS), value="rotation", label="Curve against")
    with tab.stage.more(TITLE):
        ransac = ui.Slider(1, 15, d.ransac, step=0.5, label="RANSAC (pixels)")
        second = ui.SafeImage(
            sources=["upload", "clipboard"], label="A second picture instead",
            height=130, elem_id="classical-features-second", format="jpeg",
        )  # fmt: skip
    settings = lesson.Controls(
        Settings, **changes, descriptor=descriptor, ratio=ratio, ransac=ransac
    )
    known = gr.State()
    parts.lazy.add(
        TITLE, section, show, [parts.picture, second], [view, panel], settings=settings,
        api_name="classical_features_matching", kind="stream",
        follows=[one.change for one in (parts.picture, second, *settings)],
    )  # fmt: skip
    connect_curve(parts, section, [parts.picture, second, kind, known], settings, [curve, known])


def connect_curve(
    parts: Parts, section: gr.Tab, inputs: list, settings: lesson.Controls, outputs: list
) -> None:
    """The curve is measured beside, and only for what it hangs on."""
    picture, second, kind, _ = inputs
    due = gr.Textbox("0", visible="hidden", label="due, curve")
    parts.tab.run(section.select, None, due, due, api_name=None, js=ASK)
    parts.tab.run(
        [picture.change, second.change, kind.change, settings["ratio"].change], None,
        [due, parts.lazy.shown], due, api_name=None, js=ASK_WHERE_SHOWN,
    )  # fmt: skip
    parts.tab.run(
        due.change, measure, inputs, outputs, settings=settings, api_name=None, kind="steady",
        trigger_mode="always_last", show_progress="hidden",
    )  # fmt: skip
    parts.tab.endpoint(
        measure, inputs, outputs, settings=settings, api_name="classical_features_invariance"
    )

"""How one got there: sliding window, R-CNN, Fast R-CNN, Faster R-CNN, YOLO, and what each costs."""

from collections.abc import Sequence
from html import escape
from statistics import median

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from cvcore.core.images import NO_PICTURE, to_data_uri
from cvcore.core.timing import Stopwatch
from cvcore.detection import RawPredictions
from cvcore.detection.older_detectors import CutOut, PooledRegion
from cvcore.detection.sliding_window import (
    DEFAULT_GROWTH,
    DEFAULT_SIDE,
    DEFAULT_STRIDE,
    WindowScale,
)
from demos import components as ui
from demos import lesson
from demos.detection.views import draw_page, draw_sentence, draw_table

TITLE = "History"
CLASSIFIER, CLASSIFIER_SIDE = "efficientnet_lite0", 224
RUNS = 3

STEPS = (
    ("method", "once a picture", "for every proposal", "large network", "seconds, as published"),
    ("<b>Sliding window</b>", "nothing", "a classifier on every window", "one a window", "–"),
    (
        "<b>R-CNN</b>, 2014",
        "2,000 proposals (selective search)",
        "the whole network on a cut-out",
        "about 2,000 passes",
        "47, and 2 for the proposals",
    ),
    (
        "<b>Fast R-CNN</b>, 2015",
        "the convolutions; proposals as before",
        "RoI pooling, a few dense layers",
        "1 pass",
        "0.32, and 2 for the proposals",
    ),
    (
        "<b>Faster R-CNN</b>, 2015",
        "the convolutions; a small network proposes",
        "RoI pooling, a few dense layers",
        "1 pass",
        "0.198",
    ),
    ("<b>YOLO</b>, 2016", "everything", "nothing", "1 pass", "0.022"),
    ("<b>YOLOv3-320</b>, 2018", "everything", "nothing", "1 pass", "0.022"),
)
SOURCES = """
Times a picture as published, R-CNN to Faster R-CNN with VGG16 on an Nvidia K40: Girshick et al.,
"Rich feature hierarchies", CVPR 2014 (time as given by Girshick, "Fast R-CNN", ICCV 2015, whose
0.32 s become 0.22 s, 213 times faster than R-CNN, with a truncated SVD of the dense layers); Ren et
al., "Faster R-CNN", NeurIPS 2015 (198 ms; 2 s for selective search). On a Titan X: Redmon et al.,
"You Only Look Once", CVPR 2016 (45 pictures a second); Redmon and Farhadi, "YOLOv3", 2018 (22 ms).
"""
CLASSIFIED, SHOWN = 16, 6  # of R-CNN's proposals: the clearest, and the surest of them


def count_windows(
    image: np.ndarray | None,
    side: int = DEFAULT_SIDE,
    stride: float = DEFAULT_STRIDE,
    growth: float = DEFAULT_GROWTH,
) -> tuple[str, dict]:
    """How many windows the picture has, and how long one pass for each would take here."""
    cvcore.core.images.check_image(image)
    scales = cvcore.detection.sliding_window.list_windows(
        image.shape[:2], side=side, stride=stride, growth=growth
    )
    if not scales:
        raise InputError("The smallest window is larger than the picture: choose a smaller one.")
    total = sum(scale.count for scale in scales)
    classify = cvcore.engine.predictor.load_predictor(CLASSIFIER)
    batch = np.zeros((1, 3, CLASSIFIER_SIDE, CLASSIFIER_SIDE), np.float32)
    classify(batch)
    passes = []
    for _ in range(RUNS):
        watch = Stopwatch()
        classify(batch)
        watch.lap("classifier")
        passes.append(watch.ms["classifier"])
    each = median(passes)
    cvcore.detection.predict_raw(image)
    yolo = median(sum(cvcore.detection.predict_raw(image).ms.values()) for _ in range(RUNS))
    rows = [
        [f"{one.side} x {one.side}", f"{one.columns} x {one.rows}", f"{one.count:,}"]
        for one in scales
    ]
    one_pass = f"{each:.1f}" if each < 10 else f"{each:.0f}"
    html = draw_page(
        f'<p class="big"><b>{total:,} windows</b> x {one_pass} ms a pass of the bundled classifier '
        f"here = <b>{total * each / 1000:.1f} s</b>. YOLOv3-tiny: one pass, <b>{yolo:.0f} ms</b>, "
        f"{total * each / yolo:,.0f} times faster.</p>",
        draw_table(["window", "places", "windows"], rows),
    )
    numbers = {"windows": total, "ms_each": each, "seconds": total * each / 1000, "yolo_ms": yolo}
    return html, numbers


def show_way(image: np.ndarray | None) -> tuple[str, dict]:
    """One step of each detector carried out on the picture: five cards, and their numbers."""
    cvcore.core.images.check_image(image)
    older = cvcore.detection.older_detectors
    raw = cvcore.detection.predict_raw(image)
    scales = cvcore.detection.sliding_window.list_windows(image.shape[:2])
    regions = older.propose_regions(image)
    cut_outs = older.cut_out(image, regions[:CLASSIFIED])
    cut_outs = sorted(cut_outs, key=lambda one: -one.probability)[:SHOWN]
    box = older.find_main_box(image, raw)
    pooled = older.pool_region(image, box)
    anchors_drawn, anchors, best = older.draw_anchors(image, box)
    cards = (
        draw_sliding_window(image, scales),
        draw_r_cnn(len(regions), cut_outs),
        draw_fast_r_cnn(pooled),
        draw_faster_r_cnn(anchors_drawn, anchors, best),
        draw_yolo(image, raw),
    )
    numbers = {
        "windows": sum(scale.count for scale in scales),
        "regions": len(regions),
        "cut_outs": [{"box": list(one.xyxy), "label": one.label} for one in cut_outs],
        "pooled": pooled.pooled.output.round(3).tolist(),
        "anchors": anchors,
        "best_anchor_iou": round(best, 3),
        "boxes": len(raw.xyxy),
    }
    return draw_page(f'<div class="cards">{"".join(cards)}</div>'), numbers


def draw_sliding_window(image: np.ndarray, scales: Sequence[WindowScale]) -> str:
    windows = sum(scale.count for scale in scales)
    drawn = cvcore.detection.older_detectors.draw_windows(image, scales)
    return draw_card(
        "Sliding window",
        [_draw_picture(drawn, "windows over the picture")],
        f"A classifier looks at every place in every size: <b>{windows:,} windows</b> here, "
        "one pass each. White: the places of one size; in colour: one window of each size. "
        "Most show nothing, and neighbours repeat each other's work.",
    )


def draw_r_cnn(regions: int, cut_outs: Sequence[CutOut]) -> str:
    return draw_card(
        "R-CNN",
        [_draw_cut_out(one) for one in cut_outs] or ["<p>No region stands out here.</p>"],
        "Only regions that look like something are classified, about 2,000 a picture from "
        "selective search. Each is cut out, warped to a square and sent through the whole "
        f"network. Here: <b>{regions} regions</b> by a quicker way, patches brighter or "
        "darker than their surroundings, with the bundled classifier's answers to "
        f"{len(cut_outs)} of them.",
    )


def draw_fast_r_cnn(pooled: PooledRegion) -> str:
    drawn = cvcore.detection.older_detectors.draw_region(pooled)
    high, wide = pooled.region[2:]
    return draw_card(
        "Fast R-CNN",
        [_draw_picture(drawn, "a feature map with a region and its bins")],
        "The convolutions run <b>once</b>, and a proposal is cut out of the feature map (a "
        f"channel of YOLOv3-tiny's; red: a region of {high} x {wide} cells). RoI pooling "
        "makes 3 x 3 numbers of it (white: the bins; 7 x 7 in the paper), whatever its size, "
        "so that dense layers can judge it. What takes longest now is selective search.",
    )


def draw_faster_r_cnn(drawn: np.ndarray, anchors: int, best: float) -> str:
    return draw_card(
        "Faster R-CNN",
        [_draw_picture(drawn, "the nine anchors of one cell")],
        "A small network on the same feature map proposes: in each cell it scores nine "
        "anchors, three areas in three shapes, and shifts the good ones. Drawn are those of "
        f"the red cell; yellow fits best, IoU {best:.2f} before the shift. The picture has "
        f"<b>{anchors:,} anchors</b>; a few hundred go on to RoI pooling.",
    )


def draw_yolo(image: np.ndarray, raw: RawPredictions) -> str:
    drawn = cvcore.detection.older_detectors.draw_one_pass(image, raw)
    return draw_card(
        "YOLO",
        [_draw_picture(drawn, "the grid and the boxes found")],
        "No second stage: each cell of the grid says boxes and classes by itself. "
        f"<b>One pass</b>, {len(raw.xyxy):,} boxes; what is left to do is suppression.",
    )


def draw_card(title: str, pictures: list[str], text: str) -> str:
    return (
        f'<div><h3>{title}</h3><div class="pictures">{"".join(pictures)}</div><p>{text}</p></div>'
    )


def _draw_picture(picture: np.ndarray, alt: str) -> str:
    return f'<img alt="{alt}" src="{to_data_uri(picture, quality=80)}">'


def _draw_cut_out(one: CutOut) -> str:
    label = escape(one.label)
    picture = _draw_picture(one.picture, f"cut-out: {label}")
    return f"<figure>{picture}<figcaption>{label} {one.probability:.2f}</figcaption></figure>"


def show_all(
    image: np.ndarray | None, side: int, stride: float, growth: float
) -> tuple[str, dict | None, str, dict | None]:
    """The cards and the windows; a picture smaller than the smallest window has none."""
    if image is None:
        return draw_sentence(NO_PICTURE), None, "", None
    cards, facts = show_way(image)
    try:
        windows, numbers = count_windows(image, side, stride, growth)
    except InputError as error:
        windows, numbers = draw_sentence(str(error)), None
    return cards, facts, windows, numbers


def build(tab: lesson.Tab, picture: gr.Image, lazy: lesson.LazyTabs) -> None:
    """Each step on the visitor's picture, its windows, the table."""
    with tab.stage.controls(TITLE, first=True):
        gr.Markdown("**Sliding window: how many passes for your picture?**")
        windows, outputs = build_windows()
    with tab.stage.view(TITLE) as section:
        cards = gr.HTML(label="cards", elem_id="detection-way")
        facts = gr.JSON(visible=False, label="numbers")
        gr.HTML(draw_page(draw_table(list(STEPS[0]), [list(row) for row in STEPS[1:]])))
        gr.Markdown(SOURCES)
    tab.run(
        [part.release for part in windows], count_windows, [picture, *windows], outputs,
        api_name="detection_windows", kind="steady",
    )  # fmt: skip
    lazy.add(
        TITLE, section, show_all, [picture, *windows], [cards, facts, *outputs], api_name=None,
        follows=[picture.change], kind="steady",
    )  # fmt: skip
    tab.endpoint(show_way, picture, [cards, facts], api_name="detection_way")


def build_windows() -> tuple[list, list]:
    """The sliders of the windows, and what is said of them."""
    sliders = [
        ui.Slider(16, 256, DEFAULT_SIDE, step=8, label="Smallest window in pixels"),
        ui.Slider(0.05, 1, DEFAULT_STRIDE, step=0.05, label="Step, as a share of the window"),
        ui.Slider(1.1, 3, DEFAULT_GROWTH, step=0.1, label="Each next window is larger by"),
    ]
    table = gr.HTML(label="table", elem_id="detection-windows")
    return sliders, [table, gr.JSON(visible=False, label="numbers")]

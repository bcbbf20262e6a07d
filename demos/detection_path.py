"""How one got there: sliding window, R-CNN, Fast R-CNN, Faster R-CNN, YOLO, and what each costs."""

from html import escape
from statistics import median
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.detection_drawing import class_colour
from cvcore.detection_path import CutOut
from cvcore.errors import InputError
from cvcore.images import to_data_uri
from cvcore.roi_pooling import RoiPooling
from cvcore.timing import Stopwatch
from demos import ui
from demos.detection_views import draw_page, draw_sentence, draw_table

CLASSIFIER, CLASSIFIER_SIDE = "efficientnet_lite0", 224
RUNS = 3
START = [[1, 3, 2, 0, 5, 1], [4, 0, 7, 2, 1, 3], [2, 6, 1, 8, 0, 2], [5, 1, 3, 4, 9, 6]]

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
    image: np.ndarray | None, side: int = 64, stride: float = 0.25, growth: float = 1.5
) -> tuple[str, dict]:
    """How many windows the picture has, and how long one pass for each would take here."""
    cvcore.images.check_image(image)
    scales = cvcore.sliding_window.list_windows(
        image.shape[:2], side=side, stride=stride, growth=growth
    )
    if not scales:
        raise InputError("The smallest window is larger than the picture: choose a smaller one.")
    total = sum(scale.count for scale in scales)
    classify = cvcore.runtime.load_predictor(CLASSIFIER)
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
    html = draw_page(
        f'<p class="big"><b>{total:,} windows</b> x {each:.0f} ms a pass of the bundled classifier '
        f"here = <b>{total * each / 1000:.1f} s</b>. YOLOv3-tiny: one pass, <b>{yolo:.0f} ms</b>, "
        f"{total * each / yolo:,.0f} times faster.</p>",
        draw_table(["window", "places", "windows"], rows),
    )
    numbers = {"windows": total, "ms_each": each, "seconds": total * each / 1000, "yolo_ms": yolo}
    return html, numbers


def show_way(image: np.ndarray | None) -> tuple[str, dict]:
    """One step of each detector carried out on the picture: five cards, and their numbers."""
    cvcore.images.check_image(image)
    way = cvcore.detection_path
    raw = cvcore.detection.predict_raw(image)
    scales = cvcore.sliding_window.list_windows(image.shape[:2])
    windows = sum(scale.count for scale in scales)
    regions = way.propose_regions(image)
    cut_outs = way.cut_out(image, regions[:CLASSIFIED])
    cut_outs = sorted(cut_outs, key=lambda one: -one.probability)[:SHOWN]
    box = way.find_main_box(image, raw)
    pooled = way.pool_region(image, box)
    anchors_drawn, anchors, best = way.draw_anchors(image, box)
    high, wide = pooled.region[2:]
    cards = (
        draw_card(
            "Sliding window",
            [_img(way.draw_windows(image, scales), "windows over the picture")],
            f"A classifier looks at every place in every size: <b>{windows:,} windows</b> here, "
            "one pass each. White: the places of one size; in colour: one window of each size. "
            "Most show nothing, and neighbours repeat each other's work.",
        ),
        draw_card(
            "R-CNN",
            [_cut_out(one) for one in cut_outs] or ["<p>No region stands out here.</p>"],
            "Only regions that look like something are classified, about 2,000 a picture from "
            "selective search. Each is cut out, warped to a square and sent through the whole "
            f"network. Here: <b>{len(regions)} regions</b> by a quicker way, patches brighter or "
            "darker than their surroundings, with the bundled classifier's answers to "
            f"{len(cut_outs)} of them.",
        ),
        draw_card(
            "Fast R-CNN",
            [_img(way.draw_region(pooled), "a feature map with a region and its bins")],
            "The convolutions run <b>once</b>, and a proposal is cut out of the feature map (a "
            f"channel of YOLOv3-tiny's; red: a region of {high} x {wide} cells). RoI pooling "
            "makes 3 x 3 numbers of it (white: the bins; 7 x 7 in the paper), whatever its size, "
            "so that dense layers can judge it. What takes longest now is selective search.",
        ),
        draw_card(
            "Faster R-CNN",
            [_img(anchors_drawn, "the nine anchors of one cell")],
            "A small network on the same feature map proposes: in each cell it scores nine "
            "anchors, three areas in three shapes, and shifts the good ones. Drawn are those of "
            f"the red cell; yellow fits best, IoU {best:.2f} before the shift. The picture has "
            f"<b>{anchors:,} anchors</b>; a few hundred go on to RoI pooling.",
        ),
        draw_card(
            "YOLO",
            [_img(way.draw_one_pass(image, raw), "the grid and the boxes found")],
            "No second stage: each cell of the grid says boxes and classes by itself. "
            f"<b>One pass</b>, {len(raw.xyxy):,} boxes; what is left to do is suppression.",
        ),
    )
    numbers = {
        "windows": windows,
        "regions": len(regions),
        "cut_outs": [{"box": list(one.xyxy), "label": one.label} for one in cut_outs],
        "pooled": pooled.pooled.output.round(3).tolist(),
        "anchors": anchors,
        "best_anchor_iou": round(best, 3),
        "boxes": len(raw.xyxy),
    }
    return draw_page(f'<div class="cards">{"".join(cards)}</div>'), numbers


def draw_card(title: str, pictures: list[str], text: str) -> str:
    return (
        f'<div><h4>{title}</h4><div class="pictures">{"".join(pictures)}</div><p>{text}</p></div>'
    )


def _img(picture: np.ndarray, alt: str) -> str:
    return f'<img alt="{alt}" src="{to_data_uri(picture, quality=80)}">'


def _cut_out(one: CutOut) -> str:
    label = escape(one.label)
    picture = _img(one.picture, f"cut-out: {label}")
    return f"<figure>{picture}<figcaption>{label} {one.probability:.2f}</figcaption></figure>"


def pool(matrix: Any, rows: int = 3, columns: int = 3) -> tuple[str, list[list[float]]]:
    """RoI pooling of a typed matrix, drawn with the winner of each bin, and its result."""
    cells = parse_matrix(matrix)
    pooled = cvcore.roi_pooling.roi_pool(cells, (0, 0, *cells.shape), (rows, columns))
    return draw_pooling(cells, pooled), pooled.output.tolist()


def show_all(
    image: np.ndarray | None, side: int, stride: float, growth: float
) -> tuple[str, dict, str, dict | None, bool]:
    """The cards and the windows; a picture smaller than the smallest window has none."""
    cards, facts = show_way(image)
    try:
        windows, numbers = count_windows(image, side, stride, growth)
    except InputError as error:
        windows, numbers = draw_sentence(str(error)), None
    return cards, facts, windows, numbers, True


def parse_matrix(matrix: Any) -> np.ndarray:
    """Numbers out of the table; InputError when a cell holds none."""
    try:
        cells = np.array(
            [[float(str(cell).replace(",", ".")) for cell in row] for row in matrix], np.float64
        )
    except (TypeError, ValueError):
        cells = np.array([[np.nan]])
    if cells.ndim != 2 or not cells.size or not np.isfinite(cells).all():
        raise InputError("Every cell of the matrix must hold a number: fill in the empty ones.")
    return cells


def draw_pooling(cells: np.ndarray, pooled: RoiPooling) -> str:
    """The matrix beside its output: a bin's colour is that of the cell it fills.

    Where bins overlap, a cell has a stripe of each colour.
    """
    high, wide = pooled.output.shape
    owners: dict[tuple[int, int], list[int]] = {}
    won: set[tuple[int, int]] = set()
    for y, row in enumerate(pooled.bins):
        for x, one in enumerate(row):
            won.add((one.row, one.column))
            for i in range(one.top, one.bottom):
                for j in range(one.left, one.right):
                    owners.setdefault((i, j), []).append(y * wide + x)
    left = [
        _cell(cells[i, j], owners.get((i, j), []), (i, j) in won)
        for i in range(cells.shape[0])
        for j in range(cells.shape[1])
    ]
    right = [
        _cell(pooled.output[y, x], [y * wide + x], False) for y in range(high) for x in range(wide)
    ]
    return draw_page(
        f'<div class="pair"><div><p class="big">Region {cells.shape[0]} x {cells.shape[1]}</p>'
        f'{_grid(left, cells.shape[1])}</div><div><p class="big">Pooled {high} x {wide}</p>'
        f"{_grid(right, wide)}</div></div>",
        '<p class="soft">Each output cell is the greatest value (framed) of the cells of its '
        "colour. Two colours: the bins overlap there, since the region's side is no multiple of "
        "the output's.</p>",
    )


def _grid(cells: list[str], columns: int) -> str:
    style = f"grid-template-columns: repeat({columns}, auto)"
    return f'<div class="cells" style="{style}">{"".join(cells)}</div>'


def _cell(value: float, owners: list[int], is_winner: bool) -> str:
    colours = [f"rgb({','.join(str((c + 255) // 2) for c in class_colour(n))})" for n in owners]
    share = 100 / max(len(colours), 1)
    stops = ", ".join(
        f"{colour} {share * k:.0f}% {share * (k + 1):.0f}%" for k, colour in enumerate(colours)
    )
    number = f"{value:g}".replace("-", "−")
    return (
        f'<span class="{"won" if is_winner else ""}" '
        f'style="background: linear-gradient(135deg, {stops})">{number}</span>'
    )


def build(tab: ui.Tab, picture: gr.Image, panel: gr.Tab) -> None:
    """The table, each step on the visitor's picture, its windows, and RoI pooling to type into."""
    gr.HTML(draw_page(draw_table(list(STEPS[0]), [list(row) for row in STEPS[1:]])))
    gr.Markdown(SOURCES)
    gr.Markdown("### Each of them on your picture")
    cards, facts = gr.HTML(elem_id="detection-way"), gr.JSON(visible=False)
    with gr.Row():
        with gr.Column(min_width=320):
            gr.Markdown("### Sliding window: how many passes for your picture?")
            side = ui.Slider(16, 256, 64, step=8, label="Smallest window in pixels")
            stride = ui.Slider(0.05, 1, 0.25, step=0.05, label="Step, as a share of the window")
            growth = ui.Slider(1.1, 3, 1.5, step=0.1, label="Each next window is larger by")
            windows, numbers = gr.HTML(elem_id="detection-windows"), gr.JSON(visible=False)
        with gr.Column(min_width=320):
            gr.Markdown("### RoI pooling (Fast R-CNN): type into the region")
            matrix = gr.Dataframe(
                START,
                headers=[str(number) for number in range(6)],
                datatype="number",
                type="array",
                interactive=True,
                static_columns=[],
                show_label=False,
                elem_id="detection-matrix",
            )
            with gr.Row():
                rows = ui.Slider(1, 4, 3, step=1, label="Output rows", min_width=120)
                columns = ui.Slider(1, 6, 3, step=1, label="Output columns", min_width=120)
            pooled, output = gr.HTML(elem_id="detection-pooling"), gr.JSON(visible=False)
    settings = [picture, side, stride, growth]
    tab.run(
        [side.release, stride.release, growth.release],
        count_windows,
        settings,
        [windows, numbers],
        api_name="detection_windows",
        kind="steady",
    )
    # Nothing of this is computed before the visitor looks; from then on with every new picture.
    is_seen = gr.State(False)
    shown = [cards, facts, windows, numbers, is_seen]
    tab.run(panel.select, show_all, settings, shown, api_name=None, kind="steady")
    tab.run(
        picture.change,
        lambda is_seen, image, *rest: (
            show_all(image, *rest)
            if is_seen and image is not None
            else ("", None, "", None, is_seen)
        ),
        [is_seen, *settings],
        shown,
        api_name=None,
    )
    single = gr.Button(visible=False)
    tab.run(single.click, show_way, picture, [cards, facts], api_name="detection_way")
    tab.run(
        [matrix.change, rows.input, columns.input],
        pool,
        [matrix, rows, columns],
        [pooled, output],
        api_name="detection_roi_pool",
        kind="stream",
    )
    tab.on_open(pool, [matrix, rows, columns], [pooled, output])

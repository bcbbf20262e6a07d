"""How one got there: sliding window, R-CNN, Fast R-CNN, Faster R-CNN, YOLO, and what each costs.

The view has a step for each; ``search_view``, ``region_view``, ``anchor_view`` and
``timeline_view`` draw them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
from demos import lesson
from demos.detection import anchor_view, region_view, search_view, timeline_view
from demos.detection.views import draw_page, draw_sentence, draw_table
from demos.detection.way import (
    CROPS,
    HISTORY,
    NETWORK,
    OVERVIEW,
    POOLED,
    SEARCH,
    Course,
    WaySettings,
    WayState,
    find_way,
    with_predictions,
)
from demos.detection.way_controls import build_steps

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
    regions = cvcore.detection.selective_search.search(image).proposals()
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
    published = draw_table(list(STEPS[0]), [list(row) for row in STEPS[1:]])
    sources = f'<p class="soft">{escape(" ".join(SOURCES.split()))}</p>'
    return draw_page(f'<div class="cards">{"".join(cards)}</div>', published, sources), numbers


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
        "Only regions that look like something are classified, about 2,000 a picture in the "
        "paper. Each is cut out, warped to a square and sent through the whole network. Here: "
        f"<b>{regions} regions</b> by selective search, with the bundled classifier's answers to "
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


@lesson.keep_here
def show_step(
    image: np.ndarray | None, truths: list[dict] | None, state: WayState | None, course: Course,
    settings: WaySettings,
) -> Iterator[tuple]:  # fmt: skip
    """A step on the picture, its slow part first: the view, its numbers, the windows and theirs,
    the slider of the merges, and what is kept."""
    skip = gr.skip()
    if settings.step == HISTORY:
        yield *timeline_view.draw(), skip, skip, skip, skip
    elif settings.step == OVERVIEW:
        shown = show_all(image, settings.side, settings.stride, settings.growth)
        yield *shown, skip, skip
    elif image is None:
        yield draw_sentence(NO_PICTURE), None, skip, skip, skip, None
    else:
        try:
            yield from show_slow_step(find_way(state, image), truths, course, settings)
        except InputError as error:  # in place of the answer to what was asked before
            yield draw_sentence(str(error)), None, skip, skip, skip, None


def show_slow_step(
    state: WayState, truths: list[dict] | None, course: Course, settings: WaySettings
) -> Iterator[tuple]:
    """The steps that keep what takes long."""
    skip = gr.skip()
    if settings.step == NETWORK:
        state = with_predictions(state)
        yield *anchor_view.draw(state, settings, truths), skip, skip, skip, state
        return
    before, state = state.grouping, search_view.prepare(state, settings)
    assert state.grouping is not None
    slider = skip
    if before is not state.grouping:
        settings = replace(settings, merges=search_view.choose_merges(state.grouping, settings))
        slider = gr.update(maximum=len(state.grouping.merges), value=settings.merges)
    if settings.step == SEARCH:
        yield *search_view.draw(state, settings, truths), skip, skip, slider, state
        return
    for now, drawn in region_view.follow(state, settings, course):
        yield *region_view.draw(now, drawn), skip, skip, slider, now
        slider = skip


@lesson.keep_here
def redraw(
    truths: list[dict] | None, state: WayState | None, course: Course, settings: WaySettings
) -> tuple:  # fmt: skip
    """The step again by what is kept, after a slider that asks for nothing slow; while crops are
    classified, their next drawing follows it."""
    course.settings = settings
    if course.at_work is not None and settings.step in (CROPS, POOLED):
        return gr.skip(), gr.skip(), gr.skip()
    if state is None or settings.step in (OVERVIEW, HISTORY):
        return gr.skip(), gr.skip(), gr.skip()
    if settings.step == NETWORK:
        return *anchor_view.draw(state, settings, truths), gr.skip()
    if state.grouping is None:
        return gr.skip(), gr.skip(), gr.skip()
    if settings.step == SEARCH:
        return *search_view.draw(state, settings, truths), gr.skip()
    if settings.step == POOLED and settings.pooling not in state.pooled:
        state = region_view.pool(state, settings)
    if settings.step == CROPS and state.crops is None:
        return gr.skip(), gr.skip(), gr.skip()
    return *region_view.draw(state, settings), state


def answer(
    image: np.ndarray | None, truths: list[dict] | None, settings: WaySettings
) -> dict | None:
    """A step's numbers alone, for a call through the API."""
    if image is None and settings.step != HISTORY:
        raise InputError(NO_PICTURE)
    if settings.step == SEARCH:  # with the merges as they are asked for
        state = search_view.prepare(find_way(None, image), settings)
        return search_view.draw(state, settings, truths)[1]
    if image is None or settings.step in (OVERVIEW, HISTORY):
        *_, last = show_step(image, truths, None, Course(), settings)
    else:
        *_, last = show_slow_step(find_way(None, image), truths, Course(), settings)
    return last[1]


def build(tab: lesson.Tab, picture: gr.Image, truths: gr.JSON, lazy: lesson.LazyTabs) -> None:
    """The steps on the visitor's picture, and what each is set by."""
    with tab.stage.controls(TITLE, first=True):
        steps = build_steps(tab)
        stop = gr.Column(visible=False)
    with tab.stage.view(TITLE) as section:
        view = gr.HTML(label="step", elem_id="detection-way")
        facts = gr.JSON(visible=False, label="numbers")
        state, course = gr.State(), gr.State(Course())
    settings = steps.settings
    windows = [settings[name] for name in ("side", "stride", "growth")]
    tab.run(
        [part.release for part in windows], count_windows, [picture, *windows], steps.windows,
        api_name="detection_windows", kind="steady",
    )  # fmt: skip
    running = lazy.add(
        TITLE, section, show_step, [picture, truths, state, course],
        [view, facts, *steps.windows, settings["merges"], state], api_name=None,
        controls=steps.slow, follows=[picture.change], kind="steady",
        newest=gr.State(lesson.RunToken()), settings=settings,
    )  # fmt: skip
    tab.run(
        [*steps.cheap, truths.change], redraw, [truths, state, course], [view, facts, state],
        api_name=None, kind="stream", settings=settings,
    )  # fmt: skip
    with stop:
        tab.stop_button(*running, elem_id="detection-way-stop")
    steps.show_with(tab, {CROPS: [stop], POOLED: [stop]})
    tab.endpoint(show_way, picture, [view, facts], api_name="detection_way")
    call = lesson.Controls(WaySettings, **settings.parts)
    tab.endpoint(
        answer, [picture, truths], facts, settings=call, api_name="detection_step", kind="steady"
    )  # fmt: skip

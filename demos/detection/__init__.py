"""Tab: object detection with YOLO. Which objects are where, and how do the boxes come about?"""

import gradio as gr
import numpy as np

import cvcore
from cvcore.detection import DEFAULT_MODEL
from demos import components as ui
from demos import lesson
from demos.components.js_component import link_styles
from demos.detection import (
    anchor_free,
    explain,
    ground_truth,
    live,
    models,
    older_detectors,
    own_set,
    pose,
    roi_pooling,
    sizes,
    suppression,
    video,
)
from demos.detection.canvas import MODES, DetectionCounts, DetectionPanel, DetectionView, to_view
from demos.detection.controls import Settings, build_controls, choose_sample
from demos.detection.state import LessonState

TITLE = "YOLO detection"
SHORT = "Detection"  # on the tab's button
SUMMARY = "Which objects are where, and how do a network's thousands of boxes become a few?"
QUESTION = "How do a network's thousands of boxes become a few?"
NETWORKS = (DEFAULT_MODEL,)  # made ready
FAILS = {
    "chelsea": "A cat fills the picture, and no box is found.",
    "astronaut": "The person is not found: her boxes stay below 10 %.",
}
CODE = (
    "cvcore.detection:predict_boxes",
    "cvcore.detection.yolo_heads:decode_heads",
    *anchor_free.CODE,
    "cvcore.detection.suppression:nms_steps",
    "cvcore.detection.suppression:soft_nms_steps",
    "cvcore.detection.suppression:vote_boxes",
    "cvcore.detection.boxes:box_iou",
    "cvcore.detection.overlaps:compare_boxes",
    "cvcore.detection.confusion:pair_boxes",
    "cvcore.detection.counting:Counter",
    "cvcore.detection.ground_truth:match_ground_truth",
    "cvcore.detection.roi_pooling:roi_pool",
    "cvcore.detection.roi_pooling:roi_align",
    "cvcore.detection.selective_search:group",
    "cvcore.detection.region_cnn:score_crops",
    "cvcore.detection.region_cnn:score_map",
    "cvcore.detection.older_detectors:cut_out",
    "cvcore.detection.older_detectors:pool_region",
    "cvcore.detection.older_detectors:list_anchors",
    "cvcore.detection.explain:explain_detection",
    "cvcore.detection.pose:decode",
    "cvcore.detection.pose:measure_angle",
)


def detect(
    image: np.ndarray | None, settings: Settings
) -> tuple[dict, dict, str, dict, dict, dict, LessonState]:
    """Run the network once: numbers, view, latency, three files to download, and what to keep."""
    raw = cvcore.detection.predict_raw(image, **settings.network())
    state = LessonState(image, raw)
    results, *others = suppression.suppress(state, settings)
    return results, to_view(image, raw, settings), *others, state


def build(tab: lesson.Tab) -> None:
    """The picture and its boxes, what each inner view asks of them, and the webcam."""
    stage = lesson.Stage(tab, SHORT, QUESTION)
    state = gr.State()
    picture = stage.picture_input(sample=choose_sample(), fails=FAILS)
    with stage.show(*MODES):
        results = gr.JSON(visible=False, label="results")
        view = DetectionView(
            label="boxes", elem_id="detection-view", elem_classes=["fill", "picture-back"]
        )
    with stage.controls(*MODES):
        DetectionCounts(elem_id="detection-counts")
    controls, notice = build_controls(stage, *MODES, explain.TITLE, video.TITLE,
                                      own_set.TITLE, lesson.LIVE)  # fmt: skip
    with stage.controls(*MODES):
        DetectionPanel(elem_id="detection-panel")
    own_views = [anchor_free.TITLE, pose.TITLE, older_detectors.TITLE, roi_pooling.TITLE]
    lazy = lesson.LazyTabs(tab, [MODES[0], *own_views])
    truths = ground_truth.build(tab, view, state, controls)
    anchor_free.build(tab, picture, lazy)
    explain.build(tab, view, picture, controls)
    pose.build(tab, picture, lazy)
    own_set.build(tab, state, truths, controls)
    sizes.build(tab, picture, controls, truths)
    video.build(tab, controls)
    older_detectors.build(tab, picture, truths, lazy)
    roi_pooling.build(tab, lazy)
    live.build(tab, controls)
    gr.HTML(
        link_styles(__name__, "counting_sheet.css"), visible="hidden", elem_id="detection-style"
    )
    lazy.note_others(stage.views)
    with stage.told(*MODES):
        badge = ui.Badge(label="timings")
        files = [ui.Download(name) for name in ("Picture", "CSV", "JSON")]
    tab.lesson()
    tab.show_code(*CODE)
    _connect(tab, picture, controls, notice, [results, view, badge, *files, state])


def _connect(
    tab: lesson.Tab, picture: gr.Image, controls: lesson.Controls, notice: gr.HTML, outputs: list
) -> None:  # fmt: skip
    """What makes the network run again, and what only the suppression."""
    results, view, badge, *files, state = outputs
    wait = {"settings": controls, "show_progress_on": badge}  # the view says by itself what goes on
    tab.on_open(detect, [picture], outputs, **wait)
    tab.run(
        [picture.change, controls["input_size"].release], detect, [picture], outputs,
        api_name="detection", **wait,
    )  # fmt: skip
    suppression.connect(tab, state, view, [results, badge, *files], controls)
    for ready in models.connect(tab, controls["model"], notice):
        tab.run(ready.then, detect, [picture], outputs, api_name=None, **wait)

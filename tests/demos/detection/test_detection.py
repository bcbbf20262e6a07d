"""The tab's handlers as plain functions, and through the running app's API."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import av
import numpy as np
import pytest

from cvcore import detection as det
from cvcore.core import samples, video
from cvcore.core.errors import InputError
from cvcore.core.images import shrink
from demos import components as ui
from demos import detection
from demos.detection import (
    explain,
    ground_truth,
    live,
    models,
    older_detectors,
    roi_pooling,
    sizes,
    suppression,
)
from demos.detection import video as detection_video
from demos.detection.canvas import to_view
from demos.detection.controls import Limits, Settings
from demos.detection.explain import ExplainSettings
from demos.detection.ground_truth import JudgementSettings
from demos.detection.live import FrameSettings
from demos.detection.roi_pooling import PoolingSettings
from demos.detection.sizes import SizesSettings
from demos.detection.state import LessonState
from demos.detection.video import VideoSettings
from tests.support.films import write_film
from tests.support.html import visible

CUP = {"x1": 140, "y1": 40, "x2": 445, "y2": 330, "label": "cup"}


def read_series(html):
    """Each series of a chart: its name and its points, [pixel x, pixel y, x, y] with words."""
    found = re.findall(r"""data-name="([^"]*)" data-points='([^']*)'""", html)
    return [(name, json.loads(points)) for name, points in found]


def test_results_and_files(coffee):
    results, view, badge, picture, table, file, _ = detection.detect(coffee, Settings())
    assert [row["label"] for row in results["detections"]] == ["cup"]
    assert results["proposed"] == 2535
    assert results["above_confidence"] >= 1
    assert "network" in badge
    assert picture["href"].startswith("data:image/jpeg")
    assert table["filename"].endswith(".csv")
    assert file["filename"].endswith(".json")
    assert json.dumps(view)


def test_limits_do_not_run_the_network(state, monkeypatch):
    monkeypatch.setattr(det, "predict_raw", None)
    few, *_ = suppression.suppress(state, Limits(0.5))
    many, *_ = suppression.suppress(state, Limits(0.02))
    assert len(many["detections"]) > len(few["detections"]) == 1
    none, *_ = suppression.suppress(state, Limits(0.02, 0.45, ["zebra"]))
    assert none["detections"] == []
    with pytest.raises(InputError, match="no picture"):
        suppression.suppress(None, Limits())


def test_view_holds_every_strong_box(coffee, state):
    import base64

    view = to_view(coffee, state.raw, Limits())
    boxes = np.frombuffer(base64.b64decode(view["boxes"]), "<f4").reshape(-1, 4)
    scores = np.frombuffer(base64.b64decode(view["scores"]), "<f4").reshape(-1, 5)
    expected = det.explain_suppression(state.raw, confidence=0.01).candidates
    assert len(boxes) == len(scores) == len(view["cells"]) == len(view["raw"]) == len(expected)
    assert boxes == pytest.approx(expected.xyxy)
    assert scores[:, 0] == pytest.approx(expected.confidence)
    assert [top[0] for top in view["classes_top"]] == expected.class_id.tolist()
    assert len(base64.b64decode(view["objectness"])) == 2535


def test_detections_are_judged_by_the_ground_truth(state):
    html, numbers = ground_truth.judge(state, [CUP], JudgementSettings())
    assert numbers["true_positives"] == 1
    assert numbers["recall"] == 1
    assert "1 true" in visible(html)
    curve, (name, [limit]) = read_series(html)
    assert "<polyline" in html
    assert name == "at the confidence limit"
    assert limit[2:] == curve[1][0][2:] == ["recall 1.00", "1"]  # the cup is the surest box
    _, numbers = ground_truth.judge(state, [CUP | {"label": "zebra"}], JudgementSettings())
    assert numbers["false_positives"] == 1
    assert numbers["missed"] == 1
    assert ground_truth.judge(state, [], JudgementSettings()) == ("", {})
    # the cup's box is no better than this
    html, numbers = ground_truth.judge(state, [CUP], JudgementSettings(limit=0.95))
    assert numbers["true_positives"] == 0
    assert "at IoU 0.95" in visible(html)
    assert "you drew no box around counts as false" in visible(html)
    street = samples.load_sample("street")
    every = LessonState(street, det.predict_raw(street))
    html, numbers = ground_truth.judge(every, [CUP], JudgementSettings(0.01, 0.9))
    assert html.count("<tr>") == 1 + len(numbers["detections"]) > 13  # every one is listed


@pytest.mark.parametrize(
    "bad",
    [
        "cup",
        [{"x1": 1}],
        [CUP | {"label": "unicorn"}],
        [CUP | {"x2": float("nan")}],
        [CUP | {"x1": "left"}],
        [CUP] * 51,
    ],
)
def test_bad_truths(state, bad):
    with pytest.raises(InputError):
        ground_truth.judge(state, bad, JudgementSettings())


def test_sizes_grow_with_the_picture(coffee, monkeypatch):
    monkeypatch.setattr(sizes, "SIZES", (160, 320))
    *_, (html, rows) = sizes.measure_sizes(coffee, SizesSettings(truths=[CUP]))
    assert [row["boxes"] for row in rows] == [3 * (25 + 100), 3 * (100 + 400)]
    assert all(0 <= row["average_precision"] <= 1 for row in rows)
    assert html.count("<rect") == 2
    assert "pictures a second from picture to drawn picture" in visible(html)


def test_bars_of_sizes_stand_on_one_line():
    """100 ms are half as high as 200 ms; their figures stand above them."""
    row = {"boxes": 9, "found": 2, "counts": {"cup": 2}}
    rows = [row | {"ms": 100, "input_size": 160}, row | {"ms": 200, "input_size": 320}]
    html = sizes.draw_sizes(rows)
    (x1, y1, high1), (x2, y2, high2) = [
        tuple(map(float, bar))
        for bar in re.findall(
            r'<rect x="([\d.]+)" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"', html
        )
    ]
    assert y1 + high1 == pytest.approx(y2 + high2, abs=0.2)
    assert high2 == pytest.approx(2 * high1, abs=0.2)
    figures = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle">(\d00)<', html)
    assert [words for *_, words in figures] == ["100", "200"]
    assert [float(y) for _, y, _ in figures] == pytest.approx([y1 - 6, y2 - 6], abs=0.2)
    assert x1 < float(figures[0][0]) < x2 < float(figures[1][0])
    [(name, points)] = read_series(html)
    assert name == "ms"
    assert [point[2:] for point in points] == [
        ["160 pixels: cup 2", "100"], ["320 pixels: cup 2", "200"],
    ]  # fmt: skip


def test_a_size_is_timed_as_the_line_under_the_view(coffee, monkeypatch):
    """The network's timings, and suppression and drawing on top."""
    drawn = []

    class Clock:
        ms: ClassVar = {}

        def lap(self, name):
            self.ms[name] = 1e6

    monkeypatch.setattr(sizes, "Stopwatch", Clock)
    monkeypatch.setattr(sizes, "draw_boxes", lambda *parts: drawn.append(parts) or coffee)
    row = sizes.measure(coffee, 160, SizesSettings())
    assert row["ms"] > 1e6
    assert len(drawn) == sizes.RUNS


def test_frames_get_tracks(coffee):
    tracks = FrameSettings(style=live.TRACKS, model="yolov3_tiny")
    following = None
    for _ in range(3):
        picture, counts, _, following, numbers = live.detect_frame(coffee, following, tracks)
    assert picture.shape == coffee.shape
    assert list(following.tracker.seen.values()) == ["cup"]
    assert "Different ones so far: cup 1" in visible(counts)
    assert numbers["counts"] == numbers["seen"] == {"cup": 1}
    assert [row["label"] for row in numbers["detections"]] == ["cup"]
    # another limit is no new start, and it counts
    strict = replace(tracks, confidence=0.9)
    _, counts, _, following, numbers = live.detect_frame(np.zeros_like(coffee), following, strict)
    assert "Now: nothing" in visible(counts)
    assert "Different ones so far: cup 1" in visible(counts)
    assert numbers["detections"] == []
    for _ in range(3):
        _, counts, _, following, _ = live.detect_frame(coffee[:, ::-1], following, strict)
    assert "Now: nothing" in visible(counts)  # the cup is less sure than 0.9
    blurred, _, _, following, numbers = live.detect_frame(
        coffee, following, replace(tracks, style="blur")
    )
    assert following is None
    assert numbers["seen"] == {}
    assert (blurred != coffee).any()


def test_the_webcam_is_answered_without_anchors_unless_asked_otherwise(coffee):
    *_, numbers = live.detect_frame(coffee, None, FrameSettings())
    expected = det.predict_boxes(coffee, model="nanodet")
    assert numbers["counts"] == expected.counts()
    *_, numbers = live.detect_frame(coffee, None, FrameSettings(model="yolov3_tiny"))
    assert numbers["counts"] == {"cup": 1}


def test_a_model_that_is_here_waits_for_nobody(monkeypatch):
    model, sentence, wanted = models.choose_model("yolov3_tiny")
    assert model == "yolov3_tiny"
    assert "mAP50" in sentence
    assert "__type__" in wanted  # nothing goes to the queue of long work
    model, sentence, wanted = models.choose_model("yolo11n")
    assert model == "yolov3_tiny"  # until the other one is here
    assert wanted[0] == "yolo11n"
    assert models.choose_model("yolo11n")[2] != wanted  # chosen again, it is tried again

    def fail(name):
        yield "Downloading YOLO11n: 0%"
        raise InputError("YOLO11n cannot be downloaded without a network: use the bundled model.")

    monkeypatch.setattr(models.lesson, "fetch_model", fail)
    (_, first), (model, last) = models.get_model(wanted)
    assert "0%" in first
    assert model == "yolov3_tiny"
    assert "use the bundled model" in last


def test_windows_are_counted(coffee):
    html, numbers = older_detectors.count_windows(coffee, 100, 0.5, 2.0)
    assert numbers["windows"] == 11 * 7 + 5 * 3 + 2 * 1
    assert "windows" in visible(html)
    with pytest.raises(InputError, match="smaller"):
        older_detectors.count_windows(np.zeros((20, 20, 3), np.uint8), 64)


def test_the_way_is_walked_on_the_picture(coffee):
    html, numbers = older_detectors.show_way(coffee)
    assert html.count("<h3>") == 5
    assert html.count("<img") == 4 + len(numbers["cut_outs"])
    assert f"{numbers['regions']} regions by selective search" in visible(html)  # not those shown
    assert numbers["boxes"] == 2535
    assert numbers["anchors"] == 37 * 56 * 9
    assert f"{numbers['windows']:,} windows" in visible(html)
    for odd in (np.zeros((1, 1, 3), np.uint8), np.full((2, 300, 3), 90, np.uint8)):
        _, numbers = older_detectors.show_way(odd)
        assert numbers["windows"] == numbers["regions"] == 0
        _, _, windows, found = older_detectors.show_all(odd, 64, 0.25, 1.5)
        assert "smaller" in windows
        assert found is None
    with pytest.raises(InputError, match="no picture"):
        older_detectors.show_way(None)
    cards, *empty = older_detectors.show_all(None, 64, 0.25, 1.5)  # the inner tab says the same
    assert "no picture" in visible(cards)
    assert empty == [None, "", None]


def test_a_box_is_explained(coffee):
    *first, (html, numbers) = explain.explain_box(coffee, ExplainSettings(masks=16))
    assert numbers["label"] == "cup"
    assert numbers["share_done"] == 1
    x0, y0, x1, y1 = numbers["box"]
    assert numbers["area"] == pytest.approx((x1 - x0) * (y1 - y0) / (400 * 600), abs=1e-3)
    assert 0 < numbers["inside"] <= 1
    assert "of the masks" not in visible(html)
    assert all("of the masks" in visible(html) for html, _ in first)
    for number in (0, 2, None, 1.5):
        with pytest.raises(InputError, match="number of the box"):
            next(explain.explain_box(coffee, ExplainSettings(number=number)))
    with pytest.raises(InputError, match="no box"):
        next(explain.explain_box(coffee, ExplainSettings(confidence=0.99)))
    with pytest.raises(InputError, match="no picture"):
        next(explain.explain_box(None, ExplainSettings()))


def test_pooling_of_a_typed_matrix():
    """The textbook's example waits for its fourth row; what does not hang on it is there."""
    html, values = roi_pooling.pool(roi_pooling.START, PoolingSettings())
    assert values["roi_pool"] == [[1, 0.6, 0.9], [1, 0.7, 0.9], [None] * 3]
    assert values["roi_align"][0] == pytest.approx([0.325, 0.3625, 0.5375])
    assert values["roi_align"][2] == [None] * 3
    assert "fourth row" in visible(html)
    typed = [*roi_pooling.START[:3], ["0,4", 0.1, "0.2", 0.6, 0.8, 0.3]]
    html, values = roi_pooling.pool(typed, PoolingSettings())
    assert values["roi_pool"][2] == [0.9, 0.7, 0.8]
    assert "fourth row" not in visible(html)
    typed[0] = ["", *typed[0][1:]]
    assert "Type the empty cells" in visible(roi_pooling.pool(typed, PoolingSettings())[0])
    typed[0] = roi_pooling.START[0]
    assert html.count('class="at"') == 9 * 4
    shifted = PoolingSettings(top=0.25, left=0.75, height=2, width=3)
    _, values = roi_pooling.pool(typed, shifted)  # rounded to rows 0 and 1, columns 1 to 3
    assert values["roi_pool"] == [[0.2, 0.3, 0.4], [0.7, 0.3, 0.6], [0.7, 0.2, 0.6]]
    for bad in ([["x"]], [[1, 2], [3]], None, []):
        with pytest.raises(InputError, match="number"):
            roi_pooling.pool(bad, PoolingSettings())
        html, values = roi_pooling.show(bad, PoolingSettings())  # not the answer before
        assert "must hold a number" in visible(html)
        assert values is None
    with pytest.raises(InputError, match="from −1,000,000 to 1,000,000"):
        roi_pooling.pool([["1e308"] * 6] * 4, PoolingSettings())  # whose sum is infinite
    _, values = roi_pooling.pool([["−0.5"]], PoolingSettings(rows=1, columns=1))  # as it is drawn
    assert values["roi_align"] == [[-0.5]]
    with pytest.raises(InputError, match="empty"):
        roi_pooling.pool([["", None]], PoolingSettings())


def test_film_reports_and_finishes(film):
    for state in detection_video.annotate(str(film), VideoSettings()):
        html, target, numbers, _ = state
        if target:
            assert video.read_info(target).frames == 6
    assert numbers["tracks"].get("cup") == 1
    assert "Frame 6 of 6" in visible(html)
    assert not Path(target).exists()  # its folder is gone; the page has its own copy
    with pytest.raises(InputError, match="no film"):
        next(detection_video.annotate(None, VideoSettings()))


def test_a_damaged_film_says_how_much_was_left_out(coffee, tmp_path):
    path = write_film(tmp_path / "f.mp4", [shrink(coffee, 64)[:40]] * 6, g=1, bf=0)
    with av.open(str(path)) as container:
        places = [(one.pos, one.size) for one in container.demux(video=0) if one.size]
    data = bytearray(path.read_bytes())
    data[places[2][0] : sum(places[3])] = bytes(sum(places[3]) - places[2][0])
    path.write_bytes(data)
    *_, (html, _, numbers, _) = detection_video.annotate(str(path), VideoSettings())
    assert (numbers["frames"], numbers["left_out"]) == (4, 2)
    assert "2 of its 6 frames could not be read" in visible(html)


def test_a_film_is_shown_also_beside_an_ffmpeg_without_its_ffprobe(film, monkeypatch):
    monkeypatch.setattr("gradio.processing_utils.ffmpeg_installed", lambda: True)
    monkeypatch.setenv("PATH", "")
    shown = ui.Video().postprocess(str(film))
    assert (shown.path, shown.orig_name) == (str(film), film.name)
    assert ui.Video().postprocess(None) is None


def test_a_stopped_film_is_kept_up_to_there(film):
    running = detection_video.annotate(str(film), VideoSettings())
    next(running)
    *_, rest = next(running)
    running.close()
    assert rest.is_over
    offered = detection_video.offer_rest(rest)
    html, target, cleared = next(offered)
    assert video.read_info(target).frames == 1
    assert "Frame 1 of 6" in visible(html)
    assert "Stopped" in html
    assert cleared is None
    offered.close()
    assert not Path(target).exists()


def test_stop_waits_for_the_last_frame(film, monkeypatch):
    """The film is still being closed when the visitor has pressed Stop."""
    rest, looks = detection_video.Rest(), []

    def close_film(_seconds: float) -> None:
        looks.append(rest.is_over)
        if len(looks) == 3:
            rest.video, rest.last, rest.is_over = film.read_bytes(), "<p>last</p>", True

    monkeypatch.setattr(detection_video.time, "sleep", close_film)
    ((html, target, _),) = detection_video.offer_rest(rest)
    assert looks == [False] * 3
    assert html.endswith("<p>last</p>")
    assert target.endswith(".mp4")


def test_a_stop_without_a_film_changes_nothing(film):
    for rest in (None, detection_video.Rest(is_over=True)):
        (shown,) = detection_video.offer_rest(rest)
        assert shown[2] is None
        assert all("__type__" in part for part in shown[:2])  # skipped
    *_, (_, _, _, rest) = detection_video.annotate(str(film), VideoSettings())
    assert rest is None  # the whole film is there already

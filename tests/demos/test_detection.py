"""The tab's handlers as plain functions, and through the running app's API."""

import json
import re
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from gradio_client import handle_file

from cvcore import detection as det
from cvcore import samples, video
from cvcore.errors import InputError
from demos import (
    detection,
    detection_film,
    detection_live,
    detection_path,
    detection_sizes,
    detection_why,
)
from demos import detection_truth as truth
from demos.detection_canvas import to_view
from tests.support.files import write_bad_files, write_odd_pictures

CUP = {"x1": 140, "y1": 40, "x2": 445, "y2": 330, "label": "cup"}


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


@pytest.fixture(scope="module")
def kept(coffee):
    return detection.Kept(coffee, det.predict_raw(coffee))


def visible(html):
    html = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_results_and_files(coffee):
    results, view, badge, picture, table, file, _ = detection.detect(coffee)
    assert [row["label"] for row in results["detections"]] == ["cup"]
    assert results["proposed"] == 2535
    assert results["above_confidence"] >= 1
    assert "network" in badge
    assert picture["href"].startswith("data:image/jpeg")
    assert table["filename"].endswith(".csv")
    assert file["filename"].endswith(".json")
    assert json.dumps(view)


def test_limits_do_not_run_the_network(kept, monkeypatch):
    monkeypatch.setattr(det, "predict_raw", None)
    few, *_ = detection.resuppress(kept, 0.5)
    many, *_ = detection.resuppress(kept, 0.02)
    assert len(many["detections"]) > len(few["detections"]) == 1
    none, *_ = detection.resuppress(kept, 0.02, 0.45, ["zebra"])
    assert none["detections"] == []
    with pytest.raises(InputError, match="no picture"):
        detection.resuppress(None)


def test_view_holds_every_strong_box(coffee, kept):
    import base64

    view = to_view(coffee, kept.raw, confidence=0.25, iou=0.45, classes=[], max_boxes=300)
    boxes = np.frombuffer(base64.b64decode(view["boxes"]), "<f4").reshape(-1, 4)
    scores = np.frombuffer(base64.b64decode(view["scores"]), "<f4").reshape(-1, 5)
    expected = det.explain_suppression(kept.raw, confidence=0.01).candidates
    assert len(boxes) == len(scores) == len(view["cells"]) == len(view["raw"]) == len(expected)
    assert boxes == pytest.approx(expected.xyxy)
    assert scores[:, 0] == pytest.approx(expected.confidence)
    assert [top[0] for top in view["classes_top"]] == expected.class_id.tolist()
    assert len(base64.b64decode(view["objectness"])) == 2535


def test_truth_is_judged(kept):
    html, numbers = truth.judge(kept, [CUP], 0.25)
    assert numbers["true_positives"] == 1
    assert numbers["recall"] == 1
    assert "1 true" in visible(html)
    assert "<polyline" in html
    _, numbers = truth.judge(kept, [CUP | {"label": "zebra"}], 0.25)
    assert numbers["false_positives"] == 1
    assert numbers["missed"] == 1
    assert truth.judge(kept, []) == ("", {})
    # the cup's box is no better than this
    html, numbers = truth.judge(kept, [CUP], 0.25, limit=0.95)
    assert numbers["true_positives"] == 0
    assert "at IoU 0.95" in visible(html)
    assert "you drew no box around counts as false" in visible(html)
    street = samples.load_sample("street")
    every = detection.Kept(street, det.predict_raw(street))
    html, numbers = truth.judge(every, [CUP], 0.01, 0.9)
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
def test_bad_truths(kept, bad):
    with pytest.raises(InputError):
        truth.judge(kept, bad)


def test_sizes_grow_with_the_picture(coffee, monkeypatch):
    monkeypatch.setattr(detection_sizes, "SIZES", (160, 320))
    *_, (html, rows) = detection_sizes.measure_sizes(coffee, truths=[CUP])
    assert [row["boxes"] for row in rows] == [3 * (25 + 100), 3 * (100 + 400)]
    assert all(0 <= row["average_precision"] <= 1 for row in rows)
    assert html.count("<rect") == 2
    assert "pictures a second from picture to drawn picture" in visible(html)


def test_bars_of_sizes_stand_on_one_line():
    """100 ms are 75 units high where 200 ms are 150; their figures stand above them."""
    row = {"boxes": 9, "found": 2, "counts": {"cup": 2}}
    rows = [row | {"ms": 100, "input_size": 160}, row | {"ms": 200, "input_size": 320}]
    html = detection_sizes.draw_sizes(rows)
    bars = re.findall(r'<rect x="(\d+)" y="([\d.]+)" width="44" height="([\d.]+)"', html)
    assert [tuple(map(float, bar)) for bar in bars] == [(80, 125, 75), (136, 50, 150)]
    assert [float(y) for y in re.findall(r'y="([\d.]+)" text-anchor="middle">\d+ ms', html)] == [
        119, 44,
    ]  # fmt: skip


def test_a_size_is_timed_as_the_line_under_the_view(coffee, monkeypatch):
    """The network's laps, and suppression and drawing on top."""
    drawn = []

    class Clock:
        ms: ClassVar = {}

        def lap(self, name):
            self.ms[name] = 1e6

    monkeypatch.setattr(detection_sizes, "Stopwatch", Clock)
    monkeypatch.setattr(detection_sizes, "draw_boxes", lambda *parts: drawn.append(parts) or coffee)
    row = detection_sizes.measure(coffee, 160, 0.25, 0.45, [], "yolov3_tiny", None)
    assert row["ms"] > 1e6
    assert len(drawn) == detection_sizes.RUNS


def test_frames_get_tracks(coffee):
    tracker = None
    for _ in range(3):
        picture, counts, _, tracker = detection_live.detect_frame(
            coffee, 0.25, 0.45, [], 416, "yolov3_tiny", "boxes and tracks", tracker
        )
    assert picture.shape == coffee.shape
    assert list(tracker.seen.values()) == ["cup"]
    assert "Different ones so far: cup 1" in visible(counts)
    # another limit is no new start, and it counts
    _, counts, _, tracker = detection_live.detect_frame(
        np.zeros_like(coffee), 0.9, 0.45, [], 416, "yolov3_tiny", "boxes and tracks", tracker
    )
    assert "Now: nothing" in visible(counts)
    assert "Different ones so far: cup 1" in visible(counts)
    for _ in range(3):
        _, counts, _, tracker = detection_live.detect_frame(
            coffee[:, ::-1], 0.9, 0.45, [], 416, "yolov3_tiny", "boxes and tracks", tracker
        )
    assert "Now: nothing" in visible(counts)  # the cup is less sure than 0.9
    blurred, _, _, tracker = detection_live.detect_frame(
        coffee, 0.25, 0.45, [], 416, "yolov3_tiny", "blur", tracker
    )
    assert tracker is None
    assert (blurred != coffee).any()


def test_a_model_that_is_here_waits_for_nobody(monkeypatch):
    model, sentence, wanted = detection.choose_model("yolov3_tiny")
    assert model == "yolov3_tiny"
    assert "mAP50" in sentence
    assert "__type__" in wanted  # nothing goes to the queue of long work
    model, sentence, wanted = detection.choose_model("yolo11n")
    assert model == "yolov3_tiny"  # until the other one is here
    assert wanted[0] == "yolo11n"
    assert detection.choose_model("yolo11n")[2] != wanted  # chosen again, it is tried again

    def fail(name):
        yield "Downloading YOLO11n: 0%"
        raise InputError("YOLO11n cannot be downloaded without a network: use the bundled model.")

    monkeypatch.setattr(detection.ui, "fetch_model", fail)
    (_, first), (model, last) = detection.get_model(wanted)
    assert "0%" in first
    assert model == "yolov3_tiny"
    assert "use the bundled model" in last


def test_windows_are_counted(coffee):
    html, numbers = detection_path.count_windows(coffee, 100, 0.5, 2.0)
    assert numbers["windows"] == 11 * 7 + 5 * 3 + 2 * 1
    assert "windows" in visible(html)
    with pytest.raises(InputError, match="smaller"):
        detection_path.count_windows(np.zeros((20, 20, 3), np.uint8), 64)


def test_the_way_is_walked_on_the_picture(coffee):
    html, numbers = detection_path.show_way(coffee)
    assert html.count("<h4>") == 5
    assert html.count("<img") == 4 + len(numbers["cut_outs"])
    assert "6 regions" not in html  # all are counted, not only those shown
    assert numbers["boxes"] == 2535
    assert numbers["anchors"] == 37 * 56 * 9
    assert f"{numbers['windows']:,} windows" in visible(html)
    for odd in (np.zeros((1, 1, 3), np.uint8), np.full((2, 300, 3), 90, np.uint8)):
        _, numbers = detection_path.show_way(odd)
        assert numbers["windows"] == numbers["regions"] == 0
        _, _, windows, found, _ = detection_path.show_all(odd, 64, 0.25, 1.5)
        assert "smaller" in windows
        assert found is None
    with pytest.raises(InputError, match="no picture"):
        detection_path.show_way(None)


def test_a_box_is_explained(coffee):
    *first, (html, numbers) = detection_why.explain_box(coffee, 1, masks=16)
    assert numbers["label"] == "cup"
    assert numbers["share_done"] == 1
    x0, y0, x1, y1 = numbers["box"]
    assert numbers["area"] == pytest.approx((x1 - x0) * (y1 - y0) / (400 * 600), abs=1e-3)
    assert 0 < numbers["inside"] <= 1
    assert "of the masks" not in visible(html)
    assert all("of the masks" in visible(html) for html, _ in first)
    for number in (0, 2, None, 1.5):
        with pytest.raises(InputError, match="number of the box"):
            next(detection_why.explain_box(coffee, number))
    with pytest.raises(InputError, match="no box"):
        next(detection_why.explain_box(coffee, 1, 0.99))
    with pytest.raises(InputError, match="no picture"):
        next(detection_why.explain_box(None))


def test_pooling_of_a_typed_matrix():
    html, output = detection_path.pool(detection_path.START)
    assert output == [[4, 7, 5], [6, 8, 3], [6, 8, 9]]
    assert html.count("won") >= 8
    for bad in ([[1, None]], [["x"]], [[1, 2], [3]], None, []):
        with pytest.raises(InputError, match="number"):
            detection_path.pool(bad)


@pytest.fixture(scope="module")
def film(tmp_path_factory, coffee):
    path = tmp_path_factory.mktemp("film") / "cup.mp4"
    with video.FilmWriter(path, 10) as writer:
        for step in range(6):
            writer.write(np.roll(coffee, 4 * step, axis=1))
    return path


def test_film_reports_and_finishes(film):
    for state in detection_film.annotate(str(film)):
        html, target, numbers, _ = state
        if target:
            assert video.read_info(target).frames == 6
    assert numbers["tracks"].get("cup") == 1
    assert "Frame 6 of 6" in visible(html)
    assert not Path(target).exists()  # its folder is gone; the page has its own copy
    with pytest.raises(InputError, match="no film"):
        next(detection_film.annotate(None))


def test_a_stopped_film_is_kept_up_to_there(film):
    running = detection_film.annotate(str(film))
    next(running)
    *_, rest = next(running)
    running.close()
    assert rest.is_over
    offered = detection_film.offer_rest(rest)
    html, target, cleared = next(offered)
    assert video.read_info(target).frames == 1
    assert "Frame 1 of 6" in visible(html)
    assert "Stopped" in html
    assert cleared is None
    offered.close()
    assert not Path(target).exists()


def test_stop_waits_for_the_last_frame(film, monkeypatch):
    """The film is still being closed when the visitor has pressed Stop."""
    rest, looks = detection_film.Rest(), []

    def close_film(_seconds: float) -> None:
        looks.append(rest.is_over)
        if len(looks) == 3:
            rest.film, rest.last, rest.is_over = film.read_bytes(), "<p>last</p>", True

    monkeypatch.setattr(detection_film.time, "sleep", close_film)
    ((html, target, _),) = detection_film.offer_rest(rest)
    assert looks == [False] * 3
    assert html.endswith("<p>last</p>")
    assert target.endswith(".mp4")


def test_a_stop_without_a_film_changes_nothing(film):
    for rest in (None, detection_film.Rest(is_over=True)):
        (shown,) = detection_film.offer_rest(rest)
        assert shown[2] is None
        assert all("__type__" in part for part in shown[:2])  # skipped
    *_, (_, _, _, rest) = detection_film.annotate(str(film))
    assert rest is None  # the whole film is there already


# --- through the API ---------------------------------------------------------------------------


def test_api_detects_and_suppresses(client):
    picture = handle_file(samples.index()["coffee"].path)
    results, *_ = client.predict(picture, 0.25, 0.45, [], 416, "yolov3_tiny", api_name="/detection")
    assert results["counts"] == {"cup": 1}
    many, *_ = client.predict(0.02, 0.45, [], api_name="/detection_suppress")
    assert len(many["detections"]) > 1
    _, numbers = client.predict([CUP], 0.25, 0.45, [], 0.5, api_name="/detection_truth")
    assert numbers["true_positives"] == 1


def test_api_frame_and_lesson(client):
    picture = handle_file(samples.index()["coffee"].path)
    view, counts, *_ = client.predict(
        picture, 0.25, 0.45, [], 416, "yolov3_tiny", "boxes", api_name="/detection_frame"
    )
    assert view.startswith("data:image/jpeg")
    assert "cup" in counts
    _, numbers = client.predict(picture, 64, 0.25, 1.5, api_name="/detection_windows")
    assert numbers["windows"] > 100


def test_api_film(client, film):
    _, result, numbers = client.predict(
        handle_file(film),
        0.25,
        0.45,
        [],
        416,
        "yolov3_tiny",
        "boxes",
        "none",
        api_name="/detection_video",
    )
    assert numbers["frames"] == 6
    assert video.read_info(result).frames == 6


def test_api_refuses_in_a_sentence(client, tmp_path):
    rest = (0.25, 0.45, [], 416, "yolov3_tiny")
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(Exception, match="picture"):
            client.predict(handle_file(path), *rest, api_name="/detection")
    for path in write_odd_pictures(tmp_path).values():
        results, *_ = client.predict(handle_file(path), *rest, api_name="/detection")
        assert results["proposed"] == 2535
    good = handle_file(samples.index()["coffee"].path)
    with pytest.raises(Exception, match="multiple of 32"):
        client.predict(good, 0.25, 0.45, [], 170, "yolov3_tiny", api_name="/detection")
    with pytest.raises(Exception, match="IoU limit of NMS: give a number from 0 to 1"):
        client.predict(good, 0.25, -1, [], 416, "yolov3_tiny", api_name="/detection")
    with pytest.raises(Exception, match="choose one of person, bicycle"):
        client.predict(good, 0.25, 0.45, ["unicorn"], 416, "yolov3_tiny", api_name="/detection")
    (tmp_path / "text.mp4").write_text("This is not a film.")
    with pytest.raises(Exception, match="could not be read as a film"):
        client.predict(
            handle_file(tmp_path / "text.mp4"), *rest, "boxes", "none", api_name="/detection_video"
        )

"""The tab's handlers, called as plain functions."""

import json
import re
import socket
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from cvcore import classification
from cvcore.classification import leaders, rank_n
from cvcore.classification.robustness import Curve, robustness_curve
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.engine import download, registry
from cvcore.recognition import classifier
from demos import classification as tab
from demos import lesson
from demos.classification import inspect, live, ranks
from demos.classification.answers import Answer, to_bars, to_csv
from demos.classification.controls import list_model_choices
from demos.classification.curve import choose_classes, draw_curve
from demos.classification.rank_table import draw_ranks
from demos.classification.views import (
    draw_mistakes,
    draw_softmax,
    draw_trace,
    percent,
)
from demos.lesson import class_names
from tests.support.html import visible
from tests.support.server import PATIENCE_SECONDS

MODEL, SECOND_MODEL = "efficientnet_lite0", "efficientnet_lite2"


@pytest.fixture(scope="module")
def answer(coffee):
    return Answer(MODEL, classifier.predict_logits([coffee])[0])


def test_bars_are_plain_numbers_and_add_up(answer):
    bars = json.loads(json.dumps(to_bars(answer, 7, limit=6.9)))
    assert bars["label"] == bars["confidences"][0]["label"] == "espresso"
    assert len(bars["confidences"]) == 7
    total = sum(row["confidence"] for row in bars["confidences"]) + bars["rest"]
    assert total == pytest.approx(1)
    assert bars["rest_count"] == 993
    assert bars["none_of_these"] == {
        "kind": "max_logit",
        "score": pytest.approx(float(answer.logits.max())),
        "limit": 6.9,
        "is_none_of_these": False,
    }
    assert to_bars(answer, 3, limit=99)["none_of_these"]["is_none_of_these"]


def test_no_network_runs_for_k_temperature_and_limit(answer, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("the network ran again")

    monkeypatch.setattr(classifier, "run_network", forbidden)
    sharp = to_bars(answer, 20, temperature=0.5, limit=3)
    flat = to_bars(answer, 20, temperature=5, limit=3)
    assert sharp["confidences"][0]["confidence"] > flat["confidences"][0]["confidence"]
    assert [row["label"] for row in sharp["confidences"]] == [
        row["label"] for row in flat["confidences"]
    ]


def test_csv_holds_every_class(answer):
    rows = to_csv(answer, 1.0).splitlines()
    assert len(rows) == 1001
    assert rows[1].startswith("1,967,espresso,")


def test_menu_offers_the_bundled_models_first():
    (first, second, *others) = list_model_choices()
    assert (first[1], second[1]) == (MODEL, SECOND_MODEL)
    assert "MB" not in first[0] + second[0]
    assert all("MB" in text for text, _ in others)


def test_the_two_bundled_models_stand_side_by_side(coffee):
    *_, (sentence, left, right, agreement, _) = inspect.compare(coffee, SECOND_MODEL)
    assert left["label"] == right["label"] == "espresso"
    assert left["confidences"] != right["confidences"]
    assert agreement["same_first_place"]
    assert "77.6 % top-1" in sentence


def test_drawn_softmax_adds_up(answer):
    terms = classification.softmax_terms(answer.logits, 3, temperature=2)
    text = visible(draw_softmax(terms, answer.labels, 2))
    assert "espresso" in text
    assert "the other 997 classes together" in text
    shares = [float(p) for p in re.findall(r"([\d.]+) %", text)]
    assert sum(shares[:4]) == pytest.approx(100, abs=0.2)  # three classes and the rest
    assert shares[4] == 100


def test_names_are_escaped(answer):
    labels = tuple(f"<i>&{i}" for i in range(1000))
    html = draw_softmax(classification.softmax_terms(answer.logits, 3), labels, 1)
    assert "<i>&" not in html
    report = rank_n.RankReport(1, unreadable=("<img src=x>",), unknown_folders=("<script>",))
    assert "<img src=x>" not in draw_ranks(report, labels)
    assert "<script>" not in draw_ranks(report, labels)
    wrong = rank_n.RankedPicture("n", 3, 9, 0.1, (1, 2, 3, 4, 5), (0.2,) * 5, b"")
    assert "<i>&" not in draw_mistakes((wrong,), labels)
    shown = rank_n.RankReport(1, (replace(wrong, thumbnail=b"x"),))
    assert "<i>&" not in draw_ranks(shown, labels)


def test_steps_with_and_without_a_fault(coffee):
    html, right, broken, numbers, _ = inspect.show_steps(coffee, "no_scale")
    assert "Broken on purpose" in html
    assert numbers["broken_step"] == "normalise"
    assert numbers["picture_hw"] == list(coffee.shape[:2])
    assert numbers["input_hw"] == [224, 224]
    x0, y0, x1, y1 = numbers["crop_xyxy"]
    assert (x1 - x0, y1 - y0) == (224, 224)
    assert numbers["input_min"] < numbers["input_mean"] < numbers["input_max"]
    assert right["label"] == "espresso"
    assert broken["confidences"] != right["confidences"]
    html, right, broken, numbers, _ = inspect.show_steps(coffee, "none")
    assert "Broken" not in html
    assert numbers["broken_step"] is None
    assert right["confidences"] == broken["confidences"]
    with pytest.raises(InputError, match="no fault"):
        inspect.show_steps(coffee, "typo")


def test_trace_of_a_tiny_picture_is_drawn():
    from cvcore.classification.preprocessing_faults import trace

    assert "224 x 224" in visible(draw_trace(trace(np.zeros((1, 1, 3), np.uint8))))


@pytest.mark.parametrize("temperature", [1, 2])
def test_every_view_gives_one_number(temperature):
    """The first class's probability of an untouched picture, as it is shown."""
    picture = samples.load_sample("chelsea")
    bars, softmax, *_ = tab.classify(picture, temperature=temperature)
    _, steps, same, *_ = inspect.show_steps(picture, "none", temperature=temperature)
    *_, (_, first, *_) = inspect.compare(picture, "grey", temperature=temperature)
    curve, drawn, (state, _) = inspect.show_curve(picture, "blur", temperature=temperature)
    _, frame, *_ = live.classify_frame(picture, 5, MODEL, 0, 6.9, None, temperature)
    shares = [one["confidences"][0]["confidence"] for one in (bars, steps, same, first, frame)]
    shares.append(curve["probabilities"][state.clean])
    assert shares == pytest.approx([bars["confidences"][0]["confidence"]] * 6, abs=1e-6)
    for page in (softmax, drawn):
        assert percent(shares[0]) in page
    assert ("flattens every line" in drawn) == (temperature > 1)


def test_k_and_temperature_reach_the_open_view_without_the_network(coffee, monkeypatch):
    *_, steps = inspect.show_steps(coffee, "bgr")
    *_, (*_, pair) = inspect.compare(coffee, "grey")
    *_, curve = inspect.show_curve(coffee, "blur")
    monkeypatch.setattr(classifier, "run_network", None)
    states = (steps, pair, curve)
    for view, bars in ((inspect.STEPS, slice(0, 2)), (inspect.TWO_MODELS, slice(3, 5))):
        for answers in inspect.redraw(view, *states, 7, 2, MODEL)[bars]:
            assert (len(answers["confidences"]), answers["temperature"]) == (7, 2)
    agreement = inspect.redraw(inspect.TWO_MODELS, *states, 7, 2, MODEL)[5]
    assert agreement["classes_compared"] == 7
    assert "T = 2 flattens" in inspect.redraw(inspect.CURVE, *states, 7, 2, MODEL)[6]
    assert "T = 0.5 steepens" in inspect.redraw(inspect.CURVE, *states, 7, 0.5, MODEL)[6]


def test_a_few_names_are_softened_where_they_are_shown_alone():
    labels = registry.load_labels(MODEL)
    softer = class_names.load_shown(MODEL)
    changed = {a: b for a, b in zip(labels, softer, strict=True) if a != b}
    assert changed == class_names.SOFTER  # every name is one of ImageNet's
    assert len(set(softer)) == len(set(labels))  # and no two classes become one
    logits = np.zeros(1000, np.float32)
    logits[labels.index("nipple")] = 9
    answer = Answer(MODEL, logits)
    first = to_bars(answer, 3)["confidences"][0]
    assert (first["label"], first["shown"]) == ("nipple", "baby bottle teat")
    terms = classification.softmax_terms(answer.logits, 3)
    assert "nipple" not in draw_softmax(terms, answer.shown, 1)
    assert "nipple" in to_csv(answer, 1)


def test_compare_with_a_variant(coffee):
    *_, (sentence, left, right, *_) = inspect.compare(coffee, "grey")
    assert left["label"] == "espresso"
    assert right["heading"] == "The same, without colour"
    assert re.search(r"They (dis)?agree", visible(sentence).replace("  ", " "))


def test_compare_with_itself_agrees_in_everything(coffee):
    *_, (sentence, left, right, numbers, _) = inspect.compare(coffee, MODEL)
    assert left["confidences"] == right["confidences"]
    assert numbers == {
        "same_first_place": True,
        "classes_shared": 5,
        "classes_compared": 5,
        "probability_elsewhere": 0,
    }
    assert "share 5 of 5 classes, and 0.0 %" in visible(sentence)


def test_curve_is_drawn_with_its_numbers(coffee):
    numbers, html, (curve, small) = inspect.show_curve(coffee, "blur")
    assert numbers["label"] == "espresso"
    assert len(numbers["levels"]) == len(numbers["probabilities"]) == len(numbers["winners"])
    assert numbers["winners"][0] == "espresso"
    assert html.count("<img") == len(numbers["levels"])
    assert html.count("<polyline") == len(choose_classes(curve))
    assert "NaN" not in draw_curve(curve, small, registry.load_labels(MODEL), temperature=0.1)


def test_a_level_below_zero_has_a_minus_and_a_name_keeps_its_hyphen():
    """Turned by -10, 0 and 10 degrees a class of three stays first, by 20 another one."""
    logits = np.array([[2.0, 1, 0], [3, 1, 0], [2, 1, 0], [0, 2, 1]])
    curve = Curve("rotation", np.array([-10.0, 0, 10, 20]), logits, clean=1)
    picture = np.full((256, 256, 3), 90, np.uint8)
    text = visible(draw_curve(curve, picture, ("bow-tie", "tie", "scarf")))
    assert "“bow-tie” (84.4 %) keeps the first place from −10 to 10." in text


def test_points_of_a_curve_stand_over_their_pictures(coffee):
    """As many equal steps as levels, from the axis to the right edge, and no percentage outside."""
    _, html, (curve, _) = inspect.show_curve(coffee, "blur")
    width, height = map(int, re.search(r'"0 0 (\d+) (\d+)" role="img"', html).groups())
    right, left = (
        float(share) * width / 100
        for share in re.search(r'class="under" style="margin:0 (\S+)% 0 (\S+)%"', html).groups()
    )
    step = (width - right - left) / len(curve.levels)
    middles = [left + step * (number + 0.5) for number in range(len(curve.levels))]
    axes = re.search(r'class="axis" d="M[\d.]+ ([\d.]+)V([\d.]+)H', html)
    top, bottom = map(float, axes.groups())
    assert 0 < top < bottom < height
    lines = re.findall(r'<polyline points="([^"]+)"', html)
    assert lines
    for line in lines:
        points = [tuple(map(float, pair.split(","))) for pair in line.split()]
        assert [x for x, _ in points] == pytest.approx(middles, abs=0.1)
        assert all(top <= y <= bottom for _, y in points)


def test_five_classes_are_shown_unless_told(coffee):
    bars, *_ = tab.classify(coffee)
    assert len(bars["confidences"]) == 5


def test_curve_shows_the_classes_that_win():
    picture = samples.load_sample("chelsea")
    curve = robustness_curve(picture, "rotation")
    chosen = choose_classes(curve)
    assert chosen[0] == curve.winners[curve.clean]
    assert len(chosen) == len(set(chosen)) <= 5


def test_frames_are_smoothed_and_counted(coffee):
    other, state = samples.load_sample("chelsea"), None
    for frame in (coffee, other) * 3:
        marked, bars, html, state, numbers = live.classify_frame(frame, 3, MODEL, 0.9, 6.9, state)
    assert marked.shape == other.shape
    assert state.raw_flicker == 5
    assert state.smooth_flicker < 5
    assert bars["label"] == "espresso"
    assert "6 frames" in visible(html)
    assert numbers == {
        "frames": 6,
        "changes_single_frames": 5,
        "changes_smoothed": state.smooth_flicker,
    }


def test_crop_is_marked_where_the_network_looks():
    frame = np.full((480, 640, 3), 240, np.uint8)
    marked = live.mark_crop(frame, MODEL)
    assert (marked[30:450, 109:529] == 240).all()
    assert (marked[:, :109] == 80).all()
    assert (frame == 240).all()


def test_the_samples_are_measured():
    *_, (numbers, drawing, mistakes, table, report) = ranks.measure_samples()
    assert numbers["pictures"] == len(ranks.SAMPLE_CLASSES)
    assert numbers["rank_1"] == report.accuracy(1) < numbers["rank_5"] == 1
    assert "5 of 5 pictures; left out of the 7 samples" in visible(drawing)
    assert "names what they show: Astronaut, Street" in visible(drawing)
    assert "said: tiger cat" in visible(mistakes)
    assert table["filename"] == "rank_n.csv"
    at_five, mistakes = ranks.show_at(report, 5, MODEL)
    assert "No mistake" in visible(mistakes)
    assert "Rank-5 accuracy: 5 of 5 = 100.0" in visible(at_five)
    assert "samples" in visible(at_five)  # what was left out is still told
    told = [picture.rank for picture in report.choose_shown()]
    assert told == sorted(told) == [1, 1, 1, 2, 3]
    assert drawing.count("<img") == 5  # also of those that are right
    places = re.findall(r'<td class="(truth )?(?:in|over)">', drawing)
    assert [place for place, one in enumerate(places) if one] == [0, 5, 10, 16, 22]


@pytest.mark.parametrize(("n", "share"), [(1, "40.0"), (2, "60.0"), (3, "60.0"), (4, "80.0")])
def test_the_example_is_worked_by_hand(n, share):
    """The truths stand at 1, 2, 1, 4 and 7: the last is not among the five answers."""
    html = ranks.show_lecture(ranks.HAND, "1, 2, 1, 4, 7", n)
    text = visible(html)
    assert f"= {share}" in text
    assert f"([1 ≤ {n}] + [2 ≤ {n}] + [1 ≤ {n}] + [4 ≤ {n}] + [7 ≤ {n}]) / 5" in text
    assert html.count('class="truth') == 4
    assert text.count("✓ right") == round(float(share) / 20)


def test_ranks_that_are_none_and_the_leaders():
    for text in ("", "1, 2", "1, 2, 3, 4, 0", "1, 2, 3, 4, x", "1, 2, 3, 4, 5, 6", "1 2 3 4 1001"):
        with pytest.raises(InputError, match="Type 5 ranks, whole numbers from 1 to 1,000"):
            ranks.show_lecture(ranks.HAND, text, 1)
        assert "Type 5 ranks" in visible(ranks.show_example(ranks.HAND, text, 1))
    with pytest.raises(InputError, match="N from 1 to 5"):
        ranks.show_lecture(ranks.HAND, "1 1 1 1 1", 6)
    text = visible(ranks.show_lecture(ranks.LEADERS))
    for row in leaders.LEADERS:
        assert row.name in text
        assert row.source in text


def test_long_runs_show_how_far_they_are(tmp_path, coffee, monkeypatch):
    monkeypatch.setattr(ranks.time, "monotonic", iter(range(99)).__next__)
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(20):
            archive.writestr(f"espresso/{i}.jpg", images.to_jpeg(coffee))
    steps = [step[1] for step in ranks.measure(str(path))]
    seen = [re.search(r"(\d+) of 20 pictures", visible(str(step))) for step in steps]
    assert [int(match[1]) for match in seen if match] == [8, 16, 20]


def test_a_set_without_a_readable_picture_is_told(tmp_path):
    path = tmp_path / "set.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("espresso/a.jpg", "text")
    with pytest.raises(InputError, match="could be read"):
        list(ranks.measure(str(path)))
    with pytest.raises(InputError, match="no zip file yet"):
        list(ranks.measure(None))
    with pytest.raises(InputError, match="N from 1 to 5"):
        list(ranks.measure(str(path), n=6))


def test_no_network_is_told_in_a_sentence_and_soon(monkeypatch, tmp_path):
    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))

    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(InputError, match="bundled model"):
        list(lesson.fetch_model("resnet50"))
    assert list(lesson.fetch_model(MODEL)) == []


def test_a_stopped_download_ends(monkeypatch):
    ended, going = threading.Event(), threading.Event()

    def fetch(name, *, progress):
        try:
            while True:
                progress(0.5)
                going.set()
        finally:
            ended.set()

    monkeypatch.setattr(registry, "is_available", lambda name: False)
    monkeypatch.setattr(download, "fetch", fetch)
    running = lesson.fetch_model("resnet50")
    assert "ResNet-50" in next(running)
    assert going.wait(PATIENCE_SECONDS)
    assert "50%" in next(running)
    running.close()
    assert ended.wait(PATIENCE_SECONDS)


# Through the API of the running app.

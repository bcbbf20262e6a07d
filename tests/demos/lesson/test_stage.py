"""What a lesson's stage offers: sources, samples that fail, names of its views."""

import numpy as np
import pytest

from cvcore import classification, detection, saliency, segmentation
from cvcore.classification.rank_n import find_class
from cvcore.core import samples
from cvcore.recognition.classifier import DEFAULT_MODEL
from demos import classification as classify_tab
from demos import detection as detection_tab
from demos import saliency as saliency_tab
from demos import segmentation as segmentation_tab
from demos.components.pictures import PictureStrip
from demos.lesson.stage import SOURCES, draw_sources, to_key


@pytest.mark.parametrize(
    ("label", "key"),
    [("Max. boxes (k)", "max-boxes-k"), ("Why?", "why"), ("Before | after", "before-after")],
)
def test_views_and_controls_are_named_in_an_address_by_their_words(label, key):
    assert to_key(label) == key


def test_only_the_sources_that_a_lesson_has_are_offered():
    assert draw_sources(["webcam"]).count("<button") == 1
    html = draw_sources([name for name, *_ in SOURCES])
    assert html.count("<button") == html.count("<svg") == html.count("title=") == len(SOURCES)


def test_where_detection_fails():
    assert set(detection_tab.FAILS) == {"chelsea", "astronaut"}
    assert len(detection.predict_boxes(samples.load_sample("chelsea"))) == 0
    astronaut = samples.load_sample("astronaut")
    assert "person" not in detection.predict_boxes(astronaut).label
    seen = detection.predict_boxes(astronaut, confidence=0.02)
    people = [
        share for label, share in zip(seen.label, seen.confidence, strict=True) if label == "person"
    ]
    assert 0 < max(people) < 0.1


def test_where_classification_fails():
    assert set(classify_tab.FAILS) == set(saliency_tab.FAILS) == {"loafer"}
    assert classification.predict_topk(samples.load_sample("loafer"), 1).labels[0] == "sandal"


@pytest.mark.parametrize(("tab", "label"), [(classify_tab, "espresso"), (saliency_tab, "tripod")])
def test_lessons_of_one_answer_open_with_a_clean_case(tab, label):
    answer = classification.predict_topk(samples.load_sample(tab.SAMPLE), 1)
    assert (answer.labels[0], answer.probabilities[0] > 0.9) == (label, True)


def test_where_classification_is_unsure():
    assert set(classify_tab.UNSURE) == set(saliency_tab.UNSURE) == {"chelsea"}
    answer = classification.predict_topk(samples.load_sample("chelsea"), 3)
    assert all("cat" in label or label == "tabby" for label in answer.labels)
    assert (answer.labels[2], answer.probabilities.max() < 0.5) == ("tabby", True)


def test_the_map_moves_with_the_class_from_the_legs_to_the_camera():
    """As the saliency lesson says of the picture with which it opens."""
    image = samples.load_sample(saliency_tab.SAMPLE)
    top = classification.predict_topk(image, 5)
    assert "binoculars" in top.labels  # so that it is one of the buttons
    heights = {}
    for label in ("tripod", "binoculars"):
        number = find_class(label, model=DEFAULT_MODEL)
        seen = saliency.explain(image, "grad_cam", class_idx=number, with_scores=False).input_map
        heights[label] = np.unravel_index(seen.argmax(), seen.shape)[0] / len(seen)
    assert heights["binoculars"] < 0.45 < 0.6 < heights["tripod"]  # of the square, from its top


def test_where_segmentation_fails():
    assert set(segmentation_tab.FAILS) == {"chelsea"}
    mask = segmentation.predict_mask(samples.load_sample("chelsea"))
    assert (mask.probability > 0.5).mean() == pytest.approx(0.31, abs=0.03)


def test_a_sample_that_fails_is_marked():
    rows = [samples.index()[name] for name in ("coffee", "loafer")]
    rows.append(samples.index()["chelsea"])
    strip = PictureStrip(rows, fails={"loafer": "A sandal?"}, unsure={"chelsea": "Which cat?"})
    marks = [(one["hint"], one["mark"]) for one in strip.value]
    assert marks == [
        (rows[0].title, ""),
        ("A sandal?", "where it fails"),
        ("Which cat?", "where it is unsure"),
    ]

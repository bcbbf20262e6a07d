"""What a lesson's stage offers: sources, samples that fail, names of its views."""

import pytest

from cvcore import classification, detection, segmentation
from cvcore.core import samples
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


def test_where_segmentation_fails():
    assert set(segmentation_tab.FAILS) == {"chelsea"}
    mask = segmentation.predict_mask(samples.load_sample("chelsea"))
    assert (mask.probability > 0.5).mean() == pytest.approx(0.1, abs=0.02)


def test_a_sample_that_fails_is_marked():
    rows = [samples.index()[name] for name in ("coffee", "loafer")]
    clean, hard = PictureStrip(rows, fails={"loafer": "A sandal?"}).value
    assert (clean["hint"], clean["mark"]) == (rows[0].title, "")
    assert (hard["hint"], hard["mark"]) == ("A sandal?", "where it fails")

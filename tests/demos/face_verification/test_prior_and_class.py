"""How sure a verdict is under which prior, and a class photo as one matrix."""

import re
from dataclasses import replace

import numpy as np
import pytest

from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.face_verification.map import build_map
from cvcore.face_verification.rates import likelihood_ratio, probability_same
from cvcore.recognition.faces import detect_faces
from demos.components import private_picture as picture
from demos.face_verification import group, pair
from demos.face_verification.matrix import draw_matrix
from demos.face_verification.views import draw_verdict
from tests.support.html import visible

A, B, OTHER = (picture.to_value(name) for name in ("ardern_2018", "ardern_2022", "obama_2005"))


def test_odds_against_the_verdict_are_said_in_words():
    unsure = draw_verdict(0.3, 1.18, 0.1, measured=True)
    p = probability_same(0.3)
    assert (
        f"yet if one pair in two is one person’s, {100 * (1 - p):.1f} % of those as alike as this "
        "are of different persons"
    ) in re.sub(" +", " ", visible(unsure))
    assert "are one person’s" in visible(draw_verdict(0.5, 1, 0.6, measured=True))
    assert "below" not in visible(draw_verdict(0.5, 1, 0.4, measured=False))


def test_what_is_known_as_a_bound_is_told_as_one():
    """The ratio ends at a million: strangers so alike were not seen, and more cannot be said."""
    city = re.sub(" +", " ", visible(draw_verdict(0.9, 0.45, 0.34, measured=True, prior="city")))
    assert likelihood_ratio(0.9) == 1_000_000
    assert "sure: at least 90.9 % , if one pair in 100,000" in city
    assert "are at least 10 : 1" in city
    assert "at least" not in visible(draw_verdict(0.4, 1.1, 0.34, measured=True, prior="class"))


def test_how_sure_says_under_which_prior():
    """One pair, three priors: the same person as one in two, hardly one in 100,000."""
    score = pair.verify(A, B, prior="class")[4] | {"similarity": 0.45}
    ratio = likelihood_ratio(0.45)
    for prior, one_in, words in (
        ("two", 2, "if one pair in two is one person’s"),
        ("class", 30, "if one pair in 30 is one person’s"),
        ("city", 100_000, "if one pair in 100,000 is one person’s"),
    ):
        text = re.sub(" +", " ", visible(pair.redraw(score, 0.34, prior=prior)))
        p = ratio / (ratio + one_in - 1)
        assert words in text
        assert f"{100 * max(p, 1 - p):.1f} %" in text or "more than 99.9 %" in text
        numbers = pair.believe(score, prior)
        assert numbers["probability_same"] == pytest.approx(p)
        assert numbers["prior"] == pytest.approx(1 / one_in)
    with pytest.raises(InputError, match="two, class, city"):
        pair.redraw(score, 0.34, prior="village")


def test_class_photo_says_what_it_leaves_out_and_what_is_too_small():
    face = detect_faces(samples.load_sample("obama_2005"))[0]
    tiny = replace(face, box_xyxy=np.array([0, 0, 30, 40], np.float32))
    notes = group.list_notes([face, tiny, face, tiny], found=45)
    assert "45 faces: only the 4 largest" in notes[0]
    assert "Faces 2, 4 are less than 36 pixels wide" in notes[1]
    assert group.list_notes([face], found=1) == []
    photo = images.resize(picture.load_face_sample(picture.GROUP), (60, 209))
    matrix, _, numbers, _ = group.compare_all(images.to_data_uri(photo, quality=98), 0.34)
    assert "too small to be judged" in visible(matrix)
    assert numbers["notes"]


def test_class_photo_finds_the_pair():
    matrix, drawing, numbers, overlay = group.compare_all(picture.to_value(picture.GROUP))
    assert "4 faces, 3 people" in visible(matrix)
    assert numbers["groups"] == [0, 0, 1, 2]
    assert sorted(numbers["order"]) == [0, 1, 2, 3]
    assert abs(numbers["order"].index(0) - numbers["order"].index(1)) == 1
    assert matrix.count("<image") == 8  # beside each row and above each column
    assert drawing.count("<image") == 4
    assert len(overlay["faces"]) == 4
    assert "one face only" in group.compare_all(OTHER)[0]
    with pytest.raises(InputError, match="no face"):
        group.compare_all(images.to_data_uri(samples.load_sample("coffee")))


def test_a_class_of_thirty_stays_whole_and_one_person_is_in_one_frame():
    vectors = np.eye(128)[np.random.default_rng(0).permutation(np.arange(30) % 26)]
    html = draw_matrix(
        [np.zeros((112, 112, 3), np.uint8)] * 30, build_map(vectors, threshold=0.34), 0.34
    )
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', html).groups())
    assert width <= 1240
    assert height <= 680  # with its heading, at a projector's 720
    assert html.count("<title>faces ") == 30 * 29
    assert html.count('class="person"') == 4
    assert "30 faces, 26 people" in visible(html)
    for tag, along, across in (
        ("rect", "x", "width"),
        ("image", "x", "width"),
        ("rect", "y", "height"),
    ):
        boxes = re.findall(rf'<{tag} [^>]*?\b{along}="([\d.]+)"[^>]*?\b{across}="([\d.]+)"', html)
        assert max(float(a) + float(b) for a, b in boxes) <= (width if along == "x" else height)


@pytest.mark.parametrize(
    ("metric", "rounded", "told"), [("cosine", ".34", ".336"), ("euclidean", "1.15", "1.152")]
)
def test_no_figure_is_rounded_to_the_other_side_of_the_threshold(metric, rounded, told):
    """0.336 does not pass 0.34, and must not be written as if it did."""
    vectors = np.eye(128)[:30]
    vectors[1] = 0.336 * vectors[0] + np.sqrt(1 - 0.336**2) * vectors[1]
    crops = [np.zeros((112, 112, 3), np.uint8)] * 30
    html = draw_matrix(crops, build_map(vectors, threshold=0.34), 0.34, metric)
    figures = re.findall(r">([\d.]+)</text>", html)
    assert figures.count(told) == 2
    assert rounded not in figures
    assert "0 of 435 pairs pass" in visible(html)


def test_figures_stay_readable_on_a_phone():
    """Less than the phone's width where there are few faces, moved to and fro where many."""
    for count, least in ((4, 250), (30, 900)):
        crops = [np.zeros((112, 112, 3), np.uint8)] * count
        html = draw_matrix(crops, build_map(np.eye(128)[:count], threshold=0.34), 0.34)
        (shown,) = map(int, re.findall(r"min-width: (\d+)px", html))
        width = int(re.search(r'viewBox="0 0 (\d+) ', html)[1])
        font = min(map(float, re.findall(r'font-size="([\d.]+)" font-weight', html)))
        assert font * shown / width == pytest.approx(10, abs=0.1)
        assert least < shown < least + 100

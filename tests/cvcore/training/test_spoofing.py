"""Faces photographed again by simulation, and the figures that are told about them."""

import numpy as np
import pytest

from cvcore.core.samples import load_sample
from cvcore.training.face_verification.rephotographed import (
    ATTACKS,
    FRAME,
    LIVE,
    SCENES,
    photograph,
)
from cvcore.training.face_verification.spoofing import fit, judge_attack
from cvcore.training.face_verification.spoofing_shots import (
    Shots,
    cut,
    list_people,
    measure_features,
)


@pytest.fixture(scope="module")
def portrait():
    return load_sample("astronaut")[:400, 20:420]


@pytest.fixture(scope="module")
def frames(portrait):
    return {scene: photograph(portrait, scene, seed=(3,)) for scene in SCENES}


def test_a_seed_gives_one_picture(portrait, frames):
    again = photograph(portrait, "printed", seed=(3,))
    assert (again == frames["printed"]).all()
    assert (photograph(portrait, "printed", seed=(4,)) != again).any()
    assert all(frame.shape == (FRAME, FRAME, 3) for frame in frames.values())
    assert all(frame.dtype == np.uint8 for frame in frames.values())


def test_ink_has_fewer_colours_and_less_contrast_than_the_face(frames):
    def middle(scene):
        return frames[scene][64:192, 64:192].astype(float)

    spread = {scene: np.ptp(np.percentile(middle(scene), (2, 98))) for scene in SCENES}
    colour = {scene: np.ptp(middle(scene), axis=-1).mean() for scene in SCENES}
    for attack in ("printed", "cut out"):
        assert spread[attack] < spread[LIVE]
        assert colour[attack] < colour[LIVE]


def test_dots_and_stripes_stand_out_of_the_spectrum(frames):
    peaks = {s: measure_features(frames[s][64:192, 64:192])[1] for s in SCENES}
    assert max(peaks[attack] for attack in ATTACKS) > peaks[LIVE]


def test_a_cut_of_the_whole_picture_is_the_picture():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    assert (cut(image, np.array([0, 0, 32, 32]), 1.0, 32) == image).all()
    assert (cut(image, np.array([8, 8, 24, 24]), 2.0, 32) == image).all()


def _make_shots(live, printed):
    scene = [LIVE] * len(live) + ["printed"] * len(printed)
    features = [np.array([value]) for value in (*live, *printed)]
    return Shots(scene=scene, source=["here"] * len(scene), features=features)


def _read(shots):
    return np.array(shots.features)


def test_a_threshold_is_chosen_on_the_known_and_told_on_the_others():
    known = _make_shots(np.arange(1, 101), [0] * 10)
    others = _make_shots([2, 50, 60, 70], [0, 1, 20, 80])
    it = judge_attack(lambda shots: _read(shots)[:, 0], known, others, "printed")
    assert it.auc == pytest.approx((2 + 3 + 3 + 3) / 16)  # of 16 pairs, counted by hand
    assert it.false_rejects == 1 / 4  # below 5.95, where 5 of the 100 known lie
    assert it.false_accepts == 2 / 4


def test_an_unseen_kind_is_left_out_of_the_fit():
    known = _make_shots([1.0, 2.0, 3.0], [7.0, 8.0, 9.0])
    known.scene += ["screen"] * 3
    known.features += [np.array([value]) for value in (-9.0, -8.0, -7.0)]
    assert np.diff(fit(_read, known, "screen")(_make_shots([2.0], [8.0]))) < 0
    assert np.diff(fit(_read, known, "printed")(_make_shots([2.0], [8.0]))) > 0


def test_people_are_folders_or_single_pictures(tmp_path):
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).touch()
    assert [len(one) for one in list_people(tmp_path)] == [1, 1]
    (tmp_path / "ann").mkdir()
    for name in ("1.jpg", "2.jpg"):
        (tmp_path / "ann" / name).touch()
    assert [len(one) for one in list_people(tmp_path)] == [2]

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from cvcore.classification.robustness import robustness_curve, to_working_size
from cvcore.core import samples
from cvcore.core.corruptions import CORRUPTIONS, add_noise, blur, change_brightness, corrupt, rotate
from cvcore.core.errors import InputError
from cvcore.recognition import classifier


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_clean_level_changes_nothing(kind, coffee):
    np.testing.assert_array_equal(corrupt(coffee, kind, CORRUPTIONS[kind].clean), coffee)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_levels_rise_and_hold_the_clean_one(kind):
    corruption = CORRUPTIONS[kind]
    assert list(corruption.levels) == sorted(set(corruption.levels))
    assert corruption.clean in corruption.levels


@pytest.mark.parametrize("kind", CORRUPTIONS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 40, 3), (33, 20, 3)])
def test_any_size_keeps_its_size_and_its_pixels(kind, shape):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    before = image.copy()
    assert len(CORRUPTIONS[kind].levels) > 2
    for level in CORRUPTIONS[kind].levels:
        spoiled = corrupt(image, kind, level)
        assert spoiled.shape == shape
        assert spoiled.dtype == np.uint8
    np.testing.assert_array_equal(image, before)


def test_blur_is_close_to_scipys_gaussian(coffee):
    expected = gaussian_filter(coffee.astype(np.float32), (3, 3, 0), mode="nearest")
    assert np.abs(blur(coffee, 3) - expected).mean() < 1


def test_noise_has_the_asked_deviation():
    grey = np.full((200, 200, 3), 128, np.uint8)
    noisy = add_noise(grey, 0.1).astype(np.float32)
    assert noisy.mean() == pytest.approx(128, abs=0.5)
    assert noisy.std() == pytest.approx(25.5, rel=0.02)
    np.testing.assert_array_equal(add_noise(grey, 0.1), add_noise(grey, 0.1))
    assert (add_noise(grey, 0.1, seed=1) != noisy).any()


def test_rotation_by_right_angles_is_numpys():
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    np.testing.assert_array_equal(rotate(image, 90), np.rot90(image))
    np.testing.assert_array_equal(rotate(image, 180), image[::-1, ::-1])
    np.testing.assert_array_equal(rotate(image, -180), rotate(image, 180))


def test_brightness_by_hand():
    image = np.array([[[0, 100, 200]]], np.uint8)
    assert change_brightness(image, 0.5).tolist() == [[[0, 50, 100]]]
    assert change_brightness(image, 2).tolist() == [[[0, 200, 255]]]


def test_curve_starts_at_the_plain_answer(coffee):
    curve = robustness_curve(coffee, "blur")
    assert curve.logits.shape == (len(CORRUPTIONS["blur"].levels), 1000)
    plain = classifier.predict_logits([to_working_size(coffee)])[0]
    np.testing.assert_allclose(curve.logits[curve.clean], plain, atol=1e-3)
    confidence = classifier.softmax(curve.logits)[:, curve.winners[curve.clean]]
    assert confidence[0] > 0.9
    assert confidence[-1] < 0.5  # nobody recognises it under so much blur
    low, high = curve.safe_range
    assert low == 0
    assert 0 < high < 12


def test_safe_range_ends_at_the_first_change_on_each_side(coffee):
    curve = robustness_curve(samples.load_sample("street"), "rotation")
    assert curve.safe_range == (-30, 30)
    changed = curve.levels[curve.winners != curve.winners[curve.clean]].tolist()
    assert {-60, 60} <= set(changed)
    assert not {-30, 0, 30} & set(changed)
    curve = robustness_curve(coffee, "rotation")  # which is known however it lies
    assert curve.safe_range == (-180, 180)
    assert (curve.winners == curve.winners[curve.clean]).all()


@pytest.mark.parametrize("shape", [(1, 1280, 3), (1280, 1, 3), (10, 10, 3)])
def test_working_size_stays_small(shape):
    small = to_working_size(np.zeros(shape, np.uint8))
    assert min(small.shape[:2]) == 256
    assert max(small.shape[:2]) <= 1024


@pytest.mark.parametrize("level", [-0.1, 12.1, float("nan"), float("inf")])
def test_levels_outside_are_refused(level, coffee):
    with pytest.raises(InputError, match="between 0 and 12"):
        corrupt(coffee, "blur", level)


def test_unknown_corruption_and_no_picture(coffee):
    with pytest.raises(InputError, match="rotation"):
        robustness_curve(coffee, "fog")
    with pytest.raises(InputError, match="no picture yet"):
        robustness_curve(None, "blur")

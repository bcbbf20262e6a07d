"""Mistakes on a picture's way into the network: each arrives as told, and none raises an error."""

import numpy as np
import pytest
import torch
from PIL import Image

from cvcore.classification.preprocessing_faults import FAULTS, prepare, trace
from cvcore.core.errors import InputError
from cvcore.recognition import preprocessing
from cvcore.recognition.preprocessing import get_normalisation


def random_picture(height, width, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (max(2, height // 9), max(2, width // 9), 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("size_hw", [(480, 640), (90, 70), (500, 500)])
@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_trace_ends_where_prepare_does(size_hw, fault):
    image = random_picture(*size_hw)
    steps = trace(image, fault=fault)
    mean, std = get_normalisation("efficientnet_lite0")
    scale = 255 if fault == "no_scale" else 2 if fault == "twice" else 1
    into_first_layer = (prepare(image, fault=fault) - mean) / std
    np.testing.assert_allclose(steps.normalised, into_first_layer, atol=2.1 * scale / 255 / 0.5)
    left, top, right, bottom = steps.crop_xyxy
    height, width = steps.resized.shape[:2]
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert steps.cropped.shape == (bottom - top, right - left, 3)


def test_faults_reach_the_first_layer_as_told():
    image = random_picture(256, 256)
    plain = trace(image).normalised
    assert plain.min() >= -1
    assert plain.max() <= 1
    unit = (plain + 1) / 2
    np.testing.assert_allclose(trace(image, fault="no_normalise").normalised, unit, atol=1e-5)
    np.testing.assert_allclose(
        trace(image, fault="no_scale").normalised, (255 * unit - 0.5) / 0.5, atol=1e-3
    )
    np.testing.assert_allclose(trace(image, fault="twice").normalised, (plain - 0.5) / 0.5)
    np.testing.assert_allclose(trace(image, fault="bgr").normalised, plain[::-1])
    np.testing.assert_allclose(
        trace(image, fault="sideways").normalised, torch.rot90(torch.tensor(plain), 1, (1, 2))
    )


def test_faults_in_geometry():
    wide = random_picture(300, 600)
    assert trace(wide).resized.shape == (256, 512, 3)
    assert trace(wide).crop_xyxy == (144, 16, 368, 240)
    assert trace(wide, fault="corner").crop_xyxy == (0, 0, 224, 224)
    assert trace(wide, fault="squash").resized.shape == (224, 224, 3)
    unresized = trace(wide, fault="no_resize")
    assert unresized.resized.shape == wide.shape
    np.testing.assert_array_equal(unresized.cropped, wide[38:262, 188:412])


def test_without_a_fault_it_is_what_the_classifier_gets():
    image = random_picture(90, 130)
    np.testing.assert_array_equal(prepare(image), preprocessing.prepare(image))


def test_bad_input_is_told_in_a_sentence():
    with pytest.raises(InputError, match="choose one of squash"):
        prepare(random_picture(9, 9), fault="typo")
    with pytest.raises(InputError, match="too narrow"):
        trace(random_picture(10, 500))

import numpy as np
import pytest

from cvcore.classification.variants import (
    VARIANTS,
    predict_variant,
    round_weights,
    ten_crops,
    to_grey,
)
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.recognition.classifier import predict_logits
from cvcore.recognition.preprocessing import prepare


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


def test_ten_crops_hold_the_usual_crop_and_its_mirror(coffee):
    crops = ten_crops(coffee, "efficientnet_lite0")
    assert len(crops) == 10
    centre = prepare(coffee)
    assert np.abs(crops[8] - centre).max() < 1.01 / 255
    for plain, mirrored in zip(crops[::2], crops[1::2], strict=True):
        np.testing.assert_array_equal(plain[..., ::-1], mirrored)


def test_ten_crops_is_the_mean_of_ten_answers(coffee):
    crops = [images.to_image(crop) for crop in ten_crops(coffee, "efficientnet_lite0")]
    padded = [np.pad(crop, ((16, 16), (16, 16), (0, 0))) for crop in crops]  # the crop undoes it
    expected = predict_logits(padded).mean(axis=0)
    np.testing.assert_allclose(predict_variant(coffee, "ten_crops"), expected, atol=1e-3)


def test_grey_is_luminance():
    image = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert to_grey(image)[0, :, 0].tolist() == [76, 150, 29]
    assert (np.ptp(to_grey(image), axis=2) == 0).all()


@pytest.mark.parametrize("bits", [2, 5, 8])
def test_rounded_weights_take_few_values_and_stay_near(bits):
    weight = np.random.default_rng(0).normal(size=(6, 4, 3, 3)).astype(np.float32)
    weight[3] = 0
    rounded = round_weights(weight, bits)
    step = np.abs(weight).max(axis=(1, 2, 3)) / (2 ** (bits - 1) - 1)
    assert all(len(np.unique(one)) <= 2**bits - 1 for one in rounded)
    assert (np.abs(rounded - weight).max(axis=(1, 2, 3)) <= step / 2 + 1e-6).all()


def test_eight_bits_are_nearly_exact_and_five_are_not(coffee):
    exact = predict_logits([coffee])[0]
    eight, five = (predict_variant(coffee, name) for name in ("eight_bits", "five_bits"))
    assert np.corrcoef(exact, eight)[0, 1] > 0.98
    assert np.corrcoef(exact, five)[0, 1] < np.corrcoef(exact, eight)[0, 1]
    np.testing.assert_allclose(predict_logits([coffee])[0], exact)  # the network itself is whole


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (900, 1, 3)])
def test_any_size_gives_an_answer(variant, shape):
    logits = predict_variant(np.full(shape, 90, np.uint8), variant)
    assert logits.shape == (1000,)
    assert np.isfinite(logits).all()


def test_bad_input_is_told_in_a_sentence(coffee):
    with pytest.raises(InputError, match="ten_crops"):
        predict_variant(coffee, "typo")
    with pytest.raises(InputError, match="no picture yet"):
        predict_variant(None, "grey")
    with pytest.raises(InputError, match="efficientnet_lite0"):
        predict_variant(coffee, "grey", model="typo")

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional as F
from torchvision.transforms.functional import InterpolationMode

from cvcore import weights
from cvcore.errors import InputError
from cvcore.preprocessing import FAULTS, find_crop, get_normalisation, get_recipe, prepare, trace

MODELS = weights.list_names("classification")


def random_picture(height, width, seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (max(2, height // 9), max(2, width // 9), 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize(
    "size_hw", [(480, 640), (640, 480), (256, 256), (224, 224), (301, 457), (100, 77), (1000, 300)]
)
@pytest.mark.parametrize("model", ["efficientnet_lite0", "resnet50"])
def test_one_resize_equals_torchvisions_resize_and_crop(size_hw, model):
    image = random_picture(*size_hw)
    recipe = get_recipe(model)
    resized = F.resize(
        Image.fromarray(image), recipe.resize, InterpolationMode(recipe.interpolation)
    )
    expected = np.asarray(F.center_crop(resized, recipe.crop)).transpose(2, 0, 1) / 255
    ours = prepare(image, model)
    assert ours.dtype == np.float32
    assert ours.shape == (3, recipe.crop, recipe.crop)
    np.testing.assert_allclose(ours, expected, atol=2.01 / 255)  # fixed-point rounding
    assert (np.abs(ours - expected) < 1e-6).mean() > 0.95


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


@pytest.mark.parametrize("model", ["efficientnet_lite0", "resnet50"])
def test_normalisation_is_the_networks_own(model):
    """The numbers kept beside the recipes are the ones that the network takes off."""
    module, function = weights.get_weight(model).build.split(":")
    network = getattr(__import__(module, fromlist=[function]), function)()
    mean, std = get_normalisation(model)
    np.testing.assert_allclose(network.mean[0].numpy(), mean)
    np.testing.assert_allclose(network.std[0].numpy(), std)


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


def test_find_crop_by_hand():
    # 640x480: resized to 341x256, cropped at (58, 16), each pixel 1.875 of the camera's
    assert find_crop((480, 640)) == (109, 30, 529, 450)
    assert find_crop((256, 256)) == (16, 16, 240, 240)


def test_bad_input_is_told_in_a_sentence():
    with pytest.raises(InputError, match="no picture yet"):
        prepare(None)
    with pytest.raises(InputError, match="choose one of squash"):
        prepare(random_picture(9, 9), fault="typo")
    with pytest.raises(InputError, match="too narrow"):
        trace(random_picture(10, 500))
    with pytest.raises(InputError, match="no classifier"):
        prepare(random_picture(9, 9), "typo")


@pytest.mark.parametrize("model", MODELS)
def test_every_classifier_has_a_recipe(model):
    recipe = get_recipe(model)
    assert recipe.resize >= recipe.crop > 0
    assert prepare(random_picture(40, 60), model).shape == (3, recipe.crop, recipe.crop)

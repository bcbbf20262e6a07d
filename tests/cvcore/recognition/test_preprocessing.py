"""A picture as a classifier gets it, against torchvision."""

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms import functional as F
from torchvision.transforms.functional import InterpolationMode

from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.recognition.preprocessing import find_crop, get_normalisation, get_recipe, prepare

MODELS = registry.list_names("classification")


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


@pytest.mark.parametrize("model", ["efficientnet_lite0", "resnet50"])
def test_normalisation_is_the_networks_own(model):
    """The numbers kept beside the recipes are the ones that the network takes off."""
    module, function = registry.get_weight(model).build.split(":")
    network = getattr(__import__(module, fromlist=[function]), function)()
    mean, std = get_normalisation(model)
    np.testing.assert_allclose(network.mean[0].numpy(), mean)
    np.testing.assert_allclose(network.std[0].numpy(), std)


def test_find_crop_by_hand():
    # 640x480: resized to 341x256, cropped at (58, 16), each pixel 1.875 of the camera's
    assert find_crop((480, 640)) == (109, 30, 529, 450)
    assert find_crop((256, 256)) == (16, 16, 240, 240)


def test_bad_input_is_told_in_a_sentence():
    with pytest.raises(InputError, match="no picture yet"):
        prepare(None)
    with pytest.raises(InputError, match="no classifier"):
        prepare(random_picture(9, 9), "typo")


@pytest.mark.parametrize("model", MODELS)
def test_every_classifier_has_a_recipe(model):
    recipe = get_recipe(model)
    assert recipe.resize >= recipe.crop > 0
    assert prepare(random_picture(40, 60), model).shape == (3, recipe.crop, recipe.crop)

"""Feature maps of the bundled network and of small ones."""

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from cvcore import feature_maps
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor
from cvcore.feature_maps import FeatureMaps, Statistics
from cvcore.models.efficientnet_lite import SameConv2d
from cvcore.probes.activation_maximization import Settings
from cvcore.recognition import classifier, preprocessing

MODEL = "efficientnet_lite0"


@pytest.fixture(scope="module")
def fast(exported):
    """The fast engine answers, as once its export is done."""
    predictor.load_predictor(MODEL, wait=True)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 6, 3, stride=2), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5),
    )  # fmt: skip


@pytest.mark.parametrize("layer", ["conv_stem", "bn1", "act1", "blocks.2.1", "act2"])
def test_extract_equals_torchvisions_extractor(sample, layer):
    model = checkpoints.load_model(MODEL)
    inner = {"blocks.2.1": "blocks.2.1.add"}.get(layer, layer)  # its name in the traced graph
    whole = {"leaf_modules": [SameConv2d]}
    extractor = create_feature_extractor(model, {inner: "maps"}, tracer_kwargs=whole)
    batch = torch.from_numpy(preprocessing.prepare(sample, MODEL))[None]
    with torch.inference_mode():
        theirs = extractor(batch)["maps"][0].numpy()
    ours = feature_maps.extract(sample, layer, model=MODEL)
    assert ours.maps.shape == feature_maps.find_layer(MODEL, layer).shape
    np.testing.assert_allclose(ours.maps, theirs, atol=1e-4)
    assert ours.image.shape == (224, 224, 3)
    assert ours.logits is None


@pytest.mark.parametrize("layer", ["act1", "blocks.3.2", "blocks.5.0.bn2"])
def test_the_live_engine_gives_the_same_maps(sample, layer, fast, monkeypatch):
    expected = feature_maps.extract(sample, layer).maps
    monkeypatch.setattr(feature_maps.maps, "record", None)  # so that PyTorch cannot answer
    live = feature_maps.extract_live(sample, layer)
    np.testing.assert_allclose(live, expected, atol=2e-3)
    assert not np.array_equal(live, expected)


def test_where_the_live_engine_has_no_such_layer_torch_answers(sample, fast):
    live = feature_maps.extract_live(sample, "conv_stem")
    np.testing.assert_array_equal(live, feature_maps.extract(sample, "conv_stem").maps)


def test_survey_is_one_pass_with_everything(sample):
    maps, means = feature_maps.survey(sample, "act1")
    np.testing.assert_allclose(maps.maps, feature_maps.extract(sample, "act1").maps, atol=1e-5)
    np.testing.assert_allclose(maps.logits, classifier.predict_logits([sample])[0], atol=2e-3)
    assert [mean.shape for mean in means] == [(side, side) for side in (112, 56, 28, 14, 7)]
    assert maps.kind_range == (0.0, 6.0)  # ReLU6


def test_layers_of_the_bundled_network():
    layers = feature_maps.list_layers(MODEL)
    assert len(layers) == 140
    assert layers[0].name == "conv_stem"
    assert layers[0].shape == (32, 112, 112)
    assert [layers[0].stage, layers[-1].stage] == [0, 4]
    assert feature_maps.default_layer(MODEL) == "act1"
    assert [row.name for row in feature_maps.list_layers("digits_cnn")] == [
        "conv1", "act1", "pool1", "conv2", "act2", "pool2", "conv3", "act3",
    ]  # fmt: skip


def test_statistics_by_hand():
    maps = np.array([[[0, 0], [0, 4]], [[1, 1], [1, 1]]], np.float32)
    numbers = Statistics.measure(maps)
    assert numbers.mean.tolist() == [1, 1]
    assert numbers.maximum.tolist() == [4, 1]
    assert numbers.zeros.tolist() == [0.75, 0]
    kept = FeatureMaps("x", maps, np.zeros((2, 2, 3), np.uint8))
    assert kept.order("maximum").tolist() == [0, 1]
    assert kept.order("mean").tolist() == [0, 1]  # equal: the lower number first
    assert kept.strongest_places(0, 1).tolist() == [[1, 1]]
    with pytest.raises(InputError, match="Sort by"):
        kept.order("beauty")


def test_silencing_all_of_the_last_layer_leaves_the_bias(sample):
    model = checkpoints.load_model(MODEL)
    logits = feature_maps.predict_edited(sample, "act2", keep=[])
    np.testing.assert_allclose(logits, model.classifier.bias.numpy(), atol=1e-5)
    every = feature_maps.predict_edited(sample, "act2", keep=range(1280))
    np.testing.assert_allclose(every, feature_maps.predict_edited(sample, "act2"), atol=1e-5)


def test_effects_are_exact_where_the_rest_is_linear(sample):
    class_idx = 282
    whole = feature_maps.predict_edited(sample, "act2")
    effects = feature_maps.channel_effects(sample, "act2", class_idx)
    for channel in np.argsort(-effects)[:3].tolist():
        without = feature_maps.predict_edited(sample, "act2", silence=[channel])
        assert whole[class_idx] - without[class_idx] == pytest.approx(effects[channel], abs=1e-3)
    bias = float(checkpoints.load_model(MODEL).classifier.bias[class_idx])
    assert effects.sum() + bias == pytest.approx(whole[class_idx], abs=1e-3)


def test_a_units_gradient_stays_in_its_receptive_field(sample):
    maps = feature_maps.extract(sample, "blocks.2.1.act2")
    row, column = maps.strongest_places(5, 1)[0].tolist()
    left, top, right, bottom = feature_maps.receptive_field(MODEL, maps.layer).box(row, column)
    gradients = [
        feature_maps.unit_gradient(sample, maps.layer, 5, (row, column), guided=guided)
        for guided in (False, True)
    ]
    for gradient in gradients:
        outside = np.abs(gradient).copy()
        assert outside[:, top:bottom, left:right].max() > 0
        outside[:, top:bottom, left:right] = 0
        assert outside.max() == 0
    assert not np.allclose(*gradients)


def test_gradient_beside_finite_differences(net, sample):
    small = sample[100:112, 100:112]
    gradient = feature_maps.unit_gradient(small, "2", 3, (1, 2), model=net)
    batch = torch.from_numpy(small).permute(2, 0, 1)[None] / 255
    step = 1e-3
    for channel, y, x in [(0, 2, 4), (1, 4, 6), (2, 6, 8)]:
        values = []
        for sign in (1, -1):
            moved = batch.clone()
            moved[0, channel, y, x] += sign * step
            values.append(net[2](net[1](net[0](moved)))[0, 3, 1, 2].item())
        assert gradient[channel, y, x] == pytest.approx(
            (values[0] - values[1]) / 2 / step, abs=1e-4
        )


def test_a_network_of_ones_own_sees_the_picture_as_it_is(net, sample):
    maps = feature_maps.extract(sample, "1", model=net)
    assert maps.maps.shape == (4, 298, 449)
    assert np.array_equal(maps.image, sample)
    assert feature_maps.receptive_field(net, "3").size_hw == (5, 5)


@pytest.mark.parametrize("size_hw", [(300, 451), (40, 30)])
def test_places_are_those_of_the_pictures_own_size(net, sample, size_hw):
    picture = sample[: size_hw[0], : size_hw[1]]
    net[0].bias.data.fill_(3)  # nothing is switched off
    maps = feature_maps.extract(picture, "3", model=net).maps
    row, column = maps.shape[1] - 1, maps.shape[2] - 1
    field = feature_maps.receptive_field(net, "3", size_hw=size_hw)
    assert field.map_hw == maps.shape[1:]
    left, top, right, bottom = field.box(row, column)
    gradient = sum(
        np.abs(feature_maps.unit_gradient(picture, "3", channel, (row, column), model=net))
        for channel in range(6)
    )
    assert gradient.shape == (3, *size_hw)
    assert gradient[:, top:bottom, left:right].max() > 0
    gradient[:, top:bottom, left:right] = 0
    assert gradient.max() == 0
    with pytest.raises(InputError, match=f"a row from 0 to {row} and"):
        feature_maps.unit_gradient(picture, "3", 0, (row + 1, 0), model=net)


def test_a_network_of_ones_own_that_takes_one_size_only(sample):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 14 * 14, 5))
    picture = sample[:16, :16]
    assert feature_maps.extract(picture, "1", model=net).maps.shape == (4, 14, 14)
    assert feature_maps.predict_edited(picture, "1", keep=[], model=net).shape == (5,)
    assert feature_maps.channel_effects(picture, "1", 0, model=net).shape == (4,)


def test_what_drives_a_unit_is_what_is_raised(net, sample):
    """Before the rectifier, on the very picture on which maximisation begins."""
    from cvcore.probes.activation_maximization import make_noise

    settings = Settings(steps=1, jitter=0)
    for at_centre in (False, True):
        (step,) = feature_maps.maximise(
            "1", 2, model=net, side=32, at_centre=at_centre, settings=settings
        )
        noise = make_noise((32, 32), seed=settings.seed)
        with torch.inference_mode():
            values = net[0](noise)[0, 2]
        expected = values[15, 15] if at_centre else values.mean()
        assert step.objective == pytest.approx(float(expected), abs=1e-3)
    drive = feature_maps.extract_drive(sample, "1", model=net)
    np.testing.assert_allclose(drive, feature_maps.extract(sample, "0", model=net).maps, atol=1e-6)
    np.testing.assert_allclose(
        np.maximum(drive, 0), feature_maps.extract(sample, "1", model=net).maps, atol=1e-6
    )


def test_maximise_raises_the_channel_and_goes_on_from_its_seed():
    settings = Settings(steps=12)
    steps = list(feature_maps.maximise("act2", 7, model="digits_cnn", side=40, settings=settings))
    assert steps[-1].objective > steps[0].objective
    assert steps[-1].image.shape == (1, 1, 40, 40)
    again = list(feature_maps.maximise("act2", 7, model="digits_cnn", side=40, settings=settings))
    assert torch.equal(steps[-1].image, again[-1].image)


def test_first_kernels():
    assert feature_maps.first_kernels(MODEL).shape == (32, 3, 3, 3)
    assert feature_maps.first_kernels("digits_cnn").shape == (32, 1, 3, 3)


@pytest.mark.parametrize("channel", [-1, 32, 1.5, float("nan"), None])
def test_channels_out_of_range(sample, channel):
    with pytest.raises(InputError, match="channel from 0 to 31"):
        feature_maps.unit_gradient(sample, "act1", channel)
    with pytest.raises(InputError, match="channel from 0 to 31"):
        feature_maps.predict_edited(sample, "act1", silence=[channel])
    with pytest.raises(InputError, match="channel from 0 to 31"):
        next(feature_maps.maximise("act1", channel))


def test_other_wrong_input(sample):
    with pytest.raises(InputError, match="no layer 'act9'"):
        feature_maps.extract(sample, "act9")
    with pytest.raises(InputError, match="no model called 'lenet'"):
        feature_maps.extract(sample, "act1", model="lenet")
    with pytest.raises(InputError, match="no picture"):
        feature_maps.extract(None, "act1")
    with pytest.raises(InputError, match="row from 0 to 111"):
        feature_maps.unit_gradient(sample, "act1", 0, (112, 0))
    one = np.full((1, 1, 3), 200, np.uint8)
    assert np.isfinite(feature_maps.extract(one, "act2").maps).all()

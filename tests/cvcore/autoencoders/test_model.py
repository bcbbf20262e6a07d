"""The trained model: codes, samples, files, and what it refuses."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from cvcore.autoencoders import Settings, describe, load_model
from cvcore.core.errors import InputError


def test_rebuilding_is_encoding_and_decoding(plain):
    model, digits = plain.model, plain.pictures
    codes = model.encode(digits)
    assert codes.shape == (10, 16)
    np.testing.assert_array_equal(model.decode(codes), model.rebuild(digits))
    np.testing.assert_array_equal(model.encode(digits[0])[0], model.encode(digits[:1])[0])
    expected = np.square(model.rebuild(digits) - digits).mean(axis=(1, 2))
    np.testing.assert_allclose(model.measure_errors(digits), expected, rtol=1e-5)


def test_a_code_has_a_variance_in_a_variational_one_alone(plain, variational):
    means, log_variances = variational.model.encode_distribution(variational.pictures)
    np.testing.assert_array_equal(means, variational.model.encode(variational.pictures))
    assert log_variances.shape == (10, 4)
    assert (log_variances < 0).mean() > 0.9  # surer than the prior
    with pytest.raises(InputError, match="has no variance"):
        plain.model.encode_distribution(plain.pictures)


def test_samples_have_the_moments_asked_for(flat):
    codes = flat.model.sample_codes(1000)
    assert np.abs(codes.mean(axis=0)).max() < 0.15
    assert np.abs(np.cov(codes.T) - np.eye(2)).max() < 0.15
    fitted = flat.model.sample_codes(1000, prior="fitted", seed=1)
    covariance = flat.model.code_covariance
    assert np.abs(np.cov(fitted.T) - covariance).max() < 0.15 * np.abs(covariance).max()
    np.testing.assert_array_equal(fitted, flat.model.sample_codes(1000, prior="fitted", seed=1))
    assert flat.model.sample(3).shape == (3, 28, 28)


def test_the_statistics_are_those_of_the_codes(plain):
    from cvcore.autoencoders.pictures import choose_training

    codes = plain.model.encode(choose_training(plain.settings).pictures[:, 0].numpy())
    np.testing.assert_allclose(plain.model.code_mean, codes.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(plain.model.code_covariance, np.cov(codes.T), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(plain.model.code_low, codes.min(axis=0), atol=1e-4)


def test_eight_bits_are_256_steps(plain):
    model = plain.model
    codes = model.encode(plain.pictures)
    steps = (model.quantise(codes) - model.code_low) / (model.code_high - model.code_low) * 255
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3)
    width = model.code_high - model.code_low
    inside = codes.clip(model.code_low, model.code_high)
    assert (np.abs(model.quantise(codes) - inside) <= width / 255 * 0.501).all()


def test_a_model_survives_its_file(plain, variational):
    for last in (plain, variational):
        again = load_model(last.model.to_bytes())
        assert again.settings == last.model.settings
        np.testing.assert_array_equal(
            again.rebuild(last.pictures), last.model.rebuild(last.pictures)
        )
        assert again.to_bytes() == last.model.to_bytes()


@pytest.mark.parametrize("cut", [0, 7, 200, -1])
def test_another_file_is_refused(plain, cut):
    data = plain.model.to_bytes()
    with pytest.raises(InputError, match="no autoencoder of this lesson"):
        load_model(data[:cut])
    with pytest.raises(InputError, match="no autoencoder of this lesson"):
        load_model(data.replace(b"glassbox.autoencoder", b"glassbox.autoencodes"))


def change(data, name, value):
    """The file with another tensor in it."""
    metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    return save(load(data) | {name: value}, metadata=metadata)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("network.decoder.0.bias", torch.full((256,), torch.nan)),
        ("network.decoder.0.bias", torch.full((256,), 1e300, dtype=torch.float64)),
        ("network.decoder.0.bias", torch.zeros(255)),
        ("code_mean", torch.zeros(15)),
        ("code_covariance", torch.full((16, 16), torch.inf)),
    ],
)
def test_numbers_that_cannot_be_are_refused(plain, name, value):
    with pytest.raises(InputError, match="no autoencoder of this lesson"):
        load_model(change(plain.model.to_bytes(), name, value))


def test_shorter_numbers_are_widened(plain):
    short = torch.zeros(256, dtype=torch.bfloat16)
    model = load_model(change(plain.model.to_bytes(), "network.decoder.0.bias", short))
    assert {one.dtype for one in model.network.state_dict().values()} == {torch.float32}


@pytest.mark.parametrize(
    ("pictures", "says"),
    [
        (np.zeros((2, 27, 28)), "shape"),
        (np.zeros((0, 28, 28)), "shape"),
        (np.zeros((1, 28, 28), np.uint8), "divide what goes from 0 to 255 by 255"),
        (np.full((1, 28, 28), np.nan), "not about 0 to 1"),
        (np.full((1, 28, 28), 255.0), "not about 0 to 1"),
        ("a digit", "shape"),
        ([[1], [1, 2]], "shape"),
    ],
)
def test_pictures_that_cannot_be(plain, pictures, says):
    with pytest.raises(InputError, match=says):
        plain.model.encode(pictures)


def test_codes_and_counts_that_cannot_be(plain):
    with pytest.raises(InputError, match="has 16 numbers"):
        plain.model.decode(np.zeros((1, 15)))
    with pytest.raises(InputError, match="no number"):
        plain.model.decode(np.full(16, np.inf))
    with pytest.raises(InputError, match="must be numbers"):
        plain.model.decode(["a"] * 16)
    with pytest.raises(InputError, match="no prior 'flat'"):
        plain.model.sample(1, prior="flat")
    with pytest.raises(InputError, match="from 1 to 1000"):
        plain.model.sample(0)
    with pytest.raises(InputError, match="one target"):
        plain.model.measure_errors(plain.pictures, plain.pictures[:3])


@pytest.mark.parametrize("network", ["dense", "conv"])
@pytest.mark.parametrize("variational", [False, True])
def test_the_drawing_has_every_weight(network, variational):
    settings = Settings(network=network, bottleneck=5, variational=variational)
    layers = describe(settings)
    assert layers[0].shape == layers[-1].shape == (1, 28, 28)
    (code,) = [layer for layer in layers if layer.part == "bottleneck"]
    assert code.shape == (5,)
    assert {layer.part for layer in layers} == {"encoder", "bottleneck", "decoder"}
    from cvcore.autoencoders.training import Learner

    net = Learner(settings).network
    expected = sum(one.numel() for one in net.parameters())
    assert sum(layer.parameters for layer in layers) == expected


def test_the_layers_of_a_model(plain):
    shapes = [layer.shape for layer in plain.model.layers]
    assert shapes == [(1, 28, 28), (256,), (16,), (256,), (1, 28, 28)]
    assert plain.model.parameters == sum(layer.parameters for layer in plain.model.layers)

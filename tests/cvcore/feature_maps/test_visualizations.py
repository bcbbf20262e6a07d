"""Pictures drawn ahead of time: each stands for its own channel, and the channel does like it."""

import numpy as np
import pytest
import torch

from cvcore import feature_maps as fm
from cvcore.core import images
from cvcore.engine import tensors
from cvcore.feature_maps import visualizations
from cvcore.training.feature_maps import visualizations as making


def test_every_channel_of_the_listed_layers_has_a_picture():
    assert {model: len(visualizations.list_layers(model)) for model in visualizations.index()} == {
        "efficientnet_lite0": 7,
        "digits_cnn": 3,
    }
    for model in visualizations.index():
        for layer in visualizations.list_layers(model):
            count = making.count_channels(fm.get_module(model), layer, model)
            assert visualizations.load_visualizations(model, layer).shape == (count, 56, 56, 3)


def test_unknown_ones_have_none():
    assert visualizations.list_layers("resnet50") == ()
    assert visualizations.load_visualizations("efficientnet_lite0", "act2") is None
    assert visualizations.load_visualization("efficientnet_lite0", "act1", 32) is None
    assert visualizations.load_visualization("efficientnet_lite0", "act1", -1) is None


@pytest.mark.parametrize("layer", ["blocks.1.1", "blocks.2.1", "blocks.3.2"])
def test_a_channel_answers_its_own_picture_more_than_others(layer):
    """The pictures are shrunk and stretched, and yet most channels rank theirs near the top."""
    tiles = visualizations.load_visualizations("efficientnet_lite0", layer)
    side = making.LAYERS["efficientnet_lite0"][layer]
    batch = tensors.to_batch([images.resize(tile, (side, side)) for tile in tiles])
    with torch.inference_mode():
        found = fm.maps.record(fm.get_module("efficientnet_lite0"), batch, [layer])[layer]
    answers = found.mean(dim=(2, 3)).numpy()  # picture, channel
    ranks = (answers > np.diag(answers)).sum(axis=0)
    assert np.median(ranks) <= 0.05 * len(tiles)


def test_drawing_again_raises_the_channel():
    tiles = making.draw_visualizations("digits_cnn", "act1", 28, steps=4)
    assert tiles.shape == (32, 56, 56, 3)
    assert len({tile.tobytes() for tile in tiles}) > 16

"""Feature maps of the networks that can be downloaded, here with random weights."""

from importlib import import_module

import numpy as np
import pytest
import torch
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from cvcore import feature_maps
from cvcore.engine import checkpoints, registry
from cvcore.recognition import preprocessing
from demos.feature_maps import picture
from demos.feature_maps import unit as unit_views
from demos.feature_maps.controls import Settings

# VGG19 is VGG16 with three layers more.
NAMES = [
    row.name
    for row in registry.index().values()
    if row.task == "classification" and row.url and row.name != "vgg19"
]
SUMS = {
    "mobilenet_v3_large": [1, 3, 5, 6, 8, 9, 10, 12, 14, 15],
    "resnet50": [f"layer{i + 1}.{j}" for i, count in enumerate((3, 4, 6, 3)) for j in range(count)],
    "convnext_tiny": [
        f"features.{i}.{j}" for i, count in ((1, 3), (3, 3), (5, 9), (7, 3)) for j in range(count)
    ],
    "vgg16": [],
}


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    """The name of a network, which is there without its download."""
    module, function = registry.get_weight(request.param).build.split(":")
    torch.manual_seed(0)
    network = getattr(import_module(module), function)().eval().requires_grad_(False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "load_model", lambda name: network)
        yield request.param


def test_every_sum_is_a_layer(model):
    names = [row.name for row in feature_maps.list_layers(model)]
    prefix = "features." if model == "mobilenet_v3_large" else ""
    missing = {f"net.{prefix}{name}" for name in SUMS[model]} - set(names)
    assert not missing
    assert len(names) == len(set(names)) >= 30


def test_maps_are_torchvisions(model, sample):
    network = checkpoints.load_model(model)
    nodes = get_graph_node_names(network)[1]
    ends = {  # where a layer ends in the traced graph; it takes torchvision's own parts as wholes
        row: [node for node in nodes if node == row.name or node.startswith(f"{row.name}.")][-1:]
        for row in feature_maps.list_layers(model)
    }
    layers = [row for row, end in ends.items() if end]
    sums = [row for row in layers if row.kind == "block"]
    batch = torch.from_numpy(preprocessing.prepare(sample, model))[None]
    for row in {layers[1], layers[len(layers) // 2], (sums or layers)[-1]}:
        with torch.inference_mode():
            theirs = create_feature_extractor(network, {ends[row][0]: "maps"})(batch)["maps"][0]
        ours = feature_maps.extract(sample, row.name, model=model).maps
        assert ours.shape == row.shape
        limit = float(theirs.abs().max())
        assert limit > 0
        np.testing.assert_allclose(ours / limit, theirs / limit, atol=1e-4)


def test_the_tab_takes_it(model, sample):
    layer = next(
        (row.name for row in feature_maps.list_layers(model)[10:] if row.kind == "block"), ""
    )
    looked = picture.look(sample, Settings(model, layer))
    stages, grid, large, channel, row, column, shown, _, state = looked
    assert shown == layer or (not layer and shown == feature_maps.default_layer(model))
    assert sum(int(stage["layers"].split()[0]) for stage in stages["stages"]) == len(
        feature_maps.list_layers(model)
    )
    assert channel == large["channel"] == int(np.argmax(grid["mean"]))
    np.testing.assert_array_equal(
        state.maps.maps, feature_maps.extract(sample, shown, model=model).maps
    )
    pixels = unit_views.show_pixels(state, channel, row, column, "guided")
    left, top, right, bottom = pixels["box_xyxy"]
    assert 0 <= left < right <= 224
    assert 0 <= top < bottom <= 224
    silent = unit_views.show_silence(state, channel, "silence", "useful", 2)
    assert len(silent["channels"]) == 2

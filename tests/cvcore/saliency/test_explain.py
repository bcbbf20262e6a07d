"""Maps as the page asks for them: whole, early, stopped, mistaken, of other networks."""

import time
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.resnet import BasicBlock
from torchvision.models.vgg import make_layers

from cvcore import saliency
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor
from cvcore.models.torchvision_net import NormalisedNet
from cvcore.saliency import (
    METHODS,
    cams,
    explain,
    explain_progressively,
    gradients,
    perturbation,
    sanity,
)
from cvcore.saliency.target import Target

MODEL = "efficientnet_lite0"
TIGER_CAT = 282


def test_explain_gives_a_map_on_the_picture(picture):
    result = explain(picture, "grad_cam")
    assert result.heatmap.shape == picture.shape[:2]
    assert result.heatmap.dtype == np.float32
    assert result.class_idx == TIGER_CAT
    assert 0 < result.deletion_auc < result.insertion_auc < 1
    assert result.heatmap[:, :60].max() == 0  # outside the square that the network sees


def test_progress_comes_early_and_can_be_stopped(picture):
    maps = explain_progressively(picture, "rise", masks=64)
    first = next(maps)
    assert 0 < first.share_done <= 1
    assert first.scores is None
    maps.close()
    *_, finished = explain_progressively(picture, "smoothgrad", samples=4)
    assert finished.share_done == 1
    assert finished.scores is not None


@pytest.mark.parametrize("shape", [(1, 1, 3), (300, 2, 3), (2, 300, 3)])
def test_any_size_has_a_map(shape):
    result = explain(np.full(shape, 80, np.uint8), "grad_cam", with_scores=False)
    assert result.heatmap.shape == shape[:2]
    assert np.isfinite(result.heatmap).all()


def test_sanity_check_tells_grad_cam_from_guided_backprop(picture):
    steps = list(sanity.check_sanity(picture, "guided_backprop"))
    assert steps[0].rank_correlation == pytest.approx(1)
    assert steps[1].layer == "class scores"
    assert steps[1].rank_correlation > 0.9  # it fails to change: the known weakness
    cam = list(sanity.check_sanity(picture, "grad_cam"))
    assert cam[1].rank_correlation < 0.5
    assert explain(picture, "gradient", with_scores=False).class_idx == TIGER_CAT  # net is whole


@pytest.mark.parametrize(
    ("method", "settings", "words"),
    [
        ("magic", {}, "no method"),
        ("occlusion", {"window": float("nan")}, "window"),
        ("occlusion", {"window": 8, "stride": 9}, "stride"),
        ("occlusion", {"stride": 1}, "greater stride"),
        ("occlusion", {"fill": "pink"}, "no filling"),
        ("grad_cam", {"layer": 99}, "layer"),
        ("grad_cam", {"window": 3}, "no setting"),
        ("rise", {"masks": 10**9}, "masks"),
        ("up_and_down", {"delta": 0}, "change"),
        ("smoothgrad", {"noise": None}, "noise"),
        ("grad_cam", {"class_idx": 1000}, "class index"),
        ("grad_cam", {"class_idx": 5, "minus_class": 5}, "different"),
        ("grad_cam", {"model": "nonsense"}, "classifier"),
    ],
)
def test_mistakes_are_told_in_a_sentence(picture, method, settings, words):
    with pytest.raises(InputError, match=words):
        explain(picture, method, **settings)
    with pytest.raises(InputError, match="no picture yet"):
        explain(None, "grad_cam")


def test_a_useful_map_comes_early(x, monkeypatch):
    """The first pass, a quarter of the windows or less, shows where the last map will be.

    About 12 s: two whole maps, of 729 and 256 windows.
    """
    monkeypatch.setattr(perturbation, "FIRST_SECONDS", 0)
    monkeypatch.setattr(perturbation, "YIELD_SECONDS", 0)
    steps = list(perturbation.occlusion(x, Target(MODEL, TIGER_CAT)))
    first, share = next(step for step in steps if step[1] >= 49 / 729)  # after the first pass
    assert share < 0.25
    assert np.corrcoef(first.ravel(), steps[-1][0].ravel())[0, 1] > 0.7
    steps = list(perturbation.central_difference(x, Target(MODEL, TIGER_CAT), cells=16))
    # how many parts come at once is the machine's matter: the first map that holds the whole pass
    early, share = next(step for step in steps if step[1] >= 64 / 256)
    assert share < 0.5
    assert np.corrcoef(early.ravel(), steps[-1][0].ravel())[0, 1] > 0.25


def test_seconds_are_the_methods_own(picture, monkeypatch):
    monkeypatch.setattr(gradients, "YIELD_SECONDS", 0)
    real, drawn = time.perf_counter, []
    monkeypatch.setattr(saliency, "perf_counter", lambda: real() + 100 * len(drawn))
    began = real()
    maps = explain_progressively(picture, "integrated_gradients", steps=8, with_scores=False)
    for result in maps:
        drawn.append(result)  # by a page that takes 100 s for it
    assert len(drawn) >= 2
    assert 0 < drawn[0].seconds < drawn[-1].seconds <= real() - began


def test_scores_can_be_stopped(picture):
    steps = list(explain_progressively(picture, "gradient"))
    assert len(steps) > 10  # the finished map again and again, while it is scored
    assert all(step is steps[0] for step in steps[:-1])
    assert steps[-1].scores is not None


def build_vgg() -> nn.Module:
    """VGG with few channels, and a classifier of its shape."""
    with torch.device("meta"):  # takes no room
        net = models.vgg11()
    net.features = make_layers([8, "M", 16, "M", 16, 16, "M", 24, "M", 32, "M"])
    net.classifier = nn.Sequential(
        nn.Linear(32 * 7 * 7, 64), nn.ReLU(True), nn.Dropout(),
        nn.Linear(64, 64), nn.ReLU(True), nn.Dropout(), nn.Linear(64, 1000),
    )  # fmt: skip
    return net


def build_resnet() -> nn.Module:
    return models.ResNet(BasicBlock, [1, 1, 1, 1])


def build_convnext() -> nn.Module:
    widths = (16, 24, 32, 48, None)
    return models.ConvNeXt([CNBlockConfig(now, then, 1) for now, then in pairwise(widths)])


OTHERS = {"vgg16": build_vgg, "resnet50": build_resnet, "convnext_tiny": build_convnext}
SETTINGS = {
    "up_and_down": {"cells": 4},
    "pixel_differences": {"window": 4, "amounts": (0.3,)},
    "smooth_grad_cam_plus_plus": {"samples": 2},
    "ablation_cam": {"channels": 4},
    "occlusion": {"window": 112, "stride": 112},
    "rise": {"masks": 16},
    "smoothgrad": {"samples": 2},
    "integrated_gradients": {"steps": 2},
    "score_cam": {"channels": 4, "layer": 1},
}


@pytest.fixture(scope="module", params=OTHERS)
def other(request):
    """A downloadable model's name, with a small network of its kind and random weights."""
    torch.manual_seed(0)
    net = NormalisedNet(OTHERS[request.param]()).eval().requires_grad_(False)

    def load_predictor(name, **_):
        assert name == request.param
        return lambda inputs: (net(torch.from_numpy(inputs)).detach().numpy(),)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "load_model", lambda name: net)
        patch.setattr(predictor, "load_predictor", load_predictor)
        yield request.param, net


@pytest.mark.parametrize("method", METHODS)
def test_other_networks_have_maps(picture, other, method):
    name, net = other
    if method == "guided_backprop" and name == "convnext_tiny":
        with pytest.raises(InputError, match="needs a network with ReLU"):
            explain(picture, method, model=name)
        return
    settings = SETTINGS.get(method, {})
    result = explain(picture, method, model=name, class_idx=7, with_scores=False, **settings)
    assert result.input_map.shape == (224, 224)
    assert np.isfinite(result.input_map).all()
    assert np.ptp(result.input_map) > 0
    assert not any(module._forward_hooks for module in net.modules())


def test_sanity_check_of_other_networks(picture, other):
    name, net = other
    before = {key: value.clone() for key, value in net.state_dict().items()}
    steps = list(sanity.check_sanity(picture, "gradient", model=name, class_idx=7))
    assert len(steps) == 1 + len(sanity.list_parts(net)) > 4
    assert steps[0].rank_correlation == pytest.approx(1)
    assert steps[-1].rank_correlation < 0.9
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_layers_have_names(other):
    name, net = other
    last_layer = len(cams.list_layers(net)) - 1
    text = cams.name_layer(name, -1)
    assert text.endswith(f"layer {last_layer + 1} of {last_layer + 1}")
    assert text.split()[0] in dict(net.net.named_modules())


def test_every_method_has_its_function():
    from importlib import import_module

    for row in METHODS.values():
        module, name = row.function.split(":")
        assert callable(getattr(import_module(module), name))

"""Maps against captum's, number by number, and against cases worked by hand."""

import numpy as np
import pytest
import torch
from captum import attr
from torch import nn

from cvcore import preprocessing, samples, weights
from cvcore.errors import InputError
from cvcore.saliency import (
    METHODS,
    cams,
    explain,
    explain_progressively,
    gradients,
    perturbation,
    sanity,
)
from cvcore.saliency.scores import area, order_pixels, score_map, share_inside
from cvcore.saliency.target import Target

MODEL = "efficientnet_lite0"
TIGER_CAT = 282


@pytest.fixture(scope="module")
def picture():
    return samples.load_sample("chelsea")


@pytest.fixture(scope="module")
def x(picture):
    return preprocessing.prepare(picture)


@pytest.fixture(scope="module")
def net():
    return weights.load_model(MODEL)


@pytest.fixture(scope="module")
def batch(x):
    return torch.from_numpy(x)[None]


def last(maps):
    *_, (values, share) = maps
    assert share == 1
    return values


class ToyNet(nn.Module):
    """Two convolutions and a mean; ``act`` is used twice."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 5, 3, padding=1)
        self.act, self.last = nn.ReLU(), nn.Linear(5, 6)

    def forward(self, x):
        x = self.act(self.second(self.act(self.first(x))))
        return self.last(x.mean((2, 3)))


class ToyTarget(Target):
    def __init__(self, net, class_idx=2, minus_class=None):
        super().__init__("toy", class_idx, minus_class)
        object.__setattr__(self, "net", net)

    def load_net(self):
        return self.net

    def _predict(self, inputs):
        with torch.inference_mode():
            return self.net(torch.from_numpy(np.asarray(inputs, np.float32))).numpy()


@pytest.fixture
def toy():
    return ToyNet().eval().requires_grad_(False)


@pytest.fixture
def small():
    return np.random.default_rng(0).random((3, 24, 24), np.float32)


def test_incremental_answers_are_the_networks(x, net):
    from cvcore.saliency.incremental import IncrementalNet

    rng = np.random.default_rng(1)
    started = IncrementalNet(net).start(x)
    with torch.inference_mode():
        whole = net(torch.from_numpy(x)[None])[0].numpy()
    np.testing.assert_allclose(started.logits, whole, atol=1e-4)
    for size in (1, 4, 17, 64, 224):
        corners = np.array([(0, 0), (224 - size, 224 - size), rng.integers(0, 225 - size, 2)])
        patches = rng.random((3, size, size, 3), np.float32)
        copies = np.repeat(x[None], 3, axis=0)
        for copy, patch, (top, left) in zip(copies, patches, corners, strict=True):
            copy[:, top : top + size, left : left + size] = patch.transpose(2, 0, 1)
        with torch.inference_mode():
            expected = net(torch.from_numpy(copies)).numpy()
        np.testing.assert_allclose(started.perturb(patches, corners), expected, atol=1e-4)


def test_incremental_refuses_squares_outside(x, net):
    from cvcore.saliency.incremental import IncrementalNet

    started = IncrementalNet(net).start(x)
    with pytest.raises(ValueError, match="leaves the picture"):
        started.perturb(np.zeros((1, 16, 16, 3), np.float32), np.array([[210, 0]]))
    assert started.perturb(np.zeros((0, 16, 16, 3)), np.zeros((0, 2))).shape == (0, 1000)
    with pytest.raises(TypeError, match="EfficientNetLite"):
        IncrementalNet(nn.Conv2d(3, 3, 1))


@pytest.mark.parametrize(("window", "stride"), [(48, 40), (64, 64), (50, 37)])
def test_occlusion_is_captums(x, net, batch, window, stride):
    ours = last(perturbation.occlusion(x, Target(MODEL, TIGER_CAT), window=window, stride=stride))
    theirs = attr.Occlusion(lambda z: net(z).softmax(1)).attribute(
        batch, (3, window, window), strides=(3, stride, stride), target=TIGER_CAT
    )
    np.testing.assert_allclose(ours, theirs[0, 0].numpy(), atol=1e-5)


def test_occlusion_without_incremental_inference_is_the_same(toy, small, monkeypatch):
    monkeypatch.setattr(perturbation, "_load_incremental", lambda model: None)
    ours = last(perturbation.occlusion(small, ToyTarget(toy), window=6, stride=4))
    theirs = attr.Occlusion(lambda z: toy(z).softmax(1)).attribute(
        torch.from_numpy(small)[None], (3, 6, 6), strides=(3, 4, 4), target=2
    )
    np.testing.assert_allclose(ours, theirs[0, 0].numpy(), atol=1e-6)


def test_up_and_down_meets_the_gradient(toy, small, monkeypatch):
    monkeypatch.setattr(perturbation, "_load_incremental", lambda model: None)
    monkeypatch.setattr(perturbation, "YIELD_SECONDS", 9)
    inner = 0.25 + small / 2  # no pixel stops at 0 or 1
    ours = last(perturbation.up_and_down(inner, ToyTarget(toy), cells=12, delta=0.01))
    z = torch.from_numpy(inner)[None].requires_grad_()
    slope = torch.autograd.grad(toy(z).softmax(1)[0, 2], z)[0][0].sum(0)
    cells = slope.view(12, 2, 12, 2).sum((1, 3)).numpy()
    np.testing.assert_allclose(ours[::2, ::2], cells, rtol=2e-2, atol=2e-5)


def test_white_patch_moves_down_only(toy, monkeypatch):
    monkeypatch.setattr(perturbation, "_load_incremental", lambda model: None)
    white, target = np.ones((3, 8, 8), np.float32), ToyTarget(toy)
    ours = last(perturbation.up_and_down(white, target, cells=4, delta=0.5))
    darker = white.copy()
    darker[:, :2, :2] = 0.5
    expected = (target.ask(white[None]) - target.ask(darker[None])) / 0.5
    np.testing.assert_allclose(ours[0, 0], expected[0], rtol=1e-4)


def test_gradients_are_captums(toy, small):
    z, target = torch.from_numpy(small)[None], ToyTarget(toy)
    theirs = attr.Saliency(toy).attribute(z, target=2)[0].amax(0)
    np.testing.assert_allclose(last(gradients.gradient(small, target)), theirs, atol=1e-7)
    theirs = attr.InputXGradient(toy).attribute(z, target=2)[0].sum(0)
    np.testing.assert_allclose(
        last(gradients.gradient_x_input(small, target)), theirs.detach(), atol=1e-7
    )
    theirs = attr.IntegratedGradients(toy).attribute(
        z, target=2, n_steps=10, method="riemann_middle"
    )
    ours = last(gradients.integrated_gradients(small, target, steps=10))
    np.testing.assert_allclose(ours, theirs[0].sum(0).detach(), atol=1e-6)
    theirs = attr.GuidedBackprop(toy_with_own_rectifiers(toy)).attribute(z, target=2)
    ours = last(gradients.guided_backprop(small, target))
    np.testing.assert_allclose(ours, theirs[0].abs().amax(0).detach(), atol=1e-7)


def toy_with_own_rectifiers(toy):
    """captum cannot hook a module that is used twice."""
    return nn.Sequential(
        toy.first, nn.ReLU(), toy.second, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), toy.last
    )


def test_guided_backprop_knows_relu6(x, batch, net):
    plain = gradients.input_gradient(net, batch, Target(MODEL, TIGER_CAT))
    guided = gradients.guided_gradient(net, batch, Target(MODEL, TIGER_CAT))
    assert not torch.allclose(plain, guided)
    again = gradients.input_gradient(net, batch, Target(MODEL, TIGER_CAT))
    assert torch.equal(plain, again)  # no hook was left behind


def test_integrated_gradients_sum_to_the_difference(toy, small):
    ours = last(gradients.integrated_gradients(small, ToyTarget(toy), steps=200))
    z = torch.from_numpy(small)[None]
    difference = (toy(z) - toy(z * 0))[0, 2].item()
    assert ours.sum() == pytest.approx(difference, rel=0.01)


def test_smoothgrad_without_noise_is_the_gradient(toy, small):
    target = ToyTarget(toy)
    ours = last(gradients.smoothgrad(small, target, samples=3, noise=0))
    np.testing.assert_allclose(ours, last(gradients.gradient(small, target)), atol=1e-6)


@pytest.mark.parametrize("layer", [-1, -2, 3])
def test_grad_cam_is_captums(x, batch, net, layer):
    module = cams.get_layer(net, layer)
    target = Target(MODEL, TIGER_CAT)
    theirs = attr.LayerGradCam(net, module).attribute(
        batch, target=TIGER_CAT, relu_attributions=True
    )[0, 0]
    ours = cams.combine_grad_cam(*cams.features_and_gradient(net, batch, module, target))
    np.testing.assert_allclose(ours, theirs.detach(), atol=1e-4 * float(theirs.max()))


@pytest.mark.parametrize(
    ("name", "combine"),
    [
        ("GradCAM", cams.combine_grad_cam),
        ("GradCAMpp", cams.combine_grad_cam_plus_plus),
        ("LayerCAM", cams.combine_layer_cam),
    ],
)
def test_cams_are_torchcams(toy, small, name, combine):
    methods = pytest.importorskip("torchcam.methods")
    z = torch.from_numpy(small)[None]
    with getattr(methods, name)(toy, toy.second) as extractor:
        scores = toy(z.clone().requires_grad_())
        (theirs,) = extractor(2, scores, normalized=False)
    ours = combine(*cams.features_and_gradient(toy, z, toy.second, ToyTarget(toy)))
    theirs = theirs[0].relu().detach()  # its small constant in Grad-CAM++ changes the scale
    np.testing.assert_allclose(ours / ours.max(), theirs / theirs.max(), atol=1e-3)


def test_cams_worked_by_hand():
    features = torch.tensor([[[1.0, 2.0]], [[3.0, 0.0]]])
    slope = torch.tensor([[[1.0, -1.0]], [[2.0, 2.0]]])
    assert cams.combine_grad_cam(features, slope).tolist() == [[6, 0]]
    assert cams.combine_layer_cam(features, slope).tolist() == [[7, 0]]
    # alpha: 1 / (2 + 3), 1 / (2 - 3), 4 / (8 + 24) twice; times the positive slopes 1, 0, 2, 2
    np.testing.assert_allclose(
        cams.combine_grad_cam_plus_plus(features, slope), [[0.2 + 1.5, 0.4]], rtol=1e-6
    )


def test_hooks_and_modes_are_restored_after_an_exception(toy, small):
    class Failing(ToyTarget):
        def logit(self, logits):
            raise RuntimeError("broken")

    def count():
        return sum(len(m._forward_hooks) + len(m._backward_hooks) for m in toy.modules())

    for maps in (
        cams.grad_cam(small, Failing(toy)),
        gradients.guided_backprop(small, Failing(toy)),
        cams.score_cam(small, Failing(toy), layer=0),
    ):
        with pytest.raises(RuntimeError, match="broken"):
            list(maps)
    assert count() == 0
    assert not toy.training
    assert not any(p.requires_grad for p in toy.parameters())


def test_rise_finds_the_only_pixels_that_matter():
    class Corner(Target):
        def ask(self, inputs):
            return np.asarray(inputs)[:, 0, :8, :8].mean((1, 2)).astype(np.float64)

    heatmap = last(perturbation.rise(np.ones((3, 32, 32), np.float32), Corner("toy", 0), masks=400))
    inside, outside = heatmap[:8, :8].mean(), heatmap[16:, 16:].mean()
    assert inside > 1.2 * outside
    assert heatmap[:8, :8].max() == heatmap.max()


def test_masks_are_open_to_the_share_kept():
    masks = perturbation.make_masks(np.random.default_rng(0), 60, 56, cells=7, keep=0.3)
    assert masks.shape == (60, 56, 56)
    assert 0 <= masks.min() <= masks.max() <= 1
    assert masks.mean() == pytest.approx(0.3, abs=0.03)


def test_score_cam_weights_by_the_answer(toy, small):
    heatmap = last(cams.score_cam(small, ToyTarget(toy), layer=1))
    assert heatmap.shape == (24, 24)
    assert heatmap.min() >= 0
    assert heatmap.max() > 0


def test_area_order_and_share():
    assert area(np.array([1.0, 1.0, 1.0])) == 1
    assert order_pixels(np.array([[0.2, 0.9], [0.9, 0.1]])).tolist() == [[2, 0], [1, 3]]
    heatmap = np.array([[3.0, 1.0], [-5.0, 0.0]])
    assert share_inside(heatmap, np.array([[True, False], [True, False]])) == 0.75
    with pytest.raises(InputError, match="Nothing is painted"):
        share_inside(heatmap, np.zeros((2, 2), bool))


def test_deletion_and_insertion_follow_the_order():
    class Sum(Target):
        def ask(self, inputs):
            return np.asarray(inputs)[:, 0].sum((1, 2)) / 10

        def __new__(cls, *_):
            return super().__new__(cls)

    import cvcore.saliency.scores as scores

    x = np.zeros((3, 4, 4), np.float32)
    x[:, 0, 0] = 10
    original = scores.Target
    scores.Target = Sum
    try:
        good = score_map(x, x[0], Sum("toy", 0), steps=4)
        bad = score_map(x, -x[0], Sum("toy", 0), steps=4)
    finally:
        scores.Target = original
    assert good.deletion.tolist() == [1, 0, 0, 0, 0]
    assert bad.deletion.tolist() == [1, 1, 1, 1, 0]
    assert good.deletion_auc < bad.deletion_auc
    assert good.insertion_auc > bad.insertion_auc


def test_difference_of_two_classes_is_the_difference_of_maps(toy, small):
    both = last(gradients.gradient_x_input(small, ToyTarget(toy, 1, 4)))
    one, other = (last(gradients.gradient_x_input(small, ToyTarget(toy, c))) for c in (1, 4))
    np.testing.assert_allclose(both, one - other, atol=1e-6)


def test_passes_visit_every_cell_once():
    passes = perturbation.coarse_to_fine(9)
    cells = np.concatenate(passes)
    assert len(passes[0]) == 9
    assert len(np.unique(cells, axis=0)) == len(cells) == 81


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


def test_every_method_has_its_function():
    from importlib import import_module

    for row in METHODS.values():
        module, name = row.function.split(":")
        assert callable(getattr(import_module(module), name))

"""Maps against captum's, number by number, and against cases worked by hand."""

import numpy as np
import pytest
import torch
from captum import attr
from torch import nn
from torchcam import methods as torchcam_methods

from cvcore.engine import checkpoints, predictor
from cvcore.probes.masks import coarse_to_fine, make_masks
from cvcore.recognition import preprocessing
from cvcore.saliency import cams, gradients, perturbation
from cvcore.saliency.target import Target
from tests.cvcore.saliency.toy import ToyTarget

MODEL = "efficientnet_lite0"
TIGER_CAT = 282


@pytest.fixture(scope="module")
def net():
    return checkpoints.load_model(MODEL)


@pytest.fixture(scope="module")
def batch(x):
    return torch.from_numpy(x)[None]


def last(maps):
    *_, (values, share) = maps
    assert share == 1
    return values


def test_incremental_answers_are_the_larger_networks(picture):
    from cvcore.saliency.incremental.network import IncrementalNet

    name = "efficientnet_lite2"
    net, x = checkpoints.load_model(name), preprocessing.prepare(picture, name)
    started, side = IncrementalNet(net).start(x), x.shape[-1]
    copies = np.repeat(x[None], 2, axis=0)
    copies[0, :, :17, :17] = copies[1, :, side - 16 :, 100:116] = 0.5
    with torch.inference_mode():
        expected = net(torch.from_numpy(copies)).numpy()
    ours = [
        started.perturb(np.full((1, size, size, 3), 0.5, np.float32), np.array([at]))[0]
        for size, at in ((17, (0, 0)), (16, (side - 16, 100)))
    ]
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_incremental_answers_are_the_networks(x, net):
    from cvcore.saliency.incremental.network import IncrementalNet

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


def test_rounded_answers_give_the_same_map(x, net, monkeypatch):
    from cvcore.saliency.incremental.network_tail import has_bfloat16_unit

    if not has_bfloat16_unit():
        pytest.skip("This processor has no unit for bfloat16.")
    rounded = last(perturbation.occlusion(x, Target(MODEL, TIGER_CAT)))
    monkeypatch.setattr(perturbation, "ROUNDED_WINDOW", 999)
    exact = last(perturbation.occlusion(x, Target(MODEL, TIGER_CAT)))
    assert not np.array_equal(rounded, exact)
    assert np.corrcoef(rounded.ravel(), exact.ravel())[0, 1] >= 0.999


def test_rounded_differences_are_a_small_part_of_the_change(x, net):
    from cvcore.saliency.incremental.network import IncrementalNet
    from cvcore.saliency.incremental.network_tail import has_bfloat16_unit

    if not has_bfloat16_unit():
        pytest.skip("This processor has no unit for bfloat16.")
    rng = np.random.default_rng(2)
    corners = rng.integers(0, 220, (40, 2))
    near = [x[:, top : top + 4, left : left + 4].transpose(1, 2, 0) for top, left in corners]
    for patches in (np.clip(np.stack(near) + 0.02, 0, 1), rng.random((40, 4, 4, 3), np.float32)):
        exact, close = (
            picture.perturb(patches, corners) - picture.logits
            for picture in (IncrementalNet(net, p).start(x) for p in ("exact", "differences"))
        )
        assert 0 < np.abs(close - exact).max() <= 0.02 * np.abs(exact).max()


def test_the_last_layer_is_the_same_in_both_engines(x, net, batch, exported):
    predictor.load_predictor(MODEL, wait=True)
    target = Target(MODEL, TIGER_CAT, 3)
    fast = cams.last_features_and_gradient(net, x, target)
    slow = cams.features_and_gradient(net, batch, cams.get_layer(net, -1), target)
    for ours, theirs in zip(fast, slow, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_incremental_refuses_squares_outside(x, net):
    from cvcore.saliency.incremental.network import IncrementalNet

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
    monkeypatch.setattr(perturbation, "_load_incremental", lambda *_: None)
    ours = last(perturbation.occlusion(small, ToyTarget(toy), window=6, stride=4))
    theirs = attr.Occlusion(lambda z: toy(z).softmax(1)).attribute(
        torch.from_numpy(small)[None], (3, 6, 6), strides=(3, 4, 4), target=2
    )
    np.testing.assert_allclose(ours, theirs[0, 0].numpy(), atol=1e-6)


def test_central_difference_meets_the_gradient(toy, small, monkeypatch):
    monkeypatch.setattr(perturbation, "_load_incremental", lambda *_: None)
    monkeypatch.setattr(perturbation, "YIELD_SECONDS", 9)
    inner = 0.25 + small / 2  # no pixel stops at 0 or 1
    ours = last(perturbation.central_difference(inner, ToyTarget(toy), cells=12, delta=0.01))
    z = torch.from_numpy(inner)[None].requires_grad_()
    slope = torch.autograd.grad(toy(z).softmax(1)[0, 2], z)[0][0].sum(0)
    cells = slope.view(12, 2, 12, 2).sum((1, 3)).numpy()
    np.testing.assert_allclose(ours[::2, ::2], cells, rtol=2e-2, atol=2e-5)


def test_white_patch_moves_down_only(toy, monkeypatch):
    monkeypatch.setattr(perturbation, "_load_incremental", lambda *_: None)
    white, target = np.ones((3, 8, 8), np.float32), ToyTarget(toy)
    ours = last(perturbation.central_difference(white, target, cells=4, delta=0.5))
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


def test_smoothgrad_averages_gradients_of_noisy_copies(toy, small):
    target = ToyTarget(toy)
    random = torch.Generator().manual_seed(7)
    noise = [torch.randn(count, 3, 24, 24, generator=random) for count in (4, 2)]
    copies = torch.from_numpy(small) + 0.2 * torch.cat(noise)
    z = copies.requires_grad_()
    mean = torch.autograd.grad(toy(z)[:, 2].sum(), z)[0].mean(0)
    ours = last(gradients.smoothgrad(small, target, samples=6, noise=0.2, seed=7))
    np.testing.assert_allclose(ours, mean.abs().amax(0), atol=1e-7)


def test_smoothgrad_nears_captums(toy, small):
    torch.manual_seed(0)
    tunnel = attr.NoiseTunnel(attr.Saliency(toy))
    theirs = tunnel.attribute(
        torch.from_numpy(small)[None],
        nt_type="smoothgrad",
        nt_samples=400,
        nt_samples_batch_size=50,
        stdevs=0.1,
        target=2,
        abs=False,
    )[0]
    ours = last(gradients.smoothgrad(small, ToyTarget(toy), samples=400, noise=0.1))
    theirs = theirs.abs().amax(0).detach().numpy()
    assert np.abs(ours - theirs).mean() < 0.05 * theirs.mean()


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
    z = torch.from_numpy(small)[None]
    with getattr(torchcam_methods, name)(toy, toy.second) as extractor:
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
    masks = make_masks(np.random.default_rng(0), 60, 56, cells=7, keep=0.3)
    assert masks.shape == (60, 56, 56)
    assert 0 <= masks.min() <= masks.max() <= 1
    assert masks.mean() == pytest.approx(0.3, abs=0.03)


def test_score_cam_is_torchcams(toy, small):
    z = torch.from_numpy(small)[None]
    with torchcam_methods.ScoreCAM(toy, toy.second, input_shape=(3, 24, 24)) as extractor:
        with torch.inference_mode():
            toy(z)
        (theirs,) = extractor(2, normalized=False)
    ours = last(cams.score_cam(small, ToyTarget(toy), layer=1))
    assert theirs.max() > 0
    np.testing.assert_allclose(ours, theirs[0].relu(), rtol=1e-4, atol=1e-6)


def test_score_cam_of_the_greatest_spread_alone(toy, small):
    with torch.inference_mode():
        features = toy.second(toy.act(toy.first(torch.from_numpy(small)[None])))[0].numpy()
    spread = features.max((1, 2)) - features.min((1, 2))
    ours = last(cams.score_cam(small, ToyTarget(toy), layer=1, channels=1))
    np.testing.assert_allclose(ours, features[spread.argmax()].clip(0), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["grad_cam", "grad_cam_plus_plus", "layer_cam"])
def test_fused_layers_are_torchcams(x, name):
    target = Target(MODEL, TIGER_CAT)
    single = [last(getattr(cams, name)(x, target, layer=layer)) for layer in (3, 5, 8)]
    scaled = [torch.from_numpy((one - one.min()) / np.ptp(one))[None] for one in single]
    theirs = torchcam_methods.GradCAM.fuse_cams(scaled)[0]
    steps = list(getattr(cams, name)(x, target, layer=(3, 5, 8)))
    assert [share for _, share in steps] == pytest.approx([1 / 3, 2 / 3, 1])
    np.testing.assert_array_equal(steps[0][0], single[0])
    np.testing.assert_allclose(steps[-1][0], theirs, atol=1e-6)


def test_difference_of_two_classes_is_the_difference_of_maps(toy, small):
    both = last(gradients.gradient_x_input(small, ToyTarget(toy, 1, 4)))
    one, other = (last(gradients.gradient_x_input(small, ToyTarget(toy, c))) for c in (1, 4))
    np.testing.assert_allclose(both, one - other, atol=1e-6)


def test_passes_visit_every_cell_once():
    passes = coarse_to_fine(9)
    cells = np.concatenate(passes)
    assert len(passes[0]) == 9
    assert len(np.unique(cells, axis=0)) == len(cells) == 81


def test_a_worker_computes_by_itself():
    from cvcore.saliency.incremental.workers import get_workers

    pool, usual = get_workers(), torch.get_num_threads()
    assert set(pool.map(lambda _: torch.get_num_threads(), range(20))) == {1}
    assert torch.get_num_threads() == usual

"""XGrad-CAM, Eigen-CAM, Ablation-CAM, SmoothGrad-CAM++ against other libraries', and by hand."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from sklearn.decomposition import TruncatedSVD
from torchcam import methods as torchcam_methods

from cvcore import saliency
from cvcore.saliency import cams
from tests.cvcore.saliency.toy import ToyTarget

FEATURES = torch.tensor([[[1.0, 2.0]], [[3.0, 0.0]]])
SLOPE = torch.tensor([[[1.0, -1.0]], [[2.0, 2.0]]])


def last(maps):
    *_, (values, share) = maps
    assert share == 1
    return values


def look(toy, small, target):
    return cams.features_and_gradient(toy, torch.from_numpy(small)[None], toy.second, target)


def test_xgrad_cam_is_torchcams(toy, small):
    z = torch.from_numpy(small)[None]
    with torchcam_methods.XGradCAM(toy, toy.second) as extractor:
        scores = toy(z.clone().requires_grad_())
        (theirs,) = extractor(2, scores, normalized=False)
    ours = cams.combine_xgrad_cam(*look(toy, small, ToyTarget(toy)))
    assert ours.max() > 0
    np.testing.assert_allclose(ours, theirs[0].relu().detach(), rtol=1e-4, atol=1e-6)


def test_maps_worked_by_hand():
    # weights: (1 - 2) / 3 and 6 / 3
    np.testing.assert_allclose(
        cams.combine_xgrad_cam(FEATURES, SLOPE), [[-1 / 3 + 6, 0]], rtol=1e-6
    )
    empty = torch.tensor([[[1.0, -1.0]]])  # no share of a sum of 0
    assert cams.combine_xgrad_cam(empty, torch.ones(1, 1, 2)).tolist() == [[0, 0]]
    # of rank one: (1, 2) in all maps, times their length
    same = torch.tensor([[[1.0, 2.0]], [[2.0, 4.0]], [[-2.0, -4.0]]])
    np.testing.assert_allclose(cams.combine_eigen_cam(same), [[3, 6]], rtol=1e-5)


def test_eigen_cam_is_the_first_component_by_scikit_learn(toy, small):
    features, _ = look(toy, small, ToyTarget(toy))
    cells = features.flatten(1).T.numpy()
    theirs = TruncatedSVD(1, algorithm="arpack").fit_transform(cells)[:, 0]
    theirs *= np.sign(theirs.sum())
    ours = cams.combine_eigen_cam(features)
    np.testing.assert_allclose(ours.flatten(), theirs.clip(0), rtol=1e-3, atol=1e-5)
    every = [last(cams.eigen_cam(small, ToyTarget(toy, c), layer=1)) for c in (0, 5)]
    np.testing.assert_array_equal(*every)  # whatever the class


def test_smooth_grad_cam_plus_plus_weighs_as_torchcam_does(toy, small, monkeypatch):
    """Of one noisy copy: of several, torch-cam takes the slope of the last one alone."""
    z = torch.from_numpy(small)[None]
    noise = 0.2 * torch.randn(z.shape, generator=torch.Generator().manual_seed(7))
    with torchcam_methods.SmoothGradCAMpp(toy, toy.second, num_samples=1) as extractor:
        monkeypatch.setattr(extractor._distrib, "sample", lambda size: noise)
        toy(z)
        (theirs,) = extractor._get_weights(2, eps=1e-20)  # else it changes the scale
    target = ToyTarget(toy)
    features, _ = look(toy, small, target)
    slope = look(toy, small + noise[0].numpy(), target)[1]
    ours = cams.weigh_moments(features, slope, slope**2, slope**3)
    np.testing.assert_allclose(ours, theirs[0], rtol=1e-3, atol=1e-7)
    cam = last(cams.smooth_grad_cam_plus_plus(small, target, layer=1, samples=1, noise=0.2, seed=7))
    expected = torch.einsum("c,chw->hw", ours, features).relu()
    np.testing.assert_allclose(cam, expected, rtol=1e-4, atol=1e-7)


def test_smooth_grad_cam_plus_plus_averages_over_copies(toy, small):
    target, z = ToyTarget(toy), torch.from_numpy(small)
    plain = last(cams.grad_cam_plus_plus(small, target, layer=1))
    still = last(cams.smooth_grad_cam_plus_plus(small, target, layer=1, samples=6, noise=0))
    np.testing.assert_allclose(still, plain, rtol=1e-3, atol=1e-7)
    random = torch.Generator().manual_seed(3)
    noise = torch.cat([torch.randn(count, *z.shape, generator=random) for count in (4, 1)])
    slopes = torch.stack([look(toy, (z + 0.3 * one).numpy(), target)[1] for one in noise])
    means = (slopes.mean(0), (slopes**2).mean(0), (slopes**3).mean(0))
    expected = cams.combine_moments(look(toy, small, target)[0], *means)
    ours = last(
        cams.smooth_grad_cam_plus_plus(small, target, layer=1, samples=5, noise=0.3, seed=3)
    )
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-7)


def lost_without(toy, small, target):
    """The logit, and what is lost of it without each feature map, one after the other."""
    with torch.inference_mode():
        features = toy.second(toy.act(toy.first(torch.from_numpy(small)[None])))
        logits = [target.logit(toy.last(toy.act(features).mean((2, 3)))).item()]
        for channel in range(5):
            copy = features.clone()
            copy[:, channel] = 0
            logits.append(target.logit(toy.last(toy.act(copy).mean((2, 3)))).item())
    return features[0], logits[0], logits[0] - np.array(logits[1:])


@pytest.mark.parametrize("class_idx", [0, 1, 2, 3])
def test_ablation_cam_leaves_one_map_out_after_the_other(toy, small, class_idx):
    target = ToyTarget(toy, class_idx)
    features, logit, lost = lost_without(toy, small, target)
    weight = torch.from_numpy(lost / abs(logit)).float()
    ours = last(cams.ablation_cam(small, target, layer=1))
    np.testing.assert_allclose(
        ours, torch.einsum("c,chw->hw", weight, features).relu(), rtol=1e-3, atol=1e-6
    )
    spread = np.ptp(features.flatten(1).numpy(), axis=1)
    one = last(cams.ablation_cam(small, target, layer=1, channels=1))
    greatest = int(spread.argmax())
    np.testing.assert_allclose(
        one, (weight[greatest] * features[greatest]).relu(), rtol=1e-3, atol=1e-6
    )


def test_ablation_cam_of_a_score_below_zero_is_for_the_class(toy, small):
    """With the paper's division by the score itself it would be the map of what speaks against."""
    signs = {c: lost_without(toy, small, ToyTarget(toy, c)) for c in range(6)}
    class_idx, (features, _, lost) = next((c, one) for c, one in signs.items() if one[1] < 0)
    ours = last(cams.ablation_cam(small, ToyTarget(toy, class_idx), layer=1))
    speaks_for = torch.einsum("c,chw->hw", torch.from_numpy(lost).float(), features)
    assert (speaks_for > 0).any()
    np.testing.assert_array_equal(ours > 1e-6, (speaks_for > 1e-6 * speaks_for.max()).numpy())


def test_they_are_pytorch_grad_cams(toy, small):
    """Where that library is installed."""
    other = pytest.importorskip("pytorch_grad_cam")
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
    from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection

    z, targets = torch.from_numpy(small)[None], [ToyTarget(toy, c) for c in range(6)]
    # of a logit below 0 its Ablation-CAM is that of what speaks against the class
    target = next(one for one in targets if lost_without(toy, small, one)[1] > 0)
    features, slope = look(toy, small, target)
    for kind, ours in (
        (other.XGradCAM, cams.combine_xgrad_cam(features, slope)),
        (other.AblationCAM, last(cams.ablation_cam(small, target, layer=1))),
    ):
        net = deepcopy(toy).requires_grad_(True)
        with kind(model=net, target_layers=[net.second]) as extractor:
            theirs = extractor(input_tensor=z, targets=[ClassifierOutputTarget(target.class_idx)])[
                0
            ]
        ours = np.asarray(ours)
        ours = (ours - ours.min()) / np.ptp(ours)
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
    centred = features - features.mean((1, 2), keepdim=True)
    theirs = get_2d_projection(centred[None].numpy())[0]
    ours = cams.combine_eigen_cam(centred).numpy()  # its sum is 0: either sign
    assert min(np.abs(ours - (sign * theirs).clip(0)).max() for sign in (1, -1)) < 1e-4


def test_fused_layers(toy, small):
    for make in (cams.xgrad_cam, cams.eigen_cam):
        single = [last(make(small, ToyTarget(toy), layer=layer)) for layer in (0, 1)]
        fused = last(make(small, ToyTarget(toy), layer=(0, 1)))
        np.testing.assert_array_equal(fused, cams.fuse_maps(single))
        assert fused.max() > 0


@pytest.mark.parametrize(
    ("method", "settings", "words"),
    [
        ("smooth_grad_cam_plus_plus", {"samples": 0}, "samples"),
        ("smooth_grad_cam_plus_plus", {"noise": 2}, "noise"),
        ("ablation_cam", {"channels": 0}, "channels"),
        ("eigen_cam", {"layer": 99}, "layer"),
        ("xgrad_cam", {"channels": 3}, "no setting"),
    ],
)
def test_mistakes_are_told_in_a_sentence(picture, method, settings, words):
    with pytest.raises(saliency.InputError, match=words):
        saliency.explain(picture, method, **settings)

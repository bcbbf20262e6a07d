"""The last layers near a change: exact inside the square, to first order outside."""

import numpy as np
import pytest
import torch

from cvcore.engine import checkpoints
from cvcore.recognition.classifier import softmax
from cvcore.saliency import perturbation
from cvcore.saliency.incremental import local_linearisation, network
from cvcore.saliency.incremental.folded import Spatial
from cvcore.saliency.incremental.local_linearisation import Square
from cvcore.saliency.incremental.network import IncrementalNet
from cvcore.saliency.target import Target

MODEL = "efficientnet_lite0"
TIGER_CAT, EGYPTIAN_CAT = 282, 285


@pytest.fixture(scope="module")
def exact():
    return IncrementalNet(checkpoints.load_model(MODEL))


@pytest.fixture
def local(monkeypatch):
    """As on a processor without a unit for bfloat16."""
    monkeypatch.setattr(network, "has_bfloat16_unit", lambda: False)
    return IncrementalNet(checkpoints.load_model(MODEL), "differences")


@pytest.fixture(scope="module")
def corners():
    inner = np.random.default_rng(2).integers(0, 220, (12, 2))
    return np.concatenate((inner, [(0, 0), (220, 220), (0, 220), (97, 0)]))


def patches_at(x, corners, size=4):
    return np.stack([x[:, y : y + size, c : c + size].transpose(1, 2, 0) for y, c in corners])


def odds(logits, *classes):
    """Of each class against all that are not asked for, (N, A)."""
    others = np.delete(logits, classes, axis=1)
    return logits[:, classes] - np.log(np.exp(others).sum(1, keepdims=True))


def test_a_square_of_the_whole_map_is_the_network(x, exact, local, monkeypatch):
    monkeypatch.setattr(network, "LOCAL_CELLS", 14)
    rng = np.random.default_rng(1)
    ours, whole = local.start(x, [TIGER_CAT]), exact.start(x)
    np.testing.assert_allclose(ours.logits, whole.logits, atol=1e-4)
    for size in (1, 17, 64):
        at = np.array([(0, 0), (224 - size, 224 - size), rng.integers(0, 225 - size, 2)])
        patches = rng.random((3, size, size, 3), np.float32)
        np.testing.assert_allclose(ours.perturb(patches, at), whole.perturb(patches, at), atol=1e-4)


@pytest.mark.parametrize("classes", [(TIGER_CAT,), (TIGER_CAT, EGYPTIAN_CAT)])
def test_the_smaller_the_change_the_smaller_the_error_beside_it(x, exact, local, corners, classes):
    ours, whole = local.start(x, classes), exact.start(x)
    before = odds(whole.logits[None], *classes)
    shares = []
    for by in (0.2, 0.01):
        patches = np.clip(patches_at(x, corners) + np.float32(by), 0, 1)
        change = odds(whole.perturb(patches, corners), *classes) - before
        error = odds(ours.perturb(patches, corners), *classes) - before - change
        shares.append(np.linalg.norm(error) / np.linalg.norm(change))
    assert shares[0] < 0.05
    assert shares[1] < shares[0] / 2


def test_what_leaves_the_square_counts(x, exact, local, corners, monkeypatch):
    """Without it the answers would be far worse."""
    patches = np.clip(patches_at(x, corners) + np.float32(0.1), 0, 1)
    whole = exact.start(x)
    change = odds(whole.perturb(patches, corners), TIGER_CAT)

    def error():
        return np.linalg.norm(
            odds(local.start(x, [TIGER_CAT]).perturb(patches, corners), TIGER_CAT) - change
        )

    counted = error()
    monkeypatch.setattr(
        local_linearisation, "_slopes_by_logits", lambda z, c: torch.zeros(len(c), len(z))
    )
    assert error() > 3 * counted


def test_slopes_are_those_of_torch(x, local):
    picture = local.start(x, [TIGER_CAT, EGYPTIAN_CAT])
    linearised = picture._finish.__self__
    first = linearised.wholes[0]
    wide = first.wide.clone().requires_grad_(True)
    rows = first.block.spatial.on_whole(wide.flatten(0, 1), 14)
    before = picture._inputs[-1][:-1].clone()
    rows, side = first.block.finish(rows, before), 14
    for whole in linearised.wholes[1:]:
        block = whole.block
        inputs, rows = rows, block.expand(rows).clamp(0, 6)
        rows = block.spatial.on_whole(rows, side, limited=False).clamp(0, 6)
        side = block.spatial.out_side(side)
        rows = block.project(rows) + (inputs if block.has_skip else 0)
    tail = linearised.tail
    logits = torch.addmv(tail.bias, tail.weight.T, tail.head(rows).clamp(0, 6).mean(0))
    others = torch.ones(1000, dtype=torch.bool)
    others[[TIGER_CAT, EGYPTIAN_CAT]] = False
    for index, idx in enumerate((TIGER_CAT, EGYPTIAN_CAT)):
        answer = logits[idx] - logits[others].logsumexp(0)
        (slopes,) = torch.autograd.grad(answer, wide, retain_graph=True)
        torch.testing.assert_close(first.wide_slopes[index], slopes, atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize(("stride", "kernel", "side"), [(1, 5, 14), (2, 5, 14), (1, 3, 7)])
def test_slopes_go_back_through_a_filter_as_in_torch(stride, kernel, side):
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(6, 1, kernel, kernel, generator=generator)
    spatial = Spatial(weight, torch.zeros(6), stride, 6)
    rows = torch.randn(side * side, 6, generator=generator, requires_grad=True)
    out = spatial.on_whole(rows, side, limited=False)
    slopes = torch.randn(out.shape, generator=generator)
    (theirs,) = torch.autograd.grad(out, rows, slopes)
    torch.testing.assert_close(spatial.back(slopes, side), theirs)
    maps = rows.detach().view(1, side, side, 6)
    torch.testing.assert_close(spatial.on_changes(maps, spatial.padding(side) * 2), out.detach())


@pytest.mark.parametrize("size", range(5, 15))
def test_a_square_stays_around_its_place_after_a_stride(size):
    for top in range(15 - size):
        half = Square(top, 0, size).halve(7)
        assert half.top >= 0
        assert half.top + half.size <= 7
        # the cell whose filter is centred on the square's own centre is well inside
        centre = (top + (size - 1) / 2 - 1) / 2
        assert half.top <= round(max(centre, 0)) < half.top + half.size


def test_the_map_is_the_exact_one(x, monkeypatch):
    """The map at 10 x 10 cells, correlated with the exact one's (about 8 s: four maps)."""
    maps, load = [], perturbation._load_incremental.__wrapped__
    for is_local in (True, False):
        monkeypatch.setattr(network, "has_bfloat16_unit", lambda: False)
        precision = "differences" if is_local else "exact"
        net = load(MODEL, precision)
        monkeypatch.setattr(perturbation, "_load_incremental", lambda *_, net=net: net)
        for target in (Target(MODEL, TIGER_CAT), Target(MODEL, TIGER_CAT, EGYPTIAN_CAT)):
            *_, (values, _) = perturbation.central_difference(x, target, cells=10)
            maps.append(values)
    for ours, theirs in zip(maps[:2], maps[2:], strict=True):
        assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.998
        assert np.polyfit(theirs.ravel(), ours.ravel(), 1)[0] == pytest.approx(1, abs=0.03)


def test_probabilities_of_copies_that_do_not_differ(x, local, corners):
    picture = local.start(x, [TIGER_CAT])
    same = softmax(picture.perturb(patches_at(x, corners), corners))[:, TIGER_CAT]
    np.testing.assert_allclose(same, softmax(picture.logits[None])[0, TIGER_CAT], atol=1e-5)

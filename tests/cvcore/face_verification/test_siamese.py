"""Siamese training: losses by hand, AUC beside scikit-learn's, one update through both towers."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn import metrics
from torch.nn import functional as F

from cvcore.core.errors import InputError
from cvcore.face_verification import siamese
from cvcore.face_verification.siamese import looks
from cvcore.face_verification.siamese.batches import Rows
from cvcore.face_verification.siamese.model import ONE_SIGN
from cvcore.face_verification.siamese.settings import KNOWN, LOSSES, UNSEEN
from cvcore.face_verification.siamese.training import Learner
from cvcore.recognition.datasets import load_digits, make_generator
from cvcore.recognition.digits import EMPTY


@pytest.fixture(scope="module")
def trained():
    """A training with the default settings, watched: 3 s."""
    return list(siamese.train())


def few(**settings):
    """All states of a short training."""
    return list(siamese.train(siamese.SiameseSettings(**({"steps": 4, "pairs": 8} | settings))))


# --- losses --------------------------------------------------------------------------------------
def test_losses_of_pairs_worked_by_hand():
    distance = torch.tensor([0.5, 0.5, 1.0, 2.0, 0.0])
    same = torch.tensor([True, False, False, False, False])
    contrastive = siamese.contrastive_loss(distance, same, 1.5)
    assert contrastive.tolist() == pytest.approx([0.25, 1.0, 0.25, 0.0, 2.25])
    triplets = siamese.triplet_loss(torch.tensor([2.0, 1.0, 1.0]), torch.tensor([1.5, 1.2, 2]), 1.0)
    assert triplets.tolist() == pytest.approx([2.75, 0.56, 0.0])  # the last is beyond the margin
    entropy = siamese.cross_entropy_loss(
        torch.tensor([0.0, 2.0, 2.0]), torch.tensor([True, True, False])
    )
    assert entropy.tolist() == pytest.approx([math.log(2), math.log(1 + math.exp(-2)),
                                              math.log(1 + math.exp(2))])  # fmt: skip


def test_triplets_are_as_pytorchs_with_squared_distances():
    a, p, n = torch.randn(3, 50, 4, generator=make_generator(0))
    ours = siamese.triplet_loss((a - p).norm(dim=1), (a - n).norm(dim=1), 0.7)
    theirs = F.triplet_margin_with_distance_loss(
        a, p, n, distance_function=lambda x, y: (x - y).square().sum(dim=1), margin=0.7,
        reduction="none",
    )  # fmt: skip
    torch.testing.assert_close(ours, theirs)


def test_the_semi_hard_negative_is_the_nearest_beyond_the_positive():
    allowed = torch.tensor([[True, True, True, False]]).expand(3, -1)
    others = torch.tensor([[0.5, 3.0, 1.2, 1.1], [0.5, 0.9, 0.2, 4.0], [2.0, 1.5, 9.0, 1.01]])
    chosen = siamese.choose_semi_hard(torch.tensor([1.0, 1.0, 1.0]), others, allowed)
    assert chosen.tolist() == [2, 1, 1]  # of the second row none is farther: the farthest


# --- how well distances tell ---------------------------------------------------------------------
@pytest.mark.parametrize("digits", [1, 6])
def test_auc_and_roc_are_scikit_learns(digits):
    """Rounded to one digit many distances are equal."""
    rng = np.random.default_rng(3)
    same, different = rng.gamma(2, 0.3, 400).round(digits), rng.gamma(4, 0.4, 900).round(digits)
    found = siamese.separate(same, different)
    truth = np.r_[np.ones(400), np.zeros(900)]
    scores = -np.concatenate([same, different])
    assert found.auc == pytest.approx(metrics.roc_auc_score(truth, scores))
    false, true, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    pairs = set(zip(false.round(9), true.round(9), strict=True))
    ours = set(zip(found.false_accepts.round(9), found.true_accepts.round(9), strict=True))
    assert ours <= pairs
    assert {(0, 0), (1, 1)} <= ours
    assert found.same.sum() == pytest.approx(1)
    errors = (different <= found.threshold).mean(), (same > found.threshold).mean()
    assert found.equal_error == pytest.approx(np.mean(errors))


def test_the_equal_error_of_pairs_worked_by_hand():
    found = siamese.separate(np.array([1.0, 2, 3, 6]), np.array([4.0, 5, 7, 8]))
    assert (found.threshold, found.equal_error) == (4.0, 0.25)
    assert found.auc == 14 / 16
    with pytest.raises(InputError, match="at least one pair"):
        siamese.separate(np.zeros(0), np.ones(3))
    with pytest.raises(InputError, match="ordinary numbers"):
        siamese.separate(np.array([math.nan]), np.ones(3))


# --- a training ----------------------------------------------------------------------------------
def test_the_default_training_tells_known_and_unseen_digits_apart(trained):
    last = trained[-1]
    assert last.known.auc >= 0.9
    assert last.unseen.auc >= 0.8
    assert trained[0].step == 0
    assert (last.done, last.step, len(last.losses)) == (True, last.total, last.total)
    assert last.losses[-20:].mean() < last.losses[:20].mean() / 2
    assert last.seen_steps.tolist() == [state.step for state in trained]
    assert sorted(set(last.digits.tolist())) == list(range(10))
    resting = [one for one in last.shown if one.loss == 0]
    assert resting
    assert all(one.distances[0] >= last.settings.margin and not one.is_same for one in resting)


def test_pairs_are_of_known_digits_alone_and_never_of_one_picture_twice():
    rows = Rows(load_digits().training, KNOWN)
    for loss, count in (("contrastive", 128), ("triplet", 256)):
        settings = siamese.SiameseSettings(loss=loss, pairs=256)
        batch = rows.draw(settings, make_generator(1))
        assert set(batch.digits.flatten().tolist()) == set(KNOWN)
        assert int(batch.same.sum()) == count
        assert (batch.first - batch.second).abs().amax(dim=(1, 2, 3)).min() > 0
    assert not set(UNSEEN) & set(rows.digits.tolist())


@pytest.mark.parametrize("loss", LOSSES)
def test_one_update_changes_all_towers_and_its_gradient_is_their_sum(loss):
    learner = Learner(siamese.SiameseSettings(loss=loss, pairs=16), load_digits())
    for _ in range(2):
        learner.take_step()
    update = learner.tell(0.0, stopped=False, done=False).update
    assert len(update.towers) == (3 if loss == "triplet" else 2)
    parts = np.sum([tower.gradient for tower in update.towers], axis=0)
    np.testing.assert_allclose(parts, update.gradient, atol=1e-6)
    assert np.abs(update.gradient).max() > 1e-4
    now = learner.net.conv1.weight.detach().numpy()[update.filter, 0]
    np.testing.assert_array_equal(update.after, now)
    assert np.abs(update.after - update.before).max() > 1e-5
    for tower in update.towers:  # the one filter, before the step, and the one network after it
        x = torch.from_numpy(tower.picture)[None, None]
        weight = torch.from_numpy(update.before)[None, None]
        np.testing.assert_allclose(F.conv2d(x, weight)[0, 0], tower.map, atol=1e-5)
        np.testing.assert_allclose(learner.net(x)[0].detach(), tower.moved, atol=1e-5)


@pytest.mark.parametrize("settings", [{}, {"loss": "triplet", "mining": False}])
def test_the_same_seed_gives_the_same_numbers(settings):
    first, again, other = few(**settings)[-1], few(**settings)[-1], few(seed=7, **settings)[-1]
    np.testing.assert_array_equal(first.losses, again.losses)
    np.testing.assert_array_equal(first.plane, again.plane)
    assert first.losses[0] != other.losses[0]


def test_mined_triplets_still_push_where_random_ones_rest():
    mined, random = (
        few(loss="triplet", mining=one, pairs=64, steps=30)[-1] for one in (True, False)
    )
    assert mined.losses[-10:].mean() > random.losses[-10:].mean()


def test_margin_and_rate_act_at_the_next_step():
    steering = siamese.SiameseSteering()
    states = siamese.train(siamese.SiameseSettings(steps=2, pairs=8), steering=steering)
    assert next(states).mark == 1.0
    steering.set(margin=2.5, rate=0.01)
    *_, last = states
    assert (last.mark, last.settings.rate) == (2.5, 0.01)
    assert last.losses[0] > few(steps=2)[-1].losses[0]  # pairs up to 2.5 apart are pushed
    for wrong in ({"margin": math.nan}, {"margin": 9}, {"rate": 0}):
        with pytest.raises(InputError):
            steering.set(**wrong)


def test_a_stopped_training_says_so_and_its_network_can_be_asked():
    steering = siamese.SiameseSteering()
    states = siamese.train(steering=steering)
    next(states)
    steering.stop()
    (last,) = states
    assert (last.stopped, last.done, last.step) == (True, True, 0)
    assert last.model.embed(np.zeros((3, 28, 28))).shape == (3, 2)


def test_a_training_that_diverges_ends_and_is_no_error():
    learner = Learner(siamese.SiameseSettings(pairs=8), load_digits())
    learner.tell(0.0, stopped=False, done=False)
    with torch.no_grad():
        learner.net.embedding.weight.fill_(1e25)
    learner.take_step()
    state = learner.tell(0.0, stopped=False, done=False)
    assert (state.diverged, state.done, state.update) == (True, True, None)
    assert state.known.auc > 0


def test_a_projection_lies_as_the_one_before():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(60, 5)) * [5, 3, 1, 0.2, 0.1]
    before = looks.to_plane(cloud, np.zeros((0, 2)))
    turned, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    np.testing.assert_allclose(looks.to_plane(cloud @ turned, before), before, atol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"margin": math.nan}, "The margin must be a number from 0.05 to 5"),
        ({"loss": "hinge"}, "choose one of contrastive, triplet"),
        ({"rate": 0}, "The learning rate is above 0"),
        ({"pairs": 7}, "must be even"),
        ({"dimensions": 1}, "from 2 to 32"),
        ({"mining": "no"}, "on \\(true\\) or off"),
        ({"steps": 0.5}, "whole number"),
    ],
)
def test_settings_that_cannot_be(wrong, says):
    with pytest.raises(InputError, match=says):
        siamese.SiameseSettings(**wrong)


# --- one shot ------------------------------------------------------------------------------------
def to_drawing(digit) -> np.ndarray:
    return np.kron(np.rint(255 * digit).astype(np.uint8), np.ones((4, 4), np.uint8))


def test_unseen_digits_are_named_by_one_example(trained):
    """Far more often than by chance, one half: all of the test part, by the first of each kind."""
    model, test = trained[-1].model, load_digits().test
    drawn = {
        kind: [to_drawing(one[0].numpy()) for one in test.pictures[test.labels == kind]]
        for kind in UNSEEN
    }
    examples = {str(kind): drawn[kind][:1] for kind in UNSEEN}
    answers = [
        model.name(one, examples).name == str(kind) for kind in UNSEEN for one in drawn[kind][1:]
    ]
    assert np.mean(answers) > 0.7
    found = model.name(drawn[8][0], examples)
    assert found.name == "8"
    assert found.distances["8"] == pytest.approx(0, abs=1e-5)


def test_what_is_not_drawn_is_said_in_a_sentence(trained):
    model, drawing = trained[-1].model, np.zeros((64, 64, 3), np.uint8)
    sign = drawing.copy()
    sign[10:50, 28:34] = 255
    with pytest.raises(InputError, match="There is no example yet"):
        model.name(sign, {})
    with pytest.raises(InputError, match=ONE_SIGN):
        model.name(sign, {"A": [sign], "B": []})
    with pytest.raises(InputError, match=EMPTY):
        model.name(drawing, {"A": [sign], "B": [sign.swapaxes(0, 1)]})
    with pytest.raises(InputError, match=EMPTY):
        model.compare(sign, drawing)


def test_two_drawings_are_compared_by_the_threshold_of_known_digits(trained):
    model, test = trained[-1].model, load_digits().test
    zero, one = (to_drawing(test.pictures[test.labels == kind][0, 0].numpy()) for kind in (0, 1))
    same, other = model.compare(zero, zero), model.compare(zero, one)
    assert (same.is_same, other.is_same) == (True, False)
    assert (same.distance, same.false_accept) == pytest.approx((0, 0), abs=1e-3)
    assert other.distance > other.threshold == model.known.threshold
    assert other.false_reject < 0.1 < other.false_accept
    assert same.false_reject == pytest.approx(1)
    known = model.known  # within the first bin of the histograms both rates change evenly
    half = known.edges[1] / 2
    near = replace(model, net=lambda x: torch.tensor([[0.0, 0.0], [half, 0.0]]))
    assert near.compare(zero, one).false_reject == pytest.approx(1 - known.same[0] / 2)
    assert near.compare(zero, one).false_accept == pytest.approx(known.different[0] / 2)

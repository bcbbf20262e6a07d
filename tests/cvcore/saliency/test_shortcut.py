"""Husky or wolf: what backgrounds that give the class away do to a network, and to its maps."""

import threading

import numpy as np
import pytest
import torch
from torchcam.methods import GradCAM

from cvcore.core.errors import InputError
from cvcore.models.shortcut_cnn import ShortcutCNN
from cvcore.saliency import perturbation, shortcut
from cvcore.saliency.scores import share_inside
from cvcore.saliency.shortcut.evidence import ask
from cvcore.saliency.shortcut.scenes import SIDE
from cvcore.saliency.target import OwnNet

SMALL = {"examples": 40, "epochs": 2}


@pytest.fixture(scope="module")
def taught():
    """Trained on 160 pictures, all on their own background. About 1 s."""
    *_, last = shortcut.train(shortcut.ShortcutSettings(examples=160, epochs=6))
    return last


@pytest.mark.parametrize(("bias", "at_home"), [(1.0, 20), (0.75, 15), (0.5, 10)])
def test_backgrounds_give_the_class_away_as_often_as_told(bias, at_home):
    scenes = shortcut.make_training(shortcut.ShortcutSettings(bias=bias, **SMALL))
    assert scenes.pictures.shape == (40, 3, SIDE, SIDE)
    assert 0 <= scenes.pictures.min() <= scenes.pictures.max() <= 1
    for label in (0, 1):
        own = scenes.backgrounds[scenes.labels == label] == label
        assert (int(own.sum()), len(own)) == (at_home, 20)


def test_a_subject_is_where_its_ink_is_and_the_rest_is_background():
    digit = torch.zeros(2, 1, 28, 28)
    digit[:, :, 10:18, 10:18] = 1
    generator = torch.Generator().manual_seed(0)
    pictures, subjects = shortcut.compose(digit, torch.tensor([0, 1]), generator, centred=True)
    expected = torch.zeros(SIDE, SIDE, dtype=torch.bool)
    expected[18:30, 18:30] = True  # 8 pixels and 2 around, 10 from the digit's corner
    assert torch.equal(subjects, expected.expand(2, -1, -1))
    ink = pictures[:, :, 22:26, 22:26].mean((2, 3))
    assert (ink[:, 0] > 2 * ink[:, 1]).all()  # red on either
    snow, grass = (one[:, :8].mean((1, 2)) for one in pictures)
    assert snow.min() > 0.75
    assert grass[1] > max(grass[0], grass[2]) + 0.1


def test_pairs_differ_in_their_background_alone():
    usual, swapped = shortcut.make_pairs(shortcut.ShortcutSettings(**SMALL))
    assert torch.equal(usual.labels, swapped.labels)
    assert torch.equal(usual.backgrounds, usual.labels)
    assert torch.equal(swapped.backgrounds, 1 - swapped.labels)
    assert torch.equal(usual.subjects, swapped.subjects)
    assert len(usual) == 100


def test_a_network_takes_the_background_for_the_class(taught):
    assert taught.done
    assert not taught.stopped
    assert taught.losses[-5:].mean() < 0.2
    assert taught.usual[-1] > 0.9
    assert taught.swapped[-1] < 0.1
    assert taught.like_training[-1] == taught.usual[-1]
    evidence = taught.evidence
    assert len(evidence.answers) == 200
    assert evidence.accuracy == pytest.approx((taught.usual[-1] + taught.swapped[-1]) / 2)
    assert evidence.on_background > 0.7
    shares = [
        share_inside(one, ~subject)
        for one, subject in zip(evidence.maps, evidence.scenes.subjects.numpy(), strict=True)
    ]
    known = [share for share in shares if share is not None]
    assert evidence.on_background == pytest.approx(np.mean(known))
    assert evidence.mean_map.sum() == pytest.approx(len(known) / len(shares), rel=1e-3)


@pytest.mark.slow
def test_with_backgrounds_that_tell_nothing_it_looks_at_the_subject():
    """About 5 s: a whole training."""
    *_, fair = shortcut.train(shortcut.ShortcutSettings(bias=0.5))
    assert min(fair.usual[-1], fair.swapped[-1]) > 0.8
    *_, told = shortcut.train(shortcut.ShortcutSettings(bias=1.0))
    assert told.swapped[-1] < 0.1
    assert fair.evidence.on_background < told.evidence.on_background - 0.1


def test_its_maps_are_torchcams(taught):
    """Of the difference of the two logits; torch-cam takes it for the score of one class."""
    scenes = taught.shown.scenes.take(torch.arange(3))
    net = taught.net
    ours = shortcut.gather(net, scenes)
    own = ShortcutCNN().eval()
    own.load_state_dict(net.state_dict())
    for at in range(3):
        answer = int(ours.answers[at])
        with GradCAM(own, own.features[-1]) as extractor:
            logits = own(scenes.pictures[at : at + 1])
            difference = logits[:, answer] - logits[:, 1 - answer]
            (theirs,) = extractor(0, difference[:, None], normalized=False)
        cells = theirs[0].relu().numpy()
        expected = torch.nn.functional.interpolate(
            torch.from_numpy(cells)[None, None], (SIDE, SIDE), mode="bilinear"
        )[0, 0]
        np.testing.assert_allclose(ours.maps[at], expected, atol=1e-4 * float(cells.max()))


def test_occlusion_covers_windows_with_grey(taught):
    scenes = taught.shown.scenes.take(torch.arange(1))
    found = shortcut.occlude(taught.net, scenes)
    (x,), (answer,) = scenes.pictures.numpy(), found.answers
    *_, (values, _) = perturbation.occlusion(
        x, OwnNet(taught.net, int(answer)), window=12, stride=6, fill="grey"
    )
    np.testing.assert_allclose(found.maps[0], values.clip(0), atol=1e-6)
    covered = x.copy()
    covered[:, :6, :6] = 0.5  # the corner is seen by one window alone: its first 6 rows
    covered[:, :12, :12] = 0.5
    target = OwnNet(taught.net, int(answer))
    lost = target.ask(x[None])[0] - target.ask(covered[None])[0]
    assert values[0, 0] == pytest.approx(lost, abs=1e-5)


def test_a_drawing_is_put_on_either_background(taught):
    digit = np.zeros((28, 28), np.float32)
    digit[6:22, 12:16] = 1
    own = shortcut.explain_own(taught.net, digit)
    assert own.follows_background
    assert own.evidence.answers.tolist() == [0, 1]
    pictures = own.evidence.scenes.pictures
    answers, probabilities = ask(taught.net, pictures)
    assert answers.tolist() == own.evidence.answers.tolist()
    np.testing.assert_allclose(probabilities, own.evidence.probabilities)


def test_it_is_watched_and_ends_at_its_next_step():
    settings = shortcut.ShortcutSettings(**SMALL)
    first, *_, last = shortcut.train(settings, waits=True)
    assert (first.step, first.done, first.evidence) == (0, False, None)
    assert (last.step, last.total, last.done) == (2, 2, True)
    again = [*shortcut.train(settings)][-1]
    np.testing.assert_array_equal(again.losses, last.losses)  # by the seed alone
    states = shortcut.train(shortcut.ShortcutSettings(examples=40, epochs=40), waits=True)
    next(states)
    states.close()  # waits for the end of its thread
    assert not [t for t in threading.enumerate() if t.name == "shortcut"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"pair": "8 or 9"}, "no pair '8 or 9'"),
        ({"bias": 0.4}, "share of telling backgrounds"),
        ({"bias": float("nan")}, "share of telling backgrounds"),
        ({"examples": 20}, "number of pictures"),
        ({"epochs": 0}, "number of epochs"),
        ({"rate": 0}, "rate"),
        ({"seed": -1}, "seed"),
    ],
)
def test_mistakes_are_told_in_a_sentence(wrong, words):
    with pytest.raises(InputError, match=words):
        shortcut.ShortcutSettings(**wrong)

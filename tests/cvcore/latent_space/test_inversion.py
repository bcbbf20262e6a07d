"""Searching for the latent of a picture."""

from dataclasses import replace

import numpy as np
import pytest

from cvcore import latent_space
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.latent_space import inversion
from cvcore.recognition import faces
from cvcore.recognition.faces.alignment import CELEBA_TEMPLATE


def run(target, **options):
    return list(inversion.invert(target, **options))


def made(seed, name="digits", digit=4):
    w = latent_space.map_latents(latent_space.sample(1, seed=seed), name=name)
    picture = latent_space.generate(w, name=name, classes=digit)[0]
    return inversion.Target(picture, name, digit if name == "digits" else None)


def test_a_made_digit_is_found_again():
    target = made(77)
    steps = run(target, steps=60)
    assert [step.number for step in steps] == list(range(61))
    assert steps[-1].pixels < 12 < steps[0].pixels
    losses = [step.loss for step in steps]
    assert losses == sorted(losses, reverse=True)  # each tells of the nearest so far
    again = latent_space.generate(steps[-1].latent, name="digits", classes=4)[0]
    gap = np.abs(again.astype(int) - steps[-1].picture)
    assert gap.max() <= 1  # the latent kept is the picture's own
    rms = np.sqrt(np.square(steps[-1].picture.astype(float) - target.picture).mean())
    assert steps[-1].pixels == pytest.approx(rms, abs=0.6)  # rounded to whole grey levels


def test_what_is_hardly_a_face_is_doubted(monkeypatch):
    """A cup was taken for one, with a score of 0.4."""
    portrait = samples.load_sample("astronaut")
    assert inversion.read_target(portrait).doubt == ""
    (face,) = faces.find_faces(portrait, detector="yunet")
    monkeypatch.setattr(faces, "find_faces", lambda *_, **__: [replace(face, score=0.4)])
    assert "The face is not sure" in inversion.read_target(portrait).doubt


@pytest.mark.parametrize("seed", [3, 12])
def test_the_search_does_not_begin_with_what_it_looks_for(seed):
    """A picture of a seed's grid is no easier to find with the same seed than with another."""
    target = made(seed)
    starts = {other: next(inversion.invert(target, seed=other)) for other in range(seed, seed + 6)}
    gaps = {other: step.pixels for other, step in starts.items()}
    assert gaps[seed] > 0.6 * np.median(list(gaps.values())) > 3


@pytest.mark.slow
def test_what_is_free_is_what_the_space_says():
    """Of z the direction alone, w as a whole, or each block's part: the more, the nearer."""
    target = inversion.read_target(samples.load_sample("astronaut"))
    found = {space: run(target, steps=12, starts=1, space=space) for space in inversion.SPACES}
    z, w, each = (found[space][-1] for space in inversion.SPACES)
    assert z.latent.shape == w.latent.shape == (128,)
    parts = each.latent.reshape(5, 128)
    assert np.abs(parts - parts[0]).max() > 0.01
    assert found["z"][0].loss == pytest.approx(found["w+"][0].loss, rel=1e-3)
    assert each.loss < w.loss
    again = latent_space.generate(each.latent)[0]
    assert np.abs(again.astype(int) - each.picture).max() <= 1


def test_each_picture_is_looked_at_as_its_judge_learned():
    """Digits without the two pixels added around them, faces at 112 pixels, both from 0 to 1."""
    looked = []
    for name, target in (("digits", made(3)), ("faces", made(3, "faces"))):
        search = inversion.Search(target, 0.5, "w")
        hook = search.judge.register_forward_pre_hook(lambda _, given: looked.append(given[0]))
        search.look(search.target)
        hook.remove()
        assert looked[-1].shape[-1] == {"digits": 28, "faces": 112}[name]
        assert 0 <= looked[-1].min() < looked[-1].max() <= 1


def test_a_face_comes_nearer_and_repeats():
    target = inversion.read_target(samples.load_sample("astronaut"))
    assert target.picture.shape == (64, 64, 3)
    steps = run(target, steps=9, starts=2)
    assert steps[-1].loss < steps[0].loss
    again = run(target, steps=9, starts=2)[-1]
    np.testing.assert_allclose(again.latent, steps[-1].latent, atol=1e-3)


def test_faces_are_cut_as_the_training_pictures_were():
    from cvcore.recognition import faces

    image = samples.load_sample("astronaut")
    picture = inversion.read_target(image).picture
    large = np.repeat(np.repeat(picture, 4, axis=0), 4, axis=1)
    (face,) = faces.detect_faces(large, detector="yunet", min_face=60)
    found = (face.landmarks + 0.5) / 4 - 0.5
    assert np.abs(found - CELEBA_TEMPLATE).mean() < 2.5  # pixels of 64


def test_a_drawn_digit_is_read_and_centred():
    import cv2

    pad = np.zeros((280, 280, 3), np.uint8)
    cv2.line(pad, (80, 60), (200, 60), (255, 255, 255), 22, cv2.LINE_AA)
    cv2.line(pad, (200, 60), (120, 230), (255, 255, 255), 22, cv2.LINE_AA)
    target = inversion.read_target(pad, name="digits")
    assert target.digit == 7
    assert target.picture.shape == (32, 32, 3)
    assert not target.picture[:2].any()


@pytest.mark.parametrize(
    ("image", "name", "sentence"),
    [
        (np.zeros((80, 80, 3), np.uint8), "faces", "no face"),
        (np.zeros((80, 80, 3), np.uint8), "digits", "nothing drawn"),
        (None, "faces", "no picture"),
        (np.zeros((80, 80, 3), np.uint8), "cats", "no generator"),
    ],
)
def test_pictures_without_a_target(image, name, sentence):
    with pytest.raises(InputError, match=sentence):
        inversion.read_target(image, name=name)


@pytest.mark.parametrize(
    "options",
    [
        {"steps": float("inf")},
        {"steps": 0},
        {"steps": 10_000},
        {"steps": float("nan")},
        {"starts": 9},
        {"feature_share": float("nan")},
        {"learning_rate": 0},
        {"space": "x"},
        {"seed": -1},
    ],
)
def test_values_out_of_range(options):
    with pytest.raises(InputError):
        next(inversion.invert(made(1), **options))


def test_it_ends_when_it_is_closed():
    search = inversion.invert(made(1), steps=400)
    next(search)
    search.close()
    with pytest.raises(StopIteration):
        next(search)

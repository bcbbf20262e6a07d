"""What named directions are fitted to, by pictures and numbers known by hand."""

import cv2
import numpy as np
import pytest

from cvcore.core import samples
from cvcore.latent_space import inversion
from cvcore.training.latent_space import directions


def stroke(start, end, width=3):
    picture = np.zeros((32, 32, 3), np.uint8)
    cv2.line(picture, start, end, (255, 255, 255), width, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("slant", stroke((16, 6), (16, 26)), stroke((22, 6), (10, 26))),  # leaning to the right
        ("stroke", stroke((16, 6), (16, 26)), stroke((16, 6), (16, 26), 6)),
        ("width", stroke((12, 16), (20, 16)), stroke((6, 16), (26, 16))),
        ("height", stroke((16, 12), (16, 20)), stroke((16, 6), (16, 26))),
        ("weight", stroke((16, 6), (16, 26)) | stroke((10, 6), (22, 6)),
         stroke((16, 6), (16, 26)) | stroke((10, 26), (22, 26))),
        ("side", stroke((6, 16), (26, 16)) | stroke((6, 10), (6, 22)),
         stroke((6, 16), (26, 16)) | stroke((26, 10), (26, 22))),
    ],
)  # fmt: skip
def test_digits_are_measured_by_their_ink(name, less, more):
    place = [word for word, *_ in directions.DIGITS].index(name)
    low, high = directions.measure_digits(np.stack([less, more]))[:, place]
    assert low < high - 0.1


def test_faces_are_measured_where_there_is_one():
    face = inversion.read_target(samples.load_sample("astronaut")).picture
    bright = np.clip(face.astype(int) + 40, 0, 255).astype(np.uint8)
    red = face.copy()
    red[..., 0] = np.clip(red[..., 0].astype(int) + 30, 0, 255)
    pictures = np.stack([face, face[:, ::-1], bright, red, np.zeros_like(face)])
    plain, mirrored, lit, warm, none = directions.measure_faces(pictures)
    names = [word for word, *_ in directions.FACES]
    smile, turn, light, side, _, colour = (names.index(word) for word in names)
    assert np.isnan(none).all()
    assert mirrored[turn] == pytest.approx(-plain[turn], abs=0.08)
    assert mirrored[side] == pytest.approx(-plain[side], abs=1)
    assert mirrored[smile] == pytest.approx(plain[smile], abs=0.1)
    assert 25 < lit[light] - plain[light] <= 40
    assert 20 < warm[colour] - plain[colour] <= 30


def test_each_direction_leaves_the_others_alone():
    """Two values that hang on overlapping parts of w: each is moved by its direction alone."""
    w = np.random.default_rng(0).normal(size=(4000, 128))
    slopes = np.zeros((2, 128))
    slopes[0, :2], slopes[1, 1:3] = 1, 1
    found = directions.fit(w, w @ slopes.T + 5)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    changed = slopes @ found.T
    np.testing.assert_allclose(changed / changed.diagonal(), np.eye(2), atol=1e-3)
    # By hand: at right angles to (0, 1, 1), and as near to (1, 1, 0) as can be.
    np.testing.assert_allclose(found[0, :3], np.array([2, 1, -1]) / np.sqrt(6), atol=1e-2)


def test_none_is_longer_than_latents_are():
    w = np.zeros((2, 128))
    w[0, 0], w[1, 0] = 20, 5
    np.testing.assert_allclose(directions.limit(w)[:, 0], [np.sqrt(128), 5])

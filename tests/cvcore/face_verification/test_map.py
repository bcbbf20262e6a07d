"""Many faces, and faces spoiled."""

import numpy as np
import pytest

from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.face_verification.map import build_map, group, scale_to_plane, seriate
from cvcore.face_verification.robustness import TRIALS, cover, cut_out, run_trial
from cvcore.recognition.faces import detect_faces


def test_flat_distances_are_kept():
    points = np.random.default_rng(0).normal(size=(6, 2))
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    positions, kept = scale_to_plane(distances)
    again = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    np.testing.assert_allclose(again, distances, atol=1e-9)
    assert kept == pytest.approx(1)


def test_groups_are_chains():
    similarities = np.eye(5)
    for i, j in ((0, 2), (2, 4), (1, 3)):
        similarities[i, j] = similarities[j, i] = 0.5
    assert group(similarities, 0.4).tolist() == [0, 1, 0, 1, 0]
    assert group(similarities, 0.6).tolist() == [0, 1, 2, 3, 4]


def test_map_of_one_and_of_equal_faces():
    one = np.eye(1, 128, dtype=np.float32)
    assert build_map(one, threshold=0.3).positions.shape == (1, 2)
    twice = build_map(np.repeat(one, 3, axis=0), threshold=0.3)
    assert twice.groups.tolist() == [0, 0, 0]
    assert np.isfinite(twice.positions).all()
    np.testing.assert_allclose(twice.distances, 0)


def test_order_by_hand():
    """Points on a line, dealt out of order: their neighbours stand beside them again."""
    points = np.array([5.0, 1.0, 9.0, 1.5, 5.4])
    order = seriate(np.abs(points[:, None] - points)).tolist()
    assert order in ([1, 3, 0, 4, 2], [2, 4, 0, 3, 1])
    assert seriate(np.zeros((1, 1))).tolist() == [0]
    assert sorted(seriate(np.zeros((4, 4))).tolist()) == [0, 1, 2, 3]


def test_one_persons_faces_stand_together():
    """A class of 30 faces, 11 people, dealt at random: each person is one run of the order."""
    rng = np.random.default_rng(3)
    owners = rng.permutation(np.arange(30) % 11)
    vectors = rng.normal(size=(11, 128))[owners] + 0.6 * rng.normal(size=(30, 128))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    result = build_map(vectors, threshold=0.34)
    assert len(set(result.groups.tolist())) == 11
    along = owners[result.order]
    assert sorted(result.order.tolist()) == list(range(30))
    assert np.count_nonzero(np.diff(along)) == 10


@pytest.mark.parametrize("kind", TRIALS)
def test_spoiling_lowers_the_similarity(kind):
    image = samples.load_sample("obama_2005")
    face = detect_faces(image)[0]
    points = list(run_trial(face.embedding, image, face, kind))
    assert [point.level for point in points] == list(TRIALS[kind].levels)
    assert points[0].similarity > 0.9
    assert points[-1].face is None or points[-1].similarity < 0.5


def test_cover_hides_the_face_from_below():
    square = np.full((320, 320, 3), 200, np.uint8)
    covered = cover(square, 0.5)
    assert (covered[160:240, 80:240] == 96).all()
    assert (covered[:160] == 200).all()
    assert (cover(square, 0) == 200).all()


def test_cut_out_works_at_the_edge():
    image = samples.load_sample("obama_2005")
    face = detect_faces(image)[0]
    moved = type(face)(face.box_xyxy - 150, face.landmarks, 1.0, face.crop, face.square)
    assert cut_out(image, moved).shape == (320, 320, 3)
    with pytest.raises(InputError, match="no trial"):
        list(run_trial(face.embedding, image, face, "shout"))

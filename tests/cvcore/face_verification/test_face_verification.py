"""Faces found, embedded and compared."""

import numpy as np
import pytest

from cvcore import face_verification
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.recognition import faces as fr


@pytest.fixture(scope="module")
def pictures():
    return {name: samples.load_sample(name)
            for name in ("ardern_2018", "ardern_2022", "obama_2005", "astronaut")}  # fmt: skip


def test_one_person_and_two(pictures):
    same = face_verification.verify(pictures["ardern_2018"], pictures["ardern_2022"])
    assert same.is_same
    assert same.similarity > 0.6
    for other in ("obama_2005", "astronaut"):
        result = face_verification.verify(pictures["ardern_2018"], pictures[other])
        assert not result.is_same
        assert result.similarity < 0.25


def test_distance_and_similarity_are_one_number(pictures):
    result = face_verification.verify(pictures["ardern_2018"], pictures["obama_2005"])
    assert result.distance == pytest.approx(np.sqrt(2 - 2 * result.similarity), abs=1e-5)
    swapped = face_verification.verify(pictures["obama_2005"], pictures["ardern_2018"])
    assert swapped.similarity == pytest.approx(result.similarity, abs=1e-5)


def test_threshold_decides(pictures):
    pair = pictures["ardern_2018"], pictures["ardern_2022"]
    assert not face_verification.verify(*pair, threshold=0.99).is_same
    assert face_verification.verify(pair[0], pictures["obama_2005"], threshold=-1).is_same


def test_metrics_decide_alike(pictures):
    names = ("ardern_2018", "ardern_2022", "obama_2005")
    for other in names[1:]:
        pair = pictures["ardern_2018"], pictures[other]
        by_cosine, by_distance = (
            face_verification.verify(*pair, metric=metric) for metric in face_verification.METRICS
        )
        assert by_cosine.is_same == by_distance.is_same == (other == "ardern_2022")
        assert by_distance.threshold == pytest.approx(np.sqrt(2 - 2 * 0.34))
        near = by_distance.distance
        assert face_verification.verify(*pair, metric="euclidean", threshold=near + 0.01).is_same
        assert not face_verification.verify(
            *pair, metric="euclidean", threshold=near - 0.01
        ).is_same


def test_verify_takes_the_detector_asked_for(pictures, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("MTCNN looked")

    monkeypatch.setattr("cvcore.recognition.faces.mtcnn.find_faces", forbidden)
    pair = pictures["ardern_2018"], pictures["ardern_2022"]
    assert face_verification.verify(*pair, detector="yunet").is_same


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"metric": "taxicab"}, "cosine, euclidean"),
        ({"detector": "eyes"}, "mtcnn, yunet"),
        ({"metric": "euclidean", "threshold": -0.1}, "between 0 and 2"),
        ({"metric": "euclidean", "threshold": float("nan")}, "between 0 and 2"),
    ],
)
def test_unknown_ways_to_compare_are_a_sentence(pictures, settings, words):
    with pytest.raises(InputError, match=words):
        face_verification.verify(pictures["astronaut"], pictures["astronaut"], **settings)


def test_a_face_is_found_at_its_place():
    def face(box):
        return fr.Face(np.array(box, np.float32), np.zeros((5, 2)), 1.0, None, None)

    faces = (face([0, 0, 60, 60]), face([50, 0, 90, 60]))
    assert fr.find_at(faces, (0.1, 0.3), (100, 100)) == 0
    assert fr.find_at(faces, (0.55, 0.3), (100, 100)) == 1  # in both, nearer to the second's middle
    assert fr.find_at(faces, (0.95, 0.95), (100, 100)) is None


@pytest.mark.parametrize("threshold", [float("nan"), 1.5, -2])
def test_bad_thresholds_are_a_sentence(pictures, threshold):
    with pytest.raises(InputError, match="between -1 and 1"):
        face_verification.verify(pictures["astronaut"], pictures["astronaut"], threshold=threshold)


def test_equal_pictures_are_alike(pictures):
    result = face_verification.verify(pictures["astronaut"], pictures["astronaut"].copy())
    assert result.similarity == pytest.approx(1, abs=1e-5)
    mirrored = np.ascontiguousarray(pictures["astronaut"][:, ::-1])
    assert face_verification.verify(pictures["astronaut"], mirrored).similarity > 0.9


def test_a_face_and_its_mirror_image_have_one_embedding(pictures):
    crop = fr.detect_faces(pictures["obama_2005"])[0].crop
    a, b = (
        fr.embed(crop),
        fr.embed(np.ascontiguousarray(crop[:, ::-1])),
    )
    np.testing.assert_allclose(a, b, atol=1e-5)
    assert a.shape == (128,)
    assert np.linalg.norm(a) == pytest.approx(1, abs=1e-5)
    alone = fr.embed(crop, with_mirror=False)
    assert float(alone @ a) > 0.95


def test_a_batch_gives_what_single_faces_give(pictures):
    faces = [fr.detect_faces(picture)[0] for picture in pictures.values()]
    together = fr.embed_all(faces)
    np.testing.assert_allclose(together, [fr.embed(face) for face in faces], atol=1e-4)
    assert fr.embed_all([]).shape == (0, 128)


def test_alignment_undoes_rotation(pictures):
    from cvcore.core.corruptions import rotate

    upright = fr.detect_faces(pictures["obama_2005"])[0]
    turned = fr.detect_faces(rotate(pictures["obama_2005"], 25))[0]
    assert float(upright.embedding @ turned.embedding) > 0.85


def test_detection_at_another_size_finds_the_same_place(pictures):
    small = pictures["obama_2005"]
    large = images.resize(small, (small.shape[0] * 3, small.shape[1] * 3))
    a, b = fr.detect_faces(small)[0], fr.detect_faces(large)[0]
    np.testing.assert_allclose(b.box_xyxy / 3, a.box_xyxy, atol=12)


def test_no_face_is_a_sentence(pictures, sample):
    with pytest.raises(InputError, match="no face to be found in the second picture"):
        face_verification.verify(pictures["astronaut"], np.full((200, 200, 3), 128, np.uint8))
    assert fr.detect_faces(np.zeros((1, 1, 3), np.uint8)) == ()
    assert fr.detect_faces(sample) == ()


def test_two_faces_where_one_is_expected(pictures):
    a, b = (images.resize(pictures[name], (400, 340)) for name in ("ardern_2018", "obama_2005"))
    two = np.concatenate([a, b], axis=1)
    with pytest.raises(InputError, match="2 faces, and one is expected"):
        fr.get_only_face(two)
    result = face_verification.verify(two, pictures["ardern_2022"])
    assert any("2 faces in the first picture" in note for note in result.notes)


def test_a_small_face_is_a_sentence(pictures):
    tiny = np.full((240, 240, 3), 120, np.uint8)
    face = images.resize(pictures["ardern_2022"], (110, 84))
    tiny[60:170, 70:154] = face
    with pytest.raises(InputError, match="too small"):
        fr.get_only_face(tiny)


def test_the_middle_face_is_picked():
    def face(box):
        return fr.Face(np.array(box, np.float32), np.zeros((5, 2)), 1.0, None, None)

    faces = (face([0, 0, 60, 60]), face([70, 70, 125, 125]))
    assert fr.pick_face(faces, (200, 200)) == 1
    assert fr.pick_face(faces[:1], (200, 200)) == 0


@pytest.mark.parametrize("bad", [5, float("nan"), 1e9])
def test_least_width_is_checked(pictures, bad):
    with pytest.raises(InputError, match="least face width"):
        fr.detect_faces(pictures["astronaut"], min_face=bad)


def test_unknown_embedder_is_a_sentence(pictures):
    with pytest.raises(InputError, match="sface"):
        face_verification.verify(pictures["astronaut"], pictures["astronaut"], embedder="eigen")


def test_facenet_takes_published_weights():
    """facenet-pytorch's state dict fits, and the numbers are those of its own network."""
    facenet = pytest.importorskip("facenet_pytorch")
    import torch

    from cvcore.models.inception_resnet import build_inception_resnet_v1

    torch.manual_seed(0)
    theirs = facenet.InceptionResnetV1(num_classes=8631, classify=True).eval()
    ours = build_inception_resnet_v1().eval()
    ours.load_state_dict(theirs.state_dict())
    theirs.classify = False
    x = torch.rand(2, 3, 160, 160)
    with torch.inference_mode():
        expected = theirs((x * 255 - 127.5) / 128)
        assert torch.allclose(ours(x), expected, atol=1e-5)

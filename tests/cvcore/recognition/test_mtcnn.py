"""The detector against facenet-pytorch's, and its parts against hand-worked cases."""

import numpy as np
import pytest

from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.recognition.faces import mtcnn


@pytest.mark.parametrize("name", ["astronaut", "ardern_2018", "obama_2005", "coffee"])
def test_boxes_and_landmarks_are_those_of_facenet_pytorch(name):
    facenet = pytest.importorskip("facenet_pytorch")
    image = samples.load_sample(name)
    ours = mtcnn.find_faces(image, min_face=40)
    boxes, scores, landmarks = facenet.MTCNN(keep_all=True, min_face_size=40).detect(
        image, landmarks=True
    )
    assert len(ours.onet) == (0 if boxes is None else len(boxes))
    if len(ours.onet):
        np.testing.assert_allclose(ours.onet[:, :4], boxes.astype(float), atol=0.01)
        np.testing.assert_allclose(ours.onet[:, 4], scores.astype(float), atol=1e-4)
        np.testing.assert_allclose(ours.landmarks, landmarks.astype(float), atol=0.01)


def test_area_sampler_is_torchs_area_interpolation():
    import torch

    image = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(image).permute(2, 0, 1)[None].float(), (20, 31), mode="area"
    )
    ours = mtcnn.AreaSampler(image).resize((20, 31))
    np.testing.assert_allclose(ours, theirs[0].permute(1, 2, 0).numpy(), atol=1e-4)


def test_area_sampler_enlarges_and_cuts():
    image = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    sampler = mtcnn.AreaSampler(image)
    np.testing.assert_array_equal(sampler.resize((4, 5)), image)
    enlarged = sampler.resize((2, 2), (1, 1, 2, 2))  # one pixel
    np.testing.assert_array_equal(enlarged, np.broadcast_to(image[1, 1], (2, 2, 3)))


def test_suppression_keeps_the_best_of_a_heap():
    boxes = np.array([[0, 0, 10, 10, 0.8], [1, 0, 11, 10, 0.9], [20, 20, 30, 30, 0.7]], float)
    assert mtcnn.suppress(boxes, 0.5).tolist() == [1, 2]
    assert mtcnn.suppress(boxes, 0.99).tolist() == [1, 0, 2]
    inside = np.array([[0, 0, 100, 100, 0.9], [10, 10, 20, 20, 0.8]], float)
    assert mtcnn.suppress(inside, 0.7).tolist() == [0, 1]
    assert mtcnn.suppress(inside, 0.7, of_smaller=True).tolist() == [0]
    assert mtcnn.suppress(np.zeros((0, 5)), 0.5).tolist() == []


def test_scales_halve_the_area():
    scales = mtcnn.list_scales(480, 640, 40)
    assert scales[0] == pytest.approx(12 / 40)
    np.testing.assert_allclose(np.divide(scales[1:], scales[:-1]), 0.709)
    assert 480 * scales[-1] >= 12 > 480 * scales[-1] * 0.709


def test_each_stage_leaves_fewer(sample):
    cascade = mtcnn.find_faces(samples.load_sample("astronaut"))
    assert len(cascade.pnet) > len(cascade.rnet) >= len(cascade.onet) == 1
    assert sum(len(level.boxes) for level in cascade.levels) >= len(cascade.pnet)
    assert len(mtcnn.find_faces(sample).onet) == 0  # a cat


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (12, 12), (300, 5)])
def test_tiny_pictures_have_no_face(size):
    cascade = mtcnn.find_faces(np.zeros((*size, 3), np.uint8))
    assert cascade.onet.shape == (0, 5)
    assert cascade.landmarks.shape == (0, 5, 2)


def test_none_is_a_sentence():
    with pytest.raises(InputError, match="no picture"):
        mtcnn.find_faces(None)

"""Saliency of boxes and of pairs of faces."""

import numpy as np
import pytest

from cvcore import detection
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection.explain import explain_detection, find_box
from cvcore.face_verification.explain import explain_match
from cvcore.recognition import faces as fv


@pytest.fixture(scope="module")
def street():
    return samples.load_sample("street")


def test_a_box_hangs_on_its_object(street):
    found = detection.predict_boxes(street)
    index = find_box(found, 1)
    box = found.xyxy[index]
    *_, (heatmap, share) = explain_detection(street, box, int(found.class_id[index]), masks=60)
    assert share == 1
    assert heatmap.shape == street.shape[:2]
    x0, y0, x1, y1 = box.astype(int)
    mask = np.zeros(heatmap.shape, bool)
    mask[y0:y1, x0:x1] = True
    assert heatmap[mask].mean() > 2 * max(0, heatmap[~mask].mean())


def test_a_box_that_is_not_there_has_no_map(street):
    *_, (heatmap, _) = explain_detection(street, np.array([0, 0, 9, 9]), 0, masks=16)
    np.testing.assert_allclose(heatmap, 0, atol=1e-6)


@pytest.mark.parametrize("masks", [0, 5000, float("nan"), None])
def test_masks_out_of_range(street, masks):
    with pytest.raises(InputError, match="masks"):
        next(explain_detection(street, np.array([0, 0, 9, 9]), 0, masks=masks))


def test_numbers_of_boxes(street):
    found = detection.predict_boxes(street)
    assert find_box(found, len(found)) == len(found) - 1
    with pytest.raises(InputError, match="from 1 to"):
        find_box(found, len(found) + 1)
    none = detection.predict_boxes(street, confidence=1.0)
    with pytest.raises(InputError, match="no box"):
        find_box(none, 1)


def test_likeness_hangs_on_the_middle_of_the_face():
    face = fv.get_only_face(samples.load_sample("ardern_2018"))
    *_, (values, share) = explain_match(face, face)
    assert share == 1
    assert values.shape == (112, 112)
    assert values.min() > 0  # whatever is covered, a face is most like itself uncovered
    corners = np.mean([values[:14, :14], values[:14, -14:], values[-14:, :14], values[-14:, -14:]])
    assert values[35:77, 28:84].mean() > 1.5 * corners


@pytest.mark.parametrize("name", ["ardern_2018", "obama_2005", "astronaut"])
def test_two_detectors_agree(name):
    image = samples.load_sample(name)
    first, second = (fv.detect_faces(image, detector=detector)[0] for detector in fv.DETECTORS)
    assert np.abs(first.landmarks - second.landmarks).max() < 0.08 * first.width
    assert float(first.embedding @ second.embedding) > 0.95


def test_detectors_without_a_face():
    grey = np.full((90, 120, 3), 128, np.uint8)
    for detector in fv.DETECTORS:
        assert fv.detect_faces(grey, detector=detector) == ()
        assert fv.detect_faces(grey[:1, :1], detector=detector) == ()
        with pytest.raises(InputError, match="no face"):
            fv.find_faces(grey, detector=detector)
    with pytest.raises(InputError, match="mtcnn, yunet"):
        fv.detect_faces(grey, detector="eyes")

"""Five tasks on one picture: each answer is its own network's, boxes and owners are as by hand."""

import numpy as np
import pytest
from skimage.measure import label, regionprops

from cvcore import detection, saliency, segmentation, tasks
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.recognition import classifier
from cvcore.tasks import drawing


@pytest.fixture(scope="module")
def photo():
    return samples.load_sample("camera")


@pytest.fixture(scope="module")
def answers(photo):
    return tasks.solve(photo)


def test_a_box_around_the_largest_part():
    cam = np.zeros((8, 10), np.float32)
    cam[1:3, 1:3] = 5.0  # the peak is in the smaller part
    cam[4:7, 3:9] = 1.0
    cam[7, 9] = 0.99  # below a fifth of the peak
    assert tasks.box_around(cam) == (3, 4, 9, 7)
    assert tasks.box_around(cam, share=0.5) == (1, 1, 3, 3)
    assert tasks.box_around(np.zeros((4, 4))) is None
    for share in (-0.1, 1.1, float("nan"), "x"):
        with pytest.raises(InputError, match="share"):
            tasks.box_around(cam, share=share)


def test_the_box_is_scikit_images(photo, answers):
    cam = saliency.explain(photo, "grad_cam", with_scores=False).heatmap
    parts = regionprops(label(cam >= 0.2 * cam.max(), connectivity=2))
    top, left, bottom, right = max(parts, key=lambda part: part.area).bbox
    assert answers.box_xyxy == (left, top, right, bottom)


def test_pixels_are_dealt_out_by_hand():
    """Two boxes of 4 x 2 pixels that share the middle column of pixels, and a narrow third."""
    mask = np.ones((2, 9), bool)
    mask[1, 0] = False
    owner = tasks.part_instances(mask, [(0, 0, 5, 2), (4, 0, 8, 2), (6, 0, 6, 2)])
    # The middle of the fifth pixel, 4.5, is 0.8 of its half width from the first box's middle, 2.5,
    # and 0.75 from the second's, 6: it is the second's. The ninth is in no box.
    assert owner.tolist() == [[1, 1, 1, 1, 2, 2, 2, 2, 0], [0, 1, 1, 1, 2, 2, 2, 2, 0]]
    assert not tasks.part_instances(mask, np.zeros((0, 4))).any()
    with pytest.raises(TypeError, match="bool mask"):
        tasks.part_instances(mask.astype(int), [(0, 0, 1, 1)])


def test_each_answer_is_its_own_networks(photo, answers):
    found = detection.predict_boxes(photo)
    assert answers.top.labels == classifier.predict_topk(photo, 5).labels
    assert answers.detections.label == found.label
    assert np.array_equal(answers.detections.xyxy, found.xyxy)
    assert np.array_equal(answers.mask, segmentation.predict_mask(photo).above())
    assert answers.people == tuple(i for i, one in enumerate(found.label) if one == "person")
    assert answers.people
    assert sum(answers.areas) + answers.unclaimed == np.count_nonzero(answers.mask)
    for number, row in enumerate(answers.people, start=1):
        y, x = np.nonzero(answers.instances == number)
        x1, y1, x2, y2 = found.xyxy[row]
        assert len(x) == answers.areas[number - 1]
        assert ((x + 0.5 >= x1) & (x + 0.5 <= x2) & (y + 0.5 >= y1) & (y + 0.5 <= y2)).all()


def test_each_task_has_its_drawing(photo, answers):
    before = photo.copy()
    drawn = drawing.draw_answers(photo, answers)
    assert list(drawn) == [task.key for task in tasks.TASKS]
    assert {one.shape for one in drawn.values()} == {photo.shape}
    assert np.array_equal(photo, before)
    changed = (drawn["instance"] != photo).any(-1)
    assert (answers.mask & ~changed).mean() < 0.01  # all of the mask is coloured


@pytest.mark.parametrize(
    ("image", "settings", "said"),
    [
        (None, {}, "picture"),
        (np.zeros((8, 8, 3), np.uint8), {}, "16"),
        (np.zeros((32, 32, 3), np.uint8), {"confidence": 2}, "confidence"),
        (np.zeros((32, 32, 3), np.uint8), {"model": "none"}, "no classifier"),
    ],
)
def test_what_is_none_is_told_in_a_sentence(image, settings, said):
    with pytest.raises(InputError, match=said):
        tasks.solve(image, **settings)

"""Poses: decoding and angles by hand, squares, and the network against its original."""

import numpy as np
import pytest

from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.detection import pose as ps
from cvcore.detection import pose_drawing as drawing
from cvcore.training.detection.movenet import find_scales

# The original graph's answer in node, by @tensorflow/tfjs, to the bundled astronaut at 192 pixels:
# (row, column) in shares of the picture and the confidence, of the points surer than 0.4.
ORIGINAL = {
    "nose": (0.235, 0.434, 0.52),
    "left eye": (0.197, 0.481, 0.72),
    "right eye": (0.192, 0.399, 0.75),
    "left ear": (0.225, 0.538, 0.49),
    "right ear": (0.216, 0.344, 0.72),
    "left shoulder": (0.535, 0.623, 0.76),
    "right shoulder": (0.504, 0.206, 0.54),
    "right elbow": (0.807, 0.119, 0.41),
    "left hip": (0.980, 0.484, 0.41),
    "right hip": (0.982, 0.263, 0.45),
}


@pytest.fixture(scope="module")
def astronaut():
    return samples.load_sample("astronaut")


@pytest.fixture(scope="module")
def found(astronaut):
    return ps.predict_pose(astronaut)


def make_maps(**changes):
    """Two points on 6 x 6 cells; everything 0 but the centre at the cell (3, 3)."""
    maps = {
        "centre": np.zeros((6, 6)), "heatmaps": np.zeros((6, 6, 2)),
        "regression": np.zeros((6, 6, 2, 2)), "offsets": np.zeros((6, 6, 2, 2)),
    }  # fmt: skip
    maps["centre"][3, 3] = 0.9
    return ps.Maps(**(maps | changes))


def test_decoding_by_hand():
    """Two people: the centre chooses one, the regression tells which peak of a heat map is hers,
    and the offset moves the point off its cell."""
    maps = make_maps()
    maps.centre[0, 0] = 1  # surer, but 4.24 cells from the middle: 1 / 6.04 < 0.9 / 1.8
    maps.regression[3, 3] = [(-2, 1), (0, -3)]
    maps.heatmaps[1, 5, 0], maps.heatmaps[5, 0, 0] = 0.5, 0.8  # 0.5 / 2.8 > 0.8 / 7.456
    maps.heatmaps[3, 0, 1] = 0.7
    maps.offsets[1, 5, 0], maps.offsets[3, 0, 1] = (0.25, -0.5), (0, 0.75)
    decoded = ps.decode(maps)
    assert decoded.centre == (3, 3)
    assert decoded.regressed.tolist() == [[1, 4], [3, 0]]
    assert decoded.cells.tolist() == [[1, 5], [3, 0]]
    assert decoded.points.tolist() == [[1.25, 4.5], [3, 0.75]]
    assert decoded.confidence.tolist() == [0.5, 0.7]
    assert decoded.weights[1, 5, 0] == pytest.approx(0.5 / 2.8)
    assert decoded.weights[5, 0, 0] == pytest.approx(0.8 / (np.hypot(4, 4) + 1.8))


def test_angles_by_hand():
    cases = {180: (2, 0), 90: (1, 1), 45: (0, 1), 0: (0.5, 0), 135: (2, 1)}
    for degrees, last in cases.items():
        assert ps.measure_angle((0, 0), (1, 0), last) == pytest.approx(degrees)
    assert ps.measure_angle((1, 0), (1, 0), (2, 0)) is None
    assert [ps.KEYPOINTS[i] for i in ps.ANGLES["left knee"]] == [
        "left hip",
        "left knee",
        "left ankle",
    ]


def test_an_angle_needs_three_sure_points(found):
    assert found.angles(0)["left elbow"] is not None
    assert set(found.angles(1).values()) == {None}
    with pytest.raises(InputError, match="threshold"):
        found.angles(1.5)


def test_squares_by_hand():
    assert ps.surround((100, 200)) == ps.Square(0, -50, 200)
    assert ps.widen(np.array([10, 20, 30, 120]), 0.2) == ps.Square(-50, 0, 140)
    for box in ([3, 3, 3, 3], [0, 0, np.nan, 1]):
        with pytest.raises(InputError):
            ps.widen(np.array(box))


def test_the_square_that_follows_a_person(found):
    """Hips 10 pixels apart around (100, 100), shoulders 40 above: 1.9 x 40; an ankle at 90 below
    reaches further: 1.2 x 90 = 108, but the picture ends 100 away."""
    xy = np.full((17, 2), 100.0)
    xy[[5, 6, 11, 12]] = [[105, 60], [95, 60], [105, 100], [95, 100]]
    xy[15] = 100, 150
    confidence = np.full(17, 0.9)

    def follow(image_hw):
        return ps.follow(ps.Pose(xy, confidence, found.square, found.maps, found.decoded), image_hw)

    assert follow((400, 400)) == ps.Square(24, 24, 152)
    xy[15] = 100, 190
    assert follow((400, 400)) == ps.Square(-8, -8, 216)
    assert follow((200, 200)) == ps.Square(0, 0, 200)
    confidence[[11, 12]] = 0.1  # no hips: the whole picture
    assert follow((300, 400)) == ps.surround((300, 400))


def test_what_is_cut_out_keeps_its_place():
    image = np.zeros((100, 100, 3), np.uint8)
    image[50:, 50:] = 255
    seen = ps.cut_out(image, ps.Square(50, 50, 100))  # half of it lies beyond the picture
    assert seen.shape == (192, 192, 3)
    assert seen[:96, :96].min() == 255
    assert seen[96:].max() == seen[:, 96:].max() == 0
    assert ps.cut_out(image, ps.Square(500, 0, 10)).max() == 0


def test_the_points_are_the_originals(found, astronaut):
    height, width = astronaut.shape[:2]
    for name, (row, column, confidence) in ORIGINAL.items():
        at = ps.KEYPOINTS.index(name)
        assert found.xy[at] / (width, height) == pytest.approx((column, row), abs=0.02), name
        assert found.confidence[at] == pytest.approx(confidence, abs=0.15), name


def test_a_mirrored_person_changes_sides(found, astronaut):
    mirrored = ps.predict_pose(astronaut[:, ::-1])
    for left, right in ((1, 2), (3, 4), (5, 6)):
        expected = (astronaut.shape[1] - 1 - found.xy[left][0], found.xy[left][1])
        assert mirrored.xy[right] == pytest.approx(expected, abs=25)  # pixels of 512


def test_several_at_once_and_none(astronaut, found, monkeypatch):
    square = ps.surround(astronaut.shape[:2])
    one, other = ps.predict_poses(astronaut, [square, ps.Square(0, 0, 300)])
    assert np.allclose(one.xy, found.xy, atol=0.01)
    assert not np.allclose(one.xy, other.xy, atol=1)
    assert ps.predict_poses(astronaut, []) == []
    boxes = np.array([[100, 0, 400, 512], [300, 100, 420, 400]], float)
    monkeypatch.setattr(ps, "find_people", lambda *_, **__: boxes)
    assert [pose.box.tolist() for pose in ps.predict_people(astronaut)] == boxes.tolist()
    boxes = np.zeros((0, 4))
    assert ps.predict_people(astronaut) == []
    assert ps.predict_pose(np.zeros((64, 64, 3), np.uint8)).confidence.max() < ps.DEFAULT_THRESHOLD


def test_bad_input(astronaut):
    with pytest.raises(InputError, match="no picture"):
        ps.predict_pose(None)
    for side in (0, -3, float("nan")):
        with pytest.raises(InputError, match="larger than 0"):
            ps.predict_pose(astronaut, ps.Square(0, 0, side))
    with pytest.raises(InputError, match="number of people"):
        ps.predict_people(astronaut, most=0)


def test_drawings_leave_the_picture_alone(astronaut, found):
    before = astronaut.copy()
    sure = drawing.draw_poses(astronaut, [found], threshold=0)
    unsure = drawing.draw_poses(astronaut, [found], threshold=1)
    assert (sure != unsure).any()  # filled or hollow
    steps = [drawing.draw_step(astronaut, found, step, 5) for step in drawing.STEPS]
    assert all((step != astronaut).any() for step in steps if step.shape == astronaut.shape)
    assert (drawing.draw_numbers(astronaut, [found]) != astronaut).any()
    assert (astronaut == before).all()
    with pytest.raises(InputError, match="joint"):
        drawing.draw_step(astronaut, found, "centre", 17)
    with pytest.raises(ValueError, match="step"):
        drawing.draw_step(astronaut, found, "none", 0)


def test_steps_of_eight_bits():
    rows = np.array([[127.0, -63, 1, 0], [0, 0, 0, 0]], np.float32)
    assert find_scales(rows).tolist()[0] == 1  # every number is a whole step: no error
    assert find_scales(rows)[1] > 0

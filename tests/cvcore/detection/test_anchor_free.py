"""A cell without anchors, against cases worked by hand."""

import numpy as np
import pytest

from cvcore.core.errors import InputError
from cvcore.detection import anchor_free as cells
from cvcore.detection.boxes import fit_letterbox
from cvcore.detection.predictions import RawPredictions
from cvcore.detection.yolo_heads import Grid

BOX = fit_letterbox((64, 32), 64)  # 16 columns of grey on either hand


def logit(score):
    return np.log(score / (1 - score))


@pytest.fixture
def free():
    """Cells of 16 pixels, then of 32, of two classes: every score 0.1, but for two."""
    grids = (Grid(16, 4, 4, ()), Grid(32, 2, 2, ()))
    scores = np.full((20, 2), 0.1, np.float32)
    scores[6, 1], scores[17, 0] = 0.8, 0.9
    shares = np.zeros((20, 4, 5), np.float32)
    shares[..., 0] = 1
    shares[6] = [[0, 1, 0, 0, 0], [0.5, 0.5, 0, 0, 0], [0, 0.25, 0.5, 0.25, 0], [0, 0, 0, 0, 1]]
    return RawPredictions(
        "none", BOX, grids, np.zeros((20, 4), np.float32), logit(scores), None,
        np.zeros((20, 4), int), {}, distances=shares,
    )  # fmt: skip


def test_a_mean_and_its_spread():
    shares = np.array([[0, 0.25, 0.5, 0.25, 0], [0.5, 0, 0, 0, 0.5], [0, 0, 0, 1, 0]])
    assert cells.mean_distance(shares).tolist() == [2, 2, 3]
    assert cells.spread_distance(shares) == pytest.approx([0.5**0.5, 2, 0])


def test_a_box_is_made_of_four_means(free):
    """Row 1, column 2 of 16 pixels: its middle is 40, 24; 1, 0.5, 2 and 4 strides from it."""
    assert cells.find_best_cell(free, 0) == (1, 2)
    cell = cells.read_cell(free, 0, 1, 2)
    assert cell.centre == (40, 24)
    assert cell.pixels.tolist() == [16, 8, 32, 64]
    assert cell.xyxy.tolist() == [40 - 16 - 16, 24 - 8, 40 + 32 - 16, 24 + 64]
    assert cell.spread == pytest.approx([0, 0.5, 0.5**0.5, 0])
    assert [number for number, _ in cell.list_best()] == [1, 0]
    assert cell.list_best(1)[0][1] == pytest.approx(0.8)


def test_every_grid_has_its_best_cell(free):
    assert cells.best_scores(free, 0).max() == pytest.approx(0.8)
    assert cells.find_best_cell(free, 1) == (0, 1)
    with pytest.raises(InputError, match="The column must be a whole number from 0 to 1"):
        cells.read_cell(free, 1, 0, 2)


def test_a_place_of_the_picture_lies_in_a_cell():
    grid = Grid(16, 4, 4, ())
    assert cells.find_cell(BOX, grid, 0, 0) == (0, 1)
    assert cells.find_cell(BOX, grid, 15.9, 63.9) == (3, 1)
    assert cells.find_cell(BOX, grid, 16, 32) == (2, 2)
    assert cells.find_cell(BOX, grid, -99, 999) == (3, 0)


def test_of_anchors_the_surest_answers():
    """Two anchors a cell: at (16, 16) of the picture lies row 0, column 1 of 32 pixels."""
    grid = Grid(32, 2, 2, ((8.0, 8.0), (16.0, 24.0)))
    objectness = np.full((8, 5), logit(0.1))
    objectness[5, 4] = logit(0.5)  # the second anchor's second cell
    logits = np.full((8, 2), logit(0.5))
    logits[5] = logit(0.6), logit(0.2)
    xyxy = np.arange(32, dtype=np.float32).reshape(8, 4)
    raw = RawPredictions(
        "none", BOX, (grid,), xyxy, logits, objectness, np.zeros((8, 4), int), {}
    )  # fmt: skip
    (one,) = cells.read_anchors(raw, 16, 16)
    assert (one.row, one.column, one.anchor, one.class_id) == (0, 1, (16.0, 24.0), 0)
    assert one.score == pytest.approx(0.3)
    assert one.xyxy.tolist() == [20, 21, 22, 23]
    assert one.anchor_xyxy.tolist() == [48 - 8 - 16, 16 - 12, 48 + 8 - 16, 16 + 12]

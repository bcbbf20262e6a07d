"""What stands beside Dice, and maps that are enlarged, as plain functions."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from cvcore import segmentation as seg
from cvcore.core.errors import InputError
from demos.segmentation import ground_truth, upsampling
from demos.segmentation.ground_truth import TruthSettings


def test_other_measures_are_beside_dice(state):
    whole = state.mask.above(0.5)
    moved = np.roll(whole, 7, axis=1)
    moved[:, :7] = False
    drawn = [
        ground_truth.compare(state, moved, TruthSettings(shown=one)) for one in ground_truth.SHOWN
    ]
    assert len({one["html"] for one in drawn}) == 3
    edges, band = seg.measures.measure_edges(whole, moved), seg.measures.compare_boundaries
    assert drawn[0]["hausdorff"] == edges.hausdorff
    assert drawn[0]["boundary_iou"] == band(whole, moved).iou
    result, words = ground_truth.compare_all(state, moved)
    assert f"{edges.hausdorff_95:.1f}" in words
    assert f"{result['generalised_dice']:.3f}" in words
    _, words = ground_truth.compare_all(state, moved, TruthSettings(threshold=1))
    assert "prediction has no pixel" in words
    with pytest.raises(InputError, match="choose pixels"):
        ground_truth.compare(state, moved, TruthSettings(shown="none"))


def test_maps_are_enlarged_as_typed():
    for name in upsampling.PRESETS:
        shown, *_ = upsampling.choose_preset_all(name)
        assert ("checkerboard" in shown["ways"][3]["words"]) == name.startswith("checker")
    typed = SimpleNamespace(map=[[1, 2], [3, 4]], kernel=[[2]])
    shown = upsampling.read_typed(typed, 1)
    assert json.dumps(shown)
    assert [way["output"] for way in shown["ways"]] == [
        [[4, 4], [4, 4]], [[4, 4], [4, 4]], [[0, 0], [0, 4]], [[8]],
    ]  # fmt: skip
    larger = upsampling.resize(shown, "6 x 6", 3, 2)
    assert np.array(larger["map"]).shape == (6, 6)
    assert larger["kernel"] == [[2, 1, 1], [1, 1, 1], [1, 1, 1]]
    with pytest.raises(InputError, match="rows of equally many"):
        upsampling.read_typed(SimpleNamespace(map=[[1, 2], [3]], kernel=[[2]]), 1)

"""Live frames called as plain functions."""

import numpy as np
import onnx
import pytest

from cvcore import feature_maps as fm
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.engine import cutting, predictor
from cvcore.probes import map_grid
from demos.feature_maps import live
from tests.support.exported import export_once

MODEL = "efficientnet_lite0"
LAYER = "blocks.2.1.act2"


def test_live_frames(sample):
    grid, frame, changes = live.show_frame(sample, MODEL, LAYER, 64, "channel")
    assert 0.9 * live.LIVE_WIDTH < grid.shape[1] <= live.LIVE_WIDTH + 10
    assert np.array_equal(grid, live.show_frame(sample, MODEL, LAYER, 64, "channel")[0])
    assert frame is sample
    assert (changes["html"], changes["channels"]) == ("", [])
    assert (changes["layer"], changes["shown_channels"]) == (LAYER, list(range(64)))
    means = fm.extract_live(sample, LAYER)[:64].mean(axis=(1, 2))
    assert changes["shown_means"] == pytest.approx(means, abs=1e-4)
    with pytest.raises(InputError, match="1 to 256"):
        live.show_frame(sample, MODEL, LAYER, float("nan"))


def test_a_remembered_frame_puts_the_most_changed_channels_first(sample):
    other = samples.load_sample("astronaut")
    remembered = live.keep_frame(sample)
    grid, _, changes = live.show_frame(other, MODEL, LAYER, 30, "layer", remembered)
    maps = [fm.extract_live(picture, LAYER) for picture in (sample, other)]
    order = np.argsort(-np.abs(maps[0] - maps[1]).mean(axis=(1, 2)), kind="stable")
    assert changes["channels"] == order[: live.CHANGED].tolist()
    assert changes["changes"] == sorted(changes["changes"], reverse=True)
    assert changes["shown_channels"] == order[:30].tolist()
    small = map_grid.fit_maps(maps[1][order[:30]], live.LIVE_WIDTH, aspect=1.4)
    assert np.array_equal(grid, map_grid.draw_grid(small, scale="layer", aspect=1.4).image)
    later = live.show_frame(other, MODEL, "act1", 30, "layer", remembered)[2]  # another layer
    assert max(later["channels"]) < 32
    assert remembered.frame is sample
    with pytest.raises(InputError, match="no frame yet"):
        live.keep_frame(None)
    assert live.keep_frame(None, "kept") is None  # the browser has it


def test_live_colours_can_span_all_layers_of_the_kind(sample):
    assert live.measure_range(MODEL, "act1") == (0, 6)  # ReLU6
    grid = live.show_frame(sample, MODEL, "act1", 32, "global")[0]
    small = map_grid.fit_maps(fm.extract_live(sample, "act1"), live.LIVE_WIDTH, aspect=1.4)
    expected = map_grid.draw_grid(small, scale="global", value_range=(0, 6), aspect=1.4)
    assert np.array_equal(grid, expected.image)


def test_the_fast_engine_is_waited_for(monkeypatch):
    asked, answers = [], iter([False, False, False, True, True])
    monkeypatch.setattr(predictor, "prepare", asked.append)
    monkeypatch.setattr(predictor, "is_ready", lambda name: next(answers))
    monkeypatch.setattr(live.time, "sleep", lambda seconds: None)
    said = list(live.prepare(MODEL, "act1"))
    assert asked == [[MODEL]]
    assert ["is being made" in words for words in said] == [True, True, True, False]
    assert said[-1].endswith("Ready.")


def test_a_browser_is_told_which_layers_it_cannot_see():
    exported = onnx.load(export_once(MODEL), load_external_data=False)
    known, places = live.tell_browser(None), cutting.find_places(exported)
    assert known["merged"] == [row.name for row in fm.list_layers() if row.name not in places]
    assert known["layer"] == "act1"
    assert live.tell_browser("act1") == (0, 6)
    with pytest.raises(InputError, match="no layer"):
        live.tell_browser("nothing")

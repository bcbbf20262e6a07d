"""Live frames called as plain functions, and the tab through the running app's API."""

import base64

import numpy as np
import pytest

from cvcore import feature_maps as fm
from cvcore import map_grid, runtime, samples
from cvcore.errors import InputError
from demos import feature_maps_digits as digits
from demos import feature_maps_live as live
from tests.support.files import write_bad_files, write_odd_pictures

MODEL = "efficientnet_lite0"
LAYER = "blocks.2.1.act2"


def test_live_frames(sample):
    grid, frame, changes = live.show_frame(sample, MODEL, LAYER, 64, "channel")
    assert 0.9 * live.LIVE_WIDTH < grid.shape[1] <= live.LIVE_WIDTH + 10
    assert np.array_equal(grid, live.show_frame(sample, MODEL, LAYER, 64, "channel")[0])
    assert frame is sample
    assert changes == {"html": "", "channels": []}
    with pytest.raises(InputError, match="1 to 256"):
        live.show_frame(sample, MODEL, LAYER, float("nan"))


def test_a_remembered_frame_puts_the_most_changed_channels_first(sample):
    other = samples.load_sample("astronaut")
    remembered = live.keep_frame(sample)
    grid, _, changes = live.show_frame(other, MODEL, LAYER, 30, "layer", remembered)
    maps = [fm.extract_live(picture, LAYER) for picture in (sample, other)]
    order = np.argsort(-np.abs(maps[0] - maps[1]).mean(axis=(1, 2)), kind="stable")
    assert changes["channels"] == order[: live.CHANGED].tolist()
    small = map_grid.fit_maps(maps[1][order[:30]], live.LIVE_WIDTH, aspect=1.4)
    assert np.array_equal(grid, map_grid.draw_grid(small, scale="layer", aspect=1.4).image)
    later = live.show_frame(other, MODEL, "act1", 30, "layer", remembered)[2]  # another layer
    assert max(later["channels"]) < 32
    assert np.array_equal(live.freeze(sample), sample)
    for call in (live.keep_frame, live.freeze):
        with pytest.raises(InputError, match="no frame yet"):
            call(None)


def test_live_colours_can_span_all_layers_of_the_kind(sample):
    assert live.measure_range(MODEL, "act1") == (0, 6)  # ReLU6
    grid = live.show_frame(sample, MODEL, "act1", 32, "global")[0]
    small = map_grid.fit_maps(fm.extract_live(sample, "act1"), live.LIVE_WIDTH, aspect=1.4)
    expected = map_grid.draw_grid(small, scale="global", value_range=(0, 6), aspect=1.4)
    assert np.array_equal(grid, expected.image)


def test_the_fast_engine_is_waited_for(monkeypatch):
    asked, answers = [], iter([False, False, False, True, True])
    monkeypatch.setattr(runtime, "prepare", asked.append)
    monkeypatch.setattr(runtime, "is_ready", lambda name: next(answers))
    monkeypatch.setattr(live.time, "sleep", lambda seconds: None)
    said = list(live.prepare(MODEL, "act1"))
    assert asked == [[MODEL]]
    assert ["is being made" in words for words in said] == [True, True, True, False]
    assert said[-1].endswith("Ready.")


# Through the running app


@pytest.fixture
def upload():
    from gradio_client import handle_file

    return lambda path: handle_file(str(path))


@pytest.fixture
def cat(upload):
    return upload(samples.index()["chelsea"].path)


def test_api_looks_and_goes_on(client, cat):
    _, grid, large, channel, row, column, layer, _ = client.predict(
        cat, MODEL, LAYER, "maximum", "layer", api_name="/feature_maps"
    )
    assert layer == LAYER
    assert len(grid["channels"]) == 240
    assert (large["map_hw"], large["channel"]) == ([28, 28], channel)
    value = client.predict(channel, row, column, "guided", api_name="/feature_maps_pixels")
    assert value["gradient_size"] > 0
    value = client.predict(channel, "silence", "useful", 4, api_name="/feature_maps_silence")
    assert len(value["channels"]) == 4
    value = client.predict(channel, api_name="/feature_maps_batch_norm")
    assert value["layer"] == "blocks.2.1.bn2"
    value = client.predict(channel, api_name="/feature_maps_activity")
    assert value["pictures"] == 1 + len(samples.list_names())
    job = client.submit(channel, 16, "fourier", "map", api_name="/feature_maps_maximise")
    assert job.result()["step"] == 16
    *_, large, _, row, column, _, _ = client.predict(
        cat, MODEL, LAYER, "index", "layer", 7, 3, 27, api_name="/feature_maps"
    )
    assert (large["channel"], row, column) == (7, 3, 27)


def test_api_of_digits_and_frames(client, cat, upload, tmp_path):
    pad, *_ = digits.show_example()
    (tmp_path / "two.png").write_bytes(base64.b64decode(pad["src"].split(",")[1]))
    value, _ = client.predict(upload(tmp_path / "two.png"), api_name="/feature_maps_digit")
    assert value["digit"] == 2
    view, changes = client.predict(
        cat, MODEL, "act1", 32, "channel", api_name="/feature_maps_frame"
    )
    assert view.startswith("data:image/jpeg")
    assert changes["channels"] == []


def test_api_takes_odd_pictures_and_refuses_bad_files(client, upload, tmp_path):
    from gradio_client.exceptions import AppError

    for path in write_odd_pictures(tmp_path).values():
        assert client.predict(upload(path), MODEL, "act1", api_name="/feature_maps")
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(AppError, match=r"picture.*choose|choose.*picture"):
            client.predict(upload(path), MODEL, "act1", api_name="/feature_maps")
    for arguments in ((None, MODEL, "act1"), ("ok", MODEL, "act9"), ("ok", MODEL, "classifier")):
        picture = arguments[0] and upload(samples.index()["coffee"].path)
        with pytest.raises(AppError, match="There is no"):
            client.predict(picture, *arguments[1:], api_name="/feature_maps")

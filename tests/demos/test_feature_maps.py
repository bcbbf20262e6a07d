"""The tab's handlers called as plain functions, and through the running app's API."""

import numpy as np
import pytest

from cvcore import feature_maps as fm
from cvcore import images, samples
from cvcore.errors import InputError
from demos import feature_maps as tab
from demos import feature_maps_digits as digits
from demos import feature_maps_kept as kept_values
from demos import feature_maps_layer as layer_views
from demos import feature_maps_live as live
from demos import feature_maps_unit as unit_views
from tests.bad_files import write_bad_files, write_odd_pictures

MODEL = "efficientnet_lite0"
LAYER = "blocks.2.1.act2"


@pytest.fixture(scope="module")
def looked(sample):
    return tab.look(sample, MODEL, LAYER)


@pytest.fixture(scope="module")
def kept(looked):
    return looked[-1]


def test_a_look_shows_stages_maps_and_the_most_active_channel(looked, kept):
    stages, grid, large, channel, row, column, layer, badge, _ = looked
    assert [stage["size"] for stage in stages["stages"]] == [
        "112 × 112", "56 × 56", "28 × 28", "14 × 14", "7 × 7",
    ]  # fmt: skip
    assert stages["stage"] == 2
    assert layer in [row["name"] for row in stages["layers"]]
    assert channel == large["channel"] == int(np.argmax(grid["mean"]))
    assert kept.maps.maps[channel][row, column] == kept.maps.maps[channel].max()
    assert "network" in badge
    assert grid["channels"] == list(range(240))


def test_place_boxes_are_the_receptive_field(looked):
    large, field = looked[2], fm.receptive_field(MODEL, LAYER)
    for row, column in ((0, 0), (13, 20), (27, 27)):
        left, top, right, bottom = field.box(row, column)
        assert large["rows"][row] == [top, bottom]
        assert large["columns"][column] == [left, right]


def test_no_network_runs_for_sorting_colours_and_channels(kept, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("the network ran again")

    fm.receptive_fields(MODEL)
    monkeypatch.setattr(fm, "record", forbidden)
    by_mean = tab.redraw(kept, "mean", "layer", 3)
    means = [by_mean["mean"][channel] for channel in by_mean["channels"]]
    assert means == sorted(means, reverse=True)
    assert by_mean["src"] != tab.redraw(kept, "mean", "channel", 3)["src"]
    view, grid, row, column = tab.choose_channel(kept, 7, "index", "channel")
    assert (view["channel"], grid["chosen"]) == (7, 7)
    assert [row, column] == view["place"]


def test_every_stage_names_a_layer_that_can_be_looked_at(looked, sample):
    for index, stage in enumerate(looked[0]["stages"]):
        assert fm.find_layer(MODEL, stage["layer"]).stage == index
        assert fm.find_layer(MODEL, stage["layer"]).kind == "activation"


def test_back_to_pixels(kept, looked):
    channel, row, column = looked[3:6]
    plain = unit_views.show_pixels(kept, channel, row, column, "gradient")
    guided = unit_views.show_pixels(kept, channel, row, column, "guided")
    assert plain["value"] == pytest.approx(float(kept.maps.maps[channel].max()))
    assert plain["gradient_size"] > 0
    assert plain["gradient_size"] != guided["gradient_size"]
    assert plain["html"].count("<img") == 4


def test_pixels_that_would_wake_a_silent_place_are_shown(kept):
    channel = int(np.argmin(np.abs(kept.maps.statistics.zeros - 0.5)))
    row, column = (np.argwhere(kept.maps.maps[channel][8:20, 8:20] == 0)[0] + 8).tolist()
    value = unit_views.show_pixels(kept, channel, row, column, "gradient")
    assert value["value"] == 0
    assert value["gradient_size"] > 0


def test_a_place_that_nothing_reaches_is_explained(kept, monkeypatch):
    monkeypatch.setattr(fm, "unit_gradient", lambda *_, **__: np.zeros((3, 224, 224), np.float32))
    assert "switched off" in unit_views.show_pixels(kept, 0, 0, 0, "gradient")["html"]


def test_silence_and_keep(kept):
    value = unit_views.show_silence(kept, 0, "silence", "useful", 4)
    top = next(iter(value["before"]))
    assert len(value["channels"]) == 4
    assert value["after"].get(top, 0) < value["before"][top]
    assert value["channels"][0] == max(value["effects"], key=lambda row: row["effect"])["channel"]
    assert unit_views.show_silence(kept, 9, "silence", "selected", 4)["channels"] == [9]
    every = unit_views.show_silence(kept, 0, "keep", "active", 240)
    assert every["after"] == pytest.approx(every["before"], rel=1e-3)


def test_favourite_streams_previews_and_ends_when_closed(kept):
    running = unit_views.draw_favourite(kept, 5, 16, "fourier", "map")
    values = list(running)
    assert values[1]["step"] == 1
    assert values[-1]["step"] == 16
    assert values[-1]["objective"] > values[-1]["first_objective"]
    assert images.load_image(_read(values[-1]["src"])).shape == (160, 160, 3)
    running = unit_views.draw_favourite(kept, 5, 500, "pixels", "centre")
    next(running), next(running)
    running.close()
    assert not any(part._forward_pre_hooks for part in fm.get_module(MODEL).modules())


def _read(source):
    import base64

    return base64.b64decode(source.split(",")[1])


def test_two_pictures(kept, sample):
    value = layer_views.show_reaction(kept, samples.load_sample("astronaut"))
    assert len(value["channels"]) == layer_views.SHOWN
    assert value["changes"] == sorted(value["changes"], reverse=True)
    assert layer_views.show_reaction(kept, sample)["changes"] == [0] * layer_views.SHOWN
    with pytest.raises(InputError, match="second picture"):
        layer_views.show_reaction(kept, None)


def test_activity_batch_norm_and_kernels(kept):
    value = layer_views.show_activity(kept, 3)
    assert value["pictures"] == 1 + len(samples.list_names())
    assert set(value["dead"]) <= set(np.flatnonzero(kept.maps.statistics.maximum <= 0).tolist())
    norm = layer_views.show_norm(kept, 3)
    assert norm["layer"] == "blocks.2.1.bn2"
    assert norm["after"]["mean"] == pytest.approx(
        norm["gamma"] * (norm["before"]["mean"] - norm["training"]["mean"])
        / np.sqrt(norm["training"]["variance"] + 1e-3) + norm["beta"], abs=1e-3,
    )  # fmt: skip
    grid, kernel = layer_views.show_kernels(kept, 3)
    assert grid["chosen"] == 3
    assert np.array(kernel["kernel"]).shape == (3, 3, 3)
    assert kernel["sum"] == pytest.approx(float(np.sum(kernel["kernel"])))


def test_live_frames_stop_at_the_layer(sample):
    frame = live.show_frame(sample, MODEL, LAYER, 64, "channel")
    assert frame.shape[1] == live.LIVE_WIDTH
    assert np.array_equal(frame, live.show_frame(sample, MODEL, LAYER, 64, "channel"))
    with pytest.raises(InputError, match="1 to 256"):
        live.show_frame(sample, MODEL, LAYER, float("nan"))


def test_digit_on_one_screen():
    pad, value, _ = digits.show_example()
    assert value["digit"] == 2
    assert value["shapes"]["conv3"] == [128, 3, 3]
    assert value["html"].count("<img") == 6
    again, _ = digits.show_digit(digits.read_drawing(pad["src"]))
    assert again["probabilities"] == pytest.approx(value["probabilities"])


@pytest.mark.parametrize(
    "source",
    ["", None, 7, "data:image/png;base64,%%%", "data:text/html;base64,PGI+", "x" * 500_000],
)
def test_drawings_that_are_none(source):
    with pytest.raises(InputError, match="nothing drawn"):
        digits.read_drawing(source)


def test_without_a_pass_each_view_asks_for_a_picture():
    for call in (
        lambda: unit_views.show_pixels(None, 0, 0, 0, "gradient"),
        lambda: next(unit_views.draw_favourite(None, 0, 8, "fourier", "map")),
        lambda: unit_views.show_silence(None, 0),
        lambda: layer_views.show_activity(None, 0),
        lambda: tab.choose_channel(None, 0, "index", "channel"),
        lambda: tab.look(None),
    ):
        with pytest.raises(InputError, match="no picture"):
            call()


@pytest.mark.parametrize("bad", [-1, 240, 2.5, float("nan"), None])
def test_numbers_out_of_range(kept, bad):
    for call in (
        lambda: unit_views.show_pixels(kept, bad, 0, 0, "gradient"),
        lambda: unit_views.show_pixels(kept, 0, bad, 0, "gradient"),
        lambda: unit_views.show_silence(kept, bad),
        lambda: unit_views.show_silence(kept, 0, "keep", "active", bad and bad + 1),
        lambda: next(unit_views.draw_favourite(kept, bad, 8, "fourier", "map")),
    ):
        with pytest.raises(InputError, match="Choose"):
            call()


def test_names_are_escaped(kept):
    assert "<" not in kept_values.size_words((3, 4))
    bars = unit_views.draw_bars("a", [("<script>", 0.5)])
    assert "<script>" not in bars


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


def test_api_of_digits_and_frames(client, cat, upload, tmp_path):
    pad, *_ = digits.show_example()
    (tmp_path / "two.png").write_bytes(_read(pad["src"]))
    value, _ = client.predict(upload(tmp_path / "two.png"), api_name="/feature_maps_digit")
    assert value["digit"] == 2
    view = client.predict(cat, MODEL, "act1", 32, "channel", api_name="/feature_maps_frame")
    assert view.startswith("data:image/jpeg")


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

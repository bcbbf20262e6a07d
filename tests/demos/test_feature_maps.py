"""The tab's handlers called as plain functions, and through the running app's API."""

import dataclasses
import io

import gradio as gr
import numpy as np
import pytest

from cvcore import channels, images, samples
from cvcore import feature_maps as fm
from cvcore.errors import InputError
from demos import feature_maps as tab
from demos import feature_maps_digits as digits
from demos import feature_maps_kept as kept_values
from demos import feature_maps_layer as layer_views
from demos import feature_maps_save as saving
from demos import feature_maps_unit as unit_views
from demos import ui

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


def test_a_chosen_channel_and_place_are_looked_at(sample):
    _, grid, large, channel, row, column, *_ = tab.look(
        sample, MODEL, LAYER, "index", "channel", 7, 3, 27
    )
    assert (channel, row, column) == (7, 3, 27)
    assert (large["channel"], grid["chosen"], large["place"]) == (7, 7, [3, 27])
    *_, row, column, _, _, kept = tab.look(sample, MODEL, LAYER, "index", "channel", 7)
    assert kept.maps.maps[7][row, column] == kept.maps.maps[7].max()
    with pytest.raises(InputError, match="channel from 0 to 239"):
        tab.look(sample, MODEL, LAYER, "index", "channel", 240)
    with pytest.raises(InputError, match="row from 0 to 27"):
        tab.look(sample, MODEL, LAYER, "index", "channel", 7, 28, 0)


def test_a_link_opens_with_its_channel_or_the_most_active(sample, looked):
    inputs = (sample, MODEL, LAYER, "index", "channel")
    large = tab.open_lesson(*inputs, 7, 3, 27)[2]
    assert (large["channel"], large["place"]) == (7, [3, 27])
    for unit in ((None, None, None), (240, None, None), (7, 28, 0)):
        assert tab.open_lesson(*inputs, *unit)[2]["channel"] == looked[3]
    with pytest.raises(InputError, match="no layer"):
        tab.open_lesson(sample, MODEL, "act9", "index", "channel", 7, 3, 27)


def test_a_link_restores_layer_channel_and_place():
    from demos.ui import links

    with gr.Blocks(), gr.Tab("Feature maps") as block:
        lesson = ui.Tab("feature_maps", block, gr.Image())
        tab.build(lesson)
        state = links.collect("feature_maps", block, picture=lesson.picture, opened=lesson.opened)
    query = {
        "tab": ["feature_maps"], "layer": [LAYER], "channel": ["7"], "row": ["3"], "column": ["27"],
    }  # fmt: skip
    updates, unknown = links.read_link({"feature_maps": state}, query)
    assert unknown == []
    values = {key: updates[state.controls[key]]["value"] for key in query if key != "tab"}
    assert values == {"layer": LAYER, "channel": 7, "row": 3, "column": 27}
    assert links.read_link({"feature_maps": state}, query | {"channel": ["-1"]})[1] == [
        "channel=-1"
    ]


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
    assert len(looked[0]["stages"]) > 4
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
    drive = fm.extract_drive(kept.picture, LAYER)[channel, row, column]
    assert value["drive"] == pytest.approx(float(drive), abs=1e-5)
    assert drive < 0
    assert f"<b>{kept_values.number(drive)}</b> before the activation" in value["html"]


def test_where_there_is_no_activation_the_value_is_its_own_drive(sample):
    *_, norm = tab.look(sample, MODEL, "bn1")
    value = unit_views.show_pixels(norm, 0, 5, 5, "gradient")
    assert value["drive"] == value["value"]
    assert "before the activation" not in value["html"]


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
    drive = fm.extract_drive(kept.picture, LAYER)[5]
    assert values[-1]["your_picture"] == pytest.approx(float(drive.mean()), abs=1e-5)
    assert "the mean over the map before the activation is" in values[-1]["html"]
    running = unit_views.draw_favourite(kept, 5, 500, "pixels", "centre")
    next(running), next(running)
    running.close()
    assert not any(part._forward_pre_hooks for part in fm.get_module(MODEL).modules())


@pytest.mark.parametrize(("kind", "turn"), [("fourier", (5, 0.1)), ("pixels", (0, 0))])
def test_only_what_is_drawn_in_frequencies_is_turned_and_zoomed(kept, monkeypatch, kind, turn):
    used = []
    monkeypatch.setattr(fm, "maximise", lambda *_, settings, **__: used.append(settings) or ())
    list(unit_views.draw_favourite(kept, 5, 8, kind, "map"))
    (settings,) = used
    assert (settings.turn, settings.zoom) == turn
    assert (settings.parameterisation, settings.steps) == (kind, 8)


def test_favourite_at_one_place_in_octaves(kept):
    *_, last = unit_views.draw_favourite(kept, 5, 4, "fourier", "centre", 3, 0)
    assert (last["step"], last["octave"]) == (12, 3)
    drive = fm.extract_drive(kept.picture, LAYER)[5]
    assert last["your_picture"] == pytest.approx(float(drive.max()), abs=1e-5)
    for octaves, jitter, words in (
        (0, 8, "octaves from 1"),
        (11, 8, "octaves"),
        (1, 999, "jitter"),
    ):
        with pytest.raises(InputError, match=words):
            list(unit_views.draw_favourite(kept, 5, 4, "fourier", "map", octaves, jitter))


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
    pictures = [kept.picture, *map(samples.load_sample, samples.list_names())]
    whole = channels.measure_activity(pictures, LAYER, model=MODEL)
    assert value["dead"] == whole.dead.tolist()
    assert value["silent_here"] == int((kept.maps.maps == 0).all(axis=(1, 2)).sum())
    assert value["measured_at"] == LAYER
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


def test_the_samples_run_once_a_layer(kept, monkeypatch):
    layer_views.show_activity(kept, 3)

    def forbidden(*_, **__):
        raise AssertionError("the network ran again")

    monkeypatch.setattr(fm, "record", forbidden)
    assert layer_views.show_activity(kept, 4)["pictures"] == 1 + len(samples.list_names())


def test_silence_is_counted_after_the_activation(sample):
    act = layer_views.show_activity(tab.look(sample, MODEL, "act1")[-1], 0)
    norm = layer_views.show_activity(tab.look(sample, MODEL, "bn1")[-1], 0)
    assert norm["measured_at"] == "act1"
    assert (norm["dead"], norm["silent_here"]) == (act["dead"], act["silent_here"])
    assert norm["mean_zeros"] == pytest.approx(act["mean_zeros"])
    bottleneck = layer_views.show_activity(tab.look(sample, MODEL, "blocks.2.1.bn3")[-1], 0)
    assert bottleneck["dead"] == []
    assert "no zeros here" in bottleneck["html"]


def test_batch_norm_says_when_it_lacks_the_channel(sample):
    *_, wide = tab.look(sample, MODEL, "blocks.2.1")
    wide = dataclasses.replace(wide, maps=dataclasses.replace(wide.maps, maps=np.zeros((99, 2, 2))))
    assert "no channel 98: this is its channel 0" in layer_views.show_norm(wide, 98)["html"]
    assert "this is its channel" not in layer_views.show_norm(wide, 3)["html"]


def test_a_download_shows_its_stop_and_can_be_given_up(monkeypatch):
    monkeypatch.setattr(ui, "fetch_model", lambda name: iter(["Downloading: 3%"]))
    first, last = tab.choose_model(MODEL)
    assert first[1] == "Downloading: 3%"
    assert first[3]["visible"] is True
    assert last[:3] == (MODEL, "", "act1")
    assert last[3]["visible"] is False
    assert tab.give_up_model()[:3] == (MODEL, tab.STOPPED, tab.DEFAULT_LAYER)


def test_saved_files_hold_the_maps_as_shown(kept):
    grid, maps = saving.save_layer(kept, "mean", "layer")
    assert grid["filename"] == f"{MODEL}-{LAYER}.png"
    with np.load(io.BytesIO(_read(maps["href"]))) as numbers:
        assert np.array_equal(numbers["maps"], kept.maps.maps)
        assert np.array_equal(numbers["logits"], kept.maps.logits)
    picture = images.load_image(_read(grid["href"]), max_side=None)
    assert np.array_equal(picture, kept_values.draw_kept(kept, "mean", "layer").image)
    with pytest.raises(InputError):
        saving.save_layer(None, "mean", "layer")


def test_favourites_drawn_ahead_stand_beside_their_channel(sample, kept):
    assert kept_values.to_channel(kept, 3)["favourite"] == ""  # a layer without a sheet
    *_, other = tab.look(sample, MODEL, "blocks.4.2")
    first, second = (kept_values.to_channel(other, channel)["favourite"] for channel in (3, 4))
    assert first.startswith("data:image/jpeg")
    assert first != second


def test_what_the_digits_network_likes_best_is_shown():
    html = digits.show_favourites()["html"]
    for words in ("32 maps of convolution 1", "64 maps of convolution 2", "128 maps of"):
        assert words in html


def test_digit_on_one_screen():
    pad, value, _ = digits.show_example()
    assert value["digit"] == 2
    assert value["shapes"]["conv3"] == [128, 3, 3]
    assert value["html"].count("<img") == 6
    again, _ = digits.show_digit(ui.read_drawing(pad["src"]))
    assert again["probabilities"] == pytest.approx(value["probabilities"])


@pytest.mark.parametrize(
    "source",
    ["", None, 7, "data:image/png;base64,%%%", "data:text/html;base64,PGI+", "x" * 500_000],
)
def test_drawings_that_are_none(source):
    with pytest.raises(InputError, match="nothing drawn"):
        ui.read_drawing(source)


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
    bars = unit_views.draw_bars("<b>", [("<script>", 0.5)])
    assert "<script>" not in bars
    assert "&lt;script&gt;" in bars
    assert "&lt;b&gt;" in bars

"""The tab's handlers called as plain functions, and through the running app's API."""

import dataclasses
import html
import io
import json
import re

import gradio as gr
import numpy as np
import pytest

from cvcore import feature_maps as fm
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.feature_maps import channels
from cvcore.recognition import classifier
from demos import feature_maps as tab
from demos import lesson as lesson_demos
from demos.feature_maps import layer as layer_views
from demos.feature_maps import picture
from demos.feature_maps import save as saving
from demos.feature_maps import state as state_values
from demos.feature_maps import unit as unit_views
from demos.feature_maps.controls import DEFAULTS, Settings
from demos.feature_maps.views import BINS, ink_on

MODEL = "efficientnet_lite0"
LAYER = "blocks.2.1.act2"


def look(image, *values):
    """A look with these settings, the others as the tab opens with them."""
    return picture.look(image, Settings(*values))


@pytest.fixture(scope="module")
def looked(sample):
    return look(sample, MODEL, LAYER)


@pytest.fixture(scope="module")
def state(looked):
    return looked[-1]


def test_a_look_shows_stages_maps_and_the_most_active_channel(looked, state):
    stages, grid, large, channel, row, column, layer, badge, _ = looked
    assert [stage["size"] for stage in stages["stages"]] == [
        "112 × 112", "56 × 56", "28 × 28", "14 × 14", "7 × 7",
    ]  # fmt: skip
    assert stages["stage"] == 2
    assert layer in [row["name"] for row in stages["layers"]]
    assert channel == large["channel"] == int(np.argmax(grid["mean"]))
    assert state.maps.maps[channel][row, column] == state.maps.maps[channel].max()
    assert "network" in badge
    means = np.array(grid["mean"])
    assert grid["channels"] == sorted(grid["channels"])
    assert set(grid["channels"]) == set(np.argsort(-means, kind="stable")[:36].tolist())
    assert grid["caption"].startswith("the 36 strongest of 240 channels of 28 × 28")
    every = picture.redraw(state, "index", "channel", "all", channel)
    assert every["channels"] == list(range(240))
    assert every["caption"].startswith("240 channels of")
    maxima = picture.redraw(state, "maximum", "channel", "strongest", None)
    assert maxima["channels"] == state.maps.order("maximum")[:36].tolist()
    assert maxima["chosen"] == -1  # no channel yet, and not channel 0


def test_a_view_wider_than_the_input_says_so(sample, state):
    """A place of the last stage would see 339 pixels a side, of 224."""
    facts = dict(state_values.to_channel(state, 0)["facts"])
    assert facts["a place sees"] == "67 × 67 pixels"
    *_, late = look(sample, MODEL, "blocks.5.1.act2")
    side = fm.receptive_field(MODEL, "blocks.5.1.act2").size_hw[0]
    seen = dict(state_values.to_channel(late, 0)["facts"])["a place sees"]
    assert side > 224
    assert seen == f"{side:.0f} × {side:.0f} pixels, more than the input's 224 × 224"


def test_what_the_layer_has_not_leaves_a_view_as_it_is(state):
    for unit in ((0,), (239,), (0, 27, 27), ()):
        assert state_values.has_unit(state, unit)
    for unit in ((240,), (-1,), (None,), (0, 28, 0), (0, 0, None), (0, None, 0)):
        assert not state_values.has_unit(state, unit)


def test_the_classes_are_those_of_the_classification(sample, state):
    """One network, whichever engine runs it: the probabilities, as they are shown."""
    own = classifier.softmax(state.maps.logits)
    other = classifier.predict_batch([sample])[0]
    np.testing.assert_allclose(own, other, atol=5e-5)


def test_a_slider_beyond_a_small_layer_means_all_of_it(sample):
    *_, small = look(sample, MODEL, "blocks.0.0.bn2")
    assert len(unit_views.show_silence_here(small, 0, "silence", "active", 64)["channels"]) == 16


def test_place_boxes_are_the_receptive_field(looked):
    large, field = looked[2], fm.receptive_field(MODEL, LAYER)
    for row, column in ((0, 0), (13, 20), (27, 27)):
        left, top, right, bottom = field.box(row, column)
        assert large["rows"][row] == [top, bottom]
        assert large["columns"][column] == [left, right]


def test_a_chosen_channel_and_place_are_looked_at(sample):
    _, grid, large, channel, row, column, *_ = look(
        sample, MODEL, LAYER, "index", "channel", 7, 3, 27
    )
    assert (channel, row, column) == (7, 3, 27)
    assert (large["channel"], grid["chosen"], large["place"]) == (7, 7, [3, 27])
    *_, row, column, _, _, state = look(sample, MODEL, LAYER, "index", "channel", 7)
    assert state.maps.maps[7][row, column] == state.maps.maps[7].max()
    with pytest.raises(InputError, match="channel from 0 to 239"):
        look(sample, MODEL, LAYER, "index", "channel", 240)
    with pytest.raises(InputError, match="row from 0 to 27"):
        look(sample, MODEL, LAYER, "index", "channel", 7, 28, 0)


def test_a_link_opens_with_its_channel_or_the_most_active(sample, looked):
    shown = (MODEL, LAYER, "index", "channel")
    large = picture.open_lesson(sample, Settings(*shown, 7, 3, 27))[2]
    assert (large["channel"], large["place"]) == (7, [3, 27])
    for unit in ((None, None, None), (240, None, None), (7, 28, 0)):
        assert picture.open_lesson(sample, Settings(*shown, *unit))[2]["channel"] == looked[3]
    with pytest.raises(InputError, match="no layer"):
        picture.open_lesson(sample, Settings(MODEL, "act9", "index", "channel", 7, 3, 27))


def test_a_link_restores_layer_channel_and_place():
    from demos.page import links

    with gr.Blocks(), gr.Tab("Feature maps") as block:
        lesson = lesson_demos.Tab("feature_maps", block)
        tab.build(lesson)
        link = links.collect("feature_maps", block, picture=lesson.picture, opened=lesson.opened)
    query = {
        "tab": ["feature_maps"], "layer": [LAYER], "channel": ["7"], "row": ["3"], "column": ["27"],
    }  # fmt: skip
    updates, unknown = links.read_link({"feature_maps": link}, query)
    assert unknown == []
    values = {key: updates[link.controls[key]]["value"] for key in query if key != "tab"}
    assert values == {"layer": LAYER, "channel": 7, "row": 3, "column": 27}
    assert links.read_link({"feature_maps": link}, query | {"channel": ["x"]})[1] == ["channel=x"]


def test_no_network_runs_for_sorting_colours_and_channels(state, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("the network ran again")

    fm.receptive_fields(MODEL)
    monkeypatch.setattr(fm.maps, "record", forbidden)
    by_mean = picture.redraw(state, "mean", "layer", "all", 3)
    means = [by_mean["mean"][channel] for channel in by_mean["channels"]]
    assert means == sorted(means, reverse=True)
    assert by_mean["src"] != picture.redraw(state, "mean", "channel", "all", 3)["src"]
    view, grid, row, column = picture.choose_channel(state, 7, "index", "channel", "all")
    assert (view["channel"], grid["chosen"]) == (7, 7)
    assert [row, column] == view["place"]


def test_every_stage_names_a_layer_that_can_be_looked_at(looked, sample):
    assert len(looked[0]["stages"]) > 4
    for index, stage in enumerate(looked[0]["stages"]):
        assert fm.find_layer(MODEL, stage["layer"]).stage == index
        assert fm.find_layer(MODEL, stage["layer"]).kind == "activation"


def test_back_to_pixels(state, looked):
    channel, row, column = looked[3:6]
    plain = unit_views.show_pixels(state, channel, row, column, "gradient")
    guided = unit_views.show_pixels(state, channel, row, column, "guided")
    assert plain["value"] == pytest.approx(float(state.maps.maps[channel].max()))
    assert plain["gradient_size"] > 0
    assert plain["gradient_size"] != guided["gradient_size"]
    assert plain["html"].count("<img") == 4


def test_pixels_that_would_wake_a_silent_place_are_shown(state):
    channel = int(np.argmin(np.abs(state.maps.statistics.zeros - 0.5)))
    row, column = (np.argwhere(state.maps.maps[channel][8:20, 8:20] == 0)[0] + 8).tolist()
    value = unit_views.show_pixels(state, channel, row, column, "gradient")
    assert value["value"] == 0
    assert value["gradient_size"] > 0
    drive = fm.extract_drive(state.picture, LAYER)[channel, row, column]
    assert value["drive"] == pytest.approx(float(drive), abs=1e-5)
    assert drive < 0
    assert f"<b>{state_values.number(drive)}</b> before the activation" in value["html"]


def test_where_there_is_no_activation_the_value_is_its_own_drive(sample):
    *_, norm = look(sample, MODEL, "bn1")
    value = unit_views.show_pixels(norm, 0, 5, 5, "gradient")
    assert value["drive"] == value["value"]
    assert "before the activation" not in value["html"]


def test_a_place_that_nothing_reaches_is_explained(state, monkeypatch):
    monkeypatch.setattr(fm, "unit_gradient", lambda *_, **__: np.zeros((3, 224, 224), np.float32))
    assert "switched off" in unit_views.show_pixels(state, 0, 0, 0, "gradient")["html"]


def test_silence_and_keep(state):
    value = unit_views.show_silence(state, 0, "silence", "useful", 4)
    top = next(iter(value["before"]))
    assert len(value["channels"]) == 4
    assert value["after"].get(top, 0) < value["before"][top]
    assert value["channels"][0] == max(value["effects"], key=lambda row: row["effect"])["channel"]
    assert unit_views.show_silence(state, 9, "silence", "selected", 4)["channels"] == [9]
    every = unit_views.show_silence(state, 0, "keep", "active", 240)
    assert every["after"] == pytest.approx(every["before"], rel=1e-3)


def test_visualization_streams_previews_and_ends_when_closed(state):
    running = unit_views.draw_visualization(state, 5, 16, "fourier", "map")
    values = list(running)
    assert values[1]["step"] == 1
    assert values[-1]["step"] == 16
    assert values[-1]["objective"] > values[-1]["first_objective"]
    assert images.load_image(_read(values[-1]["src"])).shape == (160, 160, 3)
    drive = fm.extract_drive(state.picture, LAYER)[5]
    assert values[-1]["your_picture"] == pytest.approx(float(drive.mean()), abs=1e-5)
    assert "the mean over the map before the activation is" in values[-1]["html"]
    running = unit_views.draw_visualization(state, 5, 500, "pixels", "centre")
    next(running), next(running)
    running.close()
    assert not any(part._forward_pre_hooks for part in fm.get_module(MODEL).modules())


@pytest.mark.parametrize(("kind", "turn"), [("fourier", (5, 0.1)), ("pixels", (0, 0))])
def test_only_what_is_drawn_in_frequencies_is_turned_and_zoomed(state, monkeypatch, kind, turn):
    used = []
    monkeypatch.setattr(fm, "maximise", lambda *_, settings, **__: used.append(settings) or ())
    list(unit_views.draw_visualization(state, 5, 8, kind, "map"))
    (settings,) = used
    assert (settings.turn, settings.zoom) == turn
    assert (settings.parameterisation, settings.steps) == (kind, 8)


def test_visualization_at_one_place_in_octaves(state):
    *_, last = unit_views.draw_visualization(state, 5, 4, "fourier", "centre", 3, 0)
    assert (last["step"], last["octave"]) == (12, 3)
    drive = fm.extract_drive(state.picture, LAYER)[5]
    assert last["your_picture"] == pytest.approx(float(drive.max()), abs=1e-5)
    for octaves, jitter, words in (
        (0, 8, "octaves from 1"),
        (11, 8, "octaves"),
        (1, 999, "jitter"),
    ):
        with pytest.raises(InputError, match=words):
            list(unit_views.draw_visualization(state, 5, 4, "fourier", "map", octaves, jitter))


def _read(source):
    import base64

    return base64.b64decode(source.split(",")[1])


def test_two_pictures(state, sample):
    value = layer_views.show_reaction(state, samples.load_sample("astronaut"))
    assert len(value["channels"]) == layer_views.SHOWN
    assert value["changes"] == sorted(value["changes"], reverse=True)
    assert layer_views.show_reaction(state, sample)["changes"] == [0] * layer_views.SHOWN
    with pytest.raises(InputError, match="second picture"):
        layer_views.show_reaction(state, None)


def test_activity_batch_norm_and_kernels(state):
    value = layer_views.show_activity(state, 3)
    assert value["pictures"] == 1 + len(samples.list_names())
    pictures = [state.picture, *map(samples.load_sample, samples.list_names())]
    whole = channels.measure_activity(pictures, LAYER, model=MODEL)
    assert value["dead"] == whole.dead.tolist()
    assert value["silent_here"] == int((state.maps.maps == 0).all(axis=(1, 2)).sum())
    assert value["measured_at"] == LAYER
    norm = layer_views.show_norm(state, 3)
    assert norm["layer"] == "blocks.2.1.bn2"
    assert norm["after"]["mean"] == pytest.approx(
        norm["gamma"] * (norm["before"]["mean"] - norm["training"]["mean"])
        / np.sqrt(norm["training"]["variance"] + 1e-3) + norm["beta"], abs=1e-3,
    )  # fmt: skip
    grid, kernel = layer_views.show_kernels(state, 3)
    assert grid["chosen"] == 3
    assert np.array(kernel["kernel"]).shape == (3, 3, 3)
    assert kernel["sum"] == pytest.approx(float(np.sum(kernel["kernel"])))


def test_the_samples_run_once_a_layer(state, monkeypatch):
    layer_views.show_activity(state, 3)

    def forbidden(*_, **__):
        raise AssertionError("the network ran again")

    monkeypatch.setattr(fm.maps, "record", forbidden)
    assert layer_views.show_activity(state, 4)["pictures"] == 1 + len(samples.list_names())


def test_silence_is_counted_after_the_activation(sample):
    act = layer_views.show_activity(look(sample, MODEL, "act1")[-1], 0)
    norm = layer_views.show_activity(look(sample, MODEL, "bn1")[-1], 0)
    assert norm["measured_at"] == "act1"
    assert (norm["dead"], norm["silent_here"]) == (act["dead"], act["silent_here"])
    assert norm["mean_zeros"] == pytest.approx(act["mean_zeros"])
    bottleneck = layer_views.show_activity(look(sample, MODEL, "blocks.2.1.bn3")[-1], 0)
    assert bottleneck["dead"] == []
    assert "no zeros here" in bottleneck["html"]


def test_batch_norm_says_when_it_lacks_the_channel(sample):
    *_, wide = look(sample, MODEL, "blocks.2.1")
    wide = dataclasses.replace(wide, maps=dataclasses.replace(wide.maps, maps=np.zeros((99, 2, 2))))
    assert "no channel 98: this is its channel 0" in layer_views.show_norm(wide, 98)["html"]
    assert "this is its channel" not in layer_views.show_norm(wide, 3)["html"]


def test_a_download_shows_its_stop_and_can_be_given_up(monkeypatch):
    monkeypatch.setattr(lesson_demos, "fetch_model", lambda name: iter(["Downloading: 3%"]))
    first, last = picture.choose_model(MODEL)
    assert first[1] == "Downloading: 3%"
    assert first[3]["visible"] is True
    assert last[:3] == (MODEL, "", "act1")
    assert last[3]["visible"] is False
    assert picture.give_up_model()[:3] == (MODEL, picture.STOPPED, DEFAULTS.layer)


def test_saved_files_hold_the_maps_as_shown(state):
    grid, maps = saving.save_layer(state, "mean", "layer")
    assert grid["filename"] == f"{MODEL}-{LAYER}.png"
    with np.load(io.BytesIO(_read(maps["href"]))) as numbers:
        assert np.array_equal(numbers["maps"], state.maps.maps)
        assert np.array_equal(numbers["logits"], state.maps.logits)
    picture = images.load_image(_read(grid["href"]), max_side=None)
    assert np.array_equal(picture, state_values.draw_maps(state, "mean", "layer").image)
    with pytest.raises(InputError):
        saving.save_layer(None, "mean", "layer")


def test_visualizations_drawn_ahead_stand_beside_their_channel(sample, state):
    assert state_values.to_channel(state, 3)["favourite"] == ""  # a layer without pictures
    *_, other = look(sample, MODEL, "blocks.4.2")
    first, second = (state_values.to_channel(other, channel)["favourite"] for channel in (3, 4))
    assert first.startswith("data:image/jpeg")
    assert first != second


def test_charts_hold_the_values(state):
    """Those under the pointer: how many channels, the spread of each, each step of the way."""
    zeros = layer_views.show_activity(state, 3)["zeros"]
    (points, *_) = read_charts(layer_views.show_activity(state, 3)["html"], "channels")
    counts = np.histogram(100 * np.array(zeros), bins=BINS, range=(0, 100))[0]
    assert [int(count) for *_, count in points] == counts.tolist()
    norm = layer_views.show_norm(state, 3)
    means, _ = read_charts(norm["html"], "mean")
    assert len(means) == 240
    assert float(means[3][3].replace("−", "-")) == pytest.approx(norm["before"]["mean"], rel=0.01)
    *_, last = unit_views.draw_visualization(state, 5, 16, "fourier", "map")
    (way,) = read_charts(last["html"], "mean over the map")
    assert [step for *_, step, _ in way] == [str(step) for step in range(1, 17)]
    assert float(way[-1][3].replace("−", "-")) == pytest.approx(last["objective"], rel=0.01)
    assert "your picture</text>" in last["html"]


def read_charts(drawing: str, name: str) -> list[list]:
    """The points of each series of that name: where it stands, and its values in words."""
    found = re.findall(f"data-name=\"{re.escape(name)}\" data-points='(.*?)'", drawing)
    return [json.loads(html.unescape(points)) for points in found]


@pytest.mark.parametrize("bad", [-1, 240, 2.5, float("nan"), None])
def test_numbers_out_of_range(state, bad):
    for call in (
        lambda: unit_views.show_pixels(state, bad, 0, 0, "gradient"),
        lambda: unit_views.show_pixels(state, 0, bad, 0, "gradient"),
        lambda: unit_views.show_silence(state, bad, "silence", "selected", 1),
        lambda: unit_views.show_silence(state, 0, "keep", "active", bad and bad + 1),
        lambda: next(unit_views.draw_visualization(state, bad, 8, "fourier", "map")),
    ):
        with pytest.raises(InputError, match="Choose"):
            call()


def test_names_are_escaped(state):
    bars = unit_views.draw_bars("<b>", [("<script>", 0.5)])
    assert "<script>" not in bars
    assert "&lt;script&gt;" in bars
    assert "&lt;b&gt;" in bars


@pytest.mark.parametrize("rgb", [(0, 0, 0), (255, 255, 255), (178, 24, 43), (33, 102, 172)])
def test_numbers_can_be_read_on_their_colours(rgb):
    """By the contrast that WCAG asks of text, 4.5."""
    share = np.array(rgb) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    light = linear @ (0.2126, 0.7152, 0.0722) + 0.05
    contrast = light / 0.05 if ink_on(*rgb) == "#000" else 1.05 / light
    assert contrast >= 4.5

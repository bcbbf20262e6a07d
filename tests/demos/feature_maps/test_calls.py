"""The tab through the running app's API."""

import base64

import numpy as np
import pytest
from gradio_client.exceptions import AppError

from cvcore import feature_maps as fm
from cvcore.core import samples
from cvcore.core.errors import InputError
from demos.feature_maps import digits, layer, save, unit
from demos.feature_maps.controls import DEFAULTS, Source
from demos.feature_maps.state import find_pass
from tests.support.files import write_bad_files, write_odd_pictures

MODEL = "efficientnet_lite0"
LAYER = "blocks.2.1.act2"


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
    assert len(grid["channels"]) == 36
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
    _, grid, large, _, row, column, _, _ = client.predict(
        cat, MODEL, LAYER, "index", "layer", 7, 3, 27, "all", api_name="/feature_maps"
    )
    assert len(grid["channels"]) == 240
    assert (large["channel"], row, column) == (7, 3, 27)


ALONE = {
    "pixels": (unit.show_pixels, (3, 5, 7, "gradient")),
    "silence": (unit.show_silence, (3, "keep", "active", 2)),
    "compare": (layer.show_reaction, ()),
    "activity": (layer.show_activity, (3,)),
    "batch_norm": (layer.show_norm, (3,)),
    "kernels": (layer.show_kernels, (3,)),
    "maximise": (unit.draw_visualization, (3, 16, "fourier", "map")),
    "save": (save.save_layer, ("mean", "layer")),
}


def is_like(found: list, expected: list) -> bool:
    return len(found) == len(expected) and all(
        one == (pytest.approx(other, rel=1e-3, abs=1e-4) if isinstance(other, float) else other)
        for one, other in zip(found, expected, strict=True)
    )


def spell_out(value) -> list:
    """Every name and number, one after the other; drawings are left out."""
    if isinstance(value, dict):
        parts = [[key, one] for key, one in value.items() if key not in ("html", "src", "href")]
        return spell_out(parts)
    if isinstance(value, list | tuple):
        return [one for part in value for one in spell_out(part)]
    return [value]


@pytest.mark.parametrize("name", ALONE)
def test_api_answers_first_thing_in_a_session(client, upload, monkeypatch, name):
    """Of the picture and the layer given, and then again without these; with nothing given, of
    what the tab opens with."""
    handler, values = ALONE[name]

    def answer(picture: str, layer: str):
        state = find_pass(None, Source(samples.load_sample(picture), MODEL, layer))
        second = (samples.load_sample("astronaut"),) if name == "compare" else ()
        given = handler(state, *second, *values)
        given = list(given)[-1] if name == "maximise" else given
        return spell_out(given)

    def ask(**named) -> list:
        return spell_out(client.predict(*values, **named, api_name=f"/feature_maps_{name}"))

    client.reset_session()
    opened = answer("chelsea", "act1")
    assert is_like(ask(), opened)
    client.reset_session()
    expected, coffee = answer("coffee", LAYER), upload(samples.index()["coffee"].path)
    assert name == "kernels" or not is_like(expected, opened)  # those are the network's own
    assert is_like(ask(image=coffee, layer=LAYER), expected)
    monkeypatch.setattr(fm, "survey", None)  # nothing is missing: the network is not asked again
    assert is_like(ask(), expected)
    assert is_like(ask(image=coffee), expected)


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
    for path in write_odd_pictures(tmp_path).values():
        assert client.predict(upload(path), MODEL, "act1", api_name="/feature_maps")
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(AppError, match=r"could not be read as a picture|too large"):
            client.predict(upload(path), MODEL, "act1", api_name="/feature_maps")
    for arguments in ((None, MODEL, "act1"), ("ok", MODEL, "act9"), ("ok", MODEL, "classifier")):
        picture = arguments[0] and upload(samples.index()["coffee"].path)
        with pytest.raises(AppError, match="There is no"):
            client.predict(picture, *arguments[1:], api_name="/feature_maps")


def test_api_refuses_models_that_the_page_does_not_offer(client):
    for model in ("yolo11n", "no such thing"):
        with pytest.raises(AppError, match="Model: choose one of efficientnet_lite0"):
            client.predict(3, model=model, api_name="/feature_maps_activity")


def test_a_call_through_the_api_looks_anew_only_where_it_must(sample, monkeypatch):
    """What it leaves out is as before; at first, as the tab opens."""
    state = find_pass(None, Source(sample, MODEL, LAYER))
    first = find_pass(None, Source())
    assert (first.model, first.layer) == (DEFAULTS.model, DEFAULTS.layer)
    assert np.array_equal(first.picture, sample)
    other = find_pass(state, Source(samples.load_sample("coffee")))
    assert (other.model, other.layer) == (MODEL, LAYER)
    assert np.array_equal(other.picture, samples.load_sample("coffee"))
    assert other.maps.logits is not None
    digit = find_pass(other, Source(model="digits_cnn"))
    assert (digit.model, digit.layer) == ("digits_cnn", "act1")
    assert digit.picture is other.picture
    assert find_pass(state, Source(layer="act2")).layer == "act2"
    with pytest.raises(InputError, match="no layer"):
        find_pass(state, Source(layer="act9"))
    monkeypatch.setattr(fm, "survey", None)
    for same in (Source(), Source(sample.copy(), MODEL, LAYER), Source(layer=LAYER)):
        assert find_pass(state, same) is state

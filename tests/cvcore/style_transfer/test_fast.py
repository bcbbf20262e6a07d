"""The painter against Magenta's file: styles as numbers, mixed, remembered and let go of."""

import io
from collections import OrderedDict

import numpy as np
import pytest
import torch

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.core.samples import load_sample
from cvcore.engine import checkpoints, tensors
from cvcore.models.style_network import build_style_network
from cvcore.style_transfer import (
    LossMeter,
    fast,
    fit,
    index,
    load_style,
    mix_numbers,
    paint,
    read_numbers,
    style_numbers,
    stylise,
    stylise_fast,
)
from cvcore.style_transfer.fast import own_painter
from cvcore.style_transfer.whirls import add_whirls

NIGHT = load_style("night")


def test_the_painter_is_magentas(sample):
    """The published layers, run by PyTorch from the weights in the ONNX file."""
    import onnx
    from onnx import numpy_helper

    stored = onnx.load_from_string(checkpoints.load_onnx("style_transform")).graph.initializer
    arrays = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in stored}
    network = build_style_network().eval()
    state = network.state_dict()  # biases of 0 are stored once for all
    network.load_state_dict({name: arrays.get(name, 0 * state[name]) for name in state})
    small, numbers = fit(sample, 96), style_numbers(load_style("glass"))
    with torch.no_grad():
        expected = network(tensors.to_batch(small, device="cpu"), torch.from_numpy(numbers)[None])
    got = fast.paint_with(small, numbers, fast.SHARED)
    assert np.abs(got.astype(int) - images.to_image(expected)).max() <= 1


def find_share(numbers):
    own, share = own_painter(numbers)
    return ("", share) if own is None else (own.painter, share)


def test_the_painter_of_the_bundled_styles_paints_them_and_no_other():
    goal = style_numbers(NIGHT)
    for name in index():
        expected = ("", 0.0) if name == "ink" else ("style_bundled", 1.0)
        assert find_share(style_numbers(load_style(name))) == expected, name
    assert find_share(style_numbers(load_sample("coffee"))) == ("", 0.0)
    small = images.resize(NIGHT, (300, 300))
    again = images.load_image(io.BytesIO(images.to_jpeg(small, quality=75)))
    assert find_share(read_numbers(again))[1] == 1  # smaller and compressed anew
    away = np.zeros(100, np.float32)
    away[0] = np.linalg.norm(goal)
    assert find_share(goal + 0.25 * away)[1] == pytest.approx(0.5, abs=1e-3)


@pytest.fixture
def share_of(monkeypatch):
    """Sets what the painter of the bundled styles has of a painting of Night."""
    night = own_painter(style_numbers(NIGHT))[0]

    def share_of(share):
        monkeypatch.setattr(fast, "own_painter", lambda _: (night if share else None, share))

    return share_of


def test_halfway_both_painters_are_mixed(sample, share_of):
    small, goal = fit(sample, 96), style_numbers(NIGHT)

    def painted(share):
        share_of(share)
        return paint(small, goal).astype(float)

    shared, own = painted(0.0), painted(1.0)
    assert np.abs(own - shared).mean() > 10
    np.testing.assert_allclose(painted(0.25), 0.75 * shared + 0.25 * own, atol=1.01)


def test_the_painter_of_the_bundled_styles_halves_what_the_shared_one_leaves():
    """On a photograph that it has not learnt on, by the loss that the steps bring down."""
    photo = load_sample("astronaut")
    for name in ("night", "glass", "dots"):
        style = load_style(name)
        meter, small, numbers = (
            LossMeter(photo, style, side=384),
            fit(photo, 384),
            style_numbers(style),
        )
        shared, own = (
            meter.measure(fast.paint_with(small, numbers, painter))
            for painter in (fast.SHARED, "style_bundled")
        )
        assert own["style"] < 0.5 * shared["style"], name
        assert own["content"] < 1.7 * shared["content"], name


def test_whirls_begin_where_a_picture_is_flat_and_bring_it_nearer_to_the_style():
    photo = load_sample("rocket")
    small = fit(photo, 384)
    started = add_whirls(small)
    np.testing.assert_array_equal(started, add_whirls(small))  # always the same: no flicker
    off = np.abs(started.astype(int) - small).mean(axis=2)
    height, width = off.shape
    sky, lights = off[: height // 2, width // 4 : width // 3], off[-height // 6 :]
    assert sky.mean() > 8 > 2 > lights.mean()
    with_own, plain = (stylise_fast(photo, NIGHT, side=512, whirls=on) for on in (True, False))
    meter = LossMeter(photo, NIGHT, side=384)
    assert meter.measure(with_own)["style"] < 0.95 * meter.measure(plain)["style"]
    glass = load_style("glass")
    shared, same = (stylise_fast(photo, glass, side=128, whirls=on) for on in (True, False))
    np.testing.assert_array_equal(shared, same)  # that painter begins with the photograph


def test_any_size_of_picture(sample):
    assert paint(sample[:61, :83], style_numbers(NIGHT)).shape == (61, 83, 3)
    assert stylise_fast(sample, NIGHT, side=200).shape == (133, 200, 3)


def test_the_style_takes_over(sample):
    painted = stylise_fast(sample, NIGHT, side=192)
    plain = stylise_fast(sample, NIGHT, side=192, strength=0)
    meter = LossMeter(sample, NIGHT, side=192)
    assert meter.measure(painted)["style"] < 0.6 * meter.measure(plain)["style"]


def test_numbers_mix():
    one, two = style_numbers(NIGHT), style_numbers(load_style("glass"))
    assert one.shape == (100,)
    half = mix_numbers(NIGHT, NIGHT, second=load_style("glass"), mix=0.5)
    np.testing.assert_allclose(half, (one + two) / 2, atol=1e-6)
    quarter = mix_numbers(load_style("glass"), NIGHT, strength=0.25)
    own = read_numbers(load_style("glass"), stroke=1)
    np.testing.assert_allclose(quarter, 0.25 * one + 0.75 * own, atol=1e-5)


def test_a_closer_look_is_the_mean_over_the_quarters():
    parts = [read_numbers(NIGHT[y : y + 256, x : x + 256], stroke=1)
             for y in (0, 256) for x in (0, 256)]  # fmt: skip
    np.testing.assert_allclose(read_numbers(NIGHT, stroke=2), np.mean(parts, axis=0), atol=1e-6)
    assert np.abs(read_numbers(NIGHT, stroke=1) - np.mean(parts, axis=0)).max() > 0.05
    with pytest.raises(InputError, match="stroke size from 1 to 4"):
        read_numbers(NIGHT, stroke=9)


def test_numbers_are_remembered_by_a_hash_and_handed_out_as_copies(monkeypatch):
    from cvcore.style_transfer import fast

    monkeypatch.setattr(fast, "_known", OrderedDict())
    monkeypatch.setattr(fast, "MAX_KNOWN", 2)
    first = style_numbers(NIGHT)
    expected = first.copy()
    first[:] = 0
    monkeypatch.setattr(fast, "read_numbers", lambda *_, **__: pytest.fail("read again"))
    np.testing.assert_array_equal(style_numbers(NIGHT), expected)
    monkeypatch.setattr(fast, "read_numbers", lambda *_, **__: np.zeros(100, np.float32))
    assert not style_numbers(NIGHT[::-1]).any()  # another picture
    assert not style_numbers(NIGHT, stroke=3).any()  # another look
    assert [len(key) for key in fast._known] == [32, 32]  # SHA-256, and the oldest is gone


def test_photographs_are_not_remembered(sample, monkeypatch):
    from cvcore.style_transfer import fast

    monkeypatch.setattr(fast, "_known", OrderedDict())
    mix_numbers(sample, NIGHT, strength=0.5)
    assert len(fast._known) == 1


@pytest.mark.parametrize("size", [(16, 16), (16, 128), (700, 90)])
def test_odd_pictures(size):
    grey = np.full((*size, 3), 130, np.uint8)
    assert stylise_fast(grey, NIGHT, side=64).dtype == np.uint8
    *_, painted = stylise(grey, NIGHT, side=64, steps=3)
    assert np.isfinite(painted.losses["total"])

"""Films and webcam dreams: what carries over from one frame to the next."""

import numpy as np
import pytest
import torch

from cvcore import deep_dream
from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.deep_dream import grid, motion
from cvcore.deep_dream.layers import LAYERS

FILM = {"frames": 3, "side": 64, "steps": 1, "octaves": 1, "jitter": 4}


def test_film_starts_with_the_photograph_and_dreams_on(sample):
    frames = list(motion.zoom_video(sample, **FILM))
    assert [frame.number for frame in frames] == [1, 2, 3]
    assert {frame.total for frame in frames} == {3}
    photo = images.to_image(deep_dream.to_start(sample, 64))
    height, width = frames[0].image.shape[:2]
    assert height % 2 == width % 2 == 0
    np.testing.assert_array_equal(frames[0].image, photo[:height, :width])
    assert (frames[1].image != frames[2].image).mean() > 0.5


def test_film_ends_when_closed(sample, monkeypatch):
    calls = []
    maximise = motion.maximise
    monkeypatch.setattr(motion, "maximise", lambda *a, **k: (calls.append(1), maximise(*a, **k))[1])
    film = motion.zoom_video(sample, **(FILM | {"frames": 200}))
    next(film), next(film)
    film.close()
    assert len(calls) == 1


def test_zoom_by_hand():
    """Twice as large: the middle half fills the picture; by 90 degrees the right edge is on top."""
    ramp = torch.linspace(0, 1, 65).repeat(1, 3, 65, 1)
    twice = motion.zoom_in(ramp, 2.0)
    torch.testing.assert_close(twice[0, 0, 32], torch.linspace(0.25, 0.75, 65), atol=0.01, rtol=0)
    turned = motion.zoom_in(ramp, 1.0, 90)
    torch.testing.assert_close(turned[0, 0, :, 32], ramp[0, 0, 32].flip(0), atol=0.02, rtol=0)
    torch.testing.assert_close(motion.zoom_in(ramp, 1.0), ramp, atol=1e-4, rtol=0)


def test_turning_keeps_shapes_in_pictures_that_are_not_square():
    picture = torch.zeros(1, 3, 60, 120)
    picture[..., 25:35, 40:80] = 1  # a bar of 40 x 10
    turned = motion.zoom_in(picture, 1.0, 90)[0, 0, :, 40:80] > 0.5  # beside it: reflections
    rows, columns = turned.any(dim=1).nonzero(), turned.any(dim=0).nonzero()
    assert int(rows[-1] - rows[0]) == pytest.approx(39, abs=2)
    assert int(columns[-1] - columns[0]) == pytest.approx(9, abs=2)


def test_contrast_is_kept():
    photo = 0.4 + 0.1 * torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    wild = (photo - 0.4) * 3 + 0.5
    calm = motion.keep_contrast(wild, photo)
    torch.testing.assert_close(calm.mean(dim=(2, 3)), photo.mean(dim=(2, 3)), atol=0.01, rtol=0)
    limit = motion.MAX_CONTRAST * photo.std(dim=(2, 3))
    assert bool((calm.std(dim=(2, 3)) <= limit * 1.01).all())
    faint = motion.keep_contrast(0.4 + (photo - 0.4) * 0.5, photo)
    assert float(faint.std()) < float(photo.std())  # never made stronger


def test_webcam_dream_grows_while_the_picture_holds_still(sample):
    state, sizes = None, []
    for _ in range(6):
        picture, state = motion.dream_on(sample, state, side=96)
        sizes.append(float(np.abs(state.change.astype(np.float32)).mean()))
    assert sizes[-1] > 1.5 * sizes[0]
    assert picture.shape[1] == min(sample.shape[1], motion.LIVE_SHOWN_SIDE)
    rms = np.sqrt(np.square(state.change.astype(np.float32)).mean())
    assert rms <= deep_dream.DEFAULTS.max_change + 1e-3


def test_webcam_dream_forgets_what_moved_and_other_layers(sample):
    state = None
    for _ in range(6):
        _, state = motion.dream_on(sample, state, side=96)
    size = np.abs(state.change.astype(np.float32)).mean()
    half = sample.copy()
    half[:, : sample.shape[1] // 2] = 255 - half[:, : sample.shape[1] // 2]
    _, moved = motion.dream_on(half, state, side=96)
    change = np.abs(moved.change.astype(np.float32)).mean(axis=(0, 1))
    assert change[:40].mean() < 0.7 * change[56:].mean()
    _, other = motion.dream_on(sample, state, side=96, layer="blocks.2.1")
    assert other.layer == "blocks.2.1"
    assert np.abs(other.change.astype(np.float32)).mean() < size
    turned, _ = motion.dream_on(np.rot90(sample).copy(), state, side=96)
    assert turned.shape[0] > turned.shape[1]


@pytest.mark.parametrize(
    "options",
    [
        {"frames": 0}, {"frames": float("nan")}, {"zoom": 0.5}, {"zoom": None}, {"turn": 90},
        {"steps": 0}, {"layer": "nowhere"}, {"channel": 999}, {"seed": None},
    ],
)  # fmt: skip
def test_film_values_out_of_range(sample, options):
    with pytest.raises(InputError):
        next(motion.zoom_video(sample, **(FILM | options)))


@pytest.mark.parametrize(
    "options", [{"steps": 0}, {"steps": None}, {"strength": 2}, {"layer": "nowhere"}]
)
def test_live_values_out_of_range(sample, options):
    with pytest.raises(InputError):
        motion.dream_on(sample, **options)


def test_thumbnails_are_one_a_layer(sample):
    shown = dict(grid.draw_thumbnails(sample))
    assert list(shown) == list(LAYERS)
    assert all(max(picture.shape) == grid.THUMBNAIL["side"] for picture in shown.values())


def test_dreams_cut_no_colours_off_and_keep_the_light(sample):
    """At every layer: hardly a pixel at black or white, mean light and saturation as before."""
    before = images.to_image(deep_dream.to_start(sample, 160)).astype(float)
    for layer in LAYERS:
        *_, last = deep_dream.dream(sample, layer=layer, side=160, octaves=2)
        picture = last.image.astype(float)
        assert ((picture <= 1) | (picture >= 254)).any(axis=2).mean() < 0.02, layer
        assert abs(picture.mean() - before.mean()) < 8, layer
        spans = [np.ptp(values, axis=2).mean() for values in (picture, before)]
        assert spans[0] < 1.2 * spans[1], layer

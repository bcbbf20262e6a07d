"""The webcam's handler, and what a browser is told that paints by itself."""

import base64

import numpy as np
import pytest

from cvcore import style_transfer
from cvcore.core.errors import InputError
from demos.style_transfer import live

NIGHT = style_transfer.load_style("night")


def stylise_frame(frame, numbers, name):
    return live.stylise_frame(frame, 1, False, 128, name, numbers)


def test_a_webcam_frame_is_painted_at_its_size():
    frame = np.full((120, 160, 3), 90, np.uint8)
    numbers = live.read_numbers(NIGHT, None, 0.5, 2)
    painted, badge = stylise_frame(frame, numbers, "")
    assert painted.shape == (96, 128, 3)
    assert "network" in badge
    named, _ = stylise_frame(frame, None, "night")
    np.testing.assert_array_equal(named, painted)
    other, _ = stylise_frame(frame, numbers, "glass")
    assert np.abs(painted.astype(int) - other).mean() > 2


def test_without_a_style_the_webcam_says_so():
    assert live.read_numbers(None, None, 0.5, 2) == ""
    frame = np.full((120, 160, 3), 90, np.uint8)
    with pytest.raises(InputError, match="no style picture yet"):
        stylise_frame(frame, "", "")


@pytest.mark.parametrize(
    "written",
    ["1, 2", "nan," * 99 + "1", "1," * 99 + "1e9", "a," * 99 + "1", "1," * 100 + "1", "nobody"],
)
def test_numbers_that_are_no_style_are_refused(written):
    with pytest.raises(InputError, match=r"100 numbers|no style called"):
        live.to_numbers(written)


def test_the_page_keeps_the_very_numbers_of_a_style():
    written = live.read_numbers(NIGHT, None, 0.5, 2)
    np.testing.assert_array_equal(live.to_numbers(written), style_transfer.style_numbers(NIGHT))


def test_frames_are_not_remembered(monkeypatch):
    from cvcore.style_transfer.fast import _known

    numbers = live.read_numbers(NIGHT, None, 0.5, 2)
    before = list(_known)
    frame = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    live.stylise_frame(frame, 1.5, False, 128, "", numbers)
    assert list(_known) == before


def test_a_browser_is_told_numbers_painters_and_streaks():
    assert live.tell_browser({"style": "dusk"}) == pytest.approx(
        style_transfer.style_numbers(style_transfer.load_style("dusk"))
    )
    painters = live.tell_browser({"painters": True})
    assert {own["painter"] for own in painters} == {"style_bundled"}
    assert [own["has_whirls"] for own in painters] == [True] + [False] * 7  # Night comes first
    written = live.tell_browser({"streaks": [36, 48]})
    streaks = np.frombuffer(base64.b64decode(written), "<i2") / live.STREAK_UNIT
    assert streaks.shape == (36 * 48,)
    assert (streaks.mean(), streaks.std()) == pytest.approx((0, 1), abs=0.01)
    with pytest.raises(InputError, match="from 1 to 640"):
        live.tell_browser({"streaks": [10_000, 10_000]})

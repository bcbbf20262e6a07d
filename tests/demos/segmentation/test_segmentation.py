"""The tab's handlers as plain functions, and through the running app's API."""

import base64
import io
import json
import re
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from cvcore import segmentation as seg
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.segmentation import fine_tuning
from demos import segmentation
from demos.segmentation import (
    count,
    fine_tune,
    ground_truth,
    levels,
    live,
    uncertainty,
    views,
)
from demos.segmentation.controls import Settings
from demos.segmentation.fine_tune import Tuning, TuningSettings
from demos.segmentation.live import FrameSettings, LiveState
from demos.segmentation.mask_view import SafeMask, to_mask
from demos.segmentation.state import LessonState


def test_numbers_view_and_files(astronaut):
    numbers, view, badge, overlay, mask_file, cut_file, state = segmentation.segment(
        astronaut, Settings()
    )
    assert numbers["inside_pixels"] == state.mask.above(0.5).sum()
    assert json.dumps(view)
    grey = images.load_data_uri(view["probability"])[..., 0] / 255
    np.testing.assert_allclose(grey, state.mask.probability, atol=0.003)
    assert "network" in badge
    assert overlay["href"].startswith("data:image/jpeg")
    saved = images.load_data_uri(mask_file["href"])[..., 0] > 0
    np.testing.assert_array_equal(saved, state.mask.above(0.5))
    png = base64.b64decode(cut_file["href"].partition(",")[2])
    cut = np.array(Image.open(io.BytesIO(png)))
    np.testing.assert_array_equal(cut[..., 3] > 0, state.mask.above(0.5))
    np.testing.assert_array_equal(cut[saved][:, :3], astronaut[saved])
    assert not cut[~saved].any()


def test_the_threshold_does_not_run_the_network(state, monkeypatch):
    monkeypatch.setattr(seg, "predict_mask", None)
    shares = [
        segmentation.rethreshold(state, value)[0]["inside_share"] for value in (0.1, 0.5, 0.9)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[2]
    with pytest.raises(InputError, match="no picture"):
        segmentation.rethreshold(None)


def test_comparison_is_written_out(state):
    whole = state.mask.above(0.5)
    result = ground_truth.compare(state, whole)
    assert result["dice"] == result["iou"] == 1
    half = whole.copy()
    half[:, :256] = False
    result = ground_truth.compare(state, half)
    assert result["dice"] == pytest.approx(2 * half.sum() / (half.sum() + whole.sum()))
    assert f"2 · {half.sum():,}" in result["html"]
    assert f"{result['dice']:.3f}" in result["html"]
    nothing = ground_truth.compare(state, None)["html"]
    assert "no truth yet" in nothing
    assert "0.838" in nothing  # the worked example


def test_masks_of_another_shape_are_refused(state):
    square = images.to_rgb(state.mask.above(0.5))
    assert (
        to_mask(images.resize(square, (256, 256)), (512, 512)) == state.mask.above(0.5)
    ).mean() > 0.98
    with pytest.raises(InputError, match="same shape"):
        to_mask(square[:200], (512, 512))


@pytest.mark.parametrize("values", [(0, 255), (0, 1), (1, 2), (100, 101)])
def test_masks_of_two_values_are_taken_as_they_are(values):
    truth = np.zeros((30, 40), bool)
    truth[5:20, 10:30] = True
    picture = images.to_rgb(np.where(truth, values[1], values[0]).astype(np.uint8))
    np.testing.assert_array_equal(to_mask(picture, (30, 40)), truth)


def test_masks_with_nothing_inside_are_refused():
    for grey in (np.zeros((30, 40)), np.full((30, 40), 90), np.arange(1200).reshape(30, 40) % 100):
        with pytest.raises(InputError, match="Nothing is inside this mask"):
            to_mask(images.to_rgb(grey.astype(np.uint8)), (30, 40))


def test_a_mask_is_read_with_its_transparency(tmp_path):
    """As a picture, white on nothing is all white: that says nothing, and is refused."""
    inside = np.zeros((64, 64), np.uint8)
    inside[16:48, 16:48] = 255
    cut_out = images.to_png(np.dstack([np.full((64, 64, 3), 255, np.uint8), inside]))
    (tmp_path / "mask.png").write_bytes(cut_out)
    address = f"data:image/png;base64,{base64.b64encode(cut_out).decode()}"
    for payload in (
        SimpleNamespace(path=str(tmp_path / "mask.png"), url=None),
        SimpleNamespace(path=None, url=address),
    ):
        mask = SafeMask(render=False).preprocess(payload)
        np.testing.assert_array_equal(to_mask(mask, (64, 64)), inside > 0)
    assert SafeMask(render=False).preprocess(None) is None
    with pytest.raises(InputError, match="Nothing is outside this mask"):
        to_mask(images.load_image(cut_out), (64, 64))
    for payload in (SimpleNamespace(path=None, url="data:,x"), SimpleNamespace(path="/x", url="")):
        with pytest.raises(gr.Error, match=r"could not be read|no longer here"):
            SafeMask(render=False).preprocess(payload)


def test_a_truth_comes_and_goes_with_its_file(state):
    inside = state.mask.above(0.5)
    mask, view = ground_truth.take_file(
        state, images.to_rgb(inside), {"src": "data:image/jpeg;base64,"}
    )
    np.testing.assert_array_equal(mask, inside)
    np.testing.assert_array_equal(images.load_data_uri(view["truth"])[..., 0] > 0, inside)
    again = ground_truth.take_file(state, images.to_rgb(inside), view)[1]
    assert again["truth_number"] > view["truth_number"] > 0
    mask, gone = ground_truth.take_file(state, None, again)
    assert mask is None
    assert not gone["truth"]
    assert gone["truth_number"] > again["truth_number"]
    assert ground_truth.take_file(None, None, None)[0] is None


def test_brushes_may_leave_nothing(state):
    black = np.zeros_like(state.image)
    black[0, :3] = 40  # what a soft rubber leaves is no truth

    def brush(picture):
        return SimpleNamespace(mask=images.to_data_uri(picture, format="png"))

    assert ground_truth.take_annotation(state, brush(black)) is None
    black[100:200, 100:200] = 255
    assert ground_truth.take_annotation(state, brush(black)).sum() == 100 * 100


def test_cutting_skips_is_seen(state):
    diagram, _ = levels.show_levels(state, [])
    assert diagram["dice_to_whole"] > 0.999
    cut, html = levels.show_levels(state, [0, 1])
    assert cut["unsure"] > diagram["unsure"]
    assert cut["dice_to_whole"] < 1
    assert "Without skip connections 0, 1:" in html
    assert "Without skip connection 2:" in levels.show_levels(state, [2])[1]
    for wrong in ([9], "all", [0.5]):
        with pytest.raises(InputError):
            levels.show_levels(state, wrong)


def test_uncertainty_and_count(state):
    numbers = uncertainty.show_uncertainty(state)
    assert 0 < numbers["mean_entropy"] < 0.5
    assert 0.8 < numbers["dice_to_mean"] <= 1
    result, table = count.show_count(state, 0.5, False)
    assert result["count"] == result["components"] == len(result["areas"]) >= 1
    assert table["filename"] == "objects.csv"


def test_nuclei_are_counted():
    """Beside scikit-image's count, in a table of as many lines."""
    from skimage.measure import label, regionprops

    image = samples.load_sample("nuclei_light")
    state = LessonState(image, seg.predict_mask(image, model="nuclei"))
    areas = [one.area for one in regionprops(label(state.mask.above(0.5), connectivity=2))]
    result, table = count.show_count(state)
    assert result["components"] == sum(area >= 12 for area in areas)
    assert result["components"] <= result["count"] <= len(areas) * 3
    assert sum(result["areas"]) == pytest.approx(sum(areas), rel=0.05)
    lines = base64.b64decode(table["href"].partition(",")[2]).decode().splitlines()
    assert lines[0] == "object,area_px,x,y"
    assert [int(line.split(",")[1]) for line in lines[1:]] == result["areas"]
    assert "nuclei do not change" in uncertainty.show_uncertainty(state)["html"]


def read_points(html):
    """What a chart says where it is pointed at: [pixel x, pixel y, x, y], the last two in words."""
    (points,) = re.findall(r"data-points='([^']*)'", html)
    return json.loads(points)


def test_areas_are_counted_in_sixteen_bars():
    points = read_points(views.draw_histogram(np.array([10, 10, 14, 90])))
    assert [int(point[3]) for point in points] == [3, *[0] * 14, 1]
    assert points[0][2] == "10 to 15 px"
    assert points[-1][2] == "85 to 90 px"
    assert len(read_points(views.draw_histogram(np.array([12])))) == 16


def test_losses_leave_room_for_steps_to_come():
    points = read_points(views.draw_losses([1.5, 1.0, 0.75], 6))
    assert [point[2:] for point in points] == [["1", "1.5"], ["2", "1"], ["3", "0.75"]]
    x = [point[0] for point in points]
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.11)
    assert points[2][1] > points[1][1] > points[0][1]  # downwards


def keep(*pairs):
    examples = None
    for image, mask, model in pairs:
        state = LessonState(image, seg.predict_mask(image, model=model))
        examples, panel = fine_tune.keep_example(state, mask, examples)
    assert panel["pairs"] == len(pairs)
    return state, examples


def test_teaching_streams_and_is_tried(state):
    examples, panel = fine_tune.keep_example(state, state.mask.above(0.5), None)
    assert panel["pairs"] == 1
    again, _ = fine_tune.keep_example(state, state.mask.above(0.6), examples)
    assert len(again) == 1  # the same picture
    tuning = Tuning()
    *_, last = fine_tune.fine_tune(state, examples, tuning, TuningSettings(10))
    assert last["step"] == len(last["losses"]) == 10
    tried = fine_tune.try_tuned(state, tuning)
    assert "as it came" in tried["html"]
    assert "after 10 steps of fine-tuning" in tried["html"]
    with pytest.raises(InputError, match="Nothing was fine-tuned"):
        fine_tune.try_tuned(state, Tuning())
    with pytest.raises(InputError, match="paint it"):
        fine_tune.keep_example(state, None, [])
    with pytest.raises(InputError, match="Keep 1 to"):
        list(fine_tune.fine_tune(state, None, Tuning(), TuningSettings()))
    with pytest.raises(InputError, match="number of steps"):
        list(fine_tune.fine_tune(state, examples, Tuning(), TuningSettings(float("nan"))))


@pytest.mark.slow
def test_scores_tell_learned_from_held_back(astronaut):
    """Three pairs whose truth is the opposite of what the network finds; the third is held back.

    About 10 s: a network is taught until it has learned the opposite of what it knew.
    """
    pairs = [
        (picture, ~seg.predict_mask(picture).above(0.5), "person")
        for picture in (astronaut, astronaut[:, ::-1].copy(), astronaut[40:, 40:].copy())
    ]
    state, examples = keep(*pairs)
    tuning = Tuning()
    states = list(fine_tune.fine_tune(state, examples, tuning, TuningSettings(25, 0.005)))
    scores = states[-1]["scores"]
    assert [row["held_back"] for row in scores] == [False, False, True]
    for row, one in zip(scores, examples, strict=True):
        assert row["dice"][0] == pytest.approx(0, abs=0.01)
        now = fine_tuning.predict_tuned(one.image, tuning.net).above(0.5)
        assert row["dice"][1] == pytest.approx(seg.dice(now, one.mask))
        assert row["iou"][1] == pytest.approx(seg.iou(now, one.mask))
        assert row["dice"][1] > 0.3
    assert "mean, pictures it learned from" in states[-1]["html"]
    assert "mean, pictures held back" in states[-1]["html"]
    tried = fine_tune.try_tuned(state, tuning, 0.5, examples, False)
    assert [row["held_back"] for row in tried["scores"]] == [False] * 3
    assert "held back" not in tried["html"]
    # The pair that is held back takes no part.
    spoilt = [*examples[:2], fine_tuning.Example(examples[2].image, ~examples[2].mask)]
    losses = [list(fine_tune.fine_tune(state, each, Tuning(), TuningSettings(3)))[-1]["losses"]
              for each in (examples, spoilt)]  # fmt: skip
    assert losses[0] == pytest.approx(losses[1])


def test_what_was_taught_before_stop_is_kept_and_goes_on(state):
    examples, _ = fine_tune.keep_example(state, ~state.mask.above(0.5), None)
    tuning = Tuning()
    run = fine_tune.fine_tune(state, examples, tuning, TuningSettings(100, 0.005))
    next(run)
    next(run)
    run.close()
    stopped = len(tuning.losses)
    assert 1 <= stopped < 100
    assert f"after {stopped} steps of fine-tuning" in fine_tune.try_tuned(state, tuning)["html"]
    *_, last = fine_tune.go_on(state, examples, tuning, TuningSettings(3))
    assert last["step"] == len(last["losses"]) == stopped + 3
    nuclei = LessonState(state.image, seg.predict_mask(state.image, model="nuclei"))
    with pytest.raises(InputError, match="other network"):
        list(fine_tune.go_on(nuclei, examples, tuning, TuningSettings(10)))
    *_, last = fine_tune.fine_tune(state, examples, tuning, TuningSettings(1))
    assert last["step"] == 1


@pytest.mark.parametrize("effect", live.EFFECTS)
def test_live_effects(astronaut, effect):
    own = np.zeros((40, 90, 3), np.uint8)
    own[..., 1] = 123
    visit = LiveState(background=own, cut=[1])
    settings = FrameSettings(effect=effect, steadiness=0.0)
    picture, badge, diagram, numbers = live.segment_frame(astronaut, visit, settings)
    assert picture.shape == astronaut.shape
    assert picture.dtype == np.uint8
    assert "network" in badge
    assert numbers["model"] == "person"
    assert numbers["inside_share"] == pytest.approx((visit.past >= 0.5).mean())
    assert 0.2 < numbers["inside_share"] < 0.8
    corner, face = picture[10, 505], picture[120, 225]  # no person; the person
    if effect != live.INSIDE:
        assert diagram is None
    else:
        assert diagram["cut"] == [1]
        assert len(diagram["levels"]) == 9
        assert "down" in {level["side"] for level in diagram["levels"]}
        assert all(
            level["words"] == " × ".join(map(str, level["shape"])) for level in diagram["levels"]
        )
    if effect in ("mask", live.INSIDE):
        np.testing.assert_array_equal(corner, astronaut[10, 505])
        assert (face != astronaut[120, 225]).any()
    else:
        np.testing.assert_array_equal(face, astronaut[120, 225])
        assert (corner != astronaut[10, 505]).any()
    if effect == live.OWN:
        np.testing.assert_array_equal(corner, (0, 123, 0))
    assert visit.past.shape == astronaut.shape[:2]


def test_own_background_is_asked_for(astronaut):
    settings = FrameSettings(effect=live.OWN)
    with pytest.raises(InputError, match="choose a picture"):
        live.segment_frame(astronaut, LiveState(), settings)
    # a call through the API brings its own
    red = np.zeros((30, 30, 3), np.uint8)
    red[..., 0] = 200
    picture, *_ = live.segment_frame(astronaut, LiveState(), replace(settings, background=red))
    np.testing.assert_array_equal(picture[10, 505], (200, 0, 0))


def test_frames_before_steady_the_mask(astronaut):
    black = np.zeros(astronaut.shape[:2], np.float32)

    def ask(steadiness, past):
        visit = LiveState(past=past)
        live.segment_frame(astronaut, visit, FrameSettings(effect="mask", steadiness=steadiness))
        return visit.past

    raw = ask(0.0, None)
    np.testing.assert_allclose(ask(0.6, black), 0.4 * raw, atol=1e-6)
    np.testing.assert_array_equal(ask(0.6, black[:9]), raw)  # a webcam of another size


def test_the_webcam_goes_on_with_what_was_chosen():
    visit = LiveState(past=np.zeros((4, 4), np.float32))
    wide = images.to_data_uri(np.zeros((600, 2000, 3), np.uint8))
    live.keep_background(visit, SimpleNamespace(src=wide))
    live.keep_cut(visit, SimpleNamespace(cut=[2, 0, "x"]))
    assert visit.background.shape[1] == 1024
    assert visit.cut == [0, 2]
    live.forget(visit)  # another network
    assert visit.cut == []
    assert visit.past is None
    assert visit.background is not None
    with pytest.raises(InputError):
        live.keep_background(visit, SimpleNamespace(src="data:image/png;base64,AAAA"))
    live.keep_background(visit, SimpleNamespace(src=""))
    assert visit.background is None

"""The tab's handlers as plain functions, and through the running app's API."""

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from cvcore import images, samples, segmentation_tuning
from cvcore import segmentation as seg
from cvcore.errors import InputError
from demos import segmentation, segmentation_count, segmentation_doubt, segmentation_levels
from demos import segmentation_live as live
from demos import segmentation_truth as truth
from demos import segmentation_tune as tune
from demos.segmentation_view import to_mask
from demos.ui.errors import UNEXPECTED
from tests.support.files import THIN, write_bad_files, write_odd_pictures


@pytest.fixture(scope="module")
def astronaut():
    return samples.load_sample("astronaut")


@pytest.fixture(scope="module")
def kept(astronaut):
    return segmentation.Kept(astronaut, seg.predict_mask(astronaut))


def test_numbers_view_and_files(astronaut):
    numbers, view, badge, overlay, mask_file, cut_file, kept = segmentation.segment(astronaut)
    assert numbers["inside_pixels"] == kept.mask.above(0.5).sum()
    assert json.dumps(view)
    grey = images.load_data_uri(view["probability"])[..., 0] / 255
    np.testing.assert_allclose(grey, kept.mask.probability, atol=0.003)
    assert "network" in badge
    assert overlay["href"].startswith("data:image/jpeg")
    saved = images.load_data_uri(mask_file["href"])[..., 0] > 0
    np.testing.assert_array_equal(saved, kept.mask.above(0.5))
    png = base64.b64decode(cut_file["href"].partition(",")[2])
    cut = np.array(Image.open(io.BytesIO(png)))
    np.testing.assert_array_equal(cut[..., 3] > 0, kept.mask.above(0.5))
    np.testing.assert_array_equal(cut[saved][:, :3], astronaut[saved])
    assert not cut[~saved].any()


def test_the_threshold_does_not_run_the_network(kept, monkeypatch):
    monkeypatch.setattr(seg, "predict_mask", None)
    shares = [segmentation.rethreshold(kept, value)[0]["inside_share"] for value in (0.1, 0.5, 0.9)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[2]
    with pytest.raises(InputError, match="no picture"):
        segmentation.rethreshold(None)


def test_comparison_is_written_out(kept):
    whole = kept.mask.above(0.5)
    result = truth.compare(kept, whole, 0.5)
    assert result["dice"] == result["iou"] == 1
    half = whole.copy()
    half[:, :256] = False
    result = truth.compare(kept, half, 0.5)
    assert result["dice"] == pytest.approx(2 * half.sum() / (half.sum() + whole.sum()))
    assert f"2 · {half.sum():,}" in result["html"]
    assert f"{result['dice']:.3f}" in result["html"]
    assert "no truth yet" in truth.compare(kept, None)["html"]


def test_masks_of_another_shape_are_refused(kept):
    square = images.to_rgb(kept.mask.above(0.5))
    assert (
        to_mask(images.resize(square, (256, 256)), (512, 512)) == kept.mask.above(0.5)
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


def test_a_truth_comes_and_goes_with_its_file(kept):
    inside = kept.mask.above(0.5)
    mask, view = truth.take_file(kept, images.to_rgb(inside), {"src": "data:image/jpeg;base64,"})
    np.testing.assert_array_equal(mask, inside)
    np.testing.assert_array_equal(images.load_data_uri(view["truth"])[..., 0] > 0, inside)
    again = truth.take_file(kept, images.to_rgb(inside), view)[1]
    assert again["truth_number"] > view["truth_number"] > 0
    mask, gone = truth.take_file(kept, None, again)
    assert mask is None
    assert not gone["truth"]
    assert gone["truth_number"] > again["truth_number"]
    assert truth.take_file(None, None, None)[0] is None


def test_brushes_may_leave_nothing(kept):
    black = np.zeros_like(kept.image)
    black[0, :3] = 40  # what a soft rubber leaves is no truth

    def brush(picture):
        return SimpleNamespace(mask=images.to_data_uri(picture, format="png"))

    assert truth.take_brush(kept, brush(black)) is None
    black[100:200, 100:200] = 255
    assert truth.take_brush(kept, brush(black)).sum() == 100 * 100


def test_cutting_skips_is_seen(kept):
    diagram, _ = segmentation_levels.show_levels(kept, [])
    assert diagram["dice_to_whole"] > 0.999
    cut, html = segmentation_levels.show_levels(kept, [0, 1])
    assert cut["unsure"] > diagram["unsure"]
    assert cut["dice_to_whole"] < 1
    assert "Without skip connections 0, 1:" in html
    assert "Without skip connection 2:" in segmentation_levels.show_levels(kept, [2])[1]
    for wrong in ([9], "all", [0.5]):
        with pytest.raises(InputError):
            segmentation_levels.show_levels(kept, wrong)


def test_doubt_and_count(kept):
    numbers = segmentation_doubt.show_doubt(kept)
    assert 0 < numbers["mean_entropy"] < 0.5
    assert 0.8 < numbers["dice_to_mean"] <= 1
    result, table = segmentation_count.show_count(kept, 0.5, False)
    assert result["count"] == result["components"] == len(result["areas"]) >= 1
    assert table["filename"] == "objects.csv"


def test_nuclei_are_counted():
    """Beside scikit-image's count, in a table of as many lines."""
    from skimage.measure import label, regionprops

    image = samples.load_sample("nuclei_light")
    kept = segmentation.Kept(image, seg.predict_mask(image, model="nuclei"))
    areas = [one.area for one in regionprops(label(kept.mask.above(0.5), connectivity=2))]
    result, table = segmentation_count.show_count(kept)
    assert result["components"] == sum(area >= 12 for area in areas)
    assert result["components"] <= result["count"] <= len(areas) * 3
    assert sum(result["areas"]) == pytest.approx(sum(areas), rel=0.05)
    lines = base64.b64decode(table["href"].partition(",")[2]).decode().splitlines()
    assert lines[0] == "object,area_px,x,y"
    assert [int(line.split(",")[1]) for line in lines[1:]] == result["areas"]
    assert "nuclei do not change" in segmentation_doubt.show_doubt(kept)["html"]


def keep(*pairs):
    examples = None
    for image, mask, model in pairs:
        kept = segmentation.Kept(image, seg.predict_mask(image, model=model))
        examples, panel = tune.keep_example(kept, mask, examples)
    assert panel["pairs"] == len(pairs)
    return kept, examples


def test_teaching_streams_and_is_tried(kept):
    examples, panel = tune.keep_example(kept, kept.mask.above(0.5), None)
    assert panel["pairs"] == 1
    assert len(tune.keep_example(kept, kept.mask.above(0.6), examples)[0]) == 1  # the same picture
    board = tune.Board()
    *_, last = tune.teach(kept, examples, board, 10)
    assert last["step"] == len(last["losses"]) == 10
    tried = tune.try_tuned(kept, board)
    assert "as it came" in tried["html"]
    assert "after 10 steps of teaching" in tried["html"]
    with pytest.raises(InputError, match="Nothing was taught"):
        tune.try_tuned(kept, tune.Board())
    with pytest.raises(InputError, match="brush it"):
        tune.keep_example(kept, None, [])
    with pytest.raises(InputError, match="Keep 1 to"):
        list(tune.teach(kept, None, tune.Board()))
    with pytest.raises(InputError, match="number of steps"):
        list(tune.teach(kept, examples, tune.Board(), float("nan")))


def test_scores_tell_learned_from_held_back(astronaut):
    """Three pairs whose truth is the opposite of what the network finds; the third is held back.

    About 10 s: a network is taught until it has learned the opposite of what it knew.
    """
    pairs = [
        (picture, ~seg.predict_mask(picture).above(0.5), "person")
        for picture in (astronaut, astronaut[:, ::-1].copy(), astronaut[40:, 40:].copy())
    ]
    kept, examples = keep(*pairs)
    board = tune.Board()
    states = list(tune.teach(kept, examples, board, 25, 0.005))
    scores = states[-1]["scores"]
    assert [row["held_back"] for row in scores] == [False, False, True]
    for row, one in zip(scores, examples, strict=True):
        assert row["dice"][0] == pytest.approx(0, abs=0.01)
        now = segmentation_tuning.predict_tuned(one.image, board.net).above(0.5)
        assert row["dice"][1] == pytest.approx(seg.dice(now, one.mask))
        assert row["iou"][1] == pytest.approx(seg.iou(now, one.mask))
        assert row["dice"][1] > 0.3
    assert "mean, pictures it learned from" in states[-1]["html"]
    assert "mean, pictures held back" in states[-1]["html"]
    tried = tune.try_tuned(kept, board, 0.5, examples, False)
    assert [row["held_back"] for row in tried["scores"]] == [False] * 3
    assert "held back" not in tried["html"]
    # The pair that is held back takes no part.
    spoilt = [*examples[:2], segmentation_tuning.Example(examples[2].image, ~examples[2].mask)]
    losses = [list(tune.teach(kept, each, tune.Board(), 3))[-1]["losses"]
              for each in (examples, spoilt)]  # fmt: skip
    assert losses[0] == pytest.approx(losses[1])


def test_what_was_taught_before_stop_is_kept_and_goes_on(kept):
    examples, _ = tune.keep_example(kept, ~kept.mask.above(0.5), None)
    board = tune.Board()
    run = tune.teach(kept, examples, board, 100, 0.005)
    next(run)
    next(run)
    run.close()
    stopped = len(board.losses)
    assert 1 <= stopped < 100
    assert f"after {stopped} steps of teaching" in tune.try_tuned(kept, board)["html"]
    *_, last = tune.go_on(kept, examples, board, 10)
    assert last["step"] == len(last["losses"]) == stopped + 10
    nuclei = segmentation.Kept(kept.image, seg.predict_mask(kept.image, model="nuclei"))
    with pytest.raises(InputError, match="other network"):
        list(tune.go_on(nuclei, examples, board, 10))
    *_, last = tune.teach(kept, examples, board, 1)
    assert last["step"] == 1


@pytest.mark.parametrize("effect", live.EFFECTS)
def test_live_effects(astronaut, effect):
    own = np.zeros((40, 90, 3), np.uint8)
    own[..., 1] = 123
    picture, badge, diagram, past = live.segment_frame(
        astronaut, effect, "person", 0.5, 0.5, background=own, cut=[1]
    )
    assert picture.shape == astronaut.shape
    assert picture.dtype == np.uint8
    assert "network" in badge
    corner, face = picture[10, 505], picture[120, 225]  # no person; the person
    if effect != live.INSIDE:
        assert diagram is None
    else:
        assert diagram["cut"] == [1]
        assert len(diagram["levels"]) == 9
        assert "down" in {level["side"] for level in diagram["levels"]}
    if effect in ("mask", live.INSIDE):
        np.testing.assert_array_equal(corner, astronaut[10, 505])
        assert (face != astronaut[120, 225]).any()
    else:
        np.testing.assert_array_equal(face, astronaut[120, 225])
        assert (corner != astronaut[10, 505]).any()
    if effect == live.OWN:
        np.testing.assert_array_equal(corner, (0, 123, 0))
    assert past.shape == astronaut.shape[:2]


def test_own_background_is_asked_for(astronaut):
    with pytest.raises(InputError, match="upload a picture"):
        live.segment_frame(astronaut, live.OWN, "person", 0.5, 0.5)
    assert live.take_background(None) is None
    assert live.take_background(np.zeros((600, 2000, 3), np.uint8)).shape[1] == 1024


def test_frames_before_steady_the_mask(astronaut):
    black = np.zeros(astronaut.shape[:2], np.float32)
    raw = live.segment_frame(astronaut, "mask", "person", 0.5, 0.5)[-1]
    mixed = live.segment_frame(astronaut, "mask", "person", 0.5, 0.5, 0.6, None, [], black)[-1]
    np.testing.assert_allclose(mixed, 0.4 * raw, atol=1e-6)
    other = live.segment_frame(astronaut, "mask", "person", 0.5, 0.5, 0.6, None, [], black[:9])[-1]
    np.testing.assert_array_equal(other, raw)  # a webcam of another size


def test_api(client, tmp_path, kept):
    picture = handle_file(samples.index()["astronaut"].path)
    numbers, *_ = client.predict(picture, "person", 0.5, 0.5, api_name="/segmentation")
    assert numbers["inside_pixels"] == pytest.approx(kept.mask.above(0.5).sum(), rel=0.01)
    (tmp_path / "mask.png").write_bytes(images.to_png(images.to_rgb(kept.mask.above(0.5))))
    result = client.predict(
        picture, handle_file(tmp_path / "mask.png"), "person", 0.5, api_name="/segmentation_compare"
    )
    assert result["dice"] > 0.98
    frame, badge, diagram = client.predict(
        picture, "inside the U", "person", 0.5, 0.5, 0.3, api_name="/segmentation_frame"
    )
    assert frame.startswith("data:image/jpeg;base64,")
    assert "network" in badge
    assert len(diagram["levels"]) == 9
    assert client.predict(0.5, True, 3, api_name="/segmentation_count")[0]["count"] >= 1


def test_odd_files_work_and_bad_files_get_a_sentence(client, tmp_path):
    def ask(path):
        return client.predict(handle_file(path), "person", 0.5, 0.5, api_name="/segmentation")

    odd = write_odd_pictures(tmp_path)
    thin = [odd.pop(name) for name in THIN]
    for name, path in odd.items():
        numbers, view, *_ = ask(path)
        height, width = images.load_image(path).shape[:2]
        shown = images.load_data_uri(view["probability"])
        assert shown.shape[:2] == (height, width), name
        if name == "rotated.jpg":
            assert height > width
        grey = shown[..., 0] / 255
        assert numbers["inside_share"] == pytest.approx((grey >= 0.5).mean(), abs=0.02), name
    for path in (*thin, *write_bad_files(tmp_path).values()):
        with pytest.raises(AppError, match="picture") as refused:
            ask(path)
        assert UNEXPECTED not in str(refused.value)


def test_odd_masks_and_numbers_through_the_api(client, tmp_path):
    picture = handle_file(samples.index()["astronaut"].path)

    def compare(mask, name="mask.png"):
        (tmp_path / name).write_bytes(images.to_png(mask))
        return client.predict(
            picture, handle_file(tmp_path / name), "person", 0.5, api_name="/segmentation_compare"
        )

    inside = np.zeros((512, 512), np.uint8)
    inside[100:200, 100:300] = 1
    assert compare(inside)["truth"] == 100 * 200
    with pytest.raises(AppError, match="Nothing is inside this mask"):
        compare(inside * 0)
    with pytest.raises(AppError, match="same shape"):
        compare(inside[:200])
    for change, sentence in (
        ({"threshold": -0.1}, "Threshold: give a number from 0 to 1"),
        ({"threshold": 2}, "Threshold: give a number from 0 to 1"),
        ({"model": "cats"}, "Find: choose one of"),
    ):
        with pytest.raises(AppError, match=sentence):
            client.predict(
                picture, change.get("model", "person"), change.get("threshold", 0.5), 0.5,
                api_name="/segmentation",
            )  # fmt: skip

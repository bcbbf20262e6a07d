"""The tab's handlers as plain functions, and its API on the running app."""

import base64
import html
import io
import json
import re
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

import cvcore
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.saliency import METHODS
from cvcore.saliency.scores import area, score_gradually
from demos import saliency
from demos.components.paint import CELLS, read_mask
from demos.saliency import compare, live, region
from demos.saliency.classes import pick_class, rank_classes
from demos.saliency.controls import Settings, describe_layer, show_settings
from demos.saliency.results import to_numbers
from demos.saliency.views import Look, View, draw_scores, draw_whole, overlay
from tests.support.files import write_bad_files, write_odd_pictures

ROOT_SAMPLE = str(samples.index()["chelsea"].path)


@pytest.fixture(scope="module")
def chelsea():
    return samples.load_sample("chelsea")


@pytest.fixture(scope="module")
def view(chelsea):
    *_, (_, _, _, _, view) = saliency.explain(chelsea, "grad_cam")
    return view


class Painted:
    def __init__(self, mask):
        self.mask = mask


def test_a_new_class_starts_a_new_collection(chelsea, view):
    *_, (drawing, curves, numbers, badge, more) = saliency.explain(chelsea, "gradient", view)
    assert set(more.maps) == {"grad_cam", "gradient"}
    assert numbers["label"] == "tiger cat"
    assert "tiger cat" in drawing
    assert "deletion" in curves
    assert "ms" in badge
    *_, (_, _, numbers, _, other) = saliency.explain(chelsea, "grad_cam", more, Settings(281, 285))
    assert set(other.maps) == {"grad_cam"}
    assert numbers["minus"] == "Egyptian cat"


def test_sliders_and_files_run_no_network(view, monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("the network ran")

    monkeypatch.setattr("cvcore.engine.predictor.load_predictor", forbidden)
    assert saliency.redraw(view, 0.2, "magma", 0.5) != saliency.redraw(view, 0.9, "magma", 0.5)
    png, array = saliency.save_files(view, 0.5, "viridis", 1.0)
    assert base64.b64decode(png["href"].split(",")[1])[:4] == b"\x89PNG"
    values = np.load(io.BytesIO(base64.b64decode(array["href"].split(",")[1])))
    np.testing.assert_array_equal(values, view.maps["grad_cam"].input_map)
    assert saliency.save_files(None, 0.5, "viridis", 1.0) == (None, None)


def test_only_finished_maps_are_saved(view):
    half = replace(view.maps["grad_cam"], share_done=0.5)
    assert saliency.save_files(view.add(half), 0.5, "viridis", 1.0) == (None, None)


def test_what_was_stopped_promises_nothing(view):
    done = view.maps["grad_cam"]
    look = (0.5, "viridis", 1.0)
    half = view.add(replace(done, share_done=0.12, scores=None))
    assert ", 12% done" in saliency.redraw(half, *look)
    drawing, curves, kept = saliency.stop(half, *look)
    assert "Stopped at 12%" in drawing
    assert "12% done" not in drawing
    assert "no scores" in curves
    assert "follow" not in curves
    assert saliency.redraw(kept, *look) == drawing  # also when a slider moves
    drawing, curves, _ = saliency.stop(view.add(replace(done, scores=None)), *look)
    assert "Stopped" not in drawing  # the map itself was finished
    assert "no scores" in curves
    assert "Stopped" not in "".join(saliency.stop(view, *look)[:2])  # nothing was under way
    assert not kept.add(done).is_stopped
    assert saliency.stop(None, *look) == (gr.skip(),) * 3


def test_the_map_says_of_which_part_it_is(chelsea, view):
    assert chelsea.shape[:2] == (300, 451)
    drawing = saliency.redraw(view, 0.5, "viridis", 1.0)
    assert "the frame alone, 263 x 262 of 451 x 300 pixels" in drawing
    assert view.maps["grad_cam"].crop_xyxy == (94, 19, 357, 281)
    shown = draw_whole(view, Look(opacity=0))
    assert shown.shape == chelsea.shape
    assert tuple(shown[150, 94 + 2]) == (255, 127, 14)
    np.testing.assert_array_equal(shown[150, 110:340], chelsea[150, 110:340])
    np.testing.assert_array_equal(shown[150, :85], chelsea[150, :85] // 3)
    covered = draw_whole(view, Look(opacity=1))  # the map lies inside the frame alone
    np.testing.assert_array_equal(covered[150, :85], shown[150, :85])
    assert (covered[150, 110:340] != shown[150, 110:340]).any()


def test_compare_says_what_it_computes(chelsea):
    (drawing, table, _), *others = compare.compare(chelsea, ["gradient", "grad_cam"])
    assert "Gradient, 1 of 2: its map, then its scores" in drawing
    assert table == []
    said = [one for one, *_ in others if isinstance(one, str)]
    assert any("Grad-CAM, 2 of 2" in one for one in said)
    assert "under-way" not in said[-1]


def test_scores_are_not_drawn_while_they_are_measured(chelsea):
    steps = list(saliency.explain(chelsea, "gradient"))
    drawn = [step for step in steps if isinstance(step[0], str)]
    assert len(drawn) == 2  # the map, then its scores
    assert len(steps) > 10
    assert "scores follow" in drawn[0][1]
    assert "alone" not in drawn[1][1]
    *_, (_, curves, *_) = saliency.explain(chelsea, "gradient", settings=Settings(282, 285))
    assert "Measured for “tiger cat” alone" in curves


def test_a_map_in_numbers(view):
    result = view.maps["grad_cam"]
    numbers = to_numbers(result)
    assert json.loads(json.dumps(numbers)) == numbers  # plain data
    assert numbers["class_index"] == 282
    assert numbers["square_xyxy"] == list(result.crop_xyxy)
    curves, scores = numbers["curves"], result.scores
    assert curves["share_of_pixels"][-1] == 1
    assert area(np.array(curves["deletion"])) == pytest.approx(numbers["deletion_auc"])
    assert curves["insertion"] == scores.insertion.tolist()
    unscored = to_numbers(replace(result, scores=None, share_done=0.5))
    assert unscored["curves"] is unscored["deletion_auc"] is None
    assert unscored["share_done"] == 0.5


def test_curves_show_their_values(view):
    """Under the pointer, too: each point of either curve with its share and its probability."""
    result = view.maps["grad_cam"]
    drawing = draw_scores(result)
    for name in ("deletion", "insertion"):
        found = re.search(f"data-name=\"{name}\" data-points='(.*?)'", drawing)
        points = json.loads(html.unescape(found[1]))
        curve = getattr(result.scores, name)
        assert len(points) == len(curve)
        assert [points[0][2], points[-1][2]] == ["0\u00a0%", "100\u00a0%"]
        for (*_, words), p in zip(points, curve, strict=True):
            assert float(words.removesuffix("\u00a0%")) == pytest.approx(100 * p, rel=0.01)
        assert f"{getattr(result, f'{name}_auc'):.3f} (" in drawing


def test_compare_marks_the_best_and_keeps_the_map_shown(chelsea, view):
    steps = list(compare.compare(chelsea, ["gradient", "layer_cam"], view=view))
    drawing, table, more = steps[-1]
    assert [row["method"] for row in table] == ["gradient", "layer_cam"]
    assert drawing.count(" ★</b>") >= 3  # of deletion, insertion and drop
    assert drawing.count("<figure>") == 2
    assert drawing.count("<svg") == 2  # the curves of each
    assert set(more.maps) == {"grad_cam", "gradient", "layer_cam"}
    assert more.shown == "grad_cam"
    assert saliency.redraw(more, 0.6, "viridis", 1.0) == saliency.redraw(view, 0.6, "viridis", 1.0)
    with pytest.raises(InputError, match="at least one"):
        list(compare.compare(chelsea, []))


SMALL = Settings(
    layer=5,
    window=96,
    stride=64,
    cells=7,
    masks=100,
    mask_cells=4,
    samples=4,
    noise=0.05,
    steps=4,
    channels=16,
)


OTHER = {
    "score_cam": {"channels": 32},
    "smoothgrad": {"noise": 0.3},
    "integrated_gradients": {"steps": 8},
    "layer_cam": {"layer": 6},
}


@pytest.fixture
def quick_scores(monkeypatch):
    """Curves of three points, where the map alone matters."""
    monkeypatch.setattr(cvcore.saliency, "score_gradually", partial(score_gradually, steps=2))


@pytest.mark.parametrize("method", OTHER)
def test_compare_and_explain_take_the_same_settings(chelsea, method, quick_scores):
    *_, (*_, compared) = compare.compare(chelsea, [method], settings=SMALL)
    *_, (*_, explained) = saliency.explain(chelsea, method, settings=SMALL)
    ours, theirs = (one.maps[method].input_map for one in (compared, explained))
    np.testing.assert_array_equal(ours, theirs)
    other = replace(SMALL, **OTHER[method])
    *_, (*_, changed) = saliency.explain(chelsea, method, settings=other)
    assert not np.allclose(ours, changed.maps[method].input_map)


def test_fused_layers_of_the_page(chelsea, quick_scores):
    *_, (*_, fused) = saliency.explain(chelsea, "layer_cam", settings=Settings(layer=6, fuse=True))
    expected = cvcore.saliency.explain(chelsea, "layer_cam", layer=(6, 7, 8), with_scores=False)
    np.testing.assert_array_equal(fused.maps["layer_cam"].input_map, expected.input_map)


def test_every_setting_of_a_method_has_a_control():
    for name, row in METHODS.items():
        expected = {*row.settings, *(["layer"] if row.has_layer else [])}
        assert set(Settings().work(name)) == expected
    shown = [update["visible"] for update in show_settings("rise")]
    assert shown.count(True) == 1
    assert describe_layer(5, "efficientnet_lite0") == "14 × 14, stage 5"


def test_the_first_five_classes(chelsea):
    rows = rank_classes(chelsea)
    assert rows[0]["label"] == "tiger cat"
    assert len(rows) == 5
    assert not any(row["is_explained"] for row in rows)  # there is no map yet
    numbers = {"class_index": rows[2]["index"], "model": "efficientnet_lite0"}
    marked = rank_classes(chelsea, numbers=numbers)
    assert [row["is_explained"] for row in marked] == [False, False, True, False, False]
    other = rank_classes(chelsea, numbers=numbers | {"model": "another"})
    assert not any(row["is_explained"] for row in other)
    assert rank_classes(None) == []
    assert pick_class(SimpleNamespace(index=281)) == 281
    with pytest.raises(InputError, match="class index"):
        pick_class(SimpleNamespace(index="x"))


def paint(left_share):
    mask = np.zeros((CELLS, CELLS), int)
    mask[:, : round(CELLS * left_share)] = 1
    return Painted("".join(map(str, mask.ravel())))


def test_painted_region_is_measured(chelsea, view):
    text, mask = region.measure_region(paint(0.5), view, chelsea)
    assert "50% of the square" in text
    assert "Grad-CAM" in text
    assert mask.mean() == 0.5
    text, mask = region.measure_region(Painted("0" * CELLS**2), view, chelsea)
    assert "Paint over" in text
    assert mask is None
    with pytest.raises(InputError, match="Explain first"):
        region.measure_region(paint(1), View(view.square, "x"), chelsea)


def test_a_region_is_measured_again_with_what_is_there(chelsea, view):
    _, mask = region.measure_region(paint(0.5), view, chelsea)
    half = replace(view.maps["grad_cam"], share_done=0.4, method="rise")
    against = replace(view.maps["grad_cam"], input_map=-np.ones((224, 224)), method="occlusion")
    text = region.measure_again(mask, view.add(half).add(against), chelsea)
    assert "RISE</b> (40% done): " in text
    assert "Occlusion</b>: no place of it speaks for the class" in text
    assert "0% inside" not in text
    assert "no maps of this picture yet" in region.measure_again(mask, view, chelsea[::-1])


@pytest.mark.parametrize("mask", ["", "2" * CELLS**2, 7, None])
def test_broken_masks_are_refused(mask):
    with pytest.raises(InputError, match="paint it again"):
        read_mask(Painted(mask))


def test_frame_is_marked_with_its_map(chelsea):
    frame = images.resize(chelsea, (480, 640))
    drawn, numbers = live.explain_frame(frame, "grad_cam", 8, -1)
    assert drawn.shape == frame.shape
    assert (drawn[200:, :80] == frame[200:, :80] // 3).all()
    found = cvcore.saliency.explain(frame, "grad_cam", with_scores=False)
    assert numbers | {"seconds": 0} == to_numbers(replace(found, seconds=0))
    left, top, right, bottom = found.crop_xyxy
    inside = slice(top, bottom), slice(left, right)
    expected = overlay(frame[inside], found.input_map, Look(0.5), is_signed=False)
    np.testing.assert_array_equal(drawn[inside][100:], expected[100:])  # below the words
    other, numbers = live.explain_frame(frame, "grad_cam", 8, 281, 285)
    assert (numbers["label"], numbers["minus"]) == ("tabby", "Egyptian cat")
    assert (other[inside][100:] != drawn[inside][100:]).any()
    with pytest.raises(InputError, match="webcam"):
        live.explain_frame(frame, "rise", 8, -1)
    with pytest.raises(InputError, match="not downloaded yet"):
        live.explain_frame(frame, "grad_cam", 8, -1, -1, "vgg19")


@pytest.mark.parametrize("shape", [(1, 300, 3), (300, 1, 3), (1, 1, 3)])
def test_narrow_pictures_have_a_square(shape, quick_scores):
    image = np.full(shape, 90, np.uint8)
    assert live.explain_frame(image, "grad_cam", 8, -1)[0].shape == shape
    *_, (drawing, *_) = saliency.explain(image, "gradient")
    assert "<img" in drawing
    assert region.show_square(image)[0].startswith("data:image")


def test_the_map_through_the_api(client):
    _, _, numbers, *_ = client.predict(
        handle_file(ROOT_SAMPLE), method="layer_cam", layer=5, api_name="/saliency"
    )
    assert numbers["label"] == "tiger cat"
    assert 0 < numbers["deletion_auc"] < numbers["insertion_auc"]


def test_a_browser_is_told_the_layers_that_the_slider_means():
    net = cvcore.saliency.choose_target(np.zeros((3, 224, 224), np.float32), 0, None).load_net()
    modules = dict(net.named_modules())
    layers = live.tell_browser(None)["layers"]
    assert [modules[name] for name in layers] == cvcore.saliency.cams.list_layers(net)


def test_frame_and_region_through_the_api(client):
    picture = handle_file(ROOT_SAMPLE)
    uri, numbers = client.predict(picture, "grad_cam", 8, -1, api_name="/saliency_frame")
    assert uri.startswith("data:image/jpeg;base64,")
    assert (numbers["method"], numbers["label"]) == ("grad_cam", "tiger cat")
    share = client.predict(picture, "grad_cam", 0, 0, 1, 1, api_name="/saliency_region")
    assert share["inside"] == share["area"] == 1


def test_mistakes_through_the_api(client):
    picture = handle_file(ROOT_SAMPLE)
    for arguments, words in (
        ({"image": None}, "no picture yet"),
        ({"image": picture, "class_idx": 281, "minus_class": 281}, "two different"),
        ({"image": picture, "method": "occlusion", "window": 16, "stride": 2}, "greater stride"),
    ):
        with pytest.raises(AppError, match=words):
            client.predict(**arguments, api_name="/saliency")


CALLS = (("/saliency", {}), ("/saliency_frame", {}), ("/saliency_sanity", {"method": "gradient"}))


@pytest.mark.parametrize(("api_name", "arguments"), CALLS[:2])
def test_odd_pictures_through_the_api(client, tmp_path, quick_scores, api_name, arguments):
    for path in write_odd_pictures(tmp_path).values():
        assert client.predict(handle_file(path), **arguments, api_name=api_name)


@pytest.mark.parametrize(("api_name", "arguments"), CALLS)
def test_bad_files_through_the_api(client, tmp_path, api_name, arguments):
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(AppError, match=r"could not be read as a picture|too large"):
            client.predict(handle_file(path), **arguments, api_name=api_name)

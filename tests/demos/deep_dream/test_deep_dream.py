"""The tab's handlers, as plain functions and through the API."""

import base64
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from cvcore.core import samples, video
from cvcore.core.errors import InputError
from cvcore.deep_dream.layers import LAYERS
from cvcore.feature_maps import visualizations
from cvcore.probes.stages import name_layer
from demos import deep_dream, lesson
from demos.components.paint import CELLS
from demos.deep_dream import live, pickers, zoom_video
from demos.deep_dream.controls import Settings
from demos.deep_dream.views import draw_curve
from tests.support.files import THIN, write_bad_files, write_odd_pictures

CAT = str(samples.index()["chelsea"].path)
VIDEO = zoom_video.VideoSettings(
    layer="blocks.2.1", jitter=8, side=160, frames=4, frame_octaves=1, frame_steps=1
)


def dream(image, layer, *, mask=None, run=None, **settings):
    """The tab's dream with these settings, the others as the tab opens with them."""
    run = run or lesson.RunToken()
    return deep_dream.show_dream(image, mask, run, Settings(layer=layer, **settings))


def test_previews_then_a_picture_to_keep(sample):
    *_, last = dream(sample, "blocks.2.1", octaves=1, steps=2)
    value, saved, badge = last
    assert value["step"] == 2
    assert len(value["curve"]) == 2
    assert len(value["top5"]) == 5
    assert saved["href"].startswith("data:image/png;base64,")
    assert "one step" in badge


def test_missing_guide_and_class_are_one_sentence(sample):
    with pytest.raises(InputError, match="second picture"):
        next(dream(sample, "blocks.2.1", aim="guide"))
    with pytest.raises(InputError, match="Choose a class"):
        list(dream(sample, "blocks.2.1", aim="class", class_idx=None))
    with pytest.raises(InputError, match="Choose a channel"):
        list(dream(sample, "blocks.2.1", aim="channel", channel=None))
    with pytest.raises(InputError, match="no picture"):
        next(dream(None, "blocks.2.1"))


def test_layers_are_offered_as_pictures(sample):
    run = lesson.RunToken()
    *before, (value, painted, mask, asked) = deep_dream.show_layers(sample, "blocks.3.2", 4, run)
    assert {row[3] for row in before} == {4}
    assert asked == 5  # the large dream follows, once all layers are there
    assert [item["layer"] for item in value["items"]] == list(LAYERS)
    assert len({item["src"] for item in value["items"]}) == len(LAYERS)
    assert value["chosen"] == "blocks.3.2"
    assert painted.startswith("data:image/jpeg")
    assert mask is None
    with pytest.raises(InputError, match="no picture yet"):
        list(deep_dream.show_layers(None, "blocks.3.2", 4, run))


def test_a_layer_is_picked_and_dreamt_at_unless_it_does_not_count():
    clicked = SimpleNamespace(layer="blocks.3.2")
    assert pickers.pick_layer(4, "layer", clicked) == ("blocks.3.2", 5)
    assert pickers.pick_layer(4, "class", clicked) == ("blocks.3.2", 4)
    assert "rm -rf" not in pickers.pick_layer(4, "layer", SimpleNamespace(layer="rm -rf"))


def test_a_later_dream_ends_this_one(sample, monkeypatch):
    monkeypatch.setattr(deep_dream, "PREVIEW_SECONDS", 0)
    run, ended = lesson.RunToken(), []
    real = deep_dream.cvcore.deep_dream.dream

    def watched(*args, **kwargs):
        try:
            yield from real(*args, **kwargs)
        finally:
            ended.append(True)

    monkeypatch.setattr(deep_dream.cvcore.deep_dream, "dream", watched)
    lesson.renew(run)
    running = dream(sample, "blocks.1.1", octaves=1, steps=50, run=run)
    assert next(running)[0]["step"] == 1
    assert not ended
    lesson.renew(run)
    assert list(running) == []
    assert ended


def test_another_picture_ends_the_layers_dreams_of_this_one(sample):
    run = lesson.RunToken()
    running = deep_dream.show_layers(sample, "blocks.3.2", 4, run)
    next(running)
    lesson.renew(run)
    assert list(running) == []  # and the large dream is not asked for


def test_size_and_seed_reach_the_dream(sample):
    def last(**options):
        *_, (_, saved, _) = dream(sample, "blocks.1.1", octaves=1, steps=2, side=192, **options)
        return images_of(saved)

    assert last().shape == (128, 192, 3)
    assert (last(seed=1) != last(seed=2)).any()


def test_layers_are_named_by_size_and_stage():
    """As large as the network's maps of the pictures that it was trained on."""
    for one in deep_dream.cvcore.deep_dream.list_blocks():
        side = 224 // one.stride
        stage = int(one.name.split(".")[1]) + 1
        assert name_layer(one.name) == f"{side} × {side}, stage {stage}"
    assert name_layer("conv_stem") == "112 × 112, stem"
    assert name_layer("features.20") == "features.20"
    assert Settings(aim="mix").describe() == "14 × 14, stage 5, channel 7, channel 20"
    assert Settings(aim="class").describe() == "class golden retriever"


def test_octaves_are_marked_on_the_curve():
    drawn = draw_curve([1, 2, 1.5, 3], 9, octaves_at=[2])
    points = json.loads(re.search(r"data-points='(.*?)'", drawn)[1])
    assert [step for *_, step, _ in points] == ["step 1", "step 2", "step 3", "step 4"]
    assert [float(value) for *_, value in points] == [1, 2, 1.5, 3]
    assert "Raised from 1.00 to 3.00" in drawn
    (mark,) = re.findall(r'class="mark"><path d="M([\d.]+) ', drawn)
    # between the second and the third of nine steps
    assert float(mark) == pytest.approx((points[1][0] + points[2][0]) / 2, abs=0.1)


def test_channels_are_offered_as_pictures():
    assert [
        name for name in LAYERS if name not in visualizations.list_layers(deep_dream.MODEL)
    ] == []
    first, second = deep_dream.show_channels("blocks.3.2", "mix", 5, 400)
    assert (first["count"], first["rows"], first["chosen"]) == (80, 10, 5)
    assert second["chosen"] == 0


def test_painted_region_reaches_the_dream(sample):
    cells = np.zeros((CELLS, CELLS), bool)
    cells[:, : CELLS // 3] = True
    event = SimpleNamespace(mask="".join("01"[int(cell)] for cell in cells.ravel()))
    mask = deep_dream.read_painted(event)
    np.testing.assert_array_equal(mask, cells)
    assert deep_dream.read_painted(SimpleNamespace(mask="0" * CELLS**2)) is None

    def last(mask):
        *_, (_, saved, _) = dream(sample, "blocks.1.1", octaves=1, steps=2, mask=mask)
        return images_of(saved)

    plain, painted = last(None), last(mask)
    width = plain.shape[1]
    photo = deep_dream.cvcore.deep_dream.to_start(sample, Settings.side)
    photo = deep_dream.images.to_image(photo)
    right = slice(width // 3 + 4, None)
    np.testing.assert_array_equal(painted[:, right], photo[:, right])
    assert (plain[:, right] != photo[:, right]).mean() > 0.5


def images_of(saved: dict) -> np.ndarray:
    return deep_dream.images.load_data_uri(saved["href"])


def test_a_zoom_video_is_a_video(sample, tmp_path):
    *_, (value, saved) = zoom_video.show_video(sample, VIDEO)
    assert value["frame"] == 4
    (tmp_path / "dream.mp4").write_bytes(base64.b64decode(saved["href"].split(",")[1]))
    frames = list(video.read_frames(tmp_path / "dream.mp4", max_side=640))
    assert len(frames) == 4
    assert frames[0].shape == (106, 160, 3)
    with pytest.raises(InputError, match="no picture"):
        next(zoom_video.show_video(None, VIDEO))


def test_webcam_frames_go_on_from_each_other(sample):
    first, badge, state = live.dream_frame(sample, "blocks.1.1", 1, 0.15, None)
    second, _, again = live.dream_frame(sample, "blocks.1.1", 1, 0.15, state)
    assert "1 steps" in badge
    assert np.abs(again.change).mean() > np.abs(state.change).mean()
    assert first.shape == second.shape


def test_api(client):
    value, _, _ = client.predict(
        handle_file(CAT), "blocks.2.1", "layer", 0, 1, 0.5, 207, None, 1, 1.4, 2, 0.015, 8, 0.8,
        api_name="/deep_dream",
    )  # fmt: skip
    assert value["step"] == 2
    frame, _ = client.predict(handle_file(CAT), "blocks.2.1", 1, 0.15, api_name="/deep_dream_frame")
    assert frame.startswith("data:image/jpeg;base64,")
    layers, *_ = client.predict(handle_file(CAT), "blocks.2.1", api_name="/deep_dream_layers")
    assert len(layers["items"]) == 6
    clip, _ = client.predict(
        image=handle_file(CAT), layer="blocks.2.1", jitter=8, side=160, frames=12,
        frame_octaves=1, frame_steps=1, api_name="/deep_dream_film",
    )  # fmt: skip
    assert clip["frame"] == 12


def test_api_takes_odd_pictures_and_refuses_bad_files(client, tmp_path):
    def dream(path, layer="blocks.1.1"):
        return client.predict(
            handle_file(str(path)), layer, "layer", 0, 1, 0.5, 207, None, 1, 1.4, 1, 0.015, 8,
            0.8, api_name="/deep_dream",
        )  # fmt: skip

    for name, path in write_odd_pictures(tmp_path).items():
        if name in THIN:
            with pytest.raises(AppError, match=r"too small.*choose one of at least 16 x 16"):
                dream(path)
        else:
            assert dream(path)[0]["step"] == 1
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(AppError, match=r"could not be read as a picture|too large"):
            dream(path)
    with pytest.raises(AppError, match="choose one of"):
        dream(CAT, "blocks.9.9")

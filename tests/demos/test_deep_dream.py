"""The tab's handlers, as plain functions and through the API."""

import numpy as np
import pytest
from gradio_client import handle_file

from cvcore import samples
from cvcore.errors import InputError
from demos import deep_dream

CAT = str(samples.index()["chelsea"].path)


def test_previews_then_a_picture_to_keep(sample):
    *_, last = deep_dream.show_dream(sample, "blocks.2.1", octaves=1, steps=2)
    value, saved = last
    assert value["step"] == 2
    assert len(value["curve"]) == 2
    assert len(value["top5"]) == 5
    assert saved["href"].startswith("data:image/png;base64,")


def test_missing_guide_and_class_are_one_sentence(sample):
    with pytest.raises(InputError, match="second picture"):
        next(deep_dream.show_dream(sample, "blocks.2.1", "guide"))
    with pytest.raises(InputError, match="Choose a class"):
        list(deep_dream.show_dream(sample, "blocks.2.1", "class", class_idx=None))
    with pytest.raises(InputError, match="no picture"):
        next(deep_dream.show_dream(None, "blocks.2.1"))


def test_frame_is_small():
    frame = deep_dream.dream_frame(np.full((120, 160, 3), 90, np.uint8), "blocks.1.1")
    assert frame.shape == (144, 192, 3)


def test_api(client):
    value, _ = client.predict(
        handle_file(CAT), "blocks.2.1", "layer", 0, 1, 0.5, 207, None, 1, 1.4, 2, 0.015, 8, 0.8,
        api_name="/deep_dream",
    )  # fmt: skip
    assert value["step"] == 2
    frame = client.predict(handle_file(CAT), "blocks.2.1", api_name="/deep_dream_frame")
    assert frame.startswith("data:image/jpeg;base64,")

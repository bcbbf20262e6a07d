"""Runs whose picture is missing or refused."""

import re

import gradio as gr
import numpy as np
import pytest
from gradio.helpers import EventData
from gradio.state_holder import SessionState

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.core.images import check_image
from demos import components as ui
from demos.components.private_picture import FacePicture
from demos.lesson import guard
from demos.server import emptied, notes, runs
from demos.server.errors import PictureMessage
from tests.support.server import run_alone

BLACK, SPECK = (
    {
        "path": None,
        "url": images.to_data_uri(np.full((side, side, 3), grey, np.uint8), format="png"),
    }
    for side, grey in ((8, 0), (1, 9))
)


@pytest.fixture
def page(monkeypatch):
    """A page, its parts, and what it was told; its handler needs a picture."""
    told = []
    monkeypatch.setattr(notes, "send_note", lambda key, text: told.append((key, text)))

    def answer(first, second, size, kept):
        if first is not None and not first.any():
            raise InputError("There is no face.")
        return "new", size, check_image(first, min_side=2).shape, "new", second

    with runs.Page() as page:
        first, second = ui.SafeImage(elem_id="first"), ui.SafeImage(elem_id="second")
        size, kept, html, button = (
            gr.Slider(0, 9, 3),
            gr.State("start"),
            gr.HTML("old"),
            gr.Button(),
        )
        panel = ui.Panel({"html": "Please wait"})
        outputs = [html, size, kept, panel, second]
        inputs = [first, second, size, kept]
        gr.on([first.change, button.click], guard(answer), inputs, outputs)
    state = SessionState(page)
    state[kept._id] = "of the picture before"

    def run(values, target):
        # as Gradio names it: the session's own copy, once something of it was updated
        data = EventData(state.blocks_config.blocks[target._id], None) if target else None
        return run_alone(page.process_api(0, values, state, event_data=data))["data"]

    def update(part):
        state[part._id] = part.__class__(elem_id=part.elem_id, render=False)

    parts = {"first": first, "button": button, "kept": lambda: state[kept._id], "update": update}
    return run, parts, told


def is_as_before(value):
    return value["__type__"] == "update" and "value" not in value


def bad_file(folder):
    path = folder / "folder of it" / "notes.png"
    path.parent.mkdir()
    path.write_text("no picture")
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def test_a_missing_picture_empties_the_answers_and_says_so_at_its_field(page):
    run, parts, told = page
    html, size, kept, panel, second = run([None, None, 4, None], parts["first"])
    assert (html, panel) == ("", {"html": ""})
    assert is_as_before(size)  # controls and pictures stay
    assert is_as_before(second)
    assert (kept, parts["kept"]()) == (None, "start")
    ((key, text),) = told
    assert key == "refused first "
    assert text.startswith("There is no picture yet")


def test_a_refused_picture_is_named_by_its_field_and_file(page, tmp_path):
    run, parts, told = page
    html, *_ = run([None, bad_file(tmp_path), 4, None], parts["first"])
    assert html == ""
    ((key, text),) = told
    assert re.fullmatch("refused second [0-9a-f]{64}", key)  # the folder of the copy in the cache
    assert "could not be read as a picture" in text


def test_what_a_button_asks_for_stays_and_callers_get_the_error(page):
    run, parts, told = page
    assert is_as_before(run([None, None, 4, None], parts["button"])[0])
    assert parts["kept"]() == "of the picture before"
    assert len(told) == 1
    with pytest.raises(PictureMessage, match="no picture yet"):
        run([None, None, 4, None], None)
    assert len(told) == 1


def test_a_part_that_was_updated_is_known_again(page):
    """The session has a copy of it then, with a number of its own."""
    run, parts, told = page
    for name in ("first", "button"):
        parts["update"](parts[name])
    html, *_ = run([BLACK, None, 4, None], parts["first"])
    assert html == ""
    ((key, text),) = told
    assert (key.split()[1], text) == ("first", "There is no face.")
    assert is_as_before(run([None, None, 4, None], parts["button"])[0])


def test_a_refused_picture_of_a_field_that_was_updated(page, tmp_path):
    run, parts, told = page
    parts["update"](parts["first"])
    html, *_ = run([bad_file(tmp_path), None, 4, None], parts["first"])
    assert html == ""
    ((key, _),) = told
    assert key.startswith("refused first ")


def test_every_picture_field_is_known_by_its_class():
    for field in (ui.SafeImage(render=False), FacePicture(render=False)):
        assert "takes-picture" in field.get_config()["elem_classes"]
        assert emptied.to_empty(field) == gr.skip()


def test_a_picture_too_small_is_told_at_the_only_one_there_is(page):
    """Also where something else set the run off; of two it cannot be known which it is."""
    run, parts, told = page
    assert is_as_before(run([SPECK, None, 3, ""], parts["button"])[0])
    ((key, text),) = told
    assert key.startswith("refused first ")
    assert "too small (1 x 1 pixels)" in text
    with pytest.raises(gr.Error, match="too small"):
        run([SPECK, BLACK, 3, ""], parts["button"])
    assert len(told) == 1

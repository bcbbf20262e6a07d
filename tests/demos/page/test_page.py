"""What the tabs share, without a browser."""

import base64
import os
import re
import time

import gradio as gr
import numpy as np
import pytest
from gradio.components.image import ImageData
from gradio.state_holder import SessionState

from cvcore.core.errors import InputError
from cvcore.core.images import to_data_uri, to_png
from demos import TABS, lesson
from demos import components as ui
from demos.components.live import answer_frame, build_camera, to_twin_handler
from demos.lesson.panels import read_source
from demos.page import build_page
from demos.server.errors import UNEXPECTED
from demos.server.limits import KEPT_SECONDS
from tests.support.files import write_bad_files, write_odd_pictures
from tests.support.server import ROOT, load_app


@pytest.fixture(scope="module")
def app():
    """``app.py`` as a module, with one lesson."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLASSBOX_TABS", "convolution")
        return load_app()


def test_guard_shows_sentences_and_hides_tracebacks():
    def refuse(kind):
        raise {"input": InputError("Choose another."), "bug": KeyError("secret path")}[kind]

    with pytest.raises(gr.Error, match="Choose another"):
        lesson.guard(refuse)("input")
    with pytest.raises(gr.Error) as hidden:
        lesson.guard(refuse)("bug")
    assert hidden.value.message == UNEXPECTED


def test_guard_keeps_generators():
    closed = []

    def count():
        try:
            yield from range(3)
            raise InputError("Enough.")
        finally:
            closed.append(True)

    running = lesson.guard(count)()
    assert next(running) == 0
    running.close()
    assert closed == [True]
    with pytest.raises(gr.Error, match="Enough"):
        list(lesson.guard(count)())


@pytest.fixture
def session():
    """A visitor's memory, with the fields of a webcam: a slider, a state and a text."""
    with gr.Blocks() as page:
        fields = [ui.Slider(0, 9, 3, label="Size"), gr.State(0)]
        text = gr.HTML()
    return SessionState(page), fields, text


def test_frames_go_through_with_fields_and_state(sample, session):
    memory, (size, state), text = session

    def count(frame, size, seen):
        return frame, f"{size:g} {seen}", seen + 1

    for turn in range(2):
        data = {"number": 7, "src": to_data_uri(sample), "values": [4]}
        answer = answer_frame(count, data, [size, state], [text, state], memory)
        assert answer["number"] == 7
        assert answer["src"].startswith("data:image/jpeg")
        assert answer["extras"] == [f"4 {turn}"]
    assert memory[state._id] == 2


@pytest.mark.parametrize("value", [float("nan"), 12, None, "x"])
def test_frames_never_raise(sample, session, value):
    memory, (size, state), text = session

    def refuse(frame, size, seen):
        raise InputError("Nothing to see here.")

    for fn in (refuse, lambda frame, size, seen: (frame, "", 1)):
        data = {"number": 1, "src": to_data_uri(sample), "values": [value]}
        answer = answer_frame(fn, data, [size, state], [text, state], memory)
        assert answer["src"].startswith("data:image/jpeg")
        assert "extras" not in answer
    assert memory[state._id] == 0
    with pytest.raises(InputError):
        to_twin_handler(lambda frame: refuse(frame, 1, 0))(sample)


@pytest.mark.parametrize("data", [None, [], {}, {"src": 3}, {"src": "data:image/png;base64,AAAA"}])
def test_what_is_no_frame_is_answered_in_a_sentence(data):
    answer = answer_frame(lambda frame: frame, data, [], [], None)
    assert set(answer) == {"number", "said"}
    assert answer["said"].endswith(".")


def test_frames_are_shrunk():
    large = to_data_uri(np.zeros((1200, 1600, 3), np.uint8))
    seen = []
    data = {"number": 1, "src": large, "values": []}
    answer_frame(lambda frame: seen.append(frame.shape) or frame, data, [], [], None)
    assert seen == [(480, 640, 3)]


def test_a_webcam_takes_plain_fields_alone():
    with gr.Blocks(), gr.Tab():
        picture, number = gr.Image(), gr.Number()
        with pytest.raises(TypeError, match="plain values"):
            build_camera("a", lambda frame, picture: frame, [picture], [])
        with pytest.raises(TypeError, match="HTML"):
            build_camera("a", lambda frame: (frame, 1), [], [number])


def test_badge_and_download():
    assert "network <b>6.6 ms</b>" in ui.badge({"network": 6.61})
    assert "&lt;b&gt;" in ui.badge({"<b>": 1})
    value = ui.download_value("a.csv", b"1,2", "text/csv")
    assert value == {"filename": "a.csv", "href": "data:text/csv;base64,MSwy"}


def test_code_shown_is_the_code_that_runs():
    source = read_source(("cvcore.core.images:shrink",))
    assert source.startswith("# cvcore/core/images.py\ndef shrink(")


def test_arguments(monkeypatch, app):
    for name in ("GLASSBOX_HOST", "GLASSBOX_PORT", "GLASSBOX_TABS", "GRADIO_SERVER_NAME"):
        monkeypatch.delenv(name, raising=False)
    options = app.parse_arguments([])
    assert (options.host, options.port, options.share) == ("127.0.0.1", 7860, False)
    assert options.tabs == TABS
    monkeypatch.setenv("GLASSBOX_PORT", "8000")
    monkeypatch.setenv("GLASSBOX_TABS", TABS[1])
    assert app.parse_arguments([]).port == 8000
    assert app.parse_arguments([]).tabs == (TABS[1],)
    assert app.parse_arguments(["--tabs", f"{TABS[1]},{TABS[0]}"]).tabs == (TABS[1], TABS[0])


@pytest.mark.parametrize("text", ["", "nothing", "convolution,nothing"])
def test_unknown_tabs_are_refused(text, capsys, app):
    with pytest.raises(SystemExit):
        app.parse_arguments(["--tabs", text])
    assert "choose from" in capsys.readouterr().err


def test_every_endpoint_is_named_on_purpose(whole_page):
    rows = whole_page.blocks.config["dependencies"]
    public = [row["api_name"] for row in rows if row["api_visibility"] == "public"]
    assert len(public) > 60
    assert [name for name in public if not name.startswith(TABS)] == []


def test_analytics_are_off(app):
    assert app.demo.analytics_enabled is False


def test_pictures_are_read_by_ourselves(tmp_path, sample):
    picture = ui.SafeImage(render=False)
    for name, path in write_odd_pictures(tmp_path).items():
        assert picture.preprocess(ImageData(path=str(path))).dtype == np.uint8, name
        address = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
        assert picture.preprocess(ImageData(url=address)).shape[2] == 3, name
    for name, path in write_bad_files(tmp_path).items():
        address = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
        for payload in (ImageData(path=str(path)), ImageData(url=address)):
            with pytest.raises(gr.Error) as refused:
                picture.preprocess(payload)
            assert refused.value.message.endswith("."), name
    assert picture.preprocess(None) is None
    with pytest.raises(gr.Error, match="could not be read"):
        picture.preprocess(ImageData(url="data:image/png;base64,%%%"))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "3", -1, 11, True, [3]])
def test_sliders_refuse_what_is_no_number_of_theirs(value):
    with pytest.raises(gr.Error, match="Size: give a number from 0 to 10"):
        ui.Slider(0, 10, 3, label="Size", render=False).preprocess(value)
    assert ui.Slider(0, 10, 3, label="Size", render=False).preprocess(4) == 4


def test_numbers_and_choices():
    number = ui.Number(label="Bias", render=False)
    assert number.preprocess(None) is None
    assert number.preprocess(-2.5) == -2.5
    with pytest.raises(gr.Error, match="Bias: give a number"):
        number.preprocess(float("nan"))
    for field in (ui.Dropdown, ui.Radio):
        menu = field([("One", "one"), ("Two", "two")], label="Model", render=False)
        assert menu.preprocess("two") == "two"
        with pytest.raises(gr.Error, match="Model: choose one of one, two"):
            menu.preprocess("three")


def test_tabs_use_the_fields_that_answer_in_a_sentence():
    fields_file = ROOT / "demos" / "components" / "fields.py"
    paths = [path for path in (ROOT / "demos").rglob("*.py") if path != fields_file]
    assert len(paths) > len(TABS)
    for path in paths:
        fields = r"gr\.(Slider|Number|Dropdown|Radio|CheckboxGroup|File|Video)\("
        found = re.findall(fields, path.read_text())
        assert not found, path


def test_the_page_is_described_by_plain_values(whole_page):
    """Gradio copies the description for every visitor; an object in it drags the app along."""
    assert "functools.partial" not in repr(whole_page.blocks.config["components"])


def test_a_picture_in_use_is_kept_and_a_lost_one_is_told(tmp_path, sample):
    """It is deleted an hour after its last use, not after it came."""
    picture, path = ui.SafeImage(render=False), tmp_path / "cat.png"
    path.write_bytes(to_png(sample))
    os.utime(path, (0, 0))
    file = ImageData(path=str(path))
    assert picture.preprocess(file) is not None
    assert time.time() - path.stat().st_mtime < 60
    path.unlink()
    with pytest.raises(gr.Error, match="choose it again"):
        picture.preprocess(file)
    assert build_page(("convolution",)).delete_cache == (60, KEPT_SECONDS)


# --- what the page tells those who call it -----------------------------------------------------


def test_parameters_and_results_have_names(whole_page):
    endpoints = whole_page.blocks.get_api_info()["named_endpoints"]
    assert len(endpoints) >= 80
    for name, row in endpoints.items():
        parameters = [one["parameter_name"] for one in row["parameters"]]
        results = [one["label"] for one in row["returns"]]
        assert len({*parameters}) == len(parameters), name
        assert len({*results}) == len(results), name
        for one in [*parameters, *results]:
            assert not re.fullmatch(r"(param|value)_\d+", one), f"{name}: {one}"
            assert len(one) <= 40, f"{name}: {one}"


def test_examples_lie_in_the_repository(whole_page):
    """A program copied from the page's description works with the network cable out."""
    endpoints = whole_page.blocks.get_api_info()["named_endpoints"]
    for name, row in endpoints.items():
        for one in row["parameters"]:
            assert "http" not in str(one["example_input"]), f"{name}: {one['parameter_name']}"

"""Addresses that open a lesson just so."""

from pathlib import Path

import gradio as gr
import pytest

from cvcore.core import samples
from demos import TABS
from demos import components as ui
from demos.page import links


@pytest.fixture(scope="module")
def lesson():
    """A tab with one control of each kind, two of them under the same label."""
    with gr.Blocks() as page, gr.Tabs(), gr.Tab("Lesson") as block:
        picture = ui.SafeImage()
        opened = gr.State(0)
        with gr.Tabs():
            for name in ("First view", "Second view"):
                with gr.Tab(name):
                    ui.Slider(0, 1, 0.5, label="Opacity (of the map)")
        with gr.Row():
            ui.Radio([("One", 1), ("Two", 2)], value=1, label="Model")
            ui.CheckboxGroup(["a, b", "c"], label="Show")
            gr.Checkbox(label="Loop")
            ui.Number(3, minimum=1, maximum=9, label="Steps")
            ui.Radio(["cat", "dog"], label="Kind", visible=False)
            gr.Checkbox(label="I agree", elem_classes=[links.PERSONAL])
    assert page
    return {"lesson": links.collect("lesson", block, picture=picture, opened=opened)}


def read(lesson, **query):
    """The updates by key, and what was not understood."""
    texts = {key: value if isinstance(value, list) else [value] for key, value in query.items()}
    state = lesson["lesson"]
    updates, unknown = links.read_link(lesson, {"tab": ["lesson"]} | texts)
    names = {part._id: key for key, part in state.controls.items()}
    names |= {state.picture._id: "picture", state.views._id: "view", state.opened._id: "opened"}
    return {names[part._id]: change for part, change in updates.items()}, unknown


def test_names_of_controls(lesson):
    assert list(lesson["lesson"].controls) == [
        "opacity-of-the-map",
        "opacity-of-the-map-2",
        "model",
        "show",
        "loop",
        "steps",
        "kind",
    ]


def test_values_of_every_kind(lesson):
    query = {"opacity-of-the-map-2": "0.25", "model": "2", "show": ["a, b", "c"], "loop": "true"}
    updates, unknown = read(lesson, **query, steps="4", picture="coffee", view="second-view")
    for text in ("Coffee", samples.index()["coffee"].path.name):  # by title and file, too
        assert read(lesson, picture=text)[0]["picture"] == updates["picture"]
    values = {key: change.get("value") for key, change in updates.items()}
    assert unknown == []
    assert values["opacity-of-the-map-2"] == 0.25
    assert (values["model"], values["show"], values["loop"]) == (2, ["a, b", "c"], True)
    assert values["steps"] == 4
    assert values["picture"] == str(samples.index()["coffee"].path)
    assert values["opened"] == 2  # so that the results are computed anew
    assert updates["view"]["selected"] == "second-view"


def test_hidden_controls_keep_their_values(lesson):
    updates, unknown = read(lesson, hide="model,loop,nothing", model="2")
    assert updates["model"]["visible"] is False
    assert updates["model"]["value"] == 2
    assert updates["loop"]["visible"] is False
    assert unknown == ["hide=nothing"]


def test_a_control_that_another_one_shows_is_in_the_address_too(lesson):
    updates, _ = read(lesson, kind="dog")
    assert updates["kind"]["value"] == "dog"
    assert updates["kind"]["visible"] is True


@pytest.mark.parametrize(
    "query",
    [
        {"steps": "nan"},
        {"steps": "inf"},
        {"steps": "10"},
        {"steps": "many"},
        {"opacity-of-the-map": "-1"},
        {"model": "3"},
        {"show": "d"},
        {"loop": "perhaps"},
        {"picture": "/etc/passwd"},
        {"view": "third"},
        {"confidence": "0.4"},
    ],
)
def test_what_does_not_fit_is_left_out_and_named(lesson, query):
    updates, unknown = read(lesson, **query)
    (key,) = query
    assert updates == {}
    assert unknown == [f"{key}={query[key]}"]


def test_a_link_never_consents(lesson):
    updates, _ = read(lesson, **{"i-agree": "true"})
    assert updates == {}


def test_other_words_and_other_tabs_are_ignored(lesson):
    assert links.read_link(lesson, {"tab": ["none"], "steps": ["4"]}) == ({}, [])
    assert read(lesson, __theme="dark", **{"class": "klasse9a"}) == ({}, [])


def test_a_sample_is_known_by_what_is_in_its_file(tmp_path):
    """One's own picture of the same name is none of them."""
    row = samples.index()["coffee"]
    own = tmp_path / row.path.name
    own.write_bytes(samples.index()["chelsea"].path.read_bytes())
    names = []
    for path in (row.path, own):
        with gr.Blocks() as page:
            ui.SafeImage(str(path))
        (part,) = page.config["components"]
        names.append(
            links.list_samples().get("/".join(Path(part["props"]["value"]["path"]).parts[-2:]))
        )
    assert names == ["coffee", None]


def test_what_is_there_for_the_api_alone_has_no_name_in_a_link(whole_page):
    (block,) = (
        part for part in whole_page.blocks.blocks.values()
        if isinstance(part, gr.Tab) and part.id == "style_transfer"
    )  # fmt: skip
    keys = links.collect("style_transfer", block, picture=None, opened=None).controls
    assert [key for key in keys if key.startswith("style")] == ["style"]  # the weight's slider


def test_every_tab_offers_its_link(whole_page):
    ids = {getattr(block, "elem_id", None) for block in whole_page.blocks.blocks.values()}
    assert {f"{topic}-link" for topic in TABS} <= ids


def test_an_unknown_tab_is_told_with_the_nearest():
    titles = {"style_transfer": "Neural style transfer", "deep_dream": "DeepDream"}
    titles["detection"] = "YOLO detection"
    near = {"style": "style_transfer", "deepdream": "deep_dream", "detektion": "detection"}
    near |= {"yolo": "detection", "<b>": None, "": None}
    assert {word: links.find_nearest(word, titles) for word in near} == near
    said = links.describe_unknown("style", titles)
    assert "no lesson called “style”" in said
    assert 'href="?tab=style_transfer"' in said
    assert "<b>" not in links.describe_unknown("<b>", titles)
    assert links.describe_unknown("", titles) == ""


def test_no_text_of_an_address_is_without_a_value(whole_page):
    """Of one without a browser may say at the opening that it changed."""
    rows = whole_page.blocks.config["components"]
    texts = [row["props"] for row in rows if row["type"] == "textbox"]
    values = {row.get("label"): row.get("value") for row in texts}
    values = {label: value for label, value in values.items() if "address" in str(label)}
    assert values == dict.fromkeys(values, "")
    assert len(values) == 2 * len(TABS)

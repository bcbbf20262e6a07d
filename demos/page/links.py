"""A lesson in an address: ``?tab=detection&picture=street&confidence-limit=0.4`` opens just so.

Names of controls are their labels in small letters with dashes. ``picture`` is a sample, ``view``
an inner tab, ``hide`` takes controls away for a lesson.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import gradio as gr
from gradio.processing_utils import hash_file

from cvcore.core import samples
from demos.components import fields
from demos.components.private_picture import SAMPLES, FacePicture, title_of, to_value
from demos.lesson.stage import to_key
from demos.server.errors import guard

KINDS = (
    fields.Slider,
    fields.Number,
    fields.Dropdown,
    fields.Radio,
    fields.CheckboxGroup,
    fields.Choice,
    gr.Checkbox,
    FacePicture,
)
PERSONAL = "personal"  # class of controls that no address may set, as a consent
OWN_KEYS = ("tab", "picture", "view", "hide")
OTHER_KEYS = ("class", "__theme", "__lang", "__sign")  # the door's, and Gradio's own
_STATIC = Path(__file__).with_name("static")
_WRITE = (
    (_STATIC / "link_write.js")
    .read_text(encoding="utf-8")
    .partition("makeWrite = ")[2]
    .strip("; \n")
)
# The tab named in an address, and for that tab the address's query if it asks for more.
_READ = """() => {
  const query = new URLSearchParams(location.search), wanted = query.get('tab');
  const same = {__type__: 'update'};
  document.documentElement.dataset.addressRead = 'yes';
  if (!TOPICS.includes(wanted)) {
    return [same, wanted && wanted !== 'start' ? wanted : same, ...TOPICS.map(() => same)];
  }
  const more = [...query.keys()].some(key => !['tab', 'class', '__theme'].includes(key));
  const texts = TOPICS.map(topic => more && topic === wanted ? query.toString() : same);
  return [{__type__: 'update', selected: wanted}, same, ...texts];
}"""
LONGEST = 200  # letters of a value


@dataclass
class LessonState:
    """What of a tab an address can hold."""

    topic: str
    controls: dict[str, Any] = field(default_factory=dict)  # by key
    picture: Any = None  # the tab's picture input
    views: Any = None  # the inner tabs
    opened: Any = None  # a count; the tab's first results are computed when it changes

    @property
    def outputs(self) -> list[Any]:
        parts = [self.opened, self.picture, self.views, *self.controls.values()]
        return [part for part in parts if part is not None]

    @property
    def view_ids(self) -> dict[str, Any]:
        if self.views is None:
            return {}
        inner = [child for child in self.views.children if isinstance(child, gr.Tab)]
        return {to_key(child.label): child.id for child in inner}


def _walk(block: Any) -> Iterator[Any]:
    for child in getattr(block, "children", ()):
        yield child
        yield from _walk(child)


def collect(topic: str, block: gr.Tab, *, picture: Any, opened: Any) -> LessonState:
    """The controls of a tab that was built, in the order in which they were made; two with one
    label become ``size`` and ``size-2``."""
    state = LessonState(topic, picture=picture, opened=opened)
    # as they were made: what a view has of its own stands first in the rail
    for part in sorted(_walk(block), key=lambda part: part._id):
        if isinstance(part, gr.Tabs) and state.views is None:
            state.views = part
            for child in part.children:
                child.id = child.id or to_key(getattr(child, "label", "") or "")
        if not isinstance(part, KINDS) or not part.label:
            continue
        if PERSONAL in part.elem_classes:
            continue
        base = key = to_key(part.label)
        count = 1
        while key in state.controls or key in OWN_KEYS:
            count += 1
            key = f"{base}-{count}"
        state.controls[key] = part
    return state


def read_value(control: Any, texts: list[str]) -> Any:
    """What an address says about a control, as the control's own value.

    Raises ``gr.Error`` or ``ValueError`` for what the control does not take.
    """
    if isinstance(control, gr.Checkbox):
        return {"true": True, "1": True, "false": False, "0": False}[texts[0].lower()]
    if isinstance(control, gr.Slider | gr.Number):
        number = float(texts[0])
        value: Any = int(number) if number.is_integer() else number
    elif isinstance(control, FacePicture):
        return to_value(find_sample(texts[0], {name: title_of(name) for name in SAMPLES}))
    elif isinstance(control, fields.Choice):
        return texts[0][:LONGEST]
    else:
        known = {str(value): value for _, value in control.choices}
        many = isinstance(control, gr.CheckboxGroup) or getattr(control, "multiselect", False)
        value = [known[text] for text in texts] if many else known[texts[0]]
    control.preprocess(value)
    return value


def find_sample(text: str, titles: Mapping[str, str]) -> str:
    """The sample that an address names by its name, its title or its file; titles are by name.

    Raises ``KeyError`` for another.
    """
    wanted = to_key(Path(text).stem if "/" not in text else text)
    for name, title in titles.items():
        if wanted and wanted in (to_key(name), to_key(title)):
            return name
    raise KeyError(text)


def read_link(
    states: Mapping[str, LessonState], query: Mapping[str, list[str]]
) -> tuple[dict[Any, Any], list[str]]:
    """Updates by component for an address's query, and the words in it that mean nothing here."""
    state = states.get((query.get("tab") or [""])[0])
    if state is None:
        return {}, []
    updates: dict[Any, dict[str, Any]] = {}
    unknown = []
    for key, texts in query.items():
        control = state.controls.get(key)
        try:
            if key == "picture" and state.picture is not None:
                rows = samples.index()
                name = find_sample(texts[0], {name: row.title for name, row in rows.items()})
                updates[state.picture] = {"value": str(rows[name].path)}
            elif key == "view" and state.views is not None:
                updates[state.views] = {"selected": state.view_ids[texts[0]]}
            elif control is not None:
                updates.setdefault(control, {})["value"] = read_value(control, texts)
                if not control.visible:  # shown with some choice of another control only
                    updates[control]["visible"] = True
            elif key not in OWN_KEYS + OTHER_KEYS:
                unknown.append(f"{key}={texts[0]}")
        except (gr.Error, KeyError, ValueError, OverflowError):
            unknown.append(f"{key}={texts[0]}")
    for name in ",".join(query.get("hide", ())).split(","):
        if name in state.controls:
            updates.setdefault(state.controls[name], {})["visible"] = False
        elif name:
            unknown.append(f"hide={name}")
    if updates:
        updates[state.opened] = {"value": 2}
    return {part: gr.update(**changes) for part, changes in updates.items()}, unknown


@cache
def list_samples() -> dict[str, str]:
    """The samples' names by folder and file as Gradio keeps pictures: a folder is named by what is
    in the file, so that a visitor's own picture is none of them, whatever it is called."""
    rows = samples.index().items()
    return {f"{hash_file(row.path)}/{row.path.name}": name for name, row in rows}


def offer_link(state: LessonState) -> None:
    """The closed panel that shows the address of a tab as it stands, also while it is open."""
    controls = state.controls
    plan = {
        "tab": state.topic,
        "samples": list_samples(),
        "views": list(state.view_ids),
        "keys": list(controls),
        "labels": [control.label for control in controls.values()],
        "defaults": [control.value for control in controls.values()],
        "limits": [
            [getattr(control, "minimum", None), getattr(control, "maximum", None)]
            for control in controls.values()
        ],
        "longest": LONGEST,
    }
    with gr.Accordion("Link", open=False, elem_classes=["link"]) as panel:
        address = gr.Textbox(
            label="Opens this tab with this sample picture and these controls",
            buttons=["copy"],
            interactive=False,
            elem_id=f"{state.topic}-link",
        )
        left_out = gr.Markdown(elem_id=f"{state.topic}-link-note")
        names = ", ".join(f"`{key}`" for key in controls)
        gr.Markdown(f"To hide controls from a class add `&hide=` and their names: {names}.")
    own = [part for part in (state.picture, *controls.values()) if part is not None]
    changes = [part.change for part in own] + ([state.views.select] if state.views else [])
    rows: list[tuple[Any, bool]] = [(panel.expand, True), (changes, False)]
    for events, is_opening in rows:
        gr.on(
            events,
            None,
            [state.picture or gr.State(None), *controls.values()],
            [address, left_out],
            js=f"({_WRITE})({json.dumps(plan | {'opening': is_opening})})",
            api_visibility="private",
        )


def restore_from_address(
    page: gr.Blocks, tabs: gr.Tabs, states: Mapping[str, LessonState], notice: gr.HTML,
    titles: Mapping[str, str],
) -> None:  # fmt: skip
    """Open the page as its address says; ``notice`` says so where it names no tab of ``titles``.

    The tab is opened in the browser; only where there is more to set the server is asked, for this
    tab alone: whatever else an event could write to would be made anew, too. The text fields hold
    "" at first: of one that holds nothing a browser may say that it changed.
    """
    asked = {topic: gr.Textbox("", visible="hidden", label=f"address, {topic}") for topic in states}
    unknown = gr.Textbox("", visible="hidden", label="unknown tab")
    page.load(
        None,
        None,
        [tabs, unknown, *asked.values()],
        js=_READ.replace("TOPICS", json.dumps(list(states))),
        api_visibility="private",
    )
    unknown.change(
        guard(lambda word: describe_unknown(word, titles)), unknown, notice,
        api_visibility="private", show_progress="hidden",
    )  # fmt: skip
    for topic, address in asked.items():
        _restore_from(address, states[topic])


def find_nearest(word: str, titles: Mapping[str, str]) -> str | None:
    """The topic that an unknown word is likest to, by the topics' words or titles."""
    word = to_key(word[:LONGEST])
    known = {to_key(name): topic for topic, title in titles.items() for name in (topic, title)}
    inside = [name for name in known if word and word in name]
    found = inside or difflib.get_close_matches(word, known, 1, 0.4)
    return known[found[0]] if found else None


def describe_unknown(word: str, titles: Mapping[str, str]) -> str:
    """That the address names no tab of this page, and the nearest one as a link."""
    if not word:
        return ""
    said = f"There is no lesson called “{escape(word[:40])}” here."
    nearest = find_nearest(word, titles)
    if nearest:
        title = escape(titles[nearest])
        said += f' Did you mean <a href="?tab={nearest}" data-topic="{nearest}">{title}</a>?'
    return f'<p class="unknown-tab" role="status">{said}</p>'


def _restore_from(address: gr.Textbox, state: LessonState) -> None:
    def restore(text: str) -> Any:
        query = parse_qs(text or "", keep_blank_values=True)
        updates, unknown = read_link({state.topic: state}, query)
        if unknown:
            gr.Warning(f"This link asks for what is not here: {escape(', '.join(unknown[:5]))}.")
        # Once and for all controls together, and also where it says nothing that is known here.
        return updates | {state.opened: 2} if text else {address: gr.skip()}

    outputs = [address, *state.outputs]
    address.change(
        guard(restore), address, outputs, api_visibility="private", show_progress="hidden"
    )

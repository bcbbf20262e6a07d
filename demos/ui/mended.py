"""Mistakes in Gradio's page (6.31), mended on its way to the browser.

**Order.** What happens while a handler of the kind "always_last" runs is to be answered once more
when it ends. That goes wrong four times:

* then all handlers of that event start, not this one alone. Where an event has two such handlers
  and comes twice in a row, as when a slider moves, they go on starting each other for as long as
  the page is open;
* they get the data of the event that was answered, not of the one that waited: the last stroke of
  a brush is lost;
* an event does not wait while the request of the one before is being put together: both are under
  way, and the older one may be answered last;
* what waited for a handler that failed is not answered.

**Speed.** At every step of every handler each component of the whole page is told how the handler
that last changed it is doing, mostly what it was told before, and is copied for that: on a page of
ten tabs this takes longer than all else. Here only those are told for whom it is new. And before
each run every component that can set it off was copied, to change nothing of it.

**Choices.** A dropdown says "input" once when a choice is made and once more when it is left, also
where nothing was chosen: everything ran twice, and what a visitor had edited since was overwritten.
Here it says so when the choice is another one.

**Opening.** For each component all handlers are searched for those that it sets off, each handler
twice. Here that is looked up.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.responses import Response

DECIDE = re.compile(
    r"let (\w+)=(\w+)\((\w+)\.trigger_modes,this\.submissions\.has\(\3\.id\)\);(.{0,40}?)"
    r"if\(\1===`defer`\)\{this\.queue\.add\(\3\.id\);continue\}"
)
AGAIN = re.compile(
    r"this\.queue\.has\((\w+)\.id\)&&\(this\.queue\.delete\(\1\.id\),this\.dispatch\((\w+)\)\)"
)
FAILED = re.compile(r"(catch\{.{0,200}?\w+&&this\.clear_submission\((\w+)\.id,\w+\)),")
TELL_ALL = re.compile(r"(Object\.entries\(this\.loading_stati\.current\))(\.map\()")
ARGUMENTS = re.compile(r"async set_event_args\(\w+,(\w+)\)\{")
TELL_OTHERWISE = re.compile(
    r"(\w+)=>\{(this\.update_state_cb\(\1,\{loading_status:\{validation_error:null\}\},!1\))\}"
)

CHOSEN = re.compile(
    r",(?P<value>\w+)\(\w+\)(?P<select>,(?P<props>\w+)\.on_select\?\.\([^;]{0,120}?)"
    r"(?P=props)\.on_input\?\.\(\),(?P<field>\w+)\.blur\(\)"
)

SEARCH = re.compile(
    r"(find_attached_events\((\w+),(\w+)\)\{let (\w+)=)\3\.filter\(.{1,200}?\.filter\(Boolean\);"
)


def _once_more(handler: str) -> str:
    """Answer the newest event that waited for this handler."""
    newest = f"this.waiting.get({handler}.id)"
    return (
        f"this.queue.delete({handler}.id)&&this.dispatch({{type:'fn',fn_index:{handler}.id,"
        f"event_data:{newest}.event_data??null,target_id:{newest}.target_id}})"
    )


def mend_order(script: str) -> str | None:
    """The script with the newest event answered last; None where it is not as it was."""
    if [len(one.findall(script)) for one in (DECIDE, AGAIN, FAILED)] != [1, 2, 1]:
        return None
    event = AGAIN.search(script)[2]

    def decide(found: re.Match) -> str:
        mode, choose, handler, skip = found.groups()
        return (
            f"let {mode}={choose}({handler}.trigger_modes,this.submissions.has({handler}.id)||"
            f"{handler}.trigger_modes===`always_last`&&!!this.starting?.has({handler}.id));{skip}"
            f"if({mode}===`defer`){{this.queue.add({handler}.id);"
            f"(this.waiting??=new Map).set({handler}.id,{event});continue}}"
            f"this.queue.delete({handler}.id);if({handler}.functions.backend){{"
            f"(this.starting??=new Set).add({handler}.id);"
            f"setTimeout(()=>this.starting.delete({handler}.id))}}"
        )

    script = DECIDE.sub(decide, script)
    script = AGAIN.sub(lambda found: _once_more(found[1]), script)
    return FAILED.sub(lambda found: f"{found[1]},{_once_more(found[2])},", script)


def mend_speed(script: str) -> str | None:
    """The script with only news told to the components; None where it is not as it was."""
    if [len(one.findall(script)) for one in (TELL_ALL, TELL_OTHERWISE, ARGUMENTS)] != [1, 1, 1]:
        return None
    script = TELL_ALL.sub(
        r"\1.filter(([id,status])=>{const news=JSON.stringify(status),old=this.told??={};"
        r"return old[id]!==news&&(old[id]=news,!0)})\2",
        script,
    )
    script = ARGUMENTS.sub(r"\g<0>if(!Object.keys(\1).length)return()=>{};", script)
    return TELL_OTHERWISE.sub(r"\1=>{delete this.told?.[\1];\2}", script)


def mend_choices(script: str) -> str | None:
    """The script with "input" for another choice alone; None where it is not as it was."""
    found = CHOSEN.search(script)
    if not found:
        return None
    value, props, field = found["value"], found["props"], found["field"]
    focus, input_ = f"{props}.on_focus?.()", f"{props}.on_input?.()"
    blur = f"{props}.on_blur?.(),{input_}"
    if (script.count(focus), script.count(input_), script.count(blur)) != (1, 2, 1):
        return None
    told = f"{field}.told={value}()"
    script = script.replace(focus, f"{told},{focus}")
    script = script.replace(f"{input_},{field}.blur()", f"{told},{input_},{field}.blur()")
    changed = f"{value}()!==({field}?.told??{value}())"
    return script.replace(blur, f"{props}.on_blur?.(),{changed}&&{input_}")


def mend_opening(script: str) -> str | None:
    """The script with each component's events looked up; None where it is not as it was."""
    if len(SEARCH.findall(script)) != 1:
        return None
    return SEARCH.sub(
        r"\1(this.attached?.of===\3?this.attached:this.attached={of:\3,events:\3.reduce((all,one)=>{"
        r"for(const [id,name] of new Map(one.targets.toReversed()))"
        r"name&&(all.get(id)??all.set(id,[]).get(id)).push(name);return all},new Map)})"
        r".events.get(\2.id)??[];",
        script,
    )


MENDS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("Blocks-*.js", mend_order),
    ("Blocks-*.js", mend_speed),
    ("Index-*.js", mend_choices),
    ("core-*.js", mend_opening),
)


@cache
def mend() -> dict[str, str]:
    """Scripts as they should be, by their files' names; none where nothing is to be mended."""
    scripts: dict[str, str] = {}
    for pattern, step in MENDS:
        for path in Path(gr.__file__).parent.glob(f"templates/frontend/**/{pattern}"):
            script = scripts.get(path.name) or path.read_text(encoding="utf-8")
            if mended := step(script):
                scripts[path.name] = mended
    return scripts


class MendedPage:
    """Middleware that answers for these scripts."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        name = scope["path"].rpartition("/")[2] if scope["type"] == "http" else ""
        script = mend().get(name) if name.endswith(".js") else None
        if script:
            # of another age than Gradio's own, which a browser may have kept
            headers = {"cache-control": "no-cache"}
            answer = Response(script, media_type="text/javascript", headers=headers)
            return await answer(scope, receive, send)
        await self.app(scope, receive, send)

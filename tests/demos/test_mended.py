"""What is mended in Gradio's scripts: that and nothing else, and each thing once.

Where this fails Gradio has changed its script: look whether it still goes wrong.
"""

import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import gradio as gr
import pytest

from demos.ui.mended import MENDS, mend, mend_choices, mend_opening, mend_order, mend_speed

SCRIPTS = Path(gr.__file__).parent / "templates" / "frontend"
# Gradio's scripts in short, each passage beside what it becomes.
FAILED = "catch{this.update_loading_status({status:`error`}),c&&this.clear_submission(r.id,c),"
AGAIN = "this.queue.has(r.id)&&(this.queue.delete(r.id),this.dispatch(e))"
NEWEST = (
    "this.queue.delete(r.id)&&this.dispatch({type:'fn',fn_index:r.id,"
    "event_data:this.waiting.get(r.id).event_data??null,"
    "target_id:this.waiting.get(r.id).target_id})"
)
ORDER = (
    (
        "let t=Ze(r.trigger_modes,this.submissions.has(r.id));if(t===`skip`)continue;"
        "if(t===`defer`){this.queue.add(r.id);continue}",
        "let t=Ze(r.trigger_modes,this.submissions.has(r.id)||r.trigger_modes===`always_last`"
        "&&!!this.starting?.has(r.id));if(t===`skip`)continue;"
        "if(t===`defer`){this.queue.add(r.id);(this.waiting??=new Map).set(r.id,e);continue}"
        "this.queue.delete(r.id);if(r.functions.backend){(this.starting??=new Set).add(r.id);"
        "setTimeout(()=>this.starting.delete(r.id))}",
    ),
    (f"{AGAIN};return", f"{NEWEST};return"),
    (f"{AGAIN}}}}}", f"{NEWEST}}}}}"),
    (FAILED, f"{FAILED}{NEWEST},"),
)
SPEED = (
    (
        "await Promise.all(Object.entries(this.loading_stati.current).map(",
        "await Promise.all(Object.entries(this.loading_stati.current).filter(([id,status])=>{"
        "const news=JSON.stringify(status),old=this.told??={};"
        "return old[id]!==news&&(old[id]=news,!0)}).map(",
    ),
    (
        "async set_event_args(e,t){let n={}",
        "async set_event_args(e,t){if(!Object.keys(t).length)return()=>{};let n={}",
    ),
    (
        "e=>{this.update_state_cb(e,{loading_status:{validation_error:null}},!1)}",
        "e=>{delete this.told?.[e];"
        "this.update_state_cb(e,{loading_status:{validation_error:null}},!1)}",
    ),
)
CHOICES = (
    (
        ",_(n),o.on_select?.({index:g(H)}),D(J,null),o.on_input?.(),I.blur()",
        ",_(n),o.on_select?.({index:g(H)}),D(J,null),I.told=_(),o.on_input?.(),I.blur()",
    ),
    ("D(R,!0),o.on_focus?.()", "D(R,!0),I.told=_(),o.on_focus?.()"),
    ("o.on_blur?.(),o.on_input?.()}", "o.on_blur?.(),_()!==(I?.told??_())&&o.on_input?.()}"),
)
OPENING = (
    (
        "find_attached_events(e,t){let n=t.filter(t=>t.targets.find(([t])=>t===e.id)).map(t=>{"
        "let n=t.targets.find(([t])=>t===e.id);return n?n[1]:null}).filter(Boolean);return e",
        "find_attached_events(e,t){let n=(this.attached?.of===t?this.attached:"
        "this.attached={of:t,events:t.reduce((all,one)=>{"
        "for(const [id,name] of new Map(one.targets.toReversed()))"
        "name&&(all.get(id)??all.set(id,[]).get(id)).push(name);return all},new Map)})"
        ".events.get(e.id)??[];return e",
    ),
)
SHORT = ((mend_order, ORDER), (mend_speed, SPEED), (mend_choices, CHOICES), (mend_opening, OPENING))


def by_name(value):
    return getattr(value, "__name__", None)


@pytest.fixture(scope="module")
def check_script(tmp_path_factory):
    """Let Node.js read a script, where there is one."""
    node, path = shutil.which("node"), tmp_path_factory.mktemp("scripts") / "script.mjs"

    def check(script: str) -> None:
        if node:
            path.write_text(script, encoding="utf-8")
            read = subprocess.run([node, "--check", path], capture_output=True, text=True)
            assert read.returncode == 0, read.stderr[-500:]

    return check


@pytest.mark.parametrize(("step", "passages"), SHORT, ids=by_name)
def test_each_passage_becomes_what_it_should_be(step, passages):
    before, after = (
        "/* one */\n" + "\n/* other */\n".join(each) for each in zip(*passages, strict=True)
    )
    assert step(before) == after
    assert step(after) is None  # nothing is mended twice
    for passage, _ in passages:  # all of it or nothing
        assert step(before.replace(passage, "")) is None
        assert step(before + passage) is None or step is mend_choices
    assert step("let t = 1") is None


@pytest.mark.parametrize(("pattern", "step"), MENDS, ids=by_name)
def test_each_mend_finds_its_place_in_gradios_script(pattern, step, check_script):
    found = {}
    for path in SCRIPTS.rglob(pattern):
        script = path.read_text(encoding="utf-8")
        if mended := step(script):
            found[path.name] = mended
            assert mended != script
            assert step(mended) is None
    assert len(found) == 1
    check_script(*found.values())


def test_what_is_served_is_what_the_mends_make_of_it(check_script):
    served = mend()
    starts = [pattern.split("*")[0] for pattern, _ in MENDS]
    assert sorted({start for start in starts for name in served if name.startswith(start)}) == [
        "Blocks-", "Index-", "core-",
    ]  # fmt: skip
    assert len(served) == 3
    for name, mended in served.items():
        script = next(SCRIPTS.rglob(name)).read_text(encoding="utf-8")
        for pattern, step in MENDS:
            if fnmatch(name, pattern):
                script = step(script)
        assert mended == script
        check_script(mended)

"""What is patched in Gradio's scripts: that and nothing else, and each thing once.

Where this fails Gradio has changed its script: look whether it still goes wrong.
"""

import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import gradio as gr
import pytest
from gradio.server_messages import ProcessCompletedMessage
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from demos import gradio_patches
from demos.gradio_patches import (
    SCRIPT_PATCHES,
    answer_events,
    attached_events,
    dropdown_input,
    event_order,
    messages,
    patch_scripts,
    picture_upload,
    status_updates,
    stream_end,
    upload_names,
)

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
MESSAGES = (
    (
        "function J(e,t,n,r,i=10,a=!1){a&&w(C).push({title:e,message:t,fn_index:n,type:r})}",
        "function J(e,t,n,r,i=10,a=!1){if(!a)document.dispatchEvent(new CustomEvent("
        "`glassbox-message`,{detail:{title:e,text:t}}));else "
        "w(C).some(one=>one.type===r&&one.message===t)||"
        "w(C).push({title:e,message:t,fn_index:n,type:r})}",
    ),
)
UPLOADS = (
    (
        "let{drag:o}=W(),f=x(r,`filetype`,3,null),v=1",
        "let{drag:o}=W(),asked=x(r,`filetype`,3,null),taken=NAMES,f=()=>taken[asked()]??asked(),v=1",
    ),
    (
        "let r=Array.isArray(t)?t.join(`, `):t;return`Invalid file type",
        "let r=t?.told??(Array.isArray(t)?t.join(`, `):t);return`Invalid file type",
    ),
)
ENDED = "i.forEach(e=>e())"
TOLD = (
    "(i.forEach(e=>e()),document.dispatchEvent(new CustomEvent(`glassbox-end`,{detail:{run:i}})))"
)
ANSWERS = (
    (
        "async dispatch(e){if(this.connection_lost)return;let t",
        "async dispatch(e){if(this.connection_lost)return;document.dispatchEvent(new CustomEvent("
        "`glassbox-event`,{detail:{name:e.event_name,id:e.target_id,"
        "read:one=>this.get_state_cb(one)}}));let t",
    ),
    (
        "n=1,i=await Promise.all(r.targets.map(1));"
        "this.add_to_api_calls({fn_index:r.id,data:n,event_data:e.event_data,trigger_id:l});"
        f"{ENDED};continue}}",
        "n=1,i=await Promise.all(r.targets.map(1));"
        "document.dispatchEvent(new CustomEvent(`glassbox-start`,{detail:{run:i,fn:r.id,"
        "inputs:r.inputs,data:n}}));"
        "this.add_to_api_calls({fn_index:r.id,data:n,event_data:e.event_data,trigger_id:l});"
        f"{TOLD};continue}}",
    ),
    (
        f"t.type===`data`&&await this.handle_data(r.outputs,t.data),{ENDED}",
        "t.type===`data`&&(document.dispatchEvent(new CustomEvent(`glassbox-answer`,{detail:{"
        "run:i,outputs:r.outputs,data:t.data}})),await this.handle_data(r.outputs,t.data)),"
        f"{TOLD}",
    ),
    (
        f"await this.handle_data(r.outputs,s.data);{ENDED};1,{ENDED}",
        "(document.dispatchEvent(new CustomEvent(`glassbox-answer`,{detail:{"
        "run:i,outputs:r.outputs,data:s.data}})),await this.handle_data(r.outputs,s.data));"
        f"{TOLD};1,{TOLD}",
    ),
    (
        "}catch{this.update_loading_status({status:`error`,fn_index:r.id",
        "}catch{document.dispatchEvent(new CustomEvent(`glassbox-end`,{detail:{run:i}})),"
        "this.update_loading_status({status:`error`,fn_index:r.id",
    ),
)
PICTURES = (
    ("C(()=>{j()&&!y(G)&&a(null)}),C(1)", "C(1)"),
    (
        "I(!1),a()&&(V(),await k()),N(`upload`),await k(),L.load_files_from_drop(e)",
        "I(!1),N(`upload`),await k(),L.load_files_from_drop(e)",
    ),
    (
        "handle_clear:V,handle_select:e=>K(e),",
        "handle_clear:()=>{},handle_select:async e=>{e===`webcam`?V():e===`upload`&&(await k(),"
        "L.open_upload()),K(e)},",
    ),
)
STREAM = (
    (
        "let{event_callbacks:e,unclosed_events:t,pending_stream_messages:n,stream_status:r}=this,o=this;"
        "s.onmessage=async function(a){let s=JSON.parse(a.data);"
        "if(s.msg===`close_stream`){wt(r,o.abort_controller);return}}",
        "let{event_callbacks:e,unclosed_events:t,pending_stream_messages:n,stream_status:r}=this,o=this;"
        "s.onmessage=async function(a){let s=JSON.parse(a.data);"
        "if(s.msg===`close_stream`){wt(r,o.abort_controller);t.size&&o.open_stream();return}}",
    ),
    (
        "O()};E in g&&(g[E].forEach(e=>t(e)),delete g[E]),"
        "v[E]=t,y.add(E),h.open||await this.open_stream()}",
        "O()};let over=g[E]?.some(one=>one.msg===`process_completed`);"
        "E in g&&(g[E].forEach(e=>t(e)),delete g[E]),"
        "over||(v[E]=t,y.add(E),h.open||await this.open_stream())}",
    ),
)
SHORT = (
    (event_order, ORDER),
    (status_updates, SPEED),
    (dropdown_input, CHOICES),
    (attached_events, OPENING),
    (messages, MESSAGES),
    (upload_names, UPLOADS),
    (answer_events, ANSWERS),
    (picture_upload, PICTURES),
    (stream_end, STREAM),
)


def by_name(value):
    return getattr(value, "__name__", "").rpartition(".")[2] or None


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


@pytest.mark.parametrize(("one", "passages"), SHORT, ids=by_name)
def test_each_passage_becomes_what_it_should_be(one, passages):
    step = one.patch
    before, after = (
        "/* one */\n" + "\n/* other */\n".join(each) for each in zip(*passages, strict=True)
    )
    assert step(before) == after.replace("NAMES", upload_names._list_names())
    assert step(after) is None  # nothing is mended twice
    for passage, _ in passages:  # all of it or nothing
        assert step(before.replace(passage, "")) is None
        assert step(before + passage) is None or one is dropdown_input
    assert step("let t = 1") is None


@pytest.mark.parametrize("one", SCRIPT_PATCHES, ids=by_name)
def test_each_patch_finds_its_place_in_gradios_script(one, check_script):
    found, step = {}, one.patch
    for path in SCRIPTS.rglob(one.SCRIPT):
        script = path.read_text(encoding="utf-8")
        if mended := step(script):
            found[path.name] = mended
            assert mended != script
            assert step(mended) is None
    assert len(found) == 1
    check_script(*found.values())


def test_what_is_served_is_what_the_patches_make_of_it(check_script):
    served = patch_scripts()
    starts = [one.SCRIPT.split("*")[0] for one in SCRIPT_PATCHES]
    assert sorted({start for start in starts for name in served if name.startswith(start)}) == [
        "Blocks-", "Index-", "core-", "index-", "src-",
    ]  # fmt: skip
    assert len(served) == 6
    for name, mended in served.items():
        script = next(SCRIPTS.rglob(name)).read_text(encoding="utf-8")
        for one in SCRIPT_PATCHES:
            if fnmatch(name, one.SCRIPT):
                script = one.patch(script) or script  # it may be another script's patch
        assert mended == script
        check_script(mended)


def test_a_patch_that_does_not_fit_says_so_once_and_the_others_go_on(monkeypatch, caplog):
    monkeypatch.setattr(event_order, "patch", lambda script: None)
    patch_scripts.cache_clear()
    try:
        assert patch_scripts() is patch_scripts()
    finally:
        monkeypatch.undo()
        patch_scripts.cache_clear()
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        f"Gradio {gr.__version__} is not patched by event_order"
    ]


def test_what_was_stopped_has_no_answer():
    """As the server tells the page of it; the page takes for an answer what succeeded."""
    gradio_patches.apply_patches()
    told = {"success": True, "event_id": "one"}
    assert ProcessCompletedMessage(output={}, **told).success is False
    for output in ({"data": []}, {"data": [1]}):
        assert ProcessCompletedMessage(output=output, **told).success is True


@pytest.fixture
def scripts():
    """Asks for scripts as a browser does; what is not patched comes as it is."""

    async def answer(scope, receive, send):
        await PlainTextResponse("as it comes")(scope, receive, send)

    return TestClient(gradio_patches.PatchedScripts(answer))


def test_a_browser_that_has_a_script_does_not_get_it_again(scripts):
    (name, script), *_ = patch_scripts().items()
    first = scripts.get(f"/assets/{name}")
    assert first.text == script
    again = scripts.get(f"/assets/{name}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.text) == (304, "")
    other = scripts.get(f"/assets/{name}", headers={"if-none-match": '"gradio"'})
    assert (other.status_code, other.text) == (200, script)


def test_gradio_can_run_as_it_comes(monkeypatch, scripts):
    monkeypatch.setenv("GLASSBOX_PLAIN_GRADIO", "1")
    (name, *_) = patch_scripts()
    assert scripts.get(f"/assets/{name}").text == "as it comes"
    monkeypatch.delenv("GLASSBOX_PLAIN_GRADIO")
    assert scripts.get(f"/assets/{name}").text == patch_scripts()[name]

"""A run that is asked for as the page's stream of answers ends.

What the server sends on one connection and on another is handed to the page in the order wanted.
"""

import threading

import gradio as gr
import pytest
from playwright.sync_api import expect
from starlette.middleware import Middleware

from demos.gradio_patches import PatchedScripts
from tests.support.browser import PATIENCE_MS
from tests.support.server import PATIENCE_SECONDS, free_port

pytestmark = pytest.mark.browser
# `hold` names what is held: the end of a stream until the number of the next run has been read, or
# the number of a run until the end of the stream has been read.
HELD = """
window.order = [];
window.hold = '';
const go = {}, real = window.fetch;
const pass = async (what, other) => {
    if (hold === what) {
        order.push(`${what} held`);
        await new Promise((done) => { go[what] = done; });
        hold = '';
    }
    order.push(what);
    setTimeout(() => go[other]?.());  // once the page has read it
};
window.fetch = async (...asked) => {
    const answer = await real(...asked), address = String(asked[0].url ?? asked[0]);
    if (address.includes('/queue/join')) {
        const read = answer.json.bind(answer);
        answer.json = async () => {
            const said = await read();
            await pass('number', 'end');
            return said;
        };
    }
    if (!address.includes('/queue/data')) return answer;
    order.push('stream');
    const body = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({
        async transform(text, out) {
            for (const message of text.split(/(?<=\\n\\n)/)) {
                if (message.includes('"close_stream"')) await pass('end', 'number');
                out.enqueue(message);
            }
        },
    }));
    return new Response(body.pipeThrough(new TextEncoderStream()), {headers: answer.headers});
};
"""


@pytest.fixture
def slow():
    """Set when the slow run may end."""
    return threading.Event()


@pytest.fixture
def small_page(browser, slow):
    """A page of Gradio's, as we serve its scripts, with a quick and a slow run."""
    with gr.Blocks() as blocks:
        for name in ("quick", "slow"):
            button, count = gr.Button(name), gr.Number(0, label=f"{name} runs")
            held = slow if name == "slow" else None

            def run(count: int, held: threading.Event | None = held) -> int:
                assert held is None or held.wait(PATIENCE_SECONDS)
                return count + 1

            button.click(run, count, count)
    port = free_port()
    blocks.launch(
        server_port=port, prevent_thread_lock=True, quiet=True, run_history=False,
        app_kwargs={"middleware": [Middleware(PatchedScripts)]},
    )  # fmt: skip
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(HELD)
    page.goto(f"http://127.0.0.1:{port}")
    yield page
    context.close()
    blocks.close(verbose=False)


def ask(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_run_whose_number_comes_before_the_end_is_answered(small_page, slow):
    """The server has ended the stream, and says so, before it is asked for the second run."""
    slow.set()
    small_page.evaluate("hold = 'end'")
    ask(small_page, "quick")
    small_page.wait_for_function("order.includes('end held')")
    ask(small_page, "slow")
    expect(small_page.get_by_label("slow runs")).to_have_value("1")
    small_page.wait_for_function("order.length === 7")  # the second stream ends, too
    assert small_page.evaluate("order") == [
        "number", "stream", "end held", "number", "end", "stream", "end",
    ]  # fmt: skip


def test_a_run_whose_number_comes_after_its_answers_needs_no_stream(small_page, slow):
    """The second run is answered on the first one's stream, which ends before its number comes."""
    ask(small_page, "slow")
    small_page.wait_for_function("order.includes('stream')")
    small_page.evaluate("hold = 'number'")
    ask(small_page, "quick")
    small_page.wait_for_function("order.includes('number held')")
    slow.set()
    expect(small_page.get_by_label("quick runs")).to_have_value("1")
    expect(small_page.get_by_label("slow runs")).to_have_value("1")
    for count in ("2", "3"):
        ask(small_page, "quick")
        expect(small_page.get_by_label("quick runs")).to_have_value(count)
    small_page.wait_for_function("order.filter(one => one === 'end').length === 3")
    assert small_page.evaluate("order") == [
        "number", "stream", "number held", "end", "number",
        *("number", "stream", "end"), *("number", "stream", "end"),
    ]  # fmt: skip

"""A visitor who closes the browser, or presses Stop: long work ends at its next step.

The page runs inside the test here, so that the test can count the steps of the work itself. The
work waits once the visitor sees it, until the server has heard that the visitor left or pressed
Stop: no machine is so fast that it is done by then, nor so slow that nothing is seen of it.
"""

import gradio as gr
import pytest

from tests.support.browser import open_more, poll, unfold
from tests.support.server import Served, wait_until
from tests.support.work import Work

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def plain_layers(monkeypatch):
    """Without the small dreams of each layer, for which the dream that the page opens with waits
    for six seconds."""
    monkeypatch.setattr("demos.deep_dream.draw_layers", lambda image, layer: [gr.skip()])


def has_left(served: Served) -> bool:
    """True once the server knows that nobody waits for a run that is still under way."""
    jobs = [event for job in served.blocks._queue.active_jobs for event in job or ()]
    return any(not event.alive for event in jobs)


def await_end(served: Served, seen: Work) -> None:
    """The work goes on until the server hears that its visitor has left, and not after that."""
    wait_until(lambda: has_left(served), "That the server hears of it")
    assert not seen.ended
    seen.leave.set()
    wait_until(lambda: seen.ended, "The end of the work")


def test_dream_ends_with_its_visitor(page, open_tab, serve, watch):
    """Not the one that the page opens with, but one asked for with other steps."""
    seen = watch("deep_dream", "dream")
    panel = open_tab("deep_dream", query=SMALL)
    view = panel.locator("#deep-dream-view")
    view.get_by_text("step 1 of 1, done in").wait_for()
    steps = unfold(panel.locator(".more"), "More", "number input for Steps in each octave")
    steps.fill("60")
    steps.press("Tab")
    poll(page, lambda: seen.ended, "The end of the first dream")
    seen.hold(1)
    panel.locator("#deep-dream-start").click()
    view.get_by_text("Step 1 of 60, octave").wait_for()
    page.close()
    await_end(serve("deep_dream"), seen)
    assert 0 < seen.steps < 60


def test_search_for_a_latent_ends_with_its_visitor(page, open_tab, serve, watch):
    seen = watch("latent_space.inversion", "invert")
    seen.hold(1)
    panel = open_tab("latent_space", query="&steps=400")
    panel.get_by_role("tab", name="Your picture", exact=True).click()
    panel.get_by_role("button", name="Find the latent").click()
    panel.locator("#latent-space-own").get_by_text("of 400").wait_for()
    page.goto("about:blank")  # to the server the same as closing the page
    await_end(serve("latent_space"), seen)
    assert 0 < seen.steps < 400


def test_films_of_a_path_end_with_their_visitor(page, open_tab, serve, watch):
    seen = watch("latent_space.video", "render_videos")
    seen.hold(3)
    panel = open_tab("latent_space")
    panel.locator("#latent-space-morph .frame").first.wait_for()
    panel.get_by_role("button", name="Make GIF and MP4").click()
    poll(page, lambda: seen.steps > 2, "The third frame")
    page.goto("about:blank")  # to the server the same as closing the page
    await_end(serve("latent_space"), seen)
    assert seen.steps < 48  # 25 frames there, 23 back, and the films


def start_maximisation(page, panel, seen):
    panel.locator("#feature-maps-grid img").wait_for()
    panel.get_by_role("tab", name="Likes best").click()
    open_more(panel)
    panel.get_by_label("number input for Steps in each octave").fill("512")
    panel.get_by_role("button", name="Draw it, from noise").click()
    panel.locator("#feature-maps-favourite").get_by_text("Step ").first.wait_for()


def start_teaching(page, panel, seen):
    panel.locator("#segmentation-view .says b").wait_for()
    panel.get_by_role("tab", name="Truth", exact=True).click()
    panel.get_by_role("button", name="Start from the network's mask").click()
    panel.locator("#segmentation-truth .formula").first.wait_for()
    panel.get_by_role("tab", name="Fine-tune", exact=True).click()
    panel.get_by_role("button", name="Keep picture and truth").click()
    panel.locator("#segmentation-pairs").get_by_text("pair 1").wait_for()
    panel.get_by_label("number input for Steps").fill("300")
    panel.get_by_role("button", name="Fine-tune", exact=True).click()
    panel.locator("#segmentation-taught").get_by_text("of 300").wait_for()


def start_painting(page, panel, seen):
    panel.get_by_role("button", name="Paint", exact=True).click()
    panel.locator("#style_transfer-gatys").get_by_text("of 200").wait_for()


def start_race(page, panel, seen):
    panel.get_by_role("button", name="Start the race").click()
    panel.locator("#style_transfer-race").get_by_text("of 30 s").wait_for()


def start_dream(page, panel, seen):
    """The one that the page opens with, as its address says."""
    panel.locator("#deep-dream-view").get_by_text("of 360, octave").wait_for()


def start_film(page, panel, seen):
    panel.locator("#deep-dream-view").get_by_text("step 1 of 1, done in").wait_for()
    panel.get_by_role("tab", name="Video", exact=True).click()
    panel.get_by_role("button", name="Make the video").click()
    panel.locator("#deep-dream-film").get_by_text("of 48").wait_for()


def start_map_by_link(page, panel, seen):
    panel.locator("#saliency-map").get_by_text("% done").wait_for()


def start_map(page, panel, seen):
    panel.locator("#saliency-curves").get_by_text("insertion").first.wait_for(state="attached")
    poll(page, lambda: seen.ended, "The end of the first map")
    seen.hold(1)
    panel.locator("#saliency-method input").click()
    page.get_by_role("option", name="RISE").click()
    panel.locator("#saliency-map").get_by_text("% done").wait_for()


def start_comparison(page, panel, seen):
    poll(page, lambda: seen.ended, "The end of the first map")
    seen.hold(1)
    panel.locator("#saliency-compare").click()
    panel.locator("#saliency-comparison").get_by_text("1 of 5").wait_for()
    return panel.locator("#saliency-compare-stop")


def start_sanity_check(page, panel, seen):
    panel.locator("#saliency-sanity").click()
    panel.locator("#saliency-steps").get_by_text("down to class scores").wait_for()
    return panel.locator("#saliency-sanity-stop")


SMALL = "&octaves=1&steps-in-each-octave=1&longer-side-pixels=160"
RISE = "&random-masks=4000"
# Of each lesson: the rest of its address, the generator, its steps before it waits (0: its start
# says when), how it is started, and more steps than it may take.
LONG_WORK = {
    "deep_dream: dream": (
        "&steps-in-each-octave=60&longer-side-pixels=160", "deep_dream:dream", 1,
        start_dream, 360,
    ),
    "deep_dream: video": (
        f"{SMALL}&octaves-per-frame=1&steps-per-frame-and-octave=1&video-size-pixels=160",
        "deep_dream.motion:zoom_video", 1, start_film, 48,
    ),
    "feature_maps: maximisation": ("", "feature_maps:maximise", 1, start_maximisation, 512),
    "saliency: map on opening": (
        f"&method=rise{RISE}", "saliency:explain_progressively", 1,
        start_map_by_link, 9999,
    ),
    "saliency: map": (RISE, "saliency:explain_progressively", 0, start_map, 9999),
    "saliency: comparison": (
        f"&view=compare&methods-occlusion-rise-up-and=rise{RISE}",
        "saliency:explain_progressively", 0, start_comparison, 9999,
    ),
    "saliency: sanity check": (
        "&view=sanity-check", "saliency.sanity:check_sanity", 2,
        start_sanity_check, 10,
    ),
    "segmentation: teaching": ("", "segmentation.fine_tuning:fine_tune", 1, start_teaching, 300),
    "style_transfer: painting": (
        "&view=step-by-step&size-pixels=128", "style_transfer:stylise", 1,
        start_painting, 200,
    ),
    "style_transfer: race": (
        "&view=race&seconds-on-the-clock=30", "style_transfer:stylise", 1,
        start_race, 10_000,
    ),
}  # fmt: skip


def list_ways() -> list[tuple[str, str]]:
    """Each is stopped; of a lesson's, one is left: how the server hears of that is the same."""
    left = {work.partition(":")[0]: work for work in LONG_WORK}.values()
    return [(work, "stop") for work in LONG_WORK] + [(work, "leave") for work in left]


@pytest.mark.parametrize(("work", "way"), list_ways())
def test_long_work_ends(page, open_tab, serve, watch, stopped, work, way):
    topic = work.partition(":")[0]
    query, generator, wait_after, start, most = LONG_WORK[work]
    seen = watch(*generator.split(":"))
    seen.hold(wait_after)
    panel = open_tab(topic, query=query)
    stop = start(page, panel, seen)
    assert not seen.ended
    if way == "stop":
        usual = panel.get_by_role("button", name="Stop", exact=True).filter(visible=True).first
        (stop or usual).click()
        poll(page, stopped.is_set, "That the server is asked to stop")
        seen.leave.set()
        poll(page, lambda: seen.ended, "The end of the work")
    else:
        page.goto("about:blank")
        await_end(serve(topic), seen)
    assert 0 < seen.steps < most
    assert not seen.is_whole

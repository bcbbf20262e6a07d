"""Two visits never see each other's pictures, enrolled faces, networks, runs or files."""

import functools
import importlib
import inspect
import pkgutil
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from gradio.queueing import Event
from gradio.state_holder import SessionState

import cvcore
import demos
from cvcore.core import samples
from cvcore.core.images import shrink, to_data_uri
from cvcore.engine import cache as model_cache
from demos.server import session_cleanup
from tests.support.server import run_alone, wait_until
from tests.support.visitor import Visitor, said

UNCHANGEABLE = (type(None), bool, int, float, str, tuple)
NAMES_AND_NUMBERS = {
    "str",
    "float",
    "int",
    "int | None",
    "tuple[int, ...]",
    "bool",
    "Precision",
}  # one of three words
# Keyed by a network, or the file of a weight or a script.
KNOWN_CACHES = {"list_layers", "receptive_fields", "_hash", "_publish_network", "publish_module"}
# A lesson that fills what a visit keeps, and the calls that read it.
READERS = {
    "feature_maps": ("pixels", "silence", "activity", "batch_norm", "kernels", "save"),
    "detection": ("suppress",),
    "segmentation": ("levels", "doubt", "count", "threshold"),
}


def test_what_a_visit_keeps_is_its_own(whole_page):
    """No state starts as an object that another visit has, too."""
    blocks = whole_page.blocks
    states = [part for part in blocks.blocks.values() if isinstance(part, gr.State)]
    one, other = (blocks.state_holder[name] for name in ("one", "other"))
    assert len(states) > 30
    for state in states:
        value = one[state._id]
        assert isinstance(value, UNCHANGEABLE) or value is not other[state._id], value
        one[state._id] = "mine"
        assert other[state._id] != "mine"


def test_a_visit_begins_without_describing_the_page_anew(whole_page):
    """Gradio describes every component for every visitor, in which time it answers nobody."""
    blocks = whole_page.blocks
    state = SessionState(blocks)
    assert not state.config_values
    assert set(blocks.blocks) <= set(state.blocks_config.blocks)
    changed = next(key for key, block in blocks.blocks.items() if isinstance(block, gr.Slider))
    state._update_value_in_config(changed, 7)
    assert [config["props"]["value"] for config in state.components] == [7]


def test_what_a_leaving_visitor_sent_is_let_go():
    """From the events that the queue still holds, and from no other visitor's."""
    fn = SimpleNamespace(concurrency_id="light", connection="sse")
    mine, other = (Event(name, fn, "a request", None) for name in ("mine", "other's"))
    mine.data = other.data = "a picture"
    session_cleanup._empty_events("mine")
    assert (mine.data, mine.request) == (None, None)
    assert (other.data, other.request) == ("a picture", "a request")
    assert (mine.alive, other.alive) == (False, True)


def test_what_a_leaving_visitor_asked_for_last_is_passed_over(serve):
    """It came after the queue had been cleaned of that visit, and has nothing to work on."""
    page = serve("convolution")
    queue, fn = page.blocks._queue, next(fn for fn in page.blocks.fns.values() if fn.queue)
    event, before = Event("left", fn, "a request", None), len(page.faults)
    session_cleanup._empty_events("left")
    queue.create_event_queue_for_fn(fn)
    queue.event_queue_per_concurrency_id[fn.concurrency_id].current_concurrency += 1
    run_alone(queue.process_events([event], False, 0.0, fn))
    assert page.faults[before:] == []


def find_caches() -> set:
    """Every cache of a function or method. Not by ``gc.get_objects``, which other threads notice:
    a tuple that somebody else holds cannot be finished."""
    found = set()
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in ("cvcore", "demos"):
            kinds = [one for one in vars(module).values() if inspect.isclass(one)]
            things = [one for owner in (module, *kinds) for one in vars(owner).values()]
            found |= {one for one in things if type(one) is functools._lru_cache_wrapper}
    return {one for one in found if one.__module__.startswith(("cvcore.", "demos."))}


def test_caches_hold_no_pictures():
    """What the process keeps for everybody is found by names and numbers alone."""
    for package in (cvcore, demos):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".training" not in module.name and module.name != "demos.replicas":  # needs ray
                importlib.import_module(module.name)
    caches = list(find_caches())
    assert len(caches) > 30
    assert len(model_cache.LOADERS) > 5
    for cache in caches + model_cache.LOADERS:
        kinds = {str(p.annotation) for p in inspect.signature(cache).parameters.values()}
        names = {kind.removeprefix("<class '").removesuffix("'>") for kind in kinds}
        assert names <= NAMES_AND_NUMBERS or cache.__name__ in KNOWN_CACHES, (cache, names)


def look_at_maps(image):
    return cvcore.feature_maps.extract(image, "blocks.2.1").maps


def silence(image):
    return cvcore.feature_maps.predict_edited(image, "blocks.2.1", silence=range(20))


def answer(image):
    return cvcore.feature_maps.extract(image, "act1", stop=False).logits


def explain(image):
    maps = [
        cvcore.saliency.explain(image, name, class_idx=281, with_scores=False).input_map
        for name in ("grad_cam", "guided_backprop")
    ]
    return np.stack(maps)


def walk_levels(image):
    levels = cvcore.segmentation.walk_levels(image, cut=(1,)).levels
    return np.concatenate([level.maps.ravel() for level in levels])


def teach(image):
    tuning = cvcore.segmentation.fine_tuning
    mask = np.indices(image.shape[:2]).sum(axis=0) < image.shape[0]
    *_, last = tuning.fine_tune([tuning.Example(image, mask)], steps=2, learning_rate=0.01)
    return tuning.predict_tuned(image, last.net).probability


def detect(image):
    return cvcore.detection.predict_raw(image).class_logits


def find_faces(image):
    found = cvcore.recognition.faces.find_faces(image)
    return np.concatenate([np.append(face.embedding, face.box_xyxy) for face in found])


def dream(image):
    *_, last = cvcore.deep_dream.dream(image, octaves=1, steps=3, side=160)
    return last.image.astype(float)


def paint(image):
    style = samples.load_sample("coffee")
    *_, last = cvcore.style_transfer.stylise(image, style, side=96, steps=3)
    return last.image.astype(float)


@pytest.mark.parametrize(
    "lesson",
    [look_at_maps, silence, answer, explain, walk_levels, teach, detect, find_faces, dream, paint],
)
def test_side_by_side_as_alone(lesson):
    """All visitors share the networks: threads at work on other pictures change no answer."""
    pictures = [shrink(samples.load_sample("astronaut"), side) for side in (320, 288)]
    pictures += [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
    if lesson is teach:  # takes the longest
        pictures = pictures[::2]
    alone = [lesson(picture) for picture in pictures]
    others = (look_at_maps, silence, answer)
    with ThreadPoolExecutor(6) as pool:
        noise = [pool.submit(other, pictures[0]) for other in others]
        together = list(pool.map(lesson, pictures))
        assert all(job.result() is not None for job in noise)
    for expected, got in zip(alone, together, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    assert not np.allclose(alone[0], alone[len(alone) // 2])  # else a mix-up would not be seen


@pytest.fixture
def two_visit(serve):
    """Two visitors of the page of one lesson."""
    here = []

    def come(topic: str, picture: str = "chelsea") -> list[Visitor]:
        here.extend(Visitor(serve(topic).url, picture) for _ in range(2))
        return here

    yield come
    for visitor in here:
        visitor.leave()


def kept_pictures(blocks: gr.Blocks, visitor: Visitor) -> set[bytes]:
    """Of what the server keeps for a visit, the pictures."""
    session = blocks.state_holder[visitor.script.session]
    states = [part for part in blocks.blocks.values() if isinstance(part, gr.State)]
    kept = [session[state._id] for state in states]
    found = [getattr(value, name, None) for value in kept for name in ("image", "picture")]
    return {picture.tobytes() for picture in found if isinstance(picture, np.ndarray)}


@pytest.mark.parametrize("lesson", READERS)
def test_a_picture_is_there_for_its_visitor_alone(serve, two_visit, lesson):
    """Who gives none is answered about the tab's own, whatever another has looked at."""
    one, other = two_visit(lesson, "coffee")
    assert one.complete(lesson)["success"]
    for reader in READERS[lesson]:
        unit = {"channel": 1, "row": 2, "column": 3}  # where one is asked for
        for visitor in (one, other):
            assert visitor.complete(f"{lesson}_{reader}", **unit)["success"], reader
        mine, theirs = (kept_pictures(serve(lesson).blocks, who) for who in (one, other))
        assert mine == {samples.load_sample("coffee").tobytes()}
        assert len(theirs) == 1
        assert not mine & theirs


def test_brushed_pictures_and_the_taught_network(two_visit):
    one, other = visitors = two_visit("segmentation")
    for visitor in visitors:
        assert visitor.complete("segmentation")["success"]
    # The first one brushes its picture; the view's own event carries what was painted.
    brushed = np.zeros((300, 451, 3), np.uint8)
    brushed[:150] = 255
    mask = to_data_uri(brushed, format="png")
    assert one.trigger("segmentation-view", "truth", mask=mask)["success"]
    assert one.complete("segmentation_keep")["success"]
    assert said(other.complete("segmentation_keep")).startswith("There is no truth")
    assert one.complete("segmentation_teach", steps=10)["success"]
    assert said(other.complete("segmentation_teach")).startswith("Keep 1 to 20")
    tried = one.complete("segmentation_try")["output"]["data"][0]
    assert tried["share_now"] != tried["share_before"]
    assert said(other.complete("segmentation_try")).startswith("Nothing was fine-tuned")
    # The bundled network answers the other one as before.
    (numbers, *_) = other.complete("segmentation_threshold")["output"]["data"]
    assert numbers["inside_share"] == pytest.approx(tried["share_before"])


def test_a_painting_goes_on_for_its_visitor_alone(two_visit):
    one, other = two_visit("style_transfer")
    style = {"style": one.picture}
    painted = one.complete("style_transfer_steps", **style, steps=10, side=128)
    assert painted["output"]["data"][0]["step"] == 10
    for visitor, end in ((one, 20), (other, 10)):
        more = visitor.complete("style_transfer_go_on", **style, steps=10, side=128)
        assert more["output"]["data"][0]["step"] == end


@pytest.mark.parametrize(
    ("topic", "name"), [("deep_dream", "deep_dream"), ("style_transfer", "style_transfer_steps")]
)
def test_stop_ends_nobody_elses_run(two_visit, serve, topic, name):
    one, other = visitors = two_visit(topic)
    given = {"style": one.picture, "side": 160, "steps": 30, "octaves": 1}
    events = [visitor.join(name, **given) for visitor in visitors]
    assert one.wait_for("process_generating")["success"]
    one.cancel(name, events[0])
    ended = other.wait_for("process_completed")
    assert ended["success"]
    assert ended["output"]["data"][0]["step"] == 30
    wait_until(lambda: not serve(topic).is_busy, "The end of the other run")

"""Whatever the caller's program has set: the same answers, and its settings as they were."""

import asyncio
import inspect
import os
import random
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from cvcore.engine.cache import release
from cvcore.engine.isolation import undisturbed
from tests.support.exported import export_networks
from tests.support.lesson_calls import CALLS, flatten, make_given

NETWORKS = ("efficientnet_lite0", "yolov3_tiny", "unet_person", "gan_digits", "gan_digits_d")


@contextmanager
def default_type(dtype):
    torch.set_default_dtype(dtype)
    yield
    assert torch.get_default_dtype() == dtype
    torch.set_default_dtype(torch.float32)


@contextmanager
def default_device(name):
    torch.set_default_device(name)
    yield
    assert torch.get_default_device().type == name
    torch.set_default_device(None)


@contextmanager
def strict():
    """Everything that can be an error is one."""
    torch.use_deterministic_algorithms(True)
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
        assert set(np.geterr().values()) == {"raise"}
    assert torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)


@contextmanager
def nowhere(folder):
    """In a folder that is deleted, with hardly a call within a call left, and one thread."""
    before = os.getcwd(), cv2.getNumThreads(), torch.get_num_threads()
    most, few = sys.getrecursionlimit(), len(inspect.stack(0)) + 40
    os.chdir(folder)
    folder.rmdir()
    cv2.setNumThreads(0)
    torch.set_num_threads(1)
    sys.setrecursionlimit(few)
    yield
    assert (sys.getrecursionlimit(), torch.get_num_threads()) == (few, 1)
    sys.setrecursionlimit(most)
    with pytest.raises(FileNotFoundError):
        os.getcwd()
    os.chdir(before[0])
    cv2.setNumThreads(before[1])
    torch.set_num_threads(before[2])


@contextmanager
def together():
    """Gradients off in all ways, autocast, another type and device, at once."""
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        with default_type(torch.float64), default_device("meta"):
            yield
        assert torch.is_inference_mode_enabled()
        assert torch.is_autocast_enabled("cpu")
        assert not torch.is_grad_enabled()


@pytest.fixture(scope="module")
def given():
    export_networks(NETWORKS)
    return make_given()


@pytest.fixture(scope="module")
def disturbed(given):
    """The first answers of all: so networks are loaded in the strangest setting."""
    release()
    answers = {}
    for name, call in CALLS.items():
        before = random_states()
        with together():
            answer = call(given)
        assert random_states() == before, name
        answers[name] = flatten(answer)
    return answers


def random_states():
    """Those of Python, NumPy and PyTorch: a caller's seed must last."""
    _, numbers, *rest = np.random.get_state()
    return random.getstate(), numbers.tobytes(), rest, torch.get_rng_state().tolist()


@pytest.fixture(scope="module")
def plain(given, disturbed):
    """What each call answers when nothing is set."""
    return {name: flatten(call(given)) for name, call in CALLS.items()}


def assert_same(got, expected):
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        if isinstance(one, np.ndarray | float):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
        elif not callable(one):
            assert one == other


@pytest.mark.parametrize("name", CALLS)
def test_gradients_off_autocast_another_type_and_device_change_nothing(name, disturbed, plain):
    assert_same(disturbed[name], plain[name])


def test_warnings_as_errors_no_folder_an_event_loop_read_only_pictures(given, plain, tmp_path):
    """And what the caller gave is as it was."""

    async def call_all():
        with strict(), nowhere(tmp_path):
            return {name: call(given) for name, call in CALLS.items()}

    arrays = {key: value for key, value in vars(given).items() if isinstance(value, np.ndarray)}
    before = {key: array.copy() for key, array in arrays.items()}
    for array in arrays.values():
        array.flags.writeable = False
    try:
        # In a thread of its own: in this one a browser of other tests may have its event loop.
        with ThreadPoolExecutor(1) as pool:
            answers = pool.submit(lambda: asyncio.run(call_all())).result()
        for key, array in arrays.items():
            np.testing.assert_array_equal(array, before[key])
    finally:
        for array in arrays.values():
            array.flags.writeable = True
    for name, answer in answers.items():
        assert_same(flatten(answer), plain[name])


def test_another_default_type(given, plain):
    with default_type(torch.bfloat16):
        got = CALLS["deep_dream.dream"](given)
    assert_same(flatten(got), plain["deep_dream.dream"])


def test_from_a_thread_of_the_callers(given, plain):
    answers = {}

    def work(name):
        with torch.inference_mode():
            answers[name] = flatten(CALLS[name](given))

    names = ("saliency.grad_cam", "deep_dream.dream", "segmentation.walk_levels")
    threads = [threading.Thread(target=work, args=(name,)) for name in names for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in names:
        assert_same(answers[name], plain[name])


def test_between_a_generators_steps_the_settings_are_the_callers():
    seen, closed = [], []

    @undisturbed
    def steps():
        try:
            for number in range(3):
                seen.append((torch.is_inference_mode_enabled(), torch.get_default_dtype()))
                yield number
        finally:
            closed.append(torch.is_inference_mode_enabled())

    with torch.inference_mode(), default_type(torch.float64):
        walk = steps()
        for _ in range(2):
            next(walk)
            assert torch.is_inference_mode_enabled()
            assert torch.get_default_dtype() == torch.float64
        walk.close()
        assert closed == [False]
        with pytest.raises(StopIteration):
            next(walk)
    assert seen == [(False, torch.float32)] * 2


def test_the_default_type_comes_back_when_the_last_thread_is_done():
    inside, go_on = threading.Event(), threading.Event()

    @undisturbed
    def work():
        inside.set()
        go_on.wait()

    with default_type(torch.float64):
        thread = threading.Thread(target=work)
        thread.start()
        inside.wait()
        undisturbed(lambda: None)()
        assert torch.get_default_dtype() == torch.float32  # the other one still computes
        go_on.set()
        thread.join()


def test_an_error_leaves_the_settings_as_they_were():
    @undisturbed
    def fail():
        raise KeyboardInterrupt

    with together(), pytest.raises(KeyboardInterrupt):
        fail()


def test_pillows_limits_stay_the_callers(given, monkeypatch, plain):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert_same(
        flatten(CALLS["classification.predict_topk"](given)), plain["classification.predict_topk"]
    )
    assert Image.MAX_IMAGE_PIXELS is None

"""ZeroGPU's lending, with a stand-in for its package."""

import os
import sys
from types import SimpleNamespace

import pytest

from cvcore.engine import device
from cvcore.engine.cache import release
from demos.lesson import gpu


def double(x):
    return 2 * x


def count(n):
    yield from range(n)


@pytest.fixture
def zero_gpu(monkeypatch):
    """Records what is borrowed and which device is used."""
    seen = {"borrowed": [], "devices": []}

    def lend(duration):
        def decorate(handler):
            seen["borrowed"].append((handler.__name__, duration))
            return handler

        return decorate

    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lend))
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(device, "use", seen["devices"].append)
    return seen


def test_elsewhere_nothing_is_wrapped(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    assert gpu.borrow_gpu(double) is double


def test_long_work_borrows_a_card(zero_gpu):
    assert gpu.borrow_gpu(double)(4) == 8
    assert list(gpu.borrow_gpu(count)(3)) == [0, 1, 2]
    assert zero_gpu["borrowed"] == [("double", gpu.LENT_SECONDS), ("count", gpu.LENT_SECONDS)]
    assert zero_gpu["devices"] == ["cuda", "cuda"]


def test_what_keeps_something_for_its_visit_is_never_lent(zero_gpu):
    """A process of its own would take the painting, and would never see a slider move."""
    from demos.style_transfer import gatys

    for handler in (gatys.show_painting, gatys.go_on):
        assert gpu.borrow_gpu(handler) is handler
    assert zero_gpu["borrowed"] == []


def test_the_page_itself_stays_on_the_processor(zero_gpu, monkeypatch):
    monkeypatch.delenv("GLASSBOX_DEVICE", raising=False)
    gpu.prepare()
    assert os.environ["GLASSBOX_DEVICE"] == "cpu"


def test_another_device_starts_with_nothing_loaded(monkeypatch):
    from cvcore.engine import checkpoints

    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    checkpoints.load_model("digits_cnn")
    device.use("cpu")
    assert device.get_device().type == "cpu"
    assert release() == ()


def test_networks_made_from_others_are_let_go_as_well(monkeypatch):
    from cvcore.engine import fusion

    monkeypatch.setenv("GLASSBOX_DEVICE", "cpu")
    before = fusion.load_fused("efficientnet_lite0")
    device.use("cpu")
    assert fusion.load_fused("efficientnet_lite0") is not before
    assert "cvcore.engine.fusion.load_fused(efficientnet_lite0)" in release()

"""What is kept, for how long, and that letting go really frees it."""

import gc
import weakref

import pytest

from cvcore.engine import cache
from cvcore.engine.cache import keep_models


@pytest.fixture
def loader(monkeypatch):
    """A loader of its own, and the names it was asked to load."""
    monkeypatch.setattr(cache, "LOADERS", [])
    monkeypatch.setattr(cache, "_caches", [])
    loaded = []

    @keep_models(most=2)
    def load(name: str) -> set:
        loaded.append(name)
        return {name}

    return load, loaded


def test_loaded_once(loader):
    load, loaded = loader
    assert load("a") is load("a")
    assert loaded == ["a"]


def test_the_longest_unused_goes_first(loader):
    load, loaded = loader
    for name in ("a", "b", "a", "c", "a", "b"):
        load(name)
    assert loaded == ["a", "b", "c", "b"]


def test_a_failure_is_not_kept(loader):
    def fail(name: str) -> None:
        raise OSError(name)

    load = keep_models(most=1)(fail)
    for _ in range(2):
        with pytest.raises(OSError, match="a"):
            load("a")


def test_release_by_age(loader):
    load, loaded = loader
    load("a")
    assert cache.release(older_than_s=60) == ()
    assert [name.partition("(")[2] for name in cache.release()] == ["a)"]
    load("a")
    assert loaded == ["a", "a"]


def load_everything():
    from cvcore.classification import variants
    from cvcore.engine import fusion
    from cvcore.saliency import perturbation
    from cvcore.style_transfer import fast, scene

    name = "efficientnet_lite0"
    yield fusion.load_fused(name)
    yield scene.load_extractor(name)
    yield scene.load_extractor(name).module
    yield variants._rounded_network(name, 4)
    yield perturbation._load_incremental(name)
    yield fast._session("style_transform")


def test_release_frees_every_network():
    seen = [weakref.ref(thing) for thing in load_everything()]
    names = " ".join(cache.release())
    for loader in ("load_fused", "_extractor", "_rounded", "_load_incremental", "fast._session"):
        assert loader in names
    gc.collect()
    assert [ref() for ref in seen] == [None] * len(seen)

"""What the functions of every lesson give can be compared, kept in sets, copied and sent on."""

import copy
import dataclasses
import importlib
import pickle
import pkgutil
import typing
from collections.abc import Callable

import numpy as np
import pytest
import torch

import cvcore
from tests.support.exported import export_networks
from tests.support.lesson_calls import CALLS, flatten, make_given


def list_classes():
    found = set()
    for info in pkgutil.walk_packages(cvcore.__path__, "cvcore."):
        if "training" in info.name or info.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(info.name)).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value):
                found.add(value)
    return sorted(found, key=lambda one: (one.__module__, one.__name__))


def holds_arrays(kind):
    if isinstance(kind, type):
        return issubclass(kind, np.ndarray | torch.Tensor | torch.nn.Module | dict)
    if typing.get_origin(kind) is Callable:
        return False
    return any(map(holds_arrays, typing.get_args(kind)))


def compares_arrays(kind: type) -> bool:
    try:
        hints = typing.get_type_hints(kind)
    except NameError:  # names that only a type checker imports
        hints = {}
    compared = {field.name for field in dataclasses.fields(kind) if field.compare}
    plain = {field.name for field in dataclasses.fields(kind) if field.hash is False}
    return any(holds_arrays(hints.get(name)) for name in compared - plain)


def test_a_class_that_holds_arrays_is_compared_by_identity():
    """Else == would ask an array whether it is true."""
    own = (object.__eq__, object.__hash__)
    kinds = list_classes()
    assert len(kinds) > 100
    wrong = [one for one in kinds if compares_arrays(one) and (one.__eq__, one.__hash__) != own]
    assert wrong == []


@pytest.fixture(scope="module")
def results():
    export_networks(("efficientnet_lite0", "yolov3_tiny", "unet_person", "gan_digits"))
    given = make_given()
    names = [name for name in CALLS if "convolve" not in name and "pool" not in name]
    answers = {name: CALLS[name](given) for name in names}
    found = {name: one for name, one in answers.items() if dataclasses.is_dataclass(one)}
    assert len(found) >= 12
    return found


def test_results_can_be_compared_copied_and_pickled(results):
    for name, one in results.items():
        for other in (copy.deepcopy(one), copy.copy(one), pickle.loads(pickle.dumps(one))):
            assert (one == other) in (True, False), name
            assert one in [other, one]
            assert len({one, other}) in (1, 2)
            assert hash(one) == hash(one)
            for mine, its in zip(flatten(one), flatten(other), strict=True):
                np.testing.assert_array_equal(mine, its)

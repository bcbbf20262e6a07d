"""The caller's settings of PyTorch, NumPy and Python stay outside, and as they were.

A program that imports the package may run in inference mode or under autocast, may have switched
gradients off, or have chosen another default type or device. Each of these would change our
answers, or spoil a network that is kept for the next caller. So every public function that computes
is ``undisturbed``.
"""

import inspect
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, wraps
from typing import Any, TypeVar

import numpy as np

from cvcore.core.forks import Lock

Function = TypeVar("Function", bound=Callable[..., Any])
AUTOCASTS = ("cpu", "cuda", "mps")
USUAL_DEPTH = 1000
NUMPY_ERRORS: Any = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


def undisturbed(function: Function) -> Function:
    """Decorate a function or a generator function: the caller's settings do not reach it.

    Between a generator's steps they are the caller's own.
    """
    if inspect.isgeneratorfunction(function):

        @wraps(function)
        def wrapped(*args: Any, **settings: Any) -> Iterator[Any]:
            steps = function(*args, **settings)
            try:
                while True:
                    with own_settings():
                        try:
                            step = next(steps)
                        except StopIteration as end:
                            return end.value
                    yield step
            finally:
                with own_settings():
                    steps.close()
    else:

        @wraps(function)
        def wrapped(*args: Any, **settings: Any) -> Any:
            with own_settings():
                return function(*args, **settings)

    return wrapped  # type: ignore[return-value]


@contextmanager
def own_settings() -> Iterator[None]:
    """PyTorch and NumPy inside the block as they are when a program starts."""
    _load_torch_where_no_folder_is()
    with ExitStack() as stack:
        stack.enter_context(_depth)
        stack.enter_context(np.errstate(**NUMPY_ERRORS))
        if "torch" in sys.modules:  # else nothing of it can have been set
            _enter_torch(stack)
        yield


def _enter_torch(stack: ExitStack) -> None:
    import torch  # another thread may be just importing it: this waits for it

    if torch.is_inference_mode_enabled():
        stack.enter_context(torch.inference_mode(False))
    if not torch.is_grad_enabled():
        stack.enter_context(torch.enable_grad())
    for kind in AUTOCASTS:
        if torch.is_autocast_enabled(kind):
            stack.enter_context(torch.autocast(kind, enabled=False))
    # PyTorch 2.8 breaks off at get_default_device() where a default was set and taken back.
    if torch.empty(0).device.type != "cpu":
        stack.enter_context(torch.device("cpu"))
    stack.enter_context(_float32)


class _Shared:
    """A setting of all threads: the first of ours to come sets it, the last puts it back."""

    def __init__(self) -> None:
        self._lock, self._inside, self._before = Lock(), 0, None

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = self.read()
                if (usual := self.choose(self._before)) != self._before:
                    self.write(usual)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self.choose(self._before) != self._before:
                self.write(self._before)

    def read(self) -> Any: ...

    def choose(self, found: Any) -> Any:
        """What it is to be inside, where a program has set ``found``."""

    def write(self, value: Any) -> None: ...


class _DefaultType(_Shared):
    """float32 as PyTorch's default type."""

    def read(self) -> Any:
        return sys.modules["torch"].get_default_dtype()

    def choose(self, found: Any) -> Any:
        return sys.modules["torch"].float32

    def write(self, value: Any) -> None:
        sys.modules["torch"].set_default_dtype(value)


class _Depth(_Shared):
    """At least as many calls within calls as Python starts with: PyTorch's imports need 200."""

    def read(self) -> int:
        return sys.getrecursionlimit()

    def choose(self, found: int) -> int:
        return max(found, USUAL_DEPTH)

    def write(self, value: int) -> None:
        with suppress(RecursionError):  # deeper than that already: it stays raised
            sys.setrecursionlimit(value)


_float32, _depth = _DefaultType(), _Depth()


def _load_torch_where_no_folder_is() -> None:
    """PyTorch cannot be loaded where the working folder has been deleted: MKL ends the process.

    So it is loaded from another folder, with what it loads later, and the caller is left where it
    was. Nothing else is done there: a path that begins in no folder must lead to no file.
    """
    try:
        os.getcwd()
    except FileNotFoundError:
        _load_torch_elsewhere()


@cache
def _load_torch_elsewhere() -> None:
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(tempfile.gettempdir())
        import torch
        import torch._dynamo  # as an optimiser does, and an export

        torch.mm(torch.ones(2, 2, device="cpu"), torch.ones(2, 2, device="cpu"))
    finally:
        os.chdir(here)
        os.close(here)


_load_torch_where_no_folder_is()  # what imports this may import PyTorch next

"""The caller's settings of PyTorch and NumPy stay outside, and as they were.

A program that imports the package may run in inference mode or under autocast, may have switched
gradients off, or have chosen another default type or device. Each of these would change our
answers, or spoil a network that is kept for the next caller. So every public function that computes
is ``undisturbed``.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from cvcore.core.forks import Lock

Function = TypeVar("Function", bound=Callable[..., Any])
AUTOCASTS = ("cpu", "cuda", "mps")
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
    with ExitStack() as stack:
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
    if torch.get_default_device().type != "cpu":
        stack.enter_context(torch.device("cpu"))
    stack.enter_context(_float32)


class _DefaultType:
    """float32 as PyTorch's default type.

    PyTorch has one for all threads: the first of ours to come sets it, the last puts it back.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._before = Lock(), 0, None

    def __enter__(self) -> None:
        import torch

        with self._lock:
            if not self._inside:
                self._before = torch.get_default_dtype()
                if self._before != torch.float32:
                    torch.set_default_dtype(torch.float32)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        import torch

        with self._lock:
            self._inside -= 1
            if not self._inside and self._before != torch.float32:
                torch.set_default_dtype(self._before)


_float32 = _DefaultType()

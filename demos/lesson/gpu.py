"""Hugging Face's ZeroGPU: a graphics card lent to long work for as long as it runs.

Quick answers and webcams stay on the processor there, which the daily quota would not last for. On
every other machine nothing is changed.
"""

import inspect
import os
from collections.abc import Callable
from functools import wraps
from typing import Any

LENT_SECONDS = 120  # for one dream, one style run ...


def is_zero_gpu() -> bool:
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "true")


def prepare() -> None:
    """Before PyTorch is imported: ZeroGPU's package must come first, and the page needs no card."""
    if is_zero_gpu():
        import spaces  # noqa: F401

        os.environ.setdefault("GLASSBOX_DEVICE", "cpu")


def keep_here(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a handler that changes what its visit keeps, or is steered while it runs.

    A process of its own would see no slider and take the changes with it: this one stays.
    """
    handler.stays_here = True
    return handler


def borrow_gpu(handler: Callable[..., Any]) -> Callable[..., Any]:
    """A handler that runs with a lent card on ZeroGPU: there it gets a process of its own."""
    if not is_zero_gpu() or getattr(handler, "stays_here", False):
        return handler
    import spaces

    from cvcore.engine import device

    if inspect.isgeneratorfunction(handler):

        @wraps(handler)
        def borrowed(*args: Any, **kwargs: Any) -> Any:
            device.use("cuda")
            yield from handler(*args, **kwargs)
    else:

        @wraps(handler)
        def borrowed(*args: Any, **kwargs: Any) -> Any:
            device.use("cuda")
            return handler(*args, **kwargs)

    return spaces.GPU(duration=LENT_SECONDS)(borrowed)

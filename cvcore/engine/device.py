"""Which processor the networks run on."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cvcore.core.errors import SetupError
from cvcore.core.forks import call_in_children

if TYPE_CHECKING:
    import torch


@cache
def get_device() -> "torch.device":
    """CUDA if there is one, else MPS, else the CPU.

    The environment variable ``GLASSBOX_DEVICE`` (``cpu``, ``cuda``, ``cuda:1``, ``mps``) overrides
    the choice. Raises ``SetupError`` when it names a device that this machine does not have.
    """
    import torch

    wanted = _read_choice()
    if not wanted:
        if torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    try:
        if not re.fullmatch(r"cpu|cuda(:\d{1,3})?|mps", wanted):  # PyTorch knows more, as "meta"
            raise ValueError(wanted)
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except Exception:  # PyTorch tells of its own build, over several lines
        raise SetupError(
            f"GLASSBOX_DEVICE is {wanted!r}, which cannot be used here; "
            "set it to cpu, cuda, cuda:N or mps, or leave it unset."
        ) from None
    return device


def _read_choice() -> str:
    return os.environ.get("GLASSBOX_DEVICE", "").strip().lower()


def check_choice() -> None:
    """Raise ``SetupError`` when ``GLASSBOX_DEVICE`` names a device that is not here.

    PyTorch is not loaded where nothing, or the processor, is asked for.
    """
    if _read_choice() not in ("", "cpu"):
        get_device()


def use(name: str) -> None:
    """Put networks on another device from now on; those loaded so far are let go."""
    from cvcore.engine.cache import release

    os.environ["GLASSBOX_DEVICE"] = name
    get_device.cache_clear()
    release()


def has_gpu() -> bool:
    """True when networks run on a GPU.

    A Linux machine without a GPU driver is recognised without loading PyTorch.
    """
    wanted = _read_choice()
    if wanted == "cpu":
        return False
    if not wanted and sys.platform == "linux":
        nodes = ("nvidiactl", "nvidia0", "kfd", "dxg")  # NVIDIA, AMD, WSL
        if not any(Path("/dev", node).exists() for node in nodes):
            return False
    return get_device().type != "cpu"


def cpu_count() -> int:
    """Processor cores that this process may use (at least 1)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit_threads(count: int) -> None:
    """PyTorch's threads for this thread's next work; before PyTorch is loaded, nothing."""
    if "torch" not in sys.modules:
        return
    import torch  # another thread may be just importing it: this waits for it

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one of its threads, then as before: where steps multiply so little that a second
    thread costs more than it brings; and sums are the same to the bit. PyTorch is loaded."""
    import torch

    before = torch.get_num_threads()
    limit_threads(1)
    try:
        yield
    finally:
        limit_threads(before)


def _use_one_thread() -> None:
    """In a forked child PyTorch and OpenCV would wait for threads that are not there."""
    for name, function, count in (("torch", "set_num_threads", 1), ("cv2", "setNumThreads", 0)):
        if set_threads := getattr(sys.modules.get(name), function, None):
            set_threads(count)  # 1 would make OpenCV wait for the end of its threads


call_in_children(_use_one_thread)


def describe() -> str:
    """The device in words, as the page's header shows it: ``CPU, 2 cores``."""
    if has_gpu():
        import torch

        device = get_device()
        if device.type == "cuda":
            return f"GPU, {torch.cuda.get_device_name(device)}"
        return "GPU, Apple Metal"
    cores = cpu_count()
    return f"CPU, {cores} core{'s' if cores != 1 else ''}"

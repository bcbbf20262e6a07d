"""Threads that compute side by side without waiting for each other."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Barrier

from cvcore.core.forks import call_in_children
from cvcore.engine.device import cpu_count


@cache
def get_workers() -> ThreadPoolExecutor:
    """One thread a core, each on which PyTorch computes by itself.

    Threads that never wait for each other share a busy machine better than PyTorch's own, which
    meet after every layer.
    """
    import torch

    usual, threads = torch.get_num_threads(), cpu_count()
    pool, everyone = ThreadPoolExecutor(threads, "saliency"), Barrier(threads)

    def settle(_: int) -> None:
        torch.get_num_threads()  # else the thread would take the number for all at its first work
        torch.set_num_threads(1)
        everyone.wait()

    list(pool.map(settle, range(threads)))
    torch.set_num_threads(usual)  # for all other threads
    return pool


call_in_children(get_workers.cache_clear)

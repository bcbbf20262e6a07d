"""Linear algebra on one thread: on a computer that is shared, several wait for each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from cvcore.core.forks import Lock


class _Shared:
    """What all of ours are inside of: the first sets the limit, the last puts it back."""

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0
        self.limits: Any = None


_shared = _Shared()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """NumPy's and SciPy's linear algebra on one thread inside the block, then as before.

    Matrices of this lesson are small: on two cores that others use, too, a PCA took fifteen times
    as long on two threads as on one.
    """
    with _shared.lock:
        if not _shared.inside:
            _shared.limits = threadpool_limits(1, user_api="blas")
        _shared.inside += 1
    try:
        yield
    finally:
        with _shared.lock:
            _shared.inside -= 1
            if not _shared.inside:
                _shared.limits.restore_original_limits()

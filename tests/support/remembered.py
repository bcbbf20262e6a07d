"""Answers that are worked out once, for pages that ask the same each time they are opened."""

import hashlib
import pickle
from collections.abc import Callable, Iterator
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

MAX_BYTES = 4_000_000  # longer answers, a painting's, are not worth their room


class Answers:
    """What exported networks have answered so far, by network and question."""

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Any, dict[tuple, list[np.ndarray]]] = WeakKeyDictionary()

    def run(self, real: Callable, session: Any, names: Any, asked: dict, *rest: Any) -> list:
        """In place of ``InferenceSession.run``: the same question gets the same answer."""
        known, key = self._known.setdefault(session, {}), (*(names or ()), _digest(asked))
        if key not in known:
            given = real(session, names, asked, *rest)
            if sum(part.nbytes for part in given) > MAX_BYTES:
                return given
            known[key] = given
        return [part.copy() for part in known[key]]


def _digest(asked: dict[str, np.ndarray]) -> bytes:
    digest = hashlib.blake2b()
    for name, part in sorted(asked.items()):
        part = np.ascontiguousarray(part)
        digest.update(f"{name} {part.dtype} {part.shape}".encode())
        digest.update(part)
    return digest.digest()


def step_once(drawn: dict[bytes, tuple], real: Callable[..., Iterator], *args: Any) -> Iterator:
    """A generator's steps: those that it has had with these arguments, if it came to its end."""
    key = pickle.dumps(args)
    if key in drawn:
        yield from drawn[key]
        return
    steps = []
    for step in real(*args):
        steps.append(step)
        yield step
    drawn[key] = tuple(steps)

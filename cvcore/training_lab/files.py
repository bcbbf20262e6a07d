"""Files of our own: safetensors, with what they are about as JSON in their metadata."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from cvcore.core.errors import InputError

_BROKEN = (
    SafetensorError, ValueError, KeyError, TypeError, AttributeError, OverflowError,
    RuntimeError,  # RecursionError, too
)  # fmt: skip


def read(data: bytes, kind: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, and what stands under ``kind`` in the metadata."""
    tensors = load(data)
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    return tensors, json.loads(header["__metadata__"][kind])


@contextmanager
def refusing(sentence: str) -> Iterator[None]:
    """Whatever a file that is not ours leads to becomes an ``InputError`` with this sentence."""
    try:
        yield
    except _BROKEN as error:
        raise InputError(sentence) from error

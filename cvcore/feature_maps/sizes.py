"""What is found out once for a network and a picture's size."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

from cvcore.core.images import check_size_hw

Function = TypeVar("Function", bound=Callable[..., Any])


def remembered(function: Function) -> Function:
    """Decorate a function of ``model`` and ``size_hw`` (a tuple, list or array): each runs once."""
    kept = lru_cache(maxsize=16)(function)

    @wraps(function)
    def find(*args: Any, size_hw: Any = None, **settings: Any) -> Any:
        if len(args) > 1:
            args, size_hw = args[:1], args[-1]
        size_hw = None if size_hw is None else check_size_hw(size_hw)
        return kept(*args, size_hw=size_hw, **settings)

    return cast(Function, find)

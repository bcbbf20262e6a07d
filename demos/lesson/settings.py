"""A lesson's settings as one dataclass, and the components that set its fields."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import wraps
from typing import Any

from gradio.components import Component

_NONE = inspect.Parameter.empty


class Controls:
    """Which component sets which field of a settings dataclass ``kind``.

    ``Controls(Settings, stride=slider, ...)`` names every field once; ``Tab.run`` hands it to a
    handler as one value. Raises ``TypeError`` for a field too few or too many.
    """

    def __init__(self, kind: type, /, **parts: Component) -> None:
        wanted, given = {field.name for field in fields(kind)}, set(parts)
        if wanted != given:
            raise TypeError(f"{kind.__name__} and its controls differ in {sorted(wanted ^ given)}.")
        self.kind, self.parts = kind, parts

    def __iter__(self):
        return iter(self.parts.values())

    def __getitem__(self, name: str) -> Component:
        return self.parts[name]


def take_settings(handler: Callable[..., Any], controls: Controls) -> Callable[..., Any]:
    """A handler whose last positional value is a settings dataclass, as one that takes each field
    by name: so Gradio's API names them."""
    names = list(controls.parts)

    def call(args: tuple, kwargs: dict[str, Any]) -> Any:
        return handler(*args, controls.kind(**{name: kwargs[name] for name in names}))

    signature = inspect.signature(handler)
    *plain, _ = signature.parameters.values()
    # what has a default need not be given through the API
    defaults = {
        one.name: one.default for one in fields(controls.kind) if one.default is not MISSING
    }
    named = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name, _NONE))
        for name in names
    ]
    if inspect.isgeneratorfunction(handler):

        @wraps(handler)
        def taking(*args: Any, **kwargs: Any) -> Any:
            yield from call(args, kwargs)
    else:

        @wraps(handler)
        def taking(*args: Any, **kwargs: Any) -> Any:
            return call(args, kwargs)

    taking.__signature__ = signature.replace(parameters=[*plain, *named])  # type: ignore[attr-defined]
    return taking


def spread_settings(handler: Callable[..., Any], controls: Controls) -> Callable[..., Any]:
    """A handler whose last value is a settings dataclass, as one that takes its fields one by one:
    what is called without names, as for a webcam's frames."""
    names = list(controls.parts)

    @wraps(handler)
    def spread(*values: Any) -> Any:
        own, fields = values[: -len(names)], values[-len(names) :]
        return handler(*own, controls.kind(**dict(zip(names, fields, strict=True))))

    return spread

"""No type stubs are written at the start.

For each kind of component Gradio reads its source, parses it twice and renders a file for editors
(.pyi), at every start anew: a hundred kinds, ours among them, whose stubs lie among our sources.

Upstream: https://github.com/gradio-app/gradio/issues/7791 (Gradio is slow to import).
Without it: the page is served two seconds later.
"""

import logging
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

MODULE, WRITER = "gradio.component_meta", "create_or_modify_pyi"
_log = logging.getLogger("glassbox")


def silence(module: ModuleType) -> None:
    """Its writer does nothing from now on."""
    if hasattr(module, WRITER):
        setattr(module, WRITER, lambda *_: None)
    else:
        _log.warning("Gradio is not patched by type_stubs: %s has no %s.", MODULE, WRITER)


class _SilencedLoader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        silence(module)


class _Finder(MetaPathFinder):
    """Gradio defines its components while it is imported: its module is met on the way."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name == MODULE else None
        if spec and spec.origin:
            spec.loader = _SilencedLoader(name, spec.origin)
        return spec


def apply() -> None:
    """For every kind of component defined from now on: best before Gradio is imported."""
    if module := sys.modules.get(MODULE):
        silence(module)
    else:
        sys.meta_path.insert(0, _Finder())

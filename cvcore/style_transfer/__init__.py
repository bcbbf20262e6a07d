"""A picture in the manner of another: found step by step, or painted in one pass.

Each name is imported when it is first asked for: painting in one pass needs no PyTorch.
"""

from importlib import import_module
from typing import Any

_PLACES = {
    "colours": ("keep_colours",),
    "fast": (
        "check_pictures",
        "fit",
        "mix_numbers",
        "paint",
        "read_numbers",
        "style_numbers",
        "stylise_fast",
        "weaken",
    ),
    "gatys": ("LossMeter", "StyleStep", "gram_matrices", "rebuild_content", "stylise"),
    "losses": ("content_error", "gram_matrix", "style_error", "total_variation"),
    "pictures": ("Style", "index", "load_style"),
    "scene": ("STYLE_LAYERS", "Extractor", "StyleWeights"),
}
__all__ = [name for names in _PLACES.values() for name in names]


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Models, lessons and training routines of Glassbox.

``import cvcore`` loads nothing heavy: a lesson is imported when it is first named,
so ``cvcore.classification.predict_topk(image)`` is all a program has to write.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

# PyTorch's threads would wait for each other by spinning. As soon as two visitors compute at once
# on few cores, that makes both up to twenty times slower; waiting asleep costs nothing.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def __getattr__(name: str) -> ModuleType:
    qualified = f"{__name__}.{name}"
    if name.startswith("_") or find_spec(qualified) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(qualified)

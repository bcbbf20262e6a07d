"""Models, lessons and training routines of Glassbox.

``import cvcore`` loads nothing heavy: a lesson is imported when it is first named,
so ``cvcore.recognition.classifier.predict_topk(image)`` is all a program has to write.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType
from typing import TYPE_CHECKING

# PyTorch's threads would wait for each other by spinning. As soon as two visitors compute at once
# on few cores, that makes both up to twenty times slower; waiting asleep costs nothing.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


if TYPE_CHECKING:  # an editor completes names that are imported later
    from cvcore import autoencoders as autoencoders
    from cvcore import classical_features as classical_features
    from cvcore import classification as classification
    from cvcore import convolution as convolution
    from cvcore import core as core
    from cvcore import deep_dream as deep_dream
    from cvcore import detection as detection
    from cvcore import engine as engine
    from cvcore import face_verification as face_verification
    from cvcore import feature_maps as feature_maps
    from cvcore import latent_space as latent_space
    from cvcore import models as models
    from cvcore import probes as probes
    from cvcore import recognition as recognition
    from cvcore import saliency as saliency
    from cvcore import segmentation as segmentation
    from cvcore import style_transfer as style_transfer
    from cvcore import tasks as tasks
    from cvcore import training_lab as training_lab


def __getattr__(name: str) -> ModuleType:
    qualified = f"{__name__}.{name}"
    if name.startswith("_") or find_spec(qualified) is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(qualified)


def __dir__() -> list[str]:
    return [room.name for room in iter_modules(__path__)]

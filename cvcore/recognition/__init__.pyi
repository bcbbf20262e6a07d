from . import (
    classifier,
    datasets,
    digits,
    faces,
    preprocessing,
)

__all__ = [
    "classifier",
    "datasets",
    "digits",
    "faces",
    "preprocessing",
]

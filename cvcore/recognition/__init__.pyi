from . import (
    classifier,
    digits,
    faces,
    preprocessing,
)

__all__ = [
    "classifier",
    "digits",
    "faces",
    "preprocessing",
]

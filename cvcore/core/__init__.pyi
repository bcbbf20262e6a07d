from . import (
    checks,
    corruptions,
    drawing,
    errors,
    folders,
    images,
    notebook,
    paths,
    samples,
    timing,
    video,
)

__all__ = [
    "checks",
    "corruptions",
    "drawing",
    "errors",
    "folders",
    "images",
    "notebook",
    "paths",
    "samples",
    "timing",
    "video",
]

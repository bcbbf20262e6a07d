from . import (
    checks,
    corruptions,
    drawing,
    errors,
    folders,
    forks,
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
    "forks",
    "images",
    "notebook",
    "paths",
    "samples",
    "timing",
    "video",
]

from . import colours, fast, gatys, losses, options, pictures, scene
from .colours import keep_colours
from .fast import (
    check_pictures,
    fit,
    mix_numbers,
    paint,
    read_numbers,
    style_numbers,
    stylise_fast,
    weaken,
)
from .gatys import LossMeter, StyleStep, gram_matrices, rebuild_content, stylise
from .losses import content_error, gram_matrix, style_error, total_variation
from .options import STYLE_LAYERS, StyleWeights
from .pictures import Style, index, load_style
from .scene import Extractor

__all__ = [
    "STYLE_LAYERS",
    "Extractor",
    "LossMeter",
    "Style",
    "StyleStep",
    "StyleWeights",
    "check_pictures",
    "colours",
    "content_error",
    "fast",
    "fit",
    "gatys",
    "gram_matrices",
    "gram_matrix",
    "index",
    "keep_colours",
    "load_style",
    "losses",
    "mix_numbers",
    "options",
    "paint",
    "pictures",
    "read_numbers",
    "rebuild_content",
    "scene",
    "style_error",
    "style_numbers",
    "stylise",
    "stylise_fast",
    "total_variation",
    "weaken",
]

"""What the channels of a few layers like best, drawn ahead of time: one grid of pictures a model.

``assets/favourites/index.toml`` has a row for each grid; ``python -m
cvcore.training.feature_maps.visualizations`` makes the grids again.
"""

import tomllib
from functools import lru_cache

import numpy as np

from cvcore.core import images, paths

FOLDER = paths.ASSETS / "favourites"


@lru_cache(maxsize=1)
def index() -> dict[str, dict]:
    """The rows: by model its file, the ``side`` of a picture, ``columns``, and ``layers``."""
    return tomllib.loads((FOLDER / "index.toml").read_text(encoding="utf-8"))


def list_layers(model: str) -> tuple[str, ...]:
    """The layers of a model that have pictures; none for models without a grid."""
    return tuple(index()[model]["layers"]) if model in index() else ()


@lru_cache(maxsize=4)
def _load_pictures(model: str) -> np.ndarray:
    """All pictures of a model: uint8 (N, side, side, 3)."""
    row = index()[model]
    grid = images.load_image(FOLDER / row["file"], max_side=None)
    side, columns = row["side"], row["columns"]
    tiles = grid.reshape(-1, side, columns, side, 3).swapaxes(1, 2)
    return tiles.reshape(-1, side, side, 3)


def load_visualizations(model: str, layer: str) -> np.ndarray | None:
    """What each channel of a layer likes best: uint8 (C, side, side, 3); None if not drawn."""
    if layer not in list_layers(model):
        return None
    counts = index()[model]["layers"]
    first = 0
    for name, count in counts.items():
        if name == layer:
            return _load_pictures(model)[first : first + count]
        first += count
    return None


def load_visualization(model: str, layer: str, channel: int) -> np.ndarray | None:
    """What one channel likes best: uint8 (side, side, 3); None if it was not drawn."""
    pictures = load_visualizations(model, layer)
    return None if pictures is None or not 0 <= channel < len(pictures) else pictures[channel]

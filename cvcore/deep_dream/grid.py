"""What each layer makes of a picture: small dreams to choose from, and a sheet to look at.

python -m cvcore.deep_dream.grid assets/screenshots/deep_dream.jpg
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cvcore import deep_dream
from cvcore.core import images, samples
from cvcore.core.commands import command, output_file
from cvcore.deep_dream.layers import LAYERS
from cvcore.engine.isolation import undisturbed

PICTURES = ("chelsea", "coffee", "rocket")
THUMBNAIL: dict[str, Any] = {"side": 128, "octaves": 2, "steps": 6, "jitter": 12, "step_size": 0.03}
CELL_HW = (170, 256)


@undisturbed
def draw_thumbnails(image: images.Picture) -> Iterator[tuple[str, np.ndarray]]:
    """A small, quick dream of the picture at each layer: its name, and uint8 (h, w, 3)."""
    image = images.as_image(image)
    for layer in LAYERS:
        *_, last = deep_dream.dream(image, layer=layer, **THUMBNAIL)
        yield layer, last.image


def draw_grid(names: tuple[str, ...] = PICTURES) -> np.ndarray:
    """A row a sample picture: itself, then its dream at each layer, as the tab makes it."""
    rows = []
    for name in names:
        image = samples.load_sample(name)
        cells = [images.to_image(deep_dream.to_start(image, 320))]
        for layer in LAYERS:
            *_, last = deep_dream.dream(image, layer=layer)
            cells.append(last.image)
        rows.append(np.hstack([images.resize(cell, CELL_HW) for cell in cells]))
    return np.vstack(rows)


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="the JPEG file to write")
    options = parser.parse_args(arguments)
    output_file(options.file)
    options.file.write_bytes(images.to_jpeg(draw_grid(), quality=82))


if __name__ == "__main__":
    sys.exit(main())

"""Paint the sheet of six pairs for the project's front page.

    python -m cvcore.training.style_transfer.grid

A row a pair: the photograph, the style, painted in one pass by the painter of any style and by
that of the bundled ones, painted step by step with the page's own settings.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from cvcore import style_transfer
from cvcore.core import images, samples
from cvcore.core.commands import command, output_file
from cvcore.core.paths import ASSETS
from cvcore.style_transfer import fast

PAIRS = (
    ("chelsea", "glass"), ("camera", "dusk"), ("loafer", "night"),
    ("astronaut", "mosaic"), ("coffee", "wave"), ("rocket", "facets"),
)  # fmt: skip
CELL = (320, 320)
GAP = 6  # pixels


def fill(image: np.ndarray) -> np.ndarray:
    """The middle of a picture, filling a cell."""
    side = min(image.shape[:2])
    square = images.centre_crop(image, side)
    return np.pad(
        images.resize(square, CELL, resample="lanczos"), ((0, GAP), (0, GAP), (0, 0)),
        constant_values=255,
    )  # fmt: skip


def paint_pair(photo: str, style: str) -> np.ndarray:
    content, sheet = samples.load_sample(photo), style_transfer.load_style(style)
    *_, last = style_transfer.stylise(content, sheet)
    small, numbers = fast.fit(content, fast.DEFAULT_SIDE), fast.style_numbers(sheet)
    shared, own = fast.paint_with(small, numbers, fast.SHARED), fast.paint(small, numbers)
    return np.concatenate([fill(one) for one in (content, sheet, shared, own, last.image)], axis=1)


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ASSETS / "screenshots" / "style_transfer.jpg")
    options = parser.parse_args(arguments)
    output_file(options.out)
    rows = [paint_pair(*pair) for pair in PAIRS]
    halves = [np.concatenate(rows[i : i + 3], axis=0) for i in (0, 3)]
    sheet = np.concatenate(halves, axis=1)[:-GAP, :-GAP]
    options.out.write_bytes(images.to_jpeg(sheet, quality=72))
    print(options.out.name, f"{options.out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    sys.exit(main())

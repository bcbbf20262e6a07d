"""Draw the gallery of Eigenfaces and Fisherfaces: forty people who do not exist.

The bundled generator of faces makes each in six pictures that differ in smile and turn. Of the
people that are drawn those are kept in all of whose pictures a detector is sure of a face. A row
of the sheet is a person, grey, each face 56 x 48 pixels.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

from cvcore import latent_space
from cvcore.classical_features.gallery import PEOPLE, PICTURES, WEIGHT, cut_face
from cvcore.core import images
from cvcore.core.commands import command, output_folder
from cvcore.core.errors import SetupError
from cvcore.core.paths import ASSETS
from cvcore.training.latent_space.directions import are_clear

SEED = 11
DRAWN = 200  # people to choose from
TRUNCATION = 0.65
QUALITY = 92  # of the JPEG
# Deviations along the generator's directions "smile" and "turn", a picture each.
VARIETY = ((0.0, 0.0), (1.2, 0.0), (-1.0, 0.15), (0.6, -0.4), (0.3, 0.35), (-0.6, -0.2))


def draw_person(w: np.ndarray) -> np.ndarray:
    """Six pictures uint8 (6, 64, 64, 3) of an inner latent (128,)."""
    directions = latent_space.load_directions()
    amounts = dict.fromkeys(directions.names, 0.0)
    moved = [
        latent_space.move(w, directions, [*(amounts | {"smile": smile, "turn": turn}).values()])
        for smile, turn in VARIETY
    ]
    return latent_space.generate(np.stack(moved))


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    latents = latent_space.map_latents(latent_space.sample(DRAWN, seed=SEED), truncation=TRUNCATION)
    people: list[np.ndarray] = []
    for w in latents:
        pictures = draw_person(w)
        if are_clear(pictures).all():
            people.append(np.concatenate([cut_face(one) for one in pictures], axis=1))
        if len(people) == PEOPLE:
            break
    if len(people) < PEOPLE or len(VARIETY) != PICTURES:
        raise SetupError(f"Only {len(people)} of {DRAWN} people are clear in all their pictures.")
    sheet = np.concatenate(people)
    path = options.out / f"{WEIGHT}.jpg"
    path.write_bytes(images.to_jpeg(sheet, quality=QUALITY))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

"""Forty people who do not exist, to be recognised, and light that comes from any side.

Each was drawn by the bundled generator of faces, in six pictures whose smile and turn differ:
pictures of persons may not be passed on. The light is computed, so that it is known exactly.
"""

from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np

from cvcore.core import images
from cvcore.core.checks import check_setting
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import faces
from cvcore.recognition.faces.alignment import CELEBA_TEMPLATE, align

WEIGHT = "made_people"
PEOPLE, PICTURES = 40, 6  # rows and columns of the bundled sheet
HEIGHT, WIDTH = 56, 48  # pixels of a face, cut out of 64 x 64
TOP, LEFT = 4, 8  # pixels: where it is cut out
MOST_ANGLE = 80.0  # degrees that the light may come from the side
AMBIENT = 0.15  # share of the light that comes from everywhere
HEAD = 1.1  # half axes of the head, in halves of the picture


@dataclass(frozen=True, eq=False)
class Gallery:
    """Faces with the people they show."""

    pictures: np.ndarray = field(repr=False)  # uint8 (P, K, 56, 48): people, pictures of each
    names: tuple[str, ...] = field(repr=False)  # (P,)

    def __len__(self) -> int:
        return len(self.pictures)


@cache
@undisturbed
def load_gallery() -> Gallery:
    """The bundled gallery: 40 people who do not exist, six pictures of each."""
    registry.check_files(WEIGHT)
    sheet = images.load_image(registry.get_weight(WEIGHT).paths[0], max_side=None)[..., 0]
    rows = sheet.reshape(PEOPLE, HEIGHT, PICTURES, WIDTH).swapaxes(1, 2)
    pictures = np.ascontiguousarray(rows)
    pictures.setflags(write=False)
    return Gallery(pictures, tuple(f"Person {i + 1}" for i in range(PEOPLE)))


def cut_face(face: np.ndarray) -> np.ndarray:
    """The face alone, grey uint8 (56, 48), of one in colour, aligned, uint8 (64, 64, 3)."""
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    return grey[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH].copy()


@undisturbed
def read_own_face(picture: images.Picture) -> tuple[np.ndarray, str]:
    """The largest face of a picture, grey uint8 (56, 48), upright, its eyes where the gallery's
    are, and a sentence where it is hardly a face, else "".

    Raises ``InputError`` where there is none.
    """
    image = images.as_image(picture)
    found = faces.find_faces(image, detector="yunet")
    face = found[faces.pick_face(found, image.shape[:2])]
    aligned = align(
        image, face.landmarks, side=64, template=CELEBA_TEMPLATE, border=cv2.BORDER_REPLICATE
    )
    return cut_face(aligned), faces.describe_unsure(face, "yunet")


@cache
def _normals() -> np.ndarray:
    """Unit normals (56, 48, 3) of half an ellipsoid before the picture: to the right, down, out."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    across = (x - (WIDTH - 1) / 2) / (HEAD * WIDTH / 2)
    down = (y - (HEIGHT - 1) / 2) / (HEAD * HEIGHT / 2)
    out = np.sqrt(np.clip(1 - across**2 - down**2, 0.02, 1))
    normals = np.stack([across, down, out], axis=-1)
    return normals / np.linalg.norm(normals, axis=-1, keepdims=True)


def relight(pictures: np.ndarray, angle: float) -> np.ndarray:
    """Faces uint8 (..., 56, 48) with the light from ``angle`` degrees to the right, -80 to 80.

    The head is half an ellipsoid that scatters light by Lambert's law: the grey level is what it
    was, times 0.15 + 0.85 max(0, n · l), with n the surface's normal and l the way to the light.
    So pictures of a face in any light lie in a space of few dimensions (Belhumeur, Hespanha and
    Kriegman, "Eigenfaces vs. Fisherfaces", IEEE TPAMI 1997).
    """
    angle = np.radians(check_setting("The angle of the light", angle, -MOST_ANGLE, MOST_ANGLE))
    light = np.array([np.sin(angle), 0.0, np.cos(angle)])
    shading = AMBIENT + (1 - AMBIENT) * np.clip(_normals() @ light, 0, None)
    return np.rint(np.asarray(pictures) * shading).astype(np.uint8)

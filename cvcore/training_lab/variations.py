"""A picture in many variations, by the kernels of torchvision's v2 transforms.

What is drawn hangs on a generator alone, and each change always takes as many random numbers: one
setting changed leaves all other changes of a variation as they are.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as F

from cvcore.core import images
from cvcore.core.checks import check_seed, check_whole
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import make_generator
from cvcore.training_lab.augmentation import augment
from cvcore.training_lab.variety import Augmentation

VARY = 6  # what these random numbers are for
DRAWS = 14  # random numbers of a variation
HUE_SHARE = 0.2  # of the colour's strength
MAX_COUNT = 64
SMALL_SIDE = 48  # of the picture whose variations are counted


@dataclass(frozen=True)
class Variety:
    """How different the variations of a picture are."""

    draws: int
    different: int
    """Pictures that differ in at least one value, 1 to ``draws``."""
    unchanged: int
    """Draws that are the picture itself."""


@undisturbed
def vary(
    picture: images.Picture, augmentation: Augmentation, *, count: int = 16, seed: int = 0
) -> np.ndarray:
    """Variations uint8 (count, H, W, 3) of a picture (H, W, 3), of its own size.

    Raises ``InputError`` for a picture that is none, or a count outside 1 to 64.
    """
    count = check_whole("The number of variations", count, 1, MAX_COUNT)
    one = _to_tensor(images.as_image(picture))
    return np.stack([_to_array(each) for each in _draw_many(one, augmentation, count, seed)])


@undisturbed
def count_different(
    picture: images.Picture, augmentation: Augmentation, *, draws: int = 1000, seed: int = 0
) -> Variety:
    """How many of so many variations (1 to 10,000) differ from one another.

    They are drawn of the picture at 48 pixels (longest side), and compared as 8-bit pictures.
    """
    draws = check_whole("The number of draws", draws, 1, 10_000)
    image = images.as_image(picture)
    height, width = image.shape[:2]
    shrink = min(1.0, SMALL_SIDE / max(height, width))
    size = max(1, round(height * shrink)), max(1, round(width * shrink))
    small = images.resize(image, size, resample="box")
    own = small.tobytes()
    seen: dict[bytes, int] = {}
    for each in _draw_many(_to_tensor(small), augmentation, draws, seed):
        key = _to_array(each).tobytes()
        seen[key] = seen.get(key, 0) + 1
    return Variety(draws, len(seen), seen.get(own, 0))


def _draw_many(picture: Tensor, augmentation: Augmentation, count: int, seed: int) -> list[Tensor]:
    generator = make_generator(check_seed(seed), VARY)
    numbers = torch.rand(count, DRAWS, generator=generator, dtype=torch.float64).tolist()
    return [change(picture, augmentation, drawn) for drawn in numbers]


def _to_tensor(image: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).float() / 255


def _to_array(picture: Tensor) -> np.ndarray:
    bytes_ = picture.clamp(0, 1).mul(255).round().to(torch.uint8)
    return np.ascontiguousarray(bytes_.permute(1, 2, 0).cpu().numpy())


def change(picture: Tensor, augmentation: Augmentation, drawn: list[float]) -> Tensor:
    """One variation of float (C, H, W) in [0, 1], by ``DRAWS`` numbers in [0, 1)."""
    flip, *moves = drawn[:5]
    left, top, area, bright, contrast, rich, hue, *erase = drawn[5:]
    if augmentation.flip and flip < 0.5:
        picture = F.horizontal_flip(picture)
    if augmentation.rotation or augmentation.zoom or augmentation.shift:
        picture = _move(picture, augmentation, moves)
    if augmentation.crop:
        picture = _crop(picture, 1 - augmentation.crop * area, left, top)
    if augmentation.brightness:
        picture = F.adjust_brightness(picture, _around_one(augmentation.brightness, bright))
    if augmentation.colour:
        picture = F.adjust_contrast(picture, _around_one(augmentation.colour, contrast))
        if len(picture) == 3:
            picture = F.adjust_saturation(picture, _around_one(augmentation.colour, rich))
            picture = F.adjust_hue(picture, HUE_SHARE * augmentation.colour * (2 * hue - 1))
    if augmentation.erase:
        picture = _erase(picture, augmentation.erase, erase[0], erase[1])
    return picture


def _around_one(strength: float, drawn: float) -> float:
    return 1 + strength * (2 * drawn - 1)


def _move(picture: Tensor, augmentation: Augmentation, drawn: list[float]) -> Tensor:
    """Turned, zoomed and shifted; from outside comes the mean colour of the border."""
    height, width = picture.shape[1:]
    angle, zoom, across, down = (2 * one - 1 for one in drawn)
    edges = (picture[:, 0], picture[:, -1], picture[:, :, 0], picture[:, :, -1])
    border = torch.cat(edges, dim=1).mean(dim=1)
    return F.affine(
        picture,
        angle=augmentation.rotation * angle,
        translate=[augmentation.shift * across * width, augmentation.shift * down * height],
        scale=1 + augmentation.zoom * zoom,
        shear=[0.0, 0.0],
        interpolation=InterpolationMode.BILINEAR,
        fill=border.tolist(),
    )


def _crop(picture: Tensor, area: float, left: float, top: float) -> Tensor:
    """A part of so large a share of the area, brought to the picture's size."""
    height, width = picture.shape[1:]
    rows, columns = (max(1, round(side * math.sqrt(area))) for side in (height, width))
    y, x = int(top * (height - rows + 1)), int(left * (width - columns + 1))
    return F.resized_crop(picture, y, x, rows, columns, [height, width], antialias=True)


def _erase(picture: Tensor, area: float, left: float, top: float) -> Tensor:
    """A rectangle of so large a share of the area becomes black."""
    height, width = picture.shape[1:]
    rows, columns = (max(1, round(side * math.sqrt(area))) for side in (height, width))
    y, x = int(top * (height - rows + 1)), int(left * (width - columns + 1))
    black = torch.zeros(len(picture), rows, columns, device=picture.device)
    return F.erase(picture, y, x, rows, columns, black)


class Vary(Callback):
    """A callback of ``train``: each picture is varied anew at each step, by the seed and the step.

    It comes on top of ``Settings.augmentation``.
    """

    def __init__(self, augmentation: Augmentation) -> None:
        self.augmentation = augmentation

    def on_train_batch_start(self, trainer: Trainer, module: Any, batch: Any, _: int) -> None:
        pictures = batch[0]  # a step's own copy, which is changed
        padding = "zeros" if module.data.kind == "digits" else "border"
        numbers = (module.settings.seed, VARY, module.step, module.global_rank)
        generator = make_generator(*numbers, device=pictures.device)
        pictures.copy_(change_many(pictures, self.augmentation, generator, padding=padding))


def change_many(
    pictures: Tensor, augmentation: Augmentation, generator: torch.Generator, *, padding: str
) -> Tensor:
    """A variation of each picture of float (N, C, S, S) in [0, 1], those that are quick at once.

    ``padding`` is what comes in from outside: "zeros" or "border". The generator is of the
    pictures' device.
    """
    count = len(pictures)
    drawn = torch.rand(count, DRAWS, generator=generator, device=pictures.device)
    column = drawn[:, :, None, None, None]  # (N, DRAWS, 1, 1, 1)
    if augmentation.flip:
        pictures = torch.where(column[:, 0] < 0.5, pictures.flip(-1), pictures)
    if augmentation.rotation or augmentation.zoom or augmentation.shift:
        pictures = augment(
            pictures,
            shift=augmentation.shift,
            turn=augmentation.rotation,
            zoom=augmentation.zoom,
            generator=generator,
            padding=padding,
        )
    if augmentation.brightness:
        factor = 1 + augmentation.brightness * (2 * column[:, 8] - 1)
        pictures = (pictures * factor).clamp(0, 1)
    if augmentation.crop or augmentation.colour or augmentation.erase:
        rest = Augmentation(
            crop=augmentation.crop, colour=augmentation.colour, erase=augmentation.erase
        )
        pairs = zip(pictures, drawn.tolist(), strict=True)
        pictures = torch.stack([change(picture, rest, numbers) for picture, numbers in pairs])
    return pictures

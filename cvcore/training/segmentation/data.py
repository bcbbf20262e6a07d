"""Pictures with masks, and the changes that make few of them last.

The folders are those of ``cvcore.segmentation.dataset``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from cvcore.core import images
from cvcore.segmentation import fit_size
from cvcore.segmentation.dataset import Pair


def repeat_rare(pairs: Sequence[Pair]) -> list[Pair]:
    """Repeat pictures whose look is rare: the square root of how much rarer it is, as a number.

    Looks are bright or dark, and grey or coloured: microscopes and stains, not what is shown.
    """

    def find_look(pair: Pair) -> tuple[bool, bool]:
        spread = np.ptp(pair.image.astype(np.int16), axis=2).mean()
        return bool(pair.image.mean() > 128), bool(spread > 10)

    looks = [find_look(pair) for pair in pairs]
    most = max(looks.count(look) for look in set(looks))
    return [
        pair
        for pair, look in zip(pairs, looks, strict=True)
        for _ in range(round((most / looks.count(look)) ** 0.5))
    ]


@dataclass(frozen=True)
class Recipe:
    """How pictures are changed at random before the network sees them."""

    longest: int
    """Pixels: the longer side of a picture at scale 1; 0 keeps its own size."""
    crop: int = 192
    """Pixels: side of the square cut out for training."""
    scale: tuple[float, float] = (0.5, 1.5)
    turn: float = 15.0
    """Degrees to either side."""
    stretch: float = 0.15
    """Sides change relative to each other by up to this share."""
    vertical_flip: bool = False
    paste: float = 0.0
    """Chance that the object is put in front of another picture."""
    colour: float = 0.3
    """Strength of the changes of brightness, contrast and colour, 0 to 1."""
    repeat_rare: bool = False
    """Pictures of a rare look are taken several times."""


RECIPES = {
    "person": Recipe(longest=320, crop=256, paste=0.5, colour=0.35),
    "nuclei": Recipe(
        longest=0,
        scale=(0.5, 2.0),
        turn=180.0,
        stretch=0.2,
        vertical_flip=True,
        colour=0.35,
        repeat_rare=True,
    ),
}


def _warp(pair: Pair, recipe: Recipe, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A turned, scaled, stretched, flipped square of the pair: uint8 RGB and float32 mask."""
    height, width = pair.mask.shape
    base = recipe.longest / max(height, width) if recipe.longest else 1.0
    scale = base * np.exp(rng.uniform(*np.log(recipe.scale)))
    ratio = np.exp(rng.uniform(-recipe.stretch, recipe.stretch) / 2)
    angle = np.radians(rng.uniform(-recipe.turn, recipe.turn) * rng.uniform())
    if recipe.turn >= 180:
        angle = rng.uniform(-np.pi, np.pi)
    sx, sy = scale * ratio, scale / ratio
    if rng.uniform() < 0.5:
        sx = -sx
    if recipe.vertical_flip and rng.uniform() < 0.5:
        sy = -sy
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos * sx, -sin * sy], [sin * sx, cos * sy]])
    room = np.maximum((np.array([width * abs(sx), height * abs(sy)]) - recipe.crop) / 2, 0)
    centre = np.array([width, height]) / 2
    shift = rng.uniform(-1, 1, 2) * (room + 0.1 * recipe.crop)
    offset = recipe.crop / 2 - matrix @ centre + shift
    affine = np.column_stack([matrix, offset]).astype(np.float32)
    size = (recipe.crop, recipe.crop)
    flags = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
    image = cv2.warpAffine(pair.image, affine, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    mask = cv2.warpAffine(
        pair.mask.astype(np.float32), affine, size, borderMode=cv2.BORDER_REFLECT_101
    )
    return image, mask


def _recolour(image: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Brightness, contrast, gamma, colour cast, grey, blur, noise and JPEG at random."""
    strength = recipe.colour
    x = image.astype(np.float32) / 255
    if rng.uniform() < 0.8:
        x = x ** np.exp(rng.normal() * strength * 0.6)
        mean = x.mean()
        x = (x - mean) * np.exp(rng.normal() * strength * 0.6) + mean
        x = x * np.exp(rng.normal(size=3) * strength * 0.25 + rng.normal() * strength * 0.5)
        grey = x.mean(axis=2, keepdims=True)
        x = grey + (x - grey) * rng.uniform(1 - 2 * strength, 1 + 2 * strength)
    if rng.uniform() < 0.1:
        x = np.repeat(x.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.uniform() < 0.15:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 2.0))
    if rng.uniform() < 0.2:
        x = x + rng.normal(size=x.shape).astype(np.float32) * rng.uniform(0.01, 0.06)
    x = (x.clip(0, 1) * 255).astype(np.uint8)
    if rng.uniform() < 0.15:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 80))]
        x = cv2.imdecode(cv2.imencode(".jpg", x, quality)[1], cv2.IMREAD_COLOR)
    return np.asarray(x)


def augment(
    pair: Pair, behind: Sequence[Pair], recipe: Recipe, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A random square of the pair: uint8 (crop, crop, 3) and mask float32 (crop, crop).

    With the recipe's chance the object is cut out along its mask and put in front of one of
    ``behind``, whose own objects stay objects.
    """
    image, mask = _warp(pair, recipe, rng)
    if behind and rng.uniform() < recipe.paste and mask.mean() > 0.01:
        back, back_mask = _warp(behind[int(rng.integers(len(behind)))], recipe, rng)
        if rng.uniform() < 0.5:  # light of its own
            back = _recolour(back, recipe, rng)
        soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.5, 1.5))[..., None]
        image = (image * soft + back * (1 - soft)).astype(np.uint8)
        mask = np.maximum(mask, back_mask)
    return _recolour(image, recipe, rng), mask


class TrainingPairs(Dataset):
    """Random squares: float32 (3, crop, crop) in [0, 1] and mask (1, crop, crop) in [0, 1]."""

    def __init__(
        self, pairs: Sequence[Pair], recipe: Recipe, *, behind: Sequence[Pair] = (), repeat: int = 1
    ) -> None:
        self.pairs, self.behind = list(pairs) * repeat, list(behind)
        self.recipe = recipe

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng(int(torch.randint(2**31, ())))
        image, mask = augment(self.pairs[index], self.behind, self.recipe, rng)
        chw = np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32) / 255
        return torch.from_numpy(chw), torch.from_numpy(mask)[None]


class WholePairs(Dataset):
    """Whole pictures at the size in use (3, h, w), and their mask at its own size (1, H, W)."""

    def __init__(self, pairs: Sequence[Pair], model: str) -> None:
        self.pairs, self.model = list(pairs), model

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        pair = self.pairs[index]
        size_hw = fit_size(pair.mask.shape, model=self.model)
        image = images.resize(pair.image, size_hw, resample="bilinear")
        return torch.from_numpy(images.to_chw(image)), torch.from_numpy(pair.mask)[None]

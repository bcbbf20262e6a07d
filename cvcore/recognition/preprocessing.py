"""What a classifier sees: resize, crop and normalise, as its training inputs were."""

import numpy as np
from PIL import Image

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.engine import registry

SizeHW = tuple[int, int]
BoxXYXY = tuple[int, int, int, int]
# Mean and standard deviation a channel that the networks take off by themselves; the others use
# ImageNet's own.
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_HALVES = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
_NORMALISATION = {"efficientnet_lite0": _HALVES, "efficientnet_lite2": _HALVES}


def get_recipe(model: str) -> registry.Preprocessing:
    """Resize, crop and interpolation that a classifier was trained with.

    Raises ``InputError`` with the known names when there is no such classifier.
    """
    known = registry.list_names("classification")
    if model not in known:
        raise InputError(f"There is no classifier {model!r}: choose one of {', '.join(known)}.")
    recipe = registry.get_weight(model).preprocessing
    assert recipe is not None, model  # every classifier's row has one
    return recipe


def get_normalisation(model: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation, each float32 (3, 1, 1), that a classifier takes off first."""
    mean, std = _NORMALISATION.get(model, _IMAGENET)
    return np.array(mean, np.float32)[:, None, None], np.array(std, np.float32)[:, None, None]


def prepare(image: images.Picture, model: str = "efficientnet_lite0") -> np.ndarray:
    """A picture of any size as network input, float32 (3, crop, crop) in [0, 1].

    The shorter side is resized and the centre cropped, as torchvision's ``Resize`` and
    ``CenterCrop`` do, but in one step: only the pixels that are kept are computed.
    Next to the two steps a few values in a hundred differ by a grey level, by rounding.
    The normalisation is the network's own first step.
    """
    recipe = get_recipe(model)
    image = images.as_image(image)
    size_hw, crop_xyxy = plan_crop(image.shape[:2], recipe)
    return images.to_chw(cut_out(image, size_hw, crop_xyxy, recipe.interpolation))


def plan_crop(
    size_hw: SizeHW, recipe: registry.Preprocessing, *, resize: int | None = None
) -> tuple[SizeHW, BoxXYXY]:
    """Size (H, W) after the resize, and the centre crop in its pixels, xyxy.

    ``resize`` is the length of the shorter side then, by default the recipe's own.
    """
    height, width = size_hw
    target, crop = resize or recipe.resize, recipe.crop
    # torchvision cuts the longer side off to a whole number of pixels, it does not round
    resized = int(height * target / min(size_hw)), int(width * target / min(size_hw))
    left, top = round((resized[1] - crop) / 2), round((resized[0] - crop) / 2)
    return resized, (left, top, left + crop, top + crop)


def cut_out(
    image: images.Picture, size_hw: SizeHW, crop_xyxy: BoxXYXY, interpolation: str
) -> np.ndarray:
    """Resize a picture and crop it, in one step."""
    image = images.as_image(image)
    height, width = image.shape[:2]
    left, top, right, bottom = crop_xyxy
    scale_y, scale_x = height / size_hw[0], width / size_hw[1]
    # a product such as 224 * (W / 224) may come out a hair beyond W
    box = (
        left * scale_x,
        top * scale_y,
        min(right * scale_x, width),
        min(bottom * scale_y, height),
    )
    resample = Image.Resampling[interpolation.upper()]
    return np.asarray(
        Image.fromarray(image).resize((right - left, bottom - top), resample, box=box)
    )


def find_crop(size_hw: SizeHW, model: str = "efficientnet_lite0") -> tuple[int, ...]:
    """The part of a picture that the network sees, xyxy in the picture's own pixels."""
    resized, box = plan_crop(size_hw, get_recipe(model))
    scales = (size_hw[1] / resized[1], size_hw[0] / resized[0]) * 2
    return tuple(round(edge * scale) for edge, scale in zip(box, scales, strict=True))


def normalise(x: np.ndarray, model: str) -> np.ndarray:
    """An input (3, H, W) in [0, 1] as the first layer gets it."""
    mean, std = get_normalisation(model)
    return (x - mean) / std

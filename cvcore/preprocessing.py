"""What a classifier sees: resize, crop and normalise, and what happens when a step goes wrong.

A network answers well only to inputs that were made as its training inputs were. ``FAULTS`` holds
the mistakes that people really make there; none of them raises an error, which is why they last.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from cvcore import images, weights
from cvcore.errors import InputError


@dataclass(frozen=True)
class Fault:
    """A way to get one step wrong."""

    step: str  # resize, crop, colours or normalise
    title: str
    story: str  # how it comes about, in a sentence


FAULTS = {
    "squash": Fault(
        "resize",
        "Squash the picture to a square",
        "The sides are resized one by one, so the proportions are lost.",
    ),
    "nearest": Fault(
        "resize",
        "Resize by nearest neighbour",
        "Pixels are dropped instead of averaged, so edges turn into stairs.",
    ),
    "no_resize": Fault(
        "resize",
        "Do not resize",
        "The crop is cut from the full-size picture: the network gets a detail, far too large.",
    ),
    "corner": Fault(
        "crop",
        "Crop the top left corner",
        "The crop starts at (0, 0) instead of the centre.",
    ),
    "sideways": Fault(
        "crop",
        "Ignore the camera's rotation mark",
        "Phones store photos sideways with a note (EXIF); here nobody reads the note.",
    ),
    "bgr": Fault(
        "colours",
        "Swap red and blue",
        "OpenCV loads blue, green, red; the network was trained on red, green, blue.",
    ),
    "no_scale": Fault(
        "normalise",
        "Leave the values at 0 to 255",
        "The division by 255 is forgotten, so every input is hundreds of times too large.",
    ),
    "no_normalise": Fault(
        "normalise",
        "Skip the normalisation",
        "Mean and standard deviation are not applied; the values stay between 0 and 1.",
    ),
    "twice": Fault(
        "normalise",
        "Normalise twice",
        "The loader does it, and the network does it once more.",
    ),
}


@dataclass(frozen=True)
class Trace:
    """One picture on its way into the network, stage by stage."""

    source: np.ndarray  # uint8 (H, W, 3): the picture as it arrived (turned, if that is the fault)
    resized: np.ndarray  # uint8 (h, w, 3)
    crop_xyxy: tuple[int, int, int, int]  # the crop, in pixels of ``resized``
    cropped: np.ndarray  # uint8 (crop, crop, 3), channels in the order that the network gets
    normalised: np.ndarray  # float32 (3, crop, crop): the numbers that the first layer multiplies
    usual_range: tuple[float, float]  # of those numbers in training


# Mean and standard deviation a channel that the networks take off by themselves; the others use
# ImageNet's own.
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_NORMALISATION = {"efficientnet_lite0": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))}


def get_recipe(model: str) -> weights.Preprocessing:
    """Resize, crop and interpolation that a classifier was trained with.

    Raises ``InputError`` with the known names when there is no such classifier.
    """
    known = weights.list_names("classification")
    if model not in known:
        raise InputError(f"There is no classifier {model!r}: choose one of {', '.join(known)}.")
    return weights.get_weight(model).preprocessing


def get_normalisation(model: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation, each float32 (3, 1, 1), that a classifier takes off first."""
    mean, std = _NORMALISATION.get(model, _IMAGENET)
    return np.float32(mean)[:, None, None], np.float32(std)[:, None, None]


def prepare(
    image: np.ndarray, model: str = "efficientnet_lite0", *, fault: str | None = None
) -> np.ndarray:
    """A picture uint8 (H, W, 3) of any size as network input, float32 (3, crop, crop) in [0, 1].

    The shorter side is resized and the centre cropped, as torchvision's ``Resize`` and
    ``CenterCrop`` do, but in one step: only the pixels that are kept are computed.
    Next to the two steps a few values in a hundred differ by a grey level, by rounding.
    The normalisation is the network's own first step. With a ``fault`` (a name in ``FAULTS``) the
    result is what the network would have to be given for that mistake to reach its first layer;
    it may leave [0, 1].
    """
    recipe = get_recipe(model)
    image = _arrive(images.check_image(image), fault)
    height, width = image.shape[:2]
    size_hw, (left, top, right, bottom) = _plan(image.shape[:2], recipe, fault)
    scale_y, scale_x = height / size_hw[0], width / size_hw[1]
    # a product such as 224 * (W / 224) may come out a hair beyond W
    box = (
        left * scale_x,
        top * scale_y,
        min(right * scale_x, width),
        min(bottom * scale_y, height),
    )
    cropped = Image.fromarray(image).resize(
        (right - left, bottom - top), _filter(recipe, fault), box=box
    )
    return _to_input(_order(np.asarray(cropped), fault), model, fault)


def find_crop(size_hw: tuple[int, int], model: str = "efficientnet_lite0") -> tuple[int, ...]:
    """The part of a picture that the network sees, xyxy in the picture's own pixels."""
    resized, box = _plan(size_hw, get_recipe(model), None)
    scales = (size_hw[1] / resized[1], size_hw[0] / resized[0]) * 2
    return tuple(round(edge * scale) for edge, scale in zip(box, scales, strict=True))


def trace(
    image: np.ndarray, model: str = "efficientnet_lite0", *, fault: str | None = None
) -> Trace:
    """The stages of ``prepare``, one by one, for a picture uint8 (H, W, 3)."""
    recipe = get_recipe(model)
    source = _arrive(images.check_image(image), fault)
    if max(source.shape[:2]) > 20 * min(source.shape[:2]):
        raise InputError("This picture is too narrow to show its steps: choose a wider one.")
    size_hw, crop_xyxy = _plan(source.shape[:2], recipe, fault)
    left, top, right, bottom = crop_xyxy
    picture = Image.fromarray(source)
    if size_hw != source.shape[:2]:
        picture = picture.resize(size_hw[::-1], _filter(recipe, fault))
    resized = np.asarray(picture)
    cropped = _order(resized[top:bottom, left:right], fault)
    normalised = _normalise(_to_input(cropped, model, fault), model)
    mean, std = get_normalisation(model)
    usual_range = float((-mean / std).min()), float(((1 - mean) / std).max())
    return Trace(source, resized, crop_xyxy, cropped, normalised, usual_range)


def _arrive(image: np.ndarray, fault: str | None) -> np.ndarray:
    if fault is not None and fault not in FAULTS:
        raise InputError(f"There is no fault {fault!r}: choose one of {', '.join(FAULTS)}.")
    return np.ascontiguousarray(np.rot90(image)) if fault == "sideways" else image


def _plan(
    size_hw: tuple[int, int], recipe: weights.Preprocessing, fault: str | None
) -> tuple[tuple[int, int], tuple[int, int, int, int]]:
    """Size (H, W) after the resize, and the crop in its pixels, xyxy."""
    height, width = size_hw
    shorter, crop = min(size_hw), recipe.crop
    if fault == "squash":
        return (crop, crop), (0, 0, crop, crop)
    target = recipe.resize
    if fault == "no_resize":
        target = max(shorter, crop)  # a smaller picture has to grow, or there is nothing to crop
    # torchvision cuts the longer side off to a whole number of pixels, it does not round
    resized = int(height * target / shorter), int(width * target / shorter)
    left, top = round((resized[1] - crop) / 2), round((resized[0] - crop) / 2)
    if fault == "corner":
        left = top = 0
    return resized, (left, top, left + crop, top + crop)


def _filter(recipe: weights.Preprocessing, fault: str | None) -> Image.Resampling:
    return Image.Resampling["NEAREST" if fault == "nearest" else recipe.interpolation.upper()]


def _order(cropped: np.ndarray, fault: str | None) -> np.ndarray:
    return cropped[..., ::-1] if fault == "bgr" else cropped


def _to_input(cropped: np.ndarray, model: str, fault: str | None) -> np.ndarray:
    x = images.to_chw(cropped)
    if fault == "no_scale":
        return x * np.float32(255)
    if fault == "no_normalise":
        mean, std = get_normalisation(model)
        return x * std + mean  # undone by the network's own first step
    if fault == "twice":
        return _normalise(x, model)
    return x


def _normalise(x: np.ndarray, model: str) -> np.ndarray:
    mean, std = get_normalisation(model)
    return (x - mean) / std

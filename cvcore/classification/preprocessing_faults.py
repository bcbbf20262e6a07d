"""What happens when a step between the picture and the network goes wrong.

A network answers well only to inputs that were made as its training inputs were. ``FAULTS`` holds
the mistakes that people really make there; none of them raises an error, which is why they last.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from cvcore.core import images, notebook
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.preprocessing import (
    BoxXYXY,
    SizeHW,
    cut_out,
    get_normalisation,
    get_recipe,
    normalise,
    plan_crop,
)


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


@dataclass(frozen=True, eq=False)
class Trace:
    """One picture on its way into the network, stage by stage."""

    source: np.ndarray  # uint8 (H, W, 3): the picture as it arrived (turned, if that is the fault)
    resized: np.ndarray  # uint8 (h, w, 3)
    crop_xyxy: tuple[int, int, int, int]  # the crop, in pixels of ``resized``
    cropped: np.ndarray  # uint8 (crop, crop, 3), channels in the order that the network gets
    normalised: np.ndarray  # float32 (3, crop, crop): the numbers that the first layer multiplies
    usual_range: tuple[float, float]  # of those numbers in training

    def _repr_html_(self) -> str:
        left, top, right, bottom = self.crop_xyxy
        words = (
            "as it arrived",
            f"resized to {self.resized.shape[1]} x {self.resized.shape[0]}",
            f"cropped at ({left}, {top}) to ({right}, {bottom})",
        )
        return notebook.pictures_html((self.source, self.resized, self.cropped), words)


@undisturbed
def prepare(
    image: images.Picture, model: str = "efficientnet_lite0", *, fault: str | None = None
) -> np.ndarray:
    """As ``cvcore.recognition.preprocessing.prepare``, with a ``fault`` (a name in ``FAULTS``):
    what the network would have to be given for that mistake to reach its first layer.

    float32 (3, crop, crop), which may leave [0, 1].
    """
    recipe = get_recipe(model)
    image = images.as_image(image)
    image = _arrive(image, fault)
    size_hw, crop_xyxy = _plan(image.shape[:2], recipe, fault)
    cropped = cut_out(image, size_hw, crop_xyxy, _filter(recipe, fault))
    return _to_input(_order(cropped, fault), model, fault)


@undisturbed
def trace(
    image: images.Picture, model: str = "efficientnet_lite0", *, fault: str | None = None
) -> Trace:
    """The stages of ``prepare``, one by one, for a picture."""
    recipe = get_recipe(model)
    image = images.as_image(image)
    source = _arrive(image, fault)
    if max(source.shape[:2]) > 20 * min(source.shape[:2]):
        raise InputError("This picture is too narrow to show its steps: choose a wider one.")
    size_hw, crop_xyxy = _plan(source.shape[:2], recipe, fault)
    left, top, right, bottom = crop_xyxy
    picture = Image.fromarray(source)
    if size_hw != source.shape[:2]:
        resample = Image.Resampling[_filter(recipe, fault).upper()]
        picture = picture.resize(size_hw[::-1], resample)
    resized = np.asarray(picture)
    cropped = _order(resized[top:bottom, left:right], fault)
    normalised = normalise(_to_input(cropped, model, fault), model)
    mean, std = get_normalisation(model)
    usual_range = float((-mean / std).min()), float(((1 - mean) / std).max())
    return Trace(source, resized, crop_xyxy, cropped, normalised, usual_range)


def _arrive(image: np.ndarray, fault: str | None) -> np.ndarray:
    if fault is not None and fault not in FAULTS:
        raise InputError(f"There is no fault {fault!r}: choose one of {', '.join(FAULTS)}.")
    return np.ascontiguousarray(np.rot90(image)) if fault == "sideways" else image


def _plan(
    size_hw: SizeHW, recipe: registry.Preprocessing, fault: str | None
) -> tuple[SizeHW, BoxXYXY]:
    """Size (H, W) after the resize, and the crop in its pixels, xyxy."""
    crop = recipe.crop
    if fault == "squash":
        return (crop, crop), (0, 0, crop, crop)
    # a smaller picture has to grow, or there is nothing to crop
    resize = max(min(size_hw), crop) if fault == "no_resize" else None
    resized, box = plan_crop(size_hw, recipe, resize=resize)
    return resized, (0, 0, crop, crop) if fault == "corner" else box


def _filter(recipe: registry.Preprocessing, fault: str | None) -> str:
    return "nearest" if fault == "nearest" else recipe.interpolation


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
        return normalise(x, model)
    return x

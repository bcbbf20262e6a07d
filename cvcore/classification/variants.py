"""The same classifier, treated differently: for comparing two answers without a second network."""

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor
from cvcore.engine.cache import keep_models
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import classifier
from cvcore.recognition.preprocessing import get_recipe, prepare

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Variant:
    title: str
    story: str  # what is different, and what it costs or saves


SMALL_SIDE = 128

VARIANTS = {
    "ten_crops": Variant(
        "ten crops, averaged",
        "The four corners and the centre, each also mirrored; the ten logits are averaged. "
        "Often a little better, ten times the work.",
    ),
    "small": Variant(
        f"at {SMALL_SIDE} x {SMALL_SIDE} pixels",
        "A third of the pixels or fewer, and of the multiplications; trained on larger pictures.",
    ),
    "grey": Variant(
        "without colour",
        "The picture is turned grey first: is the answer about shape or about colour?",
    ),
    "eight_bits": Variant(
        "weights rounded to 8 bits",
        "Each filter keeps 255 different values: a quarter of the memory of 32-bit numbers.",
    ),
    "five_bits": Variant(
        "weights rounded to 5 bits",
        "Each filter keeps 31 different values: too coarse for a network this small.",
    ),
}


@undisturbed
def predict_variant(
    image: images.Picture, variant: str, *, model: str = classifier.DEFAULT_MODEL
) -> np.ndarray:
    """Logits (C,) of a picture by a variant of a classifier.

    Raises ``InputError`` for an unknown variant or model.
    """
    if variant not in VARIANTS:
        raise InputError(f"There is no variant {variant!r}: choose one of {', '.join(VARIANTS)}.")
    image = images.as_image(image)
    if variant == "ten_crops":
        return classifier.run_network(ten_crops(image, model), model=model).mean(axis=0)
    if variant == "grey":
        return classifier.predict_logits([to_grey(image)], model=model)[0]
    if variant == "small":
        size_hw = (SMALL_SIDE, SMALL_SIDE)
        predict = predictor.load_predictor(model, size_hw=size_hw)
        return predict(_resize_input(prepare(image, model), SMALL_SIDE)[None])[0][0]
    bits = {"eight_bits": 8, "five_bits": 5}[variant]
    return _predict_rounded(prepare(image, model), model, bits)


def ten_crops(image: images.Picture, model: str) -> list[np.ndarray]:
    """Ten network inputs float32 (3, crop, crop) of a picture: corners and centre, and mirrored.

    Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks", NeurIPS
    2012. The picture is resized as usual first, so each crop has the usual scale.
    """
    image = images.as_image(image)
    recipe = get_recipe(model)
    height, width = image.shape[:2]
    # a long picture's far ends say nothing about its centre: the crops come from its middle part
    keep = 2 * min(height, width)
    image = _middle(image, min(height, keep), min(width, keep))
    height, width = image.shape[:2]
    scale = recipe.resize / min(height, width)
    resized = images.resize(
        image,
        (max(recipe.resize, int(height * scale)), max(recipe.resize, int(width * scale))),
        resample=recipe.interpolation,
    )
    down, right = resized.shape[0] - recipe.crop, resized.shape[1] - recipe.crop
    corners = [(0, 0), (0, right), (down, 0), (down, right), (round(down / 2), round(right / 2))]
    crops = [resized[y : y + recipe.crop, x : x + recipe.crop] for y, x in corners]
    return [images.to_chw(crop) for one in crops for crop in (one, one[:, ::-1])]


def to_grey(image: images.Picture) -> np.ndarray:
    """A picture with its luminance (ITU-R 601-2) in all three channels."""
    image = images.as_image(image)
    return np.asarray(Image.fromarray(image).convert("L").convert("RGB"))


def round_weights(weight: np.ndarray, bits: int) -> np.ndarray:
    """Round weights (filters, ...) to ``2**bits - 1`` even steps a filter, symmetric about 0."""
    greatest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    step = (greatest / (2 ** (bits - 1) - 1)).reshape(-1, *[1] * (weight.ndim - 1))
    step[step == 0] = 1
    return (np.rint(weight / step) * step).astype(weight.dtype)


def _middle(image: np.ndarray, height: int, width: int) -> np.ndarray:
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]


def _resize_input(x: np.ndarray, side: int) -> np.ndarray:
    return images.to_chw(images.resize(images.to_image(x), (side, side)))


def _predict_rounded(x: np.ndarray, model: str, bits: int) -> np.ndarray:
    import torch

    network = _rounded_network(model, bits)
    device = next(network.parameters()).device
    with torch.inference_mode():
        return network(torch.from_numpy(x[None]).to(device))[0].float().cpu().numpy()


@keep_models(most=2)
def _rounded_network(model: str, bits: int) -> "nn.Module":
    """A copy of the network with every filter rounded; norms and biases stay exact."""
    import torch

    network = deepcopy(checkpoints.load_model(model))
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            exact = layer.weight.detach().cpu().numpy()
            layer.weight.data.copy_(torch.from_numpy(round_weights(exact, bits)))
    return network

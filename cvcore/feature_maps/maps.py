"""What a network computes inside: maps of every layer, their statistics, and what they look at.

A layer's output is a stack of maps, one a channel (its ``activations``). ``model`` is the name of
a weight ("efficientnet_lite0", "digits_cnn", ...) or a network of your own, which then gets the
picture at its own size, as float (1, 3, H, W) in [0, 1]; so its layers, receptive fields and places
are those at that size (``size_hw``, 224 x 224 where no picture is given).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from cvcore.core import images, notebook
from cvcore.core.checks import MAX_SEED, as_whole, check_whole, show
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor, tensors
from cvcore.engine.isolation import undisturbed
from cvcore.engine.modes import eval_mode
from cvcore.feature_maps.sizes import remembered
from cvcore.probes.activation_maximization import SIDES, Settings, Step, make_noise
from cvcore.probes.activation_maximization import maximise as maximise_objective
from cvcore.probes.hooks import Layer, guided_relus, record, scale_channels
from cvcore.probes.hooks import list_layers as list_module_layers
from cvcore.probes.map_grid import draw_grid
from cvcore.probes.receptive_field import ReceptiveField, trace_receptive_fields
from cvcore.recognition import digits, preprocessing
from cvcore.recognition.classifier import DEFAULT_MODEL

DIGITS_MODEL = "digits_cnn"
DEFAULT_SIDE = 224  # pixels: what a network of one's own is measured at where no picture is given
SHOWN_CHANNELS = 64  # in a notebook
Model: TypeAlias = str | nn.Module
Size = tuple[int, int] | None  # height and width in pixels


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """The maps of one layer for one picture."""

    layer: str
    maps: np.ndarray = field(repr=False)  # (C, H, W) float32
    image: np.ndarray = field(repr=False)  # (h, w, 3) uint8: the picture as the network got it
    logits: np.ndarray | None = field(default=None, repr=False)  # if the network ran to its end
    kind_range: tuple[float, float] | None = None  # of all layers of this kind, for the picture

    @property
    def statistics(self) -> "Statistics":
        return Statistics.measure(self.maps)

    def order(self, by: str = "index") -> np.ndarray:
        """Channels (C,) in order: by "index", or by "mean" or "maximum", greatest first."""
        if by == "index":
            return np.arange(len(self.maps))
        if by not in ("mean", "maximum"):
            raise InputError(f"Sort by index, mean or maximum, got {by!r}.")
        return np.argsort(-getattr(self.statistics, by), kind="stable")

    def strongest_places(self, channel: int, count: int = 5) -> np.ndarray:
        """(row, column) of a channel's greatest values, greatest first: int (count, 2)."""
        values = self.maps[check_channel(channel, len(self.maps))]
        count = check_whole("The number of places", count, 1, MAX_SEED)
        top = np.argsort(-values, axis=None, kind="stable")[:count]
        return np.stack(np.unravel_index(top, values.shape), axis=1)

    def _repr_html_(self) -> str:
        strongest = self.order("maximum")[:SHOWN_CHANNELS]
        grid = draw_grid(self.maps, channels=strongest, cell_side=48)
        count, height, width = self.maps.shape
        words = f"{self.layer}: {count} maps of {width} x {height}, the strongest first"
        return notebook.pictures_html((self.image, grid.image), ("as the network got it", words))


@dataclass(frozen=True, eq=False)
class Statistics:
    """Numbers of each channel, each (C,)."""

    mean: np.ndarray
    maximum: np.ndarray
    minimum: np.ndarray
    deviation: np.ndarray
    zeros: np.ndarray  # share of places that are exactly 0, in [0, 1]

    @classmethod
    def measure(cls, maps: np.ndarray) -> "Statistics":
        """Of maps (C, H, W)."""
        flat = maps.reshape(len(maps), -1)
        return cls(
            flat.mean(axis=1),
            flat.max(axis=1),
            flat.min(axis=1),
            flat.std(axis=1),
            (flat == 0).mean(axis=1),
        )


def get_module(model: Model) -> nn.Module:
    """The network itself; ``InputError`` when there is none of that name."""
    return model if isinstance(model, nn.Module) else checkpoints.load_model(model)


@undisturbed
def to_input(image: images.Picture, model: Model) -> Tensor:
    """A picture as the batch (1, C, H, W) in [0, 1] that a model takes, on the model's device."""
    image = images.as_image(image)
    device = next(get_module(model).parameters()).device
    if isinstance(model, nn.Module):
        return tensors.to_batch(image, device=device)
    if model == DIGITS_MODEL:
        prepared = digits.to_digit(image)[None]
    else:
        prepared = preprocessing.prepare(image, model)
    return torch.from_numpy(prepared)[None].to(device)


def own_size(model: Model, image: images.Picture) -> Size:
    """The size at which a picture enters a network of one's own; None for those with a name."""
    if not isinstance(model, nn.Module):
        return None
    height, width = images.as_image(image).shape[:2]
    return height, width


def input_shape(model: Model, size_hw: Size = None) -> tuple[int, int, int]:
    """(C, H, W) of what a model takes; ``size_hw`` counts for a network of one's own alone."""
    size_hw = None if size_hw is None else images.check_size_hw(size_hw)
    if isinstance(model, nn.Module):
        first = next(part for part in model.modules() if isinstance(part, nn.Conv2d))
        return first.in_channels, *(size_hw or (DEFAULT_SIDE, DEFAULT_SIDE))
    if model == DIGITS_MODEL:
        return 1, digits.SIDE, digits.SIDE
    side = preprocessing.get_recipe(model).crop
    return 3, side, side


@remembered
@undisturbed
def list_layers(model: Model = DEFAULT_MODEL, size_hw: Size = None) -> tuple[Layer, ...]:
    """Every layer that puts out maps, in the order in which they run."""
    module = get_module(model)
    example = next(module.parameters()).new_zeros(1, *input_shape(model, size_hw))
    return list_module_layers(module, example)


def find_layer(model: Model, name: str, size_hw: Size = None) -> Layer:
    """A layer with maps by its name; ``InputError`` when there is none."""
    layers = list_layers(model, size_hw)
    if found := [layer for layer in layers if layer.name == name]:
        return found[0]
    known = ", ".join(layer.name for layer in layers[:6])
    raise InputError(f"There is no layer {name!r} with maps: choose {known}, ...")


def default_layer(model: Model = DEFAULT_MODEL) -> str:
    """The first layer after a non-linearity, where maps are easiest to read."""
    layers = list_layers(model)
    return next((layer.name for layer in layers if layer.kind == "activation"), layers[0].name)


@undisturbed
@torch.inference_mode()
def extract(
    image: images.Picture, layer: str, *, model: Model = DEFAULT_MODEL, stop: bool = True
) -> FeatureMaps:
    """The maps of one layer for a picture.

    With ``stop`` the rest of the network does not run; without, the result has its logits too.
    Raises ``InputError`` for an unknown model or layer, or a picture that is none.
    """
    image = images.as_image(image)
    batch = to_input(image, model)
    layer = find_layer(model, layer, own_size(model, image)).name
    found = record(get_module(model), batch, [layer], stop=stop)
    logits = None if stop else to_numpy(found[""])
    return FeatureMaps(layer, to_numpy(found[layer]), to_picture(batch), logits)


@undisturbed
@torch.inference_mode()
def extract_drive(image: images.Picture, layer: str, *, model: Model = DEFAULT_MODEL) -> np.ndarray:
    """What drives the units of a layer: float32 (C, H, W).

    For an activation layer what goes into its non-linearity, for any other layer its maps. This is
    what ``unit_gradient`` differentiates and ``maximise`` raises.
    """
    image = images.as_image(image)
    batch = to_input(image, model)
    row = find_layer(model, layer, own_size(model, image))
    inputs = row.kind == "activation"
    return to_numpy(record(get_module(model), batch, [row.name], inputs=inputs)[row.name])


@undisturbed
def extract_live(image: images.Picture, layer: str, *, model: str = DEFAULT_MODEL) -> np.ndarray:
    """The maps (C, H, W) of a layer for one frame, by the fastest engine that has the layer."""
    image = images.as_image(image)
    layer = find_layer(model, layer).name
    try:
        predict = predictor.load_predictor(model, layer=layer)
    except LookupError:
        return extract(image, layer, model=model).maps
    return predict(preprocessing.prepare(image, model)[None])[0][0]


@undisturbed
@torch.inference_mode()
def survey(
    image: images.Picture, layer: str, *, model: Model = DEFAULT_MODEL
) -> tuple[FeatureMaps, list[np.ndarray]]:
    """One pass through the whole network: a layer's maps, and the mean map of each stage's end.

    The maps come with logits and with the range of all layers of their kind.
    """
    image = images.as_image(image)
    batch = to_input(image, model)
    size_hw = own_size(model, image)
    chosen, layers = find_layer(model, layer, size_hw), list_layers(model, size_hw)
    ends = {row.stage: row.name for row in layers}
    alike = [row.name for row in layers if row.kind == chosen.kind]
    found = record(get_module(model), batch, list({layer, *ends.values(), *alike}), stop=False)
    low = min(float(found[name].amin()) for name in alike)
    high = max(float(found[name].amax()) for name in alike)
    means = [to_numpy(found[name]).mean(axis=0) for name in ends.values()]
    maps = FeatureMaps(
        layer, to_numpy(found[layer]), to_picture(batch), to_numpy(found[""]), (low, high)
    )
    return maps, means


@remembered
@undisturbed
def receptive_fields(
    model: Model = DEFAULT_MODEL, size_hw: Size = None
) -> dict[str, ReceptiveField]:
    """The receptive field of every layer, by name."""
    return trace_receptive_fields(get_module(model), input_shape(model, size_hw))


def receptive_field(model: Model, layer: str, *, size_hw: Size = None) -> ReceptiveField:
    """Which part of the input each place of a layer's maps sees; ``box(row, column)`` gives it."""
    return receptive_fields(model, size_hw)[find_layer(model, layer, size_hw).name]


@undisturbed
@torch.inference_mode()
def predict_edited(
    image: images.Picture,
    layer: str,
    *,
    silence: Sequence[int] = (),
    keep: Sequence[int] | None = None,
    model: Model = DEFAULT_MODEL,
) -> np.ndarray:
    """Logits (C,) of the network while channels of a layer put out zeros.

    Those in ``silence``, or with ``keep`` all others. Raises ``InputError`` for a channel that the
    layer does not have.
    """
    image = images.as_image(image)
    module, batch = get_module(model), to_input(image, model)
    channels = find_layer(model, layer, own_size(model, image)).shape[0]
    factors = torch.ones(channels) if keep is None else torch.zeros(channels)
    factors[[check_channel(channel, channels) for channel in keep or ()]] = 1
    factors[[check_channel(channel, channels) for channel in silence]] = 0
    with eval_mode(module), scale_channels(module, layer, factors.to(batch)):
        return to_numpy(module(batch))


@undisturbed
def channel_effects(
    image: images.Picture, layer: str, class_idx: int, *, model: Model = DEFAULT_MODEL
) -> np.ndarray:
    """About how much each channel adds to a class's logit: float (C,).

    The sum of gradient times activation over a channel's map is the first-order estimate of what
    silencing it takes away (Molchanov et al., "Pruning Convolutional Neural Networks for Resource
    Efficient Inference", ICLR 2017).
    """
    image = images.as_image(image)
    module, batch = get_module(model), to_input(image, model)
    channels = find_layer(model, layer, own_size(model, image)).shape[0]
    with torch.enable_grad():
        factors = torch.ones(channels, device=batch.device, requires_grad=True)
        with eval_mode(module), scale_channels(module, layer, factors):
            logits = module(batch)
        class_idx = check_whole("The class index", class_idx, 0, logits.shape[1] - 1)
        (effects,) = torch.autograd.grad(logits[0, class_idx], factors)
    return effects.cpu().numpy()


@undisturbed
def unit_gradient(
    image: images.Picture,
    layer: str,
    channel: int,
    place: tuple[int, int] | None = None,
    *,
    guided: bool = False,
    model: Model = DEFAULT_MODEL,
) -> np.ndarray:
    """From a unit back to pixels: the gradient (C, H, W) of its value by the input.

    ``place`` is (row, column); None takes the sum over the whole map. ``guided`` lets only
    positive gradients through the rectifiers (Springenberg et al., 2015). Of an activation layer
    the unit is taken before its non-linearity, as by ``extract_drive``: where that is flat (a
    rectifier below 0) no gradient would pass, though pixels can wake the unit.
    """
    image = images.as_image(image)
    module, batch = get_module(model), to_input(image, model)
    row = find_layer(model, layer, own_size(model, image))
    channel = check_channel(channel, row.shape[0])
    with torch.enable_grad():
        batch = batch.clone().requires_grad_()
        with guided_relus(module) if guided else nullcontext():
            maps = record(module, batch, [layer], inputs=row.kind == "activation")[layer]
        target = (
            maps[0, channel].sum() if place is None else maps[0, channel][check_place(place, row)]
        )
        (gradient,) = torch.autograd.grad(target, batch)
    return to_numpy(gradient)


@undisturbed
def maximise(
    layer: str,
    channel: int,
    *,
    model: Model = DEFAULT_MODEL,
    side: int = 160,
    at_centre: bool = False,
    settings: Settings | None = None,
) -> Iterator[Step]:
    """Draw what a channel likes best, step by step, from noise ``side`` pixels wide.

    Raised is the mean over the channel's map or, with ``at_centre``, its value at the middle place
    alone. Of an activation layer it is what goes into the non-linearity (``extract_drive``): where
    that is flat, no gradient would pass. Raises ``InputError`` for a layer, channel or setting that
    does not exist.
    """
    side = check_whole("The side", side, *SIDES)
    row = find_layer(model, layer, (side, side) if isinstance(model, nn.Module) else None)
    channel = check_channel(channel, row.shape[0])
    settings = (settings or Settings(turn=5, zoom=0.1)).check()
    module, shape = get_module(model), input_shape(model)

    def objective(found: Mapping[str, Tensor]) -> Tensor:
        maps = found[layer][0, channel]
        return maps[maps.shape[0] // 2, maps.shape[1] // 2] if at_centre else maps.mean()

    device = next(module.parameters()).device
    start = make_noise((side, side), channels=shape[0], seed=settings.seed, device=device)
    yield from maximise_objective(
        module, [layer], objective, start, settings, inputs=row.kind == "activation"
    )


def first_kernels(model: Model = DEFAULT_MODEL) -> np.ndarray:
    """The filters of the first convolution: float (C, input channels, height, width)."""
    module = get_module(model)
    first = next(part for part in module.modules() if isinstance(part, nn.Conv2d))
    return first.weight.detach().cpu().float().numpy()


def check_channel(channel: int, count: int) -> int:
    """The channel as an int; ``InputError`` unless it is a whole number from 0 to count - 1."""
    number = as_whole(channel, 0, count - 1)
    if number is None:
        raise InputError(f"Choose a channel from 0 to {count - 1}, got {show(channel)}.")
    return number


def check_place(place: tuple[int, int], layer: Layer) -> tuple[int, int]:
    """(row, column) as ints; ``InputError`` unless the layer's maps have that place."""
    last_row, last_column = (side - 1 for side in layer.shape[1:])
    row, column = as_whole(place[0], 0, last_row), as_whole(place[1], 0, last_column)
    if row is None or column is None:
        raise InputError(
            f"Choose a row from 0 to {last_row} and a column from 0 to {last_column}, "
            f"got {show(tuple(place))}."
        )
    return row, column


def to_numpy(tensor: Tensor) -> np.ndarray:
    """The first of a batch as float32."""
    return tensor.detach()[0].float().cpu().numpy()


def to_picture(batch: Tensor) -> np.ndarray:
    """The first of a batch (1, 3, H, W) or (1, 1, H, W) as uint8 (H, W, 3)."""
    values = to_numpy(batch)
    return images.to_image(np.repeat(values, 3, axis=0) if len(values) == 1 else values)

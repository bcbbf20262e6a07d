"""Class activation maps: a layer's feature maps, added up with weights from the class score.

Each function is a generator of (map float32 (H, W), share done). ``layer`` counts from the first
layer of ``list_layers`` (0) or from the last (-1). Maps of several layers are fused.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import perf_counter

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor
from cvcore.engine.isolation import undisturbed
from cvcore.models.efficientnet_lite import EfficientNetLite
from cvcore.saliency.incremental.workers import get_workers
from cvcore.saliency.target import BATCH, Target, hooked, own_thread, to_tensor

Maps = Iterator[tuple[np.ndarray, float]]
YIELD_SECONDS = 0.4


def list_layers(net: nn.Module) -> list[nn.Module]:
    """The layers whose feature maps are worth a look, from early to late."""
    if isinstance(net, EfficientNetLite):
        return [net.act1, *net.blocks, net.act2]
    body = getattr(net, "net", net)
    if hasattr(body, "layer4"):
        return [body.relu, body.layer1, body.layer2, body.layer3, body.layer4]
    if isinstance(getattr(body, "features", None), nn.Sequential):
        return list(body.features)
    layers = [module for module in net.modules() if isinstance(module, nn.Conv2d)]
    if not layers:
        raise InputError("This network has no feature maps: choose another model.")
    return layers


def get_layer(net: nn.Module, layer: int) -> nn.Module:
    """The layer of that number; ``InputError`` names the range."""
    layers = list_layers(net)
    return layers[check_whole("The layer", layer, -len(layers), len(layers) - 1)]


def find_layer(model: str, depth: float) -> int:
    """The number of the layer at a depth from 0 (the first) to 1 (the last) of a model."""
    depth = check_setting("The depth", depth, 0, 1)
    return round(depth * (len(list_layers(checkpoints.load_model(model))) - 1))


def name_layer(model: str, layer: int) -> str:
    """A layer's name and kind, as in ``features.20 (Conv2d), layer 21 of 31``."""
    net = checkpoints.load_model(model)
    module = get_layer(net, layer)
    names = {part: name for name, part in getattr(net, "net", net).named_modules()}
    count = len(list_layers(net))
    return f"{names[module]} ({type(module).__name__}), layer {layer % count + 1} of {count}"


@undisturbed
def features_and_gradient(
    net: nn.Module, x: Tensor, layer: nn.Module, target: Target
) -> tuple[Tensor, Tensor]:
    """The layer's output (C, h, w) for one input (1, 3, H, W), and the logit's gradient there.

    Nothing before the layer is followed backwards.
    """
    kept: list[Tensor] = []

    def cut(_module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
        # the copy keeps a following in-place ReLU off the features
        kept.append(output.detach().requires_grad_())
        return kept[-1].clone()

    with torch.enable_grad(), hooked(layer.register_forward_hook(own_thread(cut))):
        score = target.logit(net(x)).sum()
        slope = torch.autograd.grad(score, kept[-1])[0]
    return kept[-1].detach()[0], slope[0]


def last_features_and_gradient(
    net: EfficientNetLite, x: np.ndarray, target: Target
) -> tuple[Tensor, Tensor]:
    """The same for the last layer: its output from the fastest engine, the slope from the few
    steps after it. Raises ``LookupError`` where the engine does not show that layer."""
    (features,) = predictor.load_predictor(target.model, layer="act2")(x[None])
    kept = torch.from_numpy(features).requires_grad_()
    with torch.enable_grad():
        score = target.logit(net.classifier(kept.mean(dim=(2, 3)))).sum()
        slope = torch.autograd.grad(score, kept)[0]
    return kept.detach()[0], slope[0]


def combine_grad_cam(features: Tensor, slope: Tensor) -> Tensor:
    """Grad-CAM (h, w): ReLU of the features (C, h, w) weighted by their mean slope."""
    return torch.einsum("c,chw->hw", slope.mean((1, 2)), features).relu()


def combine_grad_cam_plus_plus(features: Tensor, slope: Tensor) -> Tensor:
    """Grad-CAM++ (h, w), with second and third powers of the slope in place of derivatives."""
    square, cube = slope**2, slope**3
    below = 2 * square + cube * features.sum((1, 2), keepdim=True)
    alpha = torch.where(below == 0, 0, square / torch.where(below == 0, 1, below))
    weight = (alpha * slope.relu()).sum((1, 2))
    return torch.einsum("c,chw->hw", weight, features).relu()


def combine_layer_cam(features: Tensor, slope: Tensor) -> Tensor:
    """LayerCAM (h, w): each cell weighted by its own positive slope."""
    return (slope.relu() * features).sum(0).relu()


def to_map(cells: Tensor | np.ndarray, side: int) -> np.ndarray:
    """Cells (h, w), enlarged smoothly to (side, side)."""
    if isinstance(cells, Tensor):
        cells = cells.cpu().numpy()
    cells = cells.astype(np.float32)
    return cv2.resize(cells, (side, side), interpolation=cv2.INTER_LINEAR)


def _combine(x: np.ndarray, target: Target, layer: int | Sequence[int], combine: Callable) -> Maps:
    net, side = target.load_net(), x.shape[1]
    layers = list(layer) if isinstance(layer, Sequence) else [layer]
    if not layers:
        raise InputError("Choose at least one layer.")
    modules = [get_layer(net, one) for one in layers]
    maps = []
    for module in modules:
        maps.append(to_map(combine(*_look_into(net, x, module, target)), side))
        yield fuse_maps(maps), len(maps) / len(modules)


def fuse_maps(maps: Sequence[np.ndarray]) -> np.ndarray:
    """One map of several (H, W): each scaled to [0, 1], then the greatest of each place, as in
    torch-cam's ``fuse_cams``. A single map stays as it is."""
    if len(maps) == 1:
        return maps[0]
    scaled = [(one - one.min()) / (float(np.ptp(one)) or 1.0) for one in maps]
    return np.maximum.reduce(scaled)


def _look_into(
    net: nn.Module, x: np.ndarray, layer: nn.Module, target: Target
) -> tuple[Tensor, Tensor]:
    is_last = isinstance(net, EfficientNetLite) and layer is net.act2
    if is_last and net is checkpoints.load_model(target.model):  # not a copy with other weights
        with suppress(LookupError):
            return last_features_and_gradient(net, x, target)
    inputs = net, to_tensor(x, net), layer, target
    return get_workers().submit(features_and_gradient, *inputs).result()


def grad_cam(x: np.ndarray, target: Target, *, layer: int | Sequence[int] = -1) -> Maps:
    """The features weighted by their mean slope."""
    return _combine(x, target, layer, combine_grad_cam)


def grad_cam_plus_plus(x: np.ndarray, target: Target, *, layer: int | Sequence[int] = -1) -> Maps:
    """The features weighted by a weighted mean of their positive slopes."""
    return _combine(x, target, layer, combine_grad_cam_plus_plus)


def layer_cam(x: np.ndarray, target: Target, *, layer: int | Sequence[int] = -1) -> Maps:
    """The features weighted cell by cell by their positive slope."""
    return _combine(x, target, layer, combine_layer_cam)


def score_cam(x: np.ndarray, target: Target, *, layer: int = -1, channels: int = 320) -> Maps:
    """The features weighted by the softmax of the answers to the picture seen through each.

    The ``channels`` feature maps with the greatest spread come first and are all that is used;
    each, enlarged and scaled to [0, 1], masks the picture. Weights are a softmax of the change of
    the logit (a softmax does not see what black adds to all of them).
    """
    channels = check_whole("The number of channels", channels, 1, 2000)
    net, side = target.load_net(), x.shape[1]
    kept: list[Tensor] = []

    def copy(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
        kept.append(output.clone())

    keep = get_layer(net, layer).register_forward_hook(own_thread(copy))
    with torch.inference_mode(), hooked(keep):
        net(to_tensor(x, net))
    features = kept[0][0].cpu().numpy()
    spread = features.max((1, 2)) - features.min((1, 2))
    order = np.argsort(-spread, kind="stable")[:channels]
    order = order[spread[order] > 0]
    if not len(order):
        yield np.zeros((side, side), np.float32), 1.0
        return
    scores: list[float] = []
    started = perf_counter()
    for first in range(0, len(order), BATCH):
        group = features[order[first : first + BATCH]]
        masks = np.stack([to_map(plane, side) for plane in group])
        low, high = (edge(masks, axis=(1, 2), keepdims=True) for edge in (np.min, np.max))
        scores.extend(target.ask_logits(x[None] * ((masks - low) / (high - low))[:, None]))
        share = len(scores) / len(order)
        if share == 1 or perf_counter() - started > YIELD_SECONDS:
            started = perf_counter()
            weight = np.exp(np.array(scores) - max(scores))
            cells = np.tensordot(weight / weight.sum(), features[order[: len(scores)]], 1)
            yield to_map(cells.clip(0), side), share

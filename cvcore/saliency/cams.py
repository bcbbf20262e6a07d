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

from cvcore.core.checks import check_seed, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, predictor
from cvcore.engine.isolation import undisturbed
from cvcore.models.efficientnet_lite import EfficientNetLite
from cvcore.saliency.incremental.workers import get_workers
from cvcore.saliency.target import BATCH, Target, hooked, own_thread, to_tensor

Maps = Iterator[tuple[np.ndarray, float]]
YIELD_SECONDS = 0.4
ABLATED_VALUES = 2**22  # of copies of a layer's output that go through the rest together ...
ABLATED_COPIES = 64  # ... at most


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


def features_and_gradient(
    net: nn.Module, x: Tensor, layer: nn.Module, target: Target
) -> tuple[Tensor, Tensor]:
    """The layer's output (C, h, w) for one input (1, 3, H, W), and the logit's gradient there.

    Nothing before the layer is followed backwards.
    """
    features, slopes = features_and_gradients(net, x, layer, target)
    return features[0], slopes[0]


@undisturbed
def features_and_gradients(
    net: nn.Module, x: Tensor, layer: nn.Module, target: Target
) -> tuple[Tensor, Tensor]:
    """The same (N, C, h, w) for N inputs (N, 3, H, W), each by itself."""
    kept: list[Tensor] = []

    def cut(_module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
        # the copy keeps a following in-place ReLU off the features
        kept.append(output.detach().requires_grad_())
        return kept[-1].clone()

    with torch.enable_grad(), hooked(layer.register_forward_hook(own_thread(cut))):
        score = target.logit(net(x)).sum()
        slopes = torch.autograd.grad(score, kept[-1])[0]
    return kept[-1].detach(), slopes


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
    return combine_moments(features, slope, slope**2, slope**3)


def combine_moments(features: Tensor, slope: Tensor, square: Tensor, cube: Tensor) -> Tensor:
    """Grad-CAM++ (h, w) from the slope, its square and its cube, (C, h, w) each, or their means."""
    weight = weigh_moments(features, slope, square, cube)
    return torch.einsum("c,chw->hw", weight, features).relu()


def weigh_moments(features: Tensor, slope: Tensor, square: Tensor, cube: Tensor) -> Tensor:
    """Grad-CAM++'s weights (C,): the sum of alpha * ReLU(slope), where alpha = square /
    (2 * square + cube * sum of the feature map)."""
    below = 2 * square + cube * features.sum((1, 2), keepdim=True)
    alpha = torch.where(below == 0, 0, square / torch.where(below == 0, 1, below))
    return (alpha * slope.relu()).sum((1, 2))


def combine_layer_cam(features: Tensor, slope: Tensor) -> Tensor:
    """LayerCAM (h, w): each cell weighted by its own positive slope."""
    return (slope.relu() * features).sum(0).relu()


def combine_xgrad_cam(features: Tensor, slope: Tensor) -> Tensor:
    """XGrad-CAM (h, w): ReLU of the features weighted by their slopes' mean, in which each cell
    counts by its share of the feature map. A map whose sum is 0 has no shares and is left out."""
    below = features.sum((1, 2))
    total = (slope * features).sum((1, 2))
    weight = torch.where(below == 0, 0, total / torch.where(below == 0, 1, below))
    return torch.einsum("c,chw->hw", weight, features).relu()


def combine_eigen_cam(features: Tensor) -> Tensor:
    """Eigen-CAM (h, w): ReLU of the cells' (h * w, C) first principal component, not centred.

    Its sign, which a singular value decomposition leaves open, is that of its sum.
    """
    cells = features.flatten(1).T
    *_, rows = torch.linalg.svd(cells, full_matrices=False)
    component = (cells @ rows[0]).view(features.shape[1:])
    return (component * component.sum().sign()).relu()


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


def xgrad_cam(x: np.ndarray, target: Target, *, layer: int | Sequence[int] = -1) -> Maps:
    """The features weighted so that the weighted maps' sums are what each contributes.

    Fu et al., "Axiom-based Grad-CAM", BMVC 2020 (arXiv:2008.02312): the weight of a feature map A
    is the sum over its cells of slope * A / sum(A).
    """
    return _combine(x, target, layer, combine_xgrad_cam)


def eigen_cam(x: np.ndarray, target: Target, *, layer: int | Sequence[int] = -1) -> Maps:
    """What the layer's feature maps have in common: the same map for every class.

    Muhammad and Yeasin, "Eigen-CAM", IJCNN 2020 (arXiv:2008.00299): with the maps as the columns of
    O = U S V^T, the map is O v_1. pytorch-grad-cam takes each map's mean away first, the paper does
    not.
    """
    return _combine(x, target, layer, lambda features, _: combine_eigen_cam(features))


def smooth_grad_cam_plus_plus(
    x: np.ndarray,
    target: Target,
    *,
    layer: int = -1,
    samples: int = 32,
    noise: float = 0.15,
    seed: int = 0,
) -> Maps:
    """Grad-CAM++ whose slopes, their squares and their cubes are means over noisy copies.

    Omeiza et al., "Smooth Grad-CAM++", 2019 (arXiv:1908.01224). ``noise`` is the deviation, of a
    range of 1. The feature maps are the picture's own, and alpha has the mean square above its
    line, as in Grad-CAM++ and torch-cam; the paper prints the mean slope there.
    """
    samples = check_whole("The number of samples", samples, 1, 500)
    noise = check_setting("The noise", noise, 0, 1)
    net, side = target.load_net(), x.shape[1]
    module, batch = get_layer(net, layer), to_tensor(x, net)
    random = torch.Generator().manual_seed(check_seed(seed))
    features = find_features(net, batch, module)
    totals, done, started = [torch.zeros_like(features) for _ in range(3)], 0, perf_counter()
    while done < samples:
        count = min(BATCH, samples - done)
        spread = noise * torch.randn(count, *x.shape, generator=random).to(batch.device)
        slopes = features_and_gradients(net, batch + spread, module, target)[1]
        for power, total in enumerate(totals, start=1):
            total += (slopes**power).sum(0)
        done += count
        if done == samples or perf_counter() - started > YIELD_SECONDS:
            started = perf_counter()
            means = (total / done for total in totals)
            yield to_map(combine_moments(features, *means), side), done / samples


def find_features(net: nn.Module, batch: Tensor, layer: nn.Module) -> Tensor:
    """The layer's output (C, h, w) for one input (1, 3, H, W)."""
    kept: list[Tensor] = []

    def copy(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
        kept.append(output.clone())

    with torch.inference_mode(), hooked(layer.register_forward_hook(own_thread(copy))):
        net(batch)
    return kept[0][0]


def choose_channels(features: np.ndarray, channels: int) -> np.ndarray:
    """Indices of the feature maps (C, h, w) that are used, those with the greatest spread first;
    constant ones never."""
    channels = check_whole("The number of channels", channels, 1, 2000)
    spread = features.max((1, 2)) - features.min((1, 2))
    order = np.argsort(-spread, kind="stable")[:channels]
    return order[spread[order] > 0]


def ablation_cam(x: np.ndarray, target: Target, *, layer: int = -1, channels: int = 320) -> Maps:
    """The features weighted by the share of the score that is lost without each.

    Desai and Ramaswamy, "Ablation-CAM", WACV 2020: the weight of a feature map is
    (y - y without it) / y, of the logit y. Here it is divided by y's magnitude: else the map of a
    class whose logit is below 0 would be that of what speaks against it. The ``channels`` feature
    maps with the greatest spread come first and are all that is used.
    """
    net, side = target.load_net(), x.shape[1]
    module, batch = get_layer(net, layer), to_tensor(x, net)
    features = find_features(net, batch, module)
    order = choose_channels(features.cpu().numpy(), channels)
    if not len(order):
        yield np.zeros((side, side), np.float32), 1.0
        return
    before = ask_without(net, batch, module, [], target)[0]
    together = min(max(ABLATED_VALUES // features.numel(), 1), ABLATED_COPIES)
    lost, started = [], perf_counter()
    for first in range(0, len(order), together):
        some = order[first : first + together]
        lost.extend(before - ask_without(net, batch, module, some, target))
        share = len(lost) / len(order)
        if share == 1 or perf_counter() - started > YIELD_SECONDS:
            started = perf_counter()
            weight = torch.tensor(lost, dtype=features.dtype, device=features.device)
            weight /= abs(before) or 1.0
            used = features[order[: len(lost)]]
            yield to_map(torch.einsum("c,chw->hw", weight, used).relu(), side), share


@torch.inference_mode()
def ask_without(
    net: nn.Module, batch: Tensor, layer: nn.Module, channels: Sequence[int], target: Target
) -> np.ndarray:
    """The target's logit (N,) with each of N feature maps of a layer set to 0, for one input
    (1, 3, H, W); with none of them the logit as it is, (1,).

    What comes before the layer is computed once for all.
    """

    def ablate(_module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
        copies = output.repeat(max(len(channels), 1), 1, 1, 1)
        for copy, channel in zip(copies, channels, strict=False):
            copy[channel] = 0
        return copies

    with hooked(layer.register_forward_hook(own_thread(ablate))):
        return target.logit(net(batch)).cpu().numpy()


def score_cam(x: np.ndarray, target: Target, *, layer: int = -1, channels: int = 320) -> Maps:
    """The features weighted by the softmax of the answers to the picture seen through each.

    The ``channels`` feature maps with the greatest spread come first and are all that is used;
    each, enlarged and scaled to [0, 1], masks the picture. Weights are a softmax of the change of
    the logit (a softmax does not see what black adds to all of them).
    """
    net, side = target.load_net(), x.shape[1]
    found = find_features(net, to_tensor(x, net), get_layer(net, layer))
    features = found.cpu().numpy()
    order = choose_channels(features, channels)
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

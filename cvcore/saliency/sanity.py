"""A sanity check: a map that explains a network must change when the network is spoiled.

Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018 (arXiv:1810.03292): the weights are
randomised layer after layer, from the class scores down to the pixels.
"""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import nn

from cvcore.core import notebook
from cvcore.core.checks import check_seed
from cvcore.core.drawing import colourise
from cvcore.core.errors import InputError
from cvcore.core.images import Picture
from cvcore.engine.isolation import undisturbed
from cvcore.models.efficientnet_lite import EfficientNetLite
from cvcore.recognition import preprocessing
from cvcore.saliency import DEFAULT_MODEL, cams, choose_target, gradients
from cvcore.saliency.target import OwnNet, to_tensor

METHODS = (
    "gradient", "gradient_x_input", "guided_backprop", "grad_cam", "layer_cam", "xgrad_cam",
    "eigen_cam",
)  # fmt: skip
SHUFFLED = (nn.Conv2d, nn.Linear)  # layers whose weights are shuffled


@dataclass(frozen=True, eq=False)
class SanityStep:
    """A map after the layers from the top down to ``layer`` were randomised."""

    layer: str  # "" before anything was
    input_map: np.ndarray = field(repr=False)  # float32 (crop, crop)
    rank_correlation: float  # Spearman's, of the magnitudes, with the map of the trained network
    probability: float  # of the class, by the network as it is now

    def _repr_html_(self) -> str:
        caption = f"{self.layer or 'trained'}: rank correlation {self.rank_correlation:.2f}"
        return notebook.picture_html(colourise(np.abs(self.input_map)), caption)


@undisturbed
def check_sanity(
    image: Picture,
    method: str,
    *,
    class_idx: int | None = None,
    model: str = DEFAULT_MODEL,
    seed: int = 0,
) -> Iterator[SanityStep]:
    """Maps of a picture, the network's weights shuffled from the top down.

    Weights are shuffled within each layer, so that their spread stays. The network that others
    use is left alone. Raises ``InputError`` for a method that takes too many runs for this.
    """
    if method not in METHODS:
        raise InputError(
            f"The sanity check needs a quick method: choose one of {', '.join(METHODS)}."
        )
    x = preprocessing.prepare(image, model)
    target = choose_target(x, class_idx, None, model=model)
    net = deepcopy(target.load_net())
    own = OwnNet(net, target.class_idx, model=target.model)
    batch, first = to_tensor(x, net), None
    random = torch.Generator().manual_seed(check_seed(seed))
    for name, layers in [("", []), *list_parts(net)]:
        for layer in layers:
            shuffle_weights(layer, random)
        module = gradients if hasattr(gradients, method) else cams
        (heatmap, _), *_ = getattr(module, method)(x, own)
        heatmap = np.nan_to_num(heatmap)
        first = heatmap if first is None else first
        with torch.inference_mode():
            p = net(batch).softmax(1)[0, target.class_idx].item()
        yield SanityStep(name, heatmap, rank_correlation(np.abs(first), np.abs(heatmap)), p)


def list_parts(net: nn.Module) -> list[tuple[str, list[nn.Module]]]:
    """(name, modules) of the network's parts, from the class scores down to the pixels."""
    if isinstance(net, EfficientNetLite):
        parts = [("stem", [net.conv_stem])]
        parts += [(f"stage {i}", [stage]) for i, stage in enumerate(net.blocks, start=1)]
        parts += [("head", [net.conv_head]), ("class scores", [net.classifier])]
    else:
        body = getattr(net, "net", net)
        children = dict(body.named_children())
        if "features" in children:
            inner = children.pop("features").named_children()
            children = {f"features {name}": part for name, part in inner} | children
        parts = [
            (name, [part])
            for name, part in children.items()
            if any(isinstance(layer, SHUFFLED) for layer in part.modules())
        ]
    return parts[::-1]


@torch.no_grad()
def shuffle_weights(module: nn.Module, random: torch.Generator) -> None:
    """Shuffle the weights of every convolution and linear layer among themselves."""
    for layer in module.modules():
        if isinstance(layer, SHUFFLED):
            flat = layer.weight.flatten()
            order = torch.randperm(flat.numel(), generator=random).to(flat.device)
            layer.weight.copy_(flat[order].view_as(layer.weight))


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of two maps; 0 when one of them is constant."""
    from scipy.stats import spearmanr

    if a.max() == a.min() or b.max() == b.min():
        return 0.0
    return float(spearmanr(a.ravel(), b.ravel()).statistic)

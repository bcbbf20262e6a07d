"""EfficientNet-Lite0, in a part that stays as it is and a part that learns."""

import copy
import math
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.engine.cache import MISSING, IdleCache
from cvcore.engine.checkpoints import load_model
from cvcore.engine.device import get_device
from cvcore.models.efficientnet_lite import STAGES, EfficientNetLite
from cvcore.recognition.datasets import Data, Part, make_generator
from cvcore.training_lab.transfer_learning.settings import TransferSettings

SIDE = 128  # pixels that a picture is brought to: features of 4 x 4 places
PIECE = 16  # pictures whose features are computed at once
INITIAL = 7  # what these random numbers are for
HEAD_STD = 0.01
POOLED = len(STAGES) + 1  # the border behind all that is frozen but the head


def find_border(settings: TransferSettings) -> int:
    """The first stage that learns: 0 all of them, ``POOLED`` the head alone."""
    if settings.way in ("scratch", "everything"):
        return 0
    return POOLED if settings.way == "frozen" else len(STAGES) - settings.stages


def build_network(settings: TransferSettings, classes: int) -> EfficientNetLite:
    """The whole network with a new head, what learns marked, on the device, in eval mode."""
    net: EfficientNetLite = copy.deepcopy(load_model("efficientnet_lite0")).cpu()
    generator = make_generator(settings.seed, INITIAL)
    net.classifier = nn.Linear(net.classifier.in_features, classes, device="meta")
    net.classifier = net.classifier.to_empty(device="cpu")
    with torch.no_grad():
        net.classifier.weight.normal_(0, HEAD_STD, generator=generator)
        net.classifier.bias.zero_()
        if settings.way == "scratch":
            _draw(net, generator)
    for name in list_learned(net, find_border(settings)):
        if isinstance(parameter := _get(net, name), nn.Parameter):
            parameter.requires_grad_(True)
    return net.to(get_device())


def _draw(net: EfficientNetLite, generator: torch.Generator) -> None:
    """He et al.'s initialisation by what goes out (ICCV 2015), the norms as identity."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            outputs = module.weight[:, 0].numel() // module.groups
            module.weight.normal_(0, math.sqrt(2 / outputs), generator=generator)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()


def _get(net: nn.Module, name: str) -> Tensor:
    module, _, last = name.rpartition(".")
    return getattr(net.get_submodule(module), last)


def list_learned(net: EfficientNetLite, border: int) -> list[str]:
    """Names in the state dict of what is the run's own: weights, and statistics of its norms."""
    if border == 0:
        return list(net.state_dict())
    prefixes = ["classifier."]
    if border < POOLED:
        stages = [f"blocks.{i}." for i in range(border, len(STAGES))]
        prefixes += [*stages, "conv_head.", "bn2."]
    return [name for name in net.state_dict() if name.startswith(tuple(prefixes))]


def get_base(net: EfficientNetLite, border: int) -> Callable[[Tensor], Tensor]:
    """From pictures (N, 3, S, S) in [0, 1] to what the part that learns takes."""

    def base(pictures: Tensor) -> Tensor:
        x = fit(pictures)
        if border == 0:
            return x
        x = net.act1(net.bn1(net.conv_stem((x - net.mean) / net.std)))
        x = net.blocks[:border](x)
        if border < POOLED:
            return x
        return net.act2(net.bn2(net.conv_head(x))).mean(dim=(2, 3))

    return base


def get_tail(net: EfficientNetLite, border: int) -> Callable[[Tensor], Tensor]:
    """From there to logits (N, K)."""

    def tail(x: Tensor) -> Tensor:
        if border == 0:
            return net(x)
        if border < POOLED:
            x = net.act2(net.bn2(net.conv_head(net.blocks[border:](x)))).mean(dim=(2, 3))
        return net.classifier(x)

    return tail


def fit(pictures: Tensor) -> Tensor:
    """Pictures (N, 3, S, S), or grey (N, 1, S, S), as the network takes them here."""
    if pictures.shape[1] == 1:
        pictures = pictures.expand(-1, 3, -1, -1)
    if pictures.shape[-1] != SIDE:
        pictures = F.interpolate(
            pictures, size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False
        )
    return pictures.contiguous(memory_format=torch.channels_last)


# By data (as long as it is there), border and side; half a gigabyte at most.
_kept = IdleCache("cvcore.training_lab.transfer_learning.backbone.prepare", most=8)
KEEP_AT_MOST = 64 * 2**20  # bytes


def prepare(data: Data, border: int) -> Iterator[float | tuple[Part, Part, Part]]:
    """The three parts with frozen features instead of pictures: computed once, kept for a while.

    Yields the share that is done, at last the parts, on the CPU.
    """
    parts = (data.training, data.validation, data.test)
    key = (weakref.ref(data), border, SIDE)
    found: Any = _kept.find(key)
    if found is MISSING:
        device = get_device()
        base = get_base(load_model("efficientnet_lite0"), border)
        count, done, computed = sum(map(len, parts)), 0, []
        for part in parts:
            pieces = []
            for some in part.pictures.split(PIECE):
                with torch.no_grad():
                    pieces.append(base(some.to(device)).cpu())
                done += len(some)
                yield done / count
            computed.append(torch.cat(pieces))
        found = tuple(computed)
        if sum(one.nbytes for one in found) <= KEEP_AT_MOST:
            _kept.keep(key, found)
            weakref.finalize(data, _kept.drop, key)
    training, validation, test = (
        Part(x, part.labels) for x, part in zip(found, parts, strict=True)
    )
    yield training, validation, test

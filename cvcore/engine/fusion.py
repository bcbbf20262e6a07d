"""A network with its batch norms folded into the convolutions before them: same answers, faster."""

import copy
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cvcore.engine import checkpoints
from cvcore.engine.cache import keep_models
from cvcore.engine.isolation import undisturbed
from cvcore.engine.modes import eval_mode

Place = Literal["convolution", "norm"]


@undisturbed
def fuse_batch_norms(module: nn.Module, *, place: Place = "convolution") -> nn.Module:
    """A copy of a network in which convolutions do the work of the batch norms that follow them.

    In evaluation mode a batch norm is a multiplication and a sum, which its convolution can do on
    the way. The two are one at the ``place`` of either; ``nn.Identity`` is at the other's, so that
    layers keep their names. A block's output stays what it was, a convolution's own output does
    not. A pair is folded where the batch norm is its convolution's next sibling; networks whose
    siblings run in another order than they are listed come out wrong, so compare the answers once.
    """
    with eval_mode(module):
        fused = copy.deepcopy(module).eval()
    for parent in list(fused.modules()):
        children = list(parent.named_children())
        for (name, part), (next_name, norm) in pairwise(children):
            if (
                isinstance(part, nn.Conv2d)
                and isinstance(norm, nn.BatchNorm2d)
                and part.out_channels == norm.num_features
            ):
                both, other = (name, next_name) if place == "convolution" else (next_name, name)
                setattr(parent, both, fuse_conv_bn_eval(part, norm))
                setattr(parent, other, nn.Identity())
    return fused.requires_grad_(False)


@undisturbed
def fuse_if_same(module: nn.Module, *probe: Tensor, place: Place = "convolution") -> nn.Module:
    """The network fused, or itself where its answer to ``probe`` would become another.

    Its answer is a tensor or a tuple of them.
    """
    fused = fuse_batch_norms(module, place=place)
    with eval_mode(module), torch.inference_mode():
        expected, got = module(*probe), fused(*probe)
    if isinstance(expected, Tensor):
        expected, got = (expected,), (got,)
    close = all(
        torch.allclose(mine, other, rtol=1e-3, atol=1e-3 * float(other.abs().max()))
        for mine, other in zip(got, expected, strict=True)
    )
    return fused if close else module


@keep_models(most=2)
@undisturbed
def load_fused(model: str) -> nn.Module:
    """The trained network called ``model``, fused where that leaves its answers as they are."""
    module = checkpoints.load_model(model)
    device = next(module.parameters()).device
    probe = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)).to(device)
    fused = fuse_if_same(module, probe)
    return module if fused is module else fused.to(memory_format=torch.channels_last)

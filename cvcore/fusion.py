"""A network with its batch norms folded into the convolutions before them: same answers, faster."""

import copy
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from cvcore import weights
from cvcore.activations import eval_mode
from cvcore.model_cache import keep_models


def fuse_batch_norms(module: nn.Module) -> nn.Module:
    """A copy of a network in which convolutions do the work of the batch norms that follow them.

    In evaluation mode a batch norm is a multiplication and a sum, which its convolution can do on
    the way; ``nn.Identity`` takes its place, so that layers keep their names. A block's output
    stays what it was, a convolution's own output does not. A pair is folded where the batch norm
    is its convolution's next sibling; networks whose siblings run in another order than they are
    listed come out wrong, so compare the answers once.
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
                setattr(parent, name, fuse_conv_bn_eval(part, norm))
                setattr(parent, next_name, nn.Identity())
    return fused.requires_grad_(False)


@keep_models(most=2)
def load_fused(model: str) -> nn.Module:
    """The trained network called ``model``, fused where that leaves its answers as they are."""
    module = weights.load_model(model)
    device = next(module.parameters()).device
    probe = torch.rand(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)).to(device)
    fused = fuse_batch_norms(module)
    with torch.inference_mode():
        expected, got = module(probe), fused(probe)
    close = torch.allclose(got, expected, rtol=1e-3, atol=1e-3 * float(expected.abs().max()))
    if not close:
        return module
    return fused.to(memory_format=torch.channels_last)

"""Batch norms folded into convolutions: only where nothing changes by it."""

import torch
from torch import Tensor, nn

from cvcore.engine.fusion import fuse_if_same


class Pair(nn.Module):
    """A convolution and a batch norm, run as listed or the other way round; two answers."""

    def __init__(self, *, norm_first: bool) -> None:
        super().__init__()
        self.norm_first = norm_first
        self.conv = nn.Conv2d(3, 3, 3)
        self.bn = nn.BatchNorm2d(3)
        self.bn.running_mean.copy_(torch.tensor([1.0, -2.0, 3.0]))
        self.bn.running_var.copy_(torch.tensor([0.5, 2.0, 4.0]))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = self.conv(self.bn(x)) if self.norm_first else self.bn(self.conv(x))
        return y, y.mean(dim=(2, 3))


def count_norms(module: nn.Module) -> int:
    return sum(isinstance(part, nn.BatchNorm2d) for part in module.modules())


def test_a_norm_after_its_convolution_is_folded_and_the_answers_stay():
    pair, probe = Pair(norm_first=False), torch.rand(2, 3, 8, 8)
    fused = fuse_if_same(pair, probe)
    assert count_norms(fused) == 0
    assert count_norms(pair) == 1
    with torch.inference_mode():
        for mine, other in zip(fused(probe), pair.eval()(probe), strict=True):
            assert torch.allclose(mine, other, atol=1e-5)


def test_a_network_that_runs_in_another_order_is_left_as_it_is():
    pair = Pair(norm_first=True)
    assert fuse_if_same(pair, torch.rand(2, 3, 8, 8)) is pair

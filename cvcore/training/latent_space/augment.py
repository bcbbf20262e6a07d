"""Differentiable augmentation, so that a discriminator cannot learn a small data set by heart.

Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS 2020: the same
random changes of colour, place and a covered square for real and for made pictures.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

SHIFT = 1 / 8  # of the side, at most
COVERED = 1 / 2  # of the side


def _random(x: Tensor) -> Tensor:
    return torch.rand(len(x), 1, 1, 1, device=x.device, dtype=x.dtype)


def change_colour(x: Tensor) -> Tensor:
    """Random brightness, saturation (in colour) and contrast; (N, C, H, W) in [-1, 1]."""
    x = x + (_random(x) - 0.5)
    if x.shape[1] == 3:
        grey = x.mean(dim=1, keepdim=True)
        x = grey + (x - grey) * (_random(x) * 2)
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (x - mean) * (_random(x) + 0.5)


def shift(x: Tensor) -> Tensor:
    """Moved by up to an eighth of the side, zeros coming in."""
    n, _, height, width = x.shape
    reach = max(1, round(height * SHIFT))
    dy, dx = torch.randint(-reach, reach + 1, (2, n, 1, 1), device=x.device)
    rows = (torch.arange(height, device=x.device).view(1, -1, 1) + dy + 1).clamp(0, height + 1)
    columns = (torch.arange(width, device=x.device).view(1, 1, -1) + dx + 1).clamp(0, width + 1)
    padded = F.pad(x, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    index = torch.arange(n, device=x.device).view(-1, 1, 1)
    return padded[index, rows, columns].permute(0, 3, 1, 2)


def cover(x: Tensor) -> Tensor:
    """A square of half the side set to zero, at a random place that may reach over the edge."""
    n, _, height, width = x.shape
    half = round(height * COVERED) // 2
    rows = torch.arange(height, device=x.device).view(1, -1, 1)
    columns = torch.arange(width, device=x.device).view(1, 1, -1)
    cy, cx = torch.randint(0, height, (2, n, 1, 1), device=x.device)
    inside = ((rows - cy).abs() < half) & ((columns - cx).abs() < half)  # (N, H, W)
    return x * (~inside).unsqueeze(1).to(x.dtype)


def augment(x: Tensor, *, colour: bool = True, covered: bool = True) -> Tensor:
    """All of them, one after the other; gradients pass through."""
    x = shift(change_colour(x) if colour else x)
    return cover(x) if covered else x

"""Pictures drawn by a generator, while it learns or afterwards."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def draw(generator: nn.Module, latents: Tensor, classes: Tensor | None) -> Tensor:
    """Pictures as uint8 (N, C, side, side)."""
    device = next(generator.parameters()).device
    if classes is not None:
        classes = classes.to(device)
    made = generator(generator.mapping(latents.to(device)), classes).float().cpu()
    return to_bytes(made)


def to_bytes(output: Tensor) -> Tensor:
    """A generator's output in [-1, 1] as uint8."""
    return ((output + 1) * 127.5).round().clamp(0, 255).byte()

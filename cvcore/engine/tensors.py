"""Pictures as PyTorch's tensors, on the device that networks run on."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch


def to_batch(
    images: "np.ndarray | Sequence[np.ndarray]", *, device: "torch.device | str | None" = None
) -> "torch.Tensor":
    """One picture, or several of one size, as a float32 tensor (N, 3, H, W) in [0, 1]."""
    import torch

    from cvcore.engine.device import get_device

    if isinstance(images, np.ndarray) and images.ndim == 3:
        images = [images]
    pixels = torch.from_numpy(np.stack(list(images))).to(device or get_device())
    return pixels.permute(0, 3, 1, 2).float().div(255).contiguous()

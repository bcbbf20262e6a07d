"""Pictures shifted, turned and zoomed at random, each by amounts of its own."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from cvcore.core.checks import check_setting
from cvcore.training_lab.settings import NUMBERS

_RULES = tuple(NUMBERS[name] for name in ("shift", "turn", "zoom"))


def augment(
    images: Tensor,
    *,
    shift: float,
    turn: float,
    zoom: float,
    generator: torch.Generator,
    padding: str = "zeros",
) -> Tensor:
    """Turn, resize and shift each picture of (N, C, S, S).

    ``shift`` is a share of the side, ``turn`` degrees, ``zoom`` a share of the size, each at most.
    ``InputError`` for shares outside 0 to 0.5 and turns outside 0 to 180.
    ``padding`` is what comes in from outside: "zeros" or "border". The generator is of the
    pictures' device.
    """
    shift, turn, zoom = (
        check_setting(words, value, low, high)
        for (words, low, high), value in zip(_RULES, (shift, turn, zoom), strict=True)
    )
    count = len(images)

    def draw(*shape: int) -> Tensor:
        draws = torch.rand(*shape, generator=generator, device=images.device, dtype=torch.float32)
        return draws * 2 - 1

    angle = draw(count) * math.radians(turn)
    scale = 1 + draw(count) * zoom
    matrix = torch.stack(
        [
            torch.stack([angle.cos() * scale, -angle.sin() * scale], dim=1),
            torch.stack([angle.sin() * scale, angle.cos() * scale], dim=1),
        ],
        dim=1,
    )  # (N, 2, 2)
    offset = draw(count, 2, 1) * shift * 2
    grid = F.affine_grid(torch.cat([matrix, offset], dim=2), images.shape, align_corners=False)
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=False)

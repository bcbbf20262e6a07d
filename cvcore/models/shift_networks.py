"""Three small networks for handwritten digits that differ in what they make of a place.

A dense layer has a weight for each pixel. The two convnets share one body; one flattens its maps,
so that its last layer has a weight for each place, the other takes each map's maximum over all
places (Lin, Chen and Yan, "Network in Network", ICLR 2014, with the mean). All take float
(N, 1, 28, 28) in [0, 1], white ink on black, and answer with logits (N, 10).
"""

from torch import nn

WIDTHS = (16, 24, 32)  # channels, from the first convolution on
ROOM = 6  # pixels of black around the digit, so that no border gives its place away
MAPS = (28 + 2 * ROOM) // 4  # rows and columns of the last maps


def build_mlp() -> nn.Sequential:
    """784 pixels, 128 hidden units with ReLU, ten classes: 101,770 parameters."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def _build_body() -> list[nn.Module]:
    """Five 3 x 3 convolutions of unchanged size and two poolings: 32 maps of 10 x 10, each of whose
    values sees 30 x 30 pixels, more than a digit."""
    first, second, third = WIDTHS
    return [
        nn.ZeroPad2d(ROOM),
        nn.Conv2d(1, first, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(first, second, 3, padding=1), nn.ReLU(),
        nn.Conv2d(second, second, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(second, third, 3, padding=1), nn.ReLU(),
        nn.Conv2d(third, third, 3, padding=1), nn.ReLU(),
    ]  # fmt: skip


def build_flattening() -> nn.Sequential:
    """The body, its 10 x 10 x 32 values flattened, ten classes: 57,050 parameters."""
    return nn.Sequential(*_build_body(), nn.Flatten(), nn.Linear(WIDTHS[-1] * MAPS**2, 10))


def build_pooled() -> nn.Sequential:
    """The body, each map's maximum, ten classes: 25,370 parameters."""
    return nn.Sequential(
        *_build_body(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(WIDTHS[-1], 10)
    )

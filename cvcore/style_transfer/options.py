"""What a painting step by step can be asked for; known without PyTorch."""

from collections.abc import Sequence
from dataclasses import dataclass

from cvcore.core.checks import as_number, show
from cvcore.core.errors import InputError

DEFAULT_MODEL = "efficientnet_lite0"
DEFAULT_SIDE, DEFAULT_STEPS = 384, 200
SIDES, MAX_STEPS = (64, 768), 2000
STARTS = ("content", "style", "noise")

STYLE_LAYERS: dict[str, tuple[tuple[str, ...], str]] = {
    "efficientnet_lite0": (
        ("act1", "blocks.0.0", "blocks.1.1", "blocks.2.1", "blocks.3.2"), "blocks.2.1",
    ),
    "vgg19": (  # relu1_1, relu2_1, relu3_1, relu4_1, relu5_1; relu4_2
        tuple(f"net.features.{index}" for index in (1, 6, 11, 20, 29)), "net.features.22",
    ),
}  # fmt: skip
"""For each network where style is read, from fine to coarse, and where content."""


@dataclass(frozen=True)
class StyleWeights:
    """How much each loss counts."""

    content: float = 0.3
    style: float = 1.0
    smoothness: float = 3.0
    """Of the total variation."""
    layers: tuple[float, ...] = ()
    """Of each style layer beside the others; empty: all 1."""

    def check(self, layer_count: int) -> None:
        """Raise ``InputError`` for a weight below 0, or layers that do not fit."""
        values = {"content": self.content, "style": self.style, "smoothness": self.smoothness}
        values |= {f"layer {index + 1}": value for index, value in enumerate(self.layers)}
        for name, value in values.items():
            if as_number(value, 0, 1000) is None:
                raise InputError(f"Choose a weight for {name} from 0 to 1000, got {show(value)}.")
        if self.layers and len(self.layers) != layer_count:
            raise InputError(f"Give {layer_count} layer weights, got {len(self.layers)}.")


def check_choice(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise InputError(f"There is no {name} {value!r}: choose one of {', '.join(known)}.")

"""How pictures are varied at random, as one frozen dataclass; without PyTorch."""

from dataclasses import dataclass

from cvcore.core.checks import check_setting

LIMITS = {
    "rotation": ("The rotation", 36.0),
    "zoom": ("The zoom", 0.2),
    "shift": ("The shift", 0.3),
    "crop": ("The crop", 0.7),
    "brightness": ("The brightness", 0.9),
    "colour": ("The colour", 0.5),
    "erase": ("The share erased", 0.4),
}


@dataclass(frozen=True)
class Augmentation:
    """How a picture is varied; each change by an amount of its own, evenly drawn.

    Raises ``InputError``, one sentence, for a value out of range.
    """

    flip: bool = False
    """Every second picture is mirrored, left to right."""
    rotation: float = 0.0
    """Degrees either way, at most; 0 to 36."""
    zoom: float = 0.0
    """Share of the size, larger or smaller, at most; 0 to 0.2."""
    shift: float = 0.0
    """Share of width and height, at most; 0 to 0.3."""
    crop: float = 0.0
    """Share of the area that is cut away at most, the rest brought to full size; 0 to 0.7."""
    brightness: float = 0.0
    """All values times 1 - this to 1 + this; 0 to 0.9."""
    colour: float = 0.0
    """Contrast and saturation likewise, and hue by a fifth of it; 0 to 0.5."""
    erase: float = 0.0
    """Share of the area that a black rectangle covers; 0 to 0.4."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "flip", bool(self.flip))
        for name, (words, most) in LIMITS.items():
            object.__setattr__(self, name, check_setting(words, getattr(self, name), 0.0, most))

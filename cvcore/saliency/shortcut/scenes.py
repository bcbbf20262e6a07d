"""Pictures of a subject on a background: digits of two kinds, on snow or on grass."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from cvcore.core import images
from cvcore.recognition.datasets import Part, load_digits, make_generator
from cvcore.saliency.shortcut.settings import ShortcutSettings

SIDE = 48  # pixels of a picture
BACKGROUNDS = ("snow", "grass")  # each at home with one class
TEXTURE_SIDE = 192  # pixels that a texture is brought to, so that its grain is seen
# A texture's mean colour, and what its contrast is multiplied with.
LOOKS = {"snow": ((0.87, 0.90, 0.95), 0.05), "grass": ((0.33, 0.52, 0.24), 0.13)}
DRIFT = 2.0  # pixels by which snow is softer than gravel
COLOUR = (0.72, 0.22, 0.12)  # of a digit: seen on either background
JITTER = 0.08
INK = 0.2  # from here on a pixel is the subject's
MARGIN = 2  # pixels around the ink that still count as the subject
TRAINING, TEST, OWN = 11, 12, 13  # what random numbers are for


@dataclass(frozen=True, eq=False)
class Scenes:
    """Pictures with their class, their background, and where the subject is."""

    pictures: Tensor = field(repr=False)  # float32 (N, 3, 48, 48) in [0, 1]
    labels: Tensor = field(repr=False)  # int64 (N,), 0 or 1
    backgrounds: Tensor = field(repr=False)  # int64 (N,), 0 snow, 1 grass
    subjects: Tensor = field(repr=False)  # bool (N, 48, 48), the ink and a little around it

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def background_share(self) -> float:
        """The share of all pixels that are background, 0 to 1."""
        return float((~self.subjects).float().mean())

    def take(self, indices: Tensor) -> "Scenes":
        parts = (self.pictures, self.labels, self.backgrounds, self.subjects)
        return Scenes(*(part[indices] for part in parts))


@cache
def load_texture(name: str) -> np.ndarray:
    """A background in colour, float32 (192, 192, 3) in [0, 1]; the textures are scikit-image's.

    Read here, not by ``skimage.data``: imageio, which it asks, changes what Pillow opens for the
    whole process.
    """
    import skimage

    file = "gravel.png" if name == "snow" else "grass.png"
    grey = images.as_image(Path(skimage.__file__).parent / "data" / file)[..., 0]
    small = cv2.resize(grey.astype(np.float32), (TEXTURE_SIDE,) * 2, interpolation=cv2.INTER_AREA)
    if name == "snow":
        small = cv2.GaussianBlur(small, (0, 0), DRIFT)  # soft drifts
    grain = (small - small.mean()) / small.std()
    mean, contrast = LOOKS[name]
    return (np.array(mean, np.float32) + contrast * grain[..., None]).clip(0, 1).astype(np.float32)


def compose(
    digits: Tensor, backgrounds: Tensor, generator: torch.Generator, *, centred: bool = False
) -> tuple[Tensor, Tensor]:
    """Put digits (N, 1, 28, 28) on backgrounds (N,): pictures float32 (N, 3, 48, 48) in [0, 1], and
    their subjects bool (N, 48, 48).

    Place (unless ``centred``), colour and the piece of background are drawn for each picture.
    """
    room, most = SIDE - digits.shape[-1], TEXTURE_SIDE - SIDE
    places = torch.randint(0, room + 1, (len(digits), 2), generator=generator)
    if centred:
        places[:] = room // 2
    crops = torch.randint(0, most + 1, (len(digits), 2), generator=generator)
    tints = JITTER * (2 * torch.rand(len(digits), 2, 3, generator=generator) - 1)
    pictures = np.empty((len(digits), SIDE, SIDE, 3), np.float32)
    ink = np.zeros((len(digits), SIDE, SIDE), np.float32)
    for at in range(len(digits)):
        (top, left), (y, x) = places[at].tolist(), crops[at].tolist()
        inside = slice(top, top + digits.shape[-2]), slice(left, left + digits.shape[-1])
        ink[at][inside] = digits[at, 0].numpy()
        behind = load_texture(BACKGROUNDS[int(backgrounds[at])])[y : y + SIDE, x : x + SIDE]
        behind = behind + tints[at, 0].mean().item()
        colour = np.array(COLOUR, np.float32) + tints[at, 1].numpy()
        cover = ink[at][..., None]
        pictures[at] = (cover * colour + (1 - cover) * behind).clip(0, 1)
    round_about = np.ones((2 * MARGIN + 1,) * 2, np.uint8)
    subjects = np.stack([cv2.dilate((one > INK).astype(np.uint8), round_about) for one in ink])
    channels_first = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    return torch.from_numpy(channels_first), torch.from_numpy(subjects > 0)


def choose_digits(part: Part, settings: ShortcutSettings, most: int) -> tuple[Tensor, Tensor]:
    """The two kinds' digits (N, 1, 28, 28), at most so many of each, and labels (N,) 0 or 1."""
    kinds = [part.pictures[part.labels == digit][:most] for digit in settings.digits]
    labels = torch.cat([torch.full((len(one),), label) for label, one in enumerate(kinds)])
    return torch.cat(kinds), labels


def make_training(settings: ShortcutSettings) -> Scenes:
    """The pictures to learn from: of each class, the share ``bias`` on its own background, snow for
    the first and grass for the second, the rest on the other."""
    digits, labels = choose_digits(load_digits().training, settings, settings.examples // 2)
    backgrounds = labels.clone()
    for label in (0, 1):
        (own,) = torch.nonzero(labels == label, as_tuple=True)
        backgrounds[own[round(settings.bias * len(own)) :]] = 1 - label
    generator = make_generator(settings.seed, TRAINING)
    pictures, subjects = compose(digits, backgrounds, generator)
    return Scenes(pictures, labels, backgrounds, subjects)


def make_pairs(settings: ShortcutSettings) -> tuple[Scenes, Scenes]:
    """Held-back digits in the middle of the picture, each on the background of its class, and the
    same ones on the other."""
    digits, labels = choose_digits(load_digits().test, settings, 50)
    scenes = []
    for backgrounds in (labels, 1 - labels):
        generator = make_generator(settings.seed, TEST)  # the same places and colours
        pictures, subjects = compose(digits, backgrounds, generator, centred=True)
        scenes.append(Scenes(pictures, labels, backgrounds, subjects))
    usual, swapped = scenes
    return usual, swapped

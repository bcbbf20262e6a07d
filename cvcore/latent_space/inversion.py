"""The other way round: which latent does a generator turn into a given picture, or nearest to it?

Zhu et al., "Generative Visual Manipulation on the Natural Image Manifold", ECCV 2016: the latent is
what is optimised, on the difference of pixels and of a network's features; an inner latent, or one
for each block, comes nearer (Abdal et al., "Image2StyleGAN", ICCV 2019). The networks stay as they
are; ``cvcore.latent_space.tuning`` trains a copy of one from what was found here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.core import images, notebook
from cvcore.core.checks import as_number, show
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.engine.isolation import undisturbed
from cvcore.latent_space import check_classes, generate, get_info, map_latents, to_images
from cvcore.latent_space.paths import SEARCH, check_count, sample
from cvcore.probes.hooks import record
from cvcore.recognition import digits
from cvcore.recognition import faces as face_verification
from cvcore.recognition.faces.alignment import CELEBA_TEMPLATE, align

LAYERS = {"faces": ("blocks.1.1", "blocks.2.1", "blocks.4.2"), "digits": ("act1", "act2")}
JUDGES = {"faces": "efficientnet_lite0", "digits": "digits_cnn"}
LOOK_SIDE = 112  # pixels of a face as the feature network sees it
CANDIDATES = 192  # random latents among which the search begins
LEAST_SURE = 0.6  # probability of the digit read
NO_DIGIT = "No digit can be read here: draw one, large, or choose a picture of one alone."
SPACES = ("z", "w", "w+")
MAX_STEPS = 400


@dataclass(frozen=True, eq=False)
class Target:
    """What the generator has to make."""

    picture: np.ndarray = field(repr=False)  # uint8 (S, S, 3), as the training pictures were cut
    name: str
    digit: int | None = None  # the class, as the digits network reads it
    doubt: str = ""  # a sentence where a face is hardly one

    def _repr_html_(self) -> str:
        caption = self.name if self.digit is None else f"a {self.digit}"
        return notebook.picture_html(self.picture, caption)


@dataclass(frozen=True, eq=False)
class InversionStep:
    """The nearest picture after a step."""

    number: int  # 0: the best of the random latents
    total: int
    picture: np.ndarray = field(repr=False)  # uint8 (S, S, 3)
    latent: np.ndarray = field(repr=False)  # inner, float64 (128,), with "w+" (128 depth,)
    pixels: float  # root mean square difference, grey levels
    features: float  # mean distance of normalised features: 0 the same, 2 the opposite
    loss: float  # of both, which is made smaller

    def _repr_html_(self) -> str:
        return notebook.picture_html(
            self.picture, f"step {self.number} of {self.total}, {self.pixels:.1f} grey levels away"
        )


@undisturbed
def read_target(image: images.Picture, *, name: str = "faces") -> Target:
    """A picture as the generator's training pictures are: the largest face, turned
    upright and cut as CelebA's are, or a digit as MNIST's are.

    Raises ``InputError`` when there is no face, or no ink.
    """
    info = get_info(name)
    if name == "digits":
        answer = digits.recognise(image)
        if answer.probabilities.max() < LEAST_SURE:
            raise InputError(NO_DIGIT)
        edge = (info.side - digits.SIDE) // 2
        grey = np.pad(np.rint(answer.digit * 255).astype(np.uint8), edge)
        picture = np.repeat(grey[..., None], 3, axis=2)
        return Target(picture, name, int(answer.probabilities.argmax()))
    image = images.as_image(image)
    faces = face_verification.find_faces(image, detector="yunet")
    face = faces[face_verification.pick_face(faces, image.shape[:2])]
    picture = align(
        image, face.landmarks, side=info.side, template=CELEBA_TEMPLATE, border=cv2.BORDER_REPLICATE
    )
    return Target(picture, name, doubt=face_verification.describe_unsure(face, "yunet"))


def check_range(word: str, value: float, low: float, high: float) -> float:
    """``value`` as a number in the range, or ``InputError``."""
    number = as_number(value, low, high)
    if number is None:
        raise InputError(f"Choose a value for the {word} from {low} to {high}, got {show(value)}.")
    return number


@undisturbed
def invert(
    target: Target,
    *,
    steps: int = 120,
    starts: int = 3,
    space: str = "w+",
    feature_share: float = 0.5,
    learning_rate: float = 0.06,
    seed: int = 0,
) -> Iterator[InversionStep]:
    """Find the inner latent whose picture comes nearest to the target; an ``InversionStep`` a step.

    The search begins at the ``starts`` (1 to 8) best of 192 random latents, none of which
    ``sample`` gives for the ``seed``. From there it follows the slope with Adam for ``steps`` (1 to
    400) steps, after a third of them from the nearest alone; each step tells of the nearest so far.
    ``space`` says what is free: "z", the latent before the mapping network, which finds only what
    the generator makes of random numbers; "w", the inner latent; or "w+", one for each block.
    ``feature_share`` (0 to 1) of the loss is the distance of features, the rest that of pixels.
    Closing the generator ends the work. Raises ``InputError`` for values out of range.
    """
    steps = check_count(steps, most=MAX_STEPS, what="steps")
    starts = check_count(starts, most=8, what="starts")
    share = check_range("share of the features", feature_share, 0, 1)
    rate = check_range("learning rate", learning_rate, 1e-3, 1)
    if space not in SPACES:
        raise InputError(f"The space is one of {', '.join(SPACES)}, got {show(space)}.")
    search = Search(target, share, space)
    latents = sample(CANDIDATES, seed=seed, stream=SEARCH)
    inner = map_latents(latents, name=target.name)
    generated = generate(inner, name=target.name, classes=target.digit)
    gaps = np.square(generated.astype(np.float32) - target.picture).mean(axis=(1, 2, 3))
    best = np.argsort(gaps, kind="stable")[:starts]
    kept, nearest = search.begin(latents[best], inner[best]), None
    for number in range(steps + 1):
        if number in (0, steps // 3):
            z = kept.clone().requires_grad_()
            optimiser = torch.optim.Adam([z], lr=rate, betas=(0.9, 0.99))
        optimiser.param_groups[0]["lr"] = rate * slow_down(number / steps)
        with torch.enable_grad():
            latent = search.to_inner(z)
            pictures, pixels, features, losses = search.measure(latent)
            optimiser.zero_grad()
            losses.sum().backward()
        first = int(losses.argmin())
        if nearest is None or float(losses[first].detach()) < nearest.loss:
            nearest = InversionStep(
                number,
                steps,
                to_images(pictures[first : first + 1].detach().float().cpu().numpy())[0],
                latent[first].detach().flatten().cpu().double().numpy(),
                float(pixels[first].detach().sqrt()) * 127.5,
                float(features[first].detach()),
                float(losses[first].detach()),
            )
        else:
            nearest = InversionStep(number, steps, *_rest(nearest))
        yield nearest
        optimiser.step()
        kept = z.detach()[first : first + 1]


def slow_down(done: float) -> float:
    """The share of the learning rate where a share (0 to 1) of the steps is done."""
    return 0.05 + 0.475 * (1 + np.cos(np.pi * done))


def _rest(step: InversionStep) -> tuple:
    return step.picture, step.latent, step.pixels, step.features, step.loss


class Search:
    """The generator and the network that compares, for one target."""

    def __init__(self, target: Target, feature_share: float, space: str) -> None:
        info = get_info(target.name)
        self.name, self.digit = target.name, target.digit
        self.share, self.space = feature_share, space
        self.generator = checkpoints.load_model(info.weight)
        self.judge = checkpoints.load_model(JUDGES[target.name])
        self.device = next(self.generator.parameters()).device
        classes = check_classes(target.digit, 1, info)
        self.classes = None if classes is None else torch.from_numpy(classes).to(self.device)
        pixels = target.picture[None, ..., : info.channels].transpose(0, 3, 1, 2)
        self.target = torch.from_numpy(np.ascontiguousarray(pixels)).to(self.device) / 127.5 - 1
        with torch.no_grad():
            self.wanted = self.look(self.target)

    def begin(self, latents: np.ndarray, inner: np.ndarray) -> Tensor:
        """What is free, for latents (N, 128) and what the mapping network makes of them."""
        start = latents if self.space == "z" else inner
        free = torch.from_numpy(start.astype(np.float32)).to(self.device)
        return free[:, None].repeat(1, self.generator.depth, 1) if self.space == "w+" else free

    def to_inner(self, free: Tensor) -> Tensor:
        return self.generator.mapping(free) if self.space == "z" else free

    def to_parts(self, rows: np.ndarray) -> Tensor:
        """Rows (N, 128 depth) of inner latents as (N, depth, 128)."""
        parts = rows.reshape(len(rows), self.generator.depth, -1).astype(np.float32)
        return torch.from_numpy(parts).to(self.device)

    def draw(self, latents: Tensor, generator: nn.Module | None = None) -> Tensor:
        """Pictures (N, C, S, S) in [-1, 1] of inner latents, all of the target's class."""
        classes = () if self.classes is None else (self.classes.expand(len(latents)),)
        return (generator or self.generator)(latents, *classes)

    def look(self, pictures: Tensor) -> Mapping[str, Tensor]:
        """Features of pictures (N, C, S, S) in [-1, 1], each place's channels at length 1."""
        x = (pictures + 1) / 2
        if self.name == "digits":
            x = x[:, :, 2:-2, 2:-2]
        else:
            x = F.interpolate(x, size=(LOOK_SIDE, LOOK_SIDE), mode="bilinear")
        found = record(self.judge, x, LAYERS[self.name])
        return {layer: F.normalize(maps, dim=1) for layer, maps in found.items()}

    def measure(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pictures, both distances (N,), and the loss (N,)."""
        pictures = self.draw(latents)
        pixels = (pictures - self.target).square().mean(dim=(1, 2, 3))
        seen = self.look(pictures)
        features = torch.stack(
            [
                (seen[layer] - maps).square().sum(dim=1).mean(dim=(1, 2)) / 2
                for layer, maps in self.wanted.items()
            ]
        ).mean(dim=0)
        return pictures, pixels, features, (1 - self.share) * pixels + self.share * features

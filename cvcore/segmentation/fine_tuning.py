"""Fine-tune a trained U-Net on a handful of annotated pictures, while one watches.

The way down stays as it is: what it sees in the pictures is computed once, at the scale at which
the network is used. Only the way up learns, from squares cut out of that, so that a few pictures
suffice. It learns what is painted and forgets the rest.
"""

import copy
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor

from cvcore import segmentation
from cvcore.core import images
from cvcore.core.checks import as_number, as_whole, check_seed, show
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from cvcore.engine import checkpoints
from cvcore.engine.isolation import undisturbed
from cvcore.models.unet import UNet
from cvcore.segmentation.losses import loss_bce_dice

SIDE = 192  # pixels: squares of this side are cut out, at the scale at which pictures are seen
MAX_EXAMPLES = 20
MAX_STEPS = 300
BATCH = 4  # squares a step
CUTS = 2  # squares of every look at a picture
POOL = 32  # squares that are kept, 1 to 7 MB each; older ones make room
LOOK_EVERY = 4  # steps from one look to the next, once the pool is full
ON_PAINT = 0.5  # chance that a square lies around a painted pixel; else it lies anywhere


# What the way down sees of a square, finest level first, and the square's mask (1, 1, h, w).
Square = tuple[tuple[Tensor, ...], Tensor]


@dataclass(frozen=True, eq=False)
class Example:
    """A picture with the mask that somebody painted."""

    image: np.ndarray = field(repr=False)  # uint8 (H, W, 3)
    mask: np.ndarray = field(repr=False)  # bool (H, W)


@dataclass(frozen=True, eq=False)
class TuningStep:
    """Where the training stands."""

    number: int
    total: int
    loss: float
    net: UNet = field(repr=False)
    """The network so far; it goes on changing until the last step."""


def check_examples(examples: Sequence[Example]) -> None:
    """Raise InputError unless there are 1 to 20 examples, none without a painted pixel."""
    if not 1 <= len(examples) <= MAX_EXAMPLES:
        raise InputError(f"Keep 1 to {MAX_EXAMPLES} brushed pictures first, then start.")
    for number, example in enumerate(examples, start=1):
        images.check_image(example.image, min_side=segmentation.MIN_SIDE)
        if example.mask.shape != example.image.shape[:2]:
            raise ValueError(f"Mask {number} is {example.mask.shape}, not the picture's size.")
        if not example.mask.any():
            raise InputError(f"Nothing is painted on picture {number}: paint what is to be found.")


@undisturbed
def fine_tune(
    examples: Sequence[Example],
    *,
    model: str = segmentation.DEFAULT_MODEL,
    steps: int = 60,
    learning_rate: float = 1e-3,
    seed: int = 0,
    start: UNet | None = None,
) -> Iterator[TuningStep]:
    """Train a copy of the way up on the examples; yields after every step.

    ``start`` is a network of this kind to go on from, by default the bundled one. It stays as it
    is, and the copy shares its way down. Adam, a cosine down to zero, binary cross-entropy plus
    Dice. Batch norms keep their statistics: a handful of pictures has none worth having.
    """
    check_examples(examples)
    segmentation.check_model(model)
    total, rate = as_whole(steps, 1, MAX_STEPS), as_number(learning_rate, 0, 0.1)
    if total is None:
        raise InputError(f"Choose a number of steps from 1 to {MAX_STEPS}, got {show(steps)}.")
    if not rate:
        raise InputError(
            f"The learning rate is above 0 and at most 0.1, got {show(learning_rate)}."
        )
    rng = np.random.default_rng(check_seed(seed))
    with torch.inference_mode(False):
        net = copy_decoder(start or checkpoints.load_model(segmentation.WEIGHTS[model]))
        learning = [*net.decoder.parameters(), *net.head.parameters()]
        optimiser = torch.optim.Adam(learning, rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, total)
    pool: deque[Square] = deque(maxlen=POOL)
    looks = 0
    for number in range(1, total + 1):
        with torch.inference_mode(False), torch.enable_grad():
            if len(pool) < POOL or number % LOOK_EVERY == 0:
                example, variant = examples[looks % len(examples)], looks // len(examples)
                pool += _look(net, example, variant, model, rng)
                looks += 1
            chosen = rng.choice(len(pool), min(BATCH, len(pool)), replace=False)
            losses = []
            for down, target in (pool[index] for index in chosen):  # sizes may differ
                _, logits = net.rise(down, target.shape[-2:])
                losses.append(loss_bce_dice(logits, target))
            loss = torch.stack(losses).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        yield TuningStep(number, total, float(loss.detach()), net)


def copy_decoder(net: UNet) -> UNet:
    """A network with the same way down and a copy of the way up that can learn."""
    twin = copy.copy(net)
    twin._modules = dict(net._modules)
    twin.decoder = copy.deepcopy(net.decoder).requires_grad_(True)
    twin.head = copy.deepcopy(net.head).requires_grad_(True)
    return twin.eval()


@undisturbed
@torch.inference_mode()
def predict_tuned(
    image: images.Picture, net: UNet, *, model: str = segmentation.DEFAULT_MODEL
) -> segmentation.Mask:
    """``segmentation.predict_mask`` with a tuned network."""
    segmentation.check_model(model)
    image = images.as_image(image, min_side=segmentation.MIN_SIDE)
    watch = Stopwatch()
    batch = segmentation.to_input(image, model=model)
    watch.lap("preprocess")
    logits = net(torch.from_numpy(batch).to(net.head.weight.device))[0, 0].float().cpu().numpy()
    watch.lap("network")
    probability = segmentation.to_probability(logits, image.shape[:2])
    watch.lap("enlarge")
    return segmentation.Mask(probability, model, batch.shape[2:], watch.ms)


@torch.no_grad()
def _look(
    net: UNet, example: Example, variant: int, model: str, rng: np.random.Generator
) -> list[Square]:
    """Squares of what the way down sees of a variant of the picture.

    Variants: the picture as it is, mirrored, then with other brightness and up to a quarter
    larger or smaller (nuclei never larger). The way down sees the whole picture, as it does when
    the network is used.
    """
    image, mask = example.image, example.mask
    longest = max(segmentation.fit_size(mask.shape, model=model))
    if variant >= 2:
        longest = max(round(longest * 1.25 ** rng.uniform(-1, 1)), segmentation.MIN_SIDE)
        gamma = np.exp(rng.normal() * 0.25)
        image = np.rint(255 * (image / 255) ** gamma).astype(np.uint8)
    if variant % 2:
        image, mask = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    batch = segmentation.to_input(image, model=model, longest=longest)
    size_hw = batch.shape[2:]
    mask = cv2.resize(mask.astype(np.float32), size_hw[::-1], interpolation=cv2.INTER_AREA)
    device = net.head.weight.device
    down = net.encoder(torch.from_numpy(batch).to(device))
    target = torch.from_numpy(mask)[None, None].to(device)
    stride = segmentation.STRIDE[model]
    painted = np.argwhere(mask > 0.5)
    squares = []
    for _ in range(CUTS if max(size_hw) > SIDE else 1):
        if len(painted) and rng.uniform() < ON_PAINT:
            corner = painted[rng.integers(len(painted))] - rng.integers(SIDE, size=2)
        else:
            corner = [rng.integers(max(side - SIDE, 0) + 1) for side in size_hw]
        top, left = (
            int(np.clip(round(place / stride), 0, max(side - SIDE, 0) // stride)) * stride
            for place, side in zip(corner, size_hw, strict=True)
        )
        squares.append(
            (tuple(_cut(part, top, left, size_hw) for part in down),
             _cut(target, top, left, size_hw))
        )  # fmt: skip
    return squares


def _cut(features: Tensor, top: int, left: int, size_hw: tuple[int, int]) -> Tensor:
    """The part of (1, C, h, w) that shows the square at a corner of a picture of ``size_hw``."""
    scale = size_hw[0] // features.shape[2]
    rows = slice(top // scale, (top + SIDE) // scale)
    columns = slice(left // scale, (left + SIDE) // scale)
    return features[:, :, rows, columns].clone()  # lets the rest go

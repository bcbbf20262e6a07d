"""Dreams in motion: a film that falls into the dream, and a webcam picture that dreams on.

Both begin each frame's dream from the one before (a warm start), so a few steps a frame do.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cvcore.core import images
from cvcore.core.checks import as_number, as_whole, show
from cvcore.core.errors import InputError
from cvcore.deep_dream import (
    DEFAULT_SIDE,
    DEFAULTS,
    build_objective,
    check_layer,
    measure,
    to_settings,
    to_start,
)
from cvcore.deep_dream.layers import DEFAULT_LAYER, DEFAULT_MODEL
from cvcore.engine.fusion import load_fused
from cvcore.engine.isolation import undisturbed
from cvcore.probes.activation_maximization import blur, maximise

LIMITS = {"frames": (2, 240), "zoom": (1.0, 1.2), "turn": (-10.0, 10.0)}
MAX_CONTRAST = 1.15  # times the photograph's own deviation: a film's frames would else burn out
FILM_STEPS, FILM_OCTAVES = 4, 2
LIVE_SIDE, LIVE_SHOWN_SIDE = 208, 448  # pixels: what is dreamt in, and what is shown
LIVE_STEPS, LIVE_KEEP = 2, 0.92
MOTION = 0.08  # in [0, 1]: a place that changed by this much forgets most of its dream


@dataclass(frozen=True, eq=False)
class ZoomFrame:
    """One frame of a film."""

    number: int  # counted from 1; the first is the photograph
    total: int
    image: np.ndarray = field(repr=False)  # uint8 (H, W, 3), even sides

    def _repr_png_(self) -> bytes:
        return images.to_png(self.image)


@undisturbed
def zoom_video(
    image: images.Picture,
    *,
    frames: int = 48,
    zoom: float = 1.04,
    turn: float = 0.0,
    octaves: int = FILM_OCTAVES,
    octave_scale: float = DEFAULTS.octave_scale,
    steps: int = FILM_STEPS,
    step_size: float = 0.1 * DEFAULTS.learning_rate,
    jitter: int = DEFAULTS.jitter,
    smoothing: float = DEFAULTS.smoothing,
    side: int = DEFAULT_SIDE,
    seed: int = 0,
    model: str = DEFAULT_MODEL,
    layer: str = DEFAULT_LAYER,
    **aim: Any,
) -> Iterator[ZoomFrame]:
    """Fall into a dream: each frame is the one before, enlarged by ``zoom`` (1 to 1.2), turned by
    ``turn`` degrees to the left (-10 to 10) and dreamt on.

    ``image`` is uint8 (H, W, 3); ``aim`` is what ``cvcore.deep_dream.build_objective`` takes
    (channel, second, mix, guide, class_idx), the rest as in ``cvcore.deep_dream.dream``. Closing
    the generator ends the work. Raises ``InputError`` for values out of range.
    """
    numbers = {}
    for name, value in {"frames": frames, "zoom": zoom, "turn": turn}.items():
        low, high = LIMITS[name]
        number = as_number(value, low, high)
        if number is None:
            raise InputError(
                f"Choose a value for {name} from {low:g} to {high:g}, got {show(value)}."
            )
        numbers[name] = number
    settings = to_settings(octaves, octave_scale, steps, step_size, jitter, smoothing, seed)
    start = to_start(image, side, model)
    start = start[..., : start.shape[2] // 2 * 2, : start.shape[3] // 2 * 2]
    layers, objective = build_objective(model, start, layer=layer, side=side, **aim)
    module, picture, total = load_fused(model), start, int(numbers["frames"])
    yield ZoomFrame(1, total, images.to_image(picture))
    for number in range(2, total + 1):
        moved = keep_contrast(zoom_in(picture, numbers["zoom"], numbers["turn"]), start)
        for step in maximise(
            module, layers, objective, moved, replace(settings, seed=settings.seed + number)
        ):
            picture = step.image
        yield ZoomFrame(number, total, images.to_image(picture))


def zoom_in(picture: Tensor, zoom: float, turn: float = 0.0) -> Tensor:
    """(1, 3, H, W) enlarged about its middle and turned left by degrees, at the same size."""
    height, width = picture.shape[2:]
    angle = math.radians(turn)
    cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
    matrix = torch.tensor([[[cos, -sin * height / width, 0], [sin * width / height, cos, 0]]])
    grid = F.affine_grid(matrix.to(picture), list(picture.shape), align_corners=False)
    moved = F.grid_sample(
        picture, grid, mode="bicubic", padding_mode="reflection", align_corners=False
    )
    return moved.clamp(0, 1)


def keep_contrast(picture: Tensor, photo: Tensor) -> Tensor:
    """The picture with each colour's mean as in the photograph, and no much larger deviation."""
    mean, goal = (values.mean(dim=(2, 3), keepdim=True) for values in (picture, photo))
    spread, most = (values.std(dim=(2, 3), keepdim=True) for values in (picture, photo))
    factor = (MAX_CONTRAST * most / (spread + 1e-6)).clamp(max=1)
    return (goal + (picture - mean) * factor).clamp(0, 1)


@dataclass(frozen=True, eq=False)
class LiveDream:
    """What one visitor's webcam dream goes on from."""

    layer: str
    frame: np.ndarray = field(repr=False)  # (3, h, w) float16: the last frame, small
    change: np.ndarray = field(repr=False)  # (3, h, w) float16: what the dream added to it


@undisturbed
def dream_on(
    frame: images.Picture,
    last: LiveDream | None = None,
    *,
    layer: str = DEFAULT_LAYER,
    steps: int = LIVE_STEPS,
    strength: float = DEFAULTS.max_change,
    side: int = LIVE_SIDE,
    model: str = DEFAULT_MODEL,
) -> tuple[np.ndarray, LiveDream]:
    """One webcam frame, dreamt on from the last one, and what to hand on.

    The dream's change of the last frame is laid on this one, except where the picture moved, and
    goes on for ``steps`` steps (1 to 8) in one octave; ``strength`` (0.02 to 0.4) limits it. The
    change is found on a small copy and added to the frame. Raises ``InputError``.
    """
    frame = images.as_image(frame)
    if as_whole(steps, 1, 8) is None:
        raise InputError(f"Choose a number of steps from 1 to 8, got {show(steps)}.")
    limit = as_number(strength, 0.02, 0.4)
    if limit is None:
        raise InputError(f"Choose a strength from 0.02 to 0.4, got {show(strength)}.")
    settings = replace(
        to_settings(1, 1.4, steps, 0.03, 12, DEFAULTS.smoothing), max_change=limit,
        seed=int(np.random.default_rng().integers(2**31)),
    )  # fmt: skip
    check_layer(layer, model)
    photo = to_start(frame, side, model)
    resume = photo
    if last is not None and last.layer == layer and last.frame.shape == tuple(photo.shape[1:]):
        before = torch.from_numpy(last.frame).to(photo)[None]
        moved = blur((photo - before).abs().mean(dim=1, keepdim=True), 2.0)
        keep = LIVE_KEEP * torch.exp(-((moved / MOTION) ** 2))
        resume = (photo + keep * torch.from_numpy(last.change).to(photo)[None]).clamp(0, 1)
    *_, step = maximise(
        load_fused(model), [layer], lambda found: measure(found[layer], None), photo, settings,
        resume=resume,
    )  # fmt: skip
    change = (step.image - photo)[0].cpu().numpy()
    state = LiveDream(layer, photo[0].cpu().numpy().astype(np.float16), change.astype(np.float16))
    return _add(images.shrink(frame, LIVE_SHOWN_SIDE), change), state


def _add(picture: np.ndarray, change: np.ndarray) -> np.ndarray:
    height, width = picture.shape[:2]
    large = cv2.resize(change.transpose(1, 2, 0), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + 255 * large, 0, 255).astype(np.uint8)

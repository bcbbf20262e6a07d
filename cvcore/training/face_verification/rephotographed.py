"""Faces as a camera sees them, and as it sees their pictures: printed, on a screen, cut out.

A simulation, to measure networks that claim to tell the one from the other. The live face goes
through the same camera as its pictures (framing, blur, noise, exposure, JPEG), so that what differs
is what lies between: ink and paper, or a panel of pixels. Every strength is drawn anew for each
picture from the ranges that stand here; they were set by looking at the pictures, before any
network was asked.
"""

from collections.abc import Callable

import cv2
import numpy as np

from cvcore.core.images import Picture, as_image

WORLD = 768
"""Pixels of a side of the scene, three for each of the camera's: dots and stripes are finer than
what it sees, and alias as before a real sensor."""
FRAME = 256
"""Pixels of a side of the camera's picture."""
INK_ANGLES = (15.0, 75.0, 0.0)  # degrees, of the screens of cyan, magenta and yellow

Random = np.random.Generator


def _between(rng: Random, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def _smooth(rng: Random, strength: float) -> np.ndarray:
    """Light that changes slowly over the scene, about 1: float32 (WORLD, WORLD, 1)."""
    coarse = rng.normal(1, strength, (3, 3)).astype(np.float32)
    return cv2.resize(coarse, (WORLD, WORLD), interpolation=cv2.INTER_CUBIC)[..., None]


def _make_wave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """cos(x + y) for each pair of phases: (len(y), len(x))."""
    return np.outer(np.cos(y), np.cos(x)) - np.outer(np.sin(y), np.sin(x))


def _screen_dots(ink: np.ndarray, degrees: float, period: float) -> np.ndarray:
    """An ink's coverage, 0 to 1, as dots of one darkness whose size tells how much."""
    angle = np.deg2rad(degrees)
    steps = np.arange(ink.shape[0], dtype=np.float32) * np.float32(2 * np.pi / period)
    along = _make_wave(steps * np.float32(np.cos(angle)), steps * np.float32(np.sin(angle)))
    across = _make_wave(steps * np.float32(-np.sin(angle)), steps * np.float32(np.cos(angle)))
    threshold = 0.5 - 0.25 * (along + across)
    return np.clip((ink - threshold) * 4 + 0.5, 0, 1)  # ink spreads: no dot has a sharp edge


def print_on_paper(portrait: np.ndarray, rng: Random) -> np.ndarray:
    """A picture, float32 (S, S, 3) of 0 to 1, in ink: dots, few colours, and the paper's grain."""
    grey = portrait.mean(axis=-1, keepdims=True)
    picture = grey + (portrait - grey) * _between(rng, 0.65, 0.95)
    picture = cv2.GaussianBlur(picture, (0, 0), _between(rng, 0.8, 2.0))
    period = _between(rng, 4.0, 7.0)
    turn = _between(rng, 0, 90)
    dots = [
        _screen_dots(1 - picture[..., i], angle + turn, period)
        for i, angle in enumerate(INK_ANGLES)
    ]
    share = _between(rng, 0.3, 0.9)  # of the dots; the rest is dithered finer than anyone sees
    picture = share * (1 - np.stack(dots, axis=-1)) + (1 - share) * picture
    black, white = _between(rng, 0.06, 0.16), _between(rng, 0.82, 0.95)
    paper = np.array([1, _between(rng, 0.97, 1.0), _between(rng, 0.9, 0.99)], np.float32)
    picture = (black + (white - black) * picture) * paper
    grain = cv2.GaussianBlur(rng.standard_normal(picture.shape[:2], np.float32), (0, 0), 1.2)
    return picture + _between(rng, 0.01, 0.04) * grain[..., None]


def show_on_screen(portrait: np.ndarray, rng: Random) -> np.ndarray:
    """A picture, float32 (S, S, 3) of 0 to 1, on a panel: stripes of three colours, and bloom."""
    picture = np.clip(portrait, 0, 1) ** _between(rng, 0.8, 1.25)
    pitch = int(rng.integers(3, 7))  # of the scene's pixels, for one of the panel's
    side = portrait.shape[0]
    coarse = cv2.resize(picture, (side // pitch, side // pitch), interpolation=cv2.INTER_AREA)
    picture = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_NEAREST)
    place = np.arange(side) % pitch * 3 // pitch
    stripes = (place[None, :, None] == np.arange(3)).astype(np.float32)
    rows = (np.arange(side) % pitch > 0).astype(np.float32)[:, None, None]
    depth = _between(rng, 0.3, 0.8)
    mask = stripes * rows
    mask = 1 - depth + depth * mask / mask.mean(axis=(0, 1))
    glow = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), side / pitch / 40), (side, side))
    white = np.array([_between(rng, 0.85, 1), _between(rng, 0.92, 1), 1], np.float32)
    black = _between(rng, 0.01, 0.06)  # the backlight, where the panel should be dark
    return black + (picture * mask + _between(rng, 0.03, 0.15) * glow) * white


def _oval(side: int, rng: Random) -> np.ndarray:
    """The part of a portrait that scissors leave: 1 inside of an oval around the face."""
    mask = np.zeros((side, side), np.float32)
    axes = int(side * _between(rng, 0.26, 0.34)), int(side * _between(rng, 0.33, 0.42))
    cv2.ellipse(mask, (side // 2, side // 2), axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    return mask[..., None]


def _frame(portrait: np.ndarray, colour: np.ndarray, margin: float) -> np.ndarray:
    """A picture with an edge of one colour around it, at the same size."""
    side = portrait.shape[0]
    edge = int(side * margin)
    small = cv2.resize(portrait, (side - 2 * edge, side - 2 * edge), interpolation=cv2.INTER_AREA)
    whole = np.ones_like(portrait) * colour
    whole[edge : side - edge, edge : side - edge] = small
    return whole


def _make_background(rng: Random) -> np.ndarray:
    """A room out of focus: float32 (WORLD, WORLD, 3)."""
    coarse = (
        rng.uniform(0.15, 0.8) + rng.normal(0, 0.12, (5, 5, 1)) + rng.normal(0, 0.03, (5, 5, 3))
    )
    room = cv2.resize(coarse.astype(np.float32), (WORLD, WORLD), interpolation=cv2.INTER_CUBIC)
    return np.clip(room, 0, 1)


def _hold(portrait: np.ndarray, mask: np.ndarray | None, rng: Random, *, tilt: float) -> np.ndarray:
    """What the camera is pointed at, a little turned and tilted; a mask tells a thing from a room.

    Without a mask the picture fills the view, mirrored where it ends.
    """
    side = portrait.shape[0]
    scale, angle = _between(rng, 0.82, 1.0), np.deg2rad(_between(rng, -8, 8))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    moved = corners @ turn.T + rng.uniform(-tilt, tilt, (4, 2)) + rng.uniform(-0.04, 0.04, 2)
    source, target = (corners + 1) / 2 * side, (moved + 1) / 2 * WORLD
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    size = (WORLD, WORLD)
    held = cv2.warpPerspective(
        portrait, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    if mask is None:
        return held
    over = cv2.warpPerspective(mask, matrix, size, flags=cv2.INTER_LINEAR)[..., None]
    return over * held + (1 - over) * _make_background(rng)


def _stand(portrait: np.ndarray, rng: Random) -> np.ndarray:
    return _hold(portrait, None, rng, tilt=0.0)


def _printed(portrait: np.ndarray, rng: Random) -> np.ndarray:
    sheet = _frame(portrait, np.ones(3, np.float32), _between(rng, 0.02, 0.1))
    sheet = print_on_paper(sheet, rng)
    whole = np.ones(sheet.shape[:2], np.float32)
    held = _hold(sheet, whole, rng, tilt=0.08)
    return held * _smooth(rng, 0.08)


def _on_screen(portrait: np.ndarray, rng: Random) -> np.ndarray:
    panel = show_on_screen(portrait, rng)
    panel = _frame_panel(panel, rng)
    whole = np.ones(panel.shape[:2], np.float32)
    held = _hold(panel, whole, rng, tilt=0.06)
    glare = np.clip(_smooth(rng, 1.0) - 1, 0, 1) * _between(rng, 0, 0.15)
    return held + glare


def _frame_panel(panel: np.ndarray, rng: Random) -> np.ndarray:
    edge = int(panel.shape[0] * _between(rng, 0.02, 0.06))
    dark = np.full(3, _between(rng, 0.02, 0.12), np.float32)
    framed = panel.copy()
    framed[:edge] = framed[-edge:] = dark
    framed[:, :edge] = framed[:, -edge:] = dark
    return framed


def _cut_out(portrait: np.ndarray, rng: Random) -> np.ndarray:
    sheet = print_on_paper(portrait, rng)
    mask = _oval(portrait.shape[0], rng)[..., 0]
    held = _hold(sheet, mask, rng, tilt=0.06)
    return held * _smooth(rng, 0.08)


LIVE = "live"
SCENES: dict[str, Callable[[np.ndarray, Random], np.ndarray]] = {
    LIVE: _stand,
    "printed": _printed,
    "screen": _on_screen,
    "cut out": _cut_out,
}
"""What stands before the camera: the face itself, or one of three pictures of it."""
ATTACKS = tuple(name for name in SCENES if name != LIVE)


def _expose(scene: np.ndarray, rng: Random) -> np.ndarray:
    """The camera's picture of a scene, uint8 (FRAME, FRAME, 3)."""
    scene = cv2.GaussianBlur(scene, (0, 0), 3 * _between(rng, 0.25, 0.6))  # the lens
    frame = cv2.resize(scene, (FRAME, FRAME), interpolation=cv2.INTER_AREA)
    gains = _between(rng, 0.85, 1.15) * np.asarray(rng.uniform(0.95, 1.05, 3), np.float32)
    frame = frame * gains
    noise = rng.normal(0, _between(rng, 0.004, 0.015), frame.shape)
    frame = frame + np.asarray(noise, np.float32)
    pixels = np.clip(frame * 255 + 0.5, 0, 255).astype(np.uint8)
    quality = int(rng.integers(80, 96))
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    seen = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(seen[..., ::-1])


def photograph(portrait: Picture, scene: str, *, seed: tuple[int, ...]) -> np.ndarray:
    """A face, or a picture of it, before a webcam: uint8 (256, 256, 3).

    ``portrait`` is square, with the face in its middle and about half as wide. ``scene`` is one of
    ``SCENES``, KeyError otherwise; equal seeds give equal pictures.
    """
    rng = np.random.default_rng(seed)
    side = (WORLD, WORLD)
    world = cv2.resize(as_image(portrait), side, interpolation=cv2.INTER_CUBIC)
    return _expose(SCENES[scene](world.astype(np.float32) / 255, rng), rng)

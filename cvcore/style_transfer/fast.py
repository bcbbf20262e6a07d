"""Any picture as a style, in one pass through a network that has learnt to paint.

Ghiasi et al., "Exploring the Structure of a Real-time, Arbitrary Neural Artistic Stylization
Network", 2017. One network reads 100 numbers off the style picture; a second one paints the
photograph with them (``cvcore.models.style_network``). Styles are mixed, and their strength is
set, by mixing the numbers. A bundled style may have a painter of its own, which has learnt it,
alone or with other bundled ones (``cvcore.training.style_transfer.own_painter``): near that style's
numbers, it paints.
"""

import hashlib
import math
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from cvcore.core import images
from cvcore.core.checks import as_number, check_whole, show
from cvcore.core.errors import InputError
from cvcore.core.forks import Lock
from cvcore.engine import checkpoints
from cvcore.engine.cache import keep_models
from cvcore.engine.isolation import undisturbed
from cvcore.engine.predictor import open_session
from cvcore.style_transfer import pictures
from cvcore.style_transfer.colours import keep_colours as put_colours_back
from cvcore.style_transfer.whirls import add_whirls

STYLE_SIDE = 256  # pixels: what the first network reads
DEFAULT_SIDE = 384
SIDES = (64, 1024)
MIN_SIDE = 16  # pixels: of the pictures that are given
STROKE = 2.0  # picked by looking: read whole, most styles come out as a fine grain
SHARED = "style_transform"  # paints any style
OWN_REACH = (0.15, 0.35)  # of the numbers' length: where an own painter paints alone, or not at all
MAX_KNOWN = 64  # styles
_known: OrderedDict[bytes, np.ndarray] = OrderedDict()  # numbers by the style's SHA-256
_lock = Lock()


@undisturbed
def style_numbers(style: images.Picture, *, stroke: float = STROKE) -> np.ndarray:
    """The 100 numbers, float32 (100,), of a style picture.

    They are remembered by the picture's hash, the picture is not. See ``read_numbers``.
    """
    style = images.as_image(style, min_side=MIN_SIDE)
    stroke = check_range("stroke size", stroke, 1, 4)
    key = hashlib.sha256(repr((style.shape, stroke)).encode())
    key.update(np.ascontiguousarray(style).data)
    with _lock:
        known = _known.pop(key.digest(), None)
    numbers = read_numbers(style, stroke=stroke) if known is None else known
    with _lock:
        _known[key.digest()] = numbers
        while len(_known) > MAX_KNOWN:
            _known.popitem(last=False)
    return numbers.copy()


@undisturbed
def read_numbers(picture: images.Picture, *, stroke: float = STROKE) -> np.ndarray:
    """The 100 numbers of a picture, read anew and remembered nowhere.

    ``stroke`` 1 reads its middle square; above, up to 4, the mean over squares that are so many
    times smaller and cover it: seen so close, its strokes are coarser, and its colours all count.
    """
    picture = images.as_image(picture, min_side=MIN_SIDE)
    stroke = check_range("stroke size", stroke, 1, 4)
    whole = min(picture.shape[:2])
    square = images.centre_crop(picture, whole)
    side = max(1, round(whole / stroke))
    starts = np.linspace(0, whole - side, math.ceil(stroke)).round().astype(int)
    session, found = _session("style_predict"), []
    for top in starts:
        for left in starts:
            part = np.ascontiguousarray(square[top : top + side, left : left + side])
            small = images.resize(part, (STYLE_SIDE, STYLE_SIDE), resample="lanczos")
            given = {"style_image": small[None] / np.float32(255)}
            found.append(session.run(None, given)[0].ravel())
    return np.mean(found, axis=0)


@keep_models(most=4)
def _session(name: str) -> Any:
    return open_session(partial(checkpoints.load_onnx, name))


@undisturbed
def mix_numbers(
    content: images.Picture,
    style: images.Picture,
    *,
    strength: float = 1.0,
    second: images.Picture | None = None,
    mix: float = 0.5,
    stroke: float = STROKE,
) -> np.ndarray:
    """The numbers (100,) to paint with.

    ``mix`` in [0, 1] is the share of the ``second`` style; ``strength`` 0 takes the photograph's
    own numbers, 1 the style's, and up to 2 goes beyond; ``stroke`` as in ``read_numbers``. Raises
    ``InputError`` out of range.
    """
    mix = check_range("mix", mix, 0, 1)
    numbers = style_numbers(style, stroke=stroke)
    if second is not None:
        numbers = (1 - mix) * numbers + mix * style_numbers(second, stroke=stroke)
    return weaken(numbers, content, strength)


@undisturbed
def weaken(numbers: np.ndarray, content: images.Picture, strength: float) -> np.ndarray:
    """``numbers`` (100,) nearer to the photograph's own (``strength`` < 1), or farther off."""
    strength = check_range("strength", strength, 0, 2)
    if strength == 1:
        return numbers
    own = read_numbers(content, stroke=1)
    return own + strength * (numbers - own)


@undisturbed
def stylise_fast(
    content: images.Picture,
    style: images.Picture,
    *,
    strength: float = 1.0,
    second: images.Picture | None = None,
    mix: float = 0.5,
    stroke: float = STROKE,
    side: int = DEFAULT_SIDE,
    keep_colours: bool = False,
    whirls: bool = True,
) -> np.ndarray:
    """``content`` in the manner of ``style``, both uint8 (H, W, 3), in one pass.

    The answer is uint8 with its longer side at ``side`` pixels (64 to 1024). See ``mix_numbers``
    for ``strength``, ``second``, ``mix`` and ``stroke``, and ``paint`` for ``whirls``;
    ``keep_colours`` takes only the brightness from the painting.
    """
    content, style = check_pictures(content, style)
    side = check_range("size", side, *SIDES, is_whole=True)
    numbers = mix_numbers(content, style, strength=strength, second=second, mix=mix, stroke=stroke)
    small = fit(content, side)
    painted = paint(small, numbers, whirls=whirls)
    return put_colours_back(small, painted) if keep_colours else painted


@undisturbed
def paint(image: images.Picture, numbers: np.ndarray, *, whirls: bool = True) -> np.ndarray:
    """One pass: uint8 (H, W, 3) and 100 style numbers to uint8 (H, W, 3).

    At the numbers of a style that has a painter of its own, that one paints alone; a little away
    from them both paint, and the two are mixed. With ``whirls`` a style that is made of them begins
    with faint ones where the picture is flat (``cvcore.style_transfer.whirls``).
    """
    own, share = own_painter(numbers)
    if own is None:
        return paint_with(image, numbers, SHARED)
    start = add_whirls(image) if whirls and own.has_whirls else image
    if share == 1:
        return paint_with(start, numbers, own.painter)
    both = (paint_with(image, numbers, SHARED), paint_with(start, numbers, own.painter))
    painted = (one.astype(np.float32) for one in both)
    return np.average([*painted], axis=0, weights=[1 - share, share]).round().astype(np.uint8)


@undisturbed
def paint_with(image: images.Picture, numbers: np.ndarray, painter: str) -> np.ndarray:
    """One pass through the network of that name."""
    image = images.as_image(image)
    height, width = image.shape[:2]
    bottom, right = -height % 4, -width % 4
    batch = images.to_chw(np.pad(image, ((0, bottom), (0, right), (0, 0)), mode="edge"))[None]
    given = {"image": batch, "style": numbers.astype(np.float32)[None]}
    (painted,) = _session(painter).run(None, given)
    return images.to_image(painted[0, :, :height, :width])


@dataclass(frozen=True, eq=False)
class OwnPainter:
    """A bundled style that has a painter of its own."""

    painter: str
    """The network that has learnt the style, by its name among the weights."""
    numbers: np.ndarray
    """The style's, float32 (100,)."""
    has_whirls: bool


@undisturbed
def own_painter(numbers: np.ndarray) -> tuple[OwnPainter | None, float]:
    """The nearest style that has a painter of its own, and that one's share of the painting.

    1 near the style's numbers (the picture smaller, or compressed anew, is still the same one),
    falling to 0, with None, where they are farther off; see ``OWN_REACH``.
    """
    nearest, share = None, 0.0
    low, high = OWN_REACH
    for own in list_own_painters():
        away = np.linalg.norm(numbers - own.numbers) / np.linalg.norm(own.numbers)
        near = float(np.clip((high - away) / (high - low), 0, 1))
        nearest, share = (own, near) if near > share else (nearest, share)
    return nearest, share


@cache
def list_own_painters() -> tuple[OwnPainter, ...]:
    """The bundled styles that have painters of their own."""
    return tuple(
        OwnPainter(style.painter, read_numbers(pictures.load_style(name)), style.has_whirls)
        for name, style in pictures.index().items()
        if style.painter
    )


def fit(image: images.Picture, side: int, *, resample: str = "lanczos") -> np.ndarray:
    """The picture with its longer side at exactly ``side`` pixels, no side under 32.

    ``resample`` as in ``cvcore.core.images.resize``.
    """
    image, side = images.as_image(image), check_whole("The side", side, 1, 8192)
    scale = side / max(image.shape[:2])
    size_hw = tuple(max(32, round(length * scale)) for length in image.shape[:2])
    if size_hw == image.shape[:2]:
        return image
    return images.resize(image, size_hw, resample=resample)


def check_pictures(
    content: images.Picture | None, *styles: images.Picture | None
) -> list[np.ndarray]:
    """All of them as uint8 (H, W, 3); ``InputError`` unless they are pictures to work with."""
    found = [images.as_image(content, min_side=MIN_SIDE)]
    for style in styles:
        if style is None:
            raise InputError("There is no style picture yet: upload one or click a style.")
        found.append(images.as_image(style, min_side=MIN_SIDE))
    for image in found:
        height, width = image.shape[:2]
        if max(height, width) > 8 * min(height, width):
            raise InputError("This picture is too narrow to paint: choose a wider one.")
    return found


def check_range(name: str, value: float, low: float, high: float, *, is_whole: bool = False) -> Any:
    """``value`` as a number in [low, high], an int if it has to be whole; else ``InputError``."""
    number = as_number(value, low, high)
    if number is None:
        raise InputError(f"Choose a value for {name} from {low} to {high}, got {show(value)}.")
    if is_whole and number != int(number):
        raise InputError(f"Choose a whole number for {name}, got {show(value)}.")
    return int(number) if is_whole else number

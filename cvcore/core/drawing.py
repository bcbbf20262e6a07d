"""Drawing on pictures: every function returns a new picture and leaves its input alone."""

import colorsys
from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np

from cvcore.core.checks import check_setting
from cvcore.core.images import Picture, as_image, resize

# Perceptually even and safe for the colour-blind; "diverging" is blue, white, red.
_OPENCV_MAPS = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "magma": cv2.COLORMAP_MAGMA,
    "inferno": cv2.COLORMAP_INFERNO,
    "cividis": cv2.COLORMAP_CIVIDIS,
}
COLORMAPS = (*_OPENCV_MAPS, "grey", "diverging")
_FONT = cv2.FONT_HERSHEY_SIMPLEX
MOST_LABELS = 12  # on one picture: more hide what they name
_BLUE, _WHITE, _RED = np.array([[33, 102, 172], [247, 247, 247], [178, 24, 43]], dtype=np.float32)


def colourise(
    values: np.ndarray,
    *,
    colormap: str = "viridis",
    vmin: float | None = None,
    vmax: float | None = None,
) -> np.ndarray:
    """A map (H, W) of numbers as a picture (H, W, 3).

    ``vmin`` and ``vmax`` are the ends of the colour range; by default the map's own least and
    greatest value, for "diverging" plus and minus its greatest magnitude. A constant map takes
    the colour of the lower end (the middle for "diverging").
    """
    if colormap not in COLORMAPS:
        raise ValueError(f"colormap must be one of {', '.join(COLORMAPS)}; got {colormap!r}.")
    vmin, vmax = (
        None if end is None else check_setting("An end of the colour range", end, -1e30, 1e30)
        for end in (vmin, vmax)
    )
    values = np.nan_to_num(np.asarray(values, dtype=np.float32))
    if colormap == "diverging":
        limit = float(np.abs(values).max())
        low = -limit if vmin is None else vmin
        high = limit if vmax is None else vmax
    else:
        low = float(values.min()) if vmin is None else vmin
        high = float(values.max()) if vmax is None else vmax
    if high > low:
        unit = np.clip((values - low) / (high - low), 0, 1)
    else:
        unit = np.full_like(values, 0.5 if colormap == "diverging" else 0.0)
    if colormap == "diverging":
        below, above = (
            np.clip(1 - 2 * unit, 0, 1)[..., None],
            np.clip(2 * unit - 1, 0, 1)[..., None],
        )
        rgb = _WHITE + below * (_BLUE - _WHITE) + above * (_RED - _WHITE)
        return np.rint(rgb).astype(np.uint8)
    grey = np.rint(unit * 255).astype(np.uint8)
    if colormap == "grey":
        return np.repeat(grey[..., None], 3, axis=2)
    return cv2.applyColorMap(grey, _OPENCV_MAPS[colormap])[..., ::-1].copy()


def list_colours(colormap: str = "viridis") -> np.ndarray:
    """The 256 colours uint8 (256, 3) of a colour map, from its lower end on."""
    return colourise(np.arange(256, dtype=np.float32)[None], colormap=colormap)[0]


def draw_heatmap(
    image: Picture,
    heatmap: np.ndarray,
    *,
    opacity: float = 0.5,
    colormap: str = "viridis",
    vmin: float | None = None,
    vmax: float | None = None,
) -> np.ndarray:
    """Lay a heatmap of any size over a picture; ``opacity`` 0 shows the picture, 1 the map."""
    image, opacity = as_image(image), check_setting("The opacity", opacity, 0, 1)
    colours = colourise(heatmap, colormap=colormap, vmin=vmin, vmax=vmax)
    colours = resize(colours, image.shape[:2], resample="bicubic")
    return cv2.addWeighted(image, 1 - opacity, colours, opacity, 0)


def draw_frame(image: Picture, box_xyxy: tuple[int, int, int, int]) -> np.ndarray:
    """Draw an orange frame just inside a box, given in pixels with its right end excluded."""
    image = as_image(image)
    image = image.copy()
    left, top, right, bottom = box_xyxy
    width = max(1, round(max(image.shape[:2]) / 110))
    for colour, inset in (((0, 0, 0), 0), ((255, 127, 14), max(1, width // 2))):
        corners = (left + inset, top + inset), (right - 1 - inset, bottom - 1 - inset)
        cv2.rectangle(image, *corners, colour, max(1, width - inset))
    return image


@cache
def class_colour(class_id: int) -> tuple[int, int, int]:
    """A strong colour (R, G, B) for a class or a track; neighbours differ clearly."""
    hue = (0.58 + class_id * 0.618034) % 1  # steps of the golden ratio never bunch
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.75, 0.95))
    return red, green, blue


def place_labels(
    xyxy: np.ndarray, sizes_wh: np.ndarray, image_hw: tuple[int, int], most: int = MOST_LABELS
) -> list[tuple[int, int] | None]:
    """Where each box's label goes, so that none hides another: its left upper corner in pixels.

    ``xyxy`` (N, 4) and ``sizes_wh`` (N, 2) in pixels, the most important box first. A label stands
    at a corner of its box: above it, below, or inside. None where no corner is free, and after the
    first ``most``: that box stays without words.
    """
    placed: list[tuple[float, float, float, float]] = []
    places: list[tuple[int, int] | None] = []
    for box, size in zip(np.asarray(xyxy).tolist(), np.asarray(sizes_wh).tolist(), strict=True):
        width, height = size
        free = (
            (x, y)
            for x, y in _list_corners(box, width, height, image_hw)
            if not any(
                x < right and x + width > left and y < bottom and y + height > top
                for left, top, right, bottom in placed
            )
        )
        spot = next(free, None) if len(placed) < most else None
        places.append(spot and (round(spot[0]), round(spot[1])))
        if spot:
            placed.append((*spot, spot[0] + width, spot[1] + height))
    return places


def _list_corners(
    box: Sequence[float], width: float, height: float, image_hw: tuple[int, int]
) -> list[tuple[float, float]]:
    """Where a label of this size may stand, the best first; all of it lies in the picture."""
    x1, y1, x2, y2 = box
    inside = [y1, y2 - height]
    rows = [y1 - height, y2, *inside] if y1 >= height else [*inside, y2]
    furthest = max(0, image_hw[1] - width)
    columns = [min(max(0, x), furthest) for x in (x1, x2 - width)]
    return [(x, y) for y in rows for x in columns if 0 <= y <= max(0, image_hw[0] - height)]


def measure_label(text: str, longer: int) -> tuple[int, int, int]:
    """How large a box's text is on a picture whose longer side is ``longer`` pixels: its width, and
    its height above and below the line on which it stands, in pixels."""
    (width, above), below = cv2.getTextSize(text, _FONT, *_letters(longer))
    return width, above, below


def _letters(longer: int) -> tuple[float, int]:
    """Scale and thickness of a box's text."""
    size = longer / 640
    return max(0.45, 0.6 * size), max(1, round(1.6 * size))


def draw_labelled_boxes(
    image: Picture,
    xyxy: np.ndarray,
    texts: Sequence[str],
    colours: Sequence[tuple[int, int, int]],
) -> np.ndarray:
    """Boxes (N, 4) in pixels, each with its colour; the first one is on top.

    Their texts stand where none hides another, see ``place_labels``; where many boxes lie, only the
    first ones have one.
    """
    picture = as_image(image).copy()
    longer = max(picture.shape[:2])
    line = max(2, round(2.5 * longer / 640))
    scale, thick = _letters(longer)
    corners = np.asarray(xyxy).reshape(-1, 4).round().astype(int)
    letters = [measure_label(text, longer) for text in texts]
    sizes = [(wide + 2 * line, above + below + line) for wide, above, below in letters]
    for (x1, y1, x2, y2), colour in reversed(list(zip(corners.tolist(), colours, strict=True))):
        cv2.rectangle(picture, (x1, y1), (x2, y2), colour, line, cv2.LINE_AA)
    places = place_labels(corners, np.array(sizes).reshape(-1, 2), picture.shape[:2])
    for row, (place, text, colour) in enumerate(zip(places, texts, colours, strict=True)):
        if place is None:
            continue
        (left, top), (wide, tall) = place, sizes[row]
        cv2.rectangle(picture, place, (left + wide, top + tall), colour, -1)
        base = (left + line, top + tall - letters[row][2])
        cv2.putText(picture, text, base, _FONT, scale, _ink(colour), thick, cv2.LINE_AA)
    return picture


def draw_text(image: Picture, text: str, *, height: float = 0.06) -> np.ndarray:
    """Write lines of plain ASCII text on a dark band at the top of the picture.

    ``height`` is a line's height as a share of the picture's height.
    """
    image = as_image(image).copy()
    height = check_setting("The height of a line", height, 0, 1)
    lines = text.split("\n")
    line = max(12, round(image.shape[0] * height))
    band = image[: line * len(lines) + line // 3]
    band[:] = band // 4
    for row, words in enumerate(lines, start=1):
        scale = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, round(line * 0.6))
        (width, _), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
        scale *= min(1.0, (image.shape[1] - line) / max(width, 1))
        cv2.putText(
            image,
            words,
            (line // 2, row * line - line // 6),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale,
            (255, 255, 255),
            max(1, round(scale * 2)),
            cv2.LINE_AA,
        )
    return image


def _ink(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """Black or white, whichever reads better on the colour."""
    red, green, blue = colour
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)

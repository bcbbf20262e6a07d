"""Drawing on pictures: every function returns a new picture and leaves its input alone."""

import cv2
import numpy as np

from cvcore.images import resize

# Perceptually even and safe for the colour-blind; "diverging" is blue, white, red.
_OPENCV_MAPS = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "magma": cv2.COLORMAP_MAGMA,
    "inferno": cv2.COLORMAP_INFERNO,
    "cividis": cv2.COLORMAP_CIVIDIS,
}
COLORMAPS = (*_OPENCV_MAPS, "grey", "diverging")
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


def draw_heatmap(
    image: np.ndarray,
    heatmap: np.ndarray,
    *,
    opacity: float = 0.5,
    colormap: str = "viridis",
    vmin: float | None = None,
    vmax: float | None = None,
) -> np.ndarray:
    """Lay a heatmap of any size over a picture; ``opacity`` 0 shows the picture, 1 the map."""
    colours = colourise(heatmap, colormap=colormap, vmin=vmin, vmax=vmax)
    colours = resize(colours, image.shape[:2], resample="bicubic")
    return cv2.addWeighted(image, 1 - opacity, colours, opacity, 0)


def draw_frame(image: np.ndarray, box_xyxy: tuple[int, int, int, int]) -> np.ndarray:
    """Draw an orange frame just inside a box, given in pixels with its right end excluded."""
    image = image.copy()
    left, top, right, bottom = box_xyxy
    width = max(1, round(max(image.shape[:2]) / 110))
    for colour, inset in (((0, 0, 0), 0), ((255, 127, 14), max(1, width // 2))):
        corners = (left + inset, top + inset), (right - 1 - inset, bottom - 1 - inset)
        cv2.rectangle(image, *corners, colour, max(1, width - inset))
    return image


def draw_text(image: np.ndarray, text: str, *, height: float = 0.06) -> np.ndarray:
    """Write lines of plain ASCII text on a dark band at the top of the picture.

    ``height`` is a line's height as a share of the picture's height.
    """
    image = image.copy()
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

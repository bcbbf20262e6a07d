"""Paint the style pictures of ``assets/styles/``: brush strokes, facets, cuts and tiles by rule.

    python -m cvcore.training.style_transfer.pictures

Every picture is made from random numbers with a fixed seed: the same command gives the same
pictures. Each paints colours over a simple scene in one manner, rich in texture, as networks read
a style off texture and palette. Prints each file written with its SHA-256, for the index.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from cvcore.core.commands import command, output_folder
from cvcore.core.images import to_jpeg
from cvcore.core.paths import ASSETS

SIDE = 512  # pixels
Field = np.ndarray  # (H, W) or (H, W, 3), float


def grid() -> tuple[Field, Field]:
    """x and y of every pixel, 0 to 1."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    return x, y


def cloud(rng: np.random.Generator, cells: int, octaves: int = 4) -> Field:
    """Smooth noise (H, W) from 0 to 1 with ``cells`` lumps a side, and finer ones on them."""
    total = np.zeros((SIDE, SIDE))
    for octave in range(octaves):
        count = cells * 2**octave + 3
        lumps = rng.random((count, count)).astype(np.float32)
        total += cv2.resize(lumps, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) / 2**octave
    return (total - total.min()) / np.ptp(total)


def blend(value: Field, stops: list[tuple[float, str]]) -> Field:
    """Colours (H, W, 3), 0 to 255, along a palette of (place from 0 to 1, "#rrggbb")."""
    places = [place for place, _ in stops]
    colours = np.array([hex_rgb(colour) for _, colour in stops])
    return np.stack([np.interp(value, places, colours[:, c]) for c in range(3)], axis=-1)


def hex_rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def brush(
    colours: Field, angle: Field, rng: np.random.Generator, *, count: int, length: float,
    width: float, spread: float = 14.0, canvas: Field | None = None,
) -> tuple[Field, Field]:  # fmt: skip
    """Strokes that follow ``angle`` in the colours under them; the painting and its relief.

    Lengths and widths in pixels; each stroke is a bundle of bristles of slightly different
    colour and height. Returns (H, W, 3) and (H, W).
    """
    painting = (colours.copy() if canvas is None else canvas.copy()).astype(np.float32)
    relief = np.zeros((SIDE, SIDE), np.float32)
    for x, y in rng.random((count, 2)) * SIDE:
        colour = colours[int(y), int(x)] + rng.normal(0, spread) + rng.normal(0, spread / 2, 3)
        points = [(x, y)]
        for _ in range(int(length * rng.uniform(0.5, 1.3) / 4)):
            px, py = points[-1]
            turn = angle[min(max(int(py), 0), SIDE - 1), min(max(int(px), 0), SIDE - 1)]
            points.append((px + 4 * np.cos(turn), py + 4 * np.sin(turn)))
        if len(points) < 2:
            continue
        line = np.array(points)
        side = np.gradient(line, axis=0)[:, ::-1] * (1, -1)
        side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
        bristles = max(1, round(width * rng.uniform(0.6, 1.2) / 1.6))
        for offset in np.linspace(-width / 2, width / 2, bristles):
            path = np.round((line + side * offset) * 16).astype(np.int32)
            shade = np.clip(colour + rng.normal(0, spread / 1.6), 0, 255).tolist()
            cv2.polylines(painting, [path], False, shade, 2, cv2.LINE_AA, 4)
            cv2.polylines(relief, [path], False, float(rng.random()), 2, cv2.LINE_AA, 4)
    return painting, relief


def light(painting: Field, relief: Field, strength: float = 26.0) -> Field:
    """Thick paint under a lamp from the upper left."""
    smooth = cv2.GaussianBlur(relief.astype(np.float32), (0, 0), 0.9)
    slope = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) + cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    return painting - strength * slope[..., None]


def whirls(centres: list[tuple[float, float, float]], rng: np.random.Generator) -> Field:
    """Directions (H, W) in radians that turn about centres (x, y, strength)."""
    x, y = grid()
    u, v = np.ones_like(x) * 0.55, 0.35 * np.sin(x * 9)
    for cx, cy, strength in centres:
        dx, dy = x - cx, y - cy
        fall = strength * np.exp(-(dx**2 + dy**2) / 0.035)
        u, v = u - dy * fall * 14, v + dx * fall * 14
    return np.arctan2(v, u) + 0.25 * (cloud(rng, 4) - 0.5)


def paint_night(rng: np.random.Generator) -> Field:
    """A starry night in whirling strokes: ultramarine, cobalt, yellow."""
    x, y = grid()
    centres = [(0.3, 0.36, 1.0), (0.62, 0.48, -0.9), (0.85, 0.18, 0.9), (0.12, 0.1, -0.6)]
    angle = whirls(centres, rng)
    tone = 0.55 * cloud(rng, 5) + 0.25 * (1 - y)
    for cx, cy, strength in centres:
        distance = np.hypot(x - cx, y - cy)
        tone += 0.75 * np.exp(-((distance / 0.055) ** 2)) * abs(strength)
        tone += 0.16 * np.cos(distance * 75) * np.exp(-distance * 8)
    night = [(0, "#0b1540"), (0.3, "#1d3c8f"), (0.5, "#3f76b8"), (0.68, "#8fbfc9"),
             (0.85, "#f0d264"), (1, "#fdf3a5")]  # fmt: skip
    colours = blend(np.clip(tone, 0, 1), night)
    hills = 0.74 + 0.06 * np.sin(x * 7 + 1) + 0.03 * np.sin(x * 17)
    ground = blend(cloud(rng, 9), [(0, "#0e2233"), (0.6, "#24566b"), (1, "#6b8f4e")])
    colours = np.where((y > hills)[..., None], ground, colours)
    painting, _ = brush(colours, angle, rng, count=5200, length=46, width=9)
    return light(*brush(colours, angle, rng, count=6500, length=30, width=5, canvas=painting))


def paint_dusk(rng: np.random.Generator) -> Field:
    """Long bands of vermilion and green, as anxious as can be."""
    x, y = grid()
    bend = y + 0.1 * np.sin(x * 6 + 2 * cloud(rng, 2)) + 0.12 * cloud(rng, 3)
    gy, gx = np.gradient(bend)
    angle = np.arctan2(gx, -gy) + np.pi
    sky = [(0, "#8c1c13"), (0.18, "#e0481b"), (0.3, "#f6a021"), (0.4, "#f5d77c"),
           (0.5, "#c8583c"), (0.6, "#31566e"), (0.72, "#16304a"), (0.85, "#5b7a3a"),
           (1, "#2c1a12")]  # fmt: skip
    tone = np.clip(0.86 * bend + 0.07 * np.sin(bend * 60), 0, 1)
    painting, relief = brush(blend(tone, sky), angle, rng, count=7000, length=80, width=7,
                             spread=16)  # fmt: skip
    return light(painting, relief)


def paint_dots(rng: np.random.Generator) -> Field:
    """A river bank in pure dots that mix in the eye."""
    x, y = grid()
    sky = blend(np.clip(y * 2 + 0.2 * cloud(rng, 4), 0, 1),
                [(0, "#6fa8dc"), (0.6, "#f4d9b0"), (1, "#f29e7a")])  # fmt: skip
    water = blend(np.clip(0.5 * y + 0.5 * cloud(rng, 8), 0, 1),
                  [(0, "#2a5d9f"), (0.6, "#5fa8b8"), (1, "#f0c987")])  # fmt: skip
    grass = blend(cloud(rng, 9), [(0, "#1f4f2b"), (0.5, "#5d9e3f"), (1, "#d9cf52")])
    colours = np.where((y < 0.38)[..., None], sky, water)
    bank = y - 0.35 * x > 0.52 + 0.04 * np.sin(x * 20)
    colours = np.where(bank[..., None], grass, colours)
    for cx, cy, radius in [(0.2, 0.28, 0.15), (0.42, 0.32, 0.1), (0.85, 0.24, 0.17)]:
        crown = np.hypot(x - cx, (y - cy) * 1.2) < radius * (0.8 + 0.5 * cloud(rng, 7))
        leaves = blend(cloud(rng, 12), [(0, "#12372a"), (0.6, "#3f7d3a"), (1, "#a8b545")])
        colours = np.where(crown[..., None], leaves, colours)
    painting = np.full((SIDE, SIDE, 3), 228, np.float32)
    for size, count in ((6, 12000), (5, 14000), (4, 9000)):
        for px, py in (rng.random((count, 2)) * SIDE).astype(int):
            colour = colours[py, px] + rng.normal(0, 22, 3)
            if rng.random() < 0.12:  # a dot of the complement makes the others sing
                colour = 0.35 * colour + 0.65 * (255 - 0.75 * colour)
            radius = int(size * 9 * rng.uniform(0.7, 1.15))
            centre = (int(px * 16 + rng.integers(16)), int(py * 16 + rng.integers(16)))
            shade = np.clip(colour * 1.04, 0, 255).tolist()
            cv2.circle(painting, centre, radius, shade, -1, cv2.LINE_AA, 4)
    return painting


def cells(rng: np.random.Generator, count: int, stretch: float = 1.0) -> tuple[Field, Field]:
    """The nearest of ``count`` random points for every pixel, and how much nearer it is, pixels."""
    x, y = grid()
    points = rng.random((count, 2)) * 1.1 - 0.05
    order = np.stack([np.hypot(x - px, (y - py) * stretch) for px, py in points])
    two = np.partition(order, 1, axis=0)[:2]
    return order.argmin(axis=0), (two[1] - two[0]) * SIDE


def paint_glass(rng: np.random.Generator) -> Field:
    """A church window: glowing panes in lead."""
    x, y = grid()
    pane, edge = cells(rng, 130)
    distance = np.hypot(x - 0.5, y - 0.46)
    hues = ["#c81d25", "#f2b705", "#0b3c9d", "#1b998b", "#7b2cbf", "#f46036", "#2e86de", "#e8e3b0"]
    ring = (distance * 9).astype(int)
    painting = np.zeros((SIDE, SIDE, 3))
    for index in range(pane.max() + 1):
        here = pane == index
        if here.any():
            hue = hues[(ring[here].min() * 3 + rng.integers(3)) % len(hues)]
            painting[here] = np.array(hex_rgb(hue)) * rng.uniform(0.75, 1.2)
    glow = 0.62 + 0.55 * cloud(rng, 7) + 0.25 * np.clip(edge / 26, 0, 1)
    streaks = cv2.GaussianBlur(rng.random((SIDE, SIDE)).astype(np.float32), (0, 0), 1.2, None, 9)
    painting = painting * glow[..., None] + 260 * (streaks[..., None] - 0.5)
    rings = np.abs((distance * 9) % 1 - 0.0) < 0.05
    lead = (edge < 5) | rings
    lead = cv2.GaussianBlur(lead.astype(np.float32), (0, 0), 0.9)[..., None]
    return painting * (1 - lead) + lead * np.array([22, 20, 26])


def paint_facets(rng: np.random.Generator) -> Field:
    """A still life broken into planes: ochre, umber, slate, a little teal."""
    x, y = grid()
    tone = 0.5 + 0.0 * x
    hue = np.zeros_like(x)
    for _ in range(34):  # planes fold the picture along straight lines
        turn, shift = rng.uniform(0, np.pi), rng.uniform(-0.15, 1.15)
        side = x * np.cos(turn) + y * np.sin(turn) - shift
        near = np.exp(-np.abs(side) * rng.uniform(5, 14))
        tone += np.where(side > 0, 1, -1) * near * rng.uniform(0.1, 0.26)
        hue += np.where(side > 0, 1, -0.6) * near * rng.uniform(-0.4, 0.4)
    tone = np.clip(tone, 0, 1)
    warm = blend(tone, [(0, "#1d1712"), (0.35, "#6b4a2b"), (0.65, "#c79a56"), (1, "#f3e2b8")])
    cool = blend(tone, [(0, "#131a20"), (0.35, "#345058"), (0.65, "#8aa39b"), (1, "#e9ead8")])
    mix = np.clip(0.5 + 1.2 * hue, 0, 1)[..., None]
    colours = warm * (1 - mix) + cool * mix
    slope = cv2.magnitude(*(cv2.Sobel(tone, cv2.CV_64F, *axes) for axes in ((1, 0), (0, 1))))
    line = np.clip(cv2.GaussianBlur(slope, (0, 0), 1.0) - 0.3, 0, 1)[..., None]
    gy, gx = np.gradient(cv2.GaussianBlur(tone, (0, 0), 9))
    angle = np.round(np.arctan2(gy, gx) / (np.pi / 6)) * np.pi / 6
    painting, relief = brush(colours, angle, rng, count=12000, length=9, width=6, spread=9)
    return light(painting, relief, 18) * (1 - line) + line * np.array([25, 18, 12])


def paint_woodcut(rng: np.random.Generator) -> Field:
    """Black lines cut along the forms, thick in the shade, on warm paper."""
    x, y = grid()
    shade = np.clip(0.08 + 0.68 * cloud(rng, 3, 3), 0, 1)
    for cx, cy, radius in [(0.33, 0.4, 0.24), (0.75, 0.7, 0.2), (0.72, 0.2, 0.13)]:
        lit = np.clip(1 - np.hypot(x - cx, y - cy) / radius, 0, 1)
        away = np.hypot(x - cx + 0.08, y - cy + 0.08) / radius
        shade = np.where(lit > 0, 0.05 + 0.5625 * away, shade)
    warp = 0.22 * cloud(rng, 2, 3)
    ink = np.zeros_like(x)
    for turn, pitch, start in ((0.5, 62, 0.0), (-0.55, 62, 0.62), (1.5, 70, 0.85)):
        wave = np.sin(2 * np.pi * pitch * (x * np.sin(turn) + y * np.cos(turn) + warp))
        cover = np.clip((shade - start) / (1 - start) * 1.15, 0, 1)
        ink = np.maximum(ink, np.where(cover > 0, wave * 0.5 + 0.5 > 1 - cover, False))
    rough = cv2.GaussianBlur(ink + 0.5 * (rng.random(x.shape) - 0.5), (0, 0), 1.0)
    ink = np.clip((rough - 0.5) * 6 + 0.5, 0, 1)[..., None]
    paper = blend(cloud(rng, 20), [(0, "#e6d3ac"), (1, "#f7ead0")])
    return paper * (1 - ink) + ink * np.array([30, 22, 20])


def paint_wave(rng: np.random.Generator) -> Field:
    """Curling waves in Prussian blue with claws of foam, flat as a colour print."""
    x, y = grid()
    painting = blend(y * 1.4 + 0.05 * cloud(rng, 6), [(0, "#e9d9b6"), (0.7, "#f1e6cd"),
                                                      (1, "#d8cfb2")])  # fmt: skip
    for row in range(7):
        phase, swell = rng.uniform(0, 6.3), 0.11 - 0.006 * row
        bent = x + 0.05 * np.sin(y * 26 + phase)
        crest = 0.2 + 0.13 * row + swell * np.sin(bent * (7 + row) + phase)
        crest += 0.018 * np.abs(np.sin(bent * 47 + phase)) + 0.009 * np.sin(bent * 120)
        depth = y - crest
        bands = np.sin(depth * 150 + 3.5 * np.sin(bent * (8 + row)))
        sea = blend(np.clip(depth * 4.5, 0, 1), [(0, "#9fc3cf"), (0.25, "#3a6fa5"),
                                                 (1, "#12305e")])  # fmt: skip
        sea = np.where((bands > 0.55)[..., None], np.array(hex_rgb("#c6dbdc")), sea)
        sea = np.where((bands < -0.75)[..., None], np.array(hex_rgb("#0e2245")), sea)
        painting = np.where((depth > 0)[..., None], sea, painting)
        claws = (depth > -0.004) & (depth < 0.022 + 0.02 * np.sin(bent * 90 + 4 * np.sin(x * 31)))
        painting = np.where(claws[..., None], np.array(hex_rgb("#f6f1e1")), painting)
        outline = (np.abs(depth) < 0.004)[..., None]
        painting = np.where(outline, np.array(hex_rgb("#152a4d")), painting)
    for px, py in rng.random((500, 2)) * (SIDE, SIDE * 0.75):
        cv2.circle(painting, (int(px), int(py)), int(rng.integers(1, 4)), hex_rgb("#f8f3e4"), -1)
    grain = cloud(rng, 90, 1)[..., None]
    return cv2.GaussianBlur(painting, (0, 0), 0.7) * (0.9 + 0.17 * grain)


def paint_mosaic(rng: np.random.Generator) -> Field:
    """Small stones laid in rings: gold, lapis, malachite, coral."""
    painting = np.full((SIDE, SIDE, 3), (58.0, 50.0, 44.0))
    stones = {"gold": "#d9a930", "sand": "#ecd9a0", "lapis": "#1f4e9c", "sky": "#5aa0c8",
              "green": "#2c7a57", "coral": "#c8482e", "ivory": "#f2ead6"}  # fmt: skip
    names = list(stones)
    centres = [(0.3, 0.32), (0.75, 0.62), (0.2, 0.9), (0.85, 0.1)]
    for _ in range(26000):
        px, py = rng.random(2)
        near = min(centres, key=lambda c: np.hypot(px - c[0], py - c[1]))
        dx, dy = px - near[0], py - near[1]
        ring = round(np.hypot(dx, dy) * SIDE / 13)
        turn = np.arctan2(dy, dx)
        steps = max(4, round(2 * np.pi * ring * 13 / 13))
        turn = round(turn / (2 * np.pi) * steps) / steps * 2 * np.pi
        cx = near[0] * SIDE + ring * 13 * np.cos(turn)
        cy = near[1] * SIDE + ring * 13 * np.sin(turn)
        if 0 <= cx < SIDE and 0 <= cy < SIDE and abs(painting[int(cy), int(cx)].sum() - 152) < 1:
            petals = np.sin(turn * 6 + ring * 0.35)
            index = (ring // 3 + (petals > 0.2)) % len(names)
            colour = np.array(hex_rgb(stones[names[index]])) + rng.normal(0, 17, 3)
            box = cv2.boxPoints(((cx, cy), tuple(rng.uniform(9.5, 11.5, 2)),
                                 np.degrees(turn) + rng.normal(0, 5)))  # fmt: skip
            cv2.fillConvexPoly(painting, np.round(box * 16).astype(np.int32),
                               np.clip(colour, 0, 255).tolist(), cv2.LINE_AA, 4)  # fmt: skip
    stone = cv2.GaussianBlur(painting.mean(axis=2).astype(np.float32), (0, 0), 1.2) / 255
    return light(painting * (0.86 + 0.28 * cloud(rng, 60, 2)[..., None]), stone, 22)


def paint_ink(rng: np.random.Generator) -> Field:
    """Mountains in wet ink: washes that fade downwards, a dry brush on their ridges."""
    x, y = grid()
    paper = blend(cloud(rng, 14), [(0, "#e9e2d0"), (1, "#f6f1e4")])
    ink = np.zeros_like(x)
    for row in range(6):
        ridge = 0.14 + 0.13 * row + 0.16 * (cloud(rng, 3 + row, 5)[SIDE // 2] - 0.5)
        depth = y - ridge[None, :]
        wash = np.exp(-np.clip(depth, 0, 1) * (7 - 0.4 * row)) * (0.24 + 0.11 * row)
        wash *= 0.55 + 0.9 * cloud(rng, 6, 5)
        dry = (cloud(rng, 40, 3) > 0.52 + depth * 4) & (depth < 0.09) & (depth > 0)
        ink = np.where(depth > 0, np.maximum(ink * 0.55, wash + 0.3 * dry), ink)
    bleed = cv2.GaussianBlur(ink, (0, 0), 2.2)
    ink = np.clip(0.6 * ink + 0.55 * bleed, 0, 0.96)
    colours = paper * (1 - ink[..., None]) + ink[..., None] * np.array([28, 32, 42])
    gy, gx = np.gradient(cv2.GaussianBlur(ink, (0, 0), 7))
    angle = np.arctan2(gx, -gy)
    painting, _ = brush(colours, angle, rng, count=5500, length=34, width=6, spread=7)
    return 0.45 * colours + 0.55 * painting


PAINTERS: dict[str, Callable[[np.random.Generator], Field]] = {
    "night": paint_night, "dusk": paint_dusk, "dots": paint_dots, "glass": paint_glass,
    "facets": paint_facets, "woodcut": paint_woodcut, "wave": paint_wave,
    "mosaic": paint_mosaic, "ink": paint_ink,
}  # fmt: skip


def paint(name: str) -> np.ndarray:
    """The style picture called ``name``, uint8 (512, 512, 3)."""
    painting = PAINTERS[name](np.random.default_rng(7))
    return np.clip(painting, 0, 255).astype(np.uint8)


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ASSETS / "styles")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    for name in PAINTERS:
        data = to_jpeg(paint(name), quality=90)
        (options.out / f"{name}.jpg").write_bytes(data)
        print(f"{name}.jpg", f"{len(data) // 1000} kB", hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    sys.exit(main())

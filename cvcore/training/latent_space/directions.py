"""Directions of inner latents along which something changes that has a name.

What is named is measured on thousands of generated pictures and fitted by a line in w. Each
direction is at right angles to the slopes of all the others, so that these stay as they are (Shen
et al., "Interpreting the Latent Space of GANs for Semantic Face Editing", CVPR 2020).
"""

import cv2
import numpy as np
import torch
from torch import nn

from cvcore.core.errors import InputError
from cvcore.latent_space.paths import sample
from cvcore.models.gan import LATENT_SIZE
from cvcore.recognition import faces
from cvcore.training.latent_space.drawing import to_bytes

PICTURES = 4000
CHECKED = 200  # pictures by which a direction is judged
SEED = 77
RIDGE = 10.0
PLACES = (3.0, 2.5, 2.0, 1.5, 1.0, 0.5)  # deviations: how far a direction may lead
CLEAR = 0.85  # of a detector's score, 0 to 1: a torn face has less
STILL_CLEAR = 0.95  # share of the pictures with a clear face that must still have one
FACE_SIDE, EDGE = 256, 64  # pixels: at which the face's parts are looked for, and around it
# what is measured: its name, and the words for its low and its high end
FACES = (
    ("smile", "serious", "smiling"),
    ("turn", "to the left", "to the right"),
    ("light", "dark", "bright"),
    ("light from", "the left", "the right"),
    ("hair", "dark", "light"),
    ("colour", "cool", "warm"),
)
DIGITS = (
    ("slant", "upright", "slanted"),
    ("stroke", "thin", "thick"),
    ("width", "narrow", "wide"),
    ("height", "low", "tall"),
    ("weight", "on top", "below"),
    ("side", "to the left", "to the right"),
)


def measure_faces(pictures: np.ndarray) -> np.ndarray:
    """The six of ``FACES`` (N, 6) for pictures uint8 (N, 64, 64, 3); NaN where no face is found.

    Smile: the mouth's width; turn: where the nose stands between the eyes, both in distances of the
    eyes. The rest are mean grey levels: of the face, of its right half less its left one, of the
    strip above the forehead less the face, of red less blue.
    """
    rows = np.full((len(pictures), len(FACES)), np.nan)
    for row, picture in zip(rows, pictures, strict=True):
        found = _find_face(picture)
        if found is None:
            continue
        right_eye, left_eye, nose, right_mouth, left_mouth = found.landmarks
        eyes = np.linalg.norm(left_eye - right_eye)
        if eyes < 1:
            continue
        across = (left_eye - right_eye) / eyes
        grey = picture.mean(axis=2)
        middle = grey[16:56, 12:52]
        row[:] = (
            np.linalg.norm(left_mouth - right_mouth) / eyes,
            (nose - (right_eye + left_eye) / 2) @ across / eyes,
            middle.mean(),
            middle[:, 20:].mean() - middle[:, :20].mean(),
            grey[:6, 8:56].mean() - middle.mean(),
            picture[16:56, 12:52, 0].mean() - picture[16:56, 12:52, 2].mean(),
        )
    return rows


def _find_face(picture: np.ndarray) -> faces.Face | None:
    """The surest face in a picture uint8 (64, 64, 3), in pixels of its enlargement; None: none."""
    large = cv2.resize(picture, (FACE_SIDE, FACE_SIDE), interpolation=cv2.INTER_CUBIC)
    large = np.pad(large, ((EDGE, EDGE), (EDGE, EDGE), (0, 0)), "edge")
    try:
        return max(faces.find_faces(large, detector="yunet"), key=lambda face: face.score)
    except InputError:
        return None


def are_clear(pictures: np.ndarray) -> np.ndarray:
    """Bool (N,): in which pictures uint8 (N, 64, 64, 3) a detector is sure of a face.

    A torn or melted face is often still found, but with a score below ``CLEAR``.
    """
    found = [_find_face(picture) for picture in pictures]
    return np.array([face is not None and face.score >= CLEAR for face in found])


def measure_digits(pictures: np.ndarray) -> np.ndarray:
    """The six of ``DIGITS`` (N, 6) for pictures uint8 (N, 32, 32, 3), by moments of their ink."""
    ink = pictures[..., 0].astype(np.float64) / 255
    total = ink.sum(axis=(1, 2)) + 1e-9
    y, x = np.mgrid[: ink.shape[1], : ink.shape[2]]
    middle_x, middle_y = ((ink * axis).sum(axis=(1, 2)) / total for axis in (x, y))
    dx, dy = x - middle_x[:, None, None], y - middle_y[:, None, None]

    def moment(p: int, q: int) -> np.ndarray:
        return (ink * dx**p * dy**q).sum(axis=(1, 2)) / total

    wide, tall = np.sqrt(moment(2, 0)), np.sqrt(moment(0, 2))
    return np.stack(
        [
            -moment(1, 1) / (tall**2 + 1e-9), total / (wide * tall + 1e-9), wide, tall,
            -moment(0, 3) / (tall**3 + 1e-9), -moment(3, 0) / (wide**3 + 1e-9),
        ], axis=1,
    )  # fmt: skip


@torch.inference_mode()
def _draw(generator: nn.Module, w: np.ndarray, classes: np.ndarray | None) -> np.ndarray:
    """Pictures uint8 (N, S, S, 3) of inner latents (N, 128)."""
    parts = []
    for rows in np.array_split(np.arange(len(w)), -(-len(w) // 50)):
        inputs = [torch.from_numpy(w[rows]).float()]
        if classes is not None:
            inputs.append(torch.from_numpy(classes[rows]))
        made = to_bytes(generator(*inputs))
        parts.append(made.permute(0, 2, 3, 1).expand(-1, -1, -1, 3).numpy())
    return np.concatenate(parts)


def fit(w: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Directions (K, 128) of length 1 for values (N, K) measured at inner latents (N, 128).

    By ridge regression on values of mean 0 and deviation 1; each is at right angles to the slopes
    of the other values.
    """
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    slopes = np.linalg.solve(w.T @ w + RIDGE * np.eye(w.shape[1]), w.T @ values).T
    directions = np.linalg.pinv(slopes).T  # row k: 1 along slope k, 0 along the others
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def find_directions(generator: nn.Module) -> list[dict]:
    """The named directions of a generator on the CPU, with what was measured of each.

    ``effect``: by how many deviations (of all pictures) what is named changes for one deviation of
    the latent, between -3 and 3. ``side_effect``: the largest of the others' changes.
    ``stays``: for faces, the share of pictures at -3 and 3 in which a face is still found.
    ``reach``: how far down and up, in deviations, faces stay clear (see ``find_reach``).
    """
    words, measure = (DIGITS, measure_digits) if generator.classes else (FACES, measure_faces)
    z = np.concatenate([sample(1000, seed=SEED + i) for i in range(PICTURES // 1000)])
    with torch.inference_mode():
        w = generator.mapping(torch.from_numpy(z).float()).double().numpy()
    classes = np.arange(len(w)) % generator.classes if generator.classes else None
    values = measure(_draw(generator, w, classes))
    if classes is not None:  # what a class is like is not the latent's doing
        for digit in range(generator.classes):
            values[classes == digit] -= np.nanmean(values[classes == digit], axis=0)
    seen = np.isfinite(values).all(axis=1)
    directions = fit(w[seen], values[seen])
    spreads = (w @ directions.T).std(axis=0)
    deviations = values[seen].std(axis=0)
    some, some_classes = w[:CHECKED], None if classes is None else classes[:CHECKED]
    before = _share_seen(measure(_draw(generator, some, some_classes)))
    rows = []
    for k, (name, low, high) in enumerate(words):
        moved = [
            measure(_draw(generator, limit(some + way * 3 * spreads[k] * directions[k]),
                          some_classes))
            for way in (-1, 1)
        ]  # fmt: skip
        change = np.nanmean(moved[1] - moved[0], axis=0) / deviations / 6
        others = np.delete(change, k)
        rows.append({
            "name": name, "low": low, "high": high,
            "latent": [round(float(x), 4) for x in directions[k]],
            "spread": round(float(spreads[k]), 4), "effect": round(float(change[k]), 3),
            "side_effect": round(float(others[np.abs(others).argmax()]), 3),
            "stays": round(float(np.mean([_share_seen(part) for part in moved])) / before, 3),
            "reach": find_reach(generator, some, spreads[k] * directions[k]),
        })  # fmt: skip
    return rows


def find_reach(generator: nn.Module, w: np.ndarray, step: np.ndarray) -> list[float]:
    """How many ``step`` (128,) down and up from ``w`` (N, 128) a generator's faces stay clear.

    The largest of ``PLACES`` at which ``STILL_CLEAR`` of the pictures that have a clear face at
    the start still have one. -3 and 3 for digits, which nothing tears.
    """
    if generator.classes:
        return [-PLACES[0], PLACES[0]]
    clear = are_clear(_draw(generator, w, None))

    def stay(place: float) -> bool:
        moved = _draw(generator, limit(w[clear] + place * step), None)
        return are_clear(moved).mean() >= STILL_CLEAR

    return [way * next((p for p in PLACES if stay(way * p)), 0.0) for way in (-1, 1)]


def limit(w: np.ndarray) -> np.ndarray:
    """Inner latents (N, 128), none longer than latents are."""
    lengths = np.linalg.norm(w, axis=1, keepdims=True)
    return w * np.minimum(1.0, LATENT_SIZE**0.5 / lengths)


def _share_seen(values: np.ndarray) -> float:
    return float(np.isfinite(values).all(axis=1).mean())

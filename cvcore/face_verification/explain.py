"""Which parts of a face its likeness to another one hangs on."""

from collections.abc import Iterator

import numpy as np

from cvcore.engine.isolation import undisturbed
from cvcore.probes.masks import coarse_to_fine, grid_starts, spread_windows
from cvcore.recognition.faces import Face, embed_all

WINDOW, STRIDE = 28, 14  # pixels of an aligned face, 112 x 112


@undisturbed
def explain_match(face: Face, other: Face) -> Iterator[tuple[np.ndarray, float]]:
    """Which parts of an aligned face (112, 112) its likeness to another one hangs on.

    Each pixel is the cosine similarity (SFace, mirror images included) lost when a grey window of
    28 x 28 pixels covers it, averaged over the windows; below zero: what covering makes more
    alike. Every fourth window comes first.
    """
    side = len(face.crop)
    starts = grid_starts(side, WINDOW, STRIDE)
    whole = float(face.embedding @ other.embedding)
    drops = np.full((len(starts), len(starts)), np.nan)
    for share, cells in enumerate(coarse_to_fine(len(starts)), start=1):
        copies = []
        for row, column in starts[cells]:
            copy = face.crop.copy()
            copy[row : row + WINDOW, column : column + WINDOW] = 128
            copies.append(copy)
        vectors = embed_all(copies)
        drops[cells[:, 0], cells[:, 1]] = whole - vectors @ other.embedding
        filled = np.where(np.isnan(drops), np.nanmean(drops), drops)
        yield spread_windows(filled, starts, WINDOW, side).astype(np.float32), share / 3

"""Many faces at once: who is close to whom, as a matrix, as groups and as a map."""

from dataclasses import dataclass

import numpy as np

from cvcore.core.checks import check_setting
from cvcore.engine.isolation import undisturbed


@dataclass(frozen=True, eq=False)
class FaceMap:
    """N faces compared with each other."""

    similarities: np.ndarray  # (N, N) cosines
    distances: np.ndarray  # (N, N) Euclidean
    positions: np.ndarray  # (N, 2) on the map; its distances come close to the real ones
    kept: float  # share of the squared distances that the map keeps
    groups: np.ndarray  # int64 (N,): faces chained by similarities at the threshold or above
    order: np.ndarray
    """int64 (N,): the faces so that alike ones, and all of a group, stand side by side."""


@undisturbed
def build_map(embeddings: np.ndarray, *, threshold: float) -> FaceMap:
    """Matrix, map and groups of embeddings (N, D) of length 1."""
    similarities = np.clip(embeddings @ embeddings.T, -1, 1).astype(np.float64)
    np.fill_diagonal(similarities, 1)
    distances = np.sqrt(np.maximum(2 - 2 * similarities, 0))
    positions, kept = scale_to_plane(distances)
    groups, order = group(similarities, threshold), seriate(distances)
    return FaceMap(similarities, distances, positions, kept, groups, order)


def seriate(distances: np.ndarray) -> np.ndarray:
    """int64 (N,): an order in which near ones, of distances (N, N), stand side by side.

    The leaves of a single-linkage tree, turned at its forks so that neighbours are as near as can
    be (Bar-Joseph et al., "Fast optimal leaf ordering for hierarchical clustering", 2001). What
    ``group`` puts into one group stands together, at any threshold.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(distances) < 2:
        return np.arange(len(distances))
    tree = linkage(squareform(distances, checks=False), "single", optimal_ordering=True)
    return leaves_list(tree).astype(np.int64)


def scale_to_plane(distances: np.ndarray) -> tuple[np.ndarray, float]:
    """Classical multidimensional scaling (Torgerson, 1952): (N, N) distances to points (N, 2).

    Also returns the share, 0 to 1, of the spread that two dimensions can show.
    """
    count = len(distances)
    centring = np.eye(count) - 1 / max(count, 1)
    products = -0.5 * centring @ distances**2 @ centring
    values, vectors = np.linalg.eigh(products)
    order = np.argsort(values)[::-1][:2]
    positions = np.zeros((count, 2))
    positions[:, : len(order)] = vectors[:, order] * np.sqrt(np.maximum(values[order], 0))
    total = np.maximum(values, 0).sum()
    return positions, float(np.maximum(values[order], 0).sum() / total) if total > 1e-12 else 1.0


def group(similarities: np.ndarray, threshold: float) -> np.ndarray:
    """int64 (N,): one number for all faces linked, over any others, at the threshold or above.

    Groups are numbered by their first face.
    """
    threshold = check_setting("The threshold", threshold, -1, 1)
    groups = np.arange(len(similarities))
    for i, j in np.argwhere(np.triu(similarities >= threshold, 1)):
        groups[groups == groups[j]] = groups[i]
    _, first, numbers = np.unique(groups, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[numbers]

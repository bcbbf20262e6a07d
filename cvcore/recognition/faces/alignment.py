"""Faces turned upright, at one size, so that networks see eyes where they expect them."""

import cv2
import numpy as np

from cvcore.core.images import Picture, as_image

SIDE = 112  # pixels
LANDMARKS = ("left eye", "right eye", "nose", "left corner of the mouth", "right corner")
TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
"""Where the five landmarks (x, y) belong in 112 x 112 pixels: the points that ArcFace set."""
CELEBA_TEMPLATE = np.array([[23.8, 26.7], [39.4, 26.9], [31.1, 36.0], [24.8, 42.6], [38.2, 42.9]])
"""Where they lie in the 64 x 64 pictures of CelebA that networks here have learnt from: the medians
of 249 of them."""


def fit_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The turn, scale and shift (2, 3) that bring points (N, 2) closest to others, least squares.

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    IEEE TPAMI 1991, without reflections. Points (x, y); N at least 2, not all the same.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    centre_s, centre_t = source.mean(axis=0), target.mean(axis=0)
    s, t = source - centre_s, target - centre_t
    # With a turn by a and a scale r, (r cos a, r sin a) solve a linear problem of two unknowns.
    power = (s**2).sum()
    if power == 0:
        raise ValueError("All points are the same: no scale can be found.")
    along = (s * t).sum() / power
    across = (s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum() / power
    turn = np.array([[along, -across], [across, along]])
    return np.column_stack([turn, centre_t - turn @ centre_s])


def align(
    image: Picture,
    landmarks: np.ndarray,
    *,
    side: int = SIDE,
    template: np.ndarray | None = None,
    border: int = cv2.BORDER_CONSTANT,
) -> np.ndarray:
    """The face with landmarks (5, 2) of a picture, as uint8 (side, side, 3).

    ``template`` says where in it the landmarks belong (5, 2), by default ``TEMPLATE`` at its size.
    A face much larger than ``side`` is shrunk by averaging first, so that no pixel is lost.
    ``border``, as OpenCV names it, fills what lies outside of the picture: black by default.
    """
    image = as_image(image)
    if template is None:
        template = TEMPLATE * (side / SIDE)
    matrix = fit_similarity(landmarks, template)
    scale = float(np.hypot(*matrix[:, 0]))
    if scale < 0.5:
        step = int(1 / scale)
        height, width = image.shape[:2]
        size = max(1, width // step), max(1, height // step)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        # pixel centres: x in the small picture is (x + 0.5) * shrink - 0.5 in the large one
        shrink = np.array([width / size[0], height / size[1]])
        matrix[:, 2] += matrix[:, :2] @ ((shrink - 1) / 2)
        matrix[:, :2] = matrix[:, :2] * shrink
    return cv2.warpAffine(image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=border)


def measure_tilt(landmarks: np.ndarray) -> float:
    """Degrees by which a face is turned clockwise in the picture, from its five landmarks."""
    matrix = fit_similarity(TEMPLATE, landmarks)
    return float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])))

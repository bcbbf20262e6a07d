"""Faces found in one pass by YuNet, which OpenCV runs.

Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research,
2023. A single small network says for each cell of three grids whether a face is there, where its
edges are, and where eyes, nose and corners of the mouth are.
"""

import cv2
import numpy as np

from cvcore.core.forks import Lock
from cvcore.core.images import Picture, as_image
from cvcore.engine import registry
from cvcore.engine.cache import keep_models

THRESHOLD = 0.7  # least score of a face
_LEAST_SIDE = 33  # OpenCV 4 reads memory that is not the picture's where a side is of 32 or less
_lock = Lock()  # OpenCV's detector keeps the picture's size


@keep_models(most=1)
def _load() -> cv2.FaceDetectorYN:
    registry.check_files("yunet")
    (path,) = registry.get_weight("yunet").paths
    return cv2.FaceDetectorYN.create(str(path), "", (320, 320), THRESHOLD)


def find_faces(
    image: Picture, *, min_face: float, threshold: float = THRESHOLD
) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N, 5) xyxy and score, largest first, and landmarks (N, 5, 2) of uint8 (H, W, 3).

    Both in pixels; landmarks as MTCNN gives them. Faces less than ``min_face`` pixels wide are
    left out.
    """
    image = as_image(image)
    height, width = image.shape[:2]
    # Black to the right and below: OpenCV itself fills up to multiples of 32 so.
    bgr = np.zeros((max(height, _LEAST_SIDE), max(width, _LEAST_SIDE), 3), np.uint8)
    bgr[:height, :width] = image[..., ::-1]
    with _lock:
        detector = _load()
        detector.setScoreThreshold(threshold)
        detector.setInputSize((bgr.shape[1], bgr.shape[0]))
        _, rows = detector.detect(bgr)
    rows = np.zeros((0, 15), np.float32) if rows is None else rows
    rows = rows[rows[:, 2] >= min_face]
    rows = rows[np.argsort(-rows[:, 2] * rows[:, 3], kind="stable")]
    corners = np.concatenate((rows[:, :2], rows[:, :2] + rows[:, 2:4], rows[:, 14:]), axis=1)
    return corners, rows[:, 4:14].reshape(-1, 5, 2)

"""Films of faces, of known people, for what names them frame by frame."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from cvcore.recognition import faces

SIZE = (640, 480)  # width, height
FACE = 150  # pixels wide, about the middle


def cut_between(
    pictures: Sequence[np.ndarray], scenes: Sequence[int], *, frames: int = 6
) -> Iterator[tuple[int, np.ndarray]]:
    """(scene, frame uint8 (480, 640, 3)): each picture's face in one place, then a hard cut.

    ``scenes`` are indices of ``pictures``. Within a scene the face drifts and grows a little.
    """
    placed = {index: _find(pictures[index]) for index in sorted(set(scenes))}
    for scene, index in enumerate(scenes):
        for step in range(frames):
            yield scene, _place(pictures[index], placed[index], step)


def _find(picture: np.ndarray) -> np.ndarray:
    """Middle (x, y) and width of the picture's face."""
    found = faces.find_faces(picture)
    x0, y0, x1, y1 = found[faces.pick_face(found, picture.shape[:2])].box_xyxy
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0])


def _place(picture: np.ndarray, face: np.ndarray, step: int) -> np.ndarray:
    scale = FACE * (1 + 0.01 * step) / face[2]
    place = np.array(SIZE) / 2 + (3 * step, step)
    matrix = np.column_stack([np.eye(2) * scale, place - scale * face[:2]])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.warpAffine(picture, matrix, SIZE, flags=way, borderValue=(100, 100, 100))

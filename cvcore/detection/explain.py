"""Which parts of a picture a box hangs on: saliency for a detector (D-RISE)."""

from time import perf_counter

import numpy as np

from cvcore import detection
from cvcore.core import images
from cvcore.core.checks import check_seed, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.detection.boxes import box_iou
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed
from cvcore.probes.masks import Maps, make_masks

YIELD_SECONDS = 0.4
SEARCH_SIDE = 640  # pixels: the longer side of the picture that is masked


@undisturbed
def explain_detection(
    image: images.Picture,
    box_xyxy: np.ndarray,
    class_id: int,
    *,
    model: str = detection.DEFAULT_MODEL,
    input_size: int = detection.DEFAULT_SIZE,
    masks: int = 400,
    cells: int = 12,
    keep: float = 0.5,
    seed: int = 0,
) -> Maps:
    """Which parts of a picture a box (4,) in its pixels hangs on: (H, W), coarse
    at first.

    The detector sees random parts of the picture; each part counts by the best match still found,
    IoU x score of the class, and every pixel is the mean of the parts that show it less the mean
    of all. After D-RISE: Petsiuk et al., CVPR 2021, arXiv:2006.03204. Raises InputError for a
    number of masks out of range.
    """
    masks = check_whole("The number of masks", masks, 16, 4000)
    cells = check_whole("The number of cells a side", cells, 2, 64)
    keep = check_setting("The share kept", keep, 0.05, 0.95)
    detection.check_model(model)
    class_id = check_whole("The class", class_id, 0, len(registry.load_labels(model)) - 1)
    image = images.as_image(image)
    small = images.shrink(image, SEARCH_SIDE)
    scale = small.shape[1] / image.shape[1]
    box = np.asarray(box_xyxy, np.float32)[None] * scale
    height, width = small.shape[:2]
    rng = np.random.default_rng(check_seed(seed))
    weighted, shown = np.zeros((height, width)), np.zeros((height, width))
    total, started = 0.0, perf_counter()
    for done in range(1, masks + 1):
        (mask,) = make_masks(rng, 1, max(height, width), cells=cells, keep=keep)
        mask = mask[:height, :width]
        seen = (small * mask[..., None]).astype(np.uint8)
        raw = detection.predict_raw(seen, model=model, input_size=input_size, square=False)
        overlap = box_iou(box, raw.xyxy)[0]
        near = np.flatnonzero(overlap > 0.1)
        scores = raw.class_scores(near)[:, class_id] * overlap[near]
        score = float(scores.max(initial=0))
        weighted += score * mask
        shown += mask
        total += score
        if done == masks or perf_counter() - started > YIELD_SECONDS:
            started = perf_counter()
            change = weighted / np.maximum(shown, 1e-6) - total / done
            yield _enlarge(change, image.shape[:2]), done / masks


def find_box(found: detection.Detections, number: int) -> int:
    """Index of the ``number``-th most confident box; InputError when there are fewer."""
    if not len(found):
        raise InputError("There is no box: choose another picture or a lower confidence limit.")
    return check_whole("The number of the box", number, 1, len(found)) - 1


def _enlarge(values: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    import cv2

    values = values.astype(np.float32)
    return cv2.resize(values, size_hw[::-1], interpolation=cv2.INTER_LINEAR)

"""What an editor knows of the package after ``import cvcore``: mypy proves it, nothing runs it.

Most rooms import their names only when they are first asked for; a checker must find them all the
same, and with their types.
"""

from typing import assert_type

import numpy as np
from PIL import Image

import cvcore
from cvcore import detection, style_transfer
from cvcore.detection import Detections
from cvcore.recognition.classifier import TopK

assert_type(cvcore.detection.predict_boxes("photo.jpg"), Detections)
assert_type(detection.predict_boxes(Image.new("RGB", (8, 8))), Detections)
assert_type(style_transfer.stylise_fast("a.jpg", np.zeros((8, 8, 3))), np.ndarray)
assert_type(cvcore.style_transfer.fast.stylise_fast("a.jpg", "b.jpg"), np.ndarray)
assert_type(cvcore.core.images.as_image("photo.jpg"), np.ndarray)
assert_type(cvcore.recognition.classifier.predict_topk("photo.jpg"), TopK)

"""OpenCV's resizing of numbers, NumPy's percentile, and numbers as colours."""

import cv2
import numpy as np

from cvcore.core import drawing
from tests.golden import pack

LARGER = (((7, 7), (20, 20)), ((5, 3), (12, 31)), ((1, 1), (3, 2)), ((6, 8), (6, 8)))
SMALLER = (((13, 13), (12, 12)), ((20, 16), (5, 8)), ((9, 14), (4, 5)), ((7, 7), (1, 3)))


def build() -> dict:
    rng = np.random.default_rng(0)

    def resize(size, target, way):
        plane = rng.normal(0, 3, size).astype(np.float32)
        resized = cv2.resize(plane, target[::-1], interpolation=way)
        return {"plane": pack(plane), "target": target, "resized": pack(resized)}

    values = (rng.random(997) ** 4).astype(np.float32)
    values[:300] = 0
    unit = np.concatenate([np.linspace(0, 1, 511), rng.random(200)]).astype(np.float32)
    return {
        "larger": [resize(*case, cv2.INTER_LINEAR) for case in LARGER],
        "smaller": [resize(*case, cv2.INTER_AREA) for case in SMALLER],
        "values": pack(values),
        "quantiles": [[share, float(np.percentile(values, 100 * share))]
                      for share in (0, 0.2, 0.5, 0.995, 1)],
        "unit": pack(unit),
        "table": drawing.list_colours("viridis").ravel().tolist(),
        "colours": {
            name: pack(drawing.colourise(unit[None], colormap=name, vmin=0, vmax=1)[0])
            for name in ("viridis", "diverging")
        },
    }  # fmt: skip

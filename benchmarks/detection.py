"""From a picture to a drawn picture: ours beside ultralytics' own predict on the same weights."""

import numpy as np
import torch

from benchmarks.harness import Row, measure
from cvcore import detection
from cvcore.core import samples
from cvcore.core.images import resize, to_data_uri
from cvcore.detection import region_cnn, selective_search
from cvcore.detection.drawing import draw_boxes
from cvcore.engine import predictor
from cvcore.engine.ultralytics import load_yolo

MODEL, SIZE = detection.DEFAULT_MODEL, detection.DEFAULT_SIZE


def run() -> list[Row]:
    """Rows for a photograph, a webcam frame, and a slider's redraw."""
    predictor.load_predictor(MODEL, wait=True)
    street = samples.load_sample("street")
    frame = resize(street[300:900], (480, 640))
    threads, yolo = torch.get_num_threads(), load_yolo(MODEL, SIZE)
    raw = detection.predict_raw(street, model=MODEL)

    def ours(image: np.ndarray, square: bool) -> np.ndarray:
        found = detection.suppress(detection.predict_raw(image, square=square))
        return draw_boxes(image, found)

    def theirs(image: np.ndarray) -> np.ndarray:
        results = yolo.predict(
            np.ascontiguousarray(image[..., ::-1]), imgsz=SIZE, conf=0.25, iou=0.45, verbose=False
        )
        return results[0].plot()

    rows = []
    for name, image in (("photograph 810 x 1080", street), ("webcam frame 640 x 480", frame)):
        their_ms = measure(lambda image=image: theirs(image))
        for square in (True, False):
            rows.append(
                Row(
                    f"boxes drawn on a {name}",
                    measure(lambda image=image, square=square: ours(image, square)),
                    "ultralytics predict and plot, the same weights",
                    their_ms,
                    "square input" if square else "input as small as the picture allows",
                )
            )
    rows.append(
        Row(
            "webcam frame to a picture in the page",
            measure(lambda: to_data_uri(ours(frame, False))),
            note="boxes, drawn, JPEG",
        )
    )
    rows.append(
        Row(
            "other limits on stored predictions",
            measure(lambda: detection.suppress(raw, confidence=0.05)),
            note="no network",
        )
    )
    rows += compare_region_detectors(street)
    torch.set_num_threads(threads)  # ultralytics' predict sets it
    return rows


def compare_region_detectors(image: np.ndarray) -> list[Row]:
    """The same 100 proposals: pooled from one map, beside a pass for each."""
    boxes = selective_search.search(image).proposals()[:100]
    return [
        Row(
            "selective search, all merges", measure(lambda: selective_search.search(image)),
            note="segmentation by scikit-image",
        ),
        Row(
            "Fast R-CNN, 100 proposals", measure(lambda: region_cnn.score_map(image, boxes)),
            "R-CNN, the same proposals and network",
            measure(lambda: list(region_cnn.score_crops(image, boxes)), warm_up=1),
            "1 pass against 100",
        ),
    ]  # fmt: skip

"""The live view of detection: what the browser's own modules must answer."""

import zlib
from collections import Counter
from typing import Any

import cv2
import numpy as np

from cvcore.core.drawing import class_colour, measure_label, place_labels
from cvcore.core.errors import InputError
from cvcore.detection import Detections, RawPredictions, counting, distance_heads, suppress
from cvcore.detection.boxes import fit_letterbox
from cvcore.detection.drawing import draw_blurred
from cvcore.detection.suppression import METHODS
from cvcore.detection.tracking import Tracker
from cvcore.detection.yolo_heads import decode_heads
from demos.detection.counting import draw_counts as draw_counted
from demos.detection.live import draw_counts
from demos.detection.views import STYLE
from tests.golden import pack

LABELS = ("person", "dog", "cell phone")
FRAME_HW = (240, 320)
FACTOR, MASK = 2654435761, 0xFFFFFFFF
TEXTS = ((0.125, 2), (0.375, 2), (0.615, 2), (1.005, 2), (0.25, 1), (0.35, 1), (99.95, 1), (1, 2))


def make_noise(count: int, start: int = 0) -> np.ndarray:
    """Bytes that JavaScript makes as well: the top ones of multiples of an odd number."""
    at = np.arange(start, start + count, dtype=np.uint64)
    return ((at * np.uint64(FACTOR) & np.uint64(MASK)) >> np.uint64(24)).astype(np.uint8)


def make_picture(height: int, width: int) -> np.ndarray:
    return make_noise(height * width * 3).reshape(height, width, 3)


def sum_up(values: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(values).tobytes())


def list_letterboxes() -> list[dict[str, Any]]:
    """Wide, tall, halved, as large, enlarged, and of odd sides."""
    rows = []
    for height, width, size in (
        (480, 640, 320), (480, 640, 416), (640, 480, 416), (97, 131, 160), (480, 640, 640),
        (359, 640, 320), (640, 3, 160), (48, 64, 192),
    ):  # fmt: skip
        letterbox = fit_letterbox((height, width), size, square=False)
        picture = make_picture(height, width)
        given = letterbox.apply(picture).transpose(2, 0, 1).astype(np.float32) / np.float32(255)
        rows.append(
            {
                "width": width, "height": height, "size": size, "scale": letterbox.scale,
                "input": letterbox.input_hw, "resized": letterbox.resized_hw,
                "at": (letterbox.top, letterbox.left), "crc32": sum_up(given),
            }
        )  # fmt: skip
    return rows


def make_heads(start: int) -> list[np.ndarray]:
    """What a network might say of an input of 96 x 128 pixels: logits from -8 to 8, small sizes."""
    heads = []
    for rows, columns in ((3, 4), (6, 8)):
        parts = 5 + len(LABELS)
        values = make_noise(3 * parts * rows * columns, start).astype(np.float32) / 16 - 8
        values = values.reshape(3, parts, rows, columns)
        values[:, 2:4] /= 16
        heads.append(values.reshape(1, 3 * parts, rows, columns))
        start += values.size
    return heads


def make_distance_heads(start: int) -> list[np.ndarray]:
    """What a network without anchors might say of such an input: logits from -8 to 8."""
    heads = []
    for rows, columns in ((12, 16), (6, 8), (3, 4)):
        shape = (1, len(LABELS) + 4 * distance_heads.BINS, rows, columns)
        values = make_noise(int(np.prod(shape)), start).astype(np.float32) / 16 - 8
        heads.append(values.reshape(shape))
        start += values.size
    return heads


class Raw(RawPredictions):
    labels = LABELS


def list_distances() -> list[dict[str, Any]]:
    """The boxes of a network without anchors, suppressed."""
    letterbox = fit_letterbox((211, 300), 128, square=False)
    rows = []
    for start, confidence, iou, classes in ((0, 0.6, 0.6, []), (500, 0.99, 0.3, ["dog"])):
        decoded = distance_heads.decode_distances(make_distance_heads(start))
        raw = Raw(
            "nanodet", letterbox, decoded.grids, letterbox.to_image(decoded.xyxy),
            decoded.class_logits, None, decoded.cells, {}, decoded.distances,
        )  # fmt: skip
        found = suppress(raw, confidence=confidence, iou=iou, classes=classes)
        limits = {"confidence": confidence, "iou": iou, "method": METHODS[0], "start": start}
        rows.append(limits | describe_found(found, classes))
    return rows


def describe_found(found: Detections, classes: list[str]) -> dict[str, Any]:
    return {
        "classes": [LABELS.index(name) for name in classes],
        "row": found.row.tolist(),
        "class_id": found.class_id.tolist(),
        "score": [round(float(score), 5) for score in found.confidence],
        "box": [[round(float(side), 2) for side in box] for box in found.xyxy],
    }


def list_suppressions() -> list[dict[str, Any]]:
    """Every way to suppress, with wide and narrow limits, and with some classes alone."""
    letterbox = fit_letterbox((211, 300), 128, square=False)
    rows = []
    for start, method in enumerate(METHODS):
        heads = make_heads(100 * start)
        decoded = decode_heads(heads)
        raw = Raw(
            "yolov3_tiny", letterbox, decoded.grids, letterbox.to_image(decoded.xyxy),
            decoded.class_logits, decoded.raw, decoded.cells, {},
        )  # fmt: skip
        for confidence, iou, classes, most in (
            (0.6, 0.45, [], 300), (0.7, 0.3, ["dog"], 300), (0.99, 0.0, [], 300),
            (0.05, 0.9, ["cell phone", "person"], 9),
        ):  # fmt: skip
            found = suppress(
                raw, confidence=confidence, iou=iou, classes=classes, max_boxes=most, method=method
            )
            rows.append(
                {
                    "start": 100 * start, "method": method, "confidence": confidence, "iou": iou,
                    "most": most, **describe_found(found, classes),
                }
            )  # fmt: skip
    return rows


def make_film(seed: int, frames: int, walkers: int) -> list[list[list[float]]]:
    """Walkers with trembling boxes: they meet, are half hidden, leave and come back."""
    rng = np.random.default_rng(seed)
    height, width = FRAME_HW
    place = rng.random((walkers, 2)) * [width, height]
    speed = rng.normal(0, 5, (walkers, 2))
    size = rng.uniform([20, 40], [60, 110], (walkers, 2))
    film = []
    for _ in range(frames):
        place = (place + speed) % [width, height]
        rows = []
        for number in rng.permutation(walkers):
            if rng.random() < 0.12:
                continue
            middle, side = (
                place[number] + rng.normal(0, 1.5, 2),
                size[number] * rng.uniform(0.9, 1.1),
            )
            box = np.clip([*(middle - side / 2), *(middle + side / 2)], 0, [width, height] * 2)
            rows.append([*box.round(1).tolist(), round(float(rng.uniform(0.05, 0.95)), 3)])
        film.append(rows)
    return film


def to_detections(rows: list[list[float]]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 5)
    none = np.zeros(len(table), np.int64)
    return Detections(table[:, :4], table[:, 4], none, ("person",) * len(table), none)


def list_tracks() -> list[dict[str, Any]]:
    """Films, each with the numbers of its boxes frame by frame, and who was counted."""
    line, zone = "0.1,0.5 0.9,0.6", "0.3,0.2 0.9,0.3 0.7,0.9 0.2,0.8"
    rows = []
    for seed, frames, walkers, confidence in ((1, 40, 4, 0.25), (2, 40, 9, 0.4), (3, 30, 3, 0.06)):
        film = make_film(seed, frames, walkers)
        tracker = Tracker(confidence, fps=15)
        counter = counting.Counter(counting.read_line(line), counting.read_zone(zone))
        numbers, counts = [], []
        for boxes in film:
            tracks = tracker.update(to_detections(boxes), FRAME_HW)
            counter.update(tracks, FRAME_HW)
            index = [boxes.index(find_row(boxes, box)) for box in tracks.detections.xyxy]
            numbers.append(
                [list(pair) for pair in zip(tracks.track_id.tolist(), index, strict=True)]
            )
            counts.append(list(counter.counts().values()))
        rows.append(
            {
                "line": line, "zone": zone, "confidence": confidence, "film": film,
                "tracks": numbers, "counts": counts,
            }
        )  # fmt: skip
    return rows


def find_row(boxes: list[list[float]], box: np.ndarray) -> list[float]:
    return next(row for row in boxes if np.array_equal(np.array(row[:4], np.float32), box))


def list_shapes() -> list[dict[str, Any]]:
    """Texts of lines and zones: their corners, or the sentence that says what is wrong."""
    rows = []
    for read, texts in (
        (counting.read_line, ("", "none", "0.1,0.5 0.9,0.5", "0.1,0.5", "0.1,0.5 0.105,0.5",
                              "0.1 0.2", "a,b 0.1,0.2", "0.1,0.2 1.5,0.2")),
        (counting.read_zone, ("", "none", "left half", "middle", "outside", "0,0 1,0 1,1",
                              "0,0 1,1", "0,0 0.5,0.5 1,1", "0,0 1,0 0,1 1,1", "0,0 " * 31)),
    ):  # fmt: skip
        for text in texts:
            row: dict[str, Any] = {"kind": read.__name__, "text": text}
            try:
                row["points"] = read(text)
            except InputError as error:
                row["said"] = str(error)
            rows.append(row)
    return rows


def list_places() -> list[dict[str, Any]]:
    """Places in and on zones, as OpenCV has them."""
    rows = []
    for zone in ("0.25,0.25 0.75,0.25 0.75,0.75 0.25,0.75", "0.1,0.1 0.9,0.9 0.9,0.1 0.1,0.9"):
        contour = np.array(counting.read_zone(zone), np.float32).reshape(-1, 1, 2)
        places = [(x / 20, y / 20) for x in range(0, 21, 5) for y in range(0, 21, 3)]
        places += [(0.25, 0.25), (0.5, 0.5), (0.75, 0.5), (0.3, 0.3), (0.6, 0.1)]
        inside = [cv2.pointPolygonTest(contour, place, False) >= 0 for place in places]
        rows.append({"zone": zone, "places": places, "inside": inside})
    return rows


def list_labels() -> dict[str, Any]:
    """Colours, and where labels stand, many of them close together."""
    boxes = make_noise(4 * 20).reshape(20, 2, 2).astype(int) + [0, 40]
    boxes = np.sort(boxes, axis=1).reshape(20, 4)
    sizes = np.array([measure_label(f"{'p' * (n % 9)} 0.{n:02}", 320)[:2] for n in range(20)])
    return {
        "colours": [class_colour(number) for number in range(40)],
        "boxes": boxes.tolist(), "sizes": sizes.tolist(),
        "places": place_labels(boxes, sizes, (300, 260)),
    }  # fmt: skip


def list_strokes() -> list[list[float]]:
    """How wide OpenCV draws a smooth line of each thickness, in pixels."""
    rows = []
    for thickness in (2, 3, 4, 5, 6):
        paper = np.zeros((40, 40), np.uint8)
        cv2.line(paper, (20, -9), (20, 49), 255, thickness, cv2.LINE_AA)
        rows.append([thickness, round(float(paper[20].sum() / 255), 1)])
    return rows


def list_words() -> list[dict[str, Any]]:
    """What is said of counts."""
    rows = []
    for now, seen, line, zone in (
        ({}, None, "", ""), ({"person": 2, "cell phone": 1}, None, "0,0 1,1", ""),
        ({"person": 1}, {"dog": 1, "person": 3}, "0,0 1,1", "left half"),
        ({f"a & b {n}": 1 for n in range(10)}, {}, "", "middle"),
    ):  # fmt: skip
        counts = {"to_right": 3, "to_left": 1, "in_zone_now": 0, "in_zone": 12}
        html = draw_counts(
            now, None if seen is None else Counter(seen), draw_counted(counts, line, zone)
        )
        rows.append(
            {"now": now, "seen": seen, "counts": counts, "line": line, "zone": zone,
             "html": html.removeprefix(STYLE)}
        )  # fmt: skip
    return rows


def build() -> dict[str, Any]:
    picture = make_picture(30, 40)
    boxes = np.array(
        [[3.5, 2, 25.2, 16.4], [20, 10, 40, 30], [9, 20, 9.4, 30], [30, 2, 34, 20]], np.float32
    )
    none = np.zeros(len(boxes), np.int64)
    found = Detections(boxes, none.astype(np.float32), none, ("person",) * len(boxes), none)
    return {
        "letterboxes": list_letterboxes(),
        "suppressions": list_suppressions(),
        "distances": list_distances(),
        "films": list_tracks(),
        "shapes": list_shapes(),
        "places": list_places(),
        "labels": list_labels(),
        "strokes": list_strokes(),
        "words": list_words(),
        "texts": [[value, digits, f"{value:.{digits}f}"] for value, digits in TEXTS],
        "blurred": {"boxes": boxes.tolist(), "picture": pack(draw_blurred(picture, found))},
    }

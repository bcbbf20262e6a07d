"""What networks and a plain baseline see of a face before a camera, live or as a picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

from cvcore.core.errors import InputError
from cvcore.core.folders import list_pictures
from cvcore.core.images import load_image
from cvcore.recognition.faces import MIN_FACE, embed, to_faces, yunet
from cvcore.training.face_verification.rephotographed import LIVE, SCENES, photograph
from cvcore.training.tfjs.convert import convert
from cvcore.training.tfjs.graph import read_graph

PORTRAIT = 512  # pixels of a side; twice as wide as its face
SIDE = 128  # pixels of the crop that the baseline measures
BASELINE_CROP = 1.2  # times the face's box


@dataclass(frozen=True)
class Network:
    """A network of the package, and where it says that a face is live."""

    side: int  # pixels of its input
    logits: str  # the node before its last function: one number, or "fake" and "real"


NETWORKS = {
    "antispoof": Network(128, "StatefulPartitionedCall/sequential/dense_1/BiasAdd"),
    "liveness": Network(32, "StatefulPartitionedCall/sequential_1/dense_2/BiasAdd"),
}
"""``liveness`` learnt the classes "fake" and "real" in this order; the library Human reads the
first as "live", so that its figure is one minus this one's."""
WAYS = ((1.2, False), (1.0, False), (1.0, True), (1.5, True))
"""Inputs tried, as (times the face's box, blue first). The first is Human's; the authors' own
scripts read blue first, ``liveness`` the box as it was found, ``antispoof`` a wider picture."""


@dataclass
class Shots:
    """What one part of the people gave, a row a picture in which a face was found."""

    scene: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    scores: list[dict[tuple[str, int], float]] = field(default_factory=list)  # by network and way
    features: list[np.ndarray] = field(default_factory=list)
    similarity: list[float] = field(
        default_factory=list
    )  # to another picture of the person, or NaN
    missed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SCENES, 0))

    def are(self, scene: str) -> np.ndarray:
        """Which rows are of a scene: bool (N,)."""
        return np.array(self.scene) == scene


def find_box(image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """The largest face's box (1, 5) and landmarks (1, 5, 2) in pixels; None where there is none."""
    scale = max(1, round(256 / max(image.shape[:2])))
    big = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    boxes, landmarks = yunet.find_faces(big, min_face=MIN_FACE)
    if not len(boxes):
        return None
    boxes = boxes[:1] / np.array([*[scale] * 4, 1], np.float32)
    return boxes, landmarks[:1] / scale


def cut(
    image: np.ndarray, box: np.ndarray, factor: float, side: int, *, smooth: bool = False
) -> np.ndarray:
    """The square ``factor`` times as large as a box xyxy, at ``side`` pixels; mirrored outside."""
    width = factor * float(max(box[2] - box[0], box[3] - box[1]))
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    scale = side / width
    if smooth and scale < 0.7:  # no pixel is lost; TensorFlow.js and OpenCV leave them out
        image = cv2.GaussianBlur(image, (0, 0), 0.4 / scale)
    matrix = np.array([[scale, 0, side / 2 - x * scale], [0, scale, side / 2 - y * scale]])
    return cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )


def read_portrait(path: Path) -> np.ndarray | None:
    """The face of a picture, half as wide as the square around it; None without a face."""
    try:
        image = load_image(path)
    except InputError:
        return None
    found = find_box(image)
    return None if found is None else cut(image, found[0][0, :4], 2.0, PORTRAIT, smooth=True)


def measure_features(crop: np.ndarray) -> np.ndarray:
    """Sharpness, spectrum, contrast and colour of a face, uint8 (128, 128, 3): 15 numbers."""
    grey = crop.mean(axis=-1) / 255
    window = np.hanning(SIDE)[:, None] * np.hanning(SIDE)
    power = np.abs(np.fft.fftshift(np.fft.fft2((grey - grey.mean()) * window))) ** 2
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    radius = np.hypot(x, y)
    rings = [power[(radius >= r) & (radius < r + 8)] for r in range(4, 60, 8)]
    bands = [np.log(ring.mean() + 1e-9) for ring in rings]
    peaks = max(np.log(ring.max() / (np.median(ring) + 1e-12)) for ring in rings[2:])
    sharpness = np.log(cv2.Laplacian(grey, cv2.CV_64F).var() + 1e-9)
    saturation = (crop.max(axis=-1) - crop.min(axis=-1).astype(float)) / 255
    levels = np.percentile(grey, (2, 25, 50, 75, 98))
    return np.array([sharpness, peaks, *bands, *levels, saturation.mean()])


class Judge:
    """The networks of the package, opened."""

    def __init__(self, models: Path) -> None:
        self.sessions = {}
        for name, network in NETWORKS.items():
            model = convert(read_graph(models / f"{name}.json"), [network.logits])
            self.sessions[name] = ort.InferenceSession(model.SerializeToString())

    def score(self, image: np.ndarray, box: np.ndarray) -> dict[tuple[str, int], float]:
        """Log-odds of a live face by each network and way of cutting its input."""
        answers = {}
        for name, network in NETWORKS.items():
            session = self.sessions[name]
            for way, (factor, blue_first) in enumerate(WAYS):
                crop = cut(image, box, factor, network.side)
                crop = crop[..., ::-1] if blue_first else crop
                batch = np.ascontiguousarray(crop.transpose(2, 0, 1)[None], np.float32) / 255
                (out,) = session.run(None, {session.get_inputs()[0].name: batch})
                answers[name, way] = float(out[0, -1] - out[0, :-1].sum())
        return answers


def list_people(folder: Path) -> list[list[Path]]:
    """The pictures of each person; without folders, each picture counts as one."""
    people = [list_pictures(path) for path in sorted(folder.iterdir()) if path.is_dir()]
    return [one for one in people if one] or [[path] for path in list_pictures(folder)]


def _embed(image: np.ndarray, found: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    (face,) = to_faces(image, *found)
    return embed(face)


def shoot(
    judge: Judge, folder: Path, faces: int, seed: Sequence[int]
) -> Iterator[tuple[Shots, list[np.ndarray]]]:
    """Validation and test shots of a folder, each with some rows of frames to look at."""
    people = list_people(folder)
    order = np.random.default_rng(seed).permutation(len(people))
    for part in range(2):
        shots = Shots()
        rows: list[np.ndarray] = []
        for number, person in enumerate(order[part::2].tolist()):
            if len(shots.scene) >= faces * len(SCENES):
                break
            portrait = read_portrait(people[person][0])
            if portrait is None:
                continue
            place = (*seed, part, number)
            enrolled = _enrol(people[person][1:2], (*place, 0)) if part else None
            frames = [
                photograph(portrait, scene, seed=(*place, 1 + i)) for i, scene in enumerate(SCENES)
            ]
            for scene, frame in zip(SCENES, frames, strict=True):
                _add(shots, judge, scene, folder.name, frame, enrolled)
            rows += [np.hstack(frames)] if len(rows) < 4 else []
        yield shots, rows


def _enrol(paths: Sequence[Path], seed: tuple[int, ...]) -> np.ndarray | None:
    """The embedding of a person's other picture, taken live; None where there is none."""
    portrait = read_portrait(paths[0]) if paths else None
    if portrait is None:
        return None
    frame = photograph(portrait, LIVE, seed=seed)
    found = find_box(frame)
    return None if found is None else _embed(frame, found)


def _add(
    shots: Shots,
    judge: Judge,
    scene: str,
    source: str,
    frame: np.ndarray,
    enrolled: np.ndarray | None,
) -> None:
    found = find_box(frame)
    if found is None:
        shots.missed[scene] += 1
        return
    box = found[0][0, :4]
    shots.scene.append(scene)
    shots.source.append(source)
    shots.scores.append(judge.score(frame, box))
    shots.features.append(measure_features(cut(frame, box, BASELINE_CROP, SIDE)))
    same = float(_embed(frame, found) @ enrolled) if enrolled is not None else float("nan")
    shots.similarity.append(same)


def join(parts: Sequence[Shots]) -> Shots:
    """The shots of several folders as one."""
    whole_part = Shots()
    for part in parts:
        for name in ("scene", "source", "scores", "features", "similarity"):
            getattr(whole_part, name).extend(getattr(part, name))
        for scene, count in part.missed.items():
            whole_part.missed[scene] += count
    return whole_part

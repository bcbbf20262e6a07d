"""Faces found in a picture, cut out, and turned into numbers that can be compared."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import lazy_loader
import numpy as np

from cvcore.core import images, notebook
from cvcore.core.checks import as_number, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed
from cvcore.engine.predictor import load_predictor
from cvcore.recognition.faces import mtcnn, yunet
from cvcore.recognition.faces.alignment import align, measure_tilt

# Its other parts are loaded when they are first named.
__getattr__, _, _ = lazy_loader.attach(__name__, ["alignment", "mtcnn", "yunet"])

DETECTORS = {"mtcnn": "MTCNN: three networks, a pyramid", "yunet": "YuNet: one network, one pass"}
DETECTOR = "mtcnn"
EMBEDDER = "sface"
MIN_FACE = 20  # pixels
SMALL_FACE = 36  # pixels between which and ``MIN_FACE`` a face is found, but too coarse to judge
MAX_SIDE = 1280  # pixels
SURE = {"mtcnn": 0.998, "yunet": 0.92}  # scores that faces hardly reach unless they are upright
SURER = {"mtcnn": 0.002, "yunet": 0.02}  # more than that, and the turned picture counts
UNSURE = {"mtcnn": 0.98, "yunet": 0.89}  # below, landmarks may be wrong
MOST_TILT = 45  # degrees
NO_FACE = "There is no face to be found{}: choose a picture with a face from the front, well lit."


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a picture."""

    box_xyxy: np.ndarray  # (4,) float32, pixels; as found: it may leave the picture
    landmarks: np.ndarray = field(repr=False)  # (5, 2) x, y: eyes, nose, corners of the mouth
    score: float  # probability, by the detector's last stage
    crop: np.ndarray = field(repr=False)  # uint8 (112, 112, 3), aligned
    square: np.ndarray = field(repr=False)  # uint8 (160, 160, 3), the box, turned upright
    turned: int = 0
    """Degrees, 0, 90, 180 or 270, by which the picture was turned anticlockwise to find it."""

    @property
    def width(self) -> float:
        """Pixels."""
        return float(self.box_xyxy[2] - self.box_xyxy[0])

    @property
    def is_small(self) -> bool:
        return self.width < SMALL_FACE

    @cached_property
    def embedding(self) -> np.ndarray:
        """The bundled network's 128 numbers, float32, of length 1."""
        return embed(self)

    def _repr_html_(self) -> str:
        caption = f"{self.width:.0f} pixels wide, a face by {self.score:.1%}"
        return notebook.picture_html(self.crop, caption)


@undisturbed
def detect_faces(
    image: images.Picture,
    *,
    min_face: float | None = None,
    max_side: int = MAX_SIDE,
    detector: str = DETECTOR,
    turn: bool = True,
) -> tuple[Face, ...]:
    """The faces in a picture, largest first; an empty tuple when there is none.

    ``min_face`` is the least width looked for, in pixels (by default a sixteenth of the shorter
    side, at least 20). A longer side beyond ``max_side`` pixels is shrunk for the search.
    ``detector`` is one of ``DETECTORS``. Where no face is sure, or not the one that counts
    (``pick_face``), the picture or that face may lie on its side or stand on its head: then it is
    looked at in these ways, too, unless ``turn`` is False.
    """
    check_detector(detector)
    image = images.as_image(image)
    max_side = check_whole("The longest side", max_side, 64, 8192)
    small = images.shrink(image, max_side)
    scale = small.shape[1] / image.shape[1]
    if min_face is None:
        min_face = max(MIN_FACE, min(small.shape[:2]) / 16)
    else:
        least = as_number(min_face, MIN_FACE, 2000)
        if least is None:
            raise InputError(f"Choose a least face width of {MIN_FACE} to 2,000 pixels.")
        min_face = least
    find = partial(_FINDERS[detector], min_face=min_face)
    boxes, landmarks = find(small)
    faces = to_faces(image, boxes, landmarks, scale=scale)
    if not turn or (faces and faces[pick_face(faces, image.shape[:2])].score >= SURE[detector]):
        return faces
    for turns, other in _look_turned(small, find):
        lying = to_faces(np.ascontiguousarray(np.rot90(image, turns)), *other, scale=scale)
        counts = [_stands(face) for face in lying]
        lying = _turn_back(lying, turns, image.shape[:2])
        if merged := _merge(faces, lying, counts, detector):
            return merged
    return faces


Found = tuple[np.ndarray, np.ndarray]  # boxes (N, 5) and landmarks (N, 5, 2)


def _find_by_mtcnn(image: np.ndarray, *, min_face: float) -> Found:
    found = mtcnn.find_faces(image, min_face=min_face)
    return found.onet, found.landmarks


_FINDERS: dict[str, Callable[..., Found]] = {"mtcnn": _find_by_mtcnn, "yunet": yunet.find_faces}


def _look_turned(image: np.ndarray, find: Callable[[np.ndarray], Found]) -> list[tuple[int, Found]]:
    """What is found in the turned picture, by its quarter turns, the surest first."""
    found = [(turns, find(np.ascontiguousarray(np.rot90(image, turns)))) for turns in (1, 2, 3)]
    return sorted(found, key=lambda one: -one[1][0][:, 4].max(initial=0))


def _stands(face: Face) -> bool:
    return abs(measure_tilt(face.landmarks)) < MOST_TILT


def _merge(
    faces: tuple[Face, ...], lying: tuple[Face, ...], stand: list[bool], detector: str
) -> tuple[Face, ...]:
    """The faces of a picture and those of the turned one, largest first; () where these are none.

    ``stand`` says which of ``lying`` stand upright there. A detector finds a face that lies on its
    side also in the picture as it is, less surely and with landmarks that mean nothing: of two
    such finds of one face the surer counts.
    """
    if not lying:
        return ()
    by, most = SURER[detector], max((face.score for face in faces), default=0.0)
    best = max(range(len(lying)), key=lambda index: lying[index].score)
    if most < SURE[detector]:
        if not stand[best] or lying[best].score <= most + by:
            return ()
        faces = tuple(face for face in faces if face.score >= UNSURE[detector])
    else:  # some face stands upright for sure: one that lies must be as sure, in place of another
        lying = tuple(
            face
            for face, stands in zip(lying, stand, strict=True)
            if stands and face.score >= SURE[detector]
            if any(_overlap(face, other) and face.score > other.score + by for other in faces)
        )
        if not lying:
            return ()
    kept: list[Face] = []
    for face in sorted((*faces, *lying), key=lambda face: -face.score):
        if not any(_overlap(face, other) for other in kept):
            kept.append(face)
    return tuple(sorted(kept, key=lambda face: -face.width))


def _overlap(face: Face, other: Face) -> bool:
    """Whether two boxes may be of one face: most of the smaller lies in the other."""
    corners = np.stack([face.box_xyxy, other.box_xyxy])
    sides = corners[:, 2:] - corners[:, :2]
    shared = (corners[:, 2:].min(axis=0) - corners[:, :2].max(axis=0)).clip(0)
    return bool(shared.prod() > 0.5 * sides.prod(axis=1).min())


def _turn_back(faces: tuple[Face, ...], turns: int, size_hw: tuple[int, int]) -> tuple[Face, ...]:
    """Faces of the turned picture at their places in the picture (H, W) as it is."""

    def move(points: np.ndarray) -> np.ndarray:
        for step in reversed(range(turns)):
            x, y = points[..., 0], points[..., 1]
            points = np.stack([size_hw[(step + 1) % 2] - 1 - y, x], axis=-1)
        return points

    back = []
    for face in faces:
        corners = move(face.box_xyxy.reshape(2, 2))
        box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
        points = move(face.landmarks)
        back.append(replace(face, box_xyxy=box, landmarks=points, turned=90 * turns))
    return tuple(back)


def check_detector(name: str) -> str:
    """``name`` if it is a face detector; InputError lists those there are."""
    if name not in DETECTORS:
        raise InputError(
            f"There is no face detector {str(name)[:40]!r}: choose one of {', '.join(DETECTORS)}."
        )
    return name


@undisturbed
def to_faces(
    image: images.Picture, boxes: np.ndarray, landmarks: np.ndarray, *, scale: float = 1.0
) -> tuple[Face, ...]:
    """Faces cut out of a picture; boxes (N, 5), landmarks (N, 5, 2), in pixels times ``scale``.

    A box keeps its corners also where they lie outside the picture, which other programs cut off;
    the face cut out is what of it lies inside.
    """
    image = images.as_image(image)
    scale = check_setting("The scale", scale, 1e-6, 1e6)
    if not len(boxes):
        return ()
    sampler = mtcnn.AreaSampler(image)
    height, width = image.shape[:2]
    faces = []
    for box, points in zip(boxes, landmarks, strict=True):
        corners = (box[:4] / scale).astype(np.float32)
        x0, y0 = np.clip(corners[:2].astype(int), 0, (width - 1, height - 1))
        x1, y1 = np.clip(corners[2:].astype(int), (x0 + 1, y0 + 1), (width, height))
        square = sampler.resize((160, 160), (x0, y0, x1, y1))
        points = (points / scale).astype(np.float32)
        faces.append(
            Face(corners, points, float(box[4]), align(image, points), square.astype(np.uint8))
        )
    return tuple(faces)


@undisturbed
def find_faces(
    image: images.Picture, where: str = "", *, detector: str = DETECTOR
) -> tuple[Face, ...]:
    """As ``detect_faces``, but with a second, more lenient look before giving up.

    Raises InputError when there is no face in the picture; ``where`` names the picture.
    """
    image = images.as_image(image)
    faces = detect_faces(image, detector=detector)
    if faces:
        return faces
    small = images.shrink(image, MAX_SIDE)
    scale = small.shape[1] / image.shape[1]
    if detector == "yunet":
        boxes, landmarks = yunet.find_faces(small, min_face=MIN_FACE, threshold=0.4)
    else:
        found = mtcnn.find_faces(small, min_face=MIN_FACE, thresholds=(0.5, 0.5, 0.4))
        boxes, landmarks = found.onet, found.landmarks
    if not len(boxes):
        raise InputError(NO_FACE.format(where))
    best = np.argsort(-boxes[:, 4])[:1]  # one only: the lenient look sees faces in clouds
    return to_faces(image, boxes[best], landmarks[best], scale=scale)


def pick_face(faces: tuple[Face, ...], size_hw: tuple[int, int]) -> int:
    """Index of the face that a picture (H, W) is of: large and near the middle.

    One that lies on its side or stands on its head counts only where no other is large enough.
    """
    size_hw = images.check_size_hw(size_hw)
    usable = [not face.turned and not face.is_small for face in faces]
    centre = np.array([size_hw[1], size_hw[0]]) / 2
    offsets = [((face.box_xyxy[:2] + face.box_xyxy[2:]) / 2 - centre) for face in faces]
    sizes = [np.prod(face.box_xyxy[2:] - face.box_xyxy[:2]) for face in faces]
    ranks = [s - 2 * (o @ o) for s, o in zip(sizes, offsets, strict=True)]
    return max(range(len(ranks)), key=lambda index: (usable[index], ranks[index]))


def find_at(
    faces: tuple[Face, ...], point: tuple[float, float], size_hw: tuple[int, int]
) -> int | None:
    """Index of the face at a place of a picture (H, W), or None where there is none.

    ``point`` (x, y) is in shares of the picture's sides, 0 to 1; of several boxes around it, the
    one whose middle is nearest counts.
    """
    point = [check_setting("The place", value, 0, 1) for value in point]
    size_hw = images.check_size_hw(size_hw)
    place = np.array(point) * (size_hw[1], size_hw[0])
    offsets = {
        index: float(np.linalg.norm((face.box_xyxy[:2] + face.box_xyxy[2:]) / 2 - place))
        for index, face in enumerate(faces)
        if (face.box_xyxy[:2] <= place).all() and (place <= face.box_xyxy[2:]).all()
    }
    return min(offsets, key=lambda index: offsets[index]) if offsets else None


def get_only_face(image: images.Picture, *, detector: str = DETECTOR) -> Face:
    """The face of a picture that must show one person; InputError for none, two or a small one."""
    faces = find_faces(image, detector=detector)
    if len(faces) > 1:
        raise InputError(
            f"There are {len(faces)} faces, and one is expected: choose a picture of one person."
        )
    if faces[0].is_small:
        raise InputError(describe_small(faces[0]))
    return faces[0]


def describe_turned(face: Face, where: str = "") -> str:
    """The sentence about a face that does not stand upright."""
    how = "stands on its head" if face.turned == 180 else "lies on its side"
    return f"The picture of the face{where} {how}: it was turned upright first."


def describe_unsure(face: Face, detector: str, where: str = "") -> str:
    """The sentence about a face whose landmarks may be wrong; "" for a clear one."""
    if face.score >= UNSURE[detector]:
        return ""
    return (
        f"The face{where} is not sure: if it is tilted, covered or blurred, the answer may be "
        "wrong; turn it upright, or choose another picture."
    )


def describe_small(face: Face, where: str = "") -> str:
    """The sentence about a face too small to be judged."""
    return (
        f"The face{where} is too small ({face.width:.0f} pixels wide): go nearer, or choose a "
        f"picture where it is {SMALL_FACE} pixels wide or more."
    )


def embed(
    face: Face | images.Picture, *, embedder: str = EMBEDDER, with_mirror: bool = True
) -> np.ndarray:
    """A face as float32 numbers of length 1: 128 by SFace, 512 by FaceNet.

    ``face`` is a Face, or for SFace an aligned picture uint8 (112, 112, 3). The mirrored face is
    embedded too and the mean taken, which on LFW parts strangers from one person a little better
    (d' 5.80 instead of 5.71); ``with_mirror=False`` is twice as fast.
    """
    return embed_all([face], embedder=embedder, with_mirror=with_mirror)[0]


@undisturbed
def embed_all(
    faces: Sequence[Face | images.Picture], *, embedder: str = EMBEDDER, with_mirror: bool = True
) -> np.ndarray:
    """Embeddings float32 (N, 128 or 512), each of length 1. InputError for an unknown embedder."""
    is_sface = check_embedder(embedder) == EMBEDDER
    if not faces:
        return np.zeros((0, 128 if is_sface else 512), np.float32)
    if is_sface:
        crops = [face.crop if isinstance(face, Face) else face for face in faces]
        batch = np.stack([images.as_image(crop) for crop in crops]).astype(np.float32)
        if batch.shape[1:] != (112, 112, 3):
            raise ValueError(f"Expected faces of (112, 112, 3), got {batch.shape[1:]}.")
    else:
        squares = [face.square for face in faces if isinstance(face, Face)]
        if len(squares) < len(faces):
            raise TypeError("FaceNet takes a Face, as detect_faces gives it, not a picture.")
        batch = np.stack(squares).astype(np.float32) / 255
    batch = batch.transpose(0, 3, 1, 2)
    predict = load_predictor(embedder)
    (outputs,) = predict(np.ascontiguousarray(batch))
    if with_mirror:
        (mirrored,) = predict(np.ascontiguousarray(batch[..., ::-1]))
        outputs = normalise(outputs) + normalise(mirrored)
    return normalise(outputs)


@undisturbed
def normalise(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., D) brought to length 1."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def check_embedder(name: str) -> str:
    if name not in registry.list_names("face_verification"):
        known = ", ".join(registry.list_names("face_verification"))
        raise InputError(f"There is no face embedder called {name!r}: choose one of {known}.")
    return name

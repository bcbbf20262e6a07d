"""Face verification: do two pictures show the same person?

Detection (MTCNN), alignment by five landmarks, an embedding of 128 numbers (SFace: Zhong et al.,
"SFace: Sigmoid-Constrained Hypersphere Loss for Robust Face Recognition", IEEE TIP 2021,
arXiv:2205.12010), and the cosine of the angle between two embeddings against a threshold.
"""

from dataclasses import dataclass
from html import escape

import lazy_loader
import numpy as np

from cvcore.core import notebook
from cvcore.core.checks import as_number, check_setting, show
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image
from cvcore.engine.isolation import undisturbed
from cvcore.face_verification.rates import likelihood_ratio, probability_same
from cvcore.recognition.faces import (
    DETECTOR,
    DETECTORS,
    EMBEDDER,
    MAX_SIDE,
    MIN_FACE,
    NO_FACE,
    SMALL_FACE,
    Face,
    check_detector,
    check_embedder,
    describe_small,
    describe_turned,
    describe_unsure,
    detect_faces,
    embed,
    embed_all,
    find_at,
    find_faces,
    get_only_face,
    normalise,
    pick_face,
    to_faces,
)

__all__ = [
    "DETECTOR",
    "DETECTORS",
    "EMBEDDER",
    "MAX_SIDE",
    "METRIC",
    "METRICS",
    "MIN_FACE",
    "NO_FACE",
    "SMALL_FACE",
    "THRESHOLDS",
    "Face",
    "Verification",
    "check_detector",
    "check_embedder",
    "check_metric",
    "check_threshold",
    "describe_small",
    "describe_turned",
    "describe_unsure",
    "detect_faces",
    "embed",
    "embed_all",
    "find_at",
    "find_faces",
    "get_only_face",
    "judge",
    "likelihood_ratio",
    "normalise",
    "pick_face",
    "probability_same",
    "to_distance",
    "to_faces",
    "verify",
]

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(
    __name__,
    [
        "evaluation",
        "explain",
        "history",
        "map",
        "published",
        "rates",
        "robustness",
        "siamese",
        "tracking",
    ],
)


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


THRESHOLDS = {"sface": 0.34, "facenet_vggface2": 0.4}
"""Least cosine similarity at which two faces count as one person's.

SFace's is a round number near the equal-error point (0.3475) of 20,000 LFW pairs: 0.45 % of
strangers pass it, 0.31 % of one person's pairs do not, so that neither kind of mistake is favoured.
The fewest mistakes in all were made at 0.365 there, as flat as a table from 0.34 on (99.62 to
99.67 % right); ``ErrorRates.best_threshold`` is that one, and serves to show each method at its
best. Who must keep strangers out asks ``ErrorRates.threshold_for``: 0.38 for one in a thousand.
FaceNet's is the usual one.
"""
METRICS = {"cosine": "Cosine similarity", "euclidean": "Euclidean distance"}
METRIC = "cosine"


@dataclass(frozen=True, eq=False)
class Verification:
    """Two faces compared."""

    is_same: bool
    distance: float
    """Euclidean, between embeddings of length 1: 0 to 2."""
    similarity: float
    """Cosine of the angle between the embeddings: -1 to 1."""
    faces: tuple[Face, Face]
    threshold: float
    """Least similarity that counts as the same person; with ``euclidean`` the greatest distance."""
    metric: str = METRIC
    """The one of ``METRICS`` that decided."""
    notes: tuple[str, ...] = ()
    """What may spoil the answer, a sentence each."""

    def _repr_html_(self) -> str:
        verdict = "The same person" if self.is_same else "Two persons"
        is_cosine = self.metric == METRIC
        name, value = ("similarity", self.similarity) if is_cosine else ("distance", self.distance)
        bars = notebook.bars_html(
            [name, "threshold"],
            [value, self.threshold],
            texts=[f"{value:.3f}", f"{self.threshold:.3f}"],
            limit=1.0 if is_cosine else 2.0,
        )
        words = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        faces = notebook.pictures_html([face.crop for face in self.faces])
        return f"{faces}<p><b>{verdict}</b></p>{bars}{words}"


def check_metric(name: str) -> str:
    """``name`` if two embeddings can be compared by it; InputError lists what there is."""
    if name not in METRICS:
        raise InputError(
            f"There is no metric {str(name)[:40]!r}: choose one of {', '.join(METRICS)}."
        )
    return name


def check_threshold(
    threshold: float | None, embedder: str = EMBEDDER, metric: str = METRIC
) -> float:
    """The threshold, or the embedder's own for None.

    InputError for a cosine outside -1 to 1, and for a Euclidean distance outside 0 to 2.
    """
    is_cosine = check_metric(metric) == METRIC
    if threshold is None:
        own = THRESHOLDS[check_embedder(embedder)]
        return own if is_cosine else to_distance(own)
    low, high = (-1, 1) if is_cosine else (0, 2)
    number = as_number(threshold, low, high)
    if number is None:
        raise InputError(f"Choose a threshold between {low} and {high}, got {show(threshold)}.")
    return number


def to_distance(similarity: float) -> float:
    """Euclidean distance, 0 to 2, of unit vectors whose cosine is -1 to 1: sqrt(2 - 2 cos)."""
    return float(np.sqrt(max(0.0, 2 - 2 * check_setting("The similarity", similarity, -1, 1))))


@undisturbed
def judge(
    face_a: Face,
    face_b: Face,
    vector_a: np.ndarray,
    vector_b: np.ndarray,
    *,
    threshold: float,
    metric: str = METRIC,
    notes: tuple[str, ...] = (),
) -> Verification:
    """The verdict on two faces from their embeddings (D,) of length 1.

    ``threshold`` is in the metric's own numbers.
    """
    threshold = check_threshold(threshold, metric=metric)
    similarity = float(np.clip(vector_a @ vector_b, -1, 1))
    distance = float(np.linalg.norm(vector_a - vector_b))
    is_same = similarity >= threshold if metric == "cosine" else distance <= threshold
    return Verification(is_same, distance, similarity, (face_a, face_b), threshold, metric, notes)


@undisturbed
def verify(
    image_a: Picture,
    image_b: Picture,
    *,
    threshold: float | None = None,
    embedder: str = EMBEDDER,
    detector: str = DETECTOR,
    metric: str = METRIC,
) -> Verification:
    """Compare the face in one picture with the face in another.

    With ``metric="cosine"``, ``threshold`` is the least similarity of one person's faces, -1 to 1;
    with ``"euclidean"`` the greatest distance of the embeddings, 0 to 2. By default it is the
    embedder's of ``THRESHOLDS``, as a distance sqrt(2 - 2 t): embeddings have length 1, so both
    metrics give one verdict. ``detector`` is one of ``DETECTORS``. Of several faces the large one
    near the middle is taken, one that stands upright before one that does not, and a note says
    so; another one tells of a picture that lies on its side. Raises InputError when a picture has
    no face.
    """
    threshold = check_threshold(threshold, embedder, metric)
    chosen, notes = [], []
    for image, where in ((image_a, " in the first picture"), (image_b, " in the second picture")):
        image = as_image(image)
        faces = find_faces(image, where, detector=detector)
        face = faces[pick_face(faces, image.shape[:2])]
        if len(faces) > 1:
            is_choice = not face.turned and any(other.turned for other in faces)
            which = "the one that stands upright" if is_choice else "the one nearest to the middle"
            notes.append(
                f"There are {len(faces)} faces{where}, and one is expected: {which} was taken."
            )
        if face.turned:
            notes.append(describe_turned(face, where))
        if doubt := describe_unsure(face, detector, where):
            notes.append(doubt)
        if face.is_small:
            notes.append(describe_small(face, where))
        chosen.append(face)
    vectors = embed_all(chosen, embedder=embedder)
    (face_a, face_b), (vector_a, vector_b) = chosen, vectors
    return judge(
        face_a, face_b, vector_a, vector_b, threshold=threshold, metric=metric, notes=tuple(notes)
    )

"""Faces as few numbers: Eigenfaces (PCA) and Fisherfaces (PCA, then LDA), nearest template.

Turk and Pentland, "Eigenfaces for recognition", Journal of Cognitive Neuroscience 1991; Belhumeur,
Hespanha and Kriegman, "Eigenfaces vs. Fisherfaces", IEEE TPAMI 1997. Both by scikit-learn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from cvcore.classical_features.gallery import HEIGHT, WIDTH, Gallery, load_gallery, relight
from cvcore.classical_features.threads import one_blas_thread
from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

EIGENFACES, WITHOUT_THREE, FISHERFACES = METHODS = ("eigenfaces", "without_three", "fisherfaces")
MOST_NUMBERS = 64
LEARNT = 4  # pictures of each person that the spaces are learnt from; the others are held back
LIGHTS = (-20.0, 0.0, 20.0)  # degrees: of the pictures that the spaces are learnt from
SKIPPED = 3  # components that carry mostly the light
BEFORE_LDA = 100  # components that LDA is given, so that it does not learn by heart
ONE_PERSON = (
    "Your own gallery has {}: enrol at least two people, or compare with the whole gallery."
)


@dataclass(frozen=True, eq=False)
class Enrolled:
    """A face that was added to the gallery."""

    name: str
    face: np.ndarray = field(repr=False)  # uint8 (56, 48)


@dataclass(frozen=True, eq=False)
class Match:
    """Whom a face is taken for."""

    name: str
    template: np.ndarray = field(repr=False)  # uint8 (56, 48): the nearest one
    distance: float
    names: tuple[str, ...]  # all people, the nearest first
    distances: np.ndarray = field(repr=False)  # (P,) of each one's nearest template
    templates: np.ndarray = field(repr=False)  # uint8 (P, 56, 48)


@dataclass(frozen=True, eq=False)
class FaceSpaces:
    """What was learnt of a gallery: the mean face, its components, and LDA's axes in them."""

    gallery: Gallery = field(repr=False)
    pca: PCA = field(repr=False)
    lda: LinearDiscriminantAnalysis = field(repr=False)
    templates: np.ndarray = field(repr=False)  # uint8 (N, 56, 48): what was learnt from
    people: np.ndarray = field(repr=False)  # (N,) int

    @property
    def mean_face(self) -> np.ndarray:
        """float (56, 48), grey levels."""
        return self.pca.mean_.reshape(HEIGHT, WIDTH) * 255

    def most(self, method: str) -> int:
        """How many numbers there are: for Fisherfaces one less than people."""
        check_method(method)
        return min(MOST_NUMBERS, len(self.gallery) - 1) if method == FISHERFACES else MOST_NUMBERS

    def list_axes(self, method: str, count: int) -> np.ndarray:
        """The first ``count`` axes as pictures, float (count, 56, 48), each of length 1."""
        if check_method(method) == FISHERFACES:
            axes = self.lda.scalings_[:, : self.most(method)].T @ self.pca.components_[:BEFORE_LDA]
        else:
            axes = self.pca.components_[SKIPPED if method == WITHOUT_THREE else 0 :]
        axes = axes[:count] / np.linalg.norm(axes[:count], axis=1, keepdims=True)
        return axes.reshape(-1, HEIGHT, WIDTH)

    def project(self, pictures: np.ndarray, method: str = EIGENFACES) -> np.ndarray:
        """All numbers (N, 64, or one less than people) of faces uint8 (N, 56, 48)."""
        code = self.pca.transform(flatten(pictures))
        if check_method(method) == FISHERFACES:
            return self.lda.transform(code[:, :BEFORE_LDA])[:, : self.most(method)]
        first = SKIPPED if method == WITHOUT_THREE else 0
        return code[:, first : first + MOST_NUMBERS]

    def rebuild(self, picture: np.ndarray, count: int) -> np.ndarray:
        """A face uint8 (56, 48) out of its first ``count`` numbers, 0 to 64: float grey levels."""
        count = check_whole("The number of components", count, 0, MOST_NUMBERS)
        code = self.pca.transform(flatten(picture[None]))[0, :count]
        face = self.pca.mean_ + code @ self.pca.components_[:count]
        return face.reshape(HEIGHT, WIDTH) * 255


def check_method(method: str) -> str:
    """One of ``METHODS``; ``InputError`` otherwise."""
    if method not in METHODS:
        raise InputError(f"There is no method {method!r}: choose one of {', '.join(METHODS)}.")
    return method


def flatten(pictures: np.ndarray) -> np.ndarray:
    """Faces uint8 (N, 56, 48) as rows float64 (N, 2688) in [0, 1]."""
    pictures = np.asarray(pictures)
    if pictures.dtype != np.uint8 or pictures.ndim != 3 or pictures.shape[1:] != (HEIGHT, WIDTH):
        raise InputError(f"Faces must be uint8 (N, {HEIGHT}, {WIDTH}): see read_own_face.")
    return pictures.reshape(len(pictures), -1) / 255.0


@cache
@undisturbed
@one_blas_thread()
def learn_faces() -> FaceSpaces:
    """Both spaces of the bundled gallery, from four pictures of each of its people, each with the
    light from three sides: 20 degrees to the left, the front, 20 degrees to the right."""
    gallery = load_gallery()
    known = gallery.pictures[:, :LEARNT]
    lit = np.stack([relight(known, angle) for angle in LIGHTS], axis=2)
    templates = lit.reshape(-1, HEIGHT, WIDTH)
    people = np.repeat(np.arange(len(gallery)), LEARNT * len(LIGHTS))
    pca = PCA(BEFORE_LDA, svd_solver="arpack", random_state=0).fit(flatten(templates))
    lda = LinearDiscriminantAnalysis(solver="eigen")
    lda.fit(pca.transform(flatten(templates)), people)
    return FaceSpaces(gallery, pca, lda, templates, people)


def find_templates(queries: np.ndarray, templates: np.ndarray) -> np.ndarray:
    """The nearest (K, Q) of templates (T, K) to each query (Q, K): by the first number, the first
    two ..."""
    distances = np.zeros((len(queries), len(templates)))
    nearest = []
    for query, template in zip(queries.T, templates.T, strict=True):
        distances += (query[:, None] - template) ** 2
        nearest.append(distances.argmin(axis=1))
    return np.stack(nearest)


@undisturbed
def measure_recognition(method: str, angle: float) -> np.ndarray:
    """The share of held-back pictures, two of each person with the light from ``angle`` degrees to
    the left and to the right, whose nearest template shows the same person: by the first number,
    the first two, and so on (K,)."""
    angle = check_setting("The angle of the light", angle, -80, 80)
    return _measure_recognition(check_method(method), abs(angle))


@cache
def _project_templates(method: str) -> np.ndarray:
    spaces = learn_faces()
    return spaces.project(spaces.templates, method)


@lru_cache(maxsize=512)
@one_blas_thread()
def _measure_recognition(method: str, angle: float) -> np.ndarray:
    spaces = learn_faces()
    held = spaces.gallery.pictures[:, LEARNT:].reshape(-1, HEIGHT, WIDTH)
    right = np.repeat(np.arange(len(spaces.gallery)), spaces.gallery.pictures.shape[1] - LEARNT)
    templates = _project_templates(method)
    hits = [
        spaces.people[find_templates(spaces.project(relight(held, side), method), templates)]
        == right
        for side in {angle, -angle}
    ]
    rates = np.concatenate(hits, axis=1).mean(axis=1)
    rates.setflags(write=False)
    return rates


@undisturbed
@one_blas_thread()
def find_nearest(
    face: np.ndarray, *, method: str = EIGENFACES, count: int = MOST_NUMBERS,
    enrolled: Sequence[Enrolled] = (), alone: bool = False,
) -> Match:  # fmt: skip
    """Whom a face uint8 (56, 48) is nearest to, by its first ``count`` numbers.

    Templates are those of the gallery and of those ``enrolled``, or the latter ``alone``; then
    ``InputError`` where they are fewer than two people, of whom one would always be the nearest.
    """
    spaces = learn_faces()
    count = check_whole("The number of components", count, 1, MOST_NUMBERS)
    own = sorted({one.name for one in enrolled})
    if alone and len(own) < 2:
        raise InputError(ONE_PERSON.format("one person" if own else "nobody in it"))
    lit = [relight(one.face, angle) for one in enrolled for angle in LIGHTS]
    labels = [one.name for one in enrolled for _ in LIGHTS]
    code = spaces.project(face[None], method)[:, :count]
    known = [spaces.project(np.stack(lit), method)] if lit else []
    if not alone:
        lit = [*spaces.templates, *lit]
        labels = [*(spaces.gallery.names[i] for i in spaces.people), *labels]
        known = [_project_templates(method), *known]
    distances = np.sqrt(((np.concatenate(known)[:, :count] - code) ** 2).sum(axis=1))
    order = np.argsort(distances, kind="stable")
    nearest = {labels[i]: i for i in order[::-1]}  # of each person the nearest one stays
    ranked = sorted(nearest, key=lambda name: distances[nearest[name]])
    chosen = [nearest[name] for name in ranked]
    templates = np.stack([lit[i] for i in chosen])
    return Match(
        ranked[0], templates[0], float(distances[chosen[0]]), tuple(ranked), distances[chosen],
        templates,
    )  # fmt: skip


@undisturbed
def match_contrast(face: np.ndarray) -> np.ndarray:
    """A face uint8 (56, 48) with mean and contrast of the gallery's faces, as far as 8 bits go."""
    pictures = load_gallery().pictures.astype(np.float64)
    means, spreads = pictures.mean(axis=(2, 3)).mean(), pictures.std(axis=(2, 3)).mean()
    values = face.astype(np.float64)
    values = (values - values.mean()) / max(values.std(), 1.0) * spreads + means
    return np.rint(values.clip(0, 255)).astype(np.uint8)

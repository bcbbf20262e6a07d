"""Bags of visual words: patches, a codebook of them, and pictures as histograms of their words.

Csurka, Dance, Fan, Willamowski and Bray, "Visual categorization with bags of keypoints", ECCV
workshop 2004; the quarters are the first step of the pyramid of Lazebnik, Schmid and Ponce, CVPR
2006. SIFT is OpenCV's; clustering and classifiers are scikit-learn's.
"""

import warnings
from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.neighbors import NearestCentroid
from sklearn.svm import LinearSVC

from cvcore.classical_features.hog_svm import check_pictures
from cvcore.classical_features.tasks import Task, load_task
from cvcore.classical_features.threads import one_blas_thread
from cvcore.core.checks import check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

PATCHES, SIFT = KINDS = ("patches", "sift")
LAYOUT = {28: (8, 2), 64: (12, 4), 25: (8, 2)}  # side of a patch and step, pixels, by picture
SIFT_STEP = 2  # times the step of patches: a descriptor takes longer
LEAST_WORDS, MOST_WORDS = 8, 256
LEARNT_FROM = 12_000  # patches, at most, that a codebook is learnt from
FLAT = 0.02  # standard deviation of grey levels below which a patch has no word
NO_WORD = -1
SEED = 0
NOTHING = "There is nothing in this picture that has a word: choose one with more contrast."


@dataclass(frozen=True)
class WordSettings:
    """How pictures become bags of words."""

    words: int = 64  # 8 to 256
    kind: str = PATCHES  # what a patch is described by: its grey levels, or "sift"
    quarters: bool = False  # a histogram for each quarter of the picture, instead of one

    def check(self) -> None:
        """``InputError`` for a value that cannot be."""
        check_whole("The number of words", self.words, LEAST_WORDS, MOST_WORDS)
        if self.kind not in KINDS:
            raise InputError(f"There is no kind {self.kind!r}: choose one of {', '.join(KINDS)}.")


@dataclass(frozen=True, eq=False)
class Codebook:
    """Words: means of patches that are alike."""

    settings: WordSettings
    side: int  # pixels of the pictures it is for
    kmeans: MiniBatchKMeans = field(repr=False)
    pictures: np.ndarray = field(repr=False)
    """float32 (K, P, P) in [0, 1]: the mean of the patches that each word was learnt from."""

    @property
    def layout(self) -> tuple[int, int]:
        """Side of a patch, and the step from one to the next, in pixels."""
        side, step = LAYOUT.get(self.side, (8, 4))
        return side, step * SIFT_STEP if self.settings.kind == SIFT else step

    @undisturbed
    def read(self, pictures: np.ndarray) -> np.ndarray:
        """The word at each place (N, G, G) int, -1 where a patch is of one grey."""
        pictures = check_pictures(pictures)
        if pictures.shape[1] != self.side:
            raise InputError(f"This codebook is for pictures of {self.side} x {self.side} pixels.")
        numbers, patches = describe_patches(pictures, self.settings.kind)
        words = self.kmeans.predict(numbers)
        words[patches.std(axis=(1, 2)) < FLAT] = NO_WORD
        grid = round((len(words) / len(pictures)) ** 0.5)
        return words.reshape(len(pictures), grid, grid)

    def count(self, words: np.ndarray) -> np.ndarray:
        """Histograms float64 (N, K), with quarters (N, 4 K), of words (N, G, G): the share of each
        among all words of the picture; all 0 where there is none."""
        total = self.settings.words
        half = words.shape[1] // 2
        quarters = [words[:, :half, :half], words[:, :half, half:],
                    words[:, half:, :half], words[:, half:, half:]]  # fmt: skip
        parts = quarters if self.settings.quarters else [words]
        counts = np.concatenate(
            [
                np.stack([np.bincount(one[one >= 0], minlength=total) for one in part])
                for part in (p.reshape(len(words), -1) for p in parts)
            ],
            axis=1,
        )
        return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def describe(self, pictures: np.ndarray) -> np.ndarray:
        """Roots of the histograms float64, of length 1: what classifiers are given. Distances of
        roots are those of Hellinger, so that a frequent word does not outweigh all others."""
        return np.sqrt(self.count(self.read(pictures)))


def describe_patches(pictures: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Each patch as numbers float32 (N G G, D), and as it is (N G G, P, P), row after row.

    Patches have their mean grey subtracted and length 1; SIFT is upright, its 4 x 4 cells as wide
    as the patch.
    """
    side, step = LAYOUT.get(pictures.shape[1], (8, 4))
    step = step * SIFT_STEP if kind == SIFT else step
    windows = np.lib.stride_tricks.sliding_window_view(pictures, (side, side), axis=(1, 2))
    windows = windows[:, ::step, ::step]
    grid = windows.shape[1]
    patches = windows.reshape(-1, side, side)
    if kind == SIFT:
        return _compute_sift(pictures, side, step, grid), patches
    rows = patches.reshape(len(patches), -1)
    rows = rows - rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return rows.astype(np.float32), patches


def _compute_sift(pictures: np.ndarray, side: int, step: int, grid: int) -> np.ndarray:
    """Descriptors float32 (N G G, 128), of length 1, at the middle of each patch."""
    sift = cv2.SIFT.create()
    size = side / 6  # OpenCV's four cells are six times a keypoint's size wide
    places = [step * i + (side - 1) / 2 for i in range(grid)]
    keypoints = [cv2.KeyPoint(x, y, size, 0) for y in places for x in places]
    parts = []
    for picture in pictures:
        grey = np.rint(picture * 255).clip(0, 255).astype(np.uint8)
        parts.append(sift.compute(grey, keypoints)[1])
    numbers = np.concatenate(parts)
    return numbers / np.maximum(np.linalg.norm(numbers, axis=1, keepdims=True), 1e-6)


@undisturbed
def learn_codebook(pictures: np.ndarray, settings: WordSettings | None = None) -> Codebook:
    """A codebook of the patches of grey pictures (N, S, S) in [0, 1], by k-means.

    Raises ``InputError`` where there are fewer patches with contrast than words.
    """
    settings = settings or WordSettings()
    settings.check()
    pictures = check_pictures(pictures)
    numbers, patches = describe_patches(pictures, settings.kind)
    seen = np.flatnonzero(patches.std(axis=(1, 2)) >= FLAT)
    if len(seen) < settings.words:
        raise InputError("There are fewer patches with contrast than words: choose fewer words.")
    chosen = np.random.default_rng(SEED).permutation(seen)[:LEARNT_FROM]
    kmeans = MiniBatchKMeans(settings.words, random_state=SEED, n_init=1, batch_size=1024)
    words = kmeans.fit_predict(numbers[chosen])
    sums = np.zeros((settings.words, *patches.shape[1:]))
    np.add.at(sums, words, patches[chosen])
    counts = np.maximum(np.bincount(words, minlength=settings.words), 1)
    means = (sums / counts[:, None, None]).astype(np.float32)
    return Codebook(settings, pictures.shape[1], kmeans, means)


@dataclass(frozen=True, eq=False)
class WordModel:
    """A task by bags of words: the nearest class mean, and a linear SVM."""

    task: Task = field(repr=False)
    codebook: Codebook = field(repr=False)
    centroids: NearestCentroid = field(repr=False)
    svm: LinearSVC = field(repr=False)
    class_means: np.ndarray = field(repr=False)  # (C, K or 4 K): mean shares of the words
    nearest_accuracy: float
    svm_accuracy: float

    @undisturbed
    def explain(self, picture: np.ndarray) -> "WordAnswer":
        """A picture (S, S): its words, and which of them made its class the nearest.

        Raises ``InputError`` where it has none.
        """
        words = self.codebook.read(picture)
        if (words == NO_WORD).all():
            raise InputError(NOTHING)
        histogram = self.codebook.count(words)
        root = np.sqrt(histogram)
        steps = (root - self.centroids.centroids_) ** 2  # (C, D)
        distances = np.sqrt(steps.sum(axis=1))
        first, second = np.argsort(distances, kind="stable")[:2]
        return WordAnswer(
            words[0], histogram[0], distances, int(first), int(second),
            steps[second] - steps[first], int(self.svm.predict(root)[0]),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class WordAnswer:
    """What a bag of words says of a picture."""

    words: np.ndarray = field(repr=False)  # (G, G) int, -1 for none
    histogram: np.ndarray = field(repr=False)  # (K,) or (4 K,)
    distances: np.ndarray = field(repr=False)  # (C,) to the class means
    nearest: int  # class
    second: int  # class
    speaks: np.ndarray = field(repr=False)
    """Like the histogram: by how much each word brings the nearest class nearer than the second;
    their sum is the difference of the squared distances."""
    svm: int  # class


@undisturbed
def train_words(
    name: str = "digits", settings: WordSettings | None = None, *, examples: int | None = None
) -> WordModel:
    """Learn a task's codebook and both classifiers on its bags of words."""
    settings = settings or WordSettings()
    settings.check()
    count = len(load_task(name, examples).labels)
    return _train(name, count, settings.words, settings.kind, settings.quarters)


@lru_cache(maxsize=12)
@one_blas_thread()
def _train(name: str, examples: int, words: int, kind: str, quarters: bool) -> WordModel:
    task = load_task(name, examples)
    codebook = learn_codebook(task.pictures, WordSettings(words, kind, quarters))
    shares = codebook.count(codebook.read(task.pictures))
    known, held = np.sqrt(shares), codebook.describe(task.held_back)
    with warnings.catch_warnings():  # of words that a class never has: its distances need no spread
        warnings.simplefilter("ignore", UserWarning)
        centroids = NearestCentroid().fit(known, task.labels)
    svm = LinearSVC(C=1.0, random_state=SEED).fit(known, task.labels)
    means = np.stack([shares[task.labels == c].mean(axis=0) for c in range(len(task.classes))])
    right = task.held_back_labels
    rates = [float((one.predict(held) == right).mean()) for one in (centroids, svm)]
    return WordModel(task, codebook, centroids, svm, means, *rates)

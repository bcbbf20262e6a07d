"""Histograms of oriented gradients and a linear SVM, and which cells speak for a class.

Dalal and Triggs, "Histograms of oriented gradients for human detection", CVPR 2005. The features
are scikit-image's, the classifier is scikit-learn's; a score is a sum over the cells.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from skimage.feature import hog
from sklearn.svm import LinearSVC

from cvcore.classical_features.tasks import Task, load_task
from cvcore.classical_features.threads import one_blas_thread
from cvcore.core.checks import check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

ORIENTATIONS = 9
BLOCK = 2  # cells a side, normalised together
CELLS = {28: (4, 7, 14), 64: (8, 16, 32), 25: (5, 8, 12)}  # sides of a cell, pixels, by picture
SEED = 0
STEPS = 5000  # of the solver, at most


def check_cell(side: int, cell: int) -> int:
    """The side of a cell in a picture of that side; ``InputError`` for one that is not offered."""
    fitting = CELLS.get(side, (max(1, side // 8), max(1, side // 4)))
    return check_whole("The cell's side", cell, 2, max(fitting))


@undisturbed
def compute_hog(pictures: np.ndarray, cell: int) -> np.ndarray:
    """HOG features float32 (N, D) of grey pictures (N, S, S) in [0, 1]: cells of ``cell`` pixels,
    9 unsigned orientations, blocks of 2 x 2 cells, L2-Hys."""
    pictures = check_pictures(pictures)
    check_cell(pictures.shape[1], cell)
    return np.stack(
        [
            hog(one, ORIENTATIONS, (cell, cell), (BLOCK, BLOCK), feature_vector=True)
            for one in pictures
        ]
    ).astype(np.float32)


def check_pictures(pictures: np.ndarray) -> np.ndarray:
    """float32 (N, S, S) of grey pictures in [0, 1], or of one (S, S)."""
    array = np.asarray(pictures, np.float32)
    array = array[None] if array.ndim == 2 else array
    if array.ndim != 3 or not len(array) or array.shape[1] != array.shape[2]:
        raise InputError("Pictures must be grey and square, (N, S, S).")
    if not np.isfinite(array).all():
        raise InputError("A picture holds a value that is no number: choose another.")
    return array


@dataclass(frozen=True, eq=False)
class HogModel:
    """A linear SVM on HOG features, one class against the rest."""

    task: Task = field(repr=False)
    cell: int
    svm: LinearSVC = field(repr=False)
    answers: np.ndarray = field(repr=False)  # (M,) int: of the held-back pictures

    @property
    def accuracy(self) -> float:
        """The share of held-back pictures that are recognised."""
        return float((self.answers == self.task.held_back_labels).mean())

    @property
    def grid(self) -> int:
        """Cells a side."""
        return self.task.side // self.cell

    def score(self, picture: np.ndarray) -> np.ndarray:
        """Scores (K,) of the classes; with two of them theirs are opposite."""
        scores = np.atleast_1d(self.svm.decision_function(compute_hog(picture, self.cell))[0])
        return np.array([-scores[0], scores[0]]) if len(scores) == 1 else scores

    def weights(self, label: int) -> tuple[np.ndarray, float]:
        """Weights (D,) and intercept of a class."""
        label = check_whole("The class", label, 0, len(self.task.classes) - 1)
        if len(self.svm.coef_) == 1:  # two classes share one line
            sign = 1 if label == 1 else -1
            return sign * self.svm.coef_[0], float(sign * self.svm.intercept_[0])
        return self.svm.coef_[label], float(self.svm.intercept_[label])

    def roses(self, label: int) -> np.ndarray:
        """Learnt weights of each cell's orientations (G, G, 9): means over the blocks that the cell
        is in."""
        counts = to_cells(np.ones_like(self.weights(label)[0]), self.grid)
        return to_cells(self.weights(label)[0], self.grid) / counts

    def explain(self, picture: np.ndarray, label: int) -> np.ndarray:
        """How much each cell's orientations add to the class's score (G, G, 9).

        Their sum and the intercept are the score: a weight times its feature belongs to the cell
        that the feature describes.
        """
        weights, _ = self.weights(label)
        return to_cells(weights * compute_hog(picture, self.cell)[0], self.grid)


def to_cells(values: np.ndarray, grid: int) -> np.ndarray:
    """Values of features (D,) summed over the blocks that a cell is in: (G, G, 9)."""
    blocks = grid - BLOCK + 1
    parts = values.reshape(blocks, blocks, BLOCK, BLOCK, ORIENTATIONS)
    cells = np.zeros((grid, grid, ORIENTATIONS))
    for row in range(BLOCK):
        for column in range(BLOCK):
            cells[row : row + blocks, column : column + blocks] += parts[:, :, row, column]
    return cells


@undisturbed
def train_hog_svm(
    name: str = "digits", *, cell: int = 7, cost: float = 1.0, examples: int | None = None
) -> HogModel:
    """A linear SVM (``LinearSVC``, ``cost`` its C, 0.001 to 100) on HOG features of a task."""
    task = load_task(name, examples)
    cost = check_setting("C", cost, 0.001, 100)
    return _train(name, len(task.labels), check_cell(task.side, cell), cost)


@lru_cache(maxsize=12)
def _describe_task(name: str, examples: int, cell: int) -> tuple[np.ndarray, np.ndarray]:
    """HOG features of a task's pictures, those to learn from and those held back."""
    task = load_task(name, examples)
    return compute_hog(task.pictures, cell), compute_hog(task.held_back, cell)


@lru_cache(maxsize=12)
@one_blas_thread()
def _train(name: str, examples: int, cell: int, cost: float) -> HogModel:
    task = load_task(name, examples)
    known, held = _describe_task(name, examples, cell)
    svm = LinearSVC(C=cost, random_state=SEED, max_iter=STEPS).fit(known, task.labels)
    return HogModel(task, cell, svm, svm.predict(held))

"""Classifiers as whole programs: what ``compare`` runs, as one would write it."""

import re
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from cvcore.core.errors import InputError

CONVNET = "convnet"
PIXELS, HOG, WORDS = FEATURES = ("pixels", "hog", "words")
CELL = {28: 7, 64: 8, 25: 5}  # pixels a side of HOG's cells, by the side of a picture
COUNT = 64  # visual words


@dataclass(frozen=True)
class Classifier:
    """A classifier of scikit-learn's, and when it works well."""

    title: str
    path: str  # module and class
    when: str
    settings: dict[str, Any] = field(default_factory=dict)

    def build(self) -> Any:
        """The estimator, before it has learnt."""
        module, name = self.path.rsplit(".", 1)
        return getattr(import_module(module), name)(**self.settings)

    @property
    def call(self) -> str:
        """How a program makes it."""
        given = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"{self.path.rsplit('.', 1)[1]}({given})"


CLASSIFIERS = {
    "knn": Classifier(
        "k-nearest neighbours", "sklearn.neighbors.KNeighborsClassifier",
        "works well where examples are few and a distance means something: it learns nothing, and "
        "each answer costs a walk through all examples.",
        {"n_neighbors": 5},
    ),
    "logistic": Classifier(
        "Logistic regression", "sklearn.linear_model.LogisticRegression",
        "works well where features are nearly separable by planes: fast, and it gives "
        "probabilities.",
        {"C": 1.0, "tol": 0.001, "max_iter": 1000},
    ),
    "forest": Classifier(
        "Random forest", "sklearn.ensemble.RandomForestClassifier",
        "works well where features differ in kind and scale and nobody wants to tune: it asks one "
        "feature at a time, so a picture moved by a pixel is another picture to it.",
        {"n_estimators": 100, "random_state": 0},
    ),
    "linear_svm": Classifier(
        "Linear SVM", "sklearn.svm.LinearSVC",
        "works well where features are many and good, as HOG is: widest margin, instant answers, "
        "weights that can be looked at.",
        {"C": 1.0, "max_iter": 100, "random_state": 0},
    ),
    "rbf_svm": Classifier(
        "SVM, RBF kernel", "sklearn.svm.SVC",
        "works best among these where classes curve around each other and examples are some "
        "thousands at most: its cost grows faster than their number.",
        {"C": 10.0},
    ),
    "bayes": Classifier(
        "Naive Bayes", "sklearn.naive_bayes.GaussianNB",
        "is a first try: one pass, nothing to tune; it takes features as independent, which "
        "neighbouring pixels are not.",
    ),
}  # fmt: skip
CONVNET_TITLE = "Small convnet"
CONVNET_WHEN = (
    "works well where no good features are at hand, or examples are many, and training may take "
    "longer: it learns its features from the pixels."
)


def check_classifier(name: str) -> str:
    """One of ``CLASSIFIERS`` or "convnet"; ``InputError`` otherwise."""
    if name not in (*CLASSIFIERS, CONVNET):
        known = ", ".join((*CLASSIFIERS, CONVNET))
        raise InputError(f"There is no classifier {name!r}: choose one of {known}.")
    return name


def check_features(name: str) -> str:
    """One of ``FEATURES``; ``InputError`` otherwise."""
    if name not in FEATURES:
        raise InputError(f"There are no features {name!r}: choose one of {', '.join(FEATURES)}.")
    return name


@cache
def write_program(name: str, task: str, examples: int, features: str, side: int) -> str:
    """The program of a classifier: it prints the accuracy that ``compare`` tells.

    Data come from this package, features and classifier from the libraries that have them.
    """
    if check_classifier(name) == CONVNET:
        return _write_convnet(task, examples, side)
    one = CLASSIFIERS[name]
    module, kind = one.path.rsplit(".", 1)
    imports, prepare, how = _write_features(check_features(features), side)
    return f"""{imports}from {module} import {kind}

from cvcore.classical_features import {", ".join(sorted([*how, "load_task"]))}

task = load_task({task!r}, {examples})
{prepare}
model = {one.call}
model.fit(known, task.labels)
answers = model.predict(held_back)
print("accuracy", (answers == task.held_back_labels).mean())
"""


def _write_features(features: str, side: int) -> tuple[str, str, list[str]]:
    """Imports, lines that make ``known`` and ``held_back``, and names out of this package."""
    if features == PIXELS:
        lines = [
            f"{to} = task.{of}.reshape(len(task.{of}), -1)"
            for to, of in (("known", "pictures"), ("held_back", "held_back"))
        ]
        return "", "\n".join(lines), []
    if features == HOG:
        cell = CELL[side]
        text = f"""

def describe(pictures):
    return np.float32([hog(one, 9, ({cell}, {cell}), (2, 2)) for one in pictures])


known, held_back = describe(task.pictures), describe(task.held_back)"""
        return "import numpy as np\nfrom skimage.feature import hog\n", text, []
    text = "book = learn_codebook(task.pictures)\n"
    text += "known, held_back = book.describe(task.pictures), book.describe(task.held_back)"
    return "", text, ["learn_codebook"]


def _write_convnet(task: str, examples: int, side: int) -> str:
    spec = find_spec("cvcore.classical_features.small_convnet")  # read, but not imported here
    source = spec.loader.get_source(spec.name)  # type: ignore[union-attr]
    source = source.split('"""', 2)[2].strip()
    source = source.replace("  # fmt: skip", "").replace(
        "from torch import nn\n",
        "from torch import nn\n\nfrom cvcore.classical_features import load_task\n", 1,
    )  # fmt: skip
    return f"""{source}


task = load_task({task!r}, {examples})
network = build_network({side}, len(task.classes))
for loss in train_network(network, task.pictures, task.labels, LAST_PASS[{side}]):
    pass
answers = predict(network, task.held_back)
print("accuracy", (answers == task.held_back_labels).mean())
"""


def count_lines(program: str) -> int:
    """Lines of code: without empty ones, comments and docstrings."""
    code = re.sub(r'^\s*""".*?"""$', "", program, flags=re.M | re.S)
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in code.split("\n"))

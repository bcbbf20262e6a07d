"""Make ``assets/weights/face_lessons.safetensors``: error curves and eigenfaces, no picture.

    python -m cvcore.training.face_verification.lessons --data lfw/

``--data`` has a folder a person; LFW is to be had by ``torchvision.datasets.LFWPeople``. People
are dealt into two halves: the eigenfaces come from one, every pair of the error curves from the
other, so that no face is judged by components made from it.
"""

import argparse
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from cvcore.core import images
from cvcore.core.commands import command, input_folder, output_folder
from cvcore.core.errors import InputError
from cvcore.core.paths import ASSETS
from cvcore.face_verification.evaluation import evaluate, list_people, make_pairs
from cvcore.face_verification.history import (
    compare_eigen,
    compare_lbp,
    fit_eigenfaces,
    lbp_histogram,
    to_vector,
)
from cvcore.face_verification.rates import ErrorRates, fit_logistic
from cvcore.recognition import faces as face_verification

COMPONENTS = 48
PAIRS = 20_000


def collect(people: dict[str, list[Path]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Person, aligned face uint8 (112, 112, 3) and embedding (128,) of every picture."""
    owners, crops, vectors = [], [], []
    for person, pictures in people.items():
        for path in pictures:
            try:
                image = images.load_image(path)
                faces = face_verification.find_faces(image)
            except InputError as error:
                print(f"left out: {path.name}: {error}")
                continue
            face = faces[face_verification.pick_face(faces, image.shape[:2])]
            owners.append(person)
            crops.append(face.crop)
            vectors.append(face.embedding)
    return owners, np.array(crops), np.array(vectors)


def make_lessons(
    owners: list[str], crops: np.ndarray, vectors: np.ndarray
) -> dict[str, np.ndarray]:
    """The arrays of the file, from faces and whose they are."""
    names = sorted(set(owners))
    first_half = set(np.random.default_rng(0).permutation(names)[: len(names) // 2].tolist())
    is_first = np.array([owner in first_half for owner in owners], bool)
    if is_first.sum() < COMPONENTS:
        raise InputError(
            f"{COMPONENTS} faces or more are needed in each half of the people, and the first has "
            f"{is_first.sum()}: add pictures."
        )
    eigen = fit_eigenfaces(np.array([to_vector(crop) for crop in crops[is_first]]), COMPONENTS)

    judged = np.flatnonzero(~is_first)
    pairs = [judged[p] for p in make_pairs([owners[i] for i in judged], PAIRS)]
    if not all(len(kind) for kind in pairs):
        raise InputError("There are too few faces to make pairs of: add pictures.")
    everyone = make_pairs(owners, PAIRS)  # SFace has learnt from neither half
    projected = {i: eigen.project(crops[i]) for p in pairs for i in np.unique(p)}
    patterns = {i: lbp_histogram(crops[i]) for p in pairs for i in np.unique(p)}
    scores = {
        "eigenfaces": [score(p, lambda i, j: compare_eigen(projected[i], projected[j]))
                       for p in pairs],
        "lbp": [score(p, lambda i, j: compare_lbp(patterns[i], patterns[j])) for p in pairs],
        "sface": [score(p, lambda i, j: float(vectors[i] @ vectors[j])) for p in everyone],
    }  # fmt: skip
    arrays: dict[str, np.ndarray] = {
        "eigen_mean": eigen.mean.astype(np.float16),
        "eigen_components": eigen.components.astype(np.float16),
        "eigen_std": eigen.deviations.astype(np.float32),
        "sface_logistic": np.array(fit_logistic(*scores["sface"]), np.float32),
    }
    for method, (same, different) in scores.items():
        rates = ErrorRates.from_scores(same, different)
        report = evaluate(same, different, threshold=rates.best_threshold)
        print(
            f"{method}: {len(same)} same, {len(different)} different; best threshold "
            f"{report.best_threshold:.3f}, ten folds {report.best_accuracy:.2%}, "
            f"area under the ROC {report.auc:.4f}"
        )
        arrays[f"{method}_same"] = rates.same.astype(np.int32)
        arrays[f"{method}_different"] = rates.different.astype(np.int32)
    return arrays


def score(pairs: np.ndarray, compare: Callable[[int, int], float]) -> np.ndarray:
    return np.array([compare(i, j) for i, j in pairs])


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=input_folder, required=True, help="a folder with a folder a person"
    )
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    path = options.out / "face_lessons.safetensors"
    save_file(make_lessons(*collect(list_people(options.data))), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

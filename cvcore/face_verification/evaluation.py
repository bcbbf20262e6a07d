"""Verification accuracy, ROC and the best threshold on a folder of people.

    python -m cvcore.face_verification.evaluation FOLDER
        [--pairs 6000] [--threshold 0.3] [--detector yunet] [--without-mirror]

FOLDER has a folder a person, with pictures of that person, as LFW has. Half of the pairs are of
one person, half of different persons. What a fresh set of people gives is measured, too: 600 pairs
of people none of whom the threshold was chosen on. Nothing is written, and no picture is kept.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cvcore import face_verification
from cvcore.core import images
from cvcore.core.checks import MAX_SEED, check_seed, check_whole
from cvcore.core.commands import command, whole
from cvcore.core.errors import InputError
from cvcore.core.folders import list_pictures
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import faces as fr

FALSE_ACCEPTS = (0.1, 0.01, 0.001, 0.0001)
FOLDS = 10
FRESH_PAIRS = 600


@dataclass(frozen=True, eq=False)
class VerificationReport:
    """What the pairs of a folder say about an embedder."""

    same: np.ndarray  # (N,) similarities of one person's pairs
    different: np.ndarray  # (M,)
    threshold: float
    accuracy: float  # at that threshold
    best_threshold: float  # found on these very pairs
    best_accuracy: float  # at thresholds found on other pairs: ten folds, as LFW asks for
    best_spread: float  # standard error over the folds
    auc: float

    def roc(self, false_accepts: Sequence[float] = FALSE_ACCEPTS) -> tuple[tuple, ...]:
        """(false-accept rate, true-accept rate, threshold) for each rate asked for."""
        points = []
        ranked = np.sort(self.different)[::-1]
        for rate in false_accepts:
            allowed = int(rate * len(ranked) + 1e-9)
            threshold = np.nextafter(ranked[min(allowed, len(ranked) - 1)], 2)
            accepted = float((self.different >= threshold).mean())
            points.append((accepted, float((self.same >= threshold).mean()), float(threshold)))
        return tuple(points)


@dataclass(frozen=True, eq=False)
class FreshReport:
    """What people give on whom no threshold was chosen, the mean over parts of the people."""

    pairs: int  # judged in all, half of them of one person where there are as many
    accuracy: float  # at the thresholds that were best for all other people
    spread: float  # standard error over the parts
    thresholds: tuple[float, ...]  # these thresholds, one a part
    accuracy_at: float  # at the one threshold asked about


def list_people(folder: Path) -> dict[str, list[Path]]:
    """Pictures by person, from a folder with a folder each. InputError when that is not so."""
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}: give one that has a folder a person.")
    people = {}
    for person in sorted(path for path in folder.iterdir() if path.is_dir()):
        pictures = list_pictures(person)
        if pictures:
            people[person.name] = pictures
    if len(people) < 2 or all(len(pictures) < 2 for pictures in people.values()):
        raise InputError(
            f"{folder} needs two people or more, and two pictures or more of one of them."
        )
    return people


def make_pairs(
    people: Sequence[int] | Sequence[str], count: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of picture indices: (N, 2) of one person and (M, 2) of different persons.

    ``people`` is the person of each picture. At most ``count / 2`` of each kind are drawn, without
    repetition; a person with many pictures gives no more than an even share where others have any.
    """
    count = check_whole("The number of pairs", count, 0, MAX_SEED)
    rng = np.random.default_rng(check_seed(seed))
    owners = np.asarray(people)
    own = {}
    for person in np.unique(owners):
        i, j = np.triu_indices(int((owners == person).sum()), 1)
        members = np.flatnonzero(owners == person)
        pairs = np.stack([members[i], members[j]], axis=1)
        own[person] = pairs[rng.permutation(len(pairs))]
    same: list[np.ndarray] = []
    turn = 0
    while len(same) < count // 2 and any(len(pairs) > turn for pairs in own.values()):
        same += [pairs[turn] for pairs in own.values() if len(pairs) > turn]
        turn += 1
    same = same[: count // 2]
    wanted = len(same)
    if not wanted:
        return np.zeros((0, 2), int), np.zeros((0, 2), int)
    different: set[tuple[int, int]] = set()
    for _ in range(50):
        draws = np.sort(rng.integers(0, len(owners), (2 * wanted + 2, 2)), axis=1)
        different |= {(i, j) for i, j in draws.tolist() if owners[i] != owners[j]}
        if len(different) >= wanted:
            break
    chosen = np.array(sorted(different))
    return np.array(same), chosen[rng.permutation(len(chosen))[:wanted]]


@undisturbed
def evaluate(same: np.ndarray, different: np.ndarray, *, threshold: float) -> VerificationReport:
    """Accuracy, ten-fold accuracy and area under the ROC curve from similarities."""
    scores = np.concatenate([same, different])
    truth = np.concatenate([np.ones(len(same), bool), np.zeros(len(different), bool)])
    folds = np.concatenate([np.arange(len(same)) % FOLDS, np.arange(len(different)) % FOLDS])
    accuracies = []
    for fold in range(FOLDS):
        inside = folds == fold
        if not inside.any():
            continue
        best = find_threshold(scores[~inside], truth[~inside])
        accuracies.append(((scores[inside] >= best) == truth[inside]).mean())
    spread = np.std(accuracies, ddof=1) / np.sqrt(len(accuracies)) if len(accuracies) > 1 else 0.0
    return VerificationReport(
        same,
        different,
        threshold,
        float(((scores >= threshold) == truth).mean()),
        find_threshold(scores, truth),
        float(np.mean(accuracies)),
        float(spread),
        measure_auc(same, different),
    )


@undisturbed
def evaluate_fresh(
    owners: Sequence[str],
    vectors: np.ndarray,
    *,
    threshold: float,
    pairs: int = FRESH_PAIRS,
    seed: int = 0,
) -> FreshReport:
    """Cross-validation over people: nobody is judged by a threshold chosen on their own pictures.

    ``owners`` names the person of each of the embeddings (N, D) of length 1. People are dealt into
    ten parts; of each part ``pairs`` / 10 pairs are judged, at ``threshold`` (-1 to 1) and at the
    one with the most right verdicts on up to 6,000 pairs of all others. InputError where there
    are too few people for two parts.
    """
    names, numbers = np.unique(np.asarray(owners), return_inverse=True)
    parts = (np.random.default_rng(check_seed(seed)).permutation(len(names)) % FOLDS)[numbers]
    right, right_at, thresholds, judged = [], [], [], 0
    for part in range(FOLDS):
        here, elsewhere = np.flatnonzero(parts == part), np.flatnonzero(parts != part)
        scores, truth = _score_pairs(numbers[here], vectors[here], pairs // FOLDS, seed)
        others = _score_pairs(numbers[elsewhere], vectors[elsewhere], 6000, seed)
        if not len(scores) or not len(others[0]):
            continue
        thresholds.append(find_threshold(*others))
        right.append(((scores >= thresholds[-1]) == truth).mean())
        right_at.append(((scores >= threshold) == truth).mean())
        judged += len(scores)
    if len(right) < 2:
        raise InputError("There are too few people to keep some apart: add people.")
    spread = float(np.std(right, ddof=1) / np.sqrt(len(right)))
    means = float(np.mean(right)), float(np.mean(right_at))
    return FreshReport(judged, means[0], spread, tuple(thresholds), means[1])


def _score_pairs(
    owners: np.ndarray, vectors: np.ndarray, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Similarities of pairs, and whether each is one person's; none without both kinds."""
    kinds = make_pairs(owners.tolist(), count, seed=seed)
    if not all(len(pairs) for pairs in kinds):
        return np.zeros(0), np.zeros(0, bool)
    scores = [(vectors[p[:, 0]] * vectors[p[:, 1]]).sum(axis=1) for p in kinds]
    return np.concatenate(scores), np.repeat([True, False], [len(one) for one in scores])


def find_threshold(scores: np.ndarray, truth: np.ndarray) -> float:
    """The threshold with the most right verdicts: the middle of the first best gap."""
    order = np.argsort(scores, kind="stable")
    ranked, is_same = scores[order], truth[order]
    # right verdicts when everything from place k on is accepted
    right = np.concatenate([[0], np.cumsum(~is_same)]) + np.concatenate(
        [np.cumsum(is_same[::-1])[::-1], [0]]
    )
    k = int(np.argmax(right))
    low = ranked[k - 1] if k else -1.0
    high = ranked[k] if k < len(ranked) else 1.0
    return float((low + high) / 2)


def measure_auc(same: np.ndarray, different: np.ndarray) -> float:
    """Area under the ROC curve: how often a same pair scores higher; ties count half."""
    ranked = np.sort(different)
    below = np.searchsorted(ranked, same, "left")
    upto = np.searchsorted(ranked, same, "right")
    return float((below + upto).mean() / 2 / len(different))


@undisturbed
def embed_folder(
    people: dict[str, list[Path]],
    *,
    embedder: str = fr.EMBEDDER,
    detector: str = fr.DETECTOR,
    with_mirror: bool = True,
) -> Iterator[tuple[str, Path, np.ndarray | None]]:
    """(person, file, embedding) of each picture; None where no face is found or no picture."""
    for person, pictures in people.items():
        for path in pictures:
            try:
                image = images.load_image(path)
                faces = fr.find_faces(image, detector=detector)
            except InputError:
                yield person, path, None
                continue
            face = faces[fr.pick_face(faces, image.shape[:2])]
            yield person, path, fr.embed(face, embedder=embedder, with_mirror=with_mirror)


def describe(report: VerificationReport) -> str:
    """The report as lines of text."""
    lines = [
        f"pairs                   {len(report.same)} same, {len(report.different)} different",
        f"accuracy                {report.accuracy:.2%} at threshold {report.threshold:.3f}",
        f"accuracy, ten folds     {report.best_accuracy:.2%} +- {report.best_spread:.2%}",
        f"best threshold          {report.best_threshold:.3f}",
        f"area under the ROC      {report.auc:.5f}",
        "ROC: false accepts, true accepts, threshold",
    ]
    lines += [f"  {fa:9.4%} {ta:9.3%} {t:8.3f}" for fa, ta, t in report.roc()]
    return "\n".join(lines)


def describe_fresh(report: FreshReport) -> str:
    """What a fresh set gives, as lines of text."""
    low, high = min(report.thresholds), max(report.thresholds)
    least, most = _find_interval(report.accuracy_at, report.pairs)
    return (
        f"people apart            {report.accuracy:.2%} +- {report.spread:.2%} of {report.pairs} "
        f"pairs at thresholds of other people, {low:.3f} to {high:.3f}\n"
        f"the same pairs          {report.accuracy_at:.2%} at the threshold asked about "
        f"(95 % interval {least:.1%} to {most:.1%})"
    )


def _find_interval(share: float, count: int) -> tuple[float, float]:
    """Where 95 of 100 such measured shares of ``count`` have the true one (Wilson, 1927)."""
    z = 1.959964
    middle = share + z**2 / (2 * count)
    half = z * (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    return tuple((middle + side * half) / (1 + z**2 / count) for side in (-1, 1))


def _report(options: argparse.Namespace) -> None:
    threshold = face_verification.check_threshold(options.threshold, options.embedder)
    people = list_people(options.folder)
    owners, vectors, missed = [], [], []
    total = sum(len(pictures) for pictures in people.values())
    found = embed_folder(
        people,
        embedder=options.embedder,
        detector=options.detector,
        with_mirror=not options.without_mirror,
    )
    for number, (person, path, vector) in enumerate(found, start=1):
        print(f"\r{number} of {total} pictures", end="", flush=True)
        if vector is None:
            missed.append(f"{person}/{path.name}")
        else:
            owners.append(person)
            vectors.append(vector)
    print()
    if missed:
        more = " ..." if len(missed) > 10 else ""
        print(
            f"left out, as no face was found or it could not be read, {len(missed)}: "
            f"{', '.join(missed[:10])}{more}"
        )
    same, different = make_pairs(owners, options.pairs, seed=options.seed)
    if not len(same) or not len(different):
        raise InputError("There are too few faces to make pairs of: add pictures.")
    matrix = np.array(vectors)
    scores = [(matrix[p[:, 0]] * matrix[p[:, 1]]).sum(axis=1) for p in (same, different)]
    print(describe(evaluate(*scores, threshold=threshold)))
    try:
        print(describe_fresh(evaluate_fresh(owners, matrix, threshold=threshold)))
    except InputError as error:  # a folder of a few people has nobody to keep apart
        print(f"people apart            {error}")


@command
def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m cvcore.face_verification.evaluation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=whole(2), default=6000)
    parser.add_argument("--threshold", type=float)
    parser.add_argument("--embedder", default=fr.EMBEDDER)
    parser.add_argument("--detector", default=fr.DETECTOR, choices=fr.DETECTORS)
    parser.add_argument(
        "--without-mirror", action="store_true", help="embed the face alone, not its mirror image"
    )
    parser.add_argument("--seed", type=whole(0), default=0)
    options = parser.parse_args(arguments)
    try:
        _report(options)
    except InputError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

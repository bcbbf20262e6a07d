"""From stored logits to what the page shows, and models that are fetched when first chosen."""

import csv
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from cvcore import classification, rejection, weights
from cvcore.errors import InputError

DEFAULT_MODEL = classification.DEFAULT_MODEL
DEFAULT_LIMITS = {"max_logit": 6.9, "energy": 8.3}  # of the bundled model, rounded


@dataclass(frozen=True)
class Answer:
    """The logits of one picture: k, temperature and limit act on them without the network."""

    model: str
    logits: np.ndarray = field(repr=False)  # (C,) float32

    @property
    def labels(self) -> tuple[str, ...]:
        return weights.load_labels(self.model)


def to_bars(
    answer: Answer,
    k: int,
    *,
    temperature: float = 1.0,
    kind: str = "max_logit",
    limit: float | None = None,
    heading: str = "",
    probabilities: np.ndarray | None = None,
) -> dict:
    """The value of ``Bars``; with a ``limit`` it has the "none of these" sign.

    ``probabilities`` (C,) take the place of the logits' own softmax (a running mean, say).
    """
    if probabilities is None:
        probabilities = classification.softmax(answer.logits, temperature)
    top = classification.find_top(probabilities, k)
    verdict = None
    if limit is not None:
        judged = rejection.judge(answer.logits, kind=kind, threshold=limit)
        verdict = {
            "kind": judged.kind,
            "score": judged.score,
            "limit": judged.threshold,
            "is_none_of_these": judged.is_none_of_these,
        }
    rows = [
        {
            "label": answer.labels[index],
            "confidence": float(probabilities[index]),
            "class_index": int(index),
            "logit": float(answer.logits[index]),
        }
        for index in top
    ]
    return {
        "label": rows[0]["label"],
        "confidences": rows,
        "rest": max(0.0, 1 - float(probabilities[top].sum())),
        "rest_count": len(answer.labels) - len(rows),
        "none_of_these": verdict,
        "model": answer.model,
        "temperature": float(temperature),
        "heading": heading,
    }


def to_csv(answer: Answer, temperature: float) -> str:
    """All classes, most probable first, as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rank", "class_index", "class", "logit", "probability"])
    probabilities = classification.softmax(answer.logits, temperature)
    for rank, index in enumerate(np.argsort(-answer.logits, kind="stable"), start=1):
        row = [f"{answer.logits[index]:.4f}", f"{probabilities[index]:.8f}"]
        writer.writerow([rank, index, answer.labels[index], *row])
    return text.getvalue()


def list_model_choices() -> list[tuple[str, str]]:
    """(text, name) of every classifier, as a menu shows them."""
    choices = []
    for name in weights.list_names("classification"):
        row = weights.get_weight(name)
        note = "" if row.is_bundled else f" (download, {row.megabytes:.0f} MB)"
        choices.append((row.title + note, name))
    return choices


def fetch_model(name: str) -> Iterator[str]:
    """Download a classifier's weights, yielding a sentence at least twice a second.

    Ends at once for a model that is here. Raises ``InputError`` when the download fails. Closing
    the generator breaks the download off.
    """
    if weights.is_available(name):
        return
    title = weights.get_weight(name).title
    done, failure, stopped = [0.0], [], threading.Event()

    def report(share: float) -> None:
        if stopped.is_set():
            raise InputError("The download was stopped.")
        done[0] = share

    def work() -> None:
        try:
            weights.fetch(name, progress=report)
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            yield f"Downloading {title}: {done[0]:.0%}"
            thread.join(0.4)
    finally:
        stopped.set()
    if failure:
        raise failure[0]

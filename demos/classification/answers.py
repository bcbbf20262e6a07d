"""From stored logits to what the page shows."""

import csv
import io
from dataclasses import dataclass, field

import numpy as np

from cvcore.classification import out_of_distribution
from cvcore.engine import registry
from cvcore.recognition import classifier
from demos.classification.controls import DEFAULT_K, DEFAULT_KIND, DEFAULT_TEMPERATURE
from demos.lesson import class_names


@dataclass(frozen=True)
class Answer:
    """The logits of one picture: k, temperature and limit act on them without the network."""

    model: str
    logits: np.ndarray = field(repr=False)  # (C,) float32

    @property
    def labels(self) -> tuple[str, ...]:
        return registry.load_labels(self.model)

    @property
    def shown(self) -> tuple[str, ...]:
        """The classes' names as the page shows them."""
        return class_names.load_shown(self.model)


def to_bars(
    answer: Answer,
    k: int,
    *,
    temperature: float = DEFAULT_TEMPERATURE,
    kind: str = DEFAULT_KIND,
    limit: float | None = None,
    heading: str = "",
    roomy: int = DEFAULT_K + 3,
    probabilities: np.ndarray | None = None,
) -> dict:
    """The value of ``Bars``; with a ``limit`` it has the "none of these" sign.

    More than ``roomy`` rows are drawn smaller. ``probabilities`` (C,) take the place of the logits'
    own softmax (a running mean, say).
    """
    if probabilities is None:
        probabilities = classifier.softmax(answer.logits, temperature)
    top = classifier.find_top(probabilities, k)
    verdict = None
    if limit is not None:
        judged = out_of_distribution.judge(answer.logits, kind=kind, threshold=limit)
        verdict = {
            "kind": judged.kind,
            "score": judged.score,
            "limit": judged.threshold,
            "is_none_of_these": judged.is_none_of_these,
        }
    rows = [
        {
            "label": answer.labels[index],
            "shown": answer.shown[index],
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
        "roomy": roomy,
    }


def to_csv(answer: Answer, temperature: float) -> str:
    """All classes, most probable first, as CSV text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rank", "class_index", "class", "logit", "probability"])
    probabilities = classifier.softmax(answer.logits, temperature)
    for rank, index in enumerate(np.argsort(-answer.logits, kind="stable"), start=1):
        row = [f"{answer.logits[index]:.4f}", f"{probabilities[index]:.8f}"]
        writer.writerow([rank, index, answer.labels[index], *row])
    return text.getvalue()

"""Which pictures a step compares, and what the loss says of them."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from cvcore.face_verification.siamese.losses import (
    choose_semi_hard,
    contrastive_loss,
    cross_entropy_loss,
    euclidean,
    triplet_loss,
)
from cvcore.face_verification.siamese.settings import SiameseSettings
from cvcore.models.siamese import SimilarityScore
from cvcore.recognition.datasets import Part


@dataclass(frozen=True, eq=False)
class Batch:
    """A step's pairs; of triplets the anchors and their positives, all of one digit."""

    first: Tensor  # float32 (N, 1, 28, 28)
    second: Tensor
    digits: Tensor  # int64 (2, N)
    lots: Tensor  # float32 (N, 2 N): who has the largest is drawn, of those who may be

    @property
    def same(self) -> Tensor:
        return self.digits[0] == self.digits[1]

    @property
    def pictures(self) -> Tensor:
        return torch.cat([self.first, self.second])

    @cached_property
    def strangers(self) -> Tensor:
        """bool (N, 2 N): which of all pictures are of another digit than an anchor."""
        return self.digits[0][:, None] != self.digits.flatten()[None]

    def take(self, rows: Tensor) -> "Batch":
        """Some of the pairs, of which nobody is drawn any more."""
        return Batch(self.first[rows], self.second[rows], self.digits[:, rows], self.lots[:0])


class Rows:
    """The pictures of some digits, to be drawn from."""

    def __init__(self, part: Part, kinds: tuple[int, ...]) -> None:
        self.kinds = torch.tensor(kinds)
        self._rows = [torch.nonzero(part.labels == kind).flatten() for kind in kinds]
        self._counts = torch.tensor([len(rows) for rows in self._rows])
        own = torch.cat(self._rows)
        self.pictures, self.digits = part.pictures[own], part.labels[own]
        self._starts = self._counts.cumsum(0) - self._counts

    def take(self, each: int) -> tuple[Tensor, Tensor]:
        """The first pictures of each digit, and the digits."""
        rows = torch.cat([
            torch.arange(start, start + min(each, count))
            for start, count in zip(self._starts.tolist(), self._counts.tolist(), strict=True)
        ])  # fmt: skip
        return self.pictures[rows], self.digits[rows]

    def draw(self, settings: SiameseSettings, generator: torch.Generator) -> Batch:
        """Pairs, the first half of one digit, the others of two; of triplets all of one."""
        count, kinds = settings.pairs, len(self.kinds)
        first = torch.randint(kinds, (count,), generator=generator)
        others = (first + 1 + torch.randint(kinds - 1, (count,), generator=generator)) % kinds
        is_same = torch.arange(count) < (count if settings.loss == "triplet" else count // 2)
        second = torch.where(is_same, first, others)
        a = self._draw_place(self._counts[first], generator)
        further = 1 + self._draw_place(self._counts[first] - 1, generator)  # never the same picture
        b = torch.where(
            is_same, (a + further) % self._counts[first],
            self._draw_place(self._counts[second], generator),
        )  # fmt: skip
        rows_a, rows_b = self._starts[first] + a, self._starts[second] + b
        return Batch(
            self.pictures[rows_a], self.pictures[rows_b], self.kinds[torch.stack([first, second])],
            torch.rand(count, 2 * count, generator=generator),
        )  # fmt: skip

    @staticmethod
    def _draw_place(counts: Tensor, generator: torch.Generator) -> Tensor:
        return (torch.rand(len(counts), generator=generator, dtype=torch.float64) * counts).long()


@dataclass(frozen=True, eq=False)
class Judged:
    """What a loss makes of embeddings."""

    losses: Tensor  # (N,)
    distances: tuple[Tensor, ...]  # (N,) of the pair; of triplets to the positive, the negative
    negatives: Tensor | None = None  # int64 (N,) among all 2 N pictures


def judge(
    settings: SiameseSettings, score: SimilarityScore, first: Tensor, second: Tensor, batch: Batch,
    negatives: Tensor | None = None, third: Tensor | None = None,
) -> Judged:  # fmt: skip
    """The losses of a batch whose embeddings are (N, D) and (N, D).

    The negatives of triplets are chosen among all of them, unless they are given with their
    embeddings, the ``third``.
    """
    if settings.loss == "cross_entropy":
        distance = (first - second).abs().sum(dim=1)
        return Judged(cross_entropy_loss(score(first, second), batch.same), (distance,))
    distance = euclidean(first, second)
    if settings.loss == "contrastive":
        return Judged(contrastive_loss(distance, batch.same, settings.margin), (distance,))
    if third is None:
        everyone = torch.cat([first, second])
        if negatives is None:
            negatives = choose_negatives(settings, distance, first, everyone, batch)
        third = everyone[negatives]
    to_negative = euclidean(first, third)
    losses = triplet_loss(distance, to_negative, settings.margin)
    return Judged(losses, (distance, to_negative), negatives)


@torch.no_grad()
def choose_negatives(
    settings: SiameseSettings, to_positive: Tensor, anchors: Tensor, everyone: Tensor, batch: Batch
) -> Tensor:
    """Semi-hard ones, or by lot; int64 (N,)."""
    if not settings.mining:
        return batch.lots.masked_fill(~batch.strangers, -1.0).argmax(dim=1)
    return choose_semi_hard(to_positive, torch.cdist(anchors, everyone), batch.strangers)

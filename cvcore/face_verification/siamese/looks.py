"""What is looked at of a training: an update through each tower, pairs, and the plane."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional as F

from cvcore.face_verification.siamese.batches import Batch, Rows, judge
from cvcore.face_verification.siamese.progress import Shown, Tower, Update
from cvcore.face_verification.siamese.scores import Separation, separate
from cvcore.face_verification.siamese.settings import SiameseSettings
from cvcore.models.siamese import DigitEmbedder, SimilarityScore

PAIRS, TRIPLETS = 8, 4  # that are looked at
LARGEST = 1e15  # of an embedding: its square is a number, too
FAR = 0.995  # of the distances; those beyond are counted at the histogram's end
ROLES = {2: ("first", "second"), 3: ("anchor", "positive", "negative")}
FIRST_LAYER = "conv1.weight"


@dataclass(frozen=True, eq=False)
class Before:
    """A step as it was about to be taken."""

    batch: Batch
    settings: SiameseSettings
    weights: Mapping[str, Tensor]
    offset: Tensor  # () of the score
    gradient: Tensor  # (8, 1, 5, 5) of the first layer, as the step had it


def keep(net: DigitEmbedder) -> dict[str, Tensor]:
    """A network's weights as they are now."""
    return {name: one.detach().clone() for name, one in net.named_parameters()}


# --- one update, through each tower ---------------------------------------------------------------
def look_at_update(
    net: DigitEmbedder, score: SimilarityScore, before: Before, number: int
) -> Update:
    """What a step did to a filter: each tower gets a copy of the weights as they were, so that the
    gradient's parts are told apart."""
    batch, settings, earlier = before.batch, before.settings, SimilarityScore()
    earlier.offset.data = before.offset
    with torch.no_grad():
        both = functional_call(net, dict(before.weights), (batch.pictures,)).chunk(2)
        chosen = judge(settings, earlier, both[0], both[1], batch)
        pair = int(chosen.losses.argmax())
    inputs, digits = [batch.first, batch.second], list(batch.digits)
    if chosen.negatives is not None:
        inputs.append(batch.pictures[chosen.negatives])
        digits.append(batch.digits.flatten()[chosen.negatives])
    copies = [
        {name: one.clone().requires_grad_() for name, one in before.weights.items()} for _ in inputs
    ]
    found = [functional_call(net, own, (x,)) for own, x in zip(copies, inputs, strict=True)]
    third = found[2] if len(found) == 3 else None
    judged = judge(settings, earlier, found[0], found[1], batch, chosen.negatives, third)
    parts = torch.autograd.grad(judged.losses.mean(), [own[FIRST_LAYER] for own in copies])
    with torch.no_grad():
        shown = torch.stack([x[pair] for x in inputs])
        moved = net(shown)
        after = judge(
            settings, score, moved[:1], moved[1:2], batch.take(torch.tensor([pair])), None,
            None if third is None else moved[2:],
        )  # fmt: skip
        maps = F.conv2d(shown, before.weights[FIRST_LAYER][number : number + 1])
    towers = tuple(
        Tower(
            role, int(digits[i][pair]), shown[i, 0].numpy(), maps[i, 0].numpy(),
            found[i][pair].detach().numpy(), moved[i].numpy(), parts[i][number, 0].numpy(),
        )
        for i, role in enumerate(ROLES[len(inputs)])
    )  # fmt: skip
    return Update(
        number, before.weights[FIRST_LAYER][number, 0].numpy(),
        net.conv1.weight[number, 0].detach().clone().numpy(), before.gradient[number, 0].numpy(),
        towers, tuple(float(one[pair]) for one in chosen.distances),
        tuple(float(one[0]) for one in after.distances), float(chosen.losses[pair]),
    )  # fmt: skip


# --- pairs ---------------------------------------------------------------------------------------
@dataclass(frozen=True, eq=False)
class Chosen:
    """Pairs, half of one digit, or triplets, that are looked at all the time."""

    batch: Batch
    third: Tensor | None = None  # float32 (N, 1, 28, 28), of triplets
    third_digits: Tensor | None = None


def choose_shown(rows: Rows, settings: SiameseSettings, generator: torch.Generator) -> Chosen:
    batch = rows.draw(settings, generator)
    if settings.loss == "triplet":
        few = torch.arange(min(TRIPLETS, len(batch.first)))
        by_lot = batch.lots.masked_fill(~batch.strangers, -1.0).argmax(dim=1)[few]
        return Chosen(batch.take(few), batch.pictures[by_lot], batch.digits.flatten()[by_lot])
    half, each = len(batch.first) // 2, min(PAIRS, len(batch.first)) // 2
    return Chosen(batch.take(torch.cat([torch.arange(each), half + torch.arange(each)])))


@torch.no_grad()
def look_at_pairs(
    net: DigitEmbedder, score: SimilarityScore, settings: SiameseSettings, chosen: Chosen
) -> tuple[Shown, ...]:
    """How far apart they are now, and whether the loss still pushes."""
    batch, third = chosen.batch, chosen.third
    judged = judge(
        settings, score, net(batch.first), net(batch.second), batch, None,
        None if third is None else net(third),
    )  # fmt: skip
    pictures, digits = [batch.first, batch.second], list(batch.digits)
    if third is not None and chosen.third_digits is not None:
        pictures.append(third)
        digits.append(chosen.third_digits)
    seen = torch.cat(pictures, dim=1).numpy()
    return tuple(
        Shown(
            seen[i], tuple(int(one[i]) for one in digits),
            tuple(float(one[i]) for one in judged.distances), float(judged.losses[i]),
        )
        for i in range(len(seen))
    )  # fmt: skip


# --- how well distances tell ---------------------------------------------------------------------
class Examination:
    """All pairs of some held-back digits."""

    def __init__(self, rows: Rows) -> None:
        self.pictures, self.digits = rows.pictures, rows.digits
        first, second = torch.triu_indices(len(self.digits), len(self.digits), 1)
        self._places = first * len(self.digits) + second
        self._same = self.digits[first] == self.digits[second]

    def separate(self, embeddings: Tensor, loss: str) -> Separation:
        """From the embeddings (N, D) of all pictures."""
        norm = 1.0 if loss == "cross_entropy" else 2.0
        distances = torch.cdist(
            embeddings, embeddings, p=norm, compute_mode="donot_use_mm_for_euclid_dist"
        )
        flat = distances.flatten()[self._places].double().numpy()
        same = self._same.numpy()
        most = round_up(float(np.quantile(flat, FAR)))
        return separate(flat[same], flat[~same], most=most)


def round_up(value: float) -> float:
    """1, 1.5, 2, 3, 5 or 7 times a power of ten: an axis that ends there does not always move."""
    if not value > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(power * next(step for step in (1, 1.5, 2, 3, 5, 7, 10) if value <= step * power))


# --- the plane -----------------------------------------------------------------------------------
def to_plane(embeddings: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Embeddings (P, D) as float32 (P, 2): as they are, or on their two axes of largest spread.

    The projection is turned, or mirrored, to lie on ``before``, if that has any points, as well as
    can be (Schönemann, "A generalized solution of the orthogonal Procrustes problem", 1966).
    """
    if embeddings.shape[1] == 2:
        return embeddings.astype(np.float32)
    centred = embeddings - embeddings.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    plane = centred @ axes[:2].T
    if len(before):
        left, _, right = np.linalg.svd(plane.T @ before)
        plane = plane @ (left @ right)
    return plane.astype(np.float32)

"""What a siamese training has learnt, asked about pictures and drawings that it never saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from cvcore.core.errors import InputError
from cvcore.core.images import Picture
from cvcore.engine.isolation import undisturbed
from cvcore.face_verification.siamese.scores import Separation
from cvcore.face_verification.siamese.settings import SiameseSettings
from cvcore.models.siamese import DigitEmbedder
from cvcore.recognition.digits import to_digit

NO_EXAMPLE = "There is no example yet: draw one of at least two signs first."
ONE_SIGN = "One sign alone leaves nothing to choose: draw an example of a second one."


@dataclass(frozen=True, eq=False)
class Naming:
    """Which sign a drawing is nearest to."""

    name: str
    distances: dict[str, float]
    """From the drawing to the nearest example of each sign."""
    embedding: np.ndarray  # float32 (D,)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two drawings, by their distance."""

    is_same: bool
    distance: float
    threshold: float
    """Where both errors are as frequent on held-back pairs of known digits: at most this distance
    counts as the same."""
    false_accept: float
    """Share of those pairs of two digits that are as near or nearer, 0 to 1."""
    false_reject: float
    """Share of those pairs of one digit that are farther."""
    embeddings: np.ndarray  # float32 (2, D)


@dataclass(frozen=True, eq=False)
class SiameseModel:
    """A trained network, and how well its distances tell known digits apart."""

    settings: SiameseSettings
    net: DigitEmbedder = field(repr=False)
    known: Separation = field(repr=False)

    @undisturbed
    def embed(self, digits: "np.ndarray | Tensor") -> np.ndarray:
        """Embeddings float32 (N, D) of digits float (N, 28, 28) in [0, 1], white on black."""
        x = torch.as_tensor(digits, dtype=torch.float32).reshape(-1, 1, 28, 28)
        with torch.inference_mode():
            return self.net(x).numpy()

    @undisturbed
    def measure(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Distances (N,) of embeddings (N, D) or (1, D), as the loss measures them: Euclidean, of
        the cross-entropy the sum of differences."""
        return measure(self.settings.loss, np.asarray(a), np.asarray(b))

    @undisturbed
    def name(self, drawing: Picture, examples: Mapping[str, Sequence[Picture]]) -> Naming:
        """The sign whose example's embedding is nearest to that of ``drawing``.

        Pictures show one sign each, light on dark or dark on light, of any size. ``examples`` has
        one or more of each sign. ``InputError`` where a picture is empty, or there are fewer than
        two signs.
        """
        drawn = {sign: pictures for sign, pictures in examples.items() if len(pictures)}
        if len(drawn) < 2:
            raise InputError(ONE_SIGN if drawn else NO_EXAMPLE)
        asked = self.embed(to_digit(drawing)[None])
        distances = {}
        for sign, pictures in drawn.items():
            kept = self.embed(np.stack([to_digit(one) for one in pictures]))
            distances[sign] = float(self.measure(kept, asked).min())
        return Naming(min(distances, key=lambda sign: distances[sign]), distances, asked[0])

    @undisturbed
    def compare(self, a: Picture, b: Picture) -> Comparison:
        """Whether two drawings count as the same, by the threshold of the known digits.

        ``InputError`` where a picture is empty. The network has learnt what makes a digit, not
        who has drawn it.
        """
        both = self.embed(np.stack([to_digit(a), to_digit(b)]))
        distance, known = float(self.measure(both[:1], both[1:])[0]), self.known
        accepted, found = (
            np.interp(distance, known.edges, np.concatenate([[0.0], np.cumsum(shares)]))
            for shares in (known.different, known.same)
        )
        rejected = 1 - found
        return Comparison(
            distance <= known.threshold, distance, known.threshold, float(accepted),
            float(max(rejected, 0.0)), both,
        )  # fmt: skip


def measure(loss: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distances (N,) of embeddings (N, D), as a loss of ``LOSSES`` measures them."""
    difference = np.abs(a - b)
    if loss == "cross_entropy":
        return difference.sum(axis=-1)
    return np.sqrt(np.square(difference).sum(axis=-1))

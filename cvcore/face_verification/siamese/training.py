"""A siamese training from its first step to its last, watched and steered as it goes."""

import copy
import math
import time
from collections.abc import Iterator

import numpy as np
import torch

from cvcore.engine.device import one_thread
from cvcore.engine.isolation import undisturbed
from cvcore.face_verification.siamese import looks
from cvcore.face_verification.siamese.batches import Rows, judge
from cvcore.face_verification.siamese.model import SiameseModel
from cvcore.face_verification.siamese.progress import SiameseProgress, Update
from cvcore.face_verification.siamese.scores import Separation
from cvcore.face_verification.siamese.settings import (
    KNOWN,
    UNSEEN,
    SiameseSettings,
    SiameseSteering,
)
from cvcore.models.siamese import SimilarityScore, build_digit_embedder, initialise
from cvcore.recognition.datasets import Data, load_digits, make_generator

SHOW_EVERY = 0.3  # seconds between two states
INITIAL, PAIRS, LOOK = 1, 2, 3  # what random numbers are for
EACH = 14  # pictures of a digit in the plane


@undisturbed
def train(
    settings: SiameseSettings | None = None, *, steering: SiameseSteering | None = None,
    data: Data | None = None,
) -> Iterator[SiameseProgress]:  # fmt: skip
    """Train a network on pairs of known digits; yields how it stands, the last state ``done``.

    The first state comes before the first step, and about three a second after it. ``steering``
    changes margin and rate, or stops; closing the iterator ends the training, too. Adam (Kingma and
    Ba, 2015) takes the steps, on one thread of the processor: the same settings and seed give the
    same numbers. ``data`` are digits as of ``cvcore.recognition.datasets.load_digits``, which are
    taken by default; those of ``UNSEEN`` are left out of the training.
    """
    settings, steering = settings or SiameseSettings(), steering or SiameseSteering()
    begun, waited = time.monotonic(), 0.0
    learner = Learner(settings, data or load_digits())
    shown = -math.inf
    while True:
        is_last = learner.step == settings.steps or learner.diverged or steering.stopping
        if is_last or time.monotonic() - shown > SHOW_EVERY:
            stopped = steering.stopping and learner.step < settings.steps and not learner.diverged
            with one_thread():
                seconds = time.monotonic() - begun - waited
                state = learner.tell(seconds, stopped=stopped, done=is_last)
            handed = time.monotonic()
            yield state
            if state.done:
                return
            shown = time.monotonic()
            waited += shown - handed
            continue  # it may have been stopped meanwhile
        learner.settings = steering.take(learner.settings)
        with one_thread():
            learner.take_step()


class Learner:
    """The network that all towers are, its pictures, its optimiser and its curves."""

    def __init__(self, settings: SiameseSettings, data: Data) -> None:
        self.settings = settings
        self.net = build_digit_embedder(settings.dimensions)
        initialise(self.net, make_generator(settings.seed, INITIAL))
        self.score = SimilarityScore()
        learned = list(self.net.parameters())
        if settings.loss == "cross_entropy":
            learned += list(self.score.parameters())
        self.optimiser = torch.optim.Adam(learned, lr=settings.rate, foreach=True)
        self.training = Rows(data.training, KNOWN)
        self.chosen = looks.choose_shown(
            self.training, settings, make_generator(settings.seed, LOOK)
        )
        self.known, self.unseen = (
            looks.Examination(Rows(data.validation, kinds)) for kinds in (KNOWN, UNSEEN)
        )
        self.points = Rows(data.validation, (*KNOWN, *UNSEEN)).take(EACH)
        self.step, self.diverged = 0, False
        self.losses: list[float] = []
        self.active: list[float] = []
        self.curves: list[tuple[int, float, float]] = []
        self.plane = np.zeros((0, 2), np.float32)
        self.separations: tuple[Separation, ...] = ()
        self.before: looks.Before | None = None
        self.filter: int | None = None

    def take_step(self) -> None:
        """Embed both pictures of each pair by the same weights, and go down the gradient."""
        settings = self.settings
        batch = self.training.draw(settings, make_generator(settings.seed, PAIRS, self.step))
        weights, offset = looks.keep(self.net), self.score.offset.detach().clone()
        for group in self.optimiser.param_groups:
            group["lr"] = settings.rate
        self.optimiser.zero_grad()
        first, second = self.net(batch.pictures).chunk(2)
        judged = judge(settings, self.score, first, second, batch)
        judged.losses.mean().backward()
        gradient = self.net.conv1.weight.grad
        assert gradient is not None
        if self.filter is None:  # the one that learns most at first
            self.filter = int(gradient.flatten(1).norm(dim=1).argmax())
        self.before = looks.Before(batch, settings, weights, offset, gradient.clone())
        self.optimiser.step()
        self.step += 1
        losses = judged.losses.detach()
        self.losses.append(losses.mean().item())
        self.active.append((losses > 0).double().mean().item())
        self.diverged = not math.isfinite(self.losses[-1])

    @torch.no_grad()
    def tell(self, seconds: float, *, stopped: bool, done: bool) -> SiameseProgress:
        """How the training stands."""
        net, digits = self.net, self.points[1]
        self._examine()
        known, unseen = self.separations
        steps, *aucs = zip(*self.curves, strict=True)
        kept = copy.deepcopy(net).eval().requires_grad_(False)
        return SiameseProgress(
            settings=self.settings, step=self.step, total=self.settings.steps, seconds=seconds,
            losses=np.array(self.losses), active=np.array(self.active),
            seen_steps=np.array(steps, np.int64), known_auc=np.array(aucs[0]),
            unseen_auc=np.array(aucs[1]), plane=self.plane, digits=digits.numpy(),
            shown=looks.look_at_pairs(net, self.score, self.settings, self.chosen),
            known=known, unseen=unseen, mark=self._find_mark(), update=self._look_at_update(),
            model=SiameseModel(self.settings, kept, known), diverged=self.diverged,
            stopped=stopped, done=done or self.diverged,
        )  # fmt: skip

    def _examine(self) -> None:
        """Ask the network about what is held back; where its answers are no numbers any more, what
        it last said stays."""
        loss, net = self.settings.loss, self.net
        embeddings = [net(one.pictures) for one in (self.known, self.unseen)]
        points = net(self.points[0])
        if not all(one.abs().max() < looks.LARGEST for one in (*embeddings, points)):
            self.diverged = True
            return
        self.separations = tuple(
            one.separate(found, loss)
            for one, found in zip((self.known, self.unseen), embeddings, strict=True)
        )
        known, unseen = self.separations
        self.curves.append((self.step, known.auc, unseen.auc))
        self.plane = looks.to_plane(points.numpy(), self.plane)

    def _find_mark(self) -> float | None:
        if self.settings.loss == "cross_entropy":
            return float(self.score.offset.detach())
        return self.settings.margin if self.settings.loss == "contrastive" else None

    def _look_at_update(self) -> Update | None:
        if self.before is None or self.diverged:
            return None
        assert self.filter is not None
        with torch.enable_grad():
            return looks.look_at_update(self.net, self.score, self.before, self.filter)

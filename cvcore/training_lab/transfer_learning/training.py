"""A transfer from its first step to its last, watched as it goes."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.engine.device import get_device
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import Data, Part, choose_examples, make_generator
from cvcore.training_lab.progress import Score, Steering
from cvcore.training_lab.transfer_learning import backbone
from cvcore.training_lab.transfer_learning.model import TransferModel
from cvcore.training_lab.transfer_learning.progress import TransferProgress
from cvcore.training_lab.transfer_learning.settings import TransferSettings

SHOW_EVERY = 0.3  # seconds between two states
ORDER = 8  # what these random numbers are for
VALIDATION_BATCH = 32


@undisturbed
def transfer(
    settings: TransferSettings, data: Data, *, steering: Steering | None = None
) -> Iterator[TransferProgress]:
    """Teach EfficientNet-Lite0 new classes in one of four ways; yields how it stands.

    Split, pictures and first head are the same for each way. Features of what is frozen are
    computed once for each ``data``, and kept while there is room. The loss is cross-entropy, the
    optimiser Adam (Kingma and Ba, 2015). Grey pictures are taken as colour ones. ``steering``'s
    stop, or closing the iterator, ends the run; a run that diverges is no error.
    """
    begun = time.monotonic()
    steering = steering or Steering()
    border = backbone.find_border(settings)
    net = backbone.build_network(settings, len(data.classes))
    learner = _Learner(settings, data, net)

    def tell(prepared: float, **more: Any) -> TransferProgress:
        return learner.tell(prepared, time.monotonic() - begun, **more)

    yield tell(0.0)
    parts = (data.training, data.validation, data.test)
    if border:
        for one in backbone.prepare(data, border):
            if isinstance(one, float):
                yield tell(one)
            else:
                parts = one
            if steering.stopping:
                yield tell(1.0, stopped=True, done=True)
                return
    learner.take(parts)
    learner.validate()
    yield tell(1.0)
    shown = time.monotonic()
    for _ in learner.steps():
        if learner.diverged or steering.stopping:
            break
        if time.monotonic() - shown > SHOW_EVERY:
            shown = time.monotonic()
            yield tell(1.0)
    model = TransferModel(
        settings, data.classes, data.size[1], net.eval().requires_grad_(False)
    )  # fmt: skip
    stopped = steering.stopping and learner.step < learner.total and not learner.diverged
    yield tell(1.0, stopped=stopped, done=True, test=learner.score(parts[2]), model=model)


class _Learner:
    """The part that learns, with its pictures or features, its optimiser and its curves."""

    def __init__(self, settings: TransferSettings, data: Data, net: nn.Module) -> None:
        self.settings, self.net, self.device = settings, net, get_device()
        self.classes = len(data.classes)
        self.tail: Callable[[Tensor], Tensor] = backbone.get_tail(
            net, backbone.find_border(settings)
        )
        learned = [one for one in net.parameters() if one.requires_grad]
        self.learns = sum(one.numel() for one in learned)
        self.numbers = sum(one.numel() for one in net.parameters())
        self.optimiser = torch.optim.Adam(learned, lr=settings.own_rate, foreach=True)
        self.chosen = _choose(data.training, settings)
        self.step, self.diverged = 0, False
        self.losses: list[float] = []
        batches = math.ceil(len(self.chosen) / settings.batch_size)
        self.total = settings.own_epochs * batches
        self.points: list[tuple[int, float, float]] = []
        self.confusion = np.zeros((self.classes, self.classes), np.int64)

    def take(self, parts: tuple[Part, Part, Part]) -> None:
        self.training, self.validation = parts[0].take(self.chosen), parts[1]

    def steps(self) -> Iterator[None]:
        """Takes a step at a time; validates after each epoch."""
        for epoch in range(self.settings.own_epochs):
            generator = make_generator(self.settings.seed, ORDER, epoch)
            order = torch.randperm(len(self.training), generator=generator)
            for chosen in order.split(self.settings.batch_size):
                self._step(self.training.take(chosen).to(self.device))
                if self.diverged:
                    yield
                    return
                if self.step == (epoch + 1) * self.total // self.settings.own_epochs:
                    self.validate()
                yield

    def _step(self, part: Part) -> None:
        self._train_mode(len(part))
        self.optimiser.zero_grad()
        x = part.pictures
        if x.ndim == 4 and x.shape[1] <= 3:
            x = backbone.fit(x)
        loss = F.cross_entropy(self.tail(x), part.labels)
        loss.backward()
        self.optimiser.step()
        self.losses.append(loss.item())
        self.step += 1
        self.diverged = not math.isfinite(self.losses[-1])

    def _train_mode(self, count: int) -> None:
        """Norms that go by a step's own pictures need several; frozen ones stay as they are."""
        own = self.settings.way == "scratch" or not self.settings.freeze_norms
        for module in self.net.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.train(own and count > 1 and module.weight.requires_grad)

    @torch.no_grad()
    def _answer(self, part: Part) -> Tensor:
        self.net.eval()
        pieces = []
        for some in part.pictures.split(VALIDATION_BATCH):
            x = some.to(self.device)
            pieces.append(self.tail(backbone.fit(x) if x.ndim == 4 and x.shape[1] <= 3 else x))
        return torch.cat(pieces).cpu()

    def score(self, part: Part) -> Score:
        logits = self._answer(part)
        right = (logits.argmax(dim=1) == part.labels).double().mean()
        return Score(float(F.cross_entropy(logits, part.labels)), float(right))

    def validate(self) -> None:
        logits, labels = self._answer(self.validation), self.validation.labels
        answers = logits.argmax(dim=1)
        loss = float(F.cross_entropy(logits, labels))
        self.points.append((self.step, loss, float((answers == labels).double().mean())))
        cells = torch.bincount(labels * self.classes + answers, minlength=self.classes**2)
        self.confusion = cells.view(self.classes, self.classes).numpy()

    def tell(self, prepared: float, seconds: float, **more: Any) -> TransferProgress:
        points = np.array(self.points, np.float64).reshape(-1, 3)
        return TransferProgress(
            self.settings, self.learns, self.numbers, prepared, self.step, self.total, seconds,
            np.array(self.losses, np.float64), points[:, 0].astype(np.int64),
            points[:, 1], points[:, 2], self.confusion, self.diverged, **more,
        )  # fmt: skip


def _choose(training: Part, settings: TransferSettings) -> Tensor:
    """Indices of as many pictures of each class as there are to be."""
    if settings.per_class is None:
        return torch.arange(len(training))
    order = choose_examples(training.labels, len(training), settings.seed)
    labels = training.labels[order]
    kinds = [order[labels == label][: settings.per_class] for label in labels.unique()]
    return torch.cat(kinds)

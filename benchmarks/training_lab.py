"""Steps of training: ours, watched and on Lightning, beside the loop of a tutorial in PyTorch."""

from statistics import median
from time import perf_counter

import torch
from lightning.pytorch import Callback, Trainer
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.harness import Row, measure
from cvcore.recognition.datasets import Data, Part, choose_examples
from cvcore.training_lab import (
    Settings,
    TransferSettings,
    build_network,
    load_clothes,
    load_digits,
    train,
    transfer,
)
from cvcore.training_lab.learner import Learner, count_steps
from cvcore.training_lab.training import run as run_here
from cvcore.training_lab.transfer_learning import backbone

RUNS = {"MLP": Settings(), "SimpleCNN": Settings(network="simple_cnn", examples=2560, epochs=2)}

ROUNDS = 7


class Pace(Callback):
    """Seconds in which steps were taken, without what comes between two epochs."""

    def __init__(self) -> None:
        self.seconds = self._begun = 0.0

    def on_train_epoch_start(self, *_: object) -> None:
        self._begun = perf_counter()

    def on_train_batch_end(self, trainer: Trainer, module: Learner, *_: object) -> None:
        if module.at_epoch_end:
            self.seconds += perf_counter() - self._begun


def train_plainly(settings: Settings, data: Data) -> float:
    """The loop that tutorials write: DataLoader, Adam, and a validation after each epoch.

    Returns the seconds in which steps were taken.
    """
    chosen = choose_examples(data.training.labels, settings.examples, settings.seed)
    part = data.training.take(chosen)
    batches = DataLoader(
        TensorDataset(part.pictures, part.labels), settings.batch_size, shuffle=True
    )
    validation = DataLoader(
        TensorDataset(data.validation.pictures, data.validation.labels), settings.batch_size
    )
    net: nn.Module = build_network(settings, data.size)
    optimiser = torch.optim.Adam(net.parameters(), lr=settings.rate)
    losses, seconds = [], 0.0
    for _ in range(settings.epochs):
        begun = perf_counter()
        net.train()
        for pictures, labels in batches:
            optimiser.zero_grad()
            loss = F.cross_entropy(net(pictures), labels)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        seconds += perf_counter() - begun
        net.eval()
        with torch.no_grad():
            for pictures, labels in validation:
                (net(pictures).argmax(dim=1) == labels).sum().item()
    return seconds


def train_watched(settings: Settings, data: Data) -> float:
    """Our own, in this thread, too; returns the seconds in which steps were taken."""
    pace = Pace()
    run_here(settings, data, lambda _: None, callbacks=[pace])
    return pace.seconds


def compare(name: str, settings: Settings, data: Data) -> Row:
    """Milliseconds of all steps, ours beside theirs, which has all threads or one, whichever is
    faster; the two take turns."""
    threads = torch.get_num_threads()
    found: dict[object, list[float]] = {"ours": [], 1: [], threads: []}
    for _ in range(ROUNDS):
        for count in {1, threads}:
            torch.set_num_threads(count)
            found[count].append(train_plainly(settings, data))
        torch.set_num_threads(threads)
        found["ours"].append(train_watched(settings, data))
    ours = median(found.pop("ours"))
    steps = settings.epochs * count_steps(settings.examples, settings.batch_size)
    return Row(
        f"{name}, {steps} steps of {settings.batch_size} digits, the curves of each step included",
        1000 * ours,
        "the loop of a tutorial (DataLoader, Adam), with one thread or all, whichever is faster",
        1000 * min(map(median, found.values())),
    )


def freeze_plainly(settings: TransferSettings, data: Data) -> None:
    """As tutorials do: the base is frozen, and all pictures go through it in each epoch."""
    net = backbone.build_network(settings, len(data.classes))
    optimiser = torch.optim.Adam(net.classifier.parameters(), lr=settings.own_rate)
    training = data.training
    batches = DataLoader(
        TensorDataset(training.pictures, training.labels), settings.batch_size, shuffle=True
    )
    for _ in range(settings.own_epochs):
        for pictures, labels in batches:
            optimiser.zero_grad()
            F.cross_entropy(net(backbone.fit(pictures)), labels).backward()
            optimiser.step()
        with torch.no_grad():
            net(backbone.fit(data.validation.pictures)).argmax(dim=1)
    with torch.no_grad():
        net(backbone.fit(data.test.pictures)).argmax(dim=1)


def take_fifty(data: Data) -> Data:
    """Five classes, ten pictures of each to learn from, four to validate and as many to test."""

    def take(part: Part, count: int) -> Part:
        chosen = [torch.nonzero(part.labels == label).flatten()[:count] for label in range(5)]
        return part.take(torch.cat(chosen))

    parts = take(data.training, 10), take(data.validation, 4), take(data.test, 4)
    return Data("own", data.classes[:5], *parts)


def measure_frozen() -> Row:
    """A whole transfer with a new head, its frozen features computed anew each time."""
    settings, clothes = TransferSettings(way="frozen", epochs=4), load_clothes()

    def ours() -> None:
        for _ in transfer(settings, take_fifty(clothes)):
            pass

    def theirs() -> None:
        freeze_plainly(settings, take_fifty(clothes))

    return Row(
        f"a new head on frozen features, 50 pictures, {settings.own_epochs} epochs",
        measure(ours, seconds=6, warm_up=1),
        "the whole network in each epoch, as in a tutorial",
        measure(theirs, seconds=6, warm_up=1),
        "features computed once",
    )


def run() -> list[Row]:
    """A row a network, then the transfer, and how soon a run is seen."""
    data = load_digits()
    rows = [compare(name, settings, data) for name, settings in RUNS.items()]
    rows.append(measure_frozen())

    def first_state() -> None:
        states = train(RUNS["MLP"], data)
        next(states)
        states.close()

    rows.append(
        Row(
            "until a run shows its first state, and ends",
            measure(first_state, seconds=3, warm_up=1),
            note="PyTorch and Lightning loaded before",
        )
    )
    return rows

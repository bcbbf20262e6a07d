"""Steps of training: ours, watched and on Lightning, beside the loop of a tutorial in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.harness import Row, measure
from cvcore.training_lab import (
    Settings,
    TransferSettings,
    build_network,
    load_clothes,
    load_digits,
    train,
    transfer,
)
from cvcore.training_lab.data import Data, Part, choose_examples
from cvcore.training_lab.transfer_learning import backbone

RUNS = {
    "MLP": Settings(network="mlp", examples=1250, epochs=4, batch_size=64),
    "SimpleCNN": Settings(network="simple_cnn", examples=640, epochs=2, batch_size=64),
}


def train_plainly(settings: Settings, data: Data) -> None:
    """The loop that tutorials write: DataLoader, Adam, and a validation after each epoch."""
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
    losses = []
    for _ in range(settings.epochs):
        net.train()
        for pictures, labels in batches:
            optimiser.zero_grad()
            loss = F.cross_entropy(net(pictures), labels)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        net.eval()
        with torch.no_grad():
            for pictures, labels in validation:
                (net(pictures).argmax(dim=1) == labels).sum().item()


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
    """A row a network: a whole run, from the first weights to the last validation."""
    data = load_digits()
    rows = []
    for name, settings in RUNS.items():

        def ours(settings: Settings = settings) -> None:
            for _ in train(settings, data):
                pass

        def theirs(settings: Settings = settings) -> None:
            train_plainly(settings, data)

        steps = settings.epochs * -(-settings.examples // settings.batch_size)
        rows.append(
            Row(
                f"{name}, {steps} steps of {settings.batch_size} digits",
                measure(ours, seconds=6, warm_up=1),
                "the loop of a tutorial: DataLoader, Adam, validation",
                measure(theirs, seconds=6, warm_up=1),
                "curves, gradients, best weights and tests included",
            )
        )

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

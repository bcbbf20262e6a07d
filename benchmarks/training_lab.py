"""Steps of training: ours, watched and on Lightning, beside the loop of a tutorial in PyTorch."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.harness import Row, measure
from cvcore.training_lab import Settings, build_network, load_digits, train
from cvcore.training_lab.data import Data, choose_examples

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

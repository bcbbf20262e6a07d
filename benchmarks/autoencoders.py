"""Steps of an autoencoder's training: ours, watched, beside the loop of a tutorial in PyTorch."""

from statistics import median
from time import perf_counter

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.harness import Row, measure
from cvcore.autoencoders import Settings, train
from cvcore.autoencoders.pictures import choose_training
from cvcore.autoencoders.training import run as run_here
from cvcore.engine.device import limit_threads
from cvcore.models.autoencoders import Autoencoder

RUNS = {
    "dense": Settings(epochs=4),
    "convolutional": Settings(network="conv", epochs=4),
    "variational": Settings(variational=True, loss="bce", epochs=4),
}
ROUNDS = 3


def train_plainly(settings: Settings) -> None:
    """The loop that tutorials write: DataLoader, Adam, the losses noted."""
    digits = TensorDataset(choose_training(settings).pictures)
    net: nn.Module = Autoencoder(
        settings.network, settings.bottleneck, variational=settings.variational
    )
    optimiser = torch.optim.Adam(net.parameters(), lr=settings.rate)
    losses = []
    for _ in range(settings.epochs):
        for (pictures,) in DataLoader(digits, settings.batch_size, shuffle=True):
            optimiser.zero_grad()
            codes, log_variances = net.encode(pictures)
            gap = torch.zeros(())
            if log_variances is not None:
                gap = -0.5 * (1 + log_variances - codes**2 - log_variances.exp()).sum()
                codes = codes + (log_variances / 2).exp() * torch.randn_like(codes)
            outputs = net.decode(codes).sigmoid()
            compare = F.mse_loss if settings.loss == "mse" else F.binary_cross_entropy
            loss = (compare(outputs, pictures, reduction="sum") + gap) / len(pictures)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())


def time_it(settings: Settings, threads: int, *, here: bool) -> float:
    """Seconds of a whole run."""
    limit_threads(threads)
    begun = perf_counter()
    if here:
        run_here(settings, lambda _: None)
    else:
        train_plainly(settings)
    return perf_counter() - begun


def compare(name: str, settings: Settings) -> Row:
    """Milliseconds of a whole run, ours on one thread beside theirs, which has all threads or one,
    whichever is faster; they take turns."""
    threads = torch.get_num_threads()
    found: dict[object, list[float]] = {"ours": [], 1: [], threads: []}
    for _ in range(ROUNDS):
        for count in {1, threads}:
            found[count].append(time_it(settings, count, here=False))
        found["ours"].append(time_it(settings, 1, here=True))
    limit_threads(threads)
    ours = median(found.pop("ours"))
    steps = settings.epochs * (settings.examples // settings.batch_size)
    return Row(
        f"{name}, {steps} steps of {settings.batch_size} digits, curves and validation included",
        1000 * ours,
        "the loop of a tutorial (DataLoader, Adam), with one thread or all, whichever is faster",
        1000 * min(map(median, found.values())),
        f"{steps / ours:.0f} steps a second",
    )


def run() -> list[Row]:
    """A row a network, then how soon a run is seen."""
    rows = [compare(name, settings) for name, settings in RUNS.items()]

    def first_state() -> None:
        states = train(RUNS["dense"])
        next(states)
        states.close()

    rows.append(
        Row(
            "until a run shows its first state, and ends",
            measure(first_state, seconds=2, warm_up=1),
            note="PyTorch loaded before",
        )
    )
    return rows

"""A small convnet, to be compared with classifiers that are given features.

What stands in its program (``cvcore.classical_features.programs``) is the text of this file.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

LAST_PASS, BATCH, RATE = {28: 8, 64: 12, 25: 12}, 32, 2e-3  # passes by the side of a picture


def build_network(side: int, classes: int) -> nn.Sequential:
    """Convolution 16, pool, convolution 32, pool, dense 64, classes."""
    last = ((side - 2) // 2 - 2) // 2
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * last * last, 64), nn.ReLU(),
            nn.Linear(64, classes),
        )  # fmt: skip


def train_network(
    network: nn.Sequential, pictures: np.ndarray, labels: np.ndarray, passes: int
) -> Iterator[float]:
    """Train on pictures (N, S, S) with labels (N,); the mean loss after each pass."""
    x, y = torch.from_numpy(pictures)[:, None], torch.from_numpy(labels)
    optimiser = torch.optim.Adam(network.parameters(), RATE)
    generator = torch.Generator().manual_seed(0)
    for _ in range(passes):
        losses = []
        for rows in torch.randperm(len(x), generator=generator).split(BATCH):
            loss = nn.functional.cross_entropy(network(x[rows]), y[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        yield sum(losses) / len(losses)


@torch.inference_mode()
def predict(network: nn.Sequential, pictures: np.ndarray) -> np.ndarray:
    """The class (N,) of each picture (N, S, S)."""
    return network(torch.from_numpy(pictures)[:, None]).argmax(dim=1).numpy()

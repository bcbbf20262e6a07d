"""Small data that a training takes milliseconds for."""

import numpy as np
import pytest
import torch

from cvcore.training_lab import Data, Part


def make_part(count, rng, classes=3, side=12):
    """Pictures whose bright third tells the class, noise besides."""
    labels = np.arange(count) % classes
    pictures = rng.random((count, 1, side, side)).astype(np.float32) * 0.6
    for picture, label in zip(pictures, labels, strict=True):
        picture[0, label * 4 : label * 4 + 4] += 0.4
    return Part(torch.from_numpy(pictures), torch.from_numpy(labels))


@pytest.fixture(scope="session")
def small():
    rng = np.random.default_rng(0)
    parts = [make_part(count, rng) for count in (90, 30, 30)]
    return Data("own", ("a", "b", "c"), *parts)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)

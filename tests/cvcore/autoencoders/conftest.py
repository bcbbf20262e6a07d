"""One short run of each kind, for all the files here."""

import pytest
import torch

from cvcore.autoencoders import PRESETS, Settings, train


def finish(settings, **how):
    """The last state of a run."""
    *_, last = train(settings, **how)
    return last


@pytest.fixture(scope="session")
def plain():
    """Sixteen numbers, two passes."""
    return finish(Settings(epochs=2))


@pytest.fixture(scope="session")
def flat():
    """A plain one whose codes are points of a plane."""
    return finish(Settings(bottleneck=2, epochs=1, examples=1000))


@pytest.fixture(scope="session")
def variational():
    return finish(Settings(bottleneck=4, variational=True, loss="bce", epochs=4))


@pytest.fixture(scope="session")
def ones():
    """The page's own run for anomalies."""
    return finish(PRESETS["anomalies"].settings)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)

"""Visits whose trainings take a few steps."""

from collections.abc import Callable

import pytest

from cvcore.autoencoders.settings import Settings
from demos.autoencoders.session import PLAIN, Session
from demos.autoencoders.views import Visit

SHORT = {"bottleneck": 4, "examples": 100, "epochs": 2, "batch_size": 50}


def run_all(session: Session) -> int:
    """Do all that is planned; how many states there were."""
    count = 0
    while session.step():
        count += 1
    return count


@pytest.fixture
def visit() -> Visit:
    """One that has not trained anything."""
    return Visit()


@pytest.fixture
def trained(visit) -> Visit:
    """A visit with a small autoencoder that is done."""
    visit.again(PLAIN, Settings(**SHORT))
    run_all(visit)
    return visit


@pytest.fixture
def has_trained(visit) -> Callable[..., Visit]:
    """A visit with a model for each of these purposes."""

    def train(**settings: Settings) -> Visit:
        for name, one in settings.items():
            visit.again(name, one)
        run_all(visit)
        return visit

    return train

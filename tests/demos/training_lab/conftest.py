"""Short trainings, and visits with some."""

from dataclasses import asdict

import pytest

from cvcore.training_lab.settings import Settings
from demos.lesson.turns import TURN_SECONDS
from demos.training_lab import session as sessions
from demos.training_lab.session import Session, Task, TrainingSettings
from demos.training_lab.work import train_a_turn

SHORT = {"network": "linear", "examples": 250, "epochs": 2, "batch_size": 50}


@pytest.fixture
def short() -> TrainingSettings:
    """Ten steps of the smallest network."""
    return TrainingSettings(**SHORT)


@pytest.fixture
def trained(short) -> Session:
    """A visit with one run that is done."""
    session = Session()
    session.begin([Task("first", short.plain())], "digits")
    run_all(session)
    return session


def run_all(session: Session, seconds: float = TURN_SECONDS) -> int:
    """Take turns until nothing is planned any more; how many it were."""
    turns = 0
    while session.plan:
        turns += 1
        for _ in train_a_turn(session, seconds=seconds):
            pass
    return turns


def to_values(settings: Settings) -> list:
    """The values of the rail's controls."""
    return [asdict(settings)[name] for name in sessions.TrainingSettings.__dataclass_fields__]

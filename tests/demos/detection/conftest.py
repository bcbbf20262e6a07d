"""What the lesson's tests look at."""

import numpy as np
import pytest

from cvcore import detection as det
from cvcore.core import samples, video
from demos.detection.state import LessonState


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")


@pytest.fixture(scope="module")
def state(coffee):
    return LessonState(coffee, det.predict_raw(coffee))


@pytest.fixture(scope="module")
def film(tmp_path_factory, coffee):
    path = tmp_path_factory.mktemp("film") / "cup.mp4"
    with video.VideoWriter(path, 10) as writer:
        for step in range(6):
            writer.write(np.roll(coffee, 4 * step, axis=1))
    return path

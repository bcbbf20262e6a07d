"""What the lesson's tests look at."""

import pytest

from cvcore import segmentation as seg
from cvcore.core import samples
from demos.segmentation.state import LessonState


@pytest.fixture(scope="module")
def astronaut():
    return samples.load_sample("astronaut")


@pytest.fixture(scope="module")
def state(astronaut):
    return LessonState(astronaut, seg.predict_mask(astronaut))

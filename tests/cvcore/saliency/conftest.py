"""The picture that maps are drawn of."""

import numpy as np
import pytest

from cvcore.core import samples
from cvcore.recognition import preprocessing


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """The sample cat, uint8 (300, 451, 3)."""
    return samples.load_sample("chelsea")


@pytest.fixture(scope="module")
def x(picture):
    """What the network sees of it, float32 (3, 224, 224) in [0, 1]."""
    return preprocessing.prepare(picture)

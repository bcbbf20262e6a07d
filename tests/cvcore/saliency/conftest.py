"""What maps are drawn of: a picture, and a small network with a small one."""

import numpy as np
import pytest

from cvcore.core import samples
from cvcore.recognition import preprocessing
from tests.cvcore.saliency.toy import ToyNet


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """The sample cat, uint8 (300, 451, 3)."""
    return samples.load_sample("chelsea")


@pytest.fixture(scope="module")
def x(picture):
    """What the network sees of it, float32 (3, 224, 224) in [0, 1]."""
    return preprocessing.prepare(picture)


@pytest.fixture
def toy() -> ToyNet:
    return ToyNet().eval().requires_grad_(False)


@pytest.fixture
def small() -> np.ndarray:
    """float32 (3, 24, 24) in [0, 1]."""
    return np.random.default_rng(0).random((3, 24, 24), np.float32)

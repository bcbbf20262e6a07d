"""What the lesson's tests look at."""

import pytest

from cvcore.core import samples


@pytest.fixture(scope="module")
def coffee():
    return samples.load_sample("coffee")

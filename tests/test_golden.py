"""The golden files hold what the Python side computes today."""

import json

import numpy as np
import pytest

from tests import golden


def check(made, kept):
    """Equal but for the last bits of numbers, which hang on the processor."""
    if isinstance(made, dict) and set(made) == {"shape", "kind", "data"}:
        ours, theirs = golden.unpack(made), golden.unpack(kept)
        assert ours.shape == theirs.shape
        if ours.dtype.kind == "f":
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
        else:
            np.testing.assert_array_equal(ours, theirs)
    elif isinstance(made, dict):
        assert made.keys() == kept.keys()
        for key in made:
            check(made[key], kept[key])
    elif isinstance(made, list):
        assert len(made) == len(kept)
        for one, other in zip(made, kept, strict=True):
            check(one, other)
    elif isinstance(made, float):
        assert made == pytest.approx(kept, rel=1e-4, abs=1e-6)
    else:
        assert made == kept


@pytest.mark.parametrize("topic", golden.TOPICS)
def test_golden_files_are_fresh(topic):
    """If not, ``python -m tests.golden`` writes them, and ``npm test`` says what is to follow."""
    check(golden.build(topic), json.loads(golden.to_file(topic).read_text(encoding="utf-8")))

"""What the page tells those who call it: every parameter and every result has a name."""

import re

import pytest

from tests.support.server import load_app


@pytest.fixture(scope="module")
def endpoints() -> dict[str, dict]:
    return load_app().demo.get_api_info()["named_endpoints"]


def test_parameters_and_results_have_names(endpoints):
    assert len(endpoints) >= 80
    for name, row in endpoints.items():
        parameters = [one["parameter_name"] for one in row["parameters"]]
        results = [one["label"] for one in row["returns"]]
        assert len({*parameters}) == len(parameters), name
        assert len({*results}) == len(results), name
        for one in [*parameters, *results]:
            assert not re.fullmatch(r"(param|value)_\d+", one), f"{name}: {one}"
            assert len(one) <= 40, f"{name}: {one}"


def test_examples_lie_in_the_repository(endpoints):
    """A program copied from the page's description works with the network cable out."""
    for name, row in endpoints.items():
        for one in row["parameters"]:
            assert "http" not in str(one["example_input"]), f"{name}: {one['parameter_name']}"

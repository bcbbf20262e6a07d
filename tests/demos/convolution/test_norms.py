"""The view Normalise: the numbers of the cube, its API, and what is said of bad input."""

import numpy as np
import pytest

from cvcore.convolution import normalisation
from demos.convolution import digits, norms
from demos.convolution.norms import NormSettings


@pytest.mark.parametrize("kind", normalisation.KINDS)
def test_the_cube_has_the_numbers_of_the_normalisation(kind):
    value = norms.show_norm(None, NormSettings(kind=kind, groups="3", gain=2))
    batch = normalisation.make_batch(digits.take_digit(digits.FIRST), 2)
    found = normalisation.normalise(batch, kind, groups=3)
    assert value["shape"] == [3, 6, 2, 2]
    for name, array in (("before", found.values), ("after", found.result)):
        np.testing.assert_allclose(value[name], array.ravel())
    at = 17  # its own sum, as the page writes it
    again = (value["before"][at] - value["means"][at]) / np.sqrt(
        value["variances"][at] + value["epsilon"]
    )
    assert again == pytest.approx(value["after"][at])
    slices = np.array(value["slices"])
    own = np.array(value["before"])[slices == slices[at]]
    assert value["means"][at] == pytest.approx(own.mean())
    assert value["variances"][at] == pytest.approx(own.var())


def test_a_wiped_pad_is_told_in_place():
    assert "nothing drawn" in norms.show_norm([], NormSettings())["message"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (NormSettings(kind="spectral"), "one of"),
        (NormSettings(kind="group", groups="4"), "divide"),
        (NormSettings(kind="group", groups="x"), "groups"),
        (NormSettings(gain=float("nan")), "gain"),
    ],
)
def test_what_does_not_fit_is_told_in_place(settings, says):
    assert says in norms.show_norm(None, settings)["message"]


def test_by_api(client):
    found = client.predict(kind="layer", api_name="/convolution_normalise")
    assert found["kind"] == "layer"
    assert len(found["after"]) == 72

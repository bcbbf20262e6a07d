"""Numbers as any program has them: taken alike by every lesson, or refused in one sentence."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from cvcore.core import checks
from cvcore.core.errors import InputError
from tests.support.exported import export_networks
from tests.support.lesson_calls import CALLS, NUMBERS, make_given

FIVES = (
    5, 5.0, np.int64(5), np.uint8(5), np.float32(5), np.array(5), np.array(5.0), torch.tensor(5),
    torch.tensor(5.0, requires_grad=True), Fraction(10, 2), Decimal(5),
)  # fmt: skip
NONE = (
    math.nan, math.inf, -math.inf, np.float32("nan"), -(10**12), 10**12, 10**400, "5", "", None,
    True, np.True_, [5], np.array([5]), torch.ones(2), 5j, Decimal("sNaN"), len, b"5",
)  # fmt: skip


@pytest.mark.parametrize("value", FIVES, ids=repr)
def test_a_five_is_a_five(value):
    whole, number = checks.check_whole("It", value, 1, 9), checks.check_setting("It", value, 1, 9)
    assert (whole, type(whole), number, type(number)) == (5, int, 5.0, float)


@pytest.mark.parametrize("value", NONE, ids=lambda value: repr(value)[:30])
def test_anything_else_is_refused(value):
    for check in (checks.check_whole, checks.check_setting):
        with pytest.raises(InputError, match=r"^It must be a .*number from 1 to 9; got .*\.$"):
            check("It", value, 1, 9)
    with pytest.raises(InputError):
        checks.check_number("It", value)


def test_limits_are_taken_also_as_float32():
    assert np.float32(0.1) > np.float64(0.1)
    assert checks.check_setting("It", np.float32(0.1), 0, 0.1) == 0.1
    assert checks.as_number(0.1001, 0, 0.1) is None
    assert checks.as_whole(2.5, 1, 9) is None
    assert checks.as_whole(2**62 + 1, 0, checks.MAX_SEED) == 2**62 + 1


@pytest.fixture(scope="module")
def given():
    export_networks(("efficientnet_lite0", "yolov3_tiny", "unet_person", "gan_digits"))
    return make_given()


@pytest.mark.parametrize("name", NUMBERS)
def test_every_lesson_takes_numpys_and_pytorchs_numbers(name, given):
    numbers = NUMBERS[name]
    as_numpy = {
        key: np.int64(one) if isinstance(one, int) else np.float32(one)
        for key, one in numbers.items()
    }
    CALLS[name](given, **as_numpy)
    if name.partition(".")[0] in ("convolution", "latent_space"):  # the quick ones
        CALLS[name](given, **{key: torch.tensor(one) for key, one in numbers.items()})
        CALLS[name](given, **{key: Fraction(one) for key, one in numbers.items()})


@pytest.mark.parametrize("name", NUMBERS)
def test_every_lesson_refuses_what_is_no_number(name, given):
    for key in NUMBERS[name]:
        several = () if key == "layer" else ([5],)
        for value in (
            *several,
            math.nan,
            math.inf,
            -(10**12),
            10**400,
            "5",
            True,
            np.array([5, 5]),
        ):
            with pytest.raises(InputError, match=r"[.:] ?") as refused:
                CALLS[name](given, **{key: value})
            assert "\n" not in str(refused.value), (key, value)

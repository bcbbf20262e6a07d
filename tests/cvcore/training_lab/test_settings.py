"""Settings, presets and schedules: without PyTorch in the package, with it in the tests."""

import math
import subprocess
import sys
from dataclasses import asdict, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cvcore.core.errors import InputError
from cvcore.training_lab import CHOICES, Settings
from cvcore.training_lab.presets import PRESETS
from cvcore.training_lab.schedules import Patience, share_at
from cvcore.training_lab.settings import GROUPS, HIDDEN, NUMBERS, WHOLE, from_dict
from tests.support.server import ROOT


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"network": "vgg"}, "There is no network 'vgg': choose one of linear, mlp,"),
        ({"optimiser": None}, "There is no optimiser None: choose one of sgd,"),
        ({"rate": float("nan")}, "learning rate is above 0 and at most 10, got nan"),
        ({"rate": 0}, "above 0"),
        ({"rate": 11}, "at most 10"),
        ({"batch_size": 0}, "The batch size must be a whole number from 1 to 1024; got 0."),
        ({"epochs": 2.5}, "The number of epochs must be a whole number from 1 to 200; got 2.5."),
        ({"examples": 49}, "The number of examples must be a whole number from 50 to 4000"),
        ({"dropout": 0.95}, "The dropout must be a number from 0 to 0.9; got 0.95."),
        ({"width": 5}, "The width must be a number from 0.25 to 4; got 5."),
        ({"weight_decay": -1}, "The weight decay must be a number from 0 to 1"),
        ({"depth": 9}, "The depth must be even, got 9"),
        ({"norm": "batch", "batch_size": 1}, "Batch norm needs at least 2 pictures a step"),
        ({"seed": -1}, "The seed must be a whole number, 0 or greater"),
        ({"min_delta": math.inf}, "The least improvement must be a number from 0 to 1"),
    ],
)
def test_what_cannot_be_gets_one_sentence(change, says):
    with pytest.raises(InputError) as refused:
        Settings(**change)
    assert says in str(refused.value)
    assert str(refused.value).endswith(".") or "choose one of" in str(refused.value)


def test_every_setting_is_checked():
    named = {*CHOICES, *WHOLE, *NUMBERS, "skips", "early_stopping", "rate", "seed"}
    assert named == asdict(Settings()).keys()
    for name in named - {"skips", "early_stopping"}:
        with pytest.raises(InputError):
            Settings(**{name: "no such thing"})


@given(st.sampled_from(CHOICES["network"]), st.floats(0.25, 4), st.floats(0.25, 4))
def test_a_wider_network_has_as_many_units_or_more(network, one, other):
    low, high = sorted((one, other))
    narrow, wide = (Settings(network=network, width=width).hidden for width in (low, high))
    assert all(a <= b for a, b in zip(narrow, wide, strict=True))
    assert all(count % GROUPS == 0 and count > 0 for count in narrow)
    assert Settings(network=network).hidden == HIDDEN[network]


def test_settings_survive_a_dictionary():
    settings = Settings(network="residual", rate=0.25, seed=2**63 - 1)
    assert from_dict(asdict(settings)) == settings
    with pytest.raises(InputError, match="no setting 'colour'"):
        from_dict({"colour": 1})


def test_nothing_heavy_is_loaded_with_the_settings():
    code = (
        "import sys; from cvcore import training_lab as lab; lab.Settings(), lab.presets.PRESETS, "
        "lab.Progress, lab.Steering, lab.schedules; "
        "print([name for name in ('torch', 'lightning', 'tensorboard') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def make_torch_schedule(name, optimiser, total, rate):
    schedulers = torch.optim.lr_scheduler
    if name == "step":
        return schedulers.StepLR(optimiser, math.ceil(total / 3), 0.1)
    if name == "cosine":
        return schedulers.CosineAnnealingLR(optimiser, total)
    return schedulers.OneCycleLR(optimiser, rate, total_steps=total, cycle_momentum=False)


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler")
@pytest.mark.parametrize("name", ["step", "cosine", "one_cycle"])
@pytest.mark.parametrize("total", [2, 7, 80, 504])
def test_schedules_are_pytorchs(name, total):
    rate = 0.3
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    schedule = make_torch_schedule(name, optimiser, total, rate)
    settings = Settings(schedule=name, rate=rate)
    for step in range(total):
        expected = optimiser.param_groups[0]["lr"]
        assert rate * share_at(settings, step, total) == pytest.approx(expected, rel=1e-9)
        optimiser.step()
        if step < total - 1:
            schedule.step()


@given(
    st.sampled_from(CHOICES["schedule"]), st.integers(1, 1000), st.floats(0, 1, exclude_max=True)
)
def test_no_schedule_exceeds_the_rate(name, total, place):
    share = share_at(Settings(schedule=name), int(place * total), total)
    assert 0 < share <= 1 + 1e-12


@given(st.lists(st.floats(0, 3), min_size=1, max_size=30), st.integers(1, 5))
def test_patience_is_that_of_pytorchs_plateau(losses, most):
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=0.5, patience=most - 1, threshold=1e-4, threshold_mode="abs", eps=0
    )
    patience, rate = Patience(most, 1e-4), 1.0
    for loss in losses:
        if patience.is_spent(loss):
            patience.waited, rate = 0, rate / 2
        plateau.step(loss)
        assert optimiser.param_groups[0]["lr"] == rate


def test_no_number_is_never_better():
    patience = Patience(2, 0.0)
    assert [patience.is_spent(loss) for loss in (math.nan, math.nan)] == [False, True]


def test_presets_vary_in_what_they_are_about_alone():
    about = {
        "underfit": set(), "overfit": set(), "rates": {"rate"}, "optimisers": {"optimiser"},
        "dropout": {"dropout", "seed"}, "annealing": {"schedule"}, "residual": {"skips"},
        "norms": {"norm"}, "zeros": {"initialisation"},
    }  # fmt: skip
    assert about.keys() == PRESETS.keys()
    for name, preset in PRESETS.items():
        rows = [asdict(settings) for _, settings in preset.runs]
        differing = {key for key in rows[0] if len({str(row[key]) for row in rows}) > 1}
        assert differing == about[name]
        assert len({label for label, _ in preset.runs}) == len(preset.runs)
        assert preset.look_for.endswith(".")
        assert preset.look_for.count(". ") == 0  # one sentence
    assert {settings.rate for _, settings in PRESETS["rates"].runs} == {1e-5, 1e-3, 1.0}
    assert len(PRESETS["dropout"].runs) == 10
    assert replace(PRESETS["residual"].runs[0][1], skips=True) == PRESETS["residual"].runs[1][1]

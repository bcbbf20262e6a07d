"""Settings and steering: without PyTorch in the package."""

import subprocess
import sys
from dataclasses import asdict

import pytest

from cvcore.autoencoders import CHOICES, PRESETS, Settings, Steering
from cvcore.autoencoders.settings import NUMBERS, WHOLE, from_dict
from cvcore.core.errors import InputError
from tests.support.server import ROOT


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"network": "unet"}, "There is no network 'unet': choose one of dense, conv."),
        ({"loss": None}, "There is no loss None: choose one of mse, bce."),
        ({"bottleneck": 0}, "The bottleneck must be a whole number from 1 to 64; got 0."),
        ({"bottleneck": 65}, "from 1 to 64"),
        ({"beta": 21}, "Beta must be a number from 0 to 20; got 21."),
        ({"noise": -0.1}, "The noise must be a number from 0 to 1"),
        ({"annealing": float("nan")}, "The share of the annealing must be a number from 0 to 1"),
        ({"hole": 21}, "The side of the hole must be a whole number from 0 to 20; got 21."),
        ({"only": 10}, "The one digit must be a whole number from 0 to 9; got 10."),
        ({"rate": 0}, "The learning rate is above 0 and at most 1, got 0."),
        ({"batch_size": 1}, "The batch size must be a whole number from 2 to 1024"),
        ({"seed": -1}, "The seed must be a whole number, 0 or greater"),
    ],
)
def test_what_cannot_be_gets_one_sentence(change, says):
    with pytest.raises(InputError) as refused:
        Settings(**change)
    assert says in str(refused.value)
    assert str(refused.value).endswith(".")


def test_every_setting_is_checked():
    named = {*CHOICES, *WHOLE, *NUMBERS, "variational", "only", "rate", "seed"}
    assert named == asdict(Settings()).keys()
    for name in named - {"variational"}:
        with pytest.raises(InputError):
            Settings(**{name: "no such thing"})


def test_settings_survive_a_dictionary():
    settings = Settings(network="conv", only=3, variational=True, seed=2**63 - 1)
    assert from_dict(asdict(settings)) == settings
    with pytest.raises(InputError, match="no setting 'colour'"):
        from_dict({"colour": 1})


def test_beta_rises_over_its_share_of_the_run():
    settings = Settings(variational=True, beta=4, annealing=0.5)
    assert [settings.beta_at(step, 100) for step in (0, 25, 50, 99)] == [0, 2, 4, 4]
    assert Settings(variational=True, beta=4).beta_at(0, 100) == 4
    assert Settings(beta=4).beta_at(50, 100) == 0  # a plain one has no such term


def test_presets_say_what_to_look_for():
    for preset in PRESETS.values():
        assert preset.look_for.endswith(".")
        assert preset.look_for.count(". ") == 0


def test_steering_checks_and_hands_on_once():
    steering, settings = Steering(), Settings()
    assert steering.take(settings) is settings
    steering.set(rate=0.1, beta=2)
    steering.set(noise=0.25)
    turned = steering.take(settings)
    assert (turned.rate, turned.beta, turned.noise) == (0.1, 2, 0.25)
    assert steering.take(turned) is turned
    for wrong in ({"rate": 2}, {"beta": -1}, {"noise": "much"}):
        with pytest.raises(InputError):
            steering.set(**wrong)


def test_nothing_heavy_is_loaded_with_the_settings():
    code = (
        "import sys; from cvcore import autoencoders as a; a.Settings(), a.PRESETS, a.Progress, "
        "a.Steering, a.BOTTLENECKS; "
        "print([name for name in ('torch', 'cv2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr

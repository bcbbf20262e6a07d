"""``python -m cvcore.training.lab``: what it writes, and going on from it."""

import argparse

import numpy as np
import pytest
from lightning.pytorch import Trainer

from cvcore import training_lab as lab
from cvcore.training import flags as trainer_flags
from cvcore.training import lab as command
from cvcore.training.latent_space import gan
from tests.cvcore.training_lab.test_data import pack


def test_a_run_is_kept_and_gone_on_with(tmp_path, capsys):
    packed = pack(tmp_path / "own.zip", {"cup": 20, "apple": 20})
    shared = ["--data", str(packed), "--look", "grey", "--accelerator", "cpu"]
    first, second = tmp_path / "first", tmp_path / "second"
    flags = ["--batch-size", "8", "--epochs", "2", "--no-early-stopping", "--dropout", "0.2"]
    flags += ["--width", "0.5"]
    assert command.main(["--out", str(first), *shared, *flags]) == 0
    said = capsys.readouterr()
    assert "epoch 2 of 2, step 6: validation loss" in said.out
    assert "of 8 test pictures, as it ended" in said.out
    assert said.err == ""
    names = {path.name for path in first.iterdir()}
    assert names == {command.CURVES, command.EVENTS, command.CHECKPOINT}
    run = lab.load_checkpoint((first / command.CHECKPOINT).read_bytes())
    assert (run.step, run.settings.epochs, run.settings.dropout) == (6, 2, 0.2)
    assert run.settings.width == 0.5

    more = ["--resume", str(first / command.CHECKPOINT), "--epochs", "4"]
    assert command.main(["--out", str(second), *shared, *more]) == 0
    longer = lab.load_checkpoint((second / command.CHECKPOINT).read_bytes())
    assert longer.settings.dropout == 0.2
    data = lab.read_folders(packed, look="grey")
    *_, unbroken = lab.train(longer.settings, data)
    np.testing.assert_array_equal(longer.curves["training_loss"], unbroken.training_loss)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "nowhere"], "nowhere is not there: name digits, clothes, a zip or a folder"),
        (["--network", "digits_cnn", "--data", "clothes"], "convnet is for the bundled digits"),
        (["--norm", "batch", "--batch-size", "1"], "Batch norm needs at least 2 pictures"),
    ],
)
def test_what_cannot_be_is_told(tmp_path, capsys, arguments, says):
    assert command.main(["--out", str(tmp_path), *arguments]) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert says in said


def test_all_commands_have_the_same_flags_of_lightnings():
    parser = argparse.ArgumentParser()
    trainer_flags.add_flags(parser, devices="auto", precision="bf16-mixed")
    usual = trainer_flags.read_flags(parser.parse_args([]))
    assert usual == {
        "accelerator": "auto", "devices": "auto", "num_nodes": 1, "strategy": "auto",
        "precision": "bf16-mixed",
    }  # fmt: skip
    for name in ("--nodes", "--num-nodes", "--num_nodes"):
        given = trainer_flags.read_flags(parser.parse_args([name, "1", "--devices", "2"]))
        assert given == usual | {"devices": 2}
    options = parser.parse_args(["--accelerator", "cpu", "--devices", "1"])
    assert Trainer(logger=False, **trainer_flags.read_flags(options)).num_devices == 1
    with pytest.raises(SystemExit):
        parser.parse_args(["--nodes", "0"])


def test_two_networks_in_several_processes_find_what_is_unused():
    options = {"accelerator": "cpu", "devices": 2, "strategy": "auto"}
    assert gan.choose_strategy(options)["strategy"] == "ddp_find_unused_parameters_true"
    assert gan.choose_strategy(options | {"devices": 1}) == options | {"devices": 1}
    assert gan.choose_strategy(options | {"strategy": "ddp"})["strategy"] == "ddp"

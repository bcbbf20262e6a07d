"""The claim "same as torch", and the programs that prove it."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image

from cvcore.convolution import pool
from cvcore.convolution.kernels import DIGIT_NINE
from cvcore.convolution.operation import Operation, largest_difference, pool_torch
from cvcore.core.errors import InputError

KERNEL = np.array([[1.0, 2, 0], [0, -1, 3]])
OPERATIONS = [
    Operation(KERNEL),
    Operation(KERNEL, divisor=5, bias=0.5, stride=2, padding="same", padding_mode="reflect"),
    Operation(KERNEL, padding="full", padding_mode="replicate", dilation=2),
    Operation(KERNEL, padding=2, stride=3),
    Operation(KERNEL, transposed=True, stride=2, padding=1, dilation=2, bias=-1),
]
DEEP = Operation(KERNEL, divisor=2, channel_weights=(1, 0.5, -1), padding="same", bias=3)


def run_snippet(code: str) -> dict:
    names: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, names)
    return names


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 3)])
def test_torch_gives_the_same(operation, shape):
    image = np.random.default_rng(1).normal(size=shape)
    ours = operation.apply(image)
    assert largest_difference(ours, operation.apply_torch(image)) < 1e-12
    rows, columns = operation.fit(shape[:2])
    assert ours.shape[:2] == (rows.output, columns.output)


def test_torch_gives_the_same_with_depth():
    image = np.random.default_rng(1).normal(size=(6, 7, 3))
    assert DEEP.apply(image).shape == (6, 7)
    assert largest_difference(DEEP.apply(image), DEEP.apply_torch(image)) < 1e-12


@pytest.mark.parametrize("operation", OPERATIONS)
def test_snippet_for_a_matrix(operation):
    image = np.array(DIGIT_NINE, dtype=float)
    names = run_snippet(operation.torch_snippet(image))
    np.testing.assert_allclose(names["y"][0, 0].numpy(), operation.apply(image), atol=1e-12)


def test_snippet_goes_on_to_pooling(capsys):
    operation = Operation(np.array([[1.0, 1, 1], [1, -1, 1], [1, 1, 1]]), divisor=9)
    exec(operation.torch_snippet(np.array(DIGIT_NINE, dtype=float), pool=(2, 1)), {})
    printed = capsys.readouterr().out
    assert "1.0000, 1.0000" in printed
    assert "0.3333, 0.3333" in printed


@pytest.mark.parametrize("operation", [*OPERATIONS, DEEP])
def test_snippet_for_a_picture(operation, tmp_path, monkeypatch):
    image = np.random.default_rng(1).integers(0, 256, (30, 28, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "picture.png")
    monkeypatch.chdir(tmp_path)
    names = run_snippet(operation.torch_snippet(image))
    ours = operation.apply(image.astype(float))
    theirs = names["y"][:, 0].numpy()
    np.testing.assert_allclose(np.moveaxis(np.atleast_3d(ours), -1, 0), theirs, atol=1e-9)


def test_pooling_by_torch():
    image = np.random.default_rng(1).normal(size=(6, 7))
    for mode in ("max", "average"):
        theirs = pool_torch(image, 3, 2, mode)
        assert largest_difference(pool(image, 3, stride=2, mode=mode), theirs) < 1e-12


def test_a_difference_is_noticed():
    assert largest_difference(np.ones((2, 2)), np.ones((2, 3))) == float("inf")
    assert largest_difference(np.ones((2, 2)), np.full((2, 2), 1.5)) == 0.5


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"stride": 0}, "stride"),
        ({"dilation": 99}, "dilation"),
        ({"bias": float("nan")}, "bias"),
        ({"channel_weights": (1, float("nan"), 0)}, "weight"),
        ({"transposed": True, "channel_weights": (1, 1, 1)}, "every channel"),
    ],
)
def test_bad_settings(settings, says):
    with pytest.raises(InputError, match=says):
        Operation(KERNEL, **settings)


def test_transposed_padding_is_in_pixels():
    with pytest.raises(InputError, match="pixels"):
        Operation(KERNEL, transposed=True, padding="same").apply(np.ones((3, 3)))

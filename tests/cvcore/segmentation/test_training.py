"""The training command, on a handful of small pictures."""

import csv

import numpy as np
import pytest
import torch

from cvcore.core import images
from cvcore.core.errors import InputError
from cvcore.segmentation.dataset import Pair, split
from cvcore.segmentation.losses import edge_weights, loss_bce_dice, soft_dice
from cvcore.training.segmentation.data import RECIPES, augment, repeat_rare


def make_pair(name="a", size=64):
    mask = np.zeros((size, size + 16), bool)
    mask[16:48, 16:60] = True
    image = np.where(mask[..., None], (220, 60, 60), (30, 90, 60)).astype(np.uint8)
    return Pair(name, image, mask)


def test_losses_by_hand():
    target = torch.zeros(1, 1, 10, 10)
    target[..., :5] = 1
    right = (target * 2 - 1) * 50
    assert float(soft_dice(right, target)) == pytest.approx(1)
    assert float(loss_bce_dice(right, target)) == pytest.approx(0, abs=1e-6)
    assert float(soft_dice(torch.zeros_like(target), target)) == pytest.approx(60 / 110)
    assert float(soft_dice(torch.full_like(target, -50), torch.zeros_like(target))) == 1


def test_pixels_near_an_edge_count_more():
    target = torch.zeros(1, 1, 8, 12)
    target[..., 6:] = 1
    weights = edge_weights(target, 3.0)
    assert weights[0, 0, 4].tolist() == [1, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1, 1]
    wrong = torch.zeros_like(target)  # log 2 a pixel, of which a third weighs three times as much
    pixels = loss_bce_dice(wrong, target) + soft_dice(wrong, target).mean() - 1
    weighted = loss_bce_dice(wrong, target, edge=3.0) + soft_dice(wrong, target).mean() - 1
    assert float(weighted / pixels) == pytest.approx(5 / 3)


@pytest.mark.parametrize("kind", ["person", "nuclei"])
def test_picture_and_mask_move_together(kind):
    rng = np.random.default_rng(0)
    for _ in range(10):
        image, mask = augment(make_pair(), [], RECIPES[kind], rng)
        side = RECIPES[kind].crop
        assert image.shape == (*mask.shape, 3) == (side, side, 3)
        sure_in, sure_out = mask > 0.99, mask < 0.01
        assert min(sure_in.sum(), sure_out.sum()) > 5000
        redness = image[..., 0].astype(float) - image[..., 1]  # none of these is made grey
        assert redness[sure_in].mean() > redness[sure_out].mean() + 80


def test_split_is_fixed_and_whole():
    pairs = [make_pair(str(index), 64) for index in range(20)]
    training, held = split(pairs, 0.15, 0)
    assert len(held) == 3
    assert sorted(one.name for one in training + held) == sorted(one.name for one in pairs)
    assert [one.name for one in split(pairs, 0.15, 0)[1]] == [one.name for one in held]


def test_rare_looks_are_repeated():
    dark = [Pair(str(i), np.full((8, 8, 3), 20, np.uint8), np.ones((8, 8), bool)) for i in range(9)]
    bright = Pair("bright", np.full((8, 8, 3), 220, np.uint8), np.ones((8, 8), bool))
    names = [pair.name for pair in repeat_rare([*dark, bright])]
    assert names.count("bright") == 3
    assert all(names.count(str(i)) == 1 for i in range(9))


def test_training_goes_on_after_a_crash(tmp_path, monkeypatch):
    pytest.importorskip("lightning")
    from cvcore.training.segmentation.train import Segmenter, main

    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for index in range(8):
        pair = make_pair()
        (tmp_path / "images" / f"{index}.png").write_bytes(images.to_png(pair.image))
        mask = images.to_png(images.to_rgb(pair.mask))
        (tmp_path / "masks" / f"{index}.png").write_bytes(mask)
    out = tmp_path / "run"
    common = ["small", "--data", str(tmp_path), "--out", str(out), "--batch_size", "4"]
    common += ["--workers", "0", "--precision", "32-true", "--accelerator", "cpu"]

    lost = torch.tensor(torch.nan, requires_grad=True)

    def crash(task):
        if task.current_epoch == 1:
            raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(Segmenter, "on_train_epoch_start", crash)
        with pytest.raises(RuntimeError, match="power cut"):
            main([*common, "--epochs", "3"])
    assert torch.load(out / "last.ckpt", weights_only=False)["epoch"] == 0
    with monkeypatch.context() as patched:
        patched.setattr("cvcore.training.segmentation.train.loss_bce_dice", lambda *_, **__: lost)
        with pytest.raises(InputError, match="diverged at step 2"):
            main([*common, "--epochs", "3"])
    assert torch.load(out / "last.ckpt", weights_only=False)["epoch"] == 0  # the sound one stays
    with pytest.raises(ValueError, match="other settings"):
        main([*common, "--epochs", "5"])
    main([*common, "--epochs", "3"])
    assert torch.load(out / "last.ckpt", weights_only=False)["global_step"] == 3  # 7 pictures
    assert (out / "unet_small.safetensors").is_file()
    texts = [path.read_text() for path in sorted(out.glob("csv/*/metrics.csv"))]
    rows = [row for text in texts for row in csv.DictReader(text.splitlines())]
    assert sorted(int(row["epoch"]) for row in rows if row["val_dice"]) == [0, 1, 2]
    assert list(out.glob("tensorboard/events*"))

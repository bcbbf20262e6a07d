"""Teaching a network from a few brushed pictures."""

import numpy as np
import pytest
import torch

from cvcore import segmentation
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.segmentation import fine_tuning
from cvcore.segmentation.fine_tuning import Example, check_examples, fine_tune, predict_tuned


@pytest.fixture(scope="module")
def example():
    """The cup, which the person network does not look for."""
    image = samples.load_sample("coffee")
    mask = np.zeros(image.shape[:2], bool)
    mask[60:300, 160:430] = True
    return Example(image, mask)


def test_it_learns_and_the_bundled_network_stays(example):
    net = checkpoints.load_model("unet_person")
    before = {name: value.clone() for name, value in net.state_dict().items()}
    untaught = segmentation.predict_mask(example.image).above(0.5)
    steps = list(fine_tune([example], steps=12, learning_rate=3e-3))
    assert [step.number for step in steps] == list(range(1, 13))
    assert steps[-1].loss < 0.6 * steps[0].loss
    taught = predict_tuned(example.image, steps[-1].net).above(0.5)
    assert segmentation.dice(taught, example.mask) > segmentation.dice(untaught, example.mask) + 0.2
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, before[name], msg=name)
    assert not any(parameter.requires_grad for parameter in net.parameters())
    assert steps[-1].net.encoder is net.encoder


def test_it_learns_at_the_scale_at_which_it_is_used():
    """Squares are parts of what the way down sees of the whole picture when it is used."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (240, 400, 3), np.uint8)
    mask = np.zeros((240, 400), bool)
    mask[100:140, 50:350] = True
    net = checkpoints.load_model("unet_person")
    with torch.inference_mode():
        whole = net.encoder(torch.from_numpy(segmentation.to_input(image)))
    size_hw = segmentation.fit_size(mask.shape)
    assert size_hw == (192, 320)
    squares = fine_tuning._look(net, Example(image, mask), 0, "person", rng)
    assert len(squares) > 0
    for down, target in squares:
        assert target.shape == (1, 1, 192, 192)
        places = range(0, 320 - 192 + 1, 32)
        cuts = [whole[0][..., place // 2 : place // 2 + 96] for place in places]
        (place,) = [p for p, cut in zip(places, cuts, strict=True) if torch.equal(cut, down[0])]
        for level, part in enumerate(down):
            stride = 2 ** (level + 1)
            expected = whole[level][..., place // stride : (place + 192) // stride]
            torch.testing.assert_close(part, expected)
        columns = target[0, 0, 96].bool().nonzero().ravel()  # the bar, from 50 to 350 of 400
        assert columns.min() + place == pytest.approx(max(40, place), abs=1)
        assert columns.max() + place == pytest.approx(min(279, place + 191), abs=1)


@pytest.mark.parametrize("model", ["person", "nuclei"])
@pytest.mark.parametrize("shape", [(16, 16), (20, 300), (300, 40), (500, 700)])
def test_pictures_of_any_shape_are_learned_from(model, shape):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    mask = np.zeros(shape, bool)
    mask[: shape[0] // 2] = True
    losses = [step.loss for step in fine_tune([Example(image, mask)], model=model, steps=2)]
    assert np.isfinite(losses).all()


def test_it_goes_on_from_where_it_stopped(example):
    for first in fine_tune([example], steps=30, learning_rate=3e-3):
        if first.number == 12:
            break
    before = {name: value.clone() for name, value in first.net.state_dict().items()}
    (again,) = fine_tune([example], steps=1, learning_rate=1e-6, start=first.net)
    (anew,) = fine_tune([example], steps=1, learning_rate=1e-6)
    assert again.loss < 0.8 * anew.loss
    for name, value in first.net.state_dict().items():
        torch.testing.assert_close(value, before[name], msg=name)


def test_bad_examples_are_refused_before_the_first_step(example):
    with pytest.raises(InputError, match="Keep 1 to 20 brushed pictures first"):
        next(fine_tune([]))
    with pytest.raises(InputError, match="Nothing is painted on picture 2"):
        next(fine_tune([example, Example(example.image, np.zeros_like(example.mask))]))


def test_bad_examples(example):
    with pytest.raises(InputError, match="Keep 1 to"):
        check_examples([])
    with pytest.raises(InputError, match="Nothing is painted on picture 1"):
        check_examples([Example(example.image, np.zeros_like(example.mask))])
    for steps in (0, 301, 2.5, float("nan"), float("inf"), None, True):
        with pytest.raises(InputError, match="steps"):
            next(fine_tune([example], steps=steps))
    for rate in (float("nan"), 0, 0.2, None):
        with pytest.raises(InputError, match="rate"):
            next(fine_tune([example], learning_rate=rate))

"""One step of the generators' training: losses, augmentation, what is drawn, and the average."""

from dataclasses import replace

import pytest
import torch

from cvcore.models.gan import Discriminator, Generator
from cvcore.training.latent_space import augment, gan, losses


def test_losses_by_hand():
    real, made = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])
    p_real, p_made = torch.sigmoid(real), torch.sigmoid(made)
    original = -(p_real.log().mean() + (1 - p_made).log().mean())
    for loss in ("non-saturating", "minimax"):
        torch.testing.assert_close(losses.discriminator_loss(real, made, loss), original)
    torch.testing.assert_close(losses.generator_loss(made, "non-saturating"), -p_made.log().mean())
    torch.testing.assert_close(losses.generator_loss(made, "minimax"), (1 - p_made).log().mean())
    assert losses.discriminator_loss(real, made, "hinge") == pytest.approx((0 + 2) / 2 + 1.5 / 2)
    assert losses.generator_loss(made, "hinge") == pytest.approx(1.25)
    weighed = losses.discriminator_loss(real, made, "hinge", torch.tensor([1.0, 0.25]))
    assert weighed == pytest.approx((0 + 2) / 2 + 1.5 / 1.25)


def test_minimax_falls_flat_where_the_discriminator_is_sure():
    slopes = {}
    for loss in ("minimax", "non-saturating"):
        made = torch.tensor([-8.0], requires_grad=True)
        losses.generator_loss(made, loss).backward()
        slopes[loss] = float(made.grad)
    assert slopes["non-saturating"] == pytest.approx(-1, abs=1e-3)
    assert abs(slopes["minimax"]) < 1e-3


@pytest.mark.parametrize("channels", [1, 3])
def test_augmentation_keeps_shapes_and_lets_gradients_through(channels):
    torch.manual_seed(0)
    x = (torch.rand(6, channels, 16, 16) - 0.5).requires_grad_()
    y = augment.augment(x)
    assert y.shape == x.shape
    assert not torch.equal(y, x)
    y.sum().backward()
    assert torch.isfinite(x.grad).all()
    assert (x.grad != 0).flatten(1).any(dim=1).all()


def test_colour_changes_keep_the_mean_on_average_and_cover_sets_zeros():
    torch.manual_seed(1)
    x = torch.full((4000, 3, 2, 2), 0.2)
    assert float(augment.change_colour(x).mean()) == pytest.approx(0.2, abs=0.02)
    covered = augment.cover(torch.ones(200, 1, 16, 16))
    shares = (covered == 0).float().mean(dim=(1, 2, 3))
    assert ((covered == 0) | (covered == 1)).all()
    assert float(shares.max()) <= 0.25
    assert float(shares.min()) > 0


def test_shift_moves_without_changing_values():
    torch.manual_seed(2)
    x = torch.zeros(50, 1, 16, 16)
    x[:, :, 8, 8] = 1
    moved = augment.shift(x)
    assert torch.equal(moved.sum(dim=(1, 2, 3)), torch.ones(50))
    assert len({tuple(place) for place in moved.nonzero()[:, 2:].tolist()}) > 5


def test_networks_take_any_batch_and_spread_alone_is_shared():
    torch.manual_seed(0)
    generator = Generator(32, 1, 10, width=0.1).eval()
    judge = Discriminator(32, 1, 10, width=0.1).eval()
    for network in (generator, judge):
        assert len(network(*network.example_inputs())) == 2
    classes = torch.tensor([1, 2, 3])
    pictures = generator(torch.randn(3, 128), classes)
    assert pictures.shape == (3, 1, 32, 32)
    assert float(pictures.abs().max()) <= 1
    spread = judge.measure_spread(pictures)
    alone = judge(pictures, spread.expand(3), classes)
    torch.testing.assert_close(alone, judge(pictures, classes=classes))
    torch.testing.assert_close(alone[:1], judge(pictures[:1], spread.expand(1), classes[:1]))


def test_only_the_first_pictures_tell_how_much_a_batch_differs():
    torch.manual_seed(0)
    judge = Discriminator(32, 1, width=0.1).eval()
    pictures = torch.rand(5, 1, 32, 32) * 2 - 1
    pictures[3:] *= 0.1
    spread = judge.measure_spread(pictures[:3]).expand(5)
    torch.testing.assert_close(judge(pictures, first=3), judge(pictures, spread))
    assert not torch.allclose(judge(pictures, first=3), judge(pictures))


def test_latents_nearer_to_the_mean_are_others_of_their_batch():
    torch.manual_seed(0)
    module = gan.GAN(replace(gan.RECIPES["digits"], inner=0.25))
    w, shares = module._draw_latents(16)
    assert w.shape == (16, 128)
    assert shares.shape == (4, 1)
    assert ((shares >= 0) & (shares < 1)).all()
    torch.testing.assert_close(w[-4:], shares * w[:4])
    assert not len(gan.GAN(gan.RECIPES["collapse"])._draw_latents(16)[1])


def test_truncated_pictures_are_drawn_to_the_mean_of_the_real_ones():
    module = gan.GAN(replace(gan.RECIPES["digits"], plain=1.0))
    real = torch.zeros(2, 1, 32, 32, dtype=torch.uint8)
    real[:, :, :, :16] = torch.tensor([255, 127]).view(2, 1, 1, 1)  # the left half
    module.take_mean(real)
    # Each half is light in one of the picture and its mirror image: (0.5 * 191 + 0.5 * 0) / 127.5
    torch.testing.assert_close(module.plainest, torch.full((1, 1, 8, 8), 191 / 2 / 127.5 - 1))
    module.plainest = torch.zeros(1, 1, 8, 8)
    made = torch.full((4, 1, 32, 32), 0.8)
    made[-1] = 0.5  # wanted: a quarter of the way from 0 to 0.8
    made.requires_grad_()
    missed = module._miss_plain(made, torch.tensor([[0.25]]))
    assert float(missed) == pytest.approx((0.5 - 0.2) ** 2)
    missed.backward()
    assert float(made.grad[-1].sum()) == pytest.approx(2 * 0.3)
    assert not made.grad[:-1].any()  # the whole latent's own picture is not drawn anywhere
    module.settings = replace(module.settings, plain=0.0)
    assert not module._miss_plain(made, torch.tensor([[0.25]]))


def test_the_average_follows_slowly():
    torch.manual_seed(0)
    module = gan.GAN(replace(gan.RECIPES["digits"], average=0.9))
    module.count += 1000
    before = module.averaged.start.weight.clone()
    with torch.no_grad():
        module.generator.start.weight += 1
    module._average()
    torch.testing.assert_close(module.averaged.start.weight, before + 0.1)

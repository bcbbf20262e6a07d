"""Two networks trained against each other: losses, field, pushes, measures, and what presets show.

About 12 s: each preset is played until it shows what it is there for.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from cvcore.core.errors import InputError
from cvcore.latent_space import adversarial
from cvcore.latent_space.adversarial.presets import PRESETS
from cvcore.models.small_gan import build_discriminator, build_generator

SHORT = adversarial.Settings(steps=6, batch_size=16)


def play(preset, steps, every=50, **changed):
    """How a preset stands every so many steps."""
    game = adversarial.Game(replace(PRESETS[preset].settings, **changed))
    states = []
    for _ in range(steps // every):
        game.step(count=every)
        states.append(game.look())
    return states


def test_losses_by_hand():
    """D(x) 3/4 and 1/2, D(G(z)) 1/4 and 1/2: the logits are log 3, 0, -log 3, 0."""
    real, made = torch.tensor([math.log(3), 0.0]), torch.tensor([-math.log(3), 0.0])
    both = -(math.log(3 / 4) + math.log(1 / 2)) / 2 * 2  # the two means are alike
    for kind in ("minimax", "non_saturating"):
        loss = adversarial.discriminator_loss(kind, real, made)
        assert float(loss) == pytest.approx(both)
    equal = adversarial.discriminator_loss("minimax", torch.zeros(3), torch.zeros(3))
    assert float(equal) == pytest.approx(2 * math.log(2))
    hinge = adversarial.discriminator_loss(
        "hinge", torch.tensor([2.0, 0.5]), torch.tensor([-3.0, 0.0])
    )
    assert float(hinge) == pytest.approx(0.25 + 0.5)
    losses = {kind: adversarial.generator_losses(kind, made) for kind in adversarial.LOSSES}
    assert losses["minimax"].tolist() == pytest.approx([math.log(3 / 4), math.log(1 / 2)])
    assert losses["non_saturating"].tolist() == pytest.approx([math.log(4), math.log(2)])
    assert losses["hinge"].tolist() == pytest.approx([math.log(3), 0.0])


@pytest.mark.parametrize("answer", [0.01, 0.3, 0.5, 0.99])
def test_slopes_of_the_generators_losses(answer):
    logit = torch.tensor([math.log(answer / (1 - answer))], requires_grad=True)
    slopes = {
        kind: float(torch.autograd.grad(adversarial.generator_losses(kind, logit).sum(), logit)[0])
        for kind in adversarial.LOSSES
    }
    wanted = {"minimax": -answer, "non_saturating": answer - 1, "hinge": -1}
    assert slopes == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("loss", adversarial.LOSSES)
def test_pushes_against_finite_differences(loss):
    network = build_discriminator(2, (16, 16), torch.Generator().manual_seed(3)).double()
    samples = torch.tensor([[0.3, -1.1], [1.7, 0.4], [-2.0, 0.9]], dtype=torch.float64)
    logits, pushes = adversarial.find_pushes(network, samples, loss)
    assert logits.tolist() == pytest.approx(network(samples).flatten().tolist())
    step = 1e-6
    for axis in range(2):
        moved = torch.zeros(2, dtype=torch.float64)
        moved[axis] = step
        high, low = (
            adversarial.generator_losses(loss, network(samples + sign * moved).flatten())
            for sign in (1, -1)
        )
        central = (high - low) / (2 * step)
        assert pushes[:, axis].tolist() == pytest.approx((-central).tolist(), abs=1e-6)


def test_the_field_lies_as_the_plane_does():
    """A discriminator that looks at y alone: the first row is at the top."""
    network = nn.Linear(2, 1)
    with torch.no_grad():
        network.weight[:] = torch.tensor([[0.0, 1.0]])
        network.bias.zero_()
    field = adversarial.draw_field(network)
    assert field.shape == (40, 40)
    middles = 3 - 6 * (np.arange(40) + 0.5) / 40
    assert field[:, 0] == pytest.approx(1 / (1 + np.exp(-middles)), abs=1e-6)
    assert np.ptp(field, axis=1).max() == 0


def test_the_networks_are_what_they_say():
    draws = torch.Generator().manual_seed(0)
    points = build_generator(2, 2, (64, 64), draws, is_picture=False)
    assert sum(one.numel() for one in points.parameters()) == 3 * 64 + 65 * 64 + 65 * 2
    pictures = build_generator(32, 196, (128, 256), draws, is_picture=True)
    made = pictures(torch.randn(5, 32, generator=draws))
    assert made.shape == (5, 196)
    assert 0 < made.min() < made.max() < 1


def test_the_sheet_is_what_the_generator_makes_of_evenly_spread_latents():
    game = adversarial.Game(SHORT)
    sheet = game.look().sheet
    assert sheet.shape == (13, 13, 2)
    with torch.no_grad():
        middle = game.generator(torch.zeros(1, 2))[0].numpy()
        corner = game.generator(torch.full((1, 2), -2.0537489))[0].numpy()  # one in fifty is below
    assert sheet[6, 6] == pytest.approx(middle, abs=1e-5)
    assert sheet[0, 0] == pytest.approx(corner, abs=1e-3)


def test_points_lie_where_they_should():
    ring = adversarial.draw_points("ring", 800, seed=4)
    assert np.array_equal(ring, adversarial.draw_points("ring", 800, seed=4))
    assert not np.array_equal(ring, adversarial.draw_points("ring", 800, seed=5))
    gaps = np.linalg.norm(ring[:, None] - adversarial.list_centres("ring"), axis=2)
    assert np.bincount(gaps.argmin(axis=1)).tolist() == [100] * 8
    assert gaps.min(axis=1).std() < 0.1
    assert len(adversarial.list_centres("grid")) == 25
    for data in ("grid", "moons", "spiral"):
        assert np.abs(adversarial.draw_points(data)).max() < 3
    assert adversarial.load_small_digits().shape == (4000, 196)


def test_quality_by_hand():
    """Of a hundred points 60 at the first centre, one just inside the second's three deviations,
    one just outside the third's, the others in the middle."""
    first, second, third = adversarial.list_centres("ring")[:3]
    points = np.zeros((100, 2))
    points[:60], points[60], points[61] = first, second + (0.29, 0), third + (0, 0.31)
    quality = adversarial.measure_quality(points, "ring")
    assert quality == adversarial.Quality(0.61, 2 / 8, 2, 8)
    real = np.array([[0, 0], [1, 1], [2, 2], [2.1, 2.0]])
    quality = adversarial.measure_quality([[0, 0.1], [2.05, 2], [-1, 0], [-2, 0]], "own", real)
    assert quality == adversarial.Quality(0.5, 0.75, None, None)
    ring = adversarial.draw_points("ring")
    assert adversarial.measure_quality(ring, "ring").modes == 8
    assert adversarial.measure_quality(ring, "ring").good > 0.98  # Rayleigh: 98.9 %


def test_one_step_of_one_network_leaves_the_other_as_it_is():
    game = adversarial.Game(SHORT)
    parts = {"discriminator": game.discriminator, "generator": game.generator}
    before = {name: part[0].weight.detach().clone() for name, part in parts.items()}
    p = game.look()
    assert len(p.loss_d) == p.step == 0
    game.step("generator")
    assert torch.equal(before["discriminator"], game.discriminator[0].weight)
    assert not torch.equal(before["generator"], game.generator[0].weight)
    before = game.generator[0].weight.detach().clone()
    game.step("discriminator")
    assert torch.equal(before, game.generator[0].weight)
    p = game.look()
    assert p.step == 2
    assert np.isnan(p.loss_d[0])  # D had not stepped yet
    assert np.isfinite(p.loss_d[1])
    assert p.loss_g[1] == p.loss_g[0]
    assert not p.diverged


def test_equal_seeds_give_equal_games_however_they_are_cut():
    whole = adversarial.Game(SHORT)
    whole.step(count=6)
    (*_, last) = adversarial.train(SHORT, waits=True)
    cut = adversarial.Game(SHORT)
    cut.step(count=2)
    cut.settings = replace(SHORT, steps=4)
    (*_, gone_on) = cut.run()
    for p in (last, gone_on):
        assert p.done
        assert p.step == p.total == 6
        assert np.array_equal(p.samples, whole.look().samples)
        assert np.array_equal(p.loss_d, whole.look().loss_d)
    other = adversarial.Game(replace(SHORT, seed=1))
    other.step(count=6)
    assert not np.array_equal(other.look().samples, last.samples)


def test_a_game_is_steered_and_stopped_while_it_goes():
    game, steering = adversarial.Game(replace(SHORT, steps=20_000)), adversarial.Steering()
    states = game.run(steering=steering, waits=True)
    assert next(states).step == 0
    values = {"loss": "hinge", "rate_d": 1e-4, "rate_g": 0.02, "d_steps": 2, "momentum": 0.1}
    steering.set(**values)
    p = next(states)
    assert {name: getattr(p.settings, name) for name in values} == values
    steering.stop()
    *_, last = states
    assert last.stopped
    assert last.done
    assert last.step == game.steps < 20_000


def test_a_game_that_is_left_ends_at_its_step():
    game = adversarial.Game(replace(SHORT, steps=20_000))
    states = game.run()
    next(states)
    states.close()
    assert game.steps < 20_000


def test_ones_own_points_act_from_the_next_step_on():
    own = replace(SHORT, data="own")
    game = adversarial.Game(own, np.full((10, 2), 1.0))
    game.step()
    game.set_points(np.full((12, 2), -1.0))
    game.step()
    assert np.array_equal(game.look().real, np.full((12, 2), -1.0, np.float32))
    with pytest.raises(InputError, match="own points as data"):
        adversarial.Game(SHORT).set_points(np.ones((10, 2)))


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (None, "no points yet"),
        ([], "no points yet"),
        ([[0.5, 0.5]], "draw 10 or more, got 1"),
        ([[0.5, math.nan]] * 10, "pairs of ordinary numbers"),
        ([[0.5, 0.5, 1]] * 10, "pairs of ordinary numbers"),
        (["a"] * 10, "no points yet"),
        ([[4, 0]] * 10, "between -3 and 3"),
        (np.zeros((2001, 2)), "2,000 points at most"),
    ],
)
def test_points_that_cannot_be_get_a_sentence(points, words):
    with pytest.raises(InputError, match=words):
        adversarial.Game(replace(SHORT, data="own"), points)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"rate_d": 0}, "learning rate of D is above 0 and at most 0.1, got 0"),
        ({"rate_g": math.nan}, "learning rate of G is above 0"),
        ({"rate_g": None}, "learning rate of G"),
        ({"momentum": 1}, "momentum must be a number from 0 to 0.99"),
        ({"d_steps": 11}, "D's steps a step of G"),
        ({"data": "faces"}, "no data 'faces'"),
        ({"loss": "mse"}, "no loss 'mse'"),
        ({"steps": 0}, "number of steps"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_that_cannot_be_get_a_sentence(wrong, words):
    with pytest.raises(InputError, match=words):
        adversarial.Settings(**wrong)


def test_what_cannot_be_steered_or_played():
    with pytest.raises(InputError, match="cannot be changed"):
        adversarial.Steering().set(data="grid")
    with pytest.raises(InputError, match="learning rate of D"):
        adversarial.Steering().set(rate_d=0)
    with pytest.raises(InputError, match="no player 'umpire'"):
        adversarial.Game(SHORT).step("umpire")


# --- what the presets show -----------------------------------------------------------------------
def test_the_healthy_game_covers_all_modes_and_d_cannot_tell():
    last = play("healthy", 600)[-1]
    assert last.quality.modes == 8
    assert last.quality.good > 0.45
    assert last.d_made[-200:].std() < 0.08  # no swings
    assert 0.3 < last.d_made[-200:].mean() < last.d_real[-200:].mean() < 0.7


def test_a_collapsed_game_stays_at_a_mode_or_two():
    states = play("collapse", 300)
    assert max(p.quality.modes for p in states) <= 2
    apart = [p.samples - np.median(p.samples, axis=0) for p in states]
    far = [np.median(np.linalg.norm(one, axis=1)) for one in apart]
    assert np.median(far) < 1  # on the ring it is 2


def test_an_oscillating_game_swings():
    last = play("oscillation", 350, every=350)[-1]
    assert last.d_made[-300:].std() > 0.12  # healthy: below 0.08
    assert last.quality.modes <= 3


def test_gradients_vanish_under_minimax_alone():
    (last,) = play("vanishing", 80, every=80)
    assert last.d_made[-1] < 0.01
    assert last.push < 0.05
    last.game.settings = replace(last.settings, loss="non_saturating")
    assert last.game.look().push > 50 * last.push  # the same networks


def test_a_strong_discriminator_is_sure_of_all():
    (last,) = play("strong", 60, every=60)
    assert last.d_real[-30:].mean() > 0.9
    assert last.d_made[-30:].mean() < 0.1
    assert last.loss_g[-30:].mean() > 3  # healthy: about 1
    assert last.quality.modes <= 1


def test_digits_become_several():
    """Strokes of different shapes, on the middle, dark at the rim."""
    (last,) = play("digits", 150, every=150)
    assert last.quality is None
    assert last.d_field is None
    assert last.samples.shape == (32, 196)
    pictures = last.samples.reshape(-1, 14, 14)
    assert pictures[:, [0, -1]].mean() < 0.05
    assert pictures[:, 4:10, 4:10].mean() > 0.2
    assert pictures.std(axis=0)[4:10, 4:10].mean() > 0.1

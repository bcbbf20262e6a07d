"""The view "Train one", as plain functions and through the API."""

import math
from dataclasses import replace

import numpy as np
import pytest
from gradio_client.exceptions import AppError

from cvcore.core.errors import InputError
from cvcore.latent_space import adversarial
from cvcore.latent_space.adversarial.presets import PRESETS
from demos.latent_space import game, game_drawing
from demos.lesson import turns
from tests.support.html import visible

SHORT = adversarial.Settings(steps=8, batch_size=16)


class Event:
    """What the arena tells of the visitor's points."""

    def __init__(self, points):
        self.points = points


@pytest.fixture
def match():
    """A visit that has opened the view."""
    one = game.Match()
    game.open_view(one, 0, "own", SHORT)
    return one


def run(match):
    """Take turns until nothing is planned any more; what was shown."""
    shown = []
    while match.plan:
        shown += [value for value, _ in turns.run_turn(match, 0)]
    return shown


def test_opened_it_stands_at_the_start_and_plays_when_asked(match):
    first = match.draw()
    assert (first["kind"], first["step"], first["draws"]) == ("ring", 0, False)
    assert len(first["samples"]) == 512
    assert match.plan == []
    assert game.begin(match, 0, SHORT) == 1
    last = run(match)[-1]
    assert last["step"] == last["total"] == 8
    assert "under-way" not in last["words"]
    assert game.go_on(match, 1, SHORT) == 2
    assert run(match)[-1]["step"] == 16
    assert game.open_view(match, 2, "own", SHORT)[0]["step"] == 16  # nothing is lost


def test_a_game_rests_between_two_turns_and_is_left(match, monkeypatch):
    monkeypatch.setattr(turns, "TURN_SECONDS", 0)
    game.begin(match, 0, replace(SHORT, steps=20_000))
    for count in (1, 2):
        *_, (shown, more) = turns.run_turn(match, count)
        assert more == count + 1
    assert match.plan
    assert "under-way" in shown["words"]
    taken = match.game.steps
    assert taken == shown["step"] > 0  # it waits where it was
    going = turns.run_turn(match, 3)
    next(going)
    going.close()
    assert match.plan == []
    assert match.game.steps == taken
    words = visible(turns.show_stopped(match)["words"])
    assert "at rest after step" in words


def test_what_is_turned_acts_while_it_goes_and_at_rest(match):
    minimax = replace(SHORT, loss="minimax", rate_g=0.01)
    before = match.draw()["pushes"]
    shown = game.steer(match, minimax)
    assert match.game.settings == minimax
    assert shown["pushes"] != before
    game.begin(match, 0, replace(SHORT, steps=20_000))
    for _ in range(2):
        match.step()
    game.steer(match, replace(SHORT, loss="hinge", momentum=0.9, d_steps=3))
    match.step()
    now = match.progress.settings
    assert (now.loss, now.momentum, now.d_steps) == ("hinge", 0.9, 3)
    match.end()


def test_steps_of_one_network_alone(match):
    weights = [one.detach().clone() for one in match.game.generator.parameters()]
    shown = game.step("discriminator", match, 5, SHORT)
    assert shown["step"] == 5
    kept = zip(weights, match.game.generator.parameters(), strict=True)
    assert all(bool((one == other).all()) for one, other in kept)
    game.step("generator", match, 1, SHORT)
    assert not bool((weights[0] == next(match.game.generator.parameters())).all())
    game.begin(match, 0, replace(SHORT, steps=20_000))
    match.step()
    taken = match.game.steps
    assert game.step("both", match, 1, SHORT)["step"] > taken  # the game under way ended first
    assert match.plan == []


def test_ones_own_points_are_drawn_first(match):
    own = replace(SHORT, data="own")
    shown, *fitted = game.choose_data(match, own)
    assert shown["draws"]
    assert "Draw points" in shown["words"]
    assert fitted == [5e-3, 2e-3, 128]
    with pytest.raises(InputError, match="no points yet"):
        game.begin(match, 0, own)
    shown = game.take_points(match, Event([500, 500]))
    assert "1 of at least 10 points" in shown["words"]
    with pytest.raises(InputError, match="draw 10 or more, got 1"):
        game.begin(match, 0, own)
    points = [value for i in range(12) for value in (50 * i, 1000 - 50 * i)]
    assert "12 points" in game.take_points(match, Event(points))["words"]
    game.begin(match, 0, own)
    assert run(match)[-1]["step"] == 8
    expected = np.stack([np.arange(12) * 0.3 - 3] * 2, axis=1)  # upwards to the right
    assert match.game.data.numpy() == pytest.approx(expected, abs=1e-5)
    game.take_points(match, Event(points[:20]))  # at rest they are looked at anew
    assert len(match.progress.real) == 10
    for wrong in (None, "abc", [1, 2, 3], [[{}]]):
        game.take_points(match, Event(wrong))
        assert len(match.points) == 0


def test_points_change_while_they_are_learnt_from(match):
    own, places = replace(SHORT, data="own", steps=20_000), [10 * i for i in range(100)]
    game.choose_data(match, own)
    game.take_points(match, Event(places))  # 50
    assert [game.begin(match, 0, own), game.begin(match, 0, own)] == [1, 2]  # none is lost
    match.step()
    game.take_points(match, Event(places[:24]))
    while len(match.progress.real) != 12:
        match.step()
    assert not match.progress.diverged
    shown = game.take_points(match, Event([]))  # cleared: nothing is left to learn from
    assert "Draw points" in shown["words"]
    assert (match.plan, match.game) == ([], None)
    with pytest.raises(InputError, match="no points yet"):
        game.go_on(match, 2, own)


def test_a_long_game_is_not_gone_on_with(match, monkeypatch):
    game.begin(match, 0, SHORT)
    run(match)
    monkeypatch.setattr(game, "MOST_TAKEN", 8)
    with pytest.raises(InputError, match="start a new one"):
        game.go_on(match, 1, SHORT)


def test_digits_are_pictures_with_answers(match):
    shown, *fitted = game.choose_data(match, replace(SHORT, data="digits"))
    assert fitted == [1e-3, 2e-3, 64]
    pictures = shown["pictures"]
    assert "field" not in shown
    assert len(pictures["real_answers"]) == 8
    assert len(pictures["answers"]) == 32
    assert len(pictures["samples"]) == math.ceil(32 * 196 / 3) * 4
    assert "modes" not in shown["words"]


def test_a_preset_is_played_and_shown_in_the_rail(match):
    asked, said, *values = game.pick(match, 3, "vanishing")
    assert asked == 4
    assert "Look for" in said
    chosen = PRESETS["vanishing"].settings
    assert adversarial.Settings(*values) == chosen == match.game.settings
    match.end()
    asked, said, *_ = game.pick(match, 4, "own")
    assert (asked, said) == (4, "")


def test_a_link_that_names_a_preset_plays_it():
    match = game.Match()
    shown, asked, said, *values = game.open_view(match, 0, "collapse", adversarial.Settings())
    assert (shown["step"], asked) == (0, 1)
    assert "one place" in said
    assert adversarial.Settings(*values) == PRESETS["collapse"].settings
    assert match.plan
    match.end()
    other = game.Match()
    game.open_view(other, 0, "collapse", SHORT)  # with settings of its own
    assert other.game.settings == SHORT
    assert other.plan == []


def test_places_and_arrows():
    places = game_drawing.to_places(np.array([[-3, 3], [0, 0], [3, -3]]))
    assert places == [0, 0, 500, 500, 1000, 1000]
    assert game_drawing.from_places(places).tolist() == [[-3, 3], [0, 0], [3, -3]]
    # a push of 1 upwards is 0.35 of 6 units long, one of 100 to the left 0.9
    assert game_drawing.to_arrows(np.array([[0, 1.0], [-100, 0], [0, 0]])) == [
        0, -58, -150, 0, 0, 0,
    ]  # fmt: skip


@pytest.mark.parametrize("answer", [0.0, 0.02, 0.5, 0.98, 1.0])
@pytest.mark.parametrize("kind", adversarial.LOSSES)
def test_the_drawn_slopes_are_those_of_the_drawn_curves(kind, answer):
    edge = 1 / (1 + math.exp(-game_drawing.LOGITS))
    answer = min(max(answer, 1 - edge), edge)
    logit = math.log(answer / (1 - answer))
    low, high = game_drawing.to_loss(kind, np.array([logit - 1e-4, logit + 1e-4]))
    assert game_drawing.to_slope(kind, answer) == pytest.approx((high - low) / 2e-4, abs=1e-6)
    drawn = visible(game_drawing.draw_losses(answer, kind))
    assert f"{game_drawing.to_slope(kind, answer):.2f}".replace("-", "−") in drawn


def test_a_diverged_game_says_so(match):
    shown = game_drawing.draw_words(replace(match.progress, step=3, diverged=True), False)
    assert "diverged" in shown
    game_, nothing = match.progress, np.nan
    lost = {
        name: getattr(game_, name) * np.float32(nothing)
        for name in ("samples", "pushes", "opinions", "real_opinions", "d_field", "sheet")
    }
    state = replace(game_, **lost, step=0, diverged=True)
    drawn = game_drawing.draw_game(state, is_going=False)
    assert "nan" not in str({name: drawn[name] for name in ("words", "html", "samples", "pushes")})
    assert max(map(abs, drawn["samples"] + drawn["pushes"])) <= game_drawing.MANY


def test_beyond_the_axis_the_slopes_are_those_of_the_answer():
    drawn = visible(game_drawing.draw_losses(1e-5, "minimax"))
    assert "0.00" in drawn
    assert "−1.00" in drawn
    assert "−0.99" not in drawn


def test_api(client):
    got = client.predict(None, steps=8, batch_size=16, api_name="/latent_space_game")
    assert got["done"]
    assert got["step"] == len(got["loss_d"]) == 8
    own = adversarial.Game(SHORT)
    own.step(count=8)
    assert got["loss_g"] == pytest.approx(own.look().loss_g.tolist())
    assert got["quality"]["of"] == 8
    for wrong, words in (
        ({"rate_d": 0}, "learning rate of D is above 0"),
        ({"data": "own"}, "no points yet"),
        ({"momentum": 2}, "Momentum"),
        ({"rate_g": None}, "learning rate of G"),
    ):
        with pytest.raises(AppError, match=words):
            client.predict(None, **wrong, api_name="/latent_space_game")

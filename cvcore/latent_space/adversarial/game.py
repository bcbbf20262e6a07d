"""A generator and a discriminator that are trained against each other, watched as they go.

Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014.
"""

import math
import time
from collections.abc import Generator, Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.core.checks import check_whole, show
from cvcore.core.errors import InputError
from cvcore.core.streaming import Slot, stream
from cvcore.engine.device import one_thread
from cvcore.engine.isolation import own_settings, undisturbed
from cvcore.latent_space.adversarial.losses import discriminator_loss, generator_losses
from cvcore.latent_space.adversarial.points import SIGMA, VIEW, load_points, measure_quality
from cvcore.latent_space.adversarial.progress import Progress
from cvcore.latent_space.adversarial.settings import MAX_STEPS, PLAYERS, Settings, Steering
from cvcore.models.small_gan import build_discriminator, build_generator
from cvcore.recognition.datasets import load_digits, make_generator

SHOW_EVERY = 0.1  # seconds between two states
FIELD = 40  # squares of the plane along a side
SHEET = 13  # latents of the sheet along a side
SIDE = 14  # pixels of a digit
SHOWN = {True: 256, False: 32}  # samples of a state: points, pictures
SHOWN_REAL = {True: 256, False: 8}
DRAWN = {True: 2000, False: 128}  # latents; the quality of that many points is measured
MATCHED = 500  # points that are compared with as many real ones
NOISE = {True: 2, False: 32}  # numbers of a latent
HIDDEN_G = {True: (64, 64), False: (128, 256)}
HIDDEN_D = {True: (64, 64), False: (256, 128)}
BETA_2 = 0.999
WEIGHTS, ORDER, LATENTS = 20, 21, 22  # what the random numbers are for


@cache
def load_small_digits() -> Tensor:
    """The bundled digits to train on, 2 x 2 pixels averaged: float32 (4000, 196) in [0, 1]."""
    with own_settings():
        return F.avg_pool2d(load_digits().training.pictures, 2).flatten(1).contiguous()


class Game:
    """Both networks, what they learn from, and how it stands.

    ``Game(settings)`` or, with one's own points (N, 2) between -3 and 3 for the data "own",
    ``Game(settings, points)``. ``step`` and ``run`` change it; ``settings`` may be set between
    steps. Equal settings and steps give equal numbers. Raises ``InputError`` for points that
    cannot be.
    """

    @undisturbed
    def __init__(self, settings: Settings, points: Any = None) -> None:
        self.settings = settings
        self.is_flat = settings.is_flat
        self.data = (
            torch.from_numpy(load_points(settings, points)) if self.is_flat
            else load_small_digits()
        )  # fmt: skip
        flat, size = self.is_flat, self.data.shape[1]
        weights = make_generator(settings.seed, WEIGHTS)
        self.generator = build_generator(
            NOISE[flat], size, HIDDEN_G[flat], weights, is_picture=not flat
        )
        self.discriminator = build_discriminator(size, HIDDEN_D[flat], weights)
        self._player_d = _Player(self.discriminator)
        self._player_g = _Player(self.generator)
        self._random = make_generator(settings.seed, ORDER)
        latents = make_generator(settings.seed, LATENTS)
        self._latents = torch.randn(DRAWN[flat], NOISE[flat], generator=latents)
        self._curves: list[tuple[float, float, float, float]] = []
        self._last = (math.nan,) * 4
        self.total = settings.steps
        self.diverged = False

    @property
    def steps(self) -> int:
        """Steps taken."""
        return len(self._curves)

    @undisturbed
    def step(self, player: str = "both", count: int = 1) -> None:
        """Take so many steps (1 to 20,000): of "both", D's first, or of the "discriminator" or the
        "generator" alone, while the other stays as it is."""
        if player not in PLAYERS:
            raise InputError(
                f"There is no player {show(player)}: choose one of {', '.join(PLAYERS)}."
            )
        with one_thread():
            for _ in range(check_whole("The number of steps", count, 1, MAX_STEPS)):
                self._step(player)

    def _step(self, player: str) -> None:
        loss_d, loss_g, d_real, d_made = self._last
        if player != "generator":
            for _ in range(self.settings.d_steps if player == "both" else 1):
                loss_d, d_real, d_made = self._teach_discriminator()
        if player != "discriminator":
            loss_g, d_made = self._teach_generator()
        self._last = (loss_d, loss_g, d_real, d_made)
        self._curves.append(self._last)
        taken = (loss_d,) * (player != "generator") + (loss_g,) * (player != "discriminator")
        self.diverged = self.diverged or not all(map(math.isfinite, taken))

    def _teach_discriminator(self) -> tuple[float, float, float]:
        """Returns the loss before the step, the means of D(x) and of D(G(z))."""
        count, data = self.settings.batch_size, self.data  # points may be others in a moment
        chosen = torch.randint(len(data), (count,), generator=self._random)
        with torch.no_grad():
            made = self.generator(self._draw_latents(count))
        logits = self.discriminator(torch.cat([data[chosen], made]))
        real, fake = logits[:count], logits[count:]
        loss = discriminator_loss(self.settings.loss, real, fake)
        self._player_d.move(loss, self.settings.rate_d, self.settings.momentum)
        answers = logits.detach().sigmoid().view(2, count).mean(dim=1).tolist()
        return loss.item(), answers[0], answers[1]

    def _teach_generator(self) -> tuple[float, float]:
        """Returns the loss before the step and the mean of D(G(z))."""
        logits = self.discriminator(self.generator(self._draw_latents(self.settings.batch_size)))
        loss = generator_losses(self.settings.loss, logits).mean()
        self._player_g.move(loss, self.settings.rate_g, self.settings.momentum)
        return loss.item(), logits.detach().sigmoid().mean().item()

    def _draw_latents(self, count: int) -> Tensor:
        return torch.randn(count, self._latents.shape[1], generator=self._random)

    def _choose(self, count: int) -> Tensor:
        """At most so many real examples, evenly out of all."""
        data = self.data
        few = min(count, len(data))
        return data[torch.linspace(0, len(data) - 1, few).long()]

    def set_points(self, points: Any) -> None:
        """Other points of one's own from the next step on; ``InputError`` for what cannot be."""
        if self.settings.data != "own":
            raise InputError("Choose your own points as data first.")
        self.data = torch.from_numpy(load_points(self.settings, points))

    @undisturbed
    def look(self, **more: Any) -> Progress:
        """How it stands; ``more`` are fields of ``Progress`` set otherwise."""
        with one_thread():
            return self._look(**more)

    def _look(self, **more: Any) -> Progress:
        flat = self.is_flat
        shown = SHOWN[flat]
        with torch.no_grad():
            made = self.generator(self._latents)
            real = self._choose(SHOWN_REAL[flat])
            real_opinions = self.discriminator(real).sigmoid().flatten().numpy()
            sheet = self.generator(_list_latents()).view(SHEET, SHEET, 2).numpy() if flat else None
        logits, pushes = find_pushes(self.discriminator, made[:shown], self.settings.loss)
        quality = None
        if flat:
            count = len(made) if self.settings.data in SIGMA else MATCHED
            quality = measure_quality(
                made[:count].numpy(), self.settings.data, self._choose(MATCHED).numpy()
            )  # fmt: skip
        curves = np.array(self._curves, np.float64).reshape(-1, 4).T
        values: dict[str, Any] = {
            "real": real.numpy(), "samples": made[:shown].numpy(), "pushes": pushes.numpy(),
            "real_opinions": real_opinions, "opinions": logits.sigmoid().numpy(),
            "logits": logits.numpy(), "d_field": draw_field(self.discriminator) if flat else None,
            "loss_d": curves[0], "loss_g": curves[1], "d_real": curves[2], "d_made": curves[3],
            "sheet": sheet, "quality": quality, "diverged": self.diverged, "game": self,
        }  # fmt: skip
        return Progress(self.settings, self.steps, self.total, **(values | more))

    def run(
        self, *, steering: Steering | None = None, waits: bool = False
    ) -> Generator[Progress, None, None]:
        """Take as many steps as the settings say; yields how it stands, at last ``done``.

        The first state comes before the first step, and about ten a second after it. ``steering``
        turns the game while it goes. The work goes on in a thread of its own between two states;
        with ``waits`` it waits after each until the next is asked for. Closing the iterator ends it
        after the step under way; then it can be gone on with. A game that diverges is no error.
        """
        steering = steering or Steering()
        yield from stream(
            lambda slot: self._run(slot, steering), name="adversarial", waits=waits
        )  # fmt: skip

    def _run(self, slot: Slot[Progress], steering: Steering) -> None:
        self.total = self.steps + self.settings.steps
        slot.put(self.look())
        is_ended = False
        while self.steps < self.total and not self.diverged and not is_ended:
            is_ended = self._go_on(slot, steering)
            if self.steps < self.total and not self.diverged and not is_ended:
                slot.put(self.look())
        slot.put(self.look(stopped=is_ended, done=True))

    @undisturbed
    def _go_on(self, slot: Slot[Progress], steering: Steering) -> bool:
        """Take steps until there is something to show; True if it was ended from outside."""
        begun = time.monotonic()
        with one_thread():
            while self.steps < self.total and not self.diverged:
                if slot.is_closed() or steering.stopping:
                    return True
                self.settings = steering.take(self.settings)
                self._step("both")
                if time.monotonic() - begun > SHOW_EVERY:
                    break
        return False


class _Player:
    """One network with its optimiser, Adam (Kingma and Ba, 2015)."""

    def __init__(self, network: nn.Module) -> None:
        self._weights = list(network.parameters())
        self._optimiser = torch.optim.Adam(self._weights, fused=True)

    def move(self, loss: Tensor, rate: float, momentum: float) -> None:
        """One step down the loss's slopes; nothing else's are computed."""
        (group,) = self._optimiser.param_groups
        group["lr"], group["betas"] = rate, (momentum, BETA_2)
        slopes = torch.autograd.grad(loss, self._weights)
        for weight, slope in zip(self._weights, slopes, strict=True):
            weight.grad = slope
        self._optimiser.step()


@undisturbed
def find_pushes(network: nn.Module, samples: Tensor, loss: str) -> tuple[Tensor, Tensor]:
    """D's logits (N,) of samples (N, size), and minus the slope (N, size) of G's loss at each: the
    way that the loss pushes it."""
    samples = samples.detach().requires_grad_()
    with torch.enable_grad():
        logits = network(samples).flatten()
        (slopes,) = torch.autograd.grad(generator_losses(loss, logits).sum(), samples)
    return logits.detach(), -slopes


@cache
def _list_places() -> Tensor:
    """Middles of the plane's squares, float32 (1600, 2), row by row from the upper left."""
    places = (torch.arange(FIELD) + 0.5) * (2 * VIEW / FIELD) - VIEW
    y, x = torch.meshgrid(-places, places, indexing="ij")
    return torch.stack([x, y], dim=2).view(-1, 2)


@cache
def _list_latents() -> Tensor:
    """Latents (169, 2) of a sheet, row by row: between neighbouring lines lie equally many."""
    places = torch.special.ndtri((torch.arange(SHEET) + 0.25) / (SHEET - 0.5))
    return torch.cartesian_prod(places, places)


@undisturbed
def draw_field(network: nn.Module) -> np.ndarray:
    """D's answers (0 to 1) over the plane, float32 (40, 40), the first row at the top."""
    with torch.no_grad():
        return network(_list_places()).sigmoid().view(FIELD, FIELD).numpy()


def train(
    settings: Settings, points: Any = None, *, steering: Steering | None = None,
    waits: bool = False,
) -> Iterator[Progress]:  # fmt: skip
    """Have two networks play from the start; see ``Game`` and its ``run``."""
    yield from Game(settings, points).run(steering=steering, waits=waits)

"""Latents to pictures, beside the same network in eager PyTorch; steps of a GAN on points, beside a
tutorial's loop; and the page's morph slider."""

import json
import os
from shutil import which
from statistics import median

import numpy as np
import torch
from torch import nn

from benchmarks.harness import Row, measure
from cvcore import latent_space
from cvcore.engine import predictor
from cvcore.latent_space import adversarial
from demos.latent_space.game_drawing import draw_game
from tests.support.server import serve_page

STEPS = 300  # of a GAN on points
# Moves the slider, and waits until the picture has moved and was painted.
MORPH = """async () => {
  const root = document.querySelector('#latent-space-morph');
  const slider = root.querySelector('input[type=range]'), frame = root.querySelector('.frame');
  const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  for (let i = 0; i < 60; i++) {
    await painted();
    const before = frame.style.backgroundPosition, start = performance.now();
    slider.value = (7 * i) % (Number(slider.max) + 1);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    if (frame.style.backgroundPosition === before && i) throw new Error('It stands still.');
    await painted();
    times.push(performance.now() - start);
  }
  return times;
}"""


def run() -> list[Row]:
    w = latent_space.map_latents(latent_space.sample(60, seed=0))
    network = latent_space.load_generator("faces").cpu()

    def eager(count: int):
        latents = torch.from_numpy(w[:count].astype(np.float32))

        def work() -> None:
            with torch.inference_mode():
                latent_space.to_images(network(latents).numpy())

        return work

    for name in ("gan_faces", "gan_faces_d"):
        predictor.load_predictor(name, wait=True)
    rows = []
    for count in (60, 1):
        ours = measure(lambda count=count: latent_space.generate(w[:count]))
        name = "60 faces in one call" if count > 1 else "1 face"
        rows.append(Row(name, ours, "the same network, eager PyTorch", measure(eager(count))))
    pictures = latent_space.generate(w)
    rows.append(
        Row("60 scores of the discriminator", measure(lambda: latent_space.score(pictures)))
    )
    return [*rows, measure_game(), *measure_morph()]


def measure_game() -> Row:
    """Steps of the game on the ring, drawn for the page as it goes; beside it a tutorial's loop, on
    the same networks and as many points, without a drawing."""
    settings = adversarial.Settings(steps=STEPS)
    game, loop = adversarial.Game(settings), Tutorial()

    def play() -> None:
        for p in game.run(waits=True):
            json.dumps(draw_game(p, is_going=not p.done))

    ours = measure(play, seconds=6, warm_up=1) / STEPS
    theirs = measure(loop.play, seconds=6, warm_up=1) / STEPS
    note = f"{1000 / ours:.0f} steps a second, drawing included"
    return Row("a step of a GAN on eight Gaussians", ours, "a tutorial's loop", theirs, note)


class Tutorial:
    """As PyTorch's DCGAN tutorial trains: two passes of D, binary cross-entropy, plain Adam."""

    def __init__(self) -> None:
        self.g = nn.Sequential(
            nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
        )
        self.d = nn.Sequential(
            nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2),
            nn.Linear(64, 1), nn.Sigmoid(),
        )  # fmt: skip
        self.loss = nn.BCELoss()
        self.adams = [
            torch.optim.Adam(net.parameters(), lr=rate, betas=(0.5, 0.999))
            for net, rate in ((self.d, 5e-3), (self.g, 2e-3))
        ]
        self.points = torch.from_numpy(adversarial.draw_points("ring"))

    def play(self) -> None:
        ones, zeros = torch.ones(128), torch.zeros(128)
        adam_d, adam_g = self.adams
        for _ in range(STEPS):
            self.d.zero_grad()
            real = self.points[torch.randint(len(self.points), (128,))]
            answer = self.d(real).view(-1)
            loss_real = self.loss(answer, ones)
            loss_real.backward()
            made = self.g(torch.randn(128, 2))
            answer_made = self.d(made.detach()).view(-1)
            loss_made = self.loss(answer_made, zeros)
            loss_made.backward()
            adam_d.step()
            self.g.zero_grad()
            again = self.d(made).view(-1)
            loss_g = self.loss(again, ones)
            loss_g.backward()
            adam_g.step()
            means = (answer, answer_made, again)
            [one.mean().item() for one in means], (loss_real + loss_made).item(), loss_g.item()


def measure_morph() -> list[Row]:
    """From a move of the slider to the picture painted, in headless Chromium."""
    path = os.environ.get("GLASSBOX_BROWSER") or which("chromium") or which("google-chrome")
    if path is None:
        print("Chromium is not installed: the morph slider is left out.")
        return []
    from playwright.sync_api import sync_playwright

    with serve_page("latent_space") as served, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        view = browser.new_page(viewport={"width": 1280, "height": 720})
        view.goto(f"{served.url}?tab=latent_space")
        view.locator("#latent-space-morph .frame").first.wait_for(timeout=120_000)
        view.wait_for_timeout(3000)
        times = sorted(view.evaluate(MORPH))
        browser.close()
    note = f"nineteen of twenty within {times[len(times) * 19 // 20]:.0f} ms"
    return [Row("morph slider until painted", median(times), note=note)]

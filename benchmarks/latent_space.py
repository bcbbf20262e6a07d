"""Latents to pictures, beside the same network in eager PyTorch, and the page's morph slider."""

import os
from shutil import which
from statistics import median

import numpy as np
import torch

from benchmarks.harness import Row, measure
from cvcore import latent_space
from cvcore.engine import predictor
from tests.support.server import serve_page

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
    return [*rows, *measure_morph()]


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

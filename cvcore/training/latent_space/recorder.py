"""What is kept of a generator while it learns."""

from pathlib import Path

import lightning
import torch
from safetensors.torch import save_file
from torch import Tensor

from cvcore.core.images import to_jpeg
from cvcore.models.gan import LATENT_SIZE
from cvcore.training.latent_space.drawing import draw
from cvcore.training.latent_space.kid import KernelDistance

# Steps after which the averaged generator is kept: dense at first, when most happens.
MOMENTS = (0, 50, 100, 200, 400, 800, 1200, 1600, 2000, 2500, 3000, 4000, 5000, 6000, 7000, 8000)
SHEET = 8  # pictures a side


class Recorder(lightning.Callback):
    """Keeps the averaged generator at some moments, with a sheet of pictures.

    Every so many steps the KID is noted, too; ``start`` is the step at which the run begins.
    """

    def __init__(self, out: Path, real: Tensor, *, start: int, every: int, seed: int) -> None:
        self.out, self.start, self.every, self.seed = out, start, every, seed
        generator = torch.Generator().manual_seed(seed)
        self.latents = torch.randn(SHEET * SHEET, LATENT_SIZE, generator=generator)
        self.real = real
        # features of real pictures: where they are needed
        self.distance: KernelDistance | None = None

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        if trainer.is_global_zero and module.count == self.start:
            self._keep(module, self.start)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, module: lightning.LightningModule, *_: object
    ) -> None:
        step = int(module.count)
        if trainer.is_global_zero and (step in MOMENTS or step % self.every == 0):
            self._keep(module, step)

    @torch.no_grad()
    def _keep(self, module: lightning.LightningModule, step: int) -> None:
        averaged = module.averaged.eval()
        classes = torch.arange(SHEET * SHEET) % 10 if averaged.classes else None
        pictures = draw(averaged, self.latents, classes)
        rows = pictures.view(SHEET, SHEET, *pictures.shape[1:]).permute(0, 3, 1, 4, 2)
        sheet = rows.reshape(SHEET * averaged.side, SHEET * averaged.side, -1)
        sheet = sheet.expand(-1, -1, 3).contiguous().numpy()
        folder = self.out / "moments"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{step:06d}.jpg").write_bytes(to_jpeg(sheet, quality=88))
        state = {
            key: value.half() if value.is_floating_point() else value
            for key, value in averaged.state_dict().items()
        }
        save_file(
            {key: value.contiguous() for key, value in state.items()},
            folder / f"{step:06d}.safetensors",
        )
        kid = None
        if step % self.every == 0:
            if self.distance is None:
                self.distance = KernelDistance(self.real, seed=self.seed)
            kid = self.distance.measure(averaged)
        averaged.train()
        if kid is None:
            return
        with (self.out / "kid.csv").open("a") as file:
            file.write(f"{step},{kid[0]:.5f},{kid[1]:.5f}\n")
        print(f"step {step}: KID {kid[0]:.4f} ± {kid[1]:.4f}", flush=True)

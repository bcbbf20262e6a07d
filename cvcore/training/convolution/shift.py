"""Train the three networks that are shown shifted digits, and keep them.

    python -m cvcore.training.convolution.shift --seed 0

They learn 4,000 of the bundled MNIST digits (LeCun, Cortes and Burges), none of them shifted,
turned or resized. After each pass 500 other digits are asked: the pass that answers most of them is
kept, of equal ones the one with the smaller loss. The score is of 500 more, which decide nothing.
A few minutes on two cores.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.convolution.shifts import NETWORKS, count_right, score_shifts
from cvcore.core.commands import command, output_folder, whole
from cvcore.core.paths import ASSETS
from cvcore.models import shift_networks
from cvcore.recognition.datasets import Data, Part, load_digits, make_generator

BUILD = {
    "MLP": shift_networks.build_mlp,
    "convnet, flattened": shift_networks.build_flattening,
    "convnet, pooled": shift_networks.build_pooled,
}
BATCH, RATE, EPOCHS = 64, 2e-3, 15


def train(model: nn.Module, data: Data, epochs: int, seed: int) -> tuple[dict[str, Tensor], int]:
    """The state of the best pass by the validation part, and which pass that is, from 1 on."""
    steps = -(-len(data.training) // BATCH)
    adam = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(adam, RATE, total_steps=epochs * steps)
    best, chosen = (-1.0, 0.0), 0
    kept: dict[str, Tensor] = {}
    for epoch in range(1, epochs + 1):
        model.train()
        order = torch.randperm(len(data.training), generator=make_generator(seed, epoch))
        for indices in order.split(BATCH):
            batch = data.training.take(indices)
            loss = F.cross_entropy(model(batch.pictures), batch.labels)
            adam.zero_grad()
            loss.backward()
            adam.step()
            schedule.step()
        score = _validate(model.eval(), data.validation)
        if score > best:
            best, chosen = score, epoch
            # as it is kept: in half precision
            kept = {name: value.detach().half() for name, value in model.state_dict().items()}
        print(f"pass {epoch:2}: {score[0]:.1%} of the validation digits", flush=True)
    return kept, chosen


def _validate(model: nn.Module, part: Part) -> tuple[float, float]:
    """Accuracy, and minus the loss."""
    with torch.inference_mode():
        loss = float(F.cross_entropy(model(part.pictures), part.labels))
    return count_right(model, part.pictures, part.labels) / len(part), -loss


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=whole(0), default=0)
    parser.add_argument("--epochs", type=whole(1, 100), default=EPOCHS)
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    data = load_digits()
    for name, build in BUILD.items():
        torch.manual_seed(options.seed)
        model = build()
        print(f"{name}: {sum(one.numel() for one in model.parameters()):,} parameters")
        kept, chosen = train(model, data, options.epochs, options.seed)
        model.load_state_dict(kept)
        path = options.out / f"{NETWORKS[name]}.safetensors"
        save_file(kept, path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        shares = score_shifts(model.eval(), data.test.pictures, data.test.labels)
        print(f"pass {chosen} kept; test digits by shift: {', '.join(f'{s:.1%}' for s in shares)}")
        print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())

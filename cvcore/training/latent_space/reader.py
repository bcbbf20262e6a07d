"""A second reader of digits, which a generator of digits may be trained by.

It is another network than the bundled one, from another seed, so that the bundled one can still
judge: what only pleases the reader that a generator was trained by is not readable.
"""

from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.recognition.datasets import load_digits
from cvcore.training_lab import Settings, train
from cvcore.training_lab.learner import build_network

MARGIN = 2  # pixels around MNIST's 28 x 28 in a made picture
SETTINGS = Settings(
    network="simple_cnn", epochs=12, batch_size=64, rate=2e-3, optimiser="adamw",
    weight_decay=1e-2, schedule="one_cycle", dropout=0.3, augmentation="affine", seed=1,
)  # fmt: skip


class Reader(nn.Module):
    """Made digits (N, 1, 32, 32) in [-1, 1] to logits (N, 10). It does not learn."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> "Reader":
        """Stays as it is, whatever is asked of the networks around it."""
        return super().train(False)

    def forward(self, made: Tensor) -> Tensor:
        inner = made[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return self.network((inner.float() + 1) / 2)

    def miss(self, made: Tensor, classes: Tensor) -> Tensor:
        """Cross-entropy of what is read and what was asked for."""
        return F.cross_entropy(self(made), classes)


def load_reader(path: Path, settings: Settings = SETTINGS) -> Reader:
    """The reader kept at ``path``; where there is none, it is trained first, and kept there."""
    if not path.is_file():
        for progress in train(settings, load_digits()):
            last = progress
        assert last.run is not None
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(last.run.state.network, path)
        print(f"the second reader reads {last.validation_accuracy[-1]:.1%} of held-back digits")
    network = build_network(settings, (1, 28, 10))
    network.load_state_dict(load_file(path))
    return Reader(network)

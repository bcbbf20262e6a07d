"""A small convnet for two kinds of pictures, whose score is a sum over places."""

import torch
from torch import Tensor, nn


def build_stage(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU()]


class ShortcutCNN(nn.Module):
    """Three convolutions, the mean over all places, one layer: Grad-CAM of its last maps shows
    exactly which places add to a score.

    Takes float32 (N, 3, 48, 48) in [0, 1] and answers with logits (N, 2).
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *build_stage(3, 16, 5, stride=2),
            nn.MaxPool2d(2),
            *build_stage(16, 32, 5),
            *build_stage(32, 48, 3),
        )
        self.classifier = nn.Linear(48, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x - 0.5).mean((2, 3)))

    @torch.no_grad()
    def initialise(self, generator: torch.Generator) -> None:
        """Weights drawn by He's rule (He et al., ICCV 2015)."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
            elif isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=0.1, generator=generator)
                nn.init.zeros_(layer.bias)

"""A small network that both towers of a siamese pair share, and a score on their distance.

The idea is of Bromley et al., "Signature Verification using a Siamese Time Delay Neural Network"
(NIPS 1993).
"""

import torch
from torch import Tensor, nn

SIDE = 28  # pixels
FILTERS = 8  # of the first layer, 5 x 5


class DigitEmbedder(nn.Module):
    """Input float (N, 1, 28, 28) in [0, 1], white ink on black; output the embedding (N, D).

    Two convolutions with pooling, a dense layer of 64, and a linear one to D numbers, which may
    have any length: distances tell, not angles.
    """

    def __init__(self, dimensions: int = 2) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, FILTERS, 5)
        self.conv2 = nn.Conv2d(FILTERS, 16, 3)
        self.dense = nn.Linear(16 * 5 * 5, 64)
        self.embedding = nn.Linear(64, dimensions)
        self.pool = nn.MaxPool2d(2)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        # as the other way round, with a quarter of the values to cut off
        x = self.act(self.pool(self.conv1(x)))  # (N, 8, 24, 24), pooled to 12 x 12
        x = self.act(self.pool(self.conv2(x)))  # (N, 16, 10, 10), pooled to 5 x 5
        return self.embedding(self.act(self.dense(x.flatten(1))))


class SimilarityScore(nn.Module):
    """Logits (N,) that two embeddings (N, D) are of one kind: an offset that learns, minus their
    distance.

    Koch et al., "Siamese Neural Networks for One-shot Image Recognition" (2015), weigh each
    number's difference |a - b|: here the embedder's last layer is linear, so the weights are in it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.ones(()))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.offset - (a - b).abs().sum(dim=1)


@torch.no_grad()
def initialise(net: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights uniform with variance 2 / inputs (He et al., ICCV 2015); biases are 0."""
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            limit = (6 / module.weight[0].numel()) ** 0.5
            module.weight.uniform_(-limit, limit, generator=generator)
            assert module.bias is not None
            module.bias.zero_()


def build_digit_embedder(dimensions: int = 2) -> DigitEmbedder:
    """The network without values yet: call ``initialise``. Draws no random numbers."""
    with torch.device("meta"):
        net = DigitEmbedder(dimensions)
    return net.to_empty(device="cpu").float()

"""A small convnet for handwritten digits: three convolutions, two poolings, one dense layer.

The network of Chollet, "Deep Learning with Python", second edition (2021), chapter 8: 104,202
parameters. Its maps are few enough to show all of them at once.
"""

from collections.abc import Sequence

from torch import Tensor, nn


class DigitsCNN(nn.Module):
    """Input float (N, 1, 28, 28) in [0, 1], white ink on black; output logits (N, 10).

    ``channels`` are those of the three convolutions.
    """

    def __init__(self, channels: Sequence[int] = (32, 64, 128)) -> None:
        super().__init__()
        first, second, third = channels
        self.conv1 = nn.Conv2d(1, first, 3)
        self.act1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(first, second, 3)
        self.act2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.conv3 = nn.Conv2d(second, third, 3)
        self.act3 = nn.ReLU()
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.5)
        self.classifier = nn.Linear(third * 3 * 3, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool1(self.act1(self.conv1(x)))  # (N, 32, 26, 26), pooled to 13 x 13
        x = self.pool2(self.act2(self.conv2(x)))  # (N, 64, 11, 11), pooled to 5 x 5
        x = self.act3(self.conv3(x))  # (N, 128, 3, 3)
        return self.classifier(self.dropout(self.flatten(x)))  # (N, 10)


def build_digits_cnn() -> DigitsCNN:
    """The digits network with untrained weights: 104,202 parameters, 10 classes."""
    return DigitsCNN()

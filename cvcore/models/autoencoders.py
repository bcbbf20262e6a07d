"""Autoencoders: an encoder to a few numbers, the code, and a decoder back to the picture.

A small one for digits, dense or convolutional, plain or variational (Hinton and Salakhutdinov,
Science 2006; Kingma and Welling, ICLR 2014), and a larger one for faces whose code is ordered
(Rippel, Gelbart and Adams, ICML 2014).
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

DIGIT_SIDE = 28
LEAST = 0.01  # of the mean picture, where the network begins
HIDDEN = 256  # units of the dense network's one hidden layer, in the encoder and in the decoder
CHANNELS = (8, 16)  # of the maps of 14 x 14 and 7 x 7
FACE_SIDE, FACE_CODE = 64, 64
FACE_CHANNELS = (24, 64, 128, 192)  # of the maps of 32, 16, 8 and 4 pixels


def _build_dense(code: int, bottleneck: int) -> tuple[nn.Sequential, nn.Sequential]:
    pixels = DIGIT_SIDE**2
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(pixels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, code)
    )
    decoder = nn.Sequential(
        nn.Linear(bottleneck, HIDDEN), nn.ReLU(),
        nn.Linear(HIDDEN, pixels),
        nn.Unflatten(1, (1, DIGIT_SIDE, DIGIT_SIDE)),
    )  # fmt: skip
    return encoder, decoder


def _build_conv(code: int, bottleneck: int) -> tuple[nn.Sequential, nn.Sequential]:
    (first, second), side = CHANNELS, DIGIT_SIDE // 4
    flat = second * side * side
    encoder = nn.Sequential(
        nn.Conv2d(1, first, 4, 2, 1), nn.ReLU(),
        nn.Conv2d(first, second, 4, 2, 1), nn.ReLU(),
        nn.Flatten(),
        nn.Linear(flat, code),
    )  # fmt: skip
    # The transposed filters' side is a multiple of their stride: no checkerboard (Odena, 2016).
    decoder = nn.Sequential(
        nn.Linear(bottleneck, flat), nn.ReLU(),
        nn.Unflatten(1, (second, side, side)),
        nn.ConvTranspose2d(second, first, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(first, 1, 4, 2, 1),
    )  # fmt: skip
    return encoder, decoder


BUILD = {"dense": _build_dense, "conv": _build_conv}


class Autoencoder(nn.Module):
    """For digits (N, 1, 28, 28) in [0, 1]; ``kind`` is "dense" or "conv"."""

    def __init__(self, kind: str, bottleneck: int, *, variational: bool = False) -> None:
        super().__init__()
        self.bottleneck, self.variational = bottleneck, variational
        self.encoder, self.decoder = BUILD[kind](bottleneck * (1 + variational), bottleneck)

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """Codes (N, d); of a variational one means and log variances, both (N, d)."""
        code = self.encoder(pictures)
        if not self.variational:
            return code, None
        means, log_variances = code.chunk(2, dim=1)
        return means, log_variances

    def decode(self, codes: Tensor) -> Tensor:
        """Logits (N, 1, 28, 28) of codes (N, d): their sigmoid is the picture."""
        return self.decoder(codes)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decode(self.encode(pictures)[0])


def build(
    kind: str, bottleneck: int, *, variational: bool, generator: torch.Generator, mean: Tensor
) -> Autoencoder:
    """An autoencoder whose weights are the generator's alone (He et al., 2015).

    Biases are 0, but the last ones: whatever the code, what comes out at first is near ``mean``
    (1, 28, 28), the mean picture, which saves a run the steps to find it.
    """
    with torch.device("meta"):
        net = Autoencoder(kind, bottleneck, variational=variational)
    net = net.to_empty(device="cpu").float()
    initialise(net, generator)
    last = [one for one in net.decoder.modules() if hasattr(one, "bias")][-1]
    start = mean.flatten() if isinstance(last, nn.Linear) else mean.mean()
    with torch.no_grad():
        last.bias.copy_(start.clamp(LEAST, 1 - LEAST).logit())
    return net


@torch.no_grad()
def initialise(net: nn.Module, generator: torch.Generator) -> None:
    """Normal weights with variance 2 / inputs, of layers before no ReLU 1 / inputs; biases 0."""
    for part in net.children():
        layers = [one for one in part.modules() if hasattr(one, "weight")]
        for layer in layers:
            weight = layer.weight
            if isinstance(layer, nn.ConvTranspose2d):  # a quarter of the places meet each output
                inputs = weight[:, 0].numel() / layer.stride[0] ** 2
            else:
                inputs = weight[0].numel()
            gain = 1 if layer is layers[-1] else 2
            weight.normal_(0, math.sqrt(gain / inputs), generator=generator)
            layer.bias.zero_()


def _halve(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)
    )


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.LeakyReLU(0.2),
    )


class FaceAutoencoder(nn.Module):
    """For faces (N, 3, 64, 64), RGB in [0, 1]; its code has 64 numbers in order of importance.

    It learns with nested dropout: of each face the numbers of the code from a random place on are
    0, so the first ones hold what matters most, and any first k of them are a code of k numbers.
    """

    def __init__(self) -> None:
        super().__init__()
        sizes = (3, *FACE_CHANNELS)
        self.flat = (FACE_CHANNELS[-1], 4, 4)
        halves = [_halve(a, b) for a, b in pairwise(sizes)]
        count = math.prod(self.flat)
        self.encoder = nn.Sequential(*halves, nn.Flatten(), nn.Linear(count, FACE_CODE))
        up = FACE_CHANNELS[::-1]
        doubles = [_double(a, b) for a, b in pairwise(up)]
        self.decoder = nn.Sequential(
            nn.Linear(FACE_CODE, count),
            nn.Unflatten(1, self.flat),
            nn.BatchNorm2d(self.flat[0]),
            nn.LeakyReLU(0.2),
            *doubles,
            nn.ConvTranspose2d(FACE_CHANNELS[0], 3, 4, 2, 1),
        )
        # of the training faces' codes, to draw new ones and to say how far a number goes
        self.register_buffer("code_mean", torch.zeros(FACE_CODE))
        self.register_buffer("code_covariance", torch.eye(FACE_CODE))
        # mean squared difference a pixel of test faces, by how many numbers are kept
        self.register_buffer("errors", torch.zeros(FACE_CODE))
        # of as many principal components of the training faces, on the same test faces
        self.register_buffer("component_errors", torch.zeros(FACE_CODE))

    def encode(self, pictures: Tensor) -> Tensor:
        """Codes (N, 64)."""
        return self.encoder(2 * pictures - 1)

    def decode(self, codes: Tensor) -> Tensor:
        """Pictures (N, 3, 64, 64) in [0, 1]."""
        return torch.sigmoid(self.decoder(codes))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decode(self.encode(pictures))


def keep_first(codes: Tensor, kept: Tensor) -> Tensor:
    """Codes (N, d) whose numbers from each one's ``kept`` (N,) on are 0."""
    return codes * (torch.arange(codes.shape[1], device=codes.device) < kept[:, None])


def build_face_autoencoder() -> FaceAutoencoder:
    return FaceAutoencoder()


def count_parameters(net: nn.Module) -> int:
    """How many numbers of a network can learn."""
    return sum(parameter.numel() for parameter in net.parameters())

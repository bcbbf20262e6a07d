"""torchvision's classifiers, with their normalisation inside."""

import torch
from torch import Tensor, nn
from torchvision import models

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class NormalisedNet(nn.Module):
    """Subtract the training set's mean, divide by its deviation, then apply ``net``.

    Input float (N, 3, H, W), RGB in [0, 1]. State dicts of ``net`` itself load as they are.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.net = net
        self.register_load_state_dict_pre_hook(_add_prefix)

    def forward(self, x: Tensor) -> Tensor:
        return self.net((x - self.mean) / self.std)


def _add_prefix(module: nn.Module, state: dict[str, Tensor], *_: object) -> None:
    for name in [name for name in state if not name.startswith("net.")]:
        state[f"net.{name}"] = state.pop(name)


def build_resnet50() -> NormalisedNet:
    """He et al., "Deep Residual Learning for Image Recognition", CVPR 2016."""
    return NormalisedNet(models.resnet50())


def build_convnext_tiny() -> NormalisedNet:
    """Liu et al., "A ConvNet for the 2020s", CVPR 2022."""
    return NormalisedNet(models.convnext_tiny())


def build_mobilenet_v3_large() -> NormalisedNet:
    """Howard et al., "Searching for MobileNetV3", ICCV 2019."""
    return NormalisedNet(models.mobilenet_v3_large())


def build_vgg16() -> NormalisedNet:
    """Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015."""
    return NormalisedNet(models.vgg16())


def build_vgg19() -> NormalisedNet:
    """Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015."""
    return NormalisedNet(models.vgg19())

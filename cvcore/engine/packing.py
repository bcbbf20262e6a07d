"""Weights kept small: 8-bit whole numbers with one scale an output channel, widened on loading.

A packed array lies beside its scales, whose name ends in ``SCALES``: so a file says by itself what
is packed in it, and its row in the index need not. Jacob et al., "Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018; of that only the
weights are rounded here, and the network computes in float32.
"""

import lzma
from collections.abc import Container, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

SCALES = ":scale"
LEVELS = 127  # whole numbers from -127 to 127
_SMALLEST = 1e-7  # what half precision can hold
FEW = 200  # values in a channel: so few are kept in half precision, which costs little


def round_channels(array: np.ndarray, *, levels: int = LEVELS) -> tuple[np.ndarray, np.ndarray]:
    """An array (C, ...) as int8 of its shape and float16 scales (C, 1, ...); their product is near.

    The greatest weight of each channel is ``levels`` steps from 0.
    """
    axes = tuple(range(1, array.ndim))
    scale = np.abs(array).max(axis=axes, keepdims=True) / levels
    scale = np.maximum(scale, _SMALLEST).astype(np.float16)
    packed = np.rint(array / scale.astype(np.float32)).clip(-levels, levels).astype(np.int8)
    return packed, scale


def narrow(
    state: "Mapping[str, Tensor]", *, few: int = FEW, halved: Container[str] = ()
) -> "dict[str, Tensor]":
    """A state dict with its large matrices and filters packed; ``widen`` is the way back.

    Those with fewer than ``few`` values a channel, such as depthwise filters, are kept in half
    precision, as are those named in ``halved``: rounding such ones moves the answers most. Vectors
    (biases, batch norm) stay as they are.
    """
    import torch

    narrowed = {}
    for name, value in state.items():
        if not value.is_floating_point() or value.ndim < 2:
            narrowed[name] = value
            continue
        if name in halved or value[0].numel() < few:
            narrowed[name] = value.half()
            continue
        packed, scale = round_channels(value.detach().cpu().float().numpy())
        narrowed[name] = torch.from_numpy(packed)
        narrowed[name + SCALES] = torch.from_numpy(scale)
    return narrowed


def widen(kept: "Mapping[str, Tensor]") -> "dict[str, Tensor]":
    """A state dict in float32: what is packed, times its scales; half precision; the rest as is."""
    import torch

    state = {}
    for name, value in kept.items():
        if name.endswith(SCALES):
            continue
        if name + SCALES in kept:
            value = value.float() * kept[name + SCALES].float()
        elif value.dtype == torch.float16:
            value = value.float()
        state[name] = value
    return state


def pack_state(state: "Mapping[str, Tensor]", path: Path, *, levels: int = LEVELS) -> None:
    """Keep a state dict in a .safetensors.xz: compressing pays when there are few levels.

    Matrices and filters are packed, all else is kept in half precision (counts as they are).
    """
    from safetensors.numpy import save

    arrays = {}
    for key, value in state.items():
        array = value.detach().cpu().float().numpy()
        if array.ndim < 2:
            arrays[key] = array.astype(np.float16) if value.is_floating_point() else value.numpy()
            continue
        arrays[key], arrays[key + SCALES] = round_channels(array, levels=levels)
    path.write_bytes(lzma.compress(save(arrays), preset=9 | lzma.PRESET_EXTREME))


def unpack_state(path: Path) -> "dict[str, Tensor]":
    """What ``pack_state`` kept, as float32."""
    from safetensors.torch import load

    return widen(load(lzma.decompress(path.read_bytes())))

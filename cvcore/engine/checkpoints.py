"""Weights read from their files and packed into them, and the networks built from them."""

import lzma
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cvcore.core.forks import Lock
from cvcore.engine.cache import MISSING, IdleCache
from cvcore.engine.download import fetch
from cvcore.engine.isolation import undisturbed
from cvcore.engine.registry import check_files, get_weight

if TYPE_CHECKING:
    from torch import Tensor, nn


@undisturbed
def load_state(name: str) -> "dict[str, Tensor]":
    """The state dict of a weight, half precision widened to float32; checked against its hash.

    A weight that is not here yet is fetched first (see ``fetch``).
    """
    import torch
    from safetensors.torch import load_file

    if not get_weight(name).is_bundled:
        fetch(name)
    check_files(name)
    state: dict[str, torch.Tensor] = {}
    for path in get_weight(name).paths:
        if path.suffix == ".safetensors":
            state.update(load_file(path))
        elif path.suffix == ".xz":
            state.update(unpack_state(path))
        else:
            state.update(torch.load(path, map_location="cpu", weights_only=True))
    return {
        key: value.float() if value.dtype == torch.float16 else value
        for key, value in state.items()
    }


SCALES = ":scale"  # marks the arrays with a scale an output channel


def pack_state(state: "Mapping[str, Tensor]", path: Path, *, levels: int = 127) -> None:
    """Keep a state dict small: whole numbers up to +-``levels``, one scale an output channel.

    Matrices and filters are rounded so, all else is kept in half precision (counts as they are).
    The file is a .safetensors.xz: compressing pays when there are few levels.
    """
    from safetensors.numpy import save

    arrays = {}
    for key, value in state.items():
        array = value.detach().cpu().float().numpy()
        if array.ndim < 2:
            arrays[key] = array.astype(np.float16) if value.is_floating_point() else value.numpy()
            continue
        axes = tuple(range(1, array.ndim))
        scale = np.abs(array).max(axis=axes, keepdims=True) / levels
        scale = np.maximum(scale, 1e-7).astype(np.float16)
        arrays[key] = (
            np.rint(array / scale.astype(np.float32)).clip(-levels, levels).astype(np.int8)
        )
        arrays[key + SCALES] = scale
    path.write_bytes(lzma.compress(save(arrays), preset=9 | lzma.PRESET_EXTREME))


def unpack_state(path: Path) -> "dict[str, Tensor]":
    """What ``pack_state`` kept, as float32."""
    from safetensors.torch import load

    kept = load(lzma.decompress(path.read_bytes()))
    state = {}
    for key, value in kept.items():
        if key.endswith(SCALES):
            continue
        if key + SCALES in kept:
            value = value.float() * kept[key + SCALES].float()
        elif value.is_floating_point():
            value = value.float()
        state[key] = value
    return state


def load_onnx(name: str) -> bytes:
    """The ONNX file of a weight, its parts joined; checked against its hashes."""
    check_files(name)
    return b"".join(path.read_bytes() for path in get_weight(name).paths)


_models = IdleCache("cvcore.engine.checkpoints.load_model")
_lock = Lock()


@undisturbed
def load_model(name: str) -> "nn.Module":
    """The trained network on the device of ``cvcore.engine.device``, in eval mode; loaded once.

    Its input is a float tensor (N, 3, H, W), RGB in [0, 1]; it normalises by itself. The network
    is shared: put back whatever you change in it. Its parameters do not require gradients.
    """
    import torch

    from cvcore.engine.device import get_device

    with _lock:
        model = _models.find(name)
        if model is not MISSING:
            return model
        module, function = get_weight(name).build.split(":")
        # inference mode: gradients could never pass through it; the first weights, which are drawn
        # at random and thrown away, must not use up the caller's random numbers
        with torch.inference_mode(False), torch.random.fork_rng(devices=[]):
            model = getattr(import_module(module), function)()
            model.load_state_dict(load_state(name))
            model = model.eval().requires_grad_(False)
            # channels last: what the processors' convolutions work in anyway
            model = model.to(get_device(), memory_format=torch.channels_last)
        return _models.keep(name, model)

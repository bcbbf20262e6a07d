"""Weights read from their files, and the networks built from them."""

from importlib import import_module
from typing import TYPE_CHECKING

from cvcore.core.forks import Lock
from cvcore.engine.cache import MISSING, IdleCache
from cvcore.engine.download import fetch
from cvcore.engine.isolation import undisturbed
from cvcore.engine.packing import unpack_state, widen
from cvcore.engine.registry import check_files, get_weight

if TYPE_CHECKING:
    from torch import Tensor, nn


@undisturbed
def load_state(name: str) -> "dict[str, Tensor]":
    """The state dict of a weight, half precision and 8 bits widened; checked against its hash.

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
    return widen(state)


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

"""From latents to inner latents: the mapping network and truncation. NumPy alone.

Karras et al., "A Style-Based Generator Architecture for Generative Adversarial Networks", CVPR
2019. The network is small; without PyTorch it can be asked at once.
"""

from functools import cache

import numpy as np

from cvcore.core.checks import as_number, show
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed
from cvcore.latent_space.generators import get_info
from cvcore.latent_space.paths import LATENT_SIZE, check_latents

SLOPE = 0.2  # of the leaky ReLU
PREFIX = "mapping."  # of the network's keys in the generator's file


@undisturbed
def map_latents(z: np.ndarray, *, name: str = "faces", truncation: float = 1.0) -> np.ndarray:
    """Inner latents w float64 (N, 128) of latents z (N, 128), measured from their mean.

    Of z the direction counts alone. ``truncation`` (0 to 1) is the share of the way from the mean
    that is kept (the truncation trick): less gives plainer pictures with fewer faults and less
    variety, 0 the mean picture for every z. ``name`` is "faces" or "digits". Raises ``InputError``
    for a truncation out of range and for a z of no direction.
    """
    z = check_latents(z)
    if z.shape[1] != LATENT_SIZE:
        raise ValueError(f"Latents must have the shape (N, {LATENT_SIZE}), got {z.shape}.")
    share = as_number(truncation, 0, 1)
    if share is None:
        raise InputError(f"Choose a truncation from 0 to 1, got {show(truncation)}.")
    lengths = np.linalg.norm(z, axis=1, keepdims=True)
    if not (lengths > 0).all():
        raise InputError("A latent of zeros has no direction: sample a new one.")
    z = z / lengths * LATENT_SIZE**0.5
    layers, mean = _load(get_info(name).weight)
    x = z
    for i, (weight, bias) in enumerate(layers):
        x = x @ weight.T + bias
        if i < len(layers) - 1:
            x = np.where(x < 0, SLOPE * x, x)
    return share * (z + x - mean)


@cache
def _load(weight: str) -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    """The layers' weights and biases, and the mean, out of the generator's file."""
    from safetensors import safe_open

    registry.check_files(weight)
    with safe_open(registry.get_weight(weight).paths[0], "np") as file:
        keys = [key for key in file.keys() if key.startswith(PREFIX)]  # noqa: SIM118
        state = {key: file.get_tensor(key).astype(np.float64) for key in keys}
    names = sorted({key.rpartition(".")[0] for key in keys if key.endswith("weight")})
    return (
        [(state[f"{name}.weight"], state[f"{name}.bias"]) for name in names],
        state[f"{PREFIX}mean"],
    )

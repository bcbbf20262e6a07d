"""Maps from slopes: how the score of a class changes with each pixel.

Each function is a generator of (map float32 (H, W), share done), from coarse to fine. Gradients
are of the logit.
"""

from collections.abc import Iterator
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from cvcore.core.checks import check_seed, check_setting, check_whole
from cvcore.core.errors import InputError
from cvcore.saliency.target import Target, hooked, own_thread, to_tensor

Maps = Iterator[tuple[np.ndarray, float]]
RECTIFIERS = (nn.ReLU, nn.ReLU6)
BATCH = 4
YIELD_SECONDS = 0.4


def input_gradient(net: nn.Module, x: Tensor, target: Target) -> Tensor:
    """The gradient (N, 3, H, W) of the target's logit with respect to inputs (N, 3, H, W)."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(target.logit(net(x)).sum(), x)[0]


def to_magnitude(gradient: Tensor) -> np.ndarray:
    """The greatest magnitude of the three colours, (H, W), from (1, 3, H, W)."""
    return gradient[0].abs().amax(0).cpu().numpy()


def to_sum(attribution: Tensor) -> np.ndarray:
    """The sum over the three colours, (H, W), from (1, 3, H, W)."""
    return attribution[0].sum(0).cpu().numpy()


def gradient(x: np.ndarray, target: Target) -> Maps:
    """The magnitude of the gradient, the greatest of the three colours."""
    net = target.load_net()
    yield to_magnitude(input_gradient(net, to_tensor(x, net), target)), 1.0


def gradient_x_input(x: np.ndarray, target: Target) -> Maps:
    """The gradient times the input, summed over the colours."""
    net = target.load_net()
    batch = to_tensor(x, net)
    yield to_sum(input_gradient(net, batch, target) * batch), 1.0


def smoothgrad(
    x: np.ndarray, target: Target, *, samples: int = 32, noise: float = 0.15, seed: int = 0
) -> Maps:
    """The gradient averaged over noisy copies; ``noise`` is the deviation, of a range of 1."""
    samples = check_whole("The number of samples", samples, 1, 500)
    noise = check_setting("The noise", noise, 0, 1)
    net = target.load_net()
    batch, started = to_tensor(x, net), perf_counter()
    random = torch.Generator().manual_seed(check_seed(seed))
    total, done = torch.zeros_like(batch), 0
    while done < samples:
        count = min(BATCH, samples - done)
        spread = noise * torch.randn(count, *x.shape, generator=random).to(batch.device)
        total += input_gradient(net, batch + spread, target).sum(0, keepdim=True)
        done += count
        if done == samples or perf_counter() - started > YIELD_SECONDS:
            started = perf_counter()
            yield to_magnitude(total / done), done / samples


def integrated_gradients(x: np.ndarray, target: Target, *, steps: int = 32) -> Maps:
    """The input times its mean gradient on the straight way from black, at ``steps`` midpoints.

    The values sum to the score's difference between the picture and black, the closer the more
    steps. Midpoints are visited in an order that covers the whole way early.
    """
    steps = check_whole("The number of steps", steps, 2, 500)
    net = target.load_net()
    batch, started = to_tensor(x, net), perf_counter()
    points = np.argsort(np.argsort([spread_out(i) for i in range(steps)]))
    points = torch.from_numpy(((points + 0.5) / steps).astype(np.float32)).to(batch.device)
    total, done = torch.zeros_like(batch), 0
    while done < steps:
        part = points[done : done + BATCH, None, None, None]
        total += input_gradient(net, part * batch, target).sum(0, keepdim=True)
        done += len(part)
        if done == steps or perf_counter() - started > YIELD_SECONDS:
            started = perf_counter()
            yield to_sum(batch * total / done), done / steps


def spread_out(index: int) -> float:
    """The van der Corput sequence, 0, 1/2, 1/4, 3/4, ...: evenly spread wherever it is stopped.

    >>> [spread_out(i) for i in range(4)]
    [0.0, 0.5, 0.25, 0.75]
    """
    value, base = 0.0, 0.5
    while index:
        value, index, base = value + base * (index % 2), index // 2, base / 2
    return value


def guided_backprop(x: np.ndarray, target: Target) -> Maps:
    """The gradient's magnitude, with negative signals cut at each ReLU on the way back."""
    net = target.load_net()
    yield to_magnitude(guided_gradient(net, to_tensor(x, net), target)), 1.0


def guided_gradient(net: nn.Module, x: Tensor, target: Target) -> Tensor:
    """Like ``input_gradient``, keeping only positive signals behind every ReLU and ReLU6.

    captum's version knows ReLU alone and leaves ReLU6 as it is.
    """
    rectifiers = [module for module in net.modules() if isinstance(module, RECTIFIERS)]
    if not rectifiers:
        raise InputError("Guided backprop needs a network with ReLU: choose another model.")

    def guide(_module: nn.Module, _inputs: tuple, output: Tensor) -> Tensor:
        output.register_hook(lambda signal: signal.clamp(min=0))
        return output

    with hooked(*[module.register_forward_hook(own_thread(guide)) for module in rectifiers]):
        return input_gradient(net, x, target)

"""Reading and changing what flows inside a network, with everything put back afterwards.

Networks are shared between threads, so every hook here acts only on the thread that set it.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cvcore.engine.isolation import undisturbed
from cvcore.engine.modes import eval_mode

RELUS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Hardswish, nn.SiLU, nn.GELU)
# By name: importing torchvision takes seconds and 160 MB.
_PASSING = ("Identity", "Dropout", "StochasticDepth")
_KINDS = (
    (RELUS + (nn.Sigmoid, nn.Hardsigmoid, nn.Tanh), "activation"),
    ((nn.BatchNorm2d,), "batch norm"),
    ((nn.LayerNorm,), "layer norm"),
    ((nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d), "pooling"),
)


@dataclass(frozen=True)
class Layer:
    """A place in the network whose output is a stack of maps."""

    name: str  # the module's name, as in ``model.named_modules()``
    kind: str  # convolution, depthwise convolution, batch norm, activation, pooling, block
    shape: tuple[int, int, int]  # (channels, height, width) of its output
    stage: int  # layers with maps of one size, counted from 0

    @property
    def block(self) -> str:
        """The part of the network it stands in: ``blocks.1.0`` for ``blocks.1.0.bn1``."""
        return self.name.rpartition(".")[0]


class _ReachedError(Exception):
    """All layers asked for are there: the rest of the network need not run."""


@contextmanager
def hook_outputs(
    modules: Mapping[str, nn.Module], hook: Callable[[str, tuple, Tensor], Tensor | None]
) -> Iterator[None]:
    """Call ``hook(name, inputs, output)`` after each module, on this thread alone.

    What the hook returns, unless None, takes the output's place.
    """
    owner = threading.get_ident()

    def bind(name: str) -> Callable:
        def call(_: nn.Module, inputs: tuple, output: Tensor) -> Tensor | None:
            return hook(name, inputs, output) if threading.get_ident() == owner else None

        return call

    with ExitStack() as stack:
        for name, part in modules.items():
            stack.callback(part.register_forward_hook(bind(name)).remove)
        yield


def get_layer(module: nn.Module, name: str) -> nn.Module:
    """The part of a network called ``name``; ValueError lists some of the known names."""
    parts = dict(module.named_modules())
    if not name or name not in parts:
        known = [known for known in parts if known]
        raise ValueError(f"There is no layer {name!r}; there are {', '.join(known[:8])}, ...")
    return parts[name]


def record(
    module: nn.Module,
    batch: Tensor,
    layers: Sequence[str],
    *,
    stop: bool = True,
    inputs: bool = False,
) -> dict[str, Tensor]:
    """Outputs of the named layers for a batch, by name; gradients flow if they are enabled.

    With ``stop`` the network is left at the last of them; without, it runs to its end and its own
    output stands under the name ``""``. With ``inputs`` the layers' inputs are kept instead. Of a
    layer that runs several times the first output counts. ``ValueError`` names an unknown layer.
    """
    wanted = {name: get_layer(module, name) for name in layers}
    found: dict[str, Tensor] = {}
    owner = threading.get_ident()

    def keep(name: str, value: Tensor) -> None:
        if threading.get_ident() != owner or name in found:
            return
        found[name] = value.clone()  # the next layer may work in place
        if stop and len(found) == len(wanted):
            raise _ReachedError

    def bind(name: str) -> Callable:
        if inputs:
            return lambda _, given: keep(name, given[0])
        return lambda _, __, output: keep(name, output)

    with eval_mode(module), ExitStack() as stack:
        for name, part in wanted.items():
            add = part.register_forward_pre_hook if inputs else part.register_forward_hook
            stack.callback(add(bind(name)).remove)
        try:
            result = module(batch)
            if not stop:
                found[""] = result
        except _ReachedError:
            pass
    if missing := [name for name in wanted if name not in found]:
        raise ValueError(f"The network never ran {', '.join(missing)}.")
    return found


@contextmanager
def scale_channels(module: nn.Module, layer: str, factors: Tensor) -> Iterator[None]:
    """Inside the block, each channel of a layer's output is multiplied by its factor, (C,).

    Zeros silence channels. Gradients flow to the factors if they ask for them.
    """

    def scale(_: str, __: tuple, output: Tensor) -> Tensor:
        return output * factors.view(1, -1, *[1] * (output.ndim - 2))

    with hook_outputs({layer: get_layer(module, layer)}, scale):
        yield


@contextmanager
def guided_relus(module: nn.Module) -> Iterator[None]:
    """Inside the block, only positive gradients pass back through rectifiers.

    Springenberg et al., "Striving for Simplicity: The All Convolutional Net", 2015.
    """

    def guide(_: str, __: tuple, output: Tensor) -> None:
        if output.requires_grad:
            output.register_hook(lambda gradient: gradient.clamp(min=0))

    relus = {name: part for name, part in module.named_modules() if isinstance(part, RELUS)}
    with hook_outputs(relus, guide):
        yield


@undisturbed
def list_layers(module: nn.Module, batch: Tensor) -> tuple[Layer, ...]:
    """Every layer that puts out maps, in the order in which they run on ``batch``.

    Left out: parts that only pass on what an inner layer made, parts that run more than once,
    layers that work with the channels last, and maps of a single value.
    """
    parts = {name: part for name, part in module.named_modules() if name}
    rows: list[tuple[str, Tensor, int]] = []  # a tensor changed in place has another version
    runs = Counter[str]()
    channels_last = [False]

    def note(name: str, _: tuple, output: Tensor) -> None:
        part = parts[name]
        runs[name] += 1
        if type(part).__name__ == "Permute":
            channels_last[0] = tuple(part.dims) == (0, 2, 3, 1)
            return
        is_maps = isinstance(output, Tensor) and output.ndim == 4 and output.shape[2:] != (1, 1)
        if is_maps and not channels_last[0] and type(part).__name__ not in _PASSING:
            rows.append((name, output, output._version))

    # in inference mode tensors would have no version
    with torch.inference_mode(False), torch.no_grad(), eval_mode(module), hook_outputs(parts, note):
        module(batch.clone())
    layers: list[Layer] = []
    last, stage, size = (None, 0), -1, None
    for name, output, version in rows:
        is_leaf = not any(parts[name].children())
        is_same = output is last[0] and version == last[1]
        if runs[name] > 1 or (is_same and not is_leaf):
            continue
        last = (output, version)
        if output.shape[2:] != size:
            stage, size = stage + 1, output.shape[2:]
        layers.append(Layer(name, describe_kind(parts[name]), tuple(output.shape[1:]), stage))
    return tuple(layers)


def describe_kind(part: nn.Module) -> str:
    """The kind of a layer in the field's words."""
    if isinstance(part, nn.Conv2d):
        if part.groups == part.in_channels > 1:
            return "depthwise convolution"
        return "1x1 convolution" if part.kernel_size == (1, 1) else "convolution"
    for types, kind in _KINDS:
        if isinstance(part, types):
            return kind
    return "block"

"""Any classifier of torchvision by its name: its modules with shapes, parameters and products.

Nothing is downloaded, and no number of it is made: networks are built on PyTorch's meta device,
where tensors have shapes and no contents.
"""

import difflib
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

BYTES = 4  # of a number in float32
SIDE = 224  # pixels, where torchvision does not tell another


@dataclass(frozen=True)
class Module:
    """A module of a network, with all that lies in it."""

    name: str  # such as layer1.0.conv1; "" for the whole network
    kind: str  # its class, such as Conv2d
    depth: int  # how many modules it lies in
    output_shape: tuple[int, ...] | None
    """(height, width, channels), (units,), or as it comes where it is neither, all without the
    batch; None where it gives no single tensor, or is not asked in a forward pass."""
    parameters: int
    multiplications: int  # products of a weight and a value; attention's too
    is_leaf: bool


@dataclass(frozen=True, eq=False)
class NamedModel:
    """A network of torchvision."""

    name: str
    input_shape: tuple[int, int, int]  # (height, width, channels)
    modules: tuple[Module, ...]  # the whole network first, each before what lies in it

    @property
    def parameters(self) -> int:
        return self.modules[0].parameters

    @property
    def multiplications(self) -> int:
        return self.modules[0].multiplications

    @property
    def output_bytes(self) -> int:
        """Of all leaves' outputs for one picture, in float32: what a training keeps of it."""
        leaves = (one.output_shape for one in self.modules if one.is_leaf)
        return sum(BYTES * math.prod(shape) for shape in leaves if shape)


@lru_cache(maxsize=1)
def list_models() -> tuple[str, ...]:
    """Names of torchvision's classifiers of pictures, such as resnet34."""
    from torchvision import models

    return tuple(models.list_models(module=models))


def check_model(name: Any) -> str:
    """A name of ``list_models``; ``InputError`` with the nearest ones for any other."""
    text = str(name or "").strip().lower().replace("-", "_")
    if text in list_models():
        return text
    near = difflib.get_close_matches(text, list_models(), 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else "try resnet34, densenet121, vit_b_16."
    raise InputError(f"There is no classifier {text[:40]!r} in torchvision: {hint}")


@undisturbed
def describe_model(name: str) -> NamedModel:
    """A classifier of torchvision by its name, with its own input size.

    Counts are those of :class:`torch.utils.flop_counter.FlopCounterMode`, halved: a product and its
    sum are one. In evaluation mode, so that heads that only train (GoogLeNet, Inception v3) have
    parameters and no products. Raises ``InputError`` for a name that torchvision does not have.
    """
    return _describe_model(check_model(name))


@lru_cache(maxsize=16)
def _describe_model(name: str) -> NamedModel:
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from torchvision import models

    with warnings.catch_warnings(), _without_contents(name):
        warnings.simplefilter("ignore")  # Inception's, of its slow start: nothing is drawn here
        net = models.get_model(name, weights=None).eval()
    side = getattr(net, "image_size", None) or _find_side(name)  # a transformer's is its own
    picture = torch.zeros(1, 3, side, side, device="meta")
    shapes: dict[str, tuple[int, ...]] = {}
    with _watch(net, shapes), FlopCounterMode(display=False) as counter:
        net(picture)
    root, counts = type(net).__name__, counter.get_flop_counts()

    def count(path: str) -> int:
        return sum(counts.get(f"{root}.{path}" if path else root, {}).values()) // 2

    modules = [
        Module(
            path,
            type(module).__name__,
            path.count(".") + 1 if path else 0,
            shapes.get(path),
            sum(one.numel() for one in module.parameters()),
            count(path),
            not list(module.children()),
        )
        for path, module in net.named_modules()
    ]
    return NamedModel(name, (side, side, 3), tuple(modules))


def _find_side(name: str) -> int:
    """The side of the square that the network's own weights are meant for."""
    from torchvision import models

    weights = models.get_model_weights(name)
    best = next(iter(weights), None)
    crop = getattr(best.transforms(), "crop_size", None) if best else None
    return int(crop[0]) if crop else SIDE


def _without_contents(name: str) -> Any:
    """Tensors that are made within have shapes alone; but RegNet works out its widths by tensors,
    and of its only those are without contents that become parameters."""
    import torch
    from torch.overrides import TorchFunctionMode

    class ParametersAlone(TorchFunctionMode):
        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            kwargs = dict(kwargs or {})
            if func in (torch.empty, torch.zeros, torch.ones):
                kwargs["device"] = "meta"
            return func(*args, **kwargs)

    return ParametersAlone() if name.startswith("regnet") else torch.device("meta")


@contextmanager
def _watch(net: Any, shapes: dict[str, tuple[int, ...]]) -> Iterator[None]:
    """Write down the shape of what each module gives."""

    def note(path: str) -> Any:
        def hook(module: Any, given: Any, output: Any) -> None:
            if hasattr(output, "shape"):
                shapes[path] = _turn(tuple(output.shape[1:]))

        return hook

    handles = [one.register_forward_hook(note(path)) for path, one in net.named_modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _turn(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Channels last, for maps."""
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape

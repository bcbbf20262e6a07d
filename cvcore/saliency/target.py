"""What is explained: the score of a class, or the difference of two classes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import TYPE_CHECKING, Any

import numpy as np

from cvcore.core.checks import check_whole
from cvcore.engine import checkpoints, predictor
from cvcore.recognition.classifier import softmax

if TYPE_CHECKING:
    from torch import Tensor, nn

BATCH = 4  # pictures through the network at once: a second even for the slowest networks


def check_class(class_idx: object, count: int) -> int:
    """A class index in [0, count); ``InputError`` otherwise."""
    return check_whole("The class index", class_idx, 0, count - 1)


@dataclass(frozen=True)
class Target:
    """A class of a model, or the difference of two. Methods that only ask for answers explain the
    probability; methods that use slopes explain the logit, as is usual for each."""

    model: str
    class_idx: int
    minus_class: int | None = None

    @property
    def classes(self) -> list[int]:
        """Those whose answers matter."""
        return [one for one in (self.class_idx, self.minus_class) if one is not None]

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities (N,) of the class from logits (N, C), or their differences."""
        p = softmax(logits)
        own = p[:, self.class_idx]
        return own if self.minus_class is None else own - p[:, self.minus_class]

    def logit(self, logits: "Tensor") -> "Tensor":
        """The class's entries (N,) of logits (N, C), or their differences."""
        own = logits[:, self.class_idx]
        return own if self.minus_class is None else own - logits[:, self.minus_class]

    def ask(self, inputs: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """Probabilities float64 (N,) for inputs float32 (N, 3, H, W), in the fastest engine."""
        return self.probability(self._predict(inputs))

    def ask_logits(self, inputs: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """The same for logits."""
        return self.logit(self._predict(inputs))

    def _predict(self, inputs: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        predict = predictor.load_predictor(self.model)
        batches = (inputs[i : i + BATCH] for i in range(0, len(inputs), BATCH))
        return np.concatenate([predict(np.asarray(batch, np.float32))[0] for batch in batches])

    def load_net(self) -> "nn.Module":
        return checkpoints.load_model(self.model)


class OwnNet(Target):
    """A target in a network of its own instead of one of those that are shared by name."""

    net: "nn.Module"

    def __init__(
        self, net: "nn.Module", class_idx: int, minus_class: int | None = None, model: str = "own"
    ) -> None:
        super().__init__(model, class_idx, minus_class)
        object.__setattr__(self, "net", net)

    def load_net(self) -> "nn.Module":
        return self.net

    def _predict(self, inputs: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        import torch

        with torch.inference_mode():
            return self.net(to_tensor(np.asarray(inputs), self.net)).cpu().numpy()


def to_tensor(x: np.ndarray, net: "nn.Module") -> "Tensor":
    """An input (3, H, W) or (N, 3, H, W) as a batch on the network's device."""
    import torch

    parameter = next(net.parameters())
    batch = torch.from_numpy(np.ascontiguousarray(x, np.float32)).to(parameter.device)
    return batch[None] if batch.ndim == 3 else batch


@contextmanager
def hooked(*handles: Any) -> Iterator[None]:
    """Remove hooks at the end, whatever happens."""
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def own_thread(hook: Callable) -> Callable:
    """A forward hook that acts only in the thread that made it: networks are shared."""
    owner = get_ident()
    return lambda *arguments: hook(*arguments) if get_ident() == owner else None

"""The network that learns, as a LightningModule, and the pictures a step.

What is drawn at random hangs on the seed, on what it is for, and on the step or epoch alone: so a
resumed run draws what an unbroken one would, and several at once do not disturb each other.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import lightning.pytorch as lightning
import torch
from torch import Tensor
from torch.nn import functional as F

from cvcore.core.errors import InputError
from cvcore.models import lab_networks
from cvcore.recognition.datasets import Data, Part, choose_examples, make_generator
from cvcore.training_lab import schedules
from cvcore.training_lab.augmentation import augment
from cvcore.training_lab.history import History
from cvcore.training_lab.settings import Settings

INITIAL, ORDER, AUGMENT, DROPOUT = 1, 2, 3, 4  # what random numbers are for
VALIDATION_BATCH = 250
MOMENTUM = 0.9


def build_network(settings: Settings, size: lab_networks.Input) -> torch.nn.Module:
    """The network of the settings for (channels, side, classes), its weights drawn by the seed."""
    if settings.network == "digits_cnn" and size != (1, 28, 10):
        raise InputError(
            "The digits convnet is for the bundled digits: choose another network for these."
        )
    extra: dict[str, Any] = {}
    if settings.network != "linear":
        extra["hidden"] = settings.hidden
    if settings.network == "residual":
        extra |= {"depth": settings.depth, "skips": settings.skips}
    net = lab_networks.build(
        settings.network, size, norm=settings.norm, dropout=settings.dropout, **extra
    )
    generator = make_generator(settings.seed, INITIAL)
    lab_networks.initialise(net, settings.initialisation, generator)
    return net


def count_parameters(settings: Settings, size: lab_networks.Input) -> int:
    """How many numbers of the settings' network can learn, for (channels, side, classes)."""
    return lab_networks.count_parameters(build_network(settings, size))


def compute_loss(
    logits: Tensor, targets: Tensor, settings: Settings, *, reduction: str = "mean"
) -> Tensor:
    """The loss of logits (N, K) for classes (N,): their mean, or (N,) for "none"."""
    if settings.loss == "mse":
        hot = F.one_hot(targets, logits.shape[1]).to(logits.dtype)
        squares = (logits.softmax(dim=1) - hot).square().sum(dim=1)
        return squares.mean() if reduction == "mean" else squares
    smoothing = settings.smoothing if settings.loss == "label_smoothing" else 0.0
    return F.cross_entropy(logits, targets, label_smoothing=smoothing, reduction=reduction)


def build_optimiser(
    parameters: list[torch.nn.Parameter], settings: Settings
) -> torch.optim.Optimizer:
    """PyTorch's own, in its fused form where there is one."""
    common: dict[str, Any] = {"lr": settings.rate, "weight_decay": settings.weight_decay}
    fused = parameters[0].device.type in ("cpu", "cuda")
    if settings.optimiser in ("sgd", "momentum"):
        momentum = MOMENTUM if settings.optimiser == "momentum" else 0.0
        return torch.optim.SGD(parameters, momentum=momentum, fused=fused, **common)
    if settings.optimiser == "rmsprop":
        return torch.optim.RMSprop(parameters, foreach=True, **common)
    kind = torch.optim.Adam if settings.optimiser == "adam" else torch.optim.AdamW
    return kind(parameters, fused=fused, **common)


def count_steps(count: int, batch_size: int, world: int = 1) -> int:
    """Steps an epoch; a single picture left over makes none."""
    whole, rest = divmod(count, batch_size * world)
    return max(whole + (rest >= 2 * world), 1)


class Batches:
    """The pictures of an epoch, a step's at a time, in an order that the seed gives."""

    def __init__(
        self, part: Part, settings: Settings, *, epoch: int, skip: int = 0, rank: int = 0,
        world: int = 1, padding: str = "zeros",
    ) -> None:  # fmt: skip
        self._part, self._settings, self._epoch, self._skip = part, settings, epoch, skip
        self._rank, self._world, self._padding = rank, world, padding
        self._steps = count_steps(len(part), settings.batch_size, world)

    def __len__(self) -> int:
        return self._steps - self._skip

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        settings, part = self._settings, self._part
        order = torch.randperm(
            len(part), generator=make_generator(settings.seed, ORDER, self._epoch)
        ).to(part.labels.device)
        batches = order.split(settings.batch_size * self._world)[: self._steps]
        for number in range(self._skip, self._steps):
            chosen = batches[number]
            if self._world > 1:  # each process takes as many
                chosen = chosen[: len(chosen) // self._world * self._world]
                chosen = chosen[self._rank :: self._world]
            pictures = part.pictures[chosen]
            if settings.augmentation != "none":
                step = self._epoch * self._steps + number
                pictures = augment(
                    pictures,
                    shift=settings.shift,
                    turn=settings.turn,
                    zoom=settings.zoom,
                    padding=self._padding,
                    generator=make_generator(
                        settings.seed, AUGMENT, step, self._rank, device=pictures.device
                    ),
                )
            yield pictures, part.labels[chosen]


class Pieces:
    """A part as it is, some pictures at a time."""

    def __init__(self, part: Part) -> None:
        self._pieces = list(
            zip(
                part.pictures.split(VALIDATION_BATCH),
                part.labels.split(VALIDATION_BATCH),
                strict=True,
            )
        )

    def __len__(self) -> int:
        return len(self._pieces)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return iter(self._pieces)


class Learner(lightning.LightningModule):
    """A network with its data, its loss, its optimiser and what has been noted of it."""

    def __init__(self, settings: Settings, data: Data) -> None:
        super().__init__()
        self.automatic_optimization = False  # a third of a small network's step
        self.settings = settings
        """As they stand: steering changes rate, dropout and weight decay."""
        self.net = build_network(settings, data.size)
        self.data = data
        self.examples = data.training.take(
            choose_examples(data.training.labels, settings.examples, settings.seed)
        )
        layers = lab_networks.list_layers(self.net)
        self.history = History(layers)
        self.first_layer = layers[0][1]
        self.dropouts = [
            module
            for module in self.net.modules()
            if isinstance(module, lab_networks.SeededDropout)
        ]
        self.plateau = 1.0
        """Share of the rate that plateaus have left."""
        self.optimiser_state: dict[int, dict[str, Tensor]] | None = None
        self._weights = [layer.weight for _, layer in layers]
        self._all_weights = list(self.net.parameters())

    def __setattr__(self, name: str, value: Any) -> None:
        """Lightning notes the hook under way forty times a step: past PyTorch's look for layers."""
        if name == "_current_fx_name":
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)

    @property
    def step(self) -> int:
        """Steps taken."""
        return self.history.step

    def count_steps(self, world: int) -> int:
        """Steps an epoch with so many processes."""
        return count_steps(len(self.examples), self.settings.batch_size, world)

    @property
    def steps_per_epoch(self) -> int:
        return self.count_steps(self._world)

    @property
    def total(self) -> int:
        return self.steps_per_epoch * self.settings.epochs

    @property
    def at_epoch_end(self) -> bool:
        return self.step > 0 and self.step % self.steps_per_epoch == 0

    @property
    def _world(self) -> int:
        return self._trainer.world_size if self._trainer is not None else 1

    def forward(self, pictures: Tensor) -> Tensor:
        return self.net(pictures)

    def rate_at(self, step: int) -> float:
        """The learning rate of a step."""
        share = schedules.share_at(self.settings, step, self.total)
        return self.settings.rate * share * self.plateau

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        pictures, targets = batch
        step, optimiser = self.step, self.optimizers()
        rate = self.rate_at(step)
        for group in optimiser.param_groups:
            group["lr"], group["weight_decay"] = rate, self.settings.weight_decay
        if self.settings.dropout:
            generator = make_generator(
                self.settings.seed, DROPOUT, step, self.global_rank, device=pictures.device
            )
            for module in self.dropouts:
                module.share, module.generator = self.settings.dropout, generator
        else:
            for module in self.dropouts:
                module.share = 0.0
        for parameter in self._all_weights:
            parameter.grad = None
        logits = self.net(pictures)
        loss = compute_loss(logits, targets, self.settings)
        self.manual_backward(loss)
        if self.history.wants_gradients:
            scaler = getattr(self.trainer.precision_plugin, "scaler", None)  # of float16
            scale = scaler.get_scale() if scaler else 1.0
            self.history.add_gradients([weight.grad for weight in self._weights], scale)
        optimiser.step()
        self.history.add_step(loss.detach(), logits.detach(), targets, rate)

    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        """All pictures lie there already."""
        return batch

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        pictures, targets = batch
        self.history.gather(self.net(pictures).float(), targets)

    def on_validation_epoch_end(self) -> None:
        logits, targets = self.history.take_gathered()
        losses = compute_loss(logits, targets, self.settings, reduction="none")
        self.history.add_validation(losses, logits.argmax(dim=1), targets, len(self.data.classes))
        self.log_dict(
            {
                "val_loss": self.history.validation_loss[-1],
                "val_accuracy": self.history.validation_accuracy[-1],
            }
        )

    @torch.no_grad()
    def measure(self, part: Part) -> tuple[Tensor, Tensor]:
        """Losses (N,) and answers (N,) of a part, dropout off, batch norm by what it has kept."""
        training = self.net.training
        self.net.eval()
        try:
            logits = torch.cat(
                [self.net(some).float() for some in part.pictures.split(VALIDATION_BATCH)]
            )
        finally:
            self.net.train(training)
        losses = compute_loss(logits, part.labels, self.settings, reduction="none")
        return losses, logits.argmax(dim=1)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        optimiser = build_optimiser(list(self.net.parameters()), self.settings)
        if self.optimiser_state is not None:
            groups = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": self.optimiser_state, "param_groups": groups})
        return optimiser

    def on_fit_start(self) -> None:
        """The pictures lie where the network does."""
        self.examples = self.examples.to(self.device)
        self.data = replace(
            self.data,
            validation=self.data.validation.to(self.device),
            test=self.data.test.to(self.device),
        )

    def train_dataloader(self) -> Batches:
        """Anew each epoch: the first one of a resumed run holds what is left of its epoch."""
        epoch, skip = divmod(self.step, self.steps_per_epoch)
        return Batches(
            self.examples, self.settings, epoch=epoch, skip=skip, rank=self.global_rank,
            world=self._world, padding="zeros" if self.data.kind == "digits" else "border",
        )  # fmt: skip

    def val_dataloader(self) -> "Pieces":
        return Pieces(self.data.validation)

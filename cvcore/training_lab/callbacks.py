"""What acts on a training as it goes: each is a Lightning callback, and leaves its mark."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer

from cvcore.core.errors import InputError
from cvcore.training_lab.history import BEST, to_filters
from cvcore.training_lab.learner import Learner
from cvcore.training_lab.progress import STEERED, Progress, Score, Steering
from cvcore.training_lab.runs import Run, State
from cvcore.training_lab.schedules import Patience

PUBLISH_EVERY = 0.35  # seconds between two states; a third less than half a second
PART = 64  # validation pictures looked at in the middle of an epoch, at most half of them


class EndWhereDiverged(Callback):
    """Ends a training at the step whose loss is infinite or no number, before that is kept."""

    def has_diverged(self, module: Any, outputs: Any) -> bool:
        """Whether it has; ``outputs`` are what the module's ``training_step`` gave."""
        loss = outputs["loss"] if isinstance(outputs, Mapping) else outputs
        return not bool(torch.isfinite(loss))

    def end(self, trainer: Trainer, module: Any) -> None:
        """What is done then: ``InputError``."""
        raise InputError(
            f"The training diverged at step {trainer.global_step}: the loss is no number any more. "
            "Train again with a lower rate."
        )

    def on_train_batch_end(self, trainer: Trainer, module: Any, outputs: Any, *_: Any) -> None:
        if self.has_diverged(module, outputs):
            self.end(trainer, module)


class Steered(EndWhereDiverged):
    """Hands on what was asked for, and stops when that is asked for or the loss is no number."""

    def __init__(self, steering: Steering, is_closed: Callable[[], bool]) -> None:
        self.steering, self._is_closed = steering, is_closed
        self.stopped = False

    def on_train_batch_start(self, trainer: Trainer, module: Learner, *_: Any) -> None:
        before, module.settings = module.settings, self.steering.take(module.settings)
        if module.settings is before:
            return
        for name in STEERED:
            value = getattr(module.settings, name)
            if value != getattr(before, name):
                module.history.mark(f"{name.replace('_', ' ')} {value:g}")
                if name == "rate":
                    module.plateau = 1.0

    def has_diverged(self, module: Learner, outputs: Any) -> bool:
        return module.history.diverged

    def end(self, trainer: Trainer, module: Learner) -> None:
        """Not an error here: the run says so, and is kept."""
        module.history.mark("diverged: the loss is no number any more")
        trainer.should_stop = True

    def on_train_batch_end(self, trainer: Trainer, module: Learner, outputs: Any, *_: Any) -> None:
        super().on_train_batch_end(trainer, module, outputs)
        is_asked_to = self.steering.stopping and module.step < module.total
        if not trainer.should_stop and (self._is_closed() or is_asked_to):
            self.stopped = trainer.should_stop = True


class ReduceRate(Callback):
    """Multiplies the rate when the validation loss has been no better for some epochs."""

    def __init__(self, patience: int, min_delta: float, factor: float) -> None:
        self.patience, self.factor = Patience(patience, min_delta), factor

    def on_validation_end(self, trainer: Trainer, module: Learner) -> None:
        if not module.at_epoch_end:
            return
        if self.patience.is_spent(module.history.validation_loss[-1]):
            self.patience.waited = 0
            module.plateau *= self.factor
            module.history.mark(f"rate × {self.factor:g}")


class StopEarly(Callback):
    """Ends the run when the validation loss has been no better for some epochs (Prechelt, 1998)."""

    def __init__(self, patience: int, min_delta: float) -> None:
        self.patience = Patience(patience, min_delta)

    def on_validation_end(self, trainer: Trainer, module: Learner) -> None:
        if module.at_epoch_end and self.patience.is_spent(module.history.validation_loss[-1]):
            count = self.patience.most
            module.history.mark(f"stopped: no better for {count} epoch{'s' * (count != 1)}")
            trainer.should_stop = True


class KeepBest(Callback):
    """Keeps the whole state after the epoch with the least validation loss.

    It comes after the callbacks that wait, whose counts it keeps, too.
    """

    def __init__(self, waiting: Mapping[str, Patience]) -> None:
        self.waiting = waiting
        self.loss = math.inf
        self.best: State | None = None

    def on_validation_end(self, trainer: Trainer, module: Learner) -> None:
        loss = module.history.validation_loss[-1]
        if module.at_epoch_end and loss < self.loss:
            module.history.mark(BEST)
            self.loss, step = loss, module.step
            self.best = self.capture(trainer, module, best_step=step)

    def capture(self, trainer: Trainer, module: Learner, *, best_step: int | None = None) -> State:
        """The state as it stands, copied to the CPU."""
        if best_step is None:
            best_step = self.best.step if self.best else 0
        optimiser = trainer.optimizers[0].state_dict()["state"]
        return State(
            module.step,
            {name: _copy(value) for name, value in module.net.state_dict().items()},
            {
                index: {key: _copy(value) for key, value in values.items() if value is not None}
                for index, values in optimiser.items()
            },
            module.plateau,
            {name: patience.to_dict() for name, patience in self.waiting.items()},
            self.loss,
            best_step,
        )


def _copy(value: Any) -> torch.Tensor:
    return torch.as_tensor(value).detach().to("cpu", copy=True)


class Publish(Callback):
    """Shows how the run stands, at least twice a second, and scores it once at its end."""

    def __init__(
        self, show: Callable[[Progress], None], keeper: KeepBest, steered: Steered
    ) -> None:
        self._show, self._keeper, self._steered = show, keeper, steered
        self._begun = self._shown = time.monotonic()

    def on_train_start(self, trainer: Trainer, module: Learner) -> None:
        validation = module.data.validation
        if not module.step:
            losses, answers = module.measure(validation)
            module.history.add_validation(
                losses, answers, validation.labels, len(module.data.classes)
            )
        self._publish(trainer, module)

    def on_train_batch_end(self, trainer: Trainer, module: Learner, *_: Any) -> None:
        if trainer.is_global_zero and time.monotonic() - self._shown > PUBLISH_EVERY:
            count = len(module.data.validation)
            if not module.at_epoch_end and count > 1:
                chosen = torch.linspace(0, count - 1, min(PART, count // 2)).long()
                part = module.data.validation.take(chosen.to(module.data.validation.labels.device))
                losses, answers = module.measure(part)
                module.history.add_point(losses, answers, part.labels)
            self._publish(trainer, module)

    def on_validation_end(self, trainer: Trainer, module: Learner) -> None:
        if time.monotonic() - self._shown > PUBLISH_EVERY / 3:
            self._publish(trainer, module)

    def on_train_end(self, trainer: Trainer, module: Learner) -> None:
        tests: dict[str, Any] = {"test": self._test(module)}
        state = self._keeper.capture(trainer, module)
        if (best := self._keeper.best) and best.step != module.step:
            module.net.load_state_dict(best.network)
            tests["test_best"] = self._test(module)
            module.net.load_state_dict(state.network)
        elif best:
            tests["test_best"] = tests["test"]
        history = module.history
        run = Run(
            module.settings, module.data.size, module.data.kind, module.data.classes, state, best,
            history.to_arrays(), tuple(history.marks), module.steps_per_epoch,
            module.data.digest if module.data.kind == "own" else "",
        )  # fmt: skip
        self._publish(trainer, module, done=True, run=run, **tests)

    def _test(self, module: Learner) -> Score:
        part = module.data.test
        losses, answers = module.measure(part)
        right = (answers == part.labels).double().mean()
        return Score(float(losses.mean()), float(right))

    def _publish(self, trainer: Trainer, module: Learner, **end: Any) -> None:
        if not trainer.is_global_zero:
            return
        history = module.history
        curves: dict[str, Any] = history.to_arrays()
        channels, side, _ = module.data.size
        indices, losses, answers = history.worst
        self._shown = time.monotonic()
        self._show(
            Progress(
                module.settings, module.step, module.total, module.step // module.steps_per_epoch,
                self._shown - self._begun,
                **curves,
                layers=history.layers,
                filters=to_filters(module.first_layer, channels, side),
                worst_indices=indices, worst_losses=losses, worst_answers=answers,
                confusion=history.confusion,
                marks=tuple(history.marks),
                diverged=history.diverged,
                stopped=self._steered.stopped,
                best_step=self._keeper.best.step if self._keeper.best else 0,
                best_loss=self._keeper.loss,
                **end,
            )
        )  # fmt: skip

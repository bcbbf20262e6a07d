"""Lightning's Trainer as all trainings here have it: quiet, and its logs beside the weights."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import Checkpoint
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from lightning.pytorch.profilers import PassThroughProfiler

FLUSH_EVERY = 50  # rows


class NoProfiler(PassThroughProfiler):
    """Measures nothing, without a context of its own for each of sixty hooks a step."""

    def profile(self, action_name: str) -> AbstractContextManager:
        return _NOTHING


_NOTHING = nullcontext()


def build_trainer(
    flags: Mapping[str, Any], *, callbacks: Sequence[Callback], logs: Sequence[Logger] = (),
    **more: Any,
) -> Trainer:  # fmt: skip
    """A Trainer with ``flags`` (device, number of processes, precision), these callbacks in this
    order, and ``more`` of its own options.

    It says nothing by itself, and tries no validation before the first step. Without ``logs`` none
    are kept, nor checkpoints but a callback's.
    """
    options: dict[str, Any] = {
        "callbacks": list(callbacks),
        "logger": list(logs) or False,
        "enable_checkpointing": any(isinstance(one, Checkpoint) for one in callbacks),
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "profiler": NoProfiler(),
    }
    return Trainer(**options | more | dict(flags))


def build_logs(out: Path, *, curves: str) -> list[Logger]:
    """Scalars into ``out``: CSV under ``curves``/version_N, one an attempt, and TensorBoard's."""
    return [
        CSVLogger(out, name=curves, flush_logs_every_n_steps=FLUSH_EVERY),
        TensorBoardLogger(out, name="tensorboard", version=""),
    ]

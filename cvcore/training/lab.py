"""Train a small network as the page's lesson on training does, from a shell, on Lightning.

    python -m cvcore.training.lab --out runs/mlp
    python -m cvcore.training.lab --out runs/cnn --network simple_cnn --examples 1000 --epochs 4
    python -m cvcore.training.lab --out runs/own --data pictures.zip --network residual --norm batch
    python -m cvcore.training.lab --out runs/on --resume runs/mlp/run.safetensors --epochs 16

``--data`` is ``digits``, ``clothes``, or a zip file or folder of pictures in class-named folders.
``--resume`` goes on from a checkpoint, with its settings where no others are given.
``--accelerator``, ``--devices``, ``--nodes``, ``--strategy`` and ``--precision`` are Lightning's
own; with several processes each step takes a batch for each. Into ``--out`` go curves.csv, a
TensorBoard event file (``tensorboard --logdir runs``) and the checkpoint run.safetensors; Ctrl-C
ends the run after its step and keeps them, too.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from cvcore.core.commands import command, input_file, number, output_folder, whole
from cvcore.core.errors import InputError
from cvcore.recognition.datasets import SIDES, Data, load_clothes, load_digits
from cvcore.training.flags import add_flags, read_flags
from cvcore.training_lab import logs
from cvcore.training_lab.data import read_folders
from cvcore.training_lab.progress import Progress, Steering
from cvcore.training_lab.runs import Run, load_checkpoint
from cvcore.training_lab.settings import CHOICES, MAX_RATE, NUMBERS, WHOLE, Settings
from cvcore.training_lab.training import run

CURVES, EVENTS, CHECKPOINT = "curves.csv", "events.out.tfevents.0.lab", "run.safetensors"


def add_settings(parser: argparse.ArgumentParser) -> None:
    """An option for each setting; what is not given is None."""
    for field in fields(Settings):
        name, option = field.name, f"--{field.name.replace('_', '-')}"
        shown: dict[str, Any] = {"dest": name, "help": f"default: {field.default}"}
        if name in CHOICES:
            parser.add_argument(option, choices=CHOICES[name], **shown)
        elif isinstance(field.default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, **shown)
        elif name in WHOLE:
            parser.add_argument(option, type=whole(*WHOLE[name][1:]), **shown)
        elif name in NUMBERS:
            parser.add_argument(option, type=number(*NUMBERS[name][1:]), **shown)
        elif name == "rate":
            parser.add_argument(option, type=number(0, MAX_RATE, open_low=True), **shown)
        else:
            parser.add_argument(option, type=whole(0), **shown)


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="where curves and checkpoint go")
    parser.add_argument("--data", default="digits", help="digits, clothes, a zip file or a folder")
    parser.add_argument(
        "--look", choices=SIDES, default="colour", help="of pictures: 64, 28 or 128 wide"
    )
    parser.add_argument("--resume", type=input_file, help="a checkpoint to go on from")
    add_flags(parser, devices="1", precision="32-true")
    add_settings(parser)
    return parser.parse_args(arguments)


def load_data(options: argparse.Namespace) -> Data:
    """The pictures that are asked for; what is said of them goes to the console."""
    if options.data == "digits":
        return load_digits()
    if options.data == "clothes":
        return load_clothes(options.look)
    if not Path(options.data).exists():
        raise InputError(f"{options.data} is not there: name digits, clothes, a zip or a folder.")
    data = read_folders(options.data, look=options.look)
    for note in data.notes:
        print(note, file=sys.stderr)
    return data


def choose_settings(options: argparse.Namespace, resumed: Run | None) -> Settings:
    """Those of the checkpoint, or the usual ones, with what is given."""
    given = {field.name: getattr(options, field.name) for field in fields(Settings)}
    given = {name: value for name, value in given.items() if value is not None}
    return replace(resumed.settings if resumed else Settings(), **given)


@contextmanager
def stopping(steering: Steering) -> Iterator[None]:
    """Ctrl-C ends the run after the step under way."""
    before = signal.signal(signal.SIGINT, lambda *_: steering.stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def keep(progress: Progress, out: Path) -> None:
    """Curves, event file and checkpoint of a run's last state."""
    assert progress.run is not None
    (out / CURVES).write_text(logs.to_csv(progress), encoding="utf-8")
    (out / EVENTS).write_bytes(logs.to_events(progress))
    (out / CHECKPOINT).write_bytes(progress.run.to_checkpoint())


def describe(progress: Progress) -> str:
    return (
        f"epoch {progress.epoch} of {progress.settings.epochs}, step {progress.step}: "
        f"validation loss {progress.validation_loss[-1]:.4f}, "
        f"{progress.validation_accuracy[-1]:.1%} right"
    )


@command
def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    output_folder(options.out)
    resumed = load_checkpoint(options.resume.read_bytes()) if options.resume else None
    settings = choose_settings(options, resumed)
    data = load_data(options)
    steering = Steering()
    states: list[Progress] = []

    def show(progress: Progress) -> None:
        if not states or progress.epoch > states[-1].epoch:
            print(describe(progress), flush=True)
        states.append(progress)
        del states[:-1]

    with stopping(steering):
        run(settings, data, show, steering=steering, resume=resumed, trainer=read_flags(options))
    if not states:  # a process that is not the first: it has nothing to tell
        return
    (last,) = states
    keep(last, options.out)
    for mark in last.marks:
        print(f"step {mark.step}: {mark.text}")
    for what, score in (("as it ended", last.test), ("at its best", last.test_best)):
        if score:
            print(f"{score.accuracy:.1%} of {len(data.test)} test pictures, {what}")
    print(f"{options.out / CHECKPOINT}  {(options.out / CHECKPOINT).stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    sys.exit(main())

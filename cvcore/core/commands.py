"""What every command of the package shares: its words fit any console, and its faults one sentence.

A module's ``main(arguments)`` stands under ``@command``, and at its end ``sys.exit(main())``.
"""

import argparse
import codecs
import math
import os
import signal
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from cvcore.core.errors import InputError, SetupError

Main: TypeAlias = Callable[..., int]
Score = TypeVar("Score")

# What our texts hold beyond ASCII, for consoles that know no more; all else becomes a "?".
PLAIN = {
    "±": "+-", "×": "x", "·": "*", "−": "-", "–": "-", "—": "-", "…": "...", "→": "->", "≥": ">=",
    "≤": "<=", "≈": "~", "°": " degrees", "²": "^2", "µ": "u", "μ": "u", "“": '"', "”": '"',
    "‘": "'", "’": "'", "✓": "ok", "✗": "not ok", "\u00a0": " ", "\u202f": " ",
}  # fmt: skip


def _to_plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in letters), error.end


codecs.register_error("cvcore.plain", _to_plain)


def make_console_safe() -> None:
    """Let ``print`` write what the console's encoding lacks in plain letters, and never fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="cvcore.plain")


def command(work: Callable[..., int | None]) -> Main:
    """A command's ``main``, with every fault that is not the program's own said in one sentence.

    Returns its exit status: 0, or what ``work`` returns; 1 for an InputError, a SetupError or a
    file that cannot be read or written. argparse ends by itself with 2. Ctrl-C and a reader that
    has gone (``| head``) are quiet.
    """

    @wraps(work)
    def main(*args: object, **kwargs: object) -> int:
        make_console_safe()
        try:
            status = work(*args, **kwargs) or 0
            sys.stdout.flush()
        except (InputError, SetupError) as error:
            status = _refuse(str(error))
        except BrokenPipeError:
            status = 128 + signal.SIGPIPE if hasattr(signal, "SIGPIPE") else 1
            _drop_output()
        except KeyboardInterrupt:
            status = 128 + signal.SIGINT
        except OSError as error:
            if error.filename is None and error.errno is None:
                raise
            place = f"{error.filename}: " if error.filename is not None else ""
            status = _refuse(f"{place}{error.strerror or error}.")
        return status

    return main


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _drop_output() -> None:
    """Nobody reads any more: what is still to be flushed at the end goes nowhere."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # not a real file, as in tests
        return


@contextmanager
def reading(path: Path | None) -> Iterator[None]:
    """Whatever goes wrong while a package is taken apart says that it is another one."""
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, KeyError, StopIteration, ValueError) as error:
        if path is None:
            raise
        raise InputError(
            f"{path.name} is not the package that this command's description names "
            f"({type(error).__name__})."
        ) from error


def follow(states: Iterable[Any], kind: type[Score]) -> Score:
    """The score, of the given kind, that an evaluation ends with, and what it says meanwhile.

    On a console (done, in all) is shown as it goes; then the score's ``notes``, a line each.
    """
    score = None
    for state in states:
        if isinstance(state, kind):
            score = state
        elif sys.stderr.isatty():
            print(f"\r{state[0]} of {state[1]} pictures", end="", file=sys.stderr, flush=True)
    assert score is not None  # the last one is
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for note in getattr(score, "notes", ()):
        print(note, file=sys.stderr)
    return score


def output_folder(folder: Path) -> Path:
    """A folder to write into, made if it is not there; InputError if that cannot be.

    To be asked before the work whose results it is to take.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0")
    except FileExistsError:
        raise InputError(f"{folder} is a file: name a folder to write into.") from None
    except OSError as error:
        raise InputError(
            f"Nothing can be written into {folder} ({error.strerror}): name another folder."
        ) from None
    return folder


def output_file(path: Path) -> Path:
    """A file to write, its folder made if it is not there; InputError if that cannot be."""
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file to write.")
    output_folder(path.parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{path} may not be written: name another file.")
    return path


def input_file(text: str) -> Path:
    """For argparse: the path of a file that is there."""
    path = Path(text)
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "is not there"
        raise argparse.ArgumentTypeError(f"{text} {what}: name a file")
    return path


def input_folder(text: str) -> Path:
    """For argparse: the path of a folder that is there."""
    path = Path(text)
    if not path.is_dir():
        what = "is a file, not a folder" if path.exists() else "is not there"
        raise argparse.ArgumentTypeError(f"{text} {what}: name a folder")
    return path


def whole(low: int, high: int = 2**63 - 1) -> Callable[[str], int]:
    """For argparse: a whole number in [low, high]."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            limits = f"from {low} to {high}" if high < 2**31 else f"from {low} on"
            raise argparse.ArgumentTypeError(f"{text} is not a whole number {limits}")
        return number

    return read


def number(low: float, high: float = math.inf, *, open_low: bool = False) -> Callable[[str], float]:
    """For argparse: a finite number in [low, high]; with ``open_low`` above ``low``."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or not low <= value <= high or (open_low and value == low):
            limits = f"{'above' if open_low else 'from'} {low:g}"
            limits += f" to {high:g}" if high < math.inf else "" if open_low else " on"
            raise argparse.ArgumentTypeError(f"{text} is not a number {limits}")
        return value

    return read

"""Every write of this process noted, for tests that no picture of a face reaches a disk."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cvcore.core import images, samples

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


@dataclass
class Watched:
    """What has been opened for writing, renamed, linked or copied, but for devices; and the files
    that lie where programs put what they do not want to keep."""

    folders: tuple[Path, ...]
    writes: list[str] = field(default_factory=list)

    def list_files(self) -> set[Path]:
        return {path for folder in self.folders for path in folder.rglob("*") if path.is_file()}

    def note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = isinstance(flags, int) and flags & WRITES
            if (writes or set(str(mode or "")) & set("wax+")) and not _is_device(path):
                self.writes.append(f"open {path}")
        elif event in ("os.rename", "os.link", "shutil.copyfile"):
            self.writes.append(f"{event} {arguments[0]}")


def _is_device(path: Any) -> bool:
    return str(path).startswith(("/dev/", "/proc/"))


_watching: list[Watched] = []


@cache
def _start_hearing() -> None:
    """Once: a hook stays until the process ends."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    for watched in _watching:
        watched.note(event, arguments)


@contextmanager
def watch_writes(folder: Path) -> Iterator[Watched]:
    """Note every write of this process, which takes ``folder`` for its temporary files meanwhile.

    Libraries that are not Python write unheard: what they leave behind is found by its files.
    Modules that are first imported meanwhile are not compiled to a file.
    """
    _start_hearing()
    watched = Watched((folder, Path(os.environ["GRADIO_TEMP_DIR"])))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder))
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(sys, "dont_write_bytecode", True)
        _watching.append(watched)
        try:
            yield watched
        finally:
            _watching.remove(watched)


def to_uri(name: str) -> str:
    """A sample as a visitor would send it, with pixels that no other file has."""
    image = samples.load_sample(name).copy()
    image[:4, :4] = 7
    return images.to_data_uri(image, quality=88)

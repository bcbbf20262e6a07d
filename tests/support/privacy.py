"""The app with every write noted, for tests that no picture of a face reaches a disk."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cvcore import images, samples, weights
from tests.support.server import run_app

# Runs in the app's process before anything else, and notes every file opened for writing.
WATCHER = """
import os, sys
log = os.open(os.environ["WATCH_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if (isinstance(flags, int) and flags & WRITES) or set(str(mode or "")) & set("wax+"):
            os.write(log, f"{path}\\n".encode())
    elif event in ("os.rename", "os.link", "shutil.copyfile"):
        os.write(log, f"{event} {arguments[0]}\\n".encode())
sys.addaudithook(watch)
"""


@dataclass(frozen=True)
class Watched:
    """The app's address, the log of its writes, and the folders that it may write to by name."""

    url: str
    log: Path
    folders: dict[str, Path]

    def read_writes(self) -> list[str]:
        """The paths opened for writing so far, but for devices."""
        lines = self.log.read_text().splitlines()
        return [line for line in lines if not line.startswith(("/dev/", "/proc/"))]

    def list_files(self, *, but: str = "") -> set[Path]:
        """All files in these folders, but those of one."""
        folders = [folder for name, folder in self.folders.items() if name != but]
        return {path for folder in folders for path in folder.rglob("*") if path.is_file()}


@contextmanager
def watch_app(folder: Path, topic: str, *, networks: str = "") -> Iterator[Watched]:
    """The app with one lesson, in a process whose writes are noted.

    Exported networks that the session's cache has, and that match ``networks``, lie in its cache.
    """
    folders = {name: folder / name for name in ("gradio", "temp", "cache", "site")}
    for made in folders.values():
        made.mkdir()
    (folders["cache"] / "onnx").mkdir()
    for network in (weights.cache_dir() / "onnx").glob(networks) if networks else ():
        shutil.copy(network, folders["cache"] / "onnx")
    site, log = folders.pop("site"), folder / "writes.log"
    (site / "sitecustomize.py").write_text(WATCHER)
    env = {
        "PYTHONPATH": str(site),
        "PYTHONDONTWRITEBYTECODE": "1",
        "WATCH_LOG": str(log),
        "GRADIO_TEMP_DIR": str(folders["gradio"]),
        "TMPDIR": str(folders["temp"]),
        "GLASSBOX_CACHE": str(folders["cache"]),
    }
    with run_app(folder, topic, **env) as app:
        yield Watched(app.url, log, folders)


def to_uri(name: str) -> str:
    """A sample as a visitor would send it, with pixels that no other file has."""
    image = samples.load_sample(name).copy()
    image[:4, :4] = 7
    return images.to_data_uri(image, quality=88)

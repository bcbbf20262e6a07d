"""What of the machine is seen to before the page is built: streams, folders, the address.

A service's user may have no home, no console and no folder that it may write to; whoever starts the
page reads in one sentence what is missing. Nothing here imports Gradio, which settles where it
writes as it is imported.
"""

import atexit
import errno
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cvcore.core.errors import SetupError

NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def open_streams() -> None:
    """A service may start without any: then they lead nowhere, instead of into the next file that
    is opened. What a console cannot show is written as it can."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest that is free: this one
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def drop_empty_home() -> None:
    """An empty HOME is none, as some services have it: to Python it would be the root folder."""
    if os.environ.get("HOME") == "":
        del os.environ["HOME"]


@contextmanager
def without_proxies() -> Iterator[None]:
    """For Gradio's import and its start, at which it asks its own page once: no proxy may answer.

    Exceptions from a proxy are of no help: the library that Gradio asks by takes offence at some,
    and at proxies of a kind for which it lacks a part, whatever the address. All are put back.
    """
    kept = {name: text for name, text in os.environ.items() if name.lower().endswith("_proxy")}
    for name in kept:
        del os.environ[name]
    os.environ["NO_PROXY"] = "*"  # nor one of the system's settings
    try:
        yield
    finally:
        del os.environ["NO_PROXY"]
        os.environ.update(kept)


def prepare_temp_folder() -> None:
    """A folder for visitors' files that is ours alone, by ``GRADIO_TEMP_DIR`` where that is set.

    Gradio's own is ``gradio`` in the folder for temporary files: on a machine with several users it
    belongs to whoever came first.
    """
    chosen = os.environ.get("GRADIO_TEMP_DIR")
    if chosen:
        if not _can_write(Path(chosen)):
            raise SetupError(f"GRADIO_TEMP_DIR is {chosen!r}, where nothing can be written.")
        return
    try:
        base = tempfile.gettempdir()
    except OSError:
        raise SetupError(
            "There is no folder for temporary files: set TMPDIR to one that can be written to."
        ) from None
    folder = Path(base, "gradio")
    if not _is_own(folder):
        folder = Path(tempfile.mkdtemp(prefix="glassbox-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)


def _can_write(folder: Path) -> bool:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _is_own(folder: Path) -> bool:
    """A folder, not a link to one, that belongs to this user and can be written to."""
    if not _can_write(folder) or folder.is_symlink():
        return False
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()


def check_address(host: str, port: int) -> None:
    """Raise ``SetupError``, naming the option, where the page cannot be served there."""
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise SetupError(
            f"--host {host}: this name is not known here; take an address of this computer, "
            "or 0.0.0.0 for all."
        ) from None
    family, kind, protocol, _, place = places[0]
    try:
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":  # there it would share a port in use
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                with suppress(OSError):
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(place)
            probe.listen()
    except OSError as error:
        raise SetupError(_describe(error, host, port)) from None


def _describe(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else port - 1
        return f"--port {port}: another program uses it already; take another, such as {other}."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"--port {port}: this user may not serve there; take one from 1024 on."
    if error.errno in NOT_HERE:
        return (
            f"--host {host}: this is not an address of this computer; take one that is, "
            "or 0.0.0.0 for all."
        )
    return f"--host {host} --port {port}: the page cannot be served there ({error.strerror})."

"""Weights that are not bundled, fetched into the cache folder and checked against their hash."""

import hashlib
import os
import socket
import tempfile
import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlparse

from cvcore.core.errors import InputError, SetupError, is_disk_full
from cvcore.engine.registry import Weight, get_weight, is_available, is_intact

CONNECT_SECONDS = 4  # without a network the visitor is told so after this long
READ_SECONDS = 20


def fetch(name: str, *, progress: Callable[[float], None] | None = None) -> None:
    """Download a weight into the cache folder and check its hash; does nothing if it is there.

    One that is there but damaged is downloaded again.

    ``progress`` is called with the share done, 0 to 1. Raises InputError, in one sentence, within
    a few seconds when the server cannot be reached, or when the download breaks off.
    """
    weight = get_weight(name)
    if is_intact(name) or (weight.is_bundled and is_available(name)):
        return
    if weight.is_bundled:
        raise SetupError(f"A file of the bundled weight {name} is missing: put it back.")
    _check_reachable(weight)
    (path,) = weight.paths
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        digest = hashlib.sha256()
        with (
            urllib.request.urlopen(weight.url, timeout=READ_SECONDS) as answer,
            os.fdopen(handle, "wb") as file,
        ):
            total, done = int(answer.headers.get("Content-Length") or 0), 0
            while chunk := answer.read(1 << 18):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(min(done / (total or weight.megabytes * 1e6 or done), 1.0))
        if total and done != total:
            raise OSError("the connection ended early")
        if not digest.hexdigest().startswith(weight.sha256[0]):
            raise InputError(
                f"The download of {weight.title} arrived damaged: "
                "try again, or use the bundled model."
            )
        os.replace(part, path)
    except (OSError, HTTPException) as error:
        if is_disk_full(error):
            raise InputError(
                f"There is no room on the disk for {weight.title}: use the bundled model."
            ) from error
        raise InputError(
            f"The download of {weight.title} broke off: try again, or use the bundled model."
        ) from error
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)


def _check_reachable(weight: Weight) -> None:
    """Open a connection in a thread: name look-ups have no time-out of their own."""
    address = urlparse(weight.url)
    port = address.port or (443 if address.scheme == "https" else 80)
    reached = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection((address.hostname, port), timeout=CONNECT_SECONDS).close()
            reached.set()
        except OSError:
            pass

    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    if not reached.is_set():
        raise InputError(
            f"{weight.title} cannot be downloaded without a network: use the bundled model."
        )

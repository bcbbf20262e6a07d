"""Menus of models, and fetching one when it is first chosen."""

import threading
from collections.abc import Iterator

from cvcore.core.errors import InputError
from cvcore.engine import download, registry


def list_models(task: str) -> list[tuple[str, str]]:
    """(text, name) of every model for a lesson, as a menu shows them; bundled ones first."""
    choices = []
    for name in registry.list_names(task):
        row = registry.get_weight(name)
        note = "" if row.is_bundled else f" (download, {row.megabytes:.0f} MB)"
        choices.append((row.title + note, name))
    return choices


def fetch_model(name: str) -> Iterator[str]:
    """Download a model's weights, yielding a sentence at least twice a second.

    Ends at once for a model that is here. Raises ``InputError`` when the download fails. Closing
    the generator breaks the download off.
    """
    if registry.is_intact(name):
        return
    title = registry.get_weight(name).title
    done, failure, stopped = [0.0], [], threading.Event()

    def report(share: float) -> None:
        if stopped.is_set():
            raise InputError("The download was stopped.")
        done[0] = share

    def work() -> None:
        try:
            download.fetch(name, progress=report)
        except Exception as error:
            failure.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            yield f"Downloading {title}: {done[0]:.0%}"
            thread.join(0.4)
    finally:
        stopped.set()
    if failure:
        raise failure[0]

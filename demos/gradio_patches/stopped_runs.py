"""What was stopped is no error.

For each run that is stopped the server sends a last message, as if it had answered, without an
answer. The page fails to read it: it shows "Error" over what was drawn so far, and closes the
stream that its other runs wait at. Whether the message or the end of the stop is there first is
chance. Told that there is none, the page leaves it at that.

Upstream: no issue yet; its text is in docs/UPSTREAM.md.
Without it: "Error" may stand over a drawing that was stopped.
"""

from typing import Any

from gradio.server_messages import ProcessCompletedMessage

_begin = ProcessCompletedMessage.__init__


def _tell(message: ProcessCompletedMessage, **values: Any) -> None:
    if values.get("output") == {}:
        values["success"] = False
    _begin(message, **values)


def apply() -> None:
    """For every page of this process, from now on."""
    ProcessCompletedMessage.__init__ = _tell  # type: ignore[method-assign]

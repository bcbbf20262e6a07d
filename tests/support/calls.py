"""Calls of the API by name, as any program sends them, and what an answer must look like."""

import json
import re
import time
from typing import Any

import httpx

from demos.server.errors import UNEXPECTED
from tests.support.server import PATIENCE_SECONDS


def encode(values: list) -> bytes:
    """JSON as a careless caller writes it: with NaN and Infinity as they are."""
    text = json.dumps({"data": values})
    return re.sub(r'"(NaN|-Infinity)"', r"\1", text).encode()


def call(api: httpx.Client, name: str, values: list) -> tuple[str, str]:
    """The first event that says anything ("generating", "complete", "error"), and its data.

    A server that refuses the request itself must do so with a client's error, not its own.
    """
    headers = {"content-type": "application/json"}
    sent = api.post(f"/call/{name}", content=encode(values), headers=headers)
    if sent.status_code != 200:
        assert 400 <= sent.status_code < 500, sent.text
        return "refused", sent.text
    kind, deadline = "", time.monotonic() + PATIENCE_SECONDS
    with api.stream("GET", f"/call/{name}/{sent.json()['event_id']}") as answer:
        for line in answer.iter_lines():  # among them a heartbeat now and then
            assert time.monotonic() < deadline, f"{name} hangs"
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: ") and kind != "heartbeat":
                return kind, line.removeprefix("data: ")
    raise AssertionError("The answer ended without a word.")


def find_fault(kind: str, text: str) -> str:
    """What is wrong with such an answer, "" where it is as it should be."""
    if "Traceback" in text or "root:" in text:  # the program's insides, a file of the system
        return text
    if kind == "error":
        answer: Any = json.loads(text)
        sentence = answer if isinstance(answer, str) else answer["error"]
        if not is_clear(sentence):
            return text
    return ""


def is_clear(sentence: str | None) -> bool:
    """True for a sentence of ours, but not for the one about what nobody foresaw."""
    if not sentence or UNEXPECTED in sentence:
        return False
    return bool(re.fullmatch(r"[A-Z0-9\"'].*[.!?]", sentence, re.DOTALL))

"""A visitor by HTTP alone: what a browser on the page sends and waits for, without the browser.

``Visitor`` waits for its answers, ``AsyncVisitor`` lets thousands of others go on meanwhile.
"""

import asyncio
import base64
import json
import uuid
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from cvcore.core import samples

PATIENCE_SECONDS = 120
PICTURES = ("image", "safeimage")
UPLOAD = "upload"


def said(message: dict) -> str:
    """The sentence of a call that failed."""
    return message["output"]["error"]


class Refused(RuntimeError):
    """The server answered with an error; its text is the sentence that the page would show."""


class Script:
    """What the page says of itself, and the requests that follow from it."""

    def __init__(self, config: dict, info: dict) -> None:
        self.functions = {row["api_name"]: row for row in config["dependencies"] if row["api_name"]}
        self.parts = {part["id"]: part for part in config["components"]}
        self.rows = config["dependencies"]
        self.parameters = {
            name.strip("/"): row["parameters"] for name, row in info["named_endpoints"].items()
        }
        self.session = uuid.uuid4().hex[:10]

    def ask(self, name: str, picture: dict, changed: dict[str, Any]) -> dict[str, Any]:
        """A call with the page's usual values; a picture comes first where one is asked for."""
        given = iter(
            picture
            if index == 0 and row["component"].lower() in PICTURES
            else changed.get(row["parameter_name"], row.get("parameter_default"))
            for index, row in enumerate(self.parameters[name])
        )
        function = self.functions[name]
        # The session's own values have no place in the description, but one in the call.
        hidden = [self.parts[part].get("skip_api") for part in function["inputs"]]
        return {
            "data": [None if own else next(given) for own in hidden],
            "fn_index": function["id"],
            "session_hash": self.session,
        }

    def fire(self, elem_id: str, event: str, data: dict[str, Any]) -> dict[str, Any]:
        """What a part of the page's own fires, with its data."""
        (part,) = (one for one, row in self.parts.items() if row["props"].get("elem_id") == elem_id)
        (row,) = (row for row in self.rows if [part, event] in row["targets"])
        return {
            "data": [None] * len(row["inputs"]),
            "fn_index": row["id"],
            "session_hash": self.session,
            "event_data": data,
            "trigger_id": part,
        }

    def film(self, topic: str, frame: dict[str, Any]) -> dict[str, Any]:
        """One webcam frame with the page's usual values."""
        exchanges = {
            row["targets"][0][0]: row["inputs"]
            for row in self.rows
            if row["targets"] and row["targets"][0][1] == "exchange"
        }
        fields = exchanges[self._find_camera(topic)]
        values = [self.parts[part]["props"].get("value") for part in fields]
        return self.question(topic, "frame", frame | {"values": values})

    def question(self, topic: str, name: str, data: Any) -> dict[str, Any]:
        """What a lesson's webcam asks the server beside the queue."""
        return {
            "data": data,
            "component_id": self._find_camera(topic),
            "fn_name": name,
            "session_hash": self.session,
        }

    def _find_camera(self, topic: str) -> Any:
        return next(
            name
            for name, part in self.parts.items()
            if f'id="{topic}-live"' in str(part["props"].get("html_template"))
        )


def read_sample(name: str) -> bytes:
    return samples.index()[name].path.read_bytes()


def to_file(path: str) -> dict[str, Any]:
    """An uploaded file as calls name it."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


class Visitor:
    """What a browser does: it joins the queue and listens, with a session of its own."""

    def __init__(self, url: str, picture: str = "chelsea") -> None:
        self.client = httpx.Client(base_url=f"{url}/gradio_api", timeout=PATIENCE_SECONDS)
        self.script = Script(httpx.get(f"{url}/config").json(), self.client.get("/info").json())
        sent = self.client.post(f"/{UPLOAD}", files={"files": ("own.jpg", read_sample(picture))})
        self.picture = to_file(*sent.raise_for_status().json())

    def send(self, body: dict[str, Any]) -> str:
        """Join the queue; returns the event's name."""
        return self.client.post("/queue/join", json=body).raise_for_status().json()["event_id"]

    def join(self, name: str, **changed: Any) -> str:
        """Ask for a call with the page's usual values; returns the event's name."""
        return self.send(self.script.ask(name, self.picture, changed))

    def trigger(self, elem_id: str, event: str, **data: Any) -> dict:
        """What a part of the page's own fires; returns the handler's answer."""
        self.send(self.script.fire(elem_id, event, data))
        return self.wait_for("process_completed")

    def listen(self) -> Iterator[dict]:
        path = f"/queue/data?session_hash={self.script.session}"
        with self.client.stream("GET", path) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    def wait_for(self, *kinds: str) -> dict:
        for message in self.listen():
            if message["msg"] in kinds:
                return message
        raise AssertionError("The server hung up.")

    def cancel(self, name: str, event: str) -> None:
        body = {
            "session_hash": self.script.session,
            "fn_index": self.script.functions[name]["id"],
            "event_id": event,
        }
        self.client.post("/cancel", json=body).raise_for_status()

    def complete(self, name: str, **changed: Any) -> dict:
        self.join(name, **changed)
        return self.wait_for("process_completed")

    def leave(self) -> None:
        self.client.close()


class AsyncVisitor:
    """One of many sessions at once: it uploads its picture, calls by name, streams a webcam."""

    def __init__(self, client: httpx.AsyncClient, picture: str) -> None:
        self.client, self.data = client, read_sample(picture)
        self.file: dict[str, Any] = {}

    async def arrive(self) -> None:
        """Read what the page offers and upload the picture."""
        config = (await self.client.get("/config")).raise_for_status().json()
        info = (await self.client.get("/gradio_api/info")).raise_for_status().json()
        self.script = Script(config, info)
        files = {"files": ("own.jpg", self.data)}
        sent = await self.client.post(f"/gradio_api/{UPLOAD}", files=files)
        self.file = to_file(*sent.raise_for_status().json())
        url = f"data:image/jpeg;base64,{base64.b64encode(self.data).decode()}"
        self.frame = {"number": 1, "src": url}

    @asynccontextmanager
    async def staying(self):
        """The page is open; when it closes, the server lets go of what the session kept."""

        async def beat() -> None:
            path = f"/gradio_api/heartbeat/{self.script.session}"
            async with self.client.stream("GET", path, timeout=None) as answer:
                async for _ in answer.aiter_bytes():
                    pass

        task = asyncio.create_task(beat())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, httpx.HTTPError):
                await task

    async def call(self, name: str, **changed: Any) -> dict[str, Any]:
        """One call with the page's usual values, to its end; returns its last message."""
        last: dict[str, Any] = {}
        async for message in self.follow(name, **changed):
            last = message
        return last

    async def follow(self, name: str, **changed: Any):
        """The messages of one call: its place in the queue, previews, and the end."""
        body = self.script.ask(name, self.file, changed)
        sent = await self.client.post("/gradio_api/queue/join", json=body)
        if sent.status_code != 200:
            raise Refused(f"{sent.status_code} {sent.text[:120]}")
        event = sent.json()["event_id"]
        path = f"/gradio_api/queue/data?session_hash={self.script.session}"
        async with self.client.stream("GET", path) as answer:
            done, error = False, ""
            # To the end: a stream left too early would swallow the next call's messages.
            async for line in answer.aiter_lines():
                message = json.loads(line.removeprefix("data: ")) if line.strip() else {}
                if message.get("event_id") != event:
                    continue
                done = message["msg"] == "process_completed"
                if done and not message["success"]:
                    error = str(message["output"]["error"])
                else:
                    yield message
        if error or not done:
            raise Refused(error or "The answer broke off.")

    async def send_frame(self, topic: str) -> dict[str, Any]:
        """One webcam frame with the page's usual values, beside the queue, as the page does it."""
        body = self.script.film(topic, self.frame)
        sent = await self.client.post("/gradio_api/component_server", json=body)
        answer = sent.raise_for_status().json()
        if "src" not in answer:
            raise Refused(answer.get("said", "no picture"))
        return answer

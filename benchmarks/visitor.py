"""A visitor by HTTP alone: what a browser on the page sends and waits for, without the browser."""

import asyncio
import base64
import json
import uuid
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from cvcore import samples

PICTURES = ("image", "safeimage")


class Refused(RuntimeError):
    """The server answered with an error; its text is the sentence that the page would show."""


class Visitor:
    """One session: it uploads its picture, calls endpoints by name, streams a webcam."""

    def __init__(self, client: httpx.AsyncClient, picture: str) -> None:
        self.client, self.picture = client, picture
        self.session = uuid.uuid4().hex[:10]
        self.file: dict[str, Any] = {}

    async def arrive(self) -> None:
        """Read what the page offers and upload the picture."""
        config = (await self.client.get("/config")).raise_for_status().json()
        api = (await self.client.get("/gradio_api/info")).raise_for_status().json()
        self.parameters = {
            name.strip("/"): row["parameters"] for name, row in api["named_endpoints"].items()
        }
        self.functions = {row["api_name"]: row for row in config["dependencies"] if row["api_name"]}
        self.components = {part["id"]: part for part in config["components"]}
        self.exchanges = {
            row["targets"][0][0]: row["inputs"]
            for row in config["dependencies"]
            if row["targets"] and row["targets"][0][1] == "exchange"
        }
        data = samples.index()[self.picture].path.read_bytes()
        sent = await self.client.post("/gradio_api/upload", files={"files": ("own.jpg", data)})
        (path,) = sent.raise_for_status().json()
        self.file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        url = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
        self.frame = {"number": 1, "src": url}

    @asynccontextmanager
    async def staying(self):
        """The page is open; when it closes, the server lets go of what the session kept."""

        async def beat() -> None:
            path = f"/gradio_api/heartbeat/{self.session}"
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
        function = self.functions[name]
        given = iter(
            self.file
            if index == 0 and row["component"].lower() in PICTURES
            else changed.get(row["parameter_name"], row.get("parameter_default"))
            for index, row in enumerate(self.parameters[name])
        )
        body = {
            # The session's own values have no place in the description, but one in the call.
            "data": [
                None if self.components[part].get("skip_api") else next(given)
                for part in function["inputs"]
            ],
            "fn_index": function["id"],
            "session_hash": self.session,
        }
        sent = await self.client.post("/gradio_api/queue/join", json=body)
        if sent.status_code != 200:
            raise Refused(f"{sent.status_code} {sent.text[:120]}")
        event = sent.json()["event_id"]
        path = f"/gradio_api/queue/data?session_hash={self.session}"
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
        camera = next(
            part
            for part in self.components.values()
            if f'id="{topic}-live"' in str(part["props"].get("html_template"))
        )
        fields = [self.components[part]["props"] for part in self.exchanges[camera["id"]]]
        body = {
            "data": self.frame | {"values": [field.get("value") for field in fields]},
            "component_id": camera["id"],
            "fn_name": "frame",
            "session_hash": self.session,
        }
        sent = await self.client.post("/gradio_api/component_server", json=body)
        answer = sent.raise_for_status().json()
        if "src" not in answer:
            raise Refused(answer.get("said", "no picture"))
        return answer

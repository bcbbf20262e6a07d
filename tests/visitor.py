"""A visitor as a browser is one, for tests: with a session of its own, events and streams."""

import json
import uuid
from collections.abc import Iterator

import httpx

from cvcore import samples

PATIENCE_SECONDS = 90


def said(message: dict) -> str:
    """The sentence of a call that failed."""
    return message["output"]["error"]


class Visitor:
    """What a browser does: it joins the queue and listens."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=f"{url}/gradio_api", timeout=PATIENCE_SECONDS)
        self.session = uuid.uuid4().hex[:10]
        config = httpx.get(f"{url}/config").json()
        self.functions = {row["api_name"]: row for row in config["dependencies"] if row["api_name"]}
        self.config = config
        self.hidden = {part["id"] for part in config["components"] if part.get("skip_api")}
        self.described = self.client.get("/info").json()["named_endpoints"]
        data = samples.index()["chelsea"].path.read_bytes()
        (path,) = self.client.post("/upload", files={"files": ("cat.jpg", data)}).json()
        self.picture = {"path": path, "meta": {"_type": "gradio.FileData"}}

    def join(self, name: str, **changed) -> str:
        """Ask for a call with the page's usual values; returns the event's name."""
        given = iter(
            self.picture
            if index == 0 and "image" in parameter["component"].lower()
            else changed.get(parameter["parameter_name"], parameter.get("parameter_default"))
            for index, parameter in enumerate(self.described[f"/{name}"]["parameters"])
        )
        function = self.functions[name]
        # What the description leaves out, as the session's own values, still has its place.
        values = [None if part in self.hidden else next(given) for part in function["inputs"]]
        body = {"data": values, "fn_index": function["id"], "session_hash": self.session}
        return self.client.post("/queue/join", json=body).raise_for_status().json()["event_id"]

    def trigger(self, elem_id: str, event: str, **data) -> dict:
        """What a part of the page's own fires, with its data; returns the handler's answer."""
        (part,) = (
            p["id"] for p in self.config["components"] if p["props"].get("elem_id") == elem_id
        )
        (row,) = (row for row in self.config["dependencies"] if [part, event] in row["targets"])
        body = {
            "data": [None] * len(row["inputs"]),
            "fn_index": row["id"],
            "session_hash": self.session,
            "event_data": data,
            "trigger_id": part,
        }
        self.client.post("/queue/join", json=body).raise_for_status()
        return self.wait_for("process_completed")

    def listen(self) -> Iterator[dict]:
        with self.client.stream("GET", f"/queue/data?session_hash={self.session}") as answer:
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
            "session_hash": self.session,
            "fn_index": self.functions[name]["id"],
            "event_id": event,
        }
        self.client.post("/cancel", json=body).raise_for_status()

    def complete(self, name: str, **changed) -> dict:
        self.join(name, **changed)
        return self.wait_for("process_completed")

    def leave(self) -> None:
        self.client.close()

"""Webcams beside a class: switched off, answered by the server, or by their visitors' browsers.

The same pupils click as in ``benchmarks.load`` each time. A visitor whose browser answers does what
the page does then, but for the network itself: it opens the page, asks where all lies, loads
engine, graph and weights as they travel, packed, and sends no frame. Half-way through, each of them
opens the page anew, and asks for nothing again that it was told to keep. Of the page its document
is counted; ``python -m benchmarks page`` weighs what a real browser loads besides.
"""

import argparse
import asyncio
import gzip
import os
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from benchmarks.crowd import (
    CAMERA,
    LIGHT,
    PICTURES,
    Record,
    arrive,
    connect,
    film,
    read_cpu,
    teach,
    timed,
)
from tests.support.visitor import AsyncVisitor, Refused

OFF, SERVER, BROWSER = PLACES = ("off", "server", "browser")
NETWORK = {"name": "efficientnet_lite0"}  # what the lesson ``CAMERA`` opens
OPENINGS = ("first opening", "second opening")
KINDS = ("page", "scripts", "engine", "network", "questions")
SEED = 0  # of the pupils' pauses, the same each time


@dataclass
class Hour:
    """What happened while the webcams were at one ``place``."""

    place: str
    records: dict[str, Record] = field(default_factory=lambda: defaultdict(Record))
    moved: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))  # bytes
    requests: Counter[str] = field(default_factory=Counter)
    cpu_seconds_a_minute: float = 0.0
    seconds: float = 0.0


class OwnBrowser:
    """A visitor whose browser answers the webcam, and what that browser keeps."""

    def __init__(self, visitor: AsyncVisitor) -> None:
        self.visitor, self.kept = visitor, dict[str, bytes]()

    async def open(self, hour: Hour, opening: str) -> None:
        """All that goes to and fro until the first frame could be answered."""
        self.hour, self.opening = hour, opening
        await self._load("page", f"/?tab={CAMERA}")
        setup = await self._ask("setup", None)
        for part in ("worker", "lesson"):
            await self._load_module(setup[part])
        # what uses a GPU is for browsers that have one
        engine = (setup["engine"][kind] for kind in ("script", "loader", "program"))
        await asyncio.gather(*(self._load("engine", f"/{address}") for address in engine))
        await self._ask("ask", None)
        parts = await self._ask("network", NETWORK)
        while "waiting" in parts:
            await asyncio.sleep(0.5)
            parts = await self._ask("network", NETWORK)
        both = (parts["graph"], parts["weights"])
        await asyncio.gather(*(self._load("network", f"/{address}") for address in both))

    async def _load_module(self, address: str) -> None:
        data = await self._load("scripts", f"/{address}")
        for inner in re.findall(r"from\s+'(?:\.\./)+([^']+)'", data.decode()):
            await self._load_module(inner)

    async def _load(self, kind: str, path: str) -> bytes:
        """A file as it travels; what the browser was told to keep is not asked for again."""
        if path in self.kept:
            return self.kept[path]
        headers = {"accept-encoding": "gzip, deflate, br"}
        async with self.visitor.client.stream("GET", path, headers=headers) as answer:
            answer.raise_for_status()
            raw = [part async for part in answer.aiter_raw()]
        data = b"".join(raw) if kind == "scripts" else b""
        if data and answer.headers.get("content-encoding") == "gzip":
            data = gzip.decompress(data)
        if "immutable" in answer.headers.get("cache-control", ""):
            self.kept[path] = data
        self._count(kind, sum(map(len, raw)))
        return data

    async def _ask(self, name: str, data: object) -> dict:
        body = self.visitor.script.question(CAMERA, name, data)
        sent = await self.visitor.client.post("/gradio_api/component_server", json=body)
        answer = sent.raise_for_status().json()
        if "said" in answer:
            raise Refused(answer["said"])
        self._count("questions", sent.num_bytes_downloaded)
        return answer

    def _count(self, kind: str, size: int) -> None:
        self.hour.moved[self.opening][kind] += size
        self.hour.requests[self.opening] += 1


async def open_twice(visitors: Sequence[AsyncVisitor], hour: Hour) -> None:
    """All at once, as a class is told to; and once more, as on another day."""
    browsers = [OwnBrowser(visitor) for visitor in visitors]

    async def open_once(browser: OwnBrowser, opening: str) -> None:
        async with browser.visitor.staying():
            await timed(hour.records[opening], browser.open(hour, opening))

    for opening in OPENINGS:
        await asyncio.gather(*(open_once(browser, opening) for browser in browsers))


async def stay(visitor: AsyncVisitor, until: float) -> None:
    """What a page does whose camera is answered in the browser: it stays."""
    async with visitor.staying():
        await asyncio.sleep(max(0, until - time.perf_counter()))


async def spend(
    client: httpx.AsyncClient, place: str, options: argparse.Namespace, pid: int
) -> Hour:
    """The class with its webcams at one place, and what the server's process took for it.

    Everybody has opened the page by then, and browsers have what they answer with.
    """
    hour = Hour(place)
    pupils, owners = await arrive(client, options.clients), await arrive(client, options.cameras)
    if place == BROWSER:
        await open_twice(owners, hour)
    random.seed(SEED)
    used, start = read_cpu(pid), time.perf_counter()
    until = start + options.seconds
    works = [teach(pupils, hour.records, until, options.pause, long=options.long)]
    if place == SERVER:
        works += [film(owner, hour.records, until) for owner in owners]
    elif place == BROWSER:
        works += [stay(owner, until) for owner in owners]
    await asyncio.gather(*works)
    hour.seconds = time.perf_counter() - start
    hour.cpu_seconds_a_minute = 60 * (read_cpu(pid) - used) / hour.seconds
    return hour


async def compare(url: str, options: argparse.Namespace, pid: int) -> bool:
    """The places one after the other; True when nothing failed."""
    async with connect(url) as client:
        await warm_up(client)
        hours = []
        for place in options.where:
            print(f"webcams: {place} ...", flush=True)
            hours.append(await spend(client, place, options, pid))
    report(hours, options)
    return not any(record.errors for hour in hours for record in hour.records.values())


async def warm_up(client: httpx.AsyncClient) -> None:
    """Everything that is asked later, once: networks are exported, loaded, and packed."""
    for visitor in await arrive(client, len(PICTURES)):
        async with visitor.staying():
            for name in LIGHT:
                await visitor.call(name)
            await visitor.send_frame(CAMERA)
            await OwnBrowser(visitor).open(Hour(BROWSER), OPENINGS[0])


def report(hours: list[Hour], options: argparse.Namespace) -> None:
    print(f"\n{options.cameras} webcams beside {options.clients} clients, a click every "
          f"{options.pause:.0f} s, {options.long} of them with long work; {options.seconds:.0f} s "
          "each")  # fmt: skip
    print(f"load average at the end {os.getloadavg()[0]:.1f}\n")
    heads = [f"{hour.place}: p50 s, p95 s (answers)" for hour in hours]
    print("| webcams |", " | ".join(heads), "|\n|---|" + "---:|" * len(hours))
    for name in dict.fromkeys(name for hour in hours for name in hour.records):
        print(f"| {name} |", " | ".join(describe(hour.records.get(name)) for hour in hours), "|")
    clicks = [Record([s for name in LIGHT for s in hour.records[name].seconds]) for hour in hours]
    print("| all clicks |", " | ".join(map(describe, clicks)), "|")
    cells = [f"{hour.cpu_seconds_a_minute:.1f} s" for hour in hours]
    print("| the server's processor time a minute |", " | ".join(cells), "|")
    frames = [len(hour.records["webcam frame"].seconds) / hour.seconds for hour in hours]
    print("| webcam frames a second, all together |", " | ".join(f"{n:.1f}" for n in frames), "|")
    for hour in hours:
        for name, record in hour.records.items():
            for text in sorted(set(record.errors))[:9]:
                print(f"{hour.place}, {name}: {text}")
        if hour.moved:
            report_bytes(hour, options.cameras)


def describe(record: Record | None) -> str:
    if record is None or not (record.seconds or record.errors):
        return ""
    failed = f", {len(record.errors)} failed" if record.errors else ""
    return (f"{record.percentile(0.5):.2f}, {record.percentile(0.95):.2f} "
            f"({len(record.seconds)}{failed})")  # fmt: skip


def report_bytes(hour: Hour, count: int) -> None:
    print(f"\n| {count} times, MB |", " | ".join(KINDS), "| all | requests |")
    print("|---|" + "---:|" * (len(KINDS) + 2))
    for opening in OPENINGS:
        moved = hour.moved[opening]
        cells = [moved[kind] for kind in KINDS] + [moved.total()]
        print(f"| {opening} |", " | ".join(f"{size / 1e6:.2f}" for size in cells),
              f"| {hour.requests[opening]} |")  # fmt: skip

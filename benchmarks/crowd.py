"""A class by HTTP: what its visitors do, and what each of them waits."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from tests.support.visitor import AsyncVisitor, Refused

LIGHT = ("classification", "detection", "saliency", "style_transfer")
LONG = ("deep_dream", "style_transfer_steps")
CAMERA = "classification"
LEAST_GAP = 0.04  # seconds between webcam frames, as in the page
PICTURES = ("coffee", "astronaut", "chelsea", "rocket")
PATIENCE_SECONDS = 120


@dataclass
class Record:
    """What one kind of request met with."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def timed(record: Record, work) -> None:
    start = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await work
        record.seconds.append(time.perf_counter() - start)
    except (Refused, httpx.HTTPError, TimeoutError) as error:
        record.errors.append(f"{type(error).__name__}: {error}")


async def follow(visitor: AsyncVisitor, name: str, records: dict) -> None:
    """One call; where its answer grows before one's eyes, the first preview is noted too."""
    start, waiting = time.perf_counter(), True
    async for message in visitor.follow(name):
        if waiting and message["msg"] == "process_generating":
            waiting = False
            records[f"{name}, first preview"].seconds.append(time.perf_counter() - start)


async def study(visitor: AsyncVisitor, records: dict, until: float, pause: float) -> None:
    """A pupil: one thing after the other, from any of them on, with pauses."""
    async with visitor.staying():
        await asyncio.sleep(random.uniform(0, pause))
        turn = random.randrange(len(LIGHT))
        while time.perf_counter() < until:
            name = LIGHT[turn % len(LIGHT)]
            await timed(records[name], follow(visitor, name, records))
            turn += 1
            await asyncio.sleep(random.uniform(0.5, 1.5) * pause)


async def dream(visitor: AsyncVisitor, records: dict, pause: float) -> None:
    """A pupil with long work, until the bell."""
    async with visitor.staying():
        while True:
            for name in LONG:
                await timed(records[name], follow(visitor, name, records))
                await asyncio.sleep(random.uniform(0.5, 1.5) * pause)


async def film(visitor: AsyncVisitor, records: dict, until: float) -> None:
    """A webcam: the next frame goes out when the last one's picture is there."""
    async with visitor.staying():
        while time.perf_counter() < until:
            start = time.perf_counter()
            await timed(records["webcam frame"], visitor.send_frame(CAMERA))
            await asyncio.sleep(max(0, start + LEAST_GAP - time.perf_counter()))


@asynccontextmanager
async def connect(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """What all visitors ask by."""
    # The server drops idle connections after 5 s.
    limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, limits=limits) as client:
        yield client


async def arrive(client: httpx.AsyncClient, count: int) -> list[AsyncVisitor]:
    """So many visitors, each with a picture of its own uploaded."""
    visitors = [AsyncVisitor(client, PICTURES[i % len(PICTURES)]) for i in range(count)]
    for visitor in visitors:
        await visitor.arrive()
    return visitors


async def teach(
    visitors: list[AsyncVisitor], records: dict, until: float, pause: float, *, long: int
) -> None:
    """The visitors study until the bell, the first of them, ``long``, with long work."""
    dreams = [asyncio.create_task(dream(visitor, records, pause)) for visitor in visitors[:long]]
    await asyncio.gather(*(study(visitor, records, until, pause) for visitor in visitors[long:]))
    for task in dreams:
        task.cancel()
    if dreams:
        await asyncio.wait(dreams)


def read_memory(pid: int) -> float:
    """Resident megabytes of a process (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("This system does not tell a process's memory.")


def read_cpu(pid: int) -> float:
    """Processor seconds that a process has taken so far."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system

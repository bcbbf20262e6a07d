"""``python -m benchmarks.load``: a class of thirty at once, and what each of them waits.

Every pupil sends, again and again, a picture to be classified, one for detection, one for Grad-CAM
and one to be painted in a style, with a pause as between a pupil's clicks. Three of them dream and
paint step by step instead, and one webcam streams. Seconds waited (half of all, 95 %, longest) and
errors are printed, and the server's memory once it has handed back what is free. Before the class
every tab is used once; afterwards ``--more`` further requests show whether memory grows. Nothing
but HTTP: client and server share the cores.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from cvcore.core.commands import command, number, whole
from demos.server.limits import TIDY_SECONDS
from tests.support.server import run_app
from tests.support.visitor import AsyncVisitor, Refused

LIGHT = ("classification", "detection", "saliency", "style_transfer")
LONG = ("deep_dream", "style_transfer_steps")
CAMERA = "classification"
LEAST_GAP = 0.04  # seconds between webcam frames, as in the page
PICTURES = ("coffee", "astronaut", "chelsea", "rocket")
PATIENCE_SECONDS = 120
# One call or more in every tab, so that every network is loaded; long work with few steps.
EVERY_TAB = {
    "convolution": {},
    "convolution_pool": {},
    "convolution_padding": {},
    "feature_maps": {},
    "feature_maps_maximise": {"steps": 16, "channel": 5},
    "feature_maps_silence": {"channel": 5},
    "feature_maps_activity": {"channel": 5},
    "feature_maps_pixels": {"channel": 5, "row": 4, "column": 4},
    "feature_maps_compare": {},
    "saliency": {},
    "saliency_compare": {},
    "saliency_sanity": {},
    "classification": {},
    "classification_compare": {},
    "classification_steps": {},
    "classification_curve": {},
    "detection": {},
    "detection_why": {},
    "detection_sizes": {},
    "detection_windows": {},
    "detection_way": {},
    "segmentation": {},
    "segmentation_levels": {},
    "segmentation_doubt": {},
    "segmentation_count": {},
    "style_transfer": {},
    "style_transfer_steps": {"steps": 10},
    "style_transfer_race": {"seconds": 5},
    "style_transfer_grams": {},
    "style_transfer_rebuild": {"steps": 20},
    "deep_dream": {},
    "deep_dream_layers": {},
    "deep_dream_film": {"frames": 12},
    "latent_space": {},
    "latent_space_path": {},
    "latent_space_plane": {},
    "latent_space_training": {},
    "latent_space_quiz": {},
    "latent_space_sum": {},
    "latent_space_directions": {},
    "latent_space_styles": {},
    "latent_space_nearest": {},
    "latent_space_invert": {"steps": 10},
    "latent_space_film": {},
    "latent_space_game": {"steps": 100},
    "face_verification": {},
    "face_verification_stages": {},
    "face_verification_history": {},
    "face_verification_matrix": {},
    "face_verification_parts": {},
    "face_verification_trial": {},
}
CAMERAS = ("convolution", "feature_maps", "saliency", "classification", "detection",
           "segmentation", "style_transfer", "deep_dream", "face_verification")  # fmt: skip


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


async def use_every_tab(visitor: AsyncVisitor, record: Record, pid: int) -> None:
    """Each in turn; what it took, and the server's memory then, are printed."""
    works = [(name, visitor.call(name, **changed)) for name, changed in EVERY_TAB.items()]
    works += [(f"{topic}, webcam", visitor.send_frame(topic)) for topic in CAMERAS]
    async with visitor.staying():
        for name, work in works:
            start = time.perf_counter()
            await timed(record, work)
            took = time.perf_counter() - start
            print(f"{name:<28} {took:6.2f} s {read_memory(pid):6.0f} MB", flush=True)


async def class_hour(url: str, options: argparse.Namespace, pid: int) -> bool:
    """Everything; True when nothing failed."""
    # The server drops idle connections after 5 s.
    limits = httpx.Limits(max_connections=None, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS, limits=limits) as client:

        async def arrive(count: int) -> list[AsyncVisitor]:
            visitors = [AsyncVisitor(client, PICTURES[i % len(PICTURES)]) for i in range(count)]
            for visitor in visitors:
                await visitor.arrive()
            return visitors

        records: dict[str, Record] = defaultdict(Record)
        memory = [("at the start", read_memory(pid))]
        await use_every_tab((await arrive(1))[0], records["every tab once"], pid)
        memory.append(("after every tab", await rest(pid)))
        visitors = await arrive(options.clients + 1)
        until = time.perf_counter() + options.seconds
        dreamers, pupils = visitors[1 : options.long + 1], visitors[options.long + 1 :]
        dreams = [
            asyncio.create_task(dream(visitor, records, options.pause)) for visitor in dreamers
        ]
        await asyncio.gather(
            film(visitors[0], records, until),
            *(study(visitor, records, until, options.pause) for visitor in pupils),
        )
        for task in dreams:
            task.cancel()
        if dreams:
            await asyncio.wait(dreams)
        memory.append(("after the class", await rest(pid)))
        report(records, memory, options)
        crowd, further = await arrive(10), records["further requests"]
        for index in range(options.more):
            name = LIGHT[index % len(LIGHT)]
            await timed(further, crowd[index % len(crowd)].call(name))
        memory.append((f"after {options.more} more", await rest(pid)))
    sizes = dict(memory)
    growth = memory[-1][1] / sizes["after every tab"] - 1
    print(f"{len(further.seconds)} further requests, {len(further.errors)} errors: "
          f"{memory[-1][1]:.0f} MB ({growth:+.1%} beside after every tab)")  # fmt: skip
    return not any(record.errors for record in records.values())


async def rest(pid: int) -> float:
    """The server's memory, once it has handed back what is free."""
    await asyncio.sleep(TIDY_SECONDS + 2)
    return read_memory(pid)


def report(records: dict[str, Record], memory: list, options: argparse.Namespace) -> None:
    print(f"\n{options.clients} clients for {options.seconds:.0f} s, a click every "
          f"{options.pause:.0f} s, {options.long} of them with long work; one webcam")  # fmt: skip
    print(f"load average at the end {os.getloadavg()[0]:.1f}\n")
    print("| request | answered | errors | p50 s | p95 s | longest s |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, record in records.items():
        print(
            f"| {name} | {len(record.seconds)} | {len(record.errors)} | "
            f"{record.percentile(0.5):.2f} | {record.percentile(0.95):.2f} | "
            f"{max(record.seconds, default=0):.2f} |"
        )
    for name, record in records.items():
        for text in sorted(set(record.errors))[:9]:
            print(f"{name}: {text}")
    print("\nmemory, MB:", ", ".join(f"{size:.0f} {when}" for when, size in memory), flush=True)


def read_memory(pid: int) -> float:
    """Resident megabytes of a process (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("This system does not tell a process's memory.")


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--clients", type=whole(1), default=30)
    parser.add_argument("--long", type=whole(0), default=3, help="how many of them do long work")
    parser.add_argument("--seconds", type=number(0), default=120)
    parser.add_argument(
        "--pause", type=number(0), default=10, help="seconds between a pupil's clicks"
    )
    parser.add_argument("--more", type=whole(0), default=500, help="requests after the class")
    options = parser.parse_args(arguments)
    device = os.environ.get("GLASSBOX_DEVICE", "cpu")
    with (
        tempfile.TemporaryDirectory() as folder,
        run_app(Path(folder), GLASSBOX_DEVICE=device) as app,
    ):
        went_well = asyncio.run(class_hour(app.url, options, app.process.pid))
    return 0 if went_well else 1


if __name__ == "__main__":
    sys.exit(main())

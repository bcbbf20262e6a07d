"""``python -m benchmarks.load``: a class of thirty at once, and what each of them waits.

Every pupil sends, again and again, a picture to be classified, one for detection, one for Grad-CAM
and one to be painted in a style, with a pause as between a pupil's clicks. Three of them dream and
paint step by step instead, and one webcam streams. Seconds waited (half of all, 95 %, longest) and
errors are printed, and the server's memory once it has handed back what is free. Before the class
every tab is used once; afterwards ``--more`` further requests show whether memory grows. Nothing
but HTTP: client and server share the cores.

With ``--cameras 30`` that many webcams run beside the class instead, and nothing else is done: off,
then on the server, then in their visitors' own browsers (``benchmarks.cameras``).
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks import cameras
from benchmarks.crowd import (
    LIGHT,
    Record,
    arrive,
    connect,
    film,
    read_memory,
    teach,
    timed,
)
from cvcore.core.commands import command, number, whole
from demos.server.limits import TIDY_SECONDS
from tests.support.server import run_app
from tests.support.visitor import AsyncVisitor

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
    async with connect(url) as client:
        records: dict[str, Record] = defaultdict(Record)
        memory = [("at the start", read_memory(pid))]
        await use_every_tab((await arrive(client, 1))[0], records["every tab once"], pid)
        memory.append(("after every tab", await rest(pid)))
        visitors = await arrive(client, options.clients + 1)
        until = time.perf_counter() + options.seconds
        await asyncio.gather(
            film(visitors[0], records, until),
            teach(visitors[1:], records, until, options.pause, long=options.long),
        )
        memory.append(("after the class", await rest(pid)))
        report(records, memory, options)
        crowd, further = await arrive(client, 10), records["further requests"]
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
    parser.add_argument("--cameras", type=whole(0), default=0, help="compare so many webcams")
    parser.add_argument(
        "--where", nargs="+", choices=cameras.PLACES, default=cameras.PLACES,
        help="where their frames are answered, one after the other",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    device = os.environ.get("GLASSBOX_DEVICE", "cpu")
    with (
        tempfile.TemporaryDirectory() as folder,
        run_app(Path(folder), GLASSBOX_DEVICE=device) as app,
    ):
        work = cameras.compare if options.cameras else class_hour
        went_well = asyncio.run(work(app.url, options, app.process.pid))
    return 0 if went_well else 1


if __name__ == "__main__":
    sys.exit(main())

"""Small faults put into the program one at a time: do the tests notice them?

A change of the tests must not cost them their power, and counting lines does not show that. So one
list of faults ("mutants", six a lesson) is run against the tests as they were and as they are: what
was noticed before must be noticed afterwards.

    python -m tests.support.mutants list --out LIST.json [--seed 7] [--count 60]
    python -m tests.support.mutants run LIST.json --out RESULTS.json [--shard 0/2] [--tree PATH]

The list depends on the seed and on the sources alone. A run works in a copy of the tree, first
without a fault (a test that fails then is left out), then fault by fault until the first test
fails, each time in a process forked from one that has read the heavy packages. Browser tests are
not run. The same command goes on where it was stopped. Shards share the lessons, each with an
``--out`` of its own.
"""

import argparse
import contextlib
import importlib.util
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import ModuleType

from tests.support.lessons import LESSONS, choose_tests, find_modules, to_name
from tests.support.mutant_sites import Finder, compiles, put

HEAVY = ("torch", "torchvision", "onnxruntime", "gradio", "gradio_client", "cv2", "scipy", "pytest")
LIMIT_SECONDS = 400  # or twice what the lesson's tests take without a fault
OPTIONS = (
    "-q", "-m", "not browser and not slow", "-o", "addopts=", "--import-mode=importlib",
    "--hypothesis-seed=0", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist",
)  # fmt: skip
LEFT_OUT = (".git", "__pycache__", ".hypothesis", ".pytest_cache", ".ruff_cache", ".venv", "shared")


def draw(paths: list[Path], count: int, rng: random.Random, tree: Path) -> list[dict]:
    """``count`` mutants, of different files while there are enough, the longer ones rather."""
    finders = {path: Finder(path.read_bytes()) for path in paths}
    finders = {path: finder for path, finder in finders.items() if finder.sites}
    chance = {path: rng.random() ** (1 / len(finders[path].sites)) for path in finders}
    order = sorted(finders, key=chance.__getitem__, reverse=True)
    drawn: list[dict] = []
    while order and len(drawn) < count:
        path = order[len(drawn) % len(order)]
        source, sites = finders[path].source, finders[path].sites
        kind = rng.choice(sorted({site["kind"] for site in sites}))
        site = rng.choice([site for site in sites if site["kind"] == kind])
        mutant = {"file": path.relative_to(tree).as_posix(), **site}
        if mutant not in drawn and compiles(put(source, site)):
            drawn.append(mutant)
    return drawn


def list_mutants(tree: Path, seed: int, count: int) -> list[dict]:
    mutants = []
    for number, lesson in enumerate(LESSONS):
        rng = random.Random(f"{seed} {lesson}")
        share = count // len(LESSONS) + (number < count % len(LESSONS))
        page = draw(sorted(tree.glob(f"demos/{lesson}/*.py")), share // 3, rng, tree)
        drawn = draw(find_modules(tree, lesson), share - len(page), rng, tree) + page
        mutants += [{"id": f"{lesson}-{n}", "lesson": lesson, **m} for n, m in enumerate(drawn, 1)]
    return mutants


class Witness:
    """Notes the test that runs and those that failed where it outlives the process."""

    def __init__(self, path: Path) -> None:
        self.path, self.seen = path, {"running": "", "tests": 0, "failed": []}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.seen |= {"running": nodeid, "tests": self.seen["tests"] + 1}
        self.path.write_text(json.dumps(self.seen))

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            why = crash.message if crash else str(report.longrepr)
            self.seen["failed"].append([report.nodeid, why[-300:]])
            self.path.write_text(json.dumps(self.seen))

    pytest_collectreport = pytest_runtest_logreport


def be_child(copy: Path, run: Path, cache: Path, arguments: list[str]) -> None:
    """The forked process: pytest in the copy, as if it had been started there."""
    os.setsid()
    os.chdir(copy)
    log = os.open(run / "log", os.O_WRONLY | os.O_CREAT)
    for stream, target in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(target, stream)
    os.environ |= {"GLASSBOX_CACHE": str(cache), "TMPDIR": str(run)}
    tempfile.tempdir = None
    sys.path[0], sys.argv = str(copy), ["pytest"]
    for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
        del sys.modules[name]
    sys.modules["__main__"] = ModuleType("__main__")
    import pytest

    basetemp = f"--basetemp={run / 'tmp'}"
    os._exit(int(pytest.main([*OPTIONS, basetemp, *arguments], [Witness(run / "seen")])))


def run_tests(
    copy: Path, arguments: list[str], limit: float, kept: Path, without: str | None = None
) -> dict:
    """One run of pytest in a process of its own. ``without``: it gets a copy of the kept files, but
    for those of that pattern, so that nothing that a fault exported is kept."""
    with tempfile.TemporaryDirectory(prefix="mutant-", ignore_cleanup_errors=True) as folder:
        run, cache = Path(folder), kept
        if without is not None:
            cache = run / "cache"
            shutil.copytree(kept, cache, ignore=shutil.ignore_patterns("tmp*", without))
        start, child, done = time.monotonic(), os.fork(), (0, 0)
        if child == 0:
            try:
                be_child(copy, run, cache, arguments)
            finally:
                os._exit(70)
        while not done[0] and time.monotonic() - start < limit:
            time.sleep(0.1)
            done = os.waitpid(child, os.WNOHANG)
        with contextlib.suppress(ProcessLookupError):  # and what it has left running
            os.killpg(child, signal.SIGKILL)
        if not done[0]:
            os.waitpid(child, 0)
        shutil.rmtree(copy / ".hypothesis", ignore_errors=True)
        code = os.waitstatus_to_exitcode(done[1]) if done[0] else "time limit"
        note = {"running": "", "tests": 0, "failed": []}
        with contextlib.suppress(OSError, ValueError):
            note = json.loads((run / "seen").read_text())
        tail = (run / "log").read_text(errors="replace")[-1500:] if (run / "log").exists() else ""
        return {"exit": code, "seconds": round(time.monotonic() - start, 1), **note, "log": tail}


def judge(result: dict) -> dict:
    """Killed (true), survived (false), or nothing learnt (null)."""
    code, failed = result["exit"], result.pop("failed")
    if failed:
        return {"killed": True, "by": failed[0][0], "why": failed[0][1], **result}
    if code in ("time limit", 2) or (isinstance(code, int) and code < 0):
        return {"killed": True, "by": f"{code} in {result['running']}", **result}
    return {"killed": False if code == 0 else None, "by": None, **result}


def run_mutant(copy: Path, mutant: dict, baseline: dict, kept: Path) -> dict:
    path, module = copy / mutant["file"], to_name(Path(mutant["file"]))
    broken = {nodeid for nodeid, _ in baseline["failed"]}
    files = [name for name in choose_tests(copy, mutant["lesson"], module) if name not in broken]
    source, times = path.read_bytes(), path.stat()
    bytecode = Path(importlib.util.cache_from_source(path))
    try:
        path.write_bytes(put(source, mutant))
        bytecode.unlink(missing_ok=True)
        arguments = ["-x", *(f"--deselect={nodeid}" for nodeid in sorted(broken)), *files]
        limit = max(LIMIT_SECONDS, 2 * baseline["seconds"])
        # An exported network stands for the code that it was made from: not where that has a fault.
        without = "onnx" if module.startswith("cvcore.models.") else ""
        return judge(run_tests(copy, arguments, limit, kept, without))
    finally:
        path.write_bytes(source)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        bytecode.unlink(missing_ok=True)


def run_list(mutants: list[dict], tree: Path, out: Path, shard: str) -> None:
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    for name in HEAVY:
        importlib.import_module(name)
    assert threading.active_count() == 1, "no other thread would outlive the fork"
    turn, shards = map(int, shard.split("/"))
    done = json.loads(out.read_text()) if out.exists() else {"baselines": {}, "mutants": {}}

    def keep(group: str, key: str, result: dict) -> None:
        done[group][key] = result
        part = out.with_name(out.name + ".part")
        part.write_text(json.dumps(done, indent=1))
        os.replace(part, out)
        said = (
            f"{name} {result.get(name)}" for name in ("killed", "exit", "tests", "seconds", "by")
        )
        print(f"{group}: {key},", ", ".join(said), flush=True)

    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder).resolve() / "tree"
        shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        kept = Path(os.environ.get("GLASSBOX_CACHE") or Path(folder) / "cache").resolve()
        kept.mkdir(parents=True, exist_ok=True)
        for lesson in list(LESSONS)[turn::shards]:
            todo = [mutant for mutant in mutants if mutant["lesson"] == lesson]
            if todo and lesson not in done["baselines"]:
                files = choose_tests(copy, lesson)
                keep("baselines", lesson, run_tests(copy, files, 9 * LIMIT_SECONDS, kept))
            for mutant in todo:
                if done["mutants"].get(mutant["id"], {}).get("mutant") != mutant:
                    result = run_mutant(copy, mutant, done["baselines"][lesson], kept)
                    keep("mutants", mutant["id"], {"mutant": mutant, **result})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    make, run = commands.add_parser("list"), commands.add_parser("run")
    for command in (make, run):
        command.add_argument("--tree", type=Path, default=Path(), help="default: this folder")
        command.add_argument("--out", type=Path, required=command is run)
    make.add_argument("--seed", type=int, default=7)
    make.add_argument("--count", type=int, default=60)
    run.add_argument("list", type=Path)
    run.add_argument("--shard", default="0/1", metavar="TURN/SHARDS")
    options = parser.parse_args()
    tree = options.tree.resolve()
    if options.command == "run":
        mutants = json.loads(options.list.read_text())
        run_list(mutants, tree, options.out.resolve(), options.shard)
        return
    text = json.dumps(list_mutants(tree, options.seed, options.count), indent=1) + "\n"
    (options.out.write_text if options.out else sys.stdout.write)(text)


if __name__ == "__main__":
    main()

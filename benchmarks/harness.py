"""Timing of two ways to do the same thing, side by side in one run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Row:
    """One comparison: milliseconds of ours and of theirs for the same work (median of runs)."""

    name: str
    ours_ms: float
    theirs: str = ""  # what is compared; empty when nothing is
    theirs_ms: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times faster ours is."""
        return None if self.theirs_ms is None else self.theirs_ms / self.ours_ms


def measure(work: Callable[[], object], *, seconds: float = 2.0, warm_up: int = 3) -> float:
    """Median milliseconds of ``work()`` over ``seconds`` (3 calls at least), once warm."""
    for _ in range(warm_up):
        work()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return median(times)


def to_table(rows: list[Row]) -> str:
    """Rows as a Markdown table."""
    lines = ["| what | ours | beside | theirs | faster |", "|---|---:|---|---:|---:|"]
    for row in rows:
        theirs = "" if row.theirs_ms is None else f"{row.theirs_ms:.1f} ms"
        ratio = "" if row.ratio is None else f"{row.ratio:.1f} x"
        name = f"{row.name} ({row.note})" if row.note else row.name
        lines.append(f"| {name} | {row.ours_ms:.1f} ms | {row.theirs} | {theirs} | {ratio} |")
    return "\n".join(lines)

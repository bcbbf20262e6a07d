"""``python -m benchmarks [topic ...]`` runs the comparisons and prints one table."""

import argparse
import pkgutil
import sys
from importlib import import_module

# Before cvcore, which would have PyTorch's threads wait asleep: that suits a page of many visitors,
# but costs eager PyTorch, which most of the other sides are, up to half its speed.
import torch  # noqa: F401

import benchmarks
from benchmarks.harness import to_table
from cvcore.core.commands import command
from cvcore.engine.device import describe

NOT_TOPICS = ("cameras", "crowd", "harness", "load", "webcams", "__main__")


@command
def main(arguments: list[str] | None = None) -> None:
    found = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    topics = [name for name in found if name not in NOT_TOPICS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="topic", help=", ".join(topics))
    chosen = parser.parse_args(arguments).topics or topics
    unknown = sorted(set(chosen) - set(topics))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; choose from {', '.join(topics)}")
    rows = []
    for topic in chosen:
        print(f"{topic} ...", flush=True)
        measured = import_module(f"benchmarks.{topic}").run()
        print(to_table(measured), flush=True)  # what is there already, should a later one fail
        rows += measured
    print(f"\nOn {describe()}:\n\n{to_table(rows)}")


if __name__ == "__main__":
    sys.exit(main())

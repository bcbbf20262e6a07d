"""Trained weights from a shell: ``python -m cvcore.engine list | verify | fetch NAME``."""

import sys

from cvcore.core.commands import command
from cvcore.engine.download import fetch
from cvcore.engine.registry import check_files, index, is_available


@command
def main(arguments: list[str] | None = None) -> int:
    """``list``, ``verify`` or ``fetch NAME`` from a shell."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m cvcore.engine", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every weight, its task, size and whether it is here")
    commands.add_parser("verify", help="check the files that are here against their hashes")
    commands.add_parser("fetch", help="download a weight").add_argument("name")
    options = parser.parse_args(arguments)
    failures = 0
    if options.command == "fetch":
        fetch(options.name, progress=lambda share: print(f"\r{share:4.0%}", end=""))
        print(f"\r{options.name} is here.")
        return 0
    for name, weight in index().items():
        here = is_available(name)
        state = "bundled" if weight.is_bundled else ("here" if here else "to download")
        if options.command == "verify":
            if not here and not weight.is_bundled:
                continue
            try:
                check_files(name)
                state = "ok"
            except RuntimeError as error:
                state, failures = str(error), failures + 1
        print(f"{name:22} {weight.task:18} {weight.megabytes:6.1f} MB  {state}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

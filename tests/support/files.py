"""Pictures that trip programs up, written to a folder."""

import io
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


@cache
def _make_huge() -> bytes:
    """A picture of more pixels than are taken; drawn once, as that takes a second."""
    file = io.BytesIO()
    Image.new("L", (10_000, 10_000)).save(file, "PNG", compress_level=1)
    return file.getvalue()

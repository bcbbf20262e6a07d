"""Picture files as people bring them: turned, in other colours, cut short, of 12 bits, from phones.

``read`` gives upright sRGB pixels and says in a sentence each what it had to assume. Pillow does
the reading; OpenCV that of the TIFF files that Pillow does not know or cuts to 8 bits, pi-heif
that of phones' HEIC. Their settings belong to the whole process: they are left alone unless a
program has changed one that would change the picture (``as_usual``).
"""

import io
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeAlias

import numpy as np
from PIL import BmpImagePlugin, ExifTags, Image, ImageFile, UnidentifiedImageError

from cvcore.core import bmp, damage, file_kinds, tiff
from cvcore.core.checks import check_max_side
from cvcore.core.colour import to_srgb
from cvcore.core.depth import from_file
from cvcore.core.errors import InputError

Source: TypeAlias = str | PathLike[str] | bytes | bytearray | memoryview | BinaryIO

MAX_PIXELS = 64_000_000  # a larger picture is refused before it is decoded
NEEDS_A_PROGRAM = ("EPS", "WMF", "MPEG", "BUFR", "GRIB", "HDF5")  # Pillow would start another one
NO_HEIF = (
    "This file could not be read as a picture: HEIC needs the package pi-heif; "
    "save it as JPEG, or install that."
)
NO_AVIF = (
    "This file could not be read as a picture: AVIF needs a newer Pillow; save it as JPEG or PNG."
)

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Reading(NamedTuple):
    """A picture uint8 (H, W, 3) sRGB, and a sentence on each thing that was assumed."""

    image: np.ndarray
    notes: tuple[str, ...] = ()


def read(source: Source, *, max_side: int | None = None) -> Reading:
    """Read a picture file; see ``cvcore.core.images.load_image``, which warns of the notes."""
    max_side = check_max_side(max_side)
    file = _open_source(source)
    try:
        with as_usual():
            return _read_file(file, max_side)
    except InputError:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise InputError(too_large()) from None
    finally:
        if file is not source:
            file.close()


def read_pil(picture: Image.Image, *, max_side: int | None = None) -> Reading:
    """The same for a picture that PIL holds, or has opened and reads only now."""
    max_side = check_max_side(max_side)
    try:
        with as_usual():
            return _finish(picture, max_side)
    except InputError:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise InputError(too_large()) from None
    except Exception as error:  # a damaged file: each of Pillow's readers has its own
        file = getattr(picture, "fp", None)
        if file is None or picture.tell():
            raise InputError(file_kinds.DAMAGED) from error
        with as_usual():
            return _rescue(_read_all(file), max_side, error)


def check_size(width: int, height: int) -> None:
    """InputError for a picture without pixels, or of too many."""
    if width < 1 or height < 1:
        raise InputError("This picture has no pixels: choose another one.")
    if width * height > MAX_PIXELS:
        raise InputError(f"{too_large()} This one has {width:,} x {height:,}.")


def too_large() -> str:
    return f"This picture is too large: choose one of at most {MAX_PIXELS // 1_000_000} megapixels."


def _open_source(source: Source) -> BinaryIO:
    """A file that can be read from its start; InputError for a path that leads to none."""
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    if not isinstance(source, str | PathLike):
        if not hasattr(source, "read"):
            kind = type(source).__name__
            raise TypeError(f"Expected a path, the bytes of a file or an open one, got {kind}.")
        if isinstance(source, io.TextIOBase):
            raise TypeError("Expected a file that was opened in binary mode ('rb').")
        is_seekable = hasattr(source, "seekable") and source.seekable()
        return source if is_seekable else io.BytesIO(source.read())
    name = str(source)
    if re.match(r"(https?|ftp|data|file):", name, re.IGNORECASE):
        address = name if len(name) < 80 else f"{name[:60]}..."
        raise InputError(
            f"{address!r} could not be read: it is an address; download the picture first."
        )
    try:
        return Path(source).expanduser().open("rb")
    except (FileNotFoundError, NotADirectoryError):
        said = "there is no such file; look at its path"
    except IsADirectoryError:
        said = "it is a folder; give one picture file"
    except PermissionError:
        is_folder = Path(source).expanduser().is_dir()  # so says Windows of a folder
        said = (
            "it is a folder; give one picture file"
            if is_folder
            else ("this user may not read it; change its permissions")
        )
    except (OSError, ValueError, RuntimeError):  # too long, a zero byte, ~nobody
        said = "this is no path of a file"
    raise InputError(f"{name[-80:]!r} could not be read: {said}.")


def _read_all(file: BinaryIO) -> bytes:
    """All of a file that Pillow may still be reading."""
    place = file.tell()
    file.seek(0)
    data = file.read()
    file.seek(place)
    return data


# Pillow's settings that change what a file shows, as they are when a program starts.
_USUAL: tuple[tuple[Any, str, Any], ...] = (
    (Image, "MAX_IMAGE_PIXELS", 1024**3 // 12),  # raised to it; our own limit is MAX_PIXELS
    (ImageFile, "LOAD_TRUNCATED_IMAGES", False),
    (BmpImagePlugin, "USE_RAW_ALPHA", False),
)

_open_readers = 0
_put_back: ExitStack | None = None
_lock = threading.Lock()


@contextmanager
def as_usual() -> Iterator[None]:
    """Pillow as it is when a program starts, and without its warnings on odd tags.

    Filters and settings belong to the process. So the first of several threads puts them aside and
    the last puts them back: one by one they would bring each other's back, and warnings would end
    for good.
    """
    global _open_readers, _put_back
    with _lock:
        if not _open_readers:
            _put_back = ExitStack()
            _put_back.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")
            for owner, name, usual in _USUAL:
                _set_aside(_put_back, owner, name, usual)
        _open_readers += 1
    try:
        yield
    finally:
        with _lock:
            _open_readers -= 1
            if not _open_readers and _put_back is not None:
                _put_back.close()


def _set_aside(put_back: ExitStack, owner: Any, name: str, usual: Any) -> None:
    found = getattr(owner, name, usual)
    is_limit = name == "MAX_IMAGE_PIXELS"
    if found == usual or (is_limit and (found is None or found > usual)):
        return
    setattr(owner, name, usual)
    put_back.callback(setattr, owner, name, found)


def _read_file(file: BinaryIO, max_side: int | None) -> Reading:
    try:
        with Image.open(file) as opened:
            return _finish(opened, max_side)
    except (InputError, MemoryError, Image.DecompressionBombError):
        raise
    except Exception as error:  # a damaged file: each of Pillow's readers has its own
        return _rescue(_read_all(file), max_side, error)


def _rescue(data: bytes, max_side: int | None, error: Exception) -> Reading:
    """What Pillow could not read by itself: phones' HEIC, other TIFFs, files cut short."""
    if file_kinds.is_heif(data):
        return _read_heif(data, max_side)
    if file_kinds.is_avif(data) and ".avif" not in Image.registered_extensions():
        raise InputError(NO_AVIF) from error
    if file_kinds.is_tiff(data) and not file_kinds.is_raw(data):
        return _rescue_tiff(data, max_side, error)
    if str(error).startswith("Unsupported BMP") and bmp.names_bits(data):
        return _finish_bmp(data, max_side)
    return _read_mended(data, max_side, error)


def _read_mended(data: bytes, max_side: int | None, error: Exception) -> Reading:
    try:
        with Image.open(io.BytesIO(damage.mend(data))) as opened:
            return _finish(opened, max_side, mended=data)
    except InputError:
        raise
    except Exception:
        raise InputError(file_kinds.explain(data)) from error


def _rescue_tiff(data: bytes, max_side: int | None, error: Exception) -> Reading:
    """Its end is missing, or it is of a kind that Pillow does not know."""
    tags = tiff.read_tags(data)
    is_cut = isinstance(error, OSError) and not isinstance(error, UnidentifiedImageError)
    if is_cut:
        try:
            return _read_mended(data, max_side, error)
        except InputError:
            if not tiff.is_readable(tags):
                raise
    if not tiff.is_readable(tags):
        raise InputError(file_kinds.OTHER_TIFF) from error
    return _finish_tiff(data, max_side)


def _read_heif(data: bytes, max_side: int | None) -> Reading:
    try:
        from pi_heif import HeifImageFile
    except ImportError as error:
        raise InputError(NO_HEIF) from error
    try:  # by itself: Pillow's own list of readers, which is everybody's, stays as it is
        with HeifImageFile(io.BytesIO(data)) as opened:
            return _finish(opened, max_side)
    except InputError:
        raise
    except Exception as error:
        raise InputError(file_kinds.DAMAGED) from error


def _finish(opened: Image.Image, max_side: int | None, *, mended: bytes = b"") -> Reading:
    """From an opened file, not yet decoded, to pixels; ``mended`` are the bytes it had before."""
    if opened.format in NEEDS_A_PROGRAM:
        raise InputError(
            f"This file could not be read as a picture: {opened.format} is no picture of pixels; "
            "save it as PNG."
        )
    check_size(*opened.size)
    file = getattr(opened, "fp", None)
    if file is not None and opened.format == "TIFF" and not opened.tell() and tiff.is_deep(opened):
        return _finish_tiff(_read_all(file), max_side)
    if file is not None and opened.format == "BMP" and bmp.has_short_alpha(data := _read_all(file)):
        return _finish_bmp(data, max_side)
    deep_png = _read_all(file) if file is not None and _is_deep_png(opened) else b""
    if max_side is not None:
        opened.draft("RGB", (max_side, max_side))  # JPEG: decode at a smaller scale
    opened.load()  # TIFF is turned by this
    notes = [damage.judge(opened, mended)] if mended else []
    turn = TURNS.get(read_orientation(opened))
    picture, note = _to_8_bits(opened)
    if deep_png and np.asarray(picture.convert("RGB")).max() < 64:
        picture, note = _read_deep_png(deep_png, opened.info)
    if turn is not None:
        picture = picture.transpose(turn)
    picture = bmp.drop_empty_alpha(picture, opened.format)
    image = to_array(to_srgb(picture), max_side=max_side)
    return Reading(image, tuple(said for said in (*notes, note) if said))


def _is_deep_png(opened: Image.Image) -> bool:
    """Whether it has colours of 16 bits, of which Pillow keeps the upper 8."""
    is_colour = opened.format == "PNG" and opened.mode in ("RGB", "RGBA")
    return is_colour and any(";16" in str(tile) for tile in getattr(opened, "tile", ()))


def _read_deep_png(data: bytes, info: dict[Any, Any]) -> tuple[Image.Image, str]:
    """One that is dark by its upper bits: it holds 14 bits or fewer, it seems."""
    import cv2

    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise InputError(file_kinds.DAMAGED)
    picture, note = tiff.to_picture(values)
    picture.info = info
    return picture, note


def _finish_bmp(data: bytes, max_side: int | None) -> Reading:
    """A BMP whose colours lie in other bits than Pillow knows."""
    width, height = bmp.read_size(data)
    check_size(width, abs(height))
    return Reading(to_array(bmp.decode(data), max_side=max_side))


def _finish_tiff(data: bytes, max_side: int | None) -> Reading:
    """A TIFF file that Pillow does not know, or would cut to 8 bits."""
    tags = tiff.read_tags(data)
    check_size(tags.width, tags.height)
    picture, note = tiff.decode(data, tags)
    turn = TURNS.get(tags.orientation)
    picture = picture if turn is None else picture.transpose(turn)
    return Reading(to_array(to_srgb(picture), max_side=max_side), (note,) if note else ())


def read_orientation(picture: Image.Image) -> int:
    """How EXIF or XMP says to turn it; 1, upright, where they are odd, as in a browser."""
    try:
        value = picture.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # a broken block: Pillow has many errors for that
        return 1
    return value if isinstance(value, int) else 1


def _to_8_bits(picture: Image.Image) -> tuple[Image.Image, str]:
    """A picture of 8 bits a channel, and what was assumed about its range."""
    if picture.mode not in ("I", "F") and not picture.mode.startswith("I;16"):
        return picture, ""
    values = np.asarray(picture)
    if picture.mode.startswith("I;16"):
        values = values.astype(np.uint16)
    # these kinds say in their header what is white, and Pillow spreads them to that
    white = 65535 if picture.format in ("PPM", "JPEG2000") and picture.mode != "F" else None
    if picture.format == "TIFF":
        white = tiff.read_white(picture)
    pixels = from_file(values, white=white, is_white_zero=tiff.is_white_zero(picture))
    converted = Image.fromarray(pixels.values)
    converted.info = picture.info
    return converted, pixels.note


def to_array(picture: Image.Image, *, max_side: int | None = None) -> np.ndarray:
    """A picture of 8 bits a channel as uint8 (H, W, 3): transparency laid on white, shrunk."""
    if picture.has_transparency_data or picture.mode in ("La", "RGBa"):
        if picture.mode == "La":
            picture = picture.convert("LA")
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    picture = picture.convert("RGB")
    if max_side is not None and max(picture.size) > max_side:
        scale = max_side / max(picture.size)
        width, height = (max(1, round(side * scale)) for side in picture.size)
        picture = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(picture)

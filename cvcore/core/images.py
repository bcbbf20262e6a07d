"""The one border between files, PIL pictures, arrays and tensors.

A public function takes any ``Picture``: a path, a PIL picture or an array. Inside the package a
picture (``image``) is always a uint8 array (H, W, 3), RGB, 0 to 255; ``as_image`` makes it one. A
``mask`` is bool (H, W), a ``heatmap`` float32 (H, W). Networks take float32 NCHW, RGB, 0 to 1.
"""

import base64
import io
import warnings
from os import PathLike
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cvcore.core.errors import InputError

if TYPE_CHECKING:
    import torch

# What a public function takes as a picture; ``as_image`` makes an array of it.
Picture: TypeAlias = str | PathLike[str] | Image.Image | np.ndarray

MAX_SIDE = 1280  # pixels: larger pictures are shrunk once, when they are loaded
MAX_PIXELS = 64_000_000  # a larger picture is refused before it is decoded
MAX_FILE_BYTES = 40_000_000

UNREADABLE = (
    "This file could not be read as a picture: choose a JPEG, PNG, WebP, GIF, BMP or TIFF file."
)
NO_PICTURE = "There is no picture yet: upload one, take one with the webcam or click a sample."

_RESAMPLE = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


def load_image(
    source: str | PathLike | bytes | BinaryIO, *, max_side: int | None = MAX_SIDE
) -> np.ndarray:
    """Read a picture file as uint8 (H, W, 3) RGB.

    EXIF rotation is applied, transparency laid on white, 16-bit and grey pictures converted by
    their own range, and of an animation the first frame taken. A picture whose longer side
    exceeds ``max_side`` pixels is shrunk to it (None keeps the size).

    Raises InputError when the file is no picture, is damaged or is too large to open safely.
    """
    if isinstance(source, bytes | bytearray):
        source = io.BytesIO(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(source) as opened:
                _check_size(*opened.size)
                if max_side is not None:
                    opened.draft("RGB", (max_side, max_side))  # JPEG: decode at a smaller scale
                opened.seek(0)
                return to_rgb(ImageOps.exif_transpose(opened), max_side=max_side)
    except InputError:
        raise
    except UnidentifiedImageError:
        raise InputError(UNREADABLE) from None
    except Image.DecompressionBombError:
        raise InputError(_too_large()) from None
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, MemoryError) as error:
        raise InputError(UNREADABLE) from error


def load_data_uri(uri: str, *, max_side: int | None = MAX_SIDE) -> np.ndarray:
    """Read a picture from a base64 ``data:`` address as uint8 (H, W, 3) RGB; see ``load_image``.

    Nothing touches the disk. Raises InputError when it is no such address or no picture.
    """
    head, comma, text = uri.partition(",") if isinstance(uri, str) else ("", "", "")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise InputError(UNREADABLE)
    if len(text) * 3 // 4 > MAX_FILE_BYTES:
        raise InputError(f"This file exceeds {MAX_FILE_BYTES // 1_000_000} MB: choose another one.")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise InputError(UNREADABLE) from None
    return load_image(data, max_side=max_side)


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise InputError("This picture has no pixels: choose another one.")
    if width * height > MAX_PIXELS:
        raise InputError(f"{_too_large()} This one has {width:,} x {height:,}.")


def _too_large() -> str:
    return f"This picture is too large: choose one of at most {MAX_PIXELS // 1_000_000} megapixels."


def to_rgb(picture: Image.Image | np.ndarray, *, max_side: int | None = None) -> np.ndarray:
    """Any PIL picture or array as uint8 (H, W, 3) RGB; the range is decided by the dtype.

    Arrays may be (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): bool, uint8 in [0, 255], uint16 in
    [0, 65535] or float in [0, 1] (values outside are clipped). Transparency is laid on white.

    Raises InputError for an empty picture or one that holds NaN, TypeError for other types.
    """
    if isinstance(picture, np.ndarray):
        picture = _array_to_pil(picture)
    if not isinstance(picture, Image.Image):
        raise TypeError(f"Expected a PIL picture or a numpy array, got {type(picture).__name__}.")
    if picture.mode.startswith("I;16"):
        picture = _array_to_pil(np.asarray(picture).astype(np.uint16))
    elif picture.mode in ("I", "F"):  # no range of its own: 16-bit greys, or floats in [0, 1]
        values = np.asarray(picture)
        is_integer = picture.mode == "I"
        picture = _array_to_pil(
            np.clip(values, 0, 65535).astype(np.uint16) if is_integer else values
        )
    _check_size(*picture.size)
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    picture = picture.convert("RGB")
    if max_side is not None and max(picture.size) > max_side:
        scale = max_side / max(picture.size)
        size = [max(1, round(side * scale)) for side in picture.size]
        picture = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return np.array(picture)


def _array_to_pil(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise TypeError(
            f"Expected an array of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), "
            f"got {array.shape}."
        )
    if array.size == 0:
        raise InputError("This picture has no pixels: choose another one.")
    _check_size(array.shape[1], array.shape[0])
    if array.dtype == np.bool_:
        array = array.astype(np.uint8) * 255
    elif array.dtype == np.uint16:
        array = (array.astype(np.uint32) * 255 + 32767) // 65535
    elif np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all():
            raise InputError("This picture holds values that are not numbers: choose another one.")
        array = np.rint(np.clip(array, 0, 1) * 255)
    elif array.dtype != np.uint8:
        raise TypeError(f"Expected bool, uint8, uint16 or float pixels, got {array.dtype}.")
    return Image.fromarray(np.ascontiguousarray(array, dtype=np.uint8))


def as_image(picture: Picture | None, *, min_side: int = 1) -> np.ndarray:
    """Any kind of picture as uint8 (H, W, 3) RGB of at least ``min_side`` pixels a side.

    A path is read, a PIL picture or an array converted by its own range (``to_rgb``); none is
    shrunk, so that places found in it are places in the caller's own picture. An array that is
    uint8 (H, W, 3) already is returned as it is, not copied.

    Raises InputError for None, an unreadable file and a picture that is empty, too small or holds
    NaN; TypeError for what is no picture.
    """
    if isinstance(picture, str | PathLike):
        image = load_image(picture, max_side=None)
    elif isinstance(picture, Image.Image):
        try:
            image = to_rgb(ImageOps.exif_transpose(picture))
        except OSError as error:  # a file that PIL has opened is read only now
            raise InputError(UNREADABLE) from error
    elif isinstance(picture, np.ndarray) and not _is_rgb(picture):
        image = to_rgb(picture)
    elif picture is None or isinstance(picture, np.ndarray):
        image = picture
    else:
        kind = type(picture).__name__
        raise TypeError(f"Expected a path, a PIL picture or a numpy array, got {kind}.")
    return check_image(image, min_side=min_side)


def _is_rgb(array: np.ndarray) -> bool:
    return array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8


def check_image(image: np.ndarray | None, *, min_side: int = 1) -> np.ndarray:
    """Return ``image`` if it is a uint8 (H, W, 3) array of at least ``min_side`` pixels a side.

    Raises InputError for None or a picture that is too small, TypeError for anything else.
    """
    if image is None:
        raise InputError(NO_PICTURE)
    if not isinstance(image, np.ndarray):
        raise TypeError(f"Expected a numpy array, got {type(image).__name__}.")
    if not _is_rgb(image):
        raise TypeError(f"Expected uint8 (H, W, 3), got {image.dtype} {image.shape}.")
    height, width = image.shape[:2]
    if min(height, width) < min_side:
        raise InputError(
            f"This picture is too small ({width} x {height} pixels): "
            f"choose one of at least {min_side} x {min_side}."
        )
    return image


def resize(image: np.ndarray, size_hw: tuple[int, int], *, resample: str = "bicubic") -> np.ndarray:
    """Resize a picture (H, W, 3) or a uint8 map (H, W) to ``size_hw``, with antialiasing.

    ``resample`` is one of nearest, bilinear, bicubic, lanczos, box.
    """
    if resample not in _RESAMPLE:
        raise ValueError(f"resample must be one of {', '.join(_RESAMPLE)}; got {resample!r}.")
    height, width = size_hw
    return np.array(Image.fromarray(image).resize((width, height), _RESAMPLE[resample]))


def shrink(image: np.ndarray, max_side: int) -> np.ndarray:
    """The picture with its longer side at most ``max_side`` pixels; smaller ones are untouched."""
    height, width = image.shape[:2]
    if max(height, width) <= max_side:
        return image
    scale = max_side / max(height, width)
    return resize(
        image, (max(1, round(height * scale)), max(1, round(width * scale))), resample="lanczos"
    )


def centre_crop(image: np.ndarray, size: int) -> np.ndarray:
    """The middle ``size`` x ``size`` pixels; the picture must be at least that large."""
    height, width = image.shape[:2]
    if min(height, width) < size:
        raise ValueError(f"Cannot cut {size} x {size} out of a picture of {width} x {height}.")
    top, left = round((height - size) / 2), round((width - size) / 2)
    return image[top : top + size, left : left + size]


def to_chw(image: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) in [0, 255] to float32 (3, H, W) in [0, 1]."""
    return np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32) / np.float32(255)


def to_image(tensor: "torch.Tensor | np.ndarray") -> np.ndarray:
    """A float (3, H, W) or (1, 3, H, W) tensor or array in [0, 1] as uint8 (H, W, 3).

    Values outside [0, 1] are clipped.
    """
    if not isinstance(tensor, np.ndarray):
        tensor = tensor.detach().float().cpu().numpy()
    if tensor.ndim == 4 and tensor.shape[0] == 1:
        tensor = tensor[0]
    if tensor.ndim != 3 or tensor.shape[0] != 3:
        raise ValueError(f"Expected shape (3, H, W) or (1, 3, H, W), got {tuple(tensor.shape)}.")
    return np.rint(np.clip(tensor, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0)


def to_jpeg(image: np.ndarray, *, quality: int = 85) -> bytes:
    """A picture (H, W, 3) or a grey map (H, W), uint8, as the bytes of a JPEG file."""
    import cv2

    pixels = image[..., ::-1] if image.ndim == 3 else image
    done, data = cv2.imencode(
        ".jpg", np.ascontiguousarray(pixels), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise ValueError(f"A picture of shape {image.shape} cannot be written as JPEG.")
    return data.tobytes()


def to_png(image: np.ndarray) -> bytes:
    """A picture (H, W, 3) or (H, W, 4), or a map (H, W), uint8, as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def to_data_uri(
    image: np.ndarray, *, format: Literal["jpeg", "png"] = "jpeg", quality: int = 85
) -> str:
    """A picture as a ``data:`` address that a page can show without any file."""
    data = to_png(image) if format == "png" else to_jpeg(image, quality=quality)
    return f"data:image/{format};base64,{base64.b64encode(data).decode()}"

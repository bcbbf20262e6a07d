"""The one border between files, PIL pictures, arrays and tensors.

A public function takes any ``Picture``: a path, a PIL picture or an array. Inside the package a
picture (``image``) is always a uint8 array (H, W, 3), RGB, 0 to 255; ``as_image`` makes it one. A
``mask`` is bool (H, W), a ``heatmap`` float32 (H, W). Networks take float32 NCHW, RGB, 0 to 1.
"""

import base64
import io
import warnings
from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from PIL import Image

from cvcore.core import checks, depth, reading
from cvcore.core.errors import (
    InputError,
    NoPictureError,
    PictureWarning,
    UnfitPictureError,
)
from cvcore.core.file_kinds import UNREADABLE

if TYPE_CHECKING:
    import torch

# What a public function takes as a picture; ``as_image`` makes an array of it.
Picture: TypeAlias = str | PathLike[str] | Image.Image | np.ndarray

MAX_SIDE = 1280  # pixels: larger pictures are shrunk once, when they are loaded
MAX_FILE_BYTES = 40_000_000

NO_PICTURE = "There is no picture yet: upload one, take one with the webcam or click a sample."

_RESAMPLE = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "box": Image.Resampling.BOX,
}


def load_image(source: reading.Source, *, max_side: int | None = MAX_SIDE) -> np.ndarray:
    """Read a picture file as uint8 (H, W, 3) sRGB: a path (``~`` too), its bytes or an open file.

    It is upright as EXIF says, in sRGB by its colour profile, transparency lies on white (that of
    a BMP where its header names it: ``cvcore.core.bmp``), and of an animation or a file of several
    pages the first is taken. 16 bits, floats and other numbers
    are brought to 8 bits by what the file says of its range, else by its greatest value
    (``cvcore.core.depth``). A picture whose longer side exceeds ``max_side`` pixels is shrunk to
    it (None keeps the size). A file that lacks its last bytes is read as browsers do.

    Warns with ``PictureWarning`` of what had to be assumed. Raises InputError when there is no
    such file, or it is no picture, damaged or too large to open safely; TypeError for what is no
    file.
    """
    return _warn(reading.read(source, max_side=max_side))


def _warn(read: reading.Reading) -> np.ndarray:
    for note in read.notes:
        warnings.warn(note, PictureWarning, stacklevel=3)
    return read.image


def load_data_uri(uri: str, *, max_side: int | None = MAX_SIDE) -> np.ndarray:
    """Read a picture from a base64 ``data:`` address as uint8 (H, W, 3) RGB; see ``load_image``.

    Nothing touches the disk. Raises InputError when it is no such address or no picture.
    """
    return load_image(read_data_uri(uri), max_side=max_side)


def read_data_uri(uri: str) -> bytes:
    """The bytes in a base64 ``data:`` address; InputError when it is none, or too long."""
    head, comma, text = uri.partition(",") if isinstance(uri, str) else ("", "", "")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        raise InputError(UNREADABLE)
    if len(text) * 3 // 4 > MAX_FILE_BYTES:
        raise InputError(f"This file exceeds {MAX_FILE_BYTES // 1_000_000} MB: choose another one.")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise InputError(UNREADABLE) from None


def to_rgb(picture: Image.Image | np.ndarray, *, max_side: int | None = None) -> np.ndarray:
    """Any PIL picture or array as uint8 (H, W, 3) RGB; the range is decided by the dtype.

    Arrays may be (H, W), (H, W, 1), (H, W, 3) or (H, W, 4): bool, uint8 in [0, 255], uint16 in
    [0, 65535], or of 8 to 14 bits by their greatest value, float in [0, 1] (what resizing leads
    beyond is clipped), or other numbers that plainly go from 0 to 255, as those of
    ``cv2.imread(...).astype(float)``. Transparency is laid on white; a PIL picture is turned into
    sRGB by its profile.

    Warns with ``PictureWarning`` of what had to be assumed. Raises InputError for an empty
    picture, one that holds NaN or masked pixels, and floats of another range; TypeError for other
    types, shapes and ranges.
    """
    if isinstance(picture, np.ndarray):
        return _warn(_read_array(picture, max_side))
    if not isinstance(picture, Image.Image):
        raise TypeError(f"Expected a PIL picture or a numpy array, got {type(picture).__name__}.")
    return _warn(reading.read_pil(picture, max_side=max_side))


def _read_array(array: np.ndarray, max_side: int | None) -> reading.Reading:
    max_side = checks.check_max_side(max_side)
    if np.ma.is_masked(array):
        raise InputError("This picture has masked pixels: give them a value with .filled().")
    array = np.asarray(array)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        is_first = array.ndim == 3 and array.shape[0] in (1, 3, 4)
        hint = "; channels go last: array.transpose(1, 2, 0)" if is_first else ""
        raise TypeError(
            f"Expected an array of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), "
            f"got {array.shape}{hint}."
        )
    reading.check_size(array.shape[1], array.shape[0])
    if array.ndim == 3 and array.shape[2] == 4 and array.dtype.kind == "f":
        # alpha has a range of its own: 0 to 1 beside colours up to 255, or the other way round
        pixels, alpha = depth.from_array(array[..., :3]), depth.from_array(array[..., 3])
        pixels = pixels._replace(values=np.dstack([pixels.values, alpha.values]))
    else:
        pixels = depth.from_array(array)
    picture = Image.fromarray(np.ascontiguousarray(pixels.values))
    image = reading.to_array(picture, max_side=max_side)
    return reading.Reading(image, (pixels.note,) if pixels.note else ())


def as_image(picture: Picture | None, *, min_side: int = 1) -> np.ndarray:
    """Any kind of picture as uint8 (H, W, 3) RGB of at least ``min_side`` pixels a side.

    A path is read (``load_image``), a PIL picture turned upright and into sRGB, an array converted
    by its own range (``to_rgb``); none is shrunk, so that places found in it are places in the
    caller's own picture. An array that is uint8 (H, W, 3) already is returned as it is, not copied.

    Warns with ``PictureWarning`` of what had to be assumed. Raises InputError for None, an
    unreadable file and a picture that is empty, too small or holds NaN; TypeError for what is no
    picture.
    """
    if picture is None or (type(picture) is np.ndarray and _is_rgb(picture)):
        return check_image(picture, min_side=min_side)
    if isinstance(picture, str | PathLike):
        image = _warn(reading.read(picture))
    elif isinstance(picture, Image.Image | np.ndarray):
        image = to_rgb(picture)
    else:
        kind = type(picture).__name__
        hint = "; cvcore.core.images.to_image makes one of a tensor" if kind == "Tensor" else ""
        if isinstance(picture, bytes | bytearray | memoryview) or hasattr(picture, "read"):
            hint = "; cvcore.core.images.load_image reads bytes and open files"
        raise TypeError(f"Expected a path, a PIL picture or a numpy array, got {kind}{hint}.")
    return check_image(image, min_side=min_side)


def _is_rgb(array: np.ndarray) -> bool:
    return array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8


def check_image(image: np.ndarray | None, *, min_side: int = 1) -> np.ndarray:
    """Return ``image`` if it is a uint8 (H, W, 3) array of at least ``min_side`` pixels a side.

    Raises NoPictureError for None, UnfitPictureError for a picture that is too small, TypeError
    for anything else.
    """
    if image is None:
        raise NoPictureError(NO_PICTURE)
    if not isinstance(image, np.ndarray):
        raise TypeError(f"Expected a numpy array, got {type(image).__name__}.")
    if not _is_rgb(image):
        raise TypeError(f"Expected uint8 (H, W, 3), got {image.dtype} {image.shape}.")
    height, width = image.shape[:2]
    if min(height, width) < min_side:
        raise UnfitPictureError(
            f"This picture is too small ({width} x {height} pixels): "
            f"choose one of at least {min_side} x {min_side}."
        )
    return image


def check_size_hw(size_hw: object) -> tuple[int, int]:
    """A picture's height and width as whole numbers of pixels; ``InputError`` for anything else."""
    sides = size_hw if isinstance(size_hw, Iterable) else ()
    found = [checks.as_whole(side, 1, reading.MAX_PIXELS) for side in sides]
    height, width = found if len(found) == 2 else (None, None)
    if height is None or width is None:
        said = checks.show(size_hw)
        raise InputError(f"A size is height and width in whole pixels, from 1 on; got {said}.")
    reading.check_size(width, height)
    return height, width


def resize(image: np.ndarray, size_hw: tuple[int, int], *, resample: str = "bicubic") -> np.ndarray:
    """Resize a picture (H, W, 3) or a uint8 map (H, W) to ``size_hw``, with antialiasing.

    ``resample`` is one of nearest, bilinear, bicubic, lanczos, box.
    """
    if resample not in _RESAMPLE:
        raise ValueError(f"resample must be one of {', '.join(_RESAMPLE)}; got {resample!r}.")
    height, width = check_size_hw(size_hw)
    return np.array(Image.fromarray(image).resize((width, height), _RESAMPLE[resample]))


def shrink(image: np.ndarray, max_side: int) -> np.ndarray:
    """The picture with its longer side at most ``max_side`` pixels; smaller ones are untouched."""
    max_side = checks.check_whole("The longest side", max_side, 1, checks.MAX_SIDE)
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

"""What a file that could not be read as a picture is, and a sentence that says what to do."""

UNREADABLE = (
    "This file could not be read as a picture: choose a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or "
    "HEIC file."
)
DAMAGED = (
    "This file could not be read as a picture: it is damaged, or only partly here; copy or "
    "download it once more."
)
OTHER_TIFF = (
    "This file could not be read as a picture: its kind of TIFF is not known here; save it with "
    "8 or 16 bits and 1 or 3 channels."
)
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
AVIF_BRANDS = (b"avif", b"avis")

# What the kinds begin with that are read; such a file that cannot be is damaged.
_READ = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"\0\0\1\0",
    b"\0\0\0\x0cjP",
    b"\xff\x4f\xff\x51",
    b"8BPS",
    b"qoif",
)
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_OTHER = {
    b"%PDF": "a PDF document has pages; save the one you want as PNG",
    b"%!PS": "PostScript is a drawing; save it as PNG",
    b"\xc5\xd0\xd3\xc6": "PostScript is a drawing; save it as PNG",
    b"PK\3\4": "it is a zip file or an office document; take the picture out of it",
    b"\x1f\x8b": "it is packed by gzip; unpack it",
    b"\xff\x0a": "JPEG XL is not known here; save it as JPEG or PNG",
    b"\0\0\0\x0cJXL ": "JPEG XL is not known here; save it as JPEG or PNG",
    b"\x76\x2f\x31\x01": "OpenEXR has no range that a screen could show; save it as PNG",
    b"#?RADIANCE": "Radiance HDR has no range that a screen could show; save it as PNG",
    b"gimp xcf": "this is GIMP's own file; export it as PNG",
    b"version https://git-lfs": "it only points to a file that Git LFS keeps; run git lfs pull",
}
_RAW = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"II\x1a\0\0\0HEAPCCDR")
_RAW_MAKERS = (b"NIKON", b"Canon", b"SONY", b"PENTAX", b"OLYMPUS", b"Panasonic", b"SAMSUNG")


def explain(data: bytes) -> str:
    """One sentence on why these bytes, a file's all, give no picture."""
    if said := _tell(data):
        return f"This file could not be read as a picture: {said}."
    return DAMAGED if is_known(data) else UNREADABLE


def _tell(data: bytes) -> str:
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not data.strip(b"\0"):
        return "it is empty" if not data else "it holds nothing but zeros; copy it once more"
    for magic, said in _OTHER.items():
        if data.startswith(magic):
            return said
    if start.startswith(b"<svg") or (start.startswith((b"<?xml", b"<!")) and b"<svg" in start):
        return "SVG is a drawing, not pixels; save it as PNG"
    if start.startswith((b"<!doctype html", b"<html")):
        return "it is a web page; save the picture itself"
    if start.startswith((b"http://", b"https://")):
        return "it holds an address alone; download the picture itself"
    if is_raw(data):
        return "a camera's raw file holds no finished picture; save it as JPEG or PNG"
    if data[4:8] == b"ftyp" and data[8:12] not in HEIF_BRANDS + AVIF_BRANDS:
        return "it is a film; save one of its pictures as PNG"
    return ""


def is_known(data: bytes) -> bool:
    """Whether the bytes begin as those of a kind that is read do."""
    is_netpbm = data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace()
    is_riff = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return (
        data.startswith((*_READ, *_TIFF)) or is_netpbm or is_riff or is_heif(data) or is_avif(data)
    )


def is_raw(data: bytes) -> bool:
    """A camera's raw file; most are TIFF files of their own kind."""
    is_own_tiff = data.startswith(_TIFF) and (
        b"DNG" in data[:65536] or data[8:10] == b"CR" or any(m in data[:2048] for m in _RAW_MAKERS)
    )
    return data.startswith(_RAW) or is_own_tiff or data[4:11] == b"ftypcrx"


def is_tiff(data: bytes) -> bool:
    return data.startswith(_TIFF)


def is_heif(data: bytes) -> bool:
    """HEIC as phones send it: by the brand that an ISO file begins with."""
    return data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS and not is_avif(data)


def is_avif(data: bytes) -> bool:
    brands = data[8 : int.from_bytes(data[:4], "big")][:64]
    return data[4:8] == b"ftyp" and any(brand in brands for brand in AVIF_BRANDS)

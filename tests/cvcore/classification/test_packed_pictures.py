"""Folders and zip files as cameras, Windows, macOS and other programs leave them."""

import io
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from cvcore.classification import rank_n
from cvcore.classification.rank_n import evaluate, read_set
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from tests.support.files import make_exif, save


@pytest.fixture(scope="module")
def cup():
    return images.resize(samples.load_sample("coffee"), (120, 160))


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    """What the network is given; it is not asked, as files are what this is about."""
    inputs = []

    def answer(batch, *, model):
        inputs.extend(batch)
        return np.zeros((len(batch), 1000), np.float32)

    monkeypatch.setattr(rank_n.classifier, "run_network", answer)
    return inputs


def pack(path, entries, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def run(source):
    labelled = read_set(source)
    *_, report = evaluate(labelled)
    labelled.close()
    return report


def names_of(report):
    return sorted(picture.name for picture in report.pictures)


def test_every_name_of_a_picture_counts_and_a_bad_file_is_named(tmp_path, cup):
    jpeg, png = save(cup, "JPEG"), save(cup, "PNG")
    files = {
        "a.jpg": jpeg, "b.jfif": jpeg, "c.JPE": jpeg, "d.jif": jpeg, "e.TIF": save(cup, "TIFF"),
        "f.Png": png, "g.webp": save(cup, "WEBP"), "h.bmp": save(cup, "BMP"),
        "turned.jpg": save(cup, "JPEG", exif=make_exif(6)), "short.jpg": jpeg[:-2],
        "x.jpg": b"text", "y.dng": b"II*\0", "z.heic": b"\0\0\0\x18ftypheic" + bytes(40),
        "half.jpg": jpeg[: len(jpeg) // 2], "folder.zip": b"PK", "labels.csv": b"a,b",
        "Thumbs.db": b"thumbs", ".DS_Store": b"", "._a.jpg": b"twin",
    }  # fmt: skip
    folder = tmp_path / ".hidden place" / "espresso"
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    packed = pack(tmp_path / "set.zip", {f"espresso/{name}": data for name, data in files.items()})
    for source in (folder, folder.parent, packed, [folder / name for name in files]):
        report = run(source)
        assert sorted(report.unreadable) == [
            f"espresso/{name}" for name in ("half.jpg", "x.jpg", "y.dng", "z.heic")
        ]
        assert len(names_of(report)) == 10
        assert report.total == 14


def test_a_turned_picture_reaches_the_network_upright(tmp_path, cup, seen):
    lying = Image.fromarray(cup).transpose(Image.Transpose.ROTATE_90)
    files = {"1.png": save(cup, "PNG"), "2.png": save(lying, "PNG", exif=make_exif(6))}
    run(pack(tmp_path / "a.zip", {f"espresso/{name}": data for name, data in files.items()}))
    np.testing.assert_array_equal(*seen)


def test_zips_of_other_programs(tmp_path, cup):
    png = save(cup, "PNG")
    path = tmp_path / "set.zip"
    # Windows: backslashes, and a folder that is called like a picture
    data = pack(path, {"set/espresso/a.png": png, "set/espresso/b.png/": b""}).read_bytes()
    path.write_bytes(data.replace(b"set/espresso/a", b"set\\espresso\\a"))
    assert names_of(run(path)) == ["espresso/a.png"]
    # macOS: UTF-8 that is not said to be
    data = pack(path, {"espresso/XXer.png": png}).read_bytes()
    path.write_bytes(data.replace(b"XXer", "ü".encode() + b"er"))
    assert names_of(run(path)) == ["espresso/üer.png"]
    # older Windows: its own code page
    path.write_bytes(data.replace(b"XXer", b"\x81\x84er"))
    assert names_of(run(path)) == ["espresso/üäer.png"]
    # folders of their own, empty ones, one folder round all
    pack(path, {"all/": b"", "all/empty/": b"", "all/espresso/": b"", "all/espresso/a.png": png})
    assert names_of(run(path)) == ["espresso/a.png"]
    # something before and behind it, as self-extracting archives have
    data = pack(path, {"espresso/a.png": png}).read_bytes()
    path.write_bytes(b"MZ" + bytes(500) + data)
    assert names_of(run(path)) == ["espresso/a.png"]


def test_streaming_programs_write_descriptors_and_zip64(tmp_path, cup, monkeypatch):
    class Pipe(io.RawIOBase):
        """Where nobody can go back and fill in the sizes."""

        def __init__(self):
            self.parts = []

        def writable(self):
            return True

        def write(self, data):
            self.parts.append(bytes(data))
            return len(data)

    pipe = Pipe()
    with (
        zipfile.ZipFile(pipe, "w") as archive,
        archive.open("espresso/a.png", "w", force_zip64=True) as entry,
    ):
        entry.write(save(cup, "PNG"))
    path = tmp_path / "set.zip"
    path.write_bytes(b"".join(pipe.parts))
    assert names_of(run(path)) == ["espresso/a.png"]
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 0)
    data = pack(path, {"espresso/a.png": save(cup, "PNG")}).read_bytes()
    assert b"PK\6\6" in data
    assert names_of(run(path)) == ["espresso/a.png"]
    large = data.rfind(b"PK\6\6")  # what it says of its table of contents is looked at, too
    path.write_bytes(data[: large + 40] + struct.pack("<Q", 5_000_000) + data[large + 48 :])
    with pytest.raises(InputError, match="too many entries"):
        read_set(path)


def test_a_zip_in_a_zip_is_told(tmp_path, cup):
    inner = pack(tmp_path / "inner.zip", {"espresso/a.png": save(cup, "PNG")}).read_bytes()
    with pytest.raises(InputError, match="holds another one: unpack that"):
        read_set(pack(tmp_path / "outer.zip", {"set/inner.ZIP": inner, "readme.txt": b"x"}))
    both = pack(tmp_path / "both.zip", {"a.zip": inner, "espresso/b.png": save(cup, "PNG")})
    assert names_of(run(both)) == ["espresso/b.png"]


def test_an_entry_packed_in_an_unknown_way_is_named(tmp_path, cup):
    """As Deflate64, which Windows uses for large files."""
    png = save(cup, "PNG")
    path = pack(tmp_path / "set.zip", {"espresso/a.png": png, "espresso/b.png": png})
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, data.rfind(b"PK\1\2") + 10, 9)
    path.write_bytes(bytes(data))
    report = run(path)
    assert report.unreadable == ("espresso/b.png",)
    assert names_of(report) == ["espresso/a.png"]

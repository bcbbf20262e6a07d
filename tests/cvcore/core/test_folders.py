"""Which files of a folder are taken for pictures."""

from pathlib import PurePosixPath

import pytest

from cvcore.core.folders import is_picture_name, list_pictures


@pytest.mark.parametrize(
    "name",
    ["a.jpg", "A.JPG", "a.jfif", "a.jpe", "a.jif", "a.Tif", "a.tiff", "a.heic", "a.HEIF", "a.avif",
     "a.b.png", "a.dng", "a.svg", "cats/über/a.webp", PurePosixPath("x/a.bmp")],
)  # fmt: skip
def test_pictures_by_their_names(name):
    assert is_picture_name(name)


@pytest.mark.parametrize(
    "name",
    ["a.txt", "a.csv", "Thumbs.db", "desktop.ini", ".DS_Store", "png", ".png", "a.png.txt", "a.zip",
     "._a.jpg", "__MACOSX/x/._a.jpg", ".git/a.png", "x/.hidden/a.png", ""],
)  # fmt: skip
def test_what_lies_beside_pictures(name):
    assert not is_picture_name(name)


def test_a_folder_is_listed_though_it_is_hidden_itself(tmp_path):
    """And a folder called like a picture is none."""
    folder = tmp_path / ".cache" / "set"
    for name in ("b.JPG", "a.jfif", "notes.txt", "._a.jfif", "deep/c.png", ".x/d.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    (folder / "folder.png").mkdir()
    assert [path.name for path in list_pictures(folder)] == ["a.jfif", "b.JPG"]
    deep = list_pictures(str(folder), recursive=True)
    assert [path.relative_to(folder).as_posix() for path in deep] == [
        "a.jfif",
        "b.JPG",
        "deep/c.png",
    ]
    assert list_pictures(folder / "nowhere") == []


def test_folders_of_people_take_every_picture(tmp_path):
    from cvcore.face_verification.evaluation import list_people

    for name in ("ann/1.jfif", "ann/2.HEIC", "ann/notes.txt", "ann/._1.jfif", "bob/1.TIF"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    people = {name: [path.name for path in paths] for name, paths in list_people(tmp_path).items()}
    assert people == {"ann": ["1.jfif", "2.HEIC"], "bob": ["1.TIF"]}

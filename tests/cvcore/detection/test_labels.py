"""YOLO's label files as people have them, and folders of them with something missing."""

import numpy as np
import pytest
from PIL import Image

from cvcore.core.errors import InputError
from cvcore.detection.evaluation import DetectionScore, evaluate, main, read_ground_truth

CENTRE = "0 0.5 0.5 0.2 0.4"
CENTRE_XYXY = [[80, 30, 120, 70]]  # of 200 x 100 pixels


@pytest.fixture
def read(tmp_path):
    def read(text, encoding="utf-8"):
        (tmp_path / "a.txt").write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read_ground_truth(tmp_path / "a.txt", (100, 200), 80)

    return read


@pytest.mark.parametrize(
    "text",
    [
        CENTRE, f"{CENTRE}\r\n", f"\n\n{CENTRE}\n \n", f"# cups\n{CENTRE} # one\n",
        f"{CENTRE}\n0 0.50 .5 2e-1 0.4\n", "0.0\t0.5 0.5  0.2 0.4",
        "0 0.4 0.3 0.6 0.3 0.6 0.7 0.4 0.7",  # an outline
        "0 0.4 0.3 0.6 0.5 0.4 0.7",
    ],
)  # fmt: skip
def test_sound_lines(read, text):
    truth = read(text)
    np.testing.assert_allclose(truth.xyxy, CENTRE_XYXY, atol=1e-3)
    assert truth.class_id.tolist() == [0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_says_the_encoding(read, encoding):
    np.testing.assert_allclose(read(CENTRE, encoding).xyxy, CENTRE_XYXY, atol=1e-3)


def test_no_lines_are_no_objects(read):
    for text in ("", "\n", "# nothing here", b"\xef\xbb\xbf"):
        assert len(read(text).xyxy) == 0


def test_a_hair_outside_is_cut(read):
    assert read("0 0.5 0.5 1.001 1.0001").xyxy.tolist() == [[0, 0, 200, 100]]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("0 320 240 100 200", "in pixels"), ("0 nan nan nan nan", "no number"),
        ("0 inf 0.5 0.1 0.1", "no number"), ("0 0.5 0.5 -0.1 0.2", "no width"),
        ("0 0.5 0.5 0 0", "no width"), ("0 0.9 0.5 0.4 0.1", "out of the picture"),
        ("0 -0.2 0.5 0.1 0.1", "out of the picture"), ("-1 0.5 0.5 0.1 0.1", "class from 0"),
        ("80 0.5 0.5 0.1 0.1", "class from 0"), ("0.5 0.5 0.5 0.1 0.1", "class from 0"),
        ("cup 0.5 0.5 0.1 0.1", "class from 0"), ("nan 0.5 0.5 0.1 0.1", "class from 0"),
        ("0 0.5 0.5 0.1", "class x y"), ("0 0.5 0.5 0.1 0.1 0.9", "sixth number"),
        ("0 0,5 0,5 0,2 0,4", "points in fractions"), ("0,0.5,0.5,0.2,0.4", "spaces between"),
        ("0 0.1 0.1 0.2 0.1 0.3 0.1", "no width or no height"), ("0 0 0 1 1 2 2 3", "class x y"),
    ],
)  # fmt: skip
def test_wrong_lines_are_named(read, line, says):
    with pytest.raises(InputError, match=rf"Line 2 of a\.txt .*{says}.*mend the file"):
        read(f"{CENTRE}\n{line}\n")


def test_files_that_are_no_text(read, tmp_path):
    for data in (CENTRE.encode("utf-16-le"), b"\xff\x00\xfe", bytes(20), "0 ½".encode("cp1252")):
        with pytest.raises(InputError, match=r"a\.txt is no text"):
            read(data)
    with pytest.raises(InputError, match="could not be read"):
        read_ground_truth(tmp_path, (10, 10), 80)


def make_folder(folder, labels, pictures="abcd"):
    for name in ("images", "labels"):
        (folder / name).mkdir()
    for name in pictures:
        Image.new("RGB", (200, 100)).save(folder / "images" / f"{name}.png")
    for name, text in labels.items():
        (folder / "labels" / f"{name}.txt").write_text(text)
    return folder


def find_centre(image):
    xyxy = np.array(CENTRE_XYXY, np.float32)
    return xyxy, np.array([0.9], np.float32), np.array([0])


def test_one_bad_file_does_not_end_the_run(tmp_path, monkeypatch, capsys):
    make_folder(tmp_path, {"a": CENTRE, "b": "0 320 240 9 9", "c": "", "z": CENTRE})
    (tmp_path / "images" / "e.png").write_bytes(b"no picture")
    (tmp_path / "labels" / "e.txt").write_text(CENTRE)
    *_, score = evaluate(tmp_path, find_centre, ("cup",))
    assert isinstance(score, DetectionScore)
    assert (score.pictures, score.objects) == (3, 1)
    said = " | ".join(score.notes)
    assert "1 of 5 pictures have no label file" in said  # d
    assert "1 label files have no picture and are left out: z.txt" in said
    assert "b.png is left out: Line 1 of b.txt is in pixels" in said
    assert "e.png is left out" in said
    monkeypatch.setattr(
        "cvcore.detection.evaluation.predict_for_score", lambda image, **_: find_centre(image)
    )
    assert main([str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "3 pictures, 1 objects" in told.out
    assert "b.png is left out" in told.err


def test_folders_with_something_missing(tmp_path):
    def refuse(folder, says):
        with pytest.raises(InputError, match=says):
            list(evaluate(folder, find_centre, ("cup",)))

    (tmp_path / "one").mkdir()
    make_folder(tmp_path / "one", {"x": CENTRE})
    refuse(tmp_path / "one", "has the name of a picture")
    (tmp_path / "one" / "labels" / "a.txt").write_text("0 5 5 5 5")
    for name in "bcd":
        (tmp_path / "one" / "images" / f"{name}.png").unlink()
    refuse(tmp_path / "one", "No picture could be measured.*Line 1 of a.txt")
    (tmp_path / "one" / "labels" / "a.txt").write_text("\n")
    refuse(tmp_path / "one", "No picture has an object")
    (tmp_path / "two" / "images").mkdir(parents=True)
    refuse(tmp_path / "two", "no pictures")
    Image.new("RGB", (9, 9)).save(tmp_path / "two" / "images" / "a.png")
    refuse(tmp_path / "two", "no folder labels")
    refuse(tmp_path / "two" / "images" / "a.png", "no pictures")

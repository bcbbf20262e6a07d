"""The confusion matrix against ultralytics', and sets of labelled pictures out of zip files."""

import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from cvcore.core.errors import InputError
from cvcore.detection.confusion import Case, count_confusions
from cvcore.detection.labelled_pictures import find_label_file, measure_zip
from cvcore.detection.labels import GroundTruth
from cvcore.engine.ultralytics import import_ultralytics


def random_picture(rng):
    """Truth boxes, and detections that lie near some of them, of any class."""
    corner = rng.uniform(0, 60, (5, 2))
    truth = np.concatenate((corner, corner + rng.uniform(15, 40, (5, 2))), axis=1)
    found = truth[rng.integers(0, 5, 9)] + rng.uniform(-9, 9, (9, 4))
    scores = (rng.permutation(9) + 1) / 10
    return (found, scores, rng.integers(0, 3, 9)), GroundTruth(truth, rng.integers(0, 3, 5))


@pytest.mark.parametrize("seed", range(3))
def test_the_matrix_is_ultralytics(seed):
    import_ultralytics()
    from ultralytics.utils.metrics import ConfusionMatrix

    rng = np.random.default_rng(seed)
    pictures = [random_picture(rng) for _ in range(12)]
    empty = GroundTruth(np.zeros((0, 4)), np.zeros(0, np.int64))
    nothing = (np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
    pictures += [(pictures[0][0], empty), (nothing, pictures[0][1]), (nothing, empty)]
    theirs = ConfusionMatrix({number: str(number) for number in range(3)})
    for (boxes, scores, classes), truth in pictures:
        found = {"bboxes": boxes, "conf": scores, "cls": classes}
        there = {"bboxes": truth.xyxy, "cls": truth.class_id}
        theirs.process_batch(
            {name: torch.as_tensor(one) for name, one in found.items()},
            {name: torch.as_tensor(one) for name, one in there.items()},
            conf=0.35, iou_thres=0.5,
        )  # fmt: skip
    ours = count_confusions(*zip(*pictures, strict=True), 3, confidence=0.35, iou_limit=0.5)
    assert ours.counts.tolist() == theirs.matrix.T.astype(int).tolist()
    assert {cell: len(cases) for cell, cases in ours.cases.items()} == {
        (int(i), int(j)): int(ours.counts[i, j]) for i, j in np.argwhere(ours.counts)
    }


def test_a_cat_taken_for_a_dog_by_hand():
    """One right, one of another class, one missed, one around nothing, one too weak."""
    truth = GroundTruth(
        np.array([[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]]), np.array([0, 0, 1])
    )
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 8], [70, 0, 80, 9], [40, 0, 50, 10]], float)
    found = boxes, np.array([0.9, 0.8, 0.7, 0.2]), np.array([0, 1, 1, 1])
    matrix = count_confusions([found], [truth], 2)
    assert matrix.counts.tolist() == [[1, 1, 0], [0, 0, 1], [0, 1, 0]]
    assert matrix.cases[0, 1] == [Case(0, 1, 1, 0.8)]
    assert matrix.cases[1, 2] == [Case(0, truth=2)]
    assert matrix.occurring() == [0, 1]
    with pytest.raises(InputError, match="confidence"):
        count_confusions([found], [truth], 2, confidence=2)


LABELS = ("cat", "dog")


def pack(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def picture():
    file = io.BytesIO()
    Image.new("RGB", (60, 40), (90, 120, 30)).save(file, "PNG")
    return file.getvalue()


def see_a_cat(image):
    height, width = image.shape[:2]
    return np.array([[0, 0, width / 2, height]], np.float32), np.array([0.9]), np.array([0])


LEFT = "0 0.25 0.5 0.5 1"


def test_a_zip_of_ones_own_is_measured(tmp_path):
    files = {
        "set/images/a.png": picture(), "set/labels/a.txt": LEFT,
        "set/images/b.png": picture(), "set/labels/b.txt": LEFT.replace("0 ", "1 ", 1),
        "set/images/c.png": picture(), "set/labels/c.txt": "0 5 5 5 5 5",
        "set/images/d.png": b"no picture", "set/labels/d.txt": LEFT,
        "set/images/e.png": picture(),
    }  # fmt: skip
    *_, (done, total, measured) = measure_zip(pack(tmp_path / "a.zip", files), see_a_cat, LABELS)
    assert (done, total) == (5, 5)
    assert [one.name for one in measured.pictures] == ["a.png", "b.png", "e.png"]
    assert [note.split(" ")[0] for note in measured.notes] == ["1", "c.png", "d.png"]
    assert measured.confusions(0.25, 0.45).counts.tolist() == [[1, 0, 0], [1, 0, 0], [1, 0, 0]]
    score = measured.score()
    assert score.map_50 == score.map_75 == pytest.approx(0.5)
    assert score.per_class == pytest.approx({"cat": 1, "dog": 0})
    assert (score.pictures, score.objects) == (3, 2)


def test_names_of_the_classes_say_which_number_is_which(tmp_path):
    files = {"a.png": picture(), "a.txt": LEFT}
    for name, text in (("classes.txt", "dog\ncat\n"), ("data.yaml", "names: {0: dog, 1: cat}")):
        path = pack(tmp_path / "a.zip", files | {name: text})
        *_, (_, _, measured) = measure_zip(path, see_a_cat, LABELS)
        assert measured.pictures[0].truth.class_id.tolist() == [1]
    for name, text, says in (
        ("classes.txt", "llama", "knows no class 'llama'"),
        ("data.yaml", "names: [[cat]]", "no list of names"),
        ("data.yaml", "a: [", "no list of names"),
    ):
        with pytest.raises(InputError, match=says):
            list(measure_zip(pack(tmp_path / "a.zip", files | {name: text}), see_a_cat, LABELS))


def test_zips_that_cannot_be_measured(tmp_path):
    for files, says in (
        ({"a.png": picture()}, "No label file"),
        ({"a.png": picture(), "b.txt": LEFT}, "No label file"),
        ({"a.png": b"x", "a.txt": LEFT}, "No picture could be measured"),
        ({"a.txt": LEFT}, "no picture in it"),
        ({"a.png": picture(), "a.txt": "x" * 2_000_000}, "more than 1 MB"),
    ):
        with pytest.raises(InputError, match=says):
            list(measure_zip(pack(tmp_path / "a.zip", files), see_a_cat, LABELS))
    path = pack(tmp_path / "a.zip", {"a.png": picture(), "a.txt": ""})
    *_, (_, _, measured) = measure_zip(path, see_a_cat, LABELS)
    with pytest.raises(InputError, match="nothing to find"):
        measured.score()


def test_where_a_label_file_lies():
    names = {"s/labels/a.txt", "s/images/b.txt", "c.txt"}
    assert find_label_file("s/images/a.jpg", names) == "s/labels/a.txt"
    assert find_label_file("s/images/b.jpg", names) == "s/images/b.txt"
    assert find_label_file("c.jpg", names) == "c.txt"
    assert find_label_file("s/d.jpg", names) is None

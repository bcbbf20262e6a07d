"""Folders of pictures and masks: what is listed, what is left out, what is said."""

import numpy as np
import pytest
from PIL import Image

from cvcore import segmentation as seg
from cvcore.core.errors import InputError
from cvcore.segmentation import dataset, evaluation

TRUTH = np.zeros((32, 32), np.uint8)
TRUTH[:, :16] = 1


def make_folder(folder, kind, **files):
    """Black pictures a and b, and masks as given: arrays, pictures, or bytes as they are."""
    for name in ("images", kind):
        (folder / name).mkdir(parents=True)
    for name in "ab":
        Image.new("RGB", (32, 32)).save(folder / "images" / f"{name}.png")
    for name, mask in files.items():
        path = folder / kind / name.replace("_", ".")
        if isinstance(mask, bytes):
            path.write_bytes(mask)
        else:
            (mask if isinstance(mask, Image.Image) else Image.fromarray(mask)).save(path)
    return folder


def to_palette(values):
    picture = Image.fromarray(values, "P")
    picture.putpalette([68, 1, 84, 253, 231, 37])
    return picture


@pytest.mark.parametrize("kind", ["masks", "labels", "semantic_masks"])
@pytest.mark.parametrize("write", [Image.fromarray, to_palette])
def test_masks_of_zeros_and_ones(tmp_path, kind, write):
    pairs = dataset.list_pairs(make_folder(tmp_path, kind, a_png=write(TRUTH)))
    *_, score = evaluation.evaluate(pairs, lambda image: TRUTH > 0)
    assert (score.pictures, score.dice, score.iou) == (1, 1, 1)
    (pair,) = dataset.read_pairs(tmp_path)
    np.testing.assert_array_equal(pair.mask, TRUTH > 0)


def test_one_bad_file_does_not_end_the_run(tmp_path, monkeypatch, capsys):
    make_folder(
        tmp_path, "masks", a_png=TRUTH, b_png=b"no picture", d_png=TRUTH[:16], z_png=TRUTH,
        c_png=np.arange(1024, dtype=np.uint16).reshape(32, 32),
    )  # fmt: skip
    for name in ("c", "d"):
        Image.new("RGB", (32, 32)).save(tmp_path / "images" / f"{name}.png")
    Image.new("RGB", (32, 32)).save(tmp_path / "images" / "e.png")
    (tmp_path / "images" / "f.png").write_bytes(b"")
    Image.fromarray(TRUTH).save(tmp_path / "masks" / "f.png")

    def answer(image, **_):
        return seg.Mask((TRUTH * 0.9).astype(np.float32), "person", (32, 32))

    monkeypatch.setattr(seg, "predict_mask", answer)
    assert evaluation.main([str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("1 pictures")
    assert "mean over pictures 1.0000" in told.out
    for says in (
        "b.png: This file could not be read as a mask", "c.png: ", "d.png has 32 x 16 pixels",
        "f.png: This file could not be read as a picture", "without a mask of the same name: e.png",
        "without a picture of the same name: z.png",
    ):  # fmt: skip
        assert says in told.err
    with pytest.raises(InputError, match=r"b\.png: "):  # a training stops before it begins
        dataset.read_pairs(tmp_path)


def test_a_mask_of_another_shape_is_not_stretched(tmp_path):
    with pytest.raises(InputError, match=r"a\.png: The mask has 32 x 16"):
        dataset.read_pairs(make_folder(tmp_path / "one", "masks", a_png=TRUTH[:16]))
    larger = TRUTH.repeat(3, axis=0).repeat(3, axis=1)
    (pair,) = dataset.read_pairs(make_folder(tmp_path / "two", "masks", a_png=larger))
    np.testing.assert_array_equal(pair.mask, TRUTH > 0)


def test_endings_and_hidden_files(tmp_path):
    make_folder(tmp_path, "masks", a_PNG=b"", b_gif=b"", b_png=b"")
    for name in ("masks/._a.png", "images/._a.png", "masks/Thumbs.db"):
        (tmp_path / name).write_bytes(b"")
    found = [mask.name for _, mask in dataset.list_pairs(tmp_path)]
    assert found == ["a.PNG", "b.png"]


def test_folders_with_something_missing(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    make_folder(tmp_path / "nothing", "masks")
    make_folder(tmp_path / "others", "masks", x_png=TRUTH)
    for name, says in (
        ("none", "no folder"), ("file", "no folder"), ("empty", "no folder images"),
        ("nothing", "no pairs"), ("others", "no pairs"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=says):
            dataset.list_pairs(tmp_path / name)

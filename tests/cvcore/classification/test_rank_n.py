import csv
import io
import os
import re
import struct
import zipfile

import numpy as np
import pytest

from cvcore import classification
from cvcore.classification import rank_n
from cvcore.classification.leaders import LEADERS
from cvcore.classification.rank_n import (
    RankedPicture,
    RankReport,
    evaluate,
    find_class,
    read_ranks,
    read_set,
    share_within,
    to_csv,
)
from cvcore.core import class_folders, images, samples
from cvcore.core.errors import InputError
from cvcore.engine import registry

CAT, ESPRESSO = 285, 967  # Egyptian cat, espresso


@pytest.fixture(scope="module")
def files():
    return {name: images.to_png(samples.load_sample(name)) for name in ("chelsea", "coffee")}


@pytest.fixture
def make_zip(tmp_path):
    def make(entries, **options):
        path = tmp_path / "set.zip"
        with zipfile.ZipFile(path, "w", **options) as archive:
            for name, data in entries.items():
                archive.writestr(name, data)
        return path

    return make


@pytest.mark.parametrize(
    ("folder", "class_idx"),
    [
        ("n02085620", 151),
        ("n02085620-Chihuahua", 151),
        ("285", 285),
        ("0", 0),
        ("Egyptian cat", 285),
        ("egyptian_cat", 285),
        (" EGYPTIAN-CAT ", 285),
        ("Cardigan", 264),  # the corgi
        ("cardigan", 474),  # the knitted jacket
        ("collie", 231),
        ("Tinca tinca", 0),  # a WordNet synonym
        ("crane", 517),  # the machine: the class's own name goes before the bird's synonym
        ("jack-o'-lantern", 607),
    ],
)
def test_find_class(folder, class_idx):
    assert find_class(folder) == class_idx


@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("colie", "did you mean collie"),
        ("1000", "beyond the last class, 999"),
        ("n99999999", "none of the 1,000"),
        ("panther", "n02125311 or n02128925"),
        ("", "names no ImageNet class"),
        ("๓", "names no ImageNet class"),
        ("²", "names no ImageNet class"),
    ],
)
def test_find_class_says_what_is_wrong(folder, says):
    with pytest.raises(InputError, match=re.escape(says)):
        find_class(folder)


def test_every_class_is_found_by_its_id_index_and_name():
    rows = registry.read_label_rows("imagenet.tsv")
    assert len(rows) == 1000
    for index, (synset, _, name) in enumerate(rows):
        assert find_class(synset) == find_class(str(index)) == find_class(name) == index


def test_zip_to_report(make_zip, files):
    path = make_zip(
        {
            "set/Egyptian cat/a.png": files["chelsea"],
            "set/n07920052/b.png": files["coffee"],
            "set/tench/wrong.png": files["coffee"],
            "set/espresso/broken.png": b"not a picture",
            "set/zzzz/c.png": files["coffee"],
            "set/README.txt": "text",
            "__MACOSX/espresso/._b.png": "junk",
        }
    )
    labelled = read_set(path)
    reports = list(evaluate(labelled, batch_size=2))
    labelled.close()
    assert [report.seen for report in reports] == [2, 4]
    report = reports[-1]
    assert report.unknown_folders == ("zzzz",)
    assert report.unreadable == ("espresso/broken.png",)
    ranks = {picture.name: picture.rank for picture in report.pictures}
    assert ranks["Egyptian cat/a.png"] == 2  # behind tiger cat
    assert ranks["n07920052/b.png"] == 1
    assert ranks["tench/wrong.png"] > 5
    assert report.accuracy(1) == pytest.approx(1 / 3)
    assert report.accuracy(2) == report.accuracy(5) == pytest.approx(2 / 3)
    assert [picture.name for picture in report.mistakes()] == [
        "tench/wrong.png",
        "Egyptian cat/a.png",
    ]
    assert [picture.name for picture in report.mistakes(2)] == ["tench/wrong.png"]
    assert max(images.load_image(report.mistakes()[0].thumbnail).shape) == 160


def test_the_share_within_a_rank_is_scikit_learns():
    from sklearn.metrics import top_k_accuracy_score

    rng = np.random.default_rng(3)
    scores, truths = rng.random((200, 8)), rng.integers(0, 8, 200)
    ranks = classification.true_ranks(scores, truths)
    for n in range(1, 6):
        wanted = top_k_accuracy_score(truths, scores, k=n, labels=range(8))
        assert share_within(ranks, n) == pytest.approx(wanted)
    assert np.isnan(share_within([], 1))


def test_pictures_are_chosen_from_all_over_the_ranks():
    """Those without a thumbnail are not; a small set is shown whole, the best rank first."""
    many = [RankedPicture(str(r), 0, r, 0.1, (), (), b"x" * (r % 2)) for r in range(1, 42)]
    report = RankReport(41, tuple(many[::-1]))
    assert [one.rank for one in report.choose_shown()] == [1, 11, 21, 31, 41]
    assert [one.rank for one in RankReport(5, tuple(many[4::-1])).choose_shown()] == [1, 3, 5]


def test_typed_ranks():
    assert read_ranks(" 1, 2;3 4,1000") == (1, 2, 3, 4, 1000)
    for text in (
        "1, 2, 3, 4",
        "1, 2, 3, 4, 0",
        "1, 2, 3, 4, 1001",
        "1, 2, 3, 4, 1.5",
        "-1 1 1 1 1",
    ):
        with pytest.raises(InputError, match="Type 5 ranks"):
            read_ranks(text)


def test_leaders_are_in_order_and_each_has_its_source():
    years = [row.year for row in LEADERS]
    assert years == sorted(years)
    for row in LEADERS:
        assert row.source
        assert row.top1 or row.top5
        assert row.top1 is None or row.top5 is None or row.top1 < row.top5 < 100


def test_a_picture_that_cannot_be_read_costs_no_other(make_zip, files):
    """Three of one batch, the second not a picture."""
    names = ("espresso/a.png", "espresso/b.png", "espresso/c.png")
    path = make_zip(dict(zip(names, (files["coffee"], b"text", files["chelsea"]), strict=True)))
    (report,) = evaluate(read_set(path))
    assert [picture.name for picture in report.pictures] == [names[0], names[2]]
    assert report.unreadable == (names[1],)


def test_folder_and_file_list_give_the_zips_answer(tmp_path, make_zip, files):
    for folder, name in (("285", "chelsea"), ("espresso", "coffee")):
        (tmp_path / "set" / folder).mkdir(parents=True)
        (tmp_path / "set" / folder / "1.png").write_bytes(files[name])
    packed = make_zip({"285/1.png": files["chelsea"], "espresso/1.png": files["coffee"]})
    listed = sorted((tmp_path / "set").rglob("*.png"))
    answers = []
    for source in (tmp_path / "set", packed, listed):
        (report,) = evaluate(read_set(source))
        answers.append([(picture.name, picture.rank) for picture in report.pictures])
    assert answers[0] == answers[1] == answers[2] == [("285/1.png", 2), ("espresso/1.png", 1)]


def test_csv_reads_back(make_zip, files):
    path = make_zip({"espresso/=1+1.png": files["coffee"], "espresso/b.png": b"x"})
    (report,) = evaluate(read_set(path))
    rows = list(
        csv.DictReader(io.StringIO(to_csv(report, registry.load_labels("efficientnet_lite0"))))
    )
    assert [row["rank"] for row in rows] == ["1", "unreadable"]
    assert rows[0]["true_class"] == rows[0]["top1"] == "espresso"
    assert float(rows[0]["p1"]) > 0.9
    only = next(iter(csv.reader([to_csv(report, ["=a"] * 1000).splitlines()[1]])))
    assert only[0] == "espresso/=1+1.png"
    assert rank_n._plain("=1+1/a.png") == "'=1+1/a.png"


def refused(source, says):
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        list(evaluate(read_set(source)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["../espresso/a.png", "/espresso/a.png", "espresso/../../a.png", "..\\a.png", "C:\\a.png"],
)
def test_paths_that_leave_the_zip_are_refused(make_zip, name):
    refused(make_zip({name: b"x"}), "point outside")


def test_refused_zips(make_zip, tmp_path, files):
    refused(make_zip({}), "no picture in it")
    refused(make_zip({"espresso/readme.txt": "x"}), "no picture in it")
    refused(make_zip({"a.png": b"x"}), "lie in no folder")
    refused(make_zip({"colie/a.png": b"x"}), "did you mean collie")
    refused(make_zip({f"0/{i}.png": b"" for i in range(2001)}), "2,001 pictures")
    refused(make_zip({f"0/{i}.txt": b"" for i in range(10_001)}), "10,001 entries")
    refused(tmp_path / "missing.zip", "could not be opened")
    text = tmp_path / "text.zip"
    text.write_text("This is text.")
    refused(text, "no zip file")
    text.write_bytes(b"")
    refused(text, "no zip file")
    whole = make_zip({"espresso/a.png": files["coffee"]}).read_bytes()
    text.write_bytes(whole[:-40])
    refused(text, "no zip file")
    directory = whole.rfind(b"PK\1\2")
    text.write_bytes(whole[:directory] + b"XX" + whole[directory + 2 :])
    refused(text, "damaged")


def test_zip_bomb_is_refused_without_unpacking_it(make_zip):
    bomb = make_zip({"espresso/a.png": bytes(60_000_000)}, compression=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 100_000
    refused(bomb, "30 MB")


def test_zip_that_lies_about_its_sizes(make_zip):
    path = make_zip({"espresso/a.png": bytes(60_000_000)}, compression=zipfile.ZIP_DEFLATED)
    data = path.read_bytes().replace(struct.pack("<I", 60_000_000), struct.pack("<I", 1000))
    path.write_bytes(data)
    labelled = read_set(path)
    (report,) = evaluate(labelled)
    assert report.unreadable == ("espresso/a.png",)


def test_many_pictures_of_allowed_size_are_refused_together(make_zip):
    entries = {f"espresso/{i}.png": bytes(29_000_000) for i in range(2)}
    path = make_zip(entries, compression=zipfile.ZIP_DEFLATED)
    limit, class_folders.MAX_TOTAL_BYTES = class_folders.MAX_TOTAL_BYTES, 40_000_000
    try:
        refused(path, "pack fewer")
    finally:
        class_folders.MAX_TOTAL_BYTES = limit


def test_huge_table_of_contents_is_refused_before_it_is_parsed(make_zip):
    path = make_zip({"espresso/a.png": b"x"})
    data = bytearray(path.read_bytes())
    end = data.rfind(b"PK\5\6")
    data[end + 12 : end + 16] = struct.pack("<I", 5_000_000)
    path.write_bytes(data)
    refused(path, "too many entries")
    assert os.path.getsize(path) < 1000


def test_password_is_told(make_zip):
    path = make_zip({"espresso/a.png": b"x"})
    data = bytearray(path.read_bytes())
    data[data.rfind(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    refused(path, "password")


def test_stopping_in_the_middle_leaves_nothing_open(make_zip, files):
    labelled = read_set(make_zip({f"espresso/{i}.png": files["coffee"] for i in range(6)}))
    running = evaluate(labelled, batch_size=2)
    assert next(running).seen == 2
    running.close()
    labelled.close()
    with pytest.raises(InputError):
        labelled.pictures[0].read()

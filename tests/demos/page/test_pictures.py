"""Pictures as visitors bring them, through the page's own fields."""

import base64

import gradio as gr
import numpy as np
import pytest
from gradio.data_classes import ImageData
from PIL import Image

from cvcore.core import images, samples
from demos import components as ui
from demos.components import pictures, private_picture
from tests.support import profiles
from tests.support.files import differ, make_exif, save


@pytest.fixture(scope="module")
def cat():
    return images.resize(samples.load_sample("chelsea"), (96, 128))


@pytest.fixture
def told(monkeypatch):
    """The notes that a visitor gets."""
    notes = []
    monkeypatch.setattr(pictures.gr, "Info", lambda note, **_: notes.append(note))
    return notes


def to_uri(data):
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.fixture
def fields(tmp_path):
    """Every way in: a file and an address of the picture field, and that for faces."""
    picture, path = ui.SafeImage(render=False), tmp_path / "own"

    def by_file(data):
        path.write_bytes(data)
        return picture.preprocess(ImageData(path=str(path)))

    return {
        "file": by_file,
        "address": lambda data: picture.preprocess(ImageData(url=to_uri(data))),
        "data": pictures.DataPicture(render=False).preprocess,
        "face": lambda data: private_picture.read_picture({"src": to_uri(data)})[0],
    }


@pytest.mark.parametrize("field", ["file", "address", "face"])
def test_a_phones_picture_is_upright_and_in_srgb(fields, cat, field):
    lying = np.asarray(Image.fromarray(cat).transpose(Image.Transpose.ROTATE_90))
    data = profiles.write_in(lying, profiles.make_rgb_profile(), exif=make_exif(6))
    assert differ(fields[field](data), cat) < 0.5


@pytest.mark.parametrize("field", ["file", "address", "face"])
def test_what_was_assumed_is_told_once(fields, cat, told, field):
    grey = cat[..., 0].astype(np.uint16) * 16 + (field == "face")
    data = save(grey, "TIFF")
    for _ in range(3):  # as a slider moves
        assert differ(fields[field](data)[..., 0], cat[..., 0]) < 1.1
    assert len(told) == 1
    assert "taken for 12 bits" in told[0]
    fields[field](save(cat, "PNG"))
    assert len(told) == 1


@pytest.mark.parametrize("plain", [False, True])
def test_a_note_is_no_message_unless_gradio_runs_as_it_comes(fields, cat, monkeypatch, plain):
    sent = []
    monkeypatch.setattr(pictures.gr, "Info", lambda note, **how: sent.append(how))
    monkeypatch.setenv("GLASSBOX_PLAIN_GRADIO", str(int(plain)))
    fields["file"](save(cat[..., 0].astype(np.uint16) * 16 + 2 + plain, "TIFF"))
    (how,) = sent
    assert how["visible"] is plain


def test_the_page_knows_a_picture_again():
    """As ``toKey`` in the page's script does: see ``tests/js/page.test.js``."""
    assert pictures.to_note_key("/tmp/gradio/0b1c2d/my picture.png") == "0b1c2d"
    address = "data:image/png;base64," + "".join(map(str, range(50)))
    key = "112:daaiag/n;bs6,024679011111567812222345222290123333678944443456444"
    assert pictures.to_note_key(address) == key


@pytest.mark.parametrize("field", ["file", "address", "face"])
def test_a_damaged_file_is_told_to_be_damaged(fields, cat, field):
    data = save(cat, "JPEG")
    assert differ(fields[field](data[:-2]), images.load_image(data)) == 0
    with pytest.raises((gr.Error, ValueError), match="it is damaged"):
        fields[field](data[: len(data) // 2])


def test_pictures_for_calls_are_read_alike(fields, cat):
    np.testing.assert_array_equal(fields["data"](to_uri(save(cat, "PNG"))), cat)


def test_files_may_be_chosen_that_the_system_does_not_know():
    for suffix in ("image/*", ".heic", ".jfif", ".tif"):
        assert f"{suffix}," in private_picture.TEMPLATE

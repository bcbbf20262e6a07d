"""Files of one's own: odd and bad ones."""

import pytest
from gradio_client.exceptions import AppError

from cvcore.core import samples
from tests.support.files import write_bad_files, write_odd_pictures

VALUES = [3, 1, 0.8, "A: 1; B: 2; C: 3; D: 4"]


def to_uri(path):
    import base64

    kind = {"jpg": "jpeg"}.get(path.suffix[1:], path.suffix[1:])
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


NOTHING_THERE = {
    "faces": "There is no face to be found: choose a picture with a face from the front",
    "digits": "There is nothing drawn yet: draw a digit, large",
}
NO_DIGIT = "No digit can be read here: draw one, large"
REFUSED = {
    "text.png": "This file could not be read as a picture: choose a JPEG",
    "corrupt.jpg": "This file could not be read as a picture: it is damaged, or only partly here",
    "empty.png": "This file could not be read as a picture: it is empty",
    "huge.png": "This picture is too large: choose one of at most 64 megapixels",
}


@pytest.mark.parametrize("api", ["target", "invert"])
@pytest.mark.parametrize("name", ["faces", "digits"])
def test_odd_and_bad_files_are_one_sentence(client, tmp_path, name, api):
    """None of them shows a face or a digit; two are ramps of grey."""
    more = ["own", 10, "w", *VALUES] if api == "invert" else []

    def ask(path):
        return client.predict(to_uri(path), name, *more, api_name=f"/latent_space_{api}")

    odd, bad = write_odd_pictures(tmp_path), write_bad_files(tmp_path)
    expected = dict.fromkeys(odd, NOTHING_THERE[name]) | REFUSED
    if name == "digits":
        expected |= dict.fromkeys(("grey.png", "sixteen_bit.png"), NO_DIGIT)
    for word, path in (odd | bad).items():
        with pytest.raises(AppError, match=expected[word]) as refused:
            ask(path)
        assert str(refused.value).strip().endswith("."), word


@pytest.mark.parametrize("change", ["grey", "transparent", "turned"])
def test_a_face_in_an_odd_file_is_found(client, change, tmp_path):
    from PIL import Image

    face = Image.fromarray(samples.load_sample("astronaut"))
    path, options = tmp_path / "face.png", {}
    if change == "grey":
        face = face.convert("L")
    elif change == "transparent":
        face.putalpha(255)
    else:
        face, path = face.rotate(90, expand=True), tmp_path / "face.jpg"
        exif = Image.Exif()
        exif[0x0112] = 6
        options = {"exif": exif}
    face.save(path, **options)
    shown = client.predict(to_uri(path), "faces", api_name="/latent_space_target")
    assert "<img" in shown["html"]

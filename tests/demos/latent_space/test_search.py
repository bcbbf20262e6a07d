"""The search for one's own picture with the generator itself free, through the API."""

import base64
import gc
import re

import numpy as np
import pytest

from cvcore.core import images
from cvcore.latent_space import generate, load_generator
from cvcore.models.gan import Generator
from demos.latent_space import inversion
from demos.latent_space.controls import LETTERS, SearchSettings

REST = [3, 1, 0.8, LETTERS]


@pytest.fixture(scope="module")
def tuned(client):
    """The astronaut's face, 20 steps of each stage."""
    values = ["sample:astronaut", "faces", "own", 20, "tuned", *REST]
    job = client.submit(*values, api_name="/latent_space_invert")
    return job.result(), job.outputs()


def test_the_generator_is_free_unless_told(client):
    api = client.view_api(return_format="dict")["named_endpoints"]["/latent_space_invert"]
    defaults = {p["parameter_name"]: p["parameter_default"] for p in api["parameters"]}
    assert (defaults["space"], defaults["steps"], defaults["aim"]) == ("tuned", 40, "own")


@pytest.mark.slow
def test_the_face_is_likelier_after_tuning(tuned):
    value, outputs = tuned
    assert value["step"] == value["steps"] == 40
    assert len(value["pixel_distances"]) == len(value["feature_distances"]) == 41
    assert value["pixel_distances"][-1] < 0.6 * value["pixel_distances"][20]
    likeness = value["likeness"]
    assert likeness["threshold"] == 0.34  # of the face verification lesson
    assert max(likeness["nearest"], likeness["found"]) < 0.34 < 0.6 < likeness["tuned"]
    assert likeness["edited"] > 0.45
    assert set(value["more_real_than"]) == {"wanted", "found", "tuned"}
    html = value["html"]
    assert f"cosine <b>{likeness['tuned']:.2f}</b>" in html
    assert html.count("<img") == 4 + 6  # two edits along each of three directions
    assert "bent to this one picture" in html
    assert "forgotten with this run" in html
    assert any("tuning " in one["html"] for one in outputs[:-1])  # it is watched


def test_the_latent_is_the_one_that_was_found(tuned, client):
    """So "Put it at A" gives the picture under "found", as the text says."""
    value, _ = tuned
    latent = np.array(value["latent"])
    assert latent.shape == (640,)
    pictures = re.findall(r'src="data:image/png;base64,([^"]*)"', value["html"])
    found, made = (images.load_image(base64.b64decode(part)).astype(int) for part in pictures[2:4])
    assert np.abs(generate(latent)[0] - found).max() <= 1
    assert np.abs(generate(latent)[0] - made).mean() > 5
    shown = client.predict("faces", 3, 1, 0.8, "A: own", 0, 0, 0, 0, 0, 0,
                           api_name="/latent_space_move")[0]  # fmt: skip
    assert shown["length_of_A"] == pytest.approx(value["length"], abs=1e-3)


def test_without_tuning_nothing_is_said_of_a_copy(client):
    value = client.predict("sample:astronaut", "faces", "own", 10, "w+", *REST,
                           api_name="/latent_space_invert")  # fmt: skip
    assert value["step"] == 10
    assert set(value["likeness"]) == {"nearest", "found", "threshold"}
    assert "bent to this" not in value["html"]
    assert value["html"].count("<img") == 3


def test_a_generator_of_digits_is_tuned(client):
    value = client.predict(None, "digits", "made", 10, "tuned", *REST,
                           api_name="/latent_space_invert")  # fmt: skip
    assert value["step"] == value["steps"] == 20
    assert value["likeness"] is None  # faces alone have embeddings
    assert "bent to this one picture" in value["html"]
    assert "a latent for it exists" in value["html"]


def count_generators():
    gc.collect()
    return sum(type(one) is Generator for one in gc.get_objects())


def test_the_copy_is_forgotten_with_the_run():
    load_generator("digits")
    before = count_generators()
    settings = SearchSettings(name="digits", aim="made", steps=10, text=LETTERS)
    run = inversion.find(None, None, None, settings)
    assert any("bent to this one picture" in value["html"] for value, _ in run)
    assert count_generators() == before + 1
    run.close()  # as Stop does
    assert count_generators() == before

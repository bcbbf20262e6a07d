"""The autoencoders tab: what it plans, keeps and draws, and its API with what is wrong."""

import base64
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from gradio_client.exceptions import AppError

from cvcore.autoencoders.settings import PRESETS, Settings
from cvcore.core import images
from cvcore.core.errors import InputError
from demos import autoencoders as tab
from demos import components as ui
from demos.autoencoders import (
    anomalies,
    codes,
    compression,
    restoration,
    retrieval,
    sampling,
    train,
    vae,
)
from demos.autoencoders.controls import (
    ANOMALIES,
    BETWEEN,
    CODE,
    COMPRESSION,
    FACE,
    HELD_BACK,
    RESTORATION,
    RETRIEVAL,
    SAMPLING,
    SHOE,
    TRAIN,
    VAE,
    VIEWS,
    AnomalySettings,
    CodeSettings,
    CompressionSettings,
    RestorationSettings,
    RetrievalSettings,
    SamplingSettings,
    TrainSettings,
    VaeSettings,
)
from demos.autoencoders.session import (
    KNOWN,
    RESTORER,
    SAMPLED_PLAIN,
    SAMPLED_VAE,
    SWEEP,
    VARIATIONAL,
)
from demos.autoencoders.views import draw_some
from tests.demos.autoencoders.conftest import SHORT
from tests.support.html import visible


def draw_two() -> np.ndarray:
    """A drawing of the pad."""
    import cv2

    pad = np.zeros((280, 280, 3), np.uint8)
    points = np.array([[80, 90], [180, 70], [190, 120], [85, 220], [200, 220]])
    cv2.polylines(pad, [points], False, (255, 255, 255), 22)
    return pad


def pad_event(source: str) -> SimpleNamespace:
    return SimpleNamespace(src=source)


# --- views ---------------------------------------------------------------------------------------
def test_a_view_that_cannot_be_drawn_says_why_and_ends_nothing(visit, monkeypatch):
    def fail(session):
        raise InputError("No <b>seed</b>.")

    monkeypatch.setitem(tab.views.DRAWN, SAMPLING, fail)
    visit.opened = {SAMPLING}
    values = draw_some(visit, {SAMPLING})
    assert visible(values[-1]["html"]).strip() == "No &lt;b&gt;seed&lt;/b&gt;."
    for seed, words in ((None, "seed is empty"), (-1, "seed must be")):
        with pytest.raises(InputError, match=words):
            tab.show(SAMPLING)(visit, SamplingSettings(seed=seed))
    assert not visit.plan
    assert visit.settings[SAMPLING].seed == 0


def test_a_face_that_is_taken_away_is_gone(visit):
    visit.face = np.zeros((64, 64, 3), np.uint8)
    with pytest.raises(InputError):
        codes.take_face(visit, None)
    assert visit.face is None
    assert codes.look_at(visit, CodeSettings(FACE))["name"] == "a sample face"


def test_every_view_says_what_it_waits_for_before_anything_is_trained(visit):
    visit.opened = set(VIEWS)
    values = draw_some(visit, set(VIEWS))
    panels = [one for one in values if isinstance(one, dict) and "html" in one and one["html"]]
    assert len(panels) >= len(VIEWS) - 1
    assert all("press Start" in visible(one["html"]) for one in panels)


def test_views_that_are_not_open_are_not_drawn(trained):
    trained.opened = {TRAIN}
    values = draw_some(trained, {TRAIN})
    assert sum(one != gr.skip() for one in values) == 2


def test_train_shows_the_network_its_curves_and_the_digits(trained):
    panel, runs = train.draw(trained)
    assert panel["html"].count("<figure") == 2  # charts
    assert "encoder" in panel["html"]
    assert "bottleneck of 4" in panel["html"]
    assert runs["runs"][0]["error"] == f"{panel['validation_error'][-1]:.4f}"


def test_a_drawing_its_code_and_a_dragged_one(trained):
    trained.digit = np.zeros((28, 28), np.float32)
    trained.digit[6:22, 12:16] = 1
    panel, bars = codes.draw(trained)
    assert len(bars["code"]) == 4
    assert "your drawing" in panel["html"]
    assert not panel["is_dragged"]
    moved = codes.drag(trained, SimpleNamespace(code=[one + 1 for one in bars["code"]]))
    assert moved["is_dragged"]
    assert moved["error"] != panel["error"]
    assert codes.restore(trained)[0]["error"] == pytest.approx(panel["error"])
    for wrong in (None, [], [1, 2], [1, 2, 3, float("nan")], "1234", [1, 2, 3, True], [[1]] * 4):
        with pytest.raises(InputError, match="did not arrive whole"):
            codes.drag(trained, SimpleNamespace(code=wrong))


def test_a_shoe_does_not_fit(trained):
    errors = {}
    for source in (HELD_BACK, SHOE):
        errors[source] = codes.rebuild(trained, None, CodeSettings(source))["error"]
    assert errors[SHOE] > errors[HELD_BACK]


def test_fewer_numbers_of_a_face_are_kept(visit):
    """About 1 s: no training is needed for it."""
    errors = [
        codes.rebuild(visit, None, CodeSettings(FACE, keep=keep))["error"] for keep in (64, 4)
    ]
    assert errors[0] < errors[1]
    panel, bars = codes.draw(visit)
    assert bars["keep"] == 4
    assert len(bars["code"]) == 64
    assert "as many principal components" in visible(panel["html"])
    with pytest.raises(InputError):
        codes.take_face(visit, {"src": "sample:nobody"})


def test_the_difference_is_signed():
    off = codes.subtract(np.array([[1.0, 0.0, 0.5]]), np.array([[0.0, 1.0, 0.5]]))
    assert off[0, 0, 0] > off[0, 0, 2]  # too bright: vermilion
    assert off[0, 1, 2] > off[0, 1, 0]  # too dark: blue
    assert not off[0, 2].any()


def test_a_hole_is_rubbed_and_filled(has_trained):
    visit = has_trained(**{RESTORER: Settings(**SHORT, noise=0.3, hole=8)})
    settings = visit.settings[RESTORATION] = RestorationSettings(noise=0.0)
    painter, panel = restoration.draw(visit)
    assert isinstance(painter, str)
    assert "inside_after" not in panel
    cells = np.zeros((112, 112), bool)
    cells[40:72, 40:72] = True
    shown = restoration.rub(
        visit, SimpleNamespace(mask="".join("01"[int(one)] for one in cells.flat))
    )
    assert visit.mask.sum() == 64
    assert "In your hole" in shown["html"]
    assert restoration.draw(visit)[0] == gr.skip()  # what is rubbed stays
    found = restoration.restore(visit, settings)
    assert not found["spoilt"][visit.mask].any()
    with pytest.raises(InputError, match="leave a part"):
        restoration.rub(visit, SimpleNamespace(mask="1" * 112**2))
    with pytest.raises(InputError, match="did not arrive whole"):
        restoration.rub(visit, SimpleNamespace(mask="10"))


def test_the_drawing_is_judged_and_marked(has_trained):
    visit = has_trained(**{KNOWN: Settings(**{**SHORT, "only": 1})})
    visit.settings[ANOMALIES] = AnomalySettings(threshold=0.05)
    (panel,) = anomalies.draw(visit)
    assert panel["threshold"] == 0.05
    assert panel["drawing"] is None
    visit.digit = np.ones((28, 28), np.float32)
    (panel,) = anomalies.draw(visit)
    assert panel["drawing"]["is_anomaly"]
    assert "an anomaly" in visible(panel["html"])
    assert "your drawing" in panel["html"]


def test_neighbours_stand_side_by_side(trained):
    trained.settings[RETRIEVAL] = RetrievalSettings(count=3)
    (panel,) = retrieval.draw(trained)
    assert len(panel["labels_by_code"]) == len(panel["labels_by_pixels"]) == 3
    assert panel["html"].count("<img") == 7


def test_a_vae_writes_its_numbers_out(has_trained):
    visit = has_trained(
        **{VARIATIONAL: Settings(**{**SHORT, "bottleneck": 2, "variational": True, "loss": "bce"})}
    )
    panel, plane, drawn = vae.draw(visit)
    assert panel["html"].count("<figure") == 2
    assert len(panel["kl"]) == 2
    assert plane["sprite"]["columns"] == vae.SIDE
    assert plane["ground"] == "dark"
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y, *_ in plane["points"])
    visit.settings[VAE] = VaeSettings(shows=BETWEEN)
    assert vae.draw(visit)[1]["corners"] == ["a 0", "a 1", "a 7", "the picture x"]
    seen = vae.sample_code(visit, VaeSettings(draw=3))
    assert seen["code"] == pytest.approx(seen["mean"] + seen["deviation"] * seen["draw"], abs=1e-5)
    assert "z = μ + σ · ε" in visible(drawn["html"])


def test_presets_collapse_on_purpose(visit):
    asked, beta, *_ = tab.pick_preset(visit, "collapse", VaeSettings(epochs=1))
    assert (asked, beta) == (1, PRESETS["collapse"].settings.beta)
    assert tab.pick_preset(visit, "none", VaeSettings())[0] == gr.skip()
    visit.step()
    vae.steer(visit, 2.0)
    with pytest.raises(InputError, match="Beta"):
        vae.steer(visit, float("nan"))
    visit.step()
    assert visit.states[VARIATIONAL].settings.beta == 2.0
    visit.end()


def test_samples_of_both_priors(has_trained):
    small = {**SHORT, "bottleneck": 2, "loss": "bce"}
    visit = has_trained(
        **{SAMPLED_PLAIN: Settings(**small), SAMPLED_VAE: Settings(**small, variational=True)}
    )
    (panel,) = sampling.draw(visit)
    assert np.shape(panel["codes"][SAMPLED_VAE]) == (sampling.COUNT, 2)
    with pytest.raises(InputError, match="seed is empty"):
        sampling.to_numbers(visit, SamplingSettings(seed=None))


def test_a_sweep_is_drawn_size_by_size(visit, monkeypatch):
    import cvcore

    real = cvcore.autoencoders.compare_compression
    monkeypatch.setattr(
        cvcore.autoencoders, "compare_compression",
        lambda settings, **how: real(Settings(**SHORT), bottlenecks=(1, 4), **how),
    )  # fmt: skip
    assert compression.set_up(visit, CompressionSettings(size=64))
    while visit.step():
        (panel,) = compression.draw(visit)
    assert panel["sizes"] == [1, 4]
    assert panel["done"]
    assert "No JPEG is so small" in visible(panel["html"])
    assert panel["jpeg"] == [None, None]
    assert visit.done[SWEEP].done


# --- the pad -------------------------------------------------------------------------------------
def test_the_pad_is_drawn_on_and_wiped(trained):
    trained.opened |= {CODE}
    source = images.to_data_uri(draw_two(), format="png")
    values = tab.take_drawing(trained, CODE, pad_event(source))
    assert trained.digit is not None
    assert sum(one != gr.skip() for one in values) == 2
    tab.wipe_drawing(trained, CODE)
    assert trained.digit is None
    empty = images.to_data_uri(np.zeros((280, 280, 3), np.uint8), format="png")
    broken = ui.pad.START + base64.b64encode(b"no picture").decode()
    for wrong in (empty, "", None, "data:image/png;base64,@@", broken):
        with pytest.raises(InputError):
            tab.take_drawing(trained, CODE, pad_event(wrong))


# --- through the API -----------------------------------------------------------------------------
def test_the_api(client):
    """About 3 s: a few steps of each."""
    short = {"bottleneck": 4, "examples": 100, "epochs": 2, "batch_size": 50}
    with pytest.raises(AppError, match="Nothing is trained yet"):
        client.predict(None, api_name="/autoencoders_rebuild")
    numbers = client.predict(**short, api_name="/autoencoders")
    assert numbers["done"]
    assert numbers["bottleneck"] == 4
    rebuilt = client.predict(None, source=HELD_BACK, api_name="/autoencoders_rebuild")
    assert len(rebuilt["code"]) == 4
    assert np.shape(rebuilt["rebuilt"]) == (28, 28)
    assert client.predict([0, 0, 0, 0], api_name="/autoencoders_decode")["error"] >= 0
    with pytest.raises(AppError, match="did not arrive whole"):
        client.predict([0, None], api_name="/autoencoders_decode")
    found = client.predict(None, count=3, api_name="/autoencoders_retrieval")
    assert len(found["labels_by_code"]) == 3
    with pytest.raises(AppError, match="Bottleneck: give a number from 1 to 64"):
        client.predict(bottleneck=0, api_name="/autoencoders")
    with pytest.raises(AppError, match="learning rate is empty"):
        client.predict(rate=None, api_name="/autoencoders")
    with pytest.raises(AppError, match="The learning rate is above 0"):
        client.predict(rate=float("1e9"), api_name="/autoencoders")
    values = client.predict(epochs=1, bottleneck=2, api_name="/autoencoders_vae")
    assert values["done"]
    assert len(values["kl"]) == 2
    drawn = client.predict(None, api_name="/autoencoders_sample_code")
    assert len(drawn["code"]) == 2
    assert client.predict(api_name="/autoencoders_stop")["done"]
    assert set(SETTINGS) == set(VIEWS)


SETTINGS = {
    TRAIN: TrainSettings, CODE: CodeSettings, COMPRESSION: CompressionSettings,
    RESTORATION: RestorationSettings, ANOMALIES: AnomalySettings, RETRIEVAL: RetrievalSettings,
    VAE: VaeSettings, SAMPLING: SamplingSettings,
}  # fmt: skip

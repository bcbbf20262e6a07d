"""The tab's handlers as plain functions, and its API on the running app."""

import base64
import json
import re
import socket
import threading
from dataclasses import replace

import numpy as np
import pytest
from gradio_client import Client

from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.core.images import shrink
from cvcore.engine import download, registry
from cvcore.face_verification import explain, published
from cvcore.face_verification.rates import load_rates
from demos.components import private_picture as picture
from demos.face_verification import embedder as embedders
from demos.face_verification import group, history, live, mistakes, pair, parts, stages, trials
from demos.face_verification.views import draw_roc, number, percent
from tests.support.files import write_bad_files, write_odd_pictures
from tests.support.html import visible
from tests.support.server import PATIENCE_SECONDS

A, B, OTHER = (picture.to_value(name) for name in ("ardern_2018", "ardern_2022", "obama_2005"))


def to_uri(data: bytes) -> str:
    return f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"


def test_verdict_bars_numbers_and_frames():
    verdict, bars, _, numbers, score, frame_a, frame_b = pair.verify(A, B)
    assert "Same person" in visible(verdict)
    assert "strangers taken for the same person 0.45 % (1 in 222)" in visible(verdict)
    assert re.search('data-name="strangers.*?" data-points=\'\\[\\[', verdict)
    assert numbers["is_same"]
    assert numbers["similarity"] == pytest.approx(score["similarity"])
    terms = [float(x.replace("−", "-")) for x in re.findall(r"[\d.]+(?= \()", visible(bars))]
    assert terms[0] - terms[1] == pytest.approx(numbers["similarity"], abs=2e-3)
    for frame in (frame_a, frame_b):
        (face,) = frame["faces"]
        x0, y0, x1, y1 = face["box"]
        assert 0 <= x0 < x1 <= 1
        assert 0 <= y0 < y1 <= 1
        assert face["chosen"]


def test_threshold_moves_without_the_network(monkeypatch):
    score = pair.verify(A, OTHER)[4]

    def forbidden(*_, **__):
        raise AssertionError("a network ran again")

    monkeypatch.setattr("cvcore.recognition.faces.load_predictor", forbidden)
    monkeypatch.setattr("cvcore.recognition.faces.mtcnn.load_predictor", forbidden)
    assert "Different persons" in pair.redraw(score, 0.34)
    assert "Same person" in pair.redraw(score, -0.2)
    with pytest.raises(InputError, match="between -1 and 1"):
        pair.redraw(score, float("nan"))


def test_a_face_can_be_picked():
    everyone = picture.to_value(picture.GROUP)
    boxes = [face["box"] for face in group.compare_all(everyone, 0.34)[3]["faces"]]
    places = [[(x0 + x1) / 2, (y0 + y1) / 2] for x0, y0, x1, y1 in boxes]
    counts, notes = [], []
    for place in places:
        numbers = pair.verify({**everyone, "face": place}, OTHER)[3]
        counts.append(numbers["is_same"])
        notes.append(numbers["notes"])
    assert counts.count(True) == 1
    assert notes == [[]] * 4
    assert "click another" in pair.verify(everyone, OTHER)[3]["notes"][0]
    numbers = pair.verify({**everyone, "face": [0, 0]}, OTHER)[3]
    assert numbers["faces"][0]["count"] == 4
    assert "no face in picture A where you picked one" in numbers["notes"][0]
    for nonsense in (99, "x", [1], [float("nan"), 0], [7, 0], {"x": 1}):
        assert picture.read_picture({**everyone, "face": nonsense})[1] is None


def test_a_pick_means_the_same_face_for_every_detector():
    everyone = picture.to_value(picture.GROUP)
    faces = group.compare_all(everyone, 0.34)[3]["faces"]
    assert len(faces) > 2
    for face in faces:
        x0, y0, x1, y1 = face["box"]
        value = {**everyone, "face": [(x0 + x1) / 2, (y0 + y1) / 2]}
        first, second = (pair.find_chosen(value, detector=name) for name in ("mtcnn", "yunet"))
        assert float(first[1][first[2]].embedding @ second[1][second[2]].embedding) > 0.85


def test_the_detector_chosen_serves_every_view(monkeypatch):
    for name in history.STRANGERS:
        history.load_stranger(name)

    def forbidden(*_, **__):
        raise AssertionError("the other detector looked")

    monkeypatch.setattr("cvcore.recognition.faces.mtcnn.find_faces", forbidden)
    numbers = pair.verify(A, B, None, "sface", "yunet")[3]
    assert numbers["detector"] == "yunet"
    found = history.show_history(A, B, 48, "yunet")[1]
    assert found["similarities"]["sface"] == pytest.approx(numbers["similarity"], abs=1e-4)
    assert next(parts.show_parts(A, B, "yunet"))[1]["similarity"] == pytest.approx(
        numbers["similarity"], abs=1e-4
    )
    assert next(trials.show_trial(A, B, "blur", 0.34, "yunet"))[1]["similarities"][0] > 0.6
    photo = picture.to_value(picture.GROUP)
    assert group.compare_all(photo, 0.34, "yunet")[2]["groups"] == [0, 0, 1, 2]
    assert len(group.detect(photo, 20, "yunet")["faces"]) == 4
    assert live.enrol((), "Barack", OTHER, True, "yunet")[0][0].name == "Barack"


def test_metrics_give_one_verdict_in_two_numbers():
    cosine, euclid = (pair.verify(A, OTHER, 0.34, metric=m) for m in ("cosine", "euclidean"))
    assert cosine[3]["is_same"] == euclid[3]["is_same"]
    assert euclid[3]["threshold_distance"] == pytest.approx(np.sqrt(2 - 0.68))
    words = visible(euclid[0])
    assert words.index("Euclidean") < words.index("cosine")
    assert "Euclidean distance of two faces" in euclid[0]
    photo = picture.to_value(picture.GROUP)
    matrix, _, numbers, _ = group.compare_all(photo, 0.34, metric="euclidean")
    assert "4 faces, 3 people at threshold 1.149: 1 of 6 pairs pass" in visible(matrix)
    assert f">{numbers['distances'][0][1]:.2f}</text>" in matrix
    with pytest.raises(InputError, match="cosine, euclidean"):
        pair.verify(A, B, metric="taxicab")


def test_a_mistake_takes_the_place_of_the_old_answer():
    answer = mistakes.say_mistakes(pair.verify, [None] * 6)
    assert "Same person" in next(answer(A, B))[0]
    steps = answer(A, images.to_data_uri(samples.load_sample("coffee")))
    shown = next(steps)
    assert "no face to be found in picture B" in shown[0]
    assert shown[1:] == (None,) * 6
    with pytest.raises(InputError, match="no face"):
        next(steps)
    quiet = mistakes.say_mistakes(pair.verify, [None] * 6, raises=False)
    assert len(list(quiet(None, B))) == 1


@pytest.mark.parametrize("value", [None, {}, {"src": None}, ""])
def test_no_picture_is_a_sentence(value):
    with pytest.raises(InputError, match="no picture A yet"):
        pair.verify(value, B)
    with pytest.raises(InputError, match="no picture B yet"):
        pair.verify(A, value)


@pytest.mark.parametrize(
    "value", ["data:image/png;base64,%%%", "https://a.b/c.png", "/etc/passwd", {"src": 5}, "x"]
)
def test_addresses_that_are_no_picture_are_refused(value):
    with pytest.raises(InputError, match="could not be read"):
        picture.read_picture(value)
    with pytest.raises(InputError, match="no sample"):
        picture.read_picture("sample:../../secret")


def test_odd_and_bad_files(tmp_path):
    for path in write_odd_pictures(tmp_path).values():
        with pytest.raises(InputError, match="no face to be found in picture A"):
            pair.verify(to_uri(path.read_bytes()), B)
    for path in write_bad_files(tmp_path).values():
        with pytest.raises(InputError) as error:
            pair.verify(to_uri(path.read_bytes()), B)
        assert "\n" not in str(error.value)


def test_stages_tell_their_counts():
    html, numbers = stages.show_stages(A)
    assert "P-Net" in html
    assert numbers["pnet"] > numbers["rnet"] >= numbers["onet"] == 1
    with pytest.raises(InputError, match="too small"):
        stages.show_stages(images.to_data_uri(np.zeros((5, 5, 3), np.uint8)))


def test_history_compares_methods_and_losses():
    html, numbers = history.show_history(A, B)
    assert "Eigenfaces, 1991" in html
    assert numbers["similarities"]["sface"] == pytest.approx(
        pair.verify(A, B)[4]["similarity"], abs=1e-4
    )
    losses = numbers["losses"]
    assert losses["cross_entropy_same"] < 0.01 < losses["cross_entropy_different"]
    assert "in 99.5 %" in visible(html)
    assert "fewest errors here" in visible(html)
    for row in published.PUBLISHED:
        assert f"{row.name} {row.accuracy:.2f}" in visible(html)
    assert f"SFace as this page runs it {published.OWN}" in visible(html)
    assert "0.34 is where both kinds of error are about as frequent" in visible(html)
    with pytest.raises(InputError, match="1 to 48"):
        history.show_history(A, B, float("nan"))


@pytest.mark.parametrize("threshold", [-0.2, 0.34, 0.9])
def test_the_threshold_is_a_point_of_the_roc(threshold):
    rates, text = load_rates(), visible(draw_roc(threshold))
    shares = rates.false_accept(threshold), 1 - rates.false_reject(threshold)
    assert f"threshold {number(threshold, 3)} {', '.join(map(percent, shares))}" in text
    assert f"SFace AUC {rates.auc:.4f}" in text


def test_the_triplets_stranger_is_neither_a_nor_b():
    for first, second in (("astronaut", "obama_2005"), ("ardern_2018", "astronaut")):
        losses = history.show_history(*map(picture.to_value, (first, second)))[1]["losses"]
        assert losses["distance_to_stranger"] > 1
        assert losses["stranger"] not in (first, second)
        assert 0 < losses["distance_to_blurred"] < 0.9
        expected = losses["distance_to_blurred"] ** 2 - losses["distance"] ** 2 + 0.2
        assert losses["triplet_different"] == pytest.approx(max(0, expected))


def test_loss_curves_are_not_cut_off():
    """No curve is flat at the top: each point of a rising loss is drawn higher than the last."""
    html, numbers = history.show_history(A, OTHER)
    plots = re.findall(r'<figure class="chart [^"]*"(.*?)</figure>', html, re.S)
    assert len(plots) == 3
    for plot, name in zip(plots, ("contrastive", "triplet", "cross_entropy"), strict=True):
        curves = re.findall(r'polyline points="([^"]*)"', plot)
        assert len(curves) == 2  # for the same person and for another
        top = float(re.search(r'data-span="(\S+) ', plot)[1])
        for curve in curves:
            heights = [float(point.split(",")[1]) for point in curve.split()]
            highest = [y for y in heights if y <= top + 0.05]
            assert len(highest) <= 1
        dots = json.loads(re.search("data-name=\"this pair\" data-points='(.*?)'", plot)[1])
        told = [numbers["losses"][f"{name}_{word}"] for word in ("same", "different")]
        assert [float(dot[3]) for dot in dots] == pytest.approx(told, rel=5e-3)  # three digits


@pytest.fixture
def few_windows(monkeypatch):
    """A window of a face is covered every 28 pixels, in place of every 14."""
    assert explain.STRIDE == 14
    monkeypatch.setattr(explain, "STRIDE", 28)


def test_parts_tell_the_verdicts_similarity(few_windows):
    steps = list(parts.show_parts(A, B))
    assert [numbers["share_done"] for _, numbers in steps] == [0.33, 0.67, 1]
    html, numbers = steps[-1]
    assert numbers["similarity"] == pytest.approx(pair.verify(A, B)[4]["similarity"], abs=1e-4)
    assert max(numbers["greatest_loss"]) > 0.05
    assert html.count("<img") == 2


def test_trial_is_drawn_step_by_step(monkeypatch):
    steps = list(trials.show_trial(A, B, "cover"))
    assert len(steps) == 10
    html, numbers, course = steps[-1]
    assert numbers["similarities"][0] > 0.6
    assert "Covered part" in visible(html)
    drawn = json.loads(re.search("data-name=\"similarity\" data-points='(.*?)'", html)[1])
    told = [value for value in numbers["similarities"] if value is not None]
    assert [float(point[3].replace("−", "-")) for point in drawn] == pytest.approx(told, abs=6e-3)
    assert "one in 222 strangers passes" in html

    def forbidden(*_, **__):
        raise AssertionError("a network ran again")

    monkeypatch.setattr("cvcore.recognition.faces.load_predictor", forbidden)
    monkeypatch.setattr("cvcore.recognition.faces.mtcnn.load_predictor", forbidden)
    strict = trials.redraw_trial(course, 0.5)
    assert "none of 10,000 strangers passes" in strict
    assert "does not match even unspoiled" in visible(trials.redraw_trial(course, 0.9))
    assert "strangers" not in trials.draw_trial(replace(course, embedder="facenet"), 0.4)
    with pytest.raises(InputError, match="no trial"):
        next(trials.show_trial(A, B, "shout"))


def test_two_persons_do_not_match_even_unspoiled():
    html, *_ = next(trials.show_trial(A, OTHER))
    assert "does not match even unspoiled" in visible(html)
    assert "falls below" not in visible(html)


def test_without_a_network_the_bundled_embedder_goes_on(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise OSError("no network")

    monkeypatch.setenv("GLASSBOX_CACHE", str(tmp_path))
    monkeypatch.setattr(socket, "create_connection", refuse)
    menu, _, threshold, acting, wanted, _ = embedders.take_embedder("facenet_vggface2")
    assert (menu, threshold, acting, wanted) == ("sface", 0.34, "sface", "facenet_vggface2")
    last = list(embedders.fetch_embedder(wanted))[-1]
    assert last[0] == "sface"
    assert "bundled model" in last[1]["value"]
    assert list(embedders.fetch_embedder("")) == []


def test_a_fetched_embedder_acts_with_its_own_threshold(monkeypatch):
    seen = threading.Event()

    def fetch(name, *, progress):
        progress(0.5)
        assert seen.wait(PATIENCE_SECONDS)

    monkeypatch.setattr(registry, "is_available", lambda name: False)
    monkeypatch.setattr(download, "fetch", fetch)
    steps = []
    for step in embedders.fetch_embedder("facenet_vggface2"):
        steps.append(step)
        if "50%" in str(step[1].get("value")):
            seen.set()
    assert seen.is_set()
    assert not steps[-1][1]["visible"]
    assert (steps[-1][0], *steps[-1][2:4]) == ("facenet_vggface2", 0.4, "facenet_vggface2")
    monkeypatch.setattr(registry, "is_available", lambda name: True)
    menu, notice, *rest, _ = embedders.take_embedder("sface")
    assert (menu, notice["visible"], *rest) == ("sface", False, 0.34, "sface", "")


def test_api(client, few_windows):
    a, b = (images.to_data_uri(samples.load_sample(n)) for n in ("ardern_2018", "obama_2005"))
    outputs = client.predict(a, b, 0.34, "sface", api_name="/face_verification")
    numbers = next(x for x in outputs if isinstance(x, dict) and "is_same" in x)
    assert not numbers["is_same"]
    found = client.predict("sample:group", 20, api_name="/face_verification_detect")
    assert len(found["faces"]) == 4
    outputs = client.predict("sample:group", 0.34, api_name="/face_verification_matrix")
    assert next(x for x in outputs if isinstance(x, dict) and "groups" in x)["faces"] == 4
    view, *_ = client.predict(a, 0.34, api_name="/face_verification_frame")
    shown = images.load_data_uri(view)
    assert shown.shape == shrink(samples.load_sample("ardern_2018"), 640).shape
    outputs = client.predict(a, b, 0.34, "sface", "yunet", api_name="/face_verification")
    numbers = next(x for x in outputs if isinstance(x, dict) and "is_same" in x)
    assert numbers["detector"] == "yunet"
    assert not numbers["is_same"]
    *_, numbers = client.predict(a, b, "yunet", api_name="/face_verification_parts")
    assert numbers["share_done"] == 1


def test_first_in_a_visit_a_frame_shows_faces_without_names(client):
    visitor = Client(client.src, verbose=False)
    frame = images.to_data_uri(samples.load_sample("ardern_2022"))
    _, _, seen = visitor.predict(frame, api_name="/face_verification_frame")
    (face,) = seen["faces"]
    assert seen["enrolled"] == 0
    assert face["name"] is face["similarity"] is None
    assert len(face["box_xyxy"]) == 4


def test_api_names_who_is_enrolled(client):
    *_, enrolled = client.predict(
        "Jacinda", "sample:ardern_2018", True, api_name="/face_verification_enrol"
    )
    assert enrolled == {"people": ["Jacinda"]}
    frame = images.to_data_uri(samples.load_sample("ardern_2022"))
    _, _, seen = client.predict(frame, 0.34, api_name="/face_verification_frame")
    (face,) = seen["faces"]
    assert face["name"] == "Jacinda"
    assert face["similarity"] >= seen["threshold"] == 0.34
    assert set(face) == {"number", "box_xyxy", "score", "name", "similarity"}  # no embedding
    *_, enrolled = client.predict(api_name="/face_verification_forget")
    assert enrolled == {"people": []}


def test_api_answers_mistakes_in_a_sentence(client):
    good = "sample:astronaut"
    for value, threshold, expected in (
        ("data:image/png;base64,AAAA", 0.3, "could not be read"),
        (good, 7, "give a number from"),
        ("", 0.3, "no picture A"),
    ):
        with pytest.raises(Exception, match=expected):
            client.predict(value, good, threshold, "sface", api_name="/face_verification")
    with pytest.raises(Exception, match="consent box"):
        client.predict("Eileen", good, False, api_name="/face_verification_enrol")

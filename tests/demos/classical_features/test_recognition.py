"""The views of recognition: their handlers, and through the API of the running page."""

import numpy as np
import pytest

from cvcore import classical_features as cf
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from demos.classical_features import classifiers, eigenfaces, recognition

TOPIC = "classical_features"


def draw_seven():
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[40:60, 50:150] = 255
    for i in range(100):
        picture[60 + i, 135 - i // 2 : 150 - i // 2] = 255
    return picture


class Event:
    """What Gradio tells of an event."""

    def __init__(self, **values):
        self.__dict__.update(values)


def test_words_of_a_held_back_digit_and_of_ones_own():
    shown = recognition.show(None, None, recognition.Settings())
    assert shown["nearest"] == shown["true"]
    assert shown["html"].count("data-word") > 64
    assert shown["svm_accuracy"] == cf.train_words().svm_accuracy
    event = Event(src=images.to_data_uri(draw_seven(), format="png"))
    digit, source, own = recognition.take_drawing(None, event, recognition.Settings())
    assert digit.shape == (28, 28)
    assert source == "own"
    assert own["svm"] == "7"
    assert own["true"] is None
    wiped, empty = recognition.wipe_drawing(None, recognition.Settings(source="own"))
    assert wiped is None
    assert "nothing drawn yet" in empty["html"]


@pytest.mark.parametrize("task", ["digits", "clothes", "faces"])
def test_hog_says_which_cells_spoke(task):
    shown = recognition.show(None, None, recognition.Settings(by="hog", task=task))
    assert 'class="for"' in shown["html"]
    assert "Learnt weights of" in shown["html"]
    assert shown["answer"] == max(shown["scores"], key=shown["scores"].get)
    other = recognition.show(
        None, None, recognition.Settings(by="hog", task=task, explained="runner-up")
    )
    assert other["cells"] != shown["cells"]


def test_the_cells_that_spoke_most_by_hand():
    told = recognition.tell_cells(np.array([[0.5, -0.25], [0.0, 0.0]]))
    assert told == (
        "The cell in row 1, column 1 speaks most for it (+0.50), "
        "the one in row 1, column 2 most against it (−0.25)."
    )
    assert recognition.tell_cells(np.ones((2, 2))).endswith("(+1.00), none against it.")
    assert recognition.tell_cells(-np.ones((2, 2))).startswith("No cell speaks for it, the one")


def test_a_picture_without_what_is_needed_gets_a_sentence():
    tiny = recognition.show(
        np.zeros((1, 1, 3), np.uint8), None, recognition.Settings(source="own", task="faces")
    )
    assert "16 x 16" in tiny["html"]
    flat = np.full((50, 50, 3), 90, np.uint8)
    shown = recognition.show(flat, None, recognition.Settings(source="own", task="faces"))
    assert "more contrast" in shown["html"]
    none = eigenfaces.show(None, [], eigenfaces.Settings(source="own"))
    assert "no picture" in none["html"]
    empty = eigenfaces.show(samples.load_sample("coffee"), [], eigenfaces.Settings(source="own"))
    assert "no face" in empty["html"]


def test_pca_fails_in_light_from_the_side_where_lda_does_not():
    pca = eigenfaces.show(None, [], eigenfaces.Settings())
    lda = eigenfaces.show(None, [], eigenfaces.Settings(method="fisherfaces"))
    assert pca["true"] == "Person 2" != pca["nearest"]
    assert lda["nearest"] == "Person 2"
    assert lda["numbers"] == 39
    assert pca["rate"] < lda["rate"]


def test_enrolling_and_forgetting():
    settings = eigenfaces.Settings(source="own", against="enrolled alone")
    picture = samples.load_sample("astronaut")
    with pytest.raises(InputError, match="Type a name"):
        eigenfaces.enrol(picture, [], " ", settings)
    with pytest.raises(InputError, match="another name"):
        eigenfaces.enrol(picture, [], "Person 1", settings)
    people, listed, shown = eigenfaces.enrol(picture, [], "<b>E", settings)
    assert "&lt;b&gt;E" in listed
    assert "one person" in shown["html"]
    people, _, shown = eigenfaces.enrol(samples.load_sample("obama_2005"), people, "B", settings)
    assert shown["nearest"] == "B"
    people, listed, shown, against = eigenfaces.forget(picture, settings)
    assert (people, against) == ([], "everybody")
    assert "Nobody" in listed
    assert shown["nearest"].startswith("Person")
    with pytest.raises(InputError, match="Forget"):
        eigenfaces.enrol(picture, [cf.Enrolled("A", None)] * 12, "C", settings)


def test_a_comparison_by_turns_its_rows_and_programs():
    bench = classifiers.Bench()
    assert "Press Start" in bench.draw()["html"]
    assert classifiers.read_program(bench).startswith("# Press Start")
    settings = classifiers.Settings("faces", "hog", 4000, ["convnet", "knn", "bayes"])
    assert settings.plain().classifiers == ("knn", "bayes", "convnet")
    _, asked = classifiers.open_view(bench, 0, settings)
    assert asked
    while bench.step():
        html = bench.draw()["html"]
        if bench.plan:
            assert "under-way" in html
    assert html.count("data-row") == 3
    assert "Most often" in html or "No mistake" in html
    _, program = classifiers.choose(bench, Event(row="convnet"))
    assert "class" not in program.splitlines()[0]
    assert "Small convnet" in program
    compile(program, "program", "exec")
    with pytest.raises(InputError, match="no such row"):
        classifiers.choose(bench, Event(row="<script>"))
    classifiers.open_view(bench, 1, settings)
    assert not bench.plan  # what is there stays


def test_a_comparison_that_is_stopped_says_so():
    bench = classifiers.Bench()
    classifiers.begin(bench, 0, classifiers.Settings("faces"))
    for _ in range(3):
        bench.step()
    bench.end()
    html = bench.draw()["html"]
    assert "under-way" not in html
    assert "not run" in html


def test_through_the_api(client):
    found = client.predict(None, by="hog", api_name="/classical_features_recognition")
    assert found["accuracy"] > 0.9
    assert len(found["scores"]) == 10
    found = client.predict(None, method="fisherfaces", api_name="/classical_features_eigenfaces")
    assert found["nearest"] == found["true"] == "Person 2"
    rows = client.predict(
        task="faces", names=["knn"], api_name="/classical_features_classifiers"
    )["rows"]  # fmt: skip
    assert [row["name"] for row in rows] == ["knn"]

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax as scipy_softmax
from sklearn.metrics import top_k_accuracy_score

import cvcore
from cvcore.classification import rank_n_accuracy, softmax_terms, true_ranks
from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.recognition import classifier
from cvcore.recognition.classifier import (
    predict_batch,
    predict_logits,
    predict_topk,
    softmax,
    to_topk,
)

# A worked example from a lecture: five breeds and their probabilities; the picture shows a collie.
BREEDS = ("Shetland sheepdog", "collie", "chow", "Pembroke", "Border collie")
SLIDE = np.array([[0.44, 0.31, 0.10, 0.08, 0.07]])
COLLIE = BREEDS.index("collie")


@pytest.fixture(scope="module")
def picture():
    return samples.load_sample


def test_slide_example_is_wrong_at_rank_1_and_right_at_rank_2():
    assert true_ranks(SLIDE, [COLLIE]).tolist() == [2]
    assert rank_n_accuracy(SLIDE, [COLLIE], 1) == 0.0
    assert rank_n_accuracy(SLIDE, [COLLIE], 2) == 1.0
    top = to_topk(np.log(SLIDE[0]), BREEDS, 3)
    assert top.labels == ("Shetland sheepdog", "collie", "chow")
    np.testing.assert_allclose(top.probabilities, [0.44, 0.31, 0.10])


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=30), st.floats(0.05, 20))
def test_softmax_agrees_with_scipy(logits, temperature):
    logits = np.array(logits)
    np.testing.assert_allclose(
        softmax(logits, temperature), scipy_softmax(logits / temperature), rtol=1e-9, atol=1e-300
    )


def test_softmax_of_huge_logits_stays_finite():
    p = softmax(np.array([1e4, 0.0, -1e4]), 0.01)
    assert p.tolist() == [1.0, 0.0, 0.0]


def test_softmax_rows_are_independent():
    z = np.random.default_rng(0).normal(size=(3, 4, 7))
    np.testing.assert_allclose(softmax(z)[1, 2], softmax(z[1, 2]))


def test_temperature_flattens_but_keeps_the_order():
    z = np.random.default_rng(1).normal(size=1000) * 4
    order = np.argsort(-z)
    sharpness = [softmax(z, t).max() for t in (0.2, 0.5, 1, 2, 5, 50)]
    assert sharpness == sorted(sharpness, reverse=True)
    for t in (0.5, 2, 5):
        assert np.argsort(-softmax(z, t)).tolist() == order.tolist()


@pytest.mark.parametrize("temperature", [0, -1, 101, float("nan"), float("inf")])
def test_temperature_outside_its_range_is_refused(temperature):
    with pytest.raises(InputError, match="temperature between"):
        softmax(np.zeros(3), temperature)


def test_softmax_terms_by_hand():
    # exp(0) = 1, exp(-ln 2) = 1/2, exp(-ln 4) = 1/4: sum 1.75
    terms = softmax_terms(np.log([4.0, 1.0, 2.0]), 2)
    assert terms.class_indices.tolist() == [0, 2]
    np.testing.assert_allclose(terms.exponentials, [1, 0.5])
    assert terms.rest == pytest.approx(0.25)
    assert terms.total == pytest.approx(1.75)
    np.testing.assert_allclose(terms.probabilities, [4 / 7, 2 / 7])


@pytest.mark.parametrize("temperature", [0.2, 1, 5])
def test_softmax_terms_add_up_to_softmax(temperature):
    z = np.random.default_rng(2).normal(size=1000)
    terms = softmax_terms(z, 20, temperature=temperature)
    expected = np.sort(softmax(z, temperature))[::-1][:20]
    np.testing.assert_allclose(terms.probabilities, expected)
    assert terms.rest / terms.total + terms.probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize("k", [0, 21, -1, 2.5, float("nan"), float("inf"), None, "5", True])
def test_k_outside_1_to_20_is_refused(k):
    with pytest.raises(InputError, match="k from 1 to 20"):
        to_topk(np.zeros(30), [str(i) for i in range(30)], k)


def test_equal_classes_come_in_index_order():
    assert to_topk(np.zeros(30), [str(i) for i in range(30)], 4).class_indices.tolist() == [
        0,
        1,
        2,
        3,
    ]
    assert true_ranks(np.zeros((2, 30)), [0, 3]).tolist() == [1, 4]


@given(st.integers(1, 40), st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_rank_n_accuracy_agrees_with_sklearn(pictures, classes, seed):
    rng = np.random.default_rng(seed)
    scores, targets = rng.random((pictures, classes)), rng.integers(0, classes, pictures)
    for n in range(1, classes):
        expected = (
            top_k_accuracy_score(targets, scores, k=n, labels=range(classes))
            if classes > 2
            else rank_n_accuracy(scores, targets, n)
        )
        assert rank_n_accuracy(scores, targets, n) == pytest.approx(expected)
    assert rank_n_accuracy(scores, targets, classes) == 1.0


@pytest.mark.parametrize(
    ("scores", "targets", "n", "error"),
    [
        (SLIDE, [1], 0, ValueError),
        (SLIDE, [5], 1, ValueError),
        (SLIDE, [-1], 1, ValueError),
        (SLIDE, [1, 2], 1, ValueError),
        (SLIDE[0], [1], 1, ValueError),
        (SLIDE * np.nan, [1], 1, ValueError),
        (SLIDE, [1.0], 1, TypeError),
        (np.zeros((0, 5)), np.zeros(0, int), 1, ValueError),
    ],
)
def test_rank_n_accuracy_refuses(scores, targets, n, error):
    with pytest.raises(error):
        rank_n_accuracy(scores, targets, n)


def test_predict_topk_names_the_cup_of_coffee(picture):
    top = cvcore.recognition.classifier.predict_topk(picture("coffee"), k=3)
    assert top.labels[0] == "espresso"
    assert top.class_indices[0] == 967
    assert top.probabilities[0] > 0.9
    assert len(top.labels) == len(top.probabilities) == len(top.class_indices) == 3
    assert top.logits.shape == (1000,)


def test_predict_topk_finds_a_cat(picture):
    cats = {"tiger cat", "Egyptian cat", "tabby"}
    assert set(predict_topk(picture("chelsea"), 3).labels) == cats


def test_predict_batch_rows_are_single_answers(picture):
    pictures = [picture("coffee"), picture("chelsea"), picture("coffee")[:50]]
    batch = predict_batch(pictures)
    assert batch.shape == (3, 1000)
    np.testing.assert_allclose(batch.sum(axis=1), 1)
    for row, image in zip(batch, pictures, strict=True):
        top = predict_topk(image, 5)
        np.testing.assert_allclose(row[top.class_indices], top.probabilities, atol=1e-4)


def test_predict_batch_of_nothing():
    assert predict_batch([]).shape == (0, 1000)


def test_more_pictures_than_a_batch(picture):
    pictures = [picture("coffee")[i:] for i in range(max(classifier.BATCH_SIZES.values()) + 1)]
    logits = predict_logits(pictures)
    assert logits.shape == (len(pictures), 1000)
    for i in (0, 3, 4, len(pictures) - 1):
        np.testing.assert_allclose(logits[i], predict_logits([pictures[i]])[0], atol=1e-3)


def test_answers_are_those_of_timm(picture):
    """The whole way, file to logits, against timm's network and timm's own transforms."""
    timm = pytest.importorskip("timm")
    import torch
    from PIL import Image
    from timm.data import create_transform, resolve_data_config

    net = timm.create_model("tf_efficientnet_lite0").eval()
    net.load_state_dict(checkpoints.load_state("efficientnet_lite0"))
    config = resolve_data_config({}, model=net)
    config["crop_pct"] = 224 / 256
    transform = create_transform(**config)
    for name in ("coffee", "chelsea"):
        with torch.inference_mode():
            expected = net(transform(Image.fromarray(picture(name)))[None])[0].numpy()
        np.testing.assert_allclose(predict_logits([picture(name)])[0], expected, atol=0.02)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (900, 1, 3), (7, 5, 3)])
def test_any_size_gives_an_answer(shape):
    top = predict_topk(np.full(shape, 90, np.uint8))
    assert np.isfinite(top.logits).all()
    assert top.probabilities.sum() <= 1


def test_bad_input_is_told_in_a_sentence(picture):
    with pytest.raises(InputError, match="no picture yet"):
        predict_topk(None)
    with pytest.raises(InputError, match="efficientnet_lite0"):
        predict_topk(picture("coffee"), model="resnet51")
    with pytest.raises(TypeError):
        predict_topk(np.zeros((4, 4, 3), int))
    with pytest.raises(InputError, match="k from 1"):
        predict_topk(picture("coffee"), 21)

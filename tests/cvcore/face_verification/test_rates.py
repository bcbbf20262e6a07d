"""Error rates counted by hand and against scikit-learn; the evaluation of a folder of people."""

import shutil

import numpy as np
import pytest

from cvcore.core import samples
from cvcore.core.errors import InputError
from cvcore.engine import registry
from cvcore.face_verification import evaluation as fe
from cvcore.face_verification import published, rates
from cvcore.face_verification.rates import (
    ErrorRates,
    fit_logistic,
    likelihood_ratio,
    load_rates,
    probability_same,
)


def test_rates_by_hand():
    rates = ErrorRates.from_scores(
        np.array([0.2, 0.6, 0.7, 0.8]), np.array([-0.1, 0.102, 0.302, 0.102])
    )
    assert rates.false_accept(0.25) == pytest.approx(0.25)
    assert rates.false_reject(0.25) == pytest.approx(0.25)
    assert rates.false_accept(0.5) == 0
    assert rates.accuracy(0.5) == pytest.approx(1 - 0.25 / 2)
    assert 0.3 < rates.best_threshold <= 0.6
    assert rates.threshold_for(0.25) == pytest.approx(0.105)


@pytest.mark.parametrize("method", rates.METHODS)
def test_the_roc_is_scikit_learns(method):
    """Of the pairs that the curves are drawn from, at every threshold that parts any of them."""
    from sklearn.metrics import roc_auc_score, roc_curve

    measured = load_rates(method)
    scores = np.tile(measured.edges[:-1], 2)  # a pair is as alike as its bin's lower edge
    truth = np.repeat([1, 0], len(measured.same))
    weights = np.concatenate([measured.same, measured.different])
    given = {"sample_weight": weights[weights > 0]}
    truth, scores = truth[weights > 0], scores[weights > 0]
    false_accepts, true_accepts, thresholds = roc_curve(
        truth, scores, drop_intermediate=False, **given
    )
    own_false, own_true, edges = measured.roc
    places = len(edges) - 1 - np.searchsorted(measured.edges, thresholds[1:])
    assert np.allclose(own_false[places], false_accepts[1:], atol=1e-12)
    assert np.allclose(own_true[places], true_accepts[1:], atol=1e-12)
    assert (own_false[0], own_true[0], own_false[-1], own_true[-1]) == (0, 0, 1, 1)
    assert measured.auc == pytest.approx(roc_auc_score(truth, scores, **given), abs=1e-12)


def test_the_own_figure_beside_the_published_ones_is_the_measured_one():
    assert registry.get_weight("sface").score.startswith(f"{published.OWN} % of 6,000 LFW pairs")
    years = [row.date[:4] for row in published.PUBLISHED]
    assert years == sorted(years)
    assert all(50 < row.accuracy < 100 and row.source for row in published.PUBLISHED)


def test_rates_are_monotone_and_meet():
    rates = load_rates("sface")
    grid = np.linspace(-1, 1, 81)
    assert (np.diff(rates.false_accept(grid)) <= 1e-12).all()
    assert (np.diff(rates.false_reject(grid)) >= -1e-12).all()
    threshold, rate = rates.equal_error
    assert rates.false_accept(threshold) == pytest.approx(rate, abs=1e-6)
    assert rate < 0.01


def test_networks_beat_what_came_before():
    right = {name: load_rates(name).accuracy(load_rates(name).best_threshold)
             for name in ("eigenfaces", "lbp", "sface")}  # fmt: skip
    assert right["sface"] > 0.99
    assert max(right["eigenfaces"], right["lbp"]) < 0.75
    with pytest.raises(ValueError, match="method"):
        load_rates("tarot")


def test_probability_rises_with_similarity():
    p = [probability_same(s) for s in (-1, 0, 0.3, 0.4, 0.8, 1)]
    assert p == sorted(p)
    assert p[1] < 0.01
    assert p[4] > 0.99


def test_the_prior_by_hand(monkeypatch):
    """Ten times as frequent among one person's pairs; 1 : 9 before are 10 : 9 after."""
    monkeypatch.setattr(rates, "likelihood_ratio", lambda similarity: 10.0)
    assert probability_same(0.5, prior=0.1) == pytest.approx(10 / 19)
    assert probability_same(0.5) == pytest.approx(10 / 11)


def test_the_ratio_is_the_odds_of_even_pairs():
    for similarity in (-1, 0.2, 0.4, 0.6, 1):
        p = probability_same(similarity)
        assert likelihood_ratio(similarity) == pytest.approx(p / (1 - p))
    middle = rates.load_lesson()["sface_logistic"][1]
    assert likelihood_ratio(float(middle)) == pytest.approx(1, rel=1e-4)
    assert likelihood_ratio(1) == 1 / likelihood_ratio(-1) == rates.MOST_RATIO
    assert probability_same(1, prior=1e-9) == pytest.approx(1e-3, rel=1e-2)


@pytest.mark.parametrize("prior", [0, 1, -0.1, 1.5, float("nan"), None, "half", True])
def test_a_prior_is_above_0_and_below_1(prior):
    with pytest.raises(InputError, match="above 0 and below 1"):
        probability_same(0.5, prior=prior)


@pytest.mark.parametrize("similarity", [1.01, -2, float("nan"), "0.5"])
def test_a_similarity_is_a_cosine(similarity):
    with pytest.raises(InputError, match="similarity"):
        likelihood_ratio(similarity)


def test_logistic_fit_finds_the_truth():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, 20_000)
    is_same = rng.random(20_000) < 1 / (1 + np.exp(-12 * (x - 0.2)))
    slope, middle = fit_logistic(x[is_same], x[~is_same])
    # both kinds weigh the same, which moves the middle by the log of their numbers
    shift = np.log(is_same.sum() / (~is_same).sum()) / 12
    assert slope == pytest.approx(12, rel=0.05)
    assert middle == pytest.approx(0.2 + shift, abs=0.02)


def test_evaluation_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    same, different = rng.normal(0.5, 0.2, 400), rng.normal(0.1, 0.2, 300)
    report = fe.evaluate(same, different, threshold=0.3)
    truth, scores = np.repeat([1, 0], [400, 300]), np.concatenate([same, different])
    assert report.auc == pytest.approx(metrics.roc_auc_score(truth, scores))
    assert report.accuracy == pytest.approx(metrics.accuracy_score(truth, scores >= 0.3))
    fpr, tpr, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    points = report.roc((0.1, 0.01))
    assert len(points) == 2
    for accepted, true, threshold in points:
        assert accepted <= 0.1
        assert true == pytest.approx(tpr[np.flatnonzero(fpr <= accepted + 1e-9)].max())
        assert true == pytest.approx((same >= threshold).mean())


def test_best_threshold_by_hand():
    scores, truth = np.array([0.1, 0.2, 0.6, 0.8]), np.array([False, False, True, True])
    assert fe.find_threshold(scores, truth) == pytest.approx(0.4)
    # two right verdicts at best, at either end: the first, between -1 and the least score
    assert fe.find_threshold(scores, ~truth) == pytest.approx(-0.45)


def test_pairs_are_what_they_say():
    people = np.repeat(np.arange(30), 4)
    same, different = fe.make_pairs(people, 100)
    assert len(same) == len(different) == 50
    assert (people[same[:, 0]] == people[same[:, 1]]).all()
    assert (same[:, 0] != same[:, 1]).all()
    assert (people[different[:, 0]] != people[different[:, 1]]).all()
    assert len({tuple(pair) for pair in different.tolist()}) == 50
    assert len({*people[same[:, 0]]}) == 30  # nobody is left out


def test_nobody_is_judged_by_a_threshold_chosen_on_them(monkeypatch):
    """Each fold's threshold comes from pairs of people none of whom is in that fold."""
    rng = np.random.default_rng(0)
    owners = [f"person {i}" for i in np.repeat(np.arange(40), 3)]
    vectors = np.repeat(rng.normal(size=(40, 16)), 3, axis=0) + 0.3 * rng.normal(size=(120, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    drawn, draw = [], fe.make_pairs

    def note(people, count, *, seed):
        drawn.append(set(np.asarray(people).tolist()))
        return draw(people, count, seed=seed)

    monkeypatch.setattr(fe, "make_pairs", note)
    report = fe.evaluate_fresh(owners, vectors, threshold=-1, pairs=200)
    assert len(drawn) == 20
    for judged, chosen_on in zip(drawn[::2], drawn[1::2], strict=True):
        assert judged
        assert not judged & chosen_on
        assert len(judged | chosen_on) == 40
    assert report.pairs == 200
    assert report.accuracy_at == 0.5  # at -1 everybody passes
    assert report.accuracy > 0.95
    assert len(report.thresholds) == 10
    with pytest.raises(InputError, match="too few people"):
        fe.evaluate_fresh(owners[:3], vectors[:3], threshold=0.3)


def test_a_fresh_sets_figure_comes_with_its_interval():
    """Wilson's, worked out by hand for 591 right of 600; it ends at 1."""
    report = fe.FreshReport(600, 0.99, 0.004, (0.3, 0.4), 591 / 600)
    assert "98.50% at the threshold asked about (95 % interval 97.2% to 99.2%)" in (
        fe.describe_fresh(report)
    )
    all_right = fe.FreshReport(100, 1.0, 0.0, (0.3, 0.4), 1.0)
    assert "(95 % interval 96.3% to 100.0%)" in fe.describe_fresh(all_right)


def test_command_on_a_folder_of_people(tmp_path, capsys):
    for name, person in (("ardern_2018", "a"), ("ardern_2022", "a"), ("obama_2005", "b"),
                         ("astronaut", "c"), ("coffee", "c")):  # fmt: skip
        (tmp_path / person).mkdir(exist_ok=True)
        shutil.copy(samples.index()[name].path, tmp_path / person)
    assert fe.main([str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "left out, as no face was found or it could not be read, 1: c/coffee.jpg" in text
    assert "accuracy                100.00%" in text
    assert "best threshold" in text
    assert "too few people to keep some apart" in text


def test_command_takes_the_detector_asked_for(tmp_path, capsys, monkeypatch):
    for name, person in (("ardern_2018", "a"), ("ardern_2022", "a"), ("obama_2005", "b")):
        (tmp_path / person).mkdir(exist_ok=True)
        shutil.copy(samples.index()[name].path, tmp_path / person)

    def forbidden(*_, **__):
        raise AssertionError("MTCNN looked")

    monkeypatch.setattr("cvcore.recognition.faces.mtcnn.find_faces", forbidden)
    assert fe.main([str(tmp_path), "--detector", "yunet"]) == 0
    assert "accuracy                100.00%" in capsys.readouterr().out


def test_command_says_what_is_missing(tmp_path, capsys):
    assert fe.main([str(tmp_path)]) == 1
    assert "two people or more" in capsys.readouterr().out
    assert fe.main([str(tmp_path / "nowhere")]) == 1
    assert fe.main([str(tmp_path), "--threshold", "nan"]) == 1
    with pytest.raises(InputError):
        fe.list_people(tmp_path)

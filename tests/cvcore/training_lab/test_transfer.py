"""Transfer learning in four ways; small squares, so that a step takes milliseconds."""

import gc
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from cvcore import training_lab as lab
from cvcore.core.errors import InputError
from cvcore.engine.checkpoints import load_model
from cvcore.training_lab.transfer_learning import backbone, evaluation
from cvcore.training_lab.transfer_learning import training as transfer_training

QUICK = lab.TransferSettings(epochs=2, batch_size=8)


@pytest.fixture(autouse=True)
def _small_squares(monkeypatch):
    monkeypatch.setattr(backbone, "SIDE", 64)


def make_pictures(count, hue, rng):
    """Photographs, as it were: stripes or checks in a colour, with noise."""
    rows, columns = np.mgrid[:64, :64]
    pattern = [(rows // 4) % 2, (columns // 4) % 2, ((rows // 8) + (columns // 8)) % 2][hue]
    pictures = rng.integers(0, 90, (count, 64, 64, 3))
    pictures[..., hue] += (pattern * rng.integers(60, 160, (count, 1, 1))).astype(pictures.dtype)
    return [picture.astype(np.uint8) for picture in pictures]


@pytest.fixture(scope="module")
def own():
    rng = np.random.default_rng(0)
    names = ("checks", "rows", "stripes")
    return lab.from_pictures({name: make_pictures(10, i, rng) for i, name in enumerate(names)})


def finish(settings, data, **more):
    *_, last = lab.transfer(settings, data, **more)
    assert last.done
    return last


@pytest.mark.parametrize("way", ["scratch", "frozen", "stages", "everything"])
def test_each_way_trains_what_it_says_and_nothing_else(way, own):
    settings = replace(QUICK, way=way, rate=1e-3)
    first, *between, last = lab.transfer(settings, own)
    assert (first.prepared, first.step) == (0, 0)
    assert last.step == last.total == 2 * 3  # 18 pictures, 8 a step
    assert last.validation_steps.tolist() == [0, 3, 6]
    assert last.training_loss.shape == (6,)
    assert last.confusion.sum() == len(own.validation)
    assert last.numbers == 4_652_008 - 1281 * 1000 + 1281 * 3
    pretrained = load_model("efficientnet_lite0").state_dict()
    learnt = last.model.net.state_dict()
    changed = {name for name in learnt if name.startswith("classifier")
               or not torch.equal(learnt[name], pretrained[name])}  # fmt: skip
    weights = {name for name, _ in last.model.net.named_parameters()}
    if way == "frozen":
        assert changed == {"classifier.weight", "classifier.bias"}
        assert last.learns == 1281 * 3
    elif way == "stages":
        stages = ("blocks.5.", "blocks.6.", "conv_head.", "bn2.", "classifier.")
        assert {name for name in weights if name.startswith(stages)} == changed
        assert 1281 * 3 < last.learns < last.numbers
    else:
        assert weights <= changed
        assert last.learns == last.numbers
    assert any(state.prepared < 1 for state in [first, *between])


def test_frozen_features_are_those_of_the_whole_network_and_computed_once(own, monkeypatch):
    last = finish(QUICK, own)
    probabilities = last.model.predict_many(own.validation.pictures)
    answers = probabilities.argmax(axis=1)
    right = (answers == own.validation.labels.numpy()).mean()
    assert last.validation_accuracy[-1] == pytest.approx(right)
    picked = probabilities[np.arange(len(answers)), own.validation.labels]
    assert last.validation_loss[-1] == pytest.approx(-np.log(picked).mean(), rel=1e-4)
    staged = finish(replace(QUICK, way="stages"), own)
    picked = staged.model.predict_many(own.test.pictures)[np.arange(len(own.test)), own.test.labels]
    assert staged.test.loss == pytest.approx(-np.log(picked).mean(), rel=1e-3)

    def fail(*_):
        raise AssertionError("computed again")

    monkeypatch.setattr(backbone, "get_base", fail)
    finish(replace(QUICK, seed=1), own)


def test_stripes_and_checks_are_learnt_from_frozen_features(own):
    last = finish(lab.TransferSettings(), own)
    assert last.validation_loss[-1] < 0.3 * last.validation_loss[0]
    assert last.test.accuracy == 1


def test_the_same_seed_gives_the_same_run_and_the_callers_numbers_stay(own):
    before = torch.random.get_rng_state()
    runs = [finish(replace(QUICK, way="scratch"), own) for _ in range(2)]
    np.testing.assert_array_equal(runs[0].training_loss, runs[1].training_loss)
    assert torch.equal(before, torch.random.get_rng_state())
    other = finish(replace(QUICK, way="scratch", seed=1), own)
    assert not np.allclose(other.training_loss, runs[0].training_loss)


def test_norms_frozen_or_not(own):
    statistics = "blocks.6.0.bn1.running_mean"
    pretrained = load_model("efficientnet_lite0").state_dict()[statistics]
    frozen = finish(replace(QUICK, way="stages"), own)
    free = finish(replace(QUICK, way="stages", freeze_norms=False), own)
    assert torch.equal(frozen.model.net.state_dict()[statistics], pretrained)
    assert not torch.equal(free.model.net.state_dict()[statistics], pretrained)
    first = "blocks.0.0.bn1.running_mean"
    before = load_model("efficientnet_lite0").state_dict()[first]
    assert torch.equal(free.model.net.state_dict()[first], before)


def test_a_great_rate_spoils_what_was_learnt_before(own):
    settings = replace(QUICK, way="everything", epochs=3)
    gentle, harsh = (finish(replace(settings, rate=rate), own) for rate in (3e-4, 0.03))
    assert harsh.training_loss[1:].max() > 2 * gentle.training_loss[1:].max()


def test_a_model_is_saved_and_loaded_and_answers_as_before(own):
    for way in ("frozen", "stages"):
        model = finish(replace(QUICK, way=way), own).model
        again = lab.load_transfer(model.to_file())
        assert again.classes == own.classes
        frame = make_pictures(1, 2, np.random.default_rng(1))[0]
        frame = np.kron(frame, np.ones((4, 5, 1), np.uint8))  # 256 x 320
        np.testing.assert_array_equal(model.predict(frame), again.predict(frame))
        assert model.predict(frame).sum() == pytest.approx(1)
        assert model.predict(frame).shape == (3,)
    assert len(finish(QUICK, own).model.to_file()) < 20_000  # the head alone


def test_weights_that_are_no_numbers_are_refused(own):
    model = finish(QUICK, own).model
    model.net.classifier.bias.data[0] = float("nan")
    with pytest.raises(InputError, match="no network of a transfer"):
        lab.load_transfer(model.to_file())


def test_features_go_with_the_pictures(own):
    data = replace(own)
    before = len(backbone._kept.keys())
    finish(QUICK, data)
    assert len(backbone._kept.keys()) == before + 1
    del data
    gc.collect()
    assert len(backbone._kept.keys()) == before


def test_a_file_that_is_none_gets_a_sentence(own):
    good = finish(QUICK, own).model.to_file()
    length = int.from_bytes(good[:8], "little")
    header = json.loads(good[8 : 8 + length])
    about = json.loads(header["__metadata__"]["transfer"])
    lies = []
    for key, value in (
        ("settings", {**about["settings"], "way": "everything"}),
        ("classes", ["many"] * 10**5),
        ("side", 0),
        ("classes", ["checks"] * 3),
        ("classes", ["checks", "rows", "s" * 10**4]),
    ):
        header["__metadata__"]["transfer"] = json.dumps({**about, key: value})
        text = json.dumps(header).encode()
        lies.append(len(text).to_bytes(8, "little") + text + good[8 + length :])
    for wrong in (b"", b"GIF89a", good[:200], good[:-4], *lies):
        with pytest.raises(InputError, match="no network of a transfer"):
            lab.load_transfer(wrong)


def test_leaving_one_out_in_closed_form_is_fitting_anew_without_it():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 30)) + 3, np.eye(3)[np.arange(12) % 3]
    fitted = evaluation.leave_out(x, y)
    centred = x - x.mean(axis=0)
    ridge = evaluation.RIDGE * (centred**2).sum() / 12
    for i in range(12):
        rest = np.arange(12) != i
        mean, target = x[rest].mean(axis=0), y[rest].mean(axis=0)
        left = x[rest] - mean
        weights = np.linalg.solve(left.T @ left + ridge * np.eye(30), left.T @ (y[rest] - target))
        np.testing.assert_allclose(fitted[i], (x[i] - mean) @ weights + target, atol=1e-9)


def test_pictures_stand_behind_each_cell(own):
    left = lab.leave_one_out(own)
    assert left.labels.shape == left.answers.shape == (len(own.training),)
    cells = [left.find(truth, answer) for truth in range(3) for answer in range(3)]
    assert sorted(np.concatenate(cells)) == list(range(len(own.training)))
    assert [len(cell) for cell in cells] == left.confusion.ravel().tolist()
    assert left.accuracy == left.confusion.trace() / len(own.training) > 0.8


def test_a_learning_curve_is_streamed(own):
    states = list(lab.measure_learning_curve(own, ways=("frozen",), counts=(1, 5, 20)))
    last = states[-1]
    assert last.counts == (1, 5)  # six pictures a class are left to learn from
    assert last.done
    assert np.isnan(states[0].accuracy).all()
    assert np.isfinite(last.accuracy).all()
    assert last.accuracy[0, 1] > 0.8
    assert last.held_back == len(own.validation) + len(own.test)
    model = finish(lab.TransferSettings(per_class=5), own).model
    held = torch.cat([own.validation.pictures, own.test.pictures])
    labels = torch.cat([own.validation.labels, own.test.labels]).numpy()
    right = (model.predict_many(held).argmax(axis=1) == labels).mean()
    assert last.accuracy[0, 1] == pytest.approx(right)


def test_fewer_pictures_are_among_more(own):
    few, more = (
        set(transfer_training._choose(own.training, replace(QUICK, per_class=n)).tolist())
        for n in (2, 5)
    )
    assert few < more
    assert torch.bincount(own.training.labels[sorted(few)]).tolist() == [2, 2, 2]


def test_it_is_stopped_and_a_diverged_run_is_no_error(own):
    steering = lab.Steering()
    states = lab.transfer(replace(QUICK, way="everything", epochs=50), own, steering=steering)
    next(states)
    steering.stop()
    *_, last = states
    assert last.stopped
    assert last.step <= 1
    wild = finish(replace(QUICK, rate=10, epochs=5), own)
    assert wild.done


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"way": "half"}, "no way 'half'"),
        ({"rate": float("nan")}, "learning rate is above 0"),
        ({"stages": 7}, "number of stages must be"),
        ({"batch_size": 1}, "batch size must be"),
        ({"per_class": 0}, "pictures a class"),
    ],
)
def test_wrong_settings_get_a_sentence(wrong, message, own):
    with pytest.raises(InputError, match=message):
        lab.TransferSettings(**wrong)
    with pytest.raises(InputError, match="no way"):
        next(lab.measure_learning_curve(own, ways=("half",)))


def test_grey_pictures_are_taken_too():
    rng = np.random.default_rng(0)
    classes = {name: make_pictures(4, i, rng) for i, name in enumerate("abc")}
    last = finish(QUICK, lab.from_pictures(classes, look="grey"))
    assert last.model.side == 28
    assert last.model.predict(classes["a"][0]).shape == (3,)


def test_large_pictures_are_taken_as_they_are():
    rng = np.random.default_rng(0)
    frames = {
        name: [np.kron(one, np.ones((2, 3, 1), np.uint8)) for one in make_pictures(4, i, rng)]
        for i, name in enumerate("abc")
    }
    data = lab.from_pictures(frames, look="large")
    assert data.size == (3, 128, 3)
    middle = torch.from_numpy(frames["a"][0][:, 32:160]).permute(2, 0, 1) / 255
    parts = (data.training, data.validation, data.test)
    assert any(torch.equal(middle, one) for part in parts for one in part.pictures)
    model = finish(QUICK, data).model
    assert model.side == 128
    live = model.predict(frames["a"][0])
    np.testing.assert_array_equal(live, model.predict_many(middle[None])[0])

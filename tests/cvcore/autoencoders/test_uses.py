"""What an autoencoder is for: noise, holes, anomalies, neighbours, compression, planes."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score, roc_curve
from sklearn.neighbors import NearestNeighbors

from cvcore.autoencoders import (
    Settings,
    Steering,
    add_noise,
    compare_compression,
    cut_holes,
    decode_between,
    decode_plane,
    detect_anomalies,
    fill_hole,
    find_neighbours,
    measure_denoising,
    measure_inpainting,
    measure_retrieval,
    measure_strangers,
)
from cvcore.autoencoders.anomalies import compute_auc, compute_roc
from cvcore.autoencoders.compression import encode_jpeg, fit_pca, rebuild_by_pca
from cvcore.autoencoders.pictures import choose_training, to_array
from cvcore.autoencoders.restoration import load_test
from cvcore.core.errors import InputError
from tests.cvcore.autoencoders.conftest import finish


def test_noise_has_its_deviation_and_hangs_on_the_seed(plain):
    noisy = add_noise(plain.pictures, 0.3, seed=1)
    assert (noisy - plain.pictures).std() == pytest.approx(0.3, rel=0.05)
    np.testing.assert_array_equal(noisy, add_noise(plain.pictures, 0.3, seed=1))
    assert (noisy != add_noise(plain.pictures, 0.3, seed=2)).any()


def test_holes_are_squares_inside_the_picture(plain):
    ones = np.ones((200, 28, 28), np.float32)
    cut, masks = cut_holes(ones, 9)
    assert masks.sum(axis=(1, 2)).tolist() == [81] * 200
    np.testing.assert_array_equal(cut, ~masks)
    rows = masks.any(axis=2)
    assert rows[:, 0].any()  # each place at the edge comes up
    assert rows[:, -1].any()


def test_denoising_halves_the_error_on_held_back_digits():
    """At the deviation it was taught, with the page's own settings, in a third of the passes."""
    last = finish(Settings(bottleneck=32, noise=0.5, epochs=4))
    found = measure_denoising(last.model, 0.5)
    assert len(found.pictures) == 500
    cut = found.inputs.clip(0, 1)  # of noise on black, half is: that is not the network's doing
    assert found.before == pytest.approx(np.square(cut - found.pictures).mean(), rel=1e-5)
    assert found.before < 0.125
    assert found.after < found.before / 2
    expected = np.square(found.outputs - found.pictures).mean(axis=(1, 2))
    np.testing.assert_allclose(found.errors_after, expected, rtol=1e-5)


def test_inpainting_is_measured_in_the_hole_alone():
    last = finish(Settings(bottleneck=32, hole=10, epochs=4))
    found = measure_inpainting(last.model, 10)
    np.testing.assert_array_equal(found.outputs[~found.masks], found.pictures[~found.masks])
    gap = (found.pictures[0] ** 2)[found.masks[0]].mean()
    assert found.errors_before[0] == pytest.approx(gap)
    assert found.after < found.before / 2
    filled = fill_hole(last.model, found.pictures[0], found.masks[0])
    np.testing.assert_allclose(filled, found.outputs[0], atol=1e-6)


def test_a_hole_that_cannot_be(plain):
    digit = plain.pictures[0]
    for mask, says in (
        (np.zeros((28, 28)), "rub a hole"),
        (np.ones((28, 28)), "leave a part"),
        (np.ones((3, 3)), "mask of the shape"),
        ([[1], [1, 0]], "mask of the shape"),
    ):
        with pytest.raises(InputError, match=says):
            fill_hole(plain.model, digit, mask)


def test_a_shoe_comes_back_worse_than_a_digit(plain):
    shoes = measure_strangers(plain.model)
    assert len(shoes.pictures) == 40
    assert shoes.after > 2 * plain.model.measure_errors(load_test(plain.model)[0]).mean()
    with pytest.raises(InputError, match="There are no 'socks'"):
        measure_strangers(plain.model, "socks")


def test_roc_and_auc_are_scikit_learns():
    rng = np.random.default_rng(0)
    known, unknown = rng.normal(0, 1, 40).round(1), rng.normal(1, 1, 60).round(1)  # some equal
    errors, truth = np.concatenate([known, unknown]), np.repeat([0, 1], [40, 60])
    assert compute_auc(known, unknown) == pytest.approx(roc_auc_score(truth, errors))
    false_alarms, hits, thresholds = roc_curve(truth, errors, drop_intermediate=False)
    for expected, found in zip(
        (thresholds, false_alarms, hits), compute_roc(known, unknown), strict=True
    ):
        np.testing.assert_allclose(found, expected)


def test_anomalies_of_a_network_taught_1_alone(ones, plain):
    """The run of the page: an area of 0.98 or more on held-back digits."""
    found = detect_anomalies(ones.model)
    assert (len(found.known), len(found.unknown)) == (50, 450)
    assert found.auc >= 0.98
    truth = np.repeat([0, 1], [50, 450])
    errors = np.concatenate([found.known, found.unknown])
    assert found.auc == pytest.approx(roc_auc_score(truth, errors))
    assert found.false_alarm_rate <= 0.2
    assert found.judge(found.threshold * 1.01)
    assert not found.judge(found.threshold)
    stricter = detect_anomalies(ones.model, threshold=0.001)
    assert stricter.hit_rate >= found.hit_rate
    with pytest.raises(InputError, match="all ten digits"):
        detect_anomalies(plain.model)
    with pytest.raises(InputError, match="The threshold"):
        detect_anomalies(ones.model, threshold=-1)


def test_neighbours_are_scikit_learns(plain):
    found = find_neighbours(plain.model, plain.pictures, count=3)
    search = NearestNeighbors(n_neighbors=3).fit(plain.model.encode(found.pictures))
    distances, which = search.kneighbors(plain.model.encode(plain.pictures))
    np.testing.assert_array_equal(found.by_code, which)
    np.testing.assert_allclose(found.code_distances, distances, rtol=1e-4)
    gaps = found.pictures[found.by_pixels[0, 0]] - plain.pictures[0]
    assert found.pixel_distances[0, 0] == pytest.approx(np.linalg.norm(gaps), rel=1e-4)
    itself = find_neighbours(plain.model, found.pictures[7], count=1)
    assert itself.by_code.tolist() == itself.by_pixels.tolist() == [[7]]


def test_retrieval_counts_the_right_class(plain):
    share = measure_retrieval(plain.model, count=5)
    assert 0.7 < share.by_code <= 1
    assert 0.8 < share.by_pixels <= 1
    assert (share.count, share.numbers) == (5, 16)


def test_components_are_scikit_learns():
    digits = to_array(choose_training(Settings(examples=300)).pictures)[:, 6:20, 6:20].copy()
    rows = digits.reshape(300, -1)
    reference = PCA(8, svd_solver="full").fit(rows)
    expected = reference.inverse_transform(reference.transform(rows))
    found = rebuild_by_pca(fit_pca(digits), digits, 8, eight_bits=False)
    np.testing.assert_allclose(found.reshape(300, -1), expected.clip(0, 1), atol=1e-5)


def test_of_a_jpeg_its_data_counts_alone():
    flat, busy = np.zeros((28, 28)), np.random.default_rng(0).random((28, 28))
    few, back = encode_jpeg(flat, 50)
    assert few <= 16  # sixteen blocks, six bits each
    assert back.max() == 0
    assert encode_jpeg(busy, 50)[0] > 10 * few
    size, back = encode_jpeg(busy, 95)
    assert 300 < size < 1200
    assert np.abs(back / 255 - busy).mean() < 0.05


def test_compression_against_the_size():
    settings = Settings(epochs=1, examples=1000)
    *states, last = compare_compression(settings, bottlenecks=(2, 16), waits=True)
    assert states[0].running is not None
    assert last.sizes.tolist() == [2, 16]
    assert (np.diff(last.pca) < 0).all()
    assert last.autoencoder[0] > last.autoencoder[1]
    np.testing.assert_allclose(last.autoencoder, last.autoencoder_float, rtol=0.05)
    assert np.isnan(last.jpeg[0])  # no JPEG is so small
    assert last.by_autoencoder.shape == last.by_jpeg.shape == (2, 10, 28, 28)
    assert (last.strangers > 1.5 * last.autoencoder).all()
    assert (np.diff(last.jpeg_bytes) > 0).all()
    assert last.done


def test_compression_stops_and_refuses():
    steering = Steering()
    states = compare_compression(Settings(), steering=steering, waits=True)
    next(states)
    steering.stop()
    *_, last = states
    assert last.stopped
    assert len(last.sizes) == 0
    for wrong in ((), (4, 2), (0,), (65,), 5):
        with pytest.raises(InputError):
            next(compare_compression(Settings(), bottlenecks=wrong))


def test_a_plane_goes_by_quantiles(variational, flat):
    codes, pictures = decode_plane(variational.model, 3)
    edge = norm.ppf(0.98)
    np.testing.assert_allclose(codes[0, :, 0], [-edge, 0, edge], atol=1e-6)
    np.testing.assert_allclose(codes[:, 0, 1], [edge, 0, -edge], atol=1e-6)
    assert (codes[..., 2:] == 0).all()
    assert pictures.shape == (3, 3, 28, 28)
    np.testing.assert_allclose(pictures[1, 1], variational.model.decode(np.zeros(4))[0], atol=1e-6)
    codes, _ = decode_plane(flat.model, 5)
    np.testing.assert_allclose(codes[2, 2], flat.model.code_mean, rtol=1e-4, atol=1e-5)


def test_a_plane_between_four_codes(variational, flat):
    for last in (variational, flat):
        corners = last.model.encode(last.pictures[:4])
        codes, pictures = decode_between(last.model, corners, 4)
        found = codes[[0, 0, -1, -1], [0, -1, 0, -1]]
        np.testing.assert_allclose(found, corners, atol=1e-5)
        assert pictures.shape == (4, 4, 28, 28)
    middle = decode_between(flat.model, corners, 3)[0][1, 1]
    np.testing.assert_allclose(middle, corners.mean(axis=0), atol=1e-5)
    with pytest.raises(InputError, match="four corners"):
        decode_between(flat.model, corners[:3], 4)


def test_planes_that_cannot_be(variational):
    for how, says in (
        ({"side": 1}, "from 2 to 24"),
        ({"axes": (0, 0)}, "must differ"),
        ({"axes": (0, 4)}, "from 0 to 3"),
        ({"axes": 1}, "two axes"),
        ({"centre": np.zeros(3)}, "4 numbers"),
    ):
        with pytest.raises(InputError, match=says):
            decode_plane(variational.model, **how)

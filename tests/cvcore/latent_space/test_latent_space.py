"""The bundled generators and discriminators, their directions, and the training's checkpoints."""

import numpy as np
import pytest
import torch

from cvcore import latent_space
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.engine.cache import release
from cvcore.latent_space import history
from cvcore.latent_space import video as latent_video
from cvcore.training.latent_space.directions import are_clear


def draw(count, seed, name="faces", truncation=1.0):
    """Inner latents of a seed."""
    z = latent_space.sample(count, seed=seed)
    return latent_space.map_latents(z, name=name, truncation=truncation)


@pytest.mark.parametrize("name", latent_space.GENERATORS)
def test_pictures_are_those_of_the_network_in_pytorch(name):
    """By way of the mapping network, which is computed without PyTorch."""
    info = latent_space.get_info(name)
    z = latent_space.sample(3, seed=1)
    w = latent_space.map_latents(z, name=name, truncation=0.7)
    pictures = latent_space.generate(w, name=name, classes=7)
    assert pictures.shape == (3, info.side, info.side, 3)
    assert pictures.dtype == np.uint8
    network = latent_space.load_generator(name).cpu()
    classes = [torch.full((3,), 7)] if info.classes else []
    with torch.inference_mode():
        inner = 0.7 * network.mapping(torch.from_numpy(z).float())
        made = network(inner, *classes).numpy()
    np.testing.assert_allclose(w, inner.numpy(), atol=1e-4)
    assert network.depth == info.depth
    expected = latent_space.to_images(made)
    assert np.abs(pictures.astype(int) - expected).max() <= 1
    assert history.measure_variety(pictures) > 3


def test_one_by_one_and_together_are_the_same():
    z = draw(35, 2)
    pictures = latent_space.generate(z)
    alone = latent_space.generate(z[33])
    assert np.abs(pictures[33].astype(int) - alone[0]).max() <= 1
    np.testing.assert_allclose(
        latent_space.score(pictures)[:2], latent_space.score(pictures[:2]), atol=1e-4
    )


def test_scores_are_those_of_the_network_in_pytorch():
    pictures = latent_space.generate(draw(4, 3))
    network = checkpoints.load_model("gan_faces_d").cpu()
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    spread = latent_space.load_lesson()["faces"]["spread"]
    with torch.inference_mode():
        expected = network(x, torch.full((4,), spread)).numpy()
    np.testing.assert_allclose(latent_space.score(pictures), expected, atol=1e-3)


def test_the_discriminator_prefers_real_digits():
    real, classes = history.load_real_digits()
    some = real[::50]
    pictures = np.repeat(some[..., None], 3, axis=-1)
    logits = latent_space.score(pictures, name="digits", classes=classes[::50])
    noise = np.random.default_rng(0).integers(0, 256, (100, 32, 32, 3), np.uint8)
    worse = latent_space.score(noise, name="digits", classes=classes[::50])
    assert np.median(logits) > np.median(worse)
    ranks = latent_space.rank_scores(logits, "digits")
    assert 0.3 < ranks.mean() < 0.7
    assert np.all(np.diff(latent_space.rank_scores(np.sort(logits), "digits")) >= 0)


def test_the_digits_network_reads_what_was_asked_for():
    classes = np.arange(100) % 10
    made = latent_space.generate(draw(100, 5, "digits"), name="digits", classes=classes)
    digits = torch.from_numpy(made[:, 2:-2, 2:-2, 0].astype(np.float32) / 255)[:, None]
    with torch.inference_mode():
        read = checkpoints.load_model("digits_cnn").cpu()(digits).argmax(dim=1).numpy()
    assert (read == classes).mean() > 0.8


def test_inner_latents_are_measured_from_their_mean_and_truncated_towards_it():
    w = draw(1000, 5)
    assert np.abs(w.mean(axis=0)).max() < 5 / np.sqrt(1000)
    np.testing.assert_allclose(draw(9, 5, truncation=0.3), 0.3 * w[:9])
    # Of z the direction counts alone.
    z = latent_space.sample(2, seed=5)
    np.testing.assert_allclose(latent_space.map_latents(3 * z), latent_space.map_latents(z))


@pytest.mark.parametrize("share", [0.6, 0.3])
def test_truncated_faces_are_faces(share):
    """At 0.6 no face was left before there was a mapping network."""
    from cvcore.recognition import faces

    found = 0
    for picture in latent_space.generate(draw(8, 12, truncation=share)):
        large = np.pad(
            np.repeat(np.repeat(picture, 3, axis=0), 3, axis=1), ((48,), (48,), (0,)), "edge"
        )
        found += len(faces.detect_faces(large, detector="yunet", min_face=60)) == 1
    assert found >= 6


@pytest.mark.parametrize(("name", "digit"), [("faces", None), ("digits", 4)])
def test_truncated_pictures_vary_less(name, digit):
    varieties = [
        history.measure_variety(
            latent_space.generate(draw(24, 12, name, share), name=name, classes=digit)
        )
        for share in (1.0, 0.6, 0.3)
    ]
    assert varieties == sorted(varieties, reverse=True)
    assert varieties[2] < varieties[0] / 2


@pytest.mark.parametrize("name", latent_space.GENERATORS)
def test_a_direction_changes_what_it_is_named_by(name):
    found = latent_space.load_directions(name)
    assert len(set(found.names)) == len(found.ends) == len(found.latents) == 6
    np.testing.assert_allclose(np.linalg.norm(found.latents, axis=1), 1, atol=1e-3)
    place = found.names.index({"faces": "light", "digits": "stroke"}[name])
    w = draw(8, 3, name)
    sums = []
    for amount in (-3, 0, 3):
        moved = [latent_space.move(row, found, [0] * place + [amount]) for row in w]
        sums.append(latent_space.generate(np.array(moved), name=name, classes=4).mean())
    assert sums[0] < 0.9 * sums[1] < 0.9 * 0.95 * sums[2]


@pytest.mark.slow
def test_faces_stay_faces_to_the_end_of_each_direction():
    """The card's share is of 200 faces; these are twelve others."""
    found = latent_space.load_directions()
    w = draw(12, 8, "faces")
    clear = w[are_clear(latent_space.generate(w))]
    assert len(clear) >= 10
    ends = [
        [latent_space.move(row, found, [0] * k + [place]) for row in clear]
        for k, reach in enumerate(found.reach)
        for place in reach
    ]
    shares = [are_clear(latent_space.generate(np.array(end))).mean() for end in ends]
    assert min(shares) >= 0.75
    assert np.mean(shares) >= 0.93


def test_move_by_hand():
    found = latent_space.Directions(
        ("a", "b"), (("", ""),) * 2, np.eye(2, 128), np.array([2.0, 0.5]), np.ones(2),
        np.array([[-3, 3]] * 2),
    )  # fmt: skip
    w = np.zeros(128)
    w[5] = 3
    moved = latent_space.move(w, found, [1.5, -1])
    np.testing.assert_allclose(moved[[0, 1, 5]], [3, -0.5, 3])
    np.testing.assert_allclose(
        latent_space.move(np.tile(w, 5), found, [1.5, -1]), np.tile(moved, 5)
    )
    # Never longer than latents are.
    assert np.linalg.norm(latent_space.move(w, found, [10])) == pytest.approx(np.sqrt(128))
    for amount in (np.nan, 99, "x"):
        with pytest.raises(InputError):
            latent_space.move(w, found, [amount])


@pytest.mark.parametrize("run", history.RUNS)
def test_checkpoints_end_with_the_finished_generator(run):
    curves = history.load_curves(run)
    assert len(curves.checkpoints) >= (8 if run == "faces" else 3)
    assert list(curves.checkpoints) == sorted(set(curves.checkpoints))
    lengths = {len(part) for part in (curves.steps, curves.loss_d, curves.loss_g, curves.right)}
    assert lengths == {len(curves.steps)}
    z = latent_space.sample(3, seed=6)
    classes = None if run == "faces" else 4
    first = history.generate_checkpoint(z, 0, run=run, classes=classes)
    last = history.generate_checkpoint(z, len(curves.checkpoints) - 1, run=run, classes=classes)
    assert not np.array_equal(first, last)
    if run != "collapse":
        w = latent_space.map_latents(z, name=run)
        np.testing.assert_array_equal(last, latent_space.generate(w, name=run, classes=classes))
    with pytest.raises(InputError):
        history.generate_checkpoint(z, len(curves.checkpoints), run=run, classes=classes)


def test_the_failed_run_varies_less():
    z = latent_space.sample(12, seed=7)
    varieties = []
    for run in ("digits", "collapse"):
        last = len(history.load_curves(run).checkpoints) - 1
        pictures = history.generate_checkpoint(z, last, run=run, classes=3)
        varieties.append(history.measure_variety(pictures))
    assert varieties[1] < varieties[0] / 2


def test_variety_by_hand():
    pictures = np.zeros((3, 2, 2, 3), np.uint8)
    pictures[2] = 30
    assert history.measure_variety(pictures) == pytest.approx(20)
    assert history.measure_variety(pictures[:1]) == 0


def test_real_digits_are_those_of_the_training_set():
    digits, classes = history.load_real_digits()
    assert digits.shape == (5000, 32, 32)
    assert np.bincount(classes).tolist() == [500] * 10
    assert len(np.unique(digits)) == 16
    assert not digits[:, :2].any()
    inner = torch.from_numpy(digits[::25, 2:-2, 2:-2].astype(np.float32) / 255)[:, None]
    with torch.inference_mode():
        read = checkpoints.load_model("digits_cnn").cpu()(inner).argmax(dim=1).numpy()
    assert (read == classes[::25]).mean() > 0.97


def test_a_real_digit_is_its_own_nearest():
    digits, classes = history.load_real_digits()
    picture = np.repeat(digits[1234][..., None], 3, axis=-1)
    near = history.find_nearest(picture, int(classes[1234]))
    assert near.indices[0] == 1234
    assert near.distances[0] == 0
    assert 0 < near.distances[1] <= near.distances[2]
    assert near.usual > 5


def test_quiz_is_half_made_and_repeats():
    quiz = history.make_quiz(12, seed=3)
    assert quiz.is_generated.sum() == 6
    np.testing.assert_array_equal(quiz.pictures, history.make_quiz(12, seed=3).pictures)
    assert len(np.unique(quiz.pictures)) <= 16  # the greys give nothing away
    called = history.judge(quiz)
    assert called.sum() == 6
    assert quiz.scores[called].max() <= quiz.scores[~called].min()


def test_films_can_be_read_again(tmp_path):
    from PIL import Image

    from cvcore.core import video

    pictures = latent_space.generate(draw(4, 1))
    videos = latent_video.render_videos(pictures, seconds=1, side=128)
    *frames, (number, total, (gif, film)) = videos
    assert frames == [(place, 6, None) for place in range(1, 7)]
    assert (number, total) == (6, 6)
    (tmp_path / "a.gif").write_bytes(gif)
    (tmp_path / "a.mp4").write_bytes(film)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 6
        assert image.size == (128, 128)
    frames = list(video.read_frames(tmp_path / "a.mp4", max_side=128))
    assert len(frames) == 6
    large = np.array(Image.fromarray(pictures[0]).resize((128, 128), Image.Resampling.BICUBIC))
    assert np.abs(frames[0].astype(int) - large).mean() < 8


def test_a_closed_walk_goes_round_and_a_path_there_and_back():
    assert latent_video.order_frames(4, is_closed=False) == [0, 1, 2, 3, 2, 1]
    assert latent_video.order_frames(5, is_closed=True) == [0, 1, 2, 3]  # the fifth is the first
    assert latent_video.order_frames(2, is_closed=True) == [0]
    pictures = latent_space.generate(draw(5, 1))
    *_, (_, total, _) = latent_video.render_videos(pictures, seconds=1, side=64, is_closed=True)
    assert total == 4


def test_films_leave_nothing_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))  # a file there would fail
    pictures = latent_space.generate(draw(2, 1))
    *_, (_, _, films) = latent_video.render_videos(pictures, seconds=1, side=64)
    assert all(films)


def test_styles_come_from_the_other_latent_and_shapes_stay():
    z = draw(4, 12)
    plain = latent_space.generate(z).astype(int)
    same = latent_space.mix_styles(z, z).astype(int)
    assert np.abs(same - plain).max() <= 1
    mixed = latent_space.mix_styles(z, z[::-1].copy()).astype(int)
    assert np.abs(mixed - plain).mean() > 10
    # Shapes: light and dark lie where they lie in the first latent's picture.
    grey = [part.mean(axis=3).reshape(4, -1) for part in (mixed, plain)]
    own = [np.corrcoef(grey[0][i], grey[1][i])[0, 1] for i in range(4)]
    other = [np.corrcoef(grey[0][i], grey[1][3 - i])[0, 1] for i in range(4)]
    assert np.mean(own) > np.mean(other) + 0.2
    with pytest.raises(ValueError, match="one style"):
        latent_space.mix_styles(z, z[:2])


def test_idle_checkpoints_are_let_go():
    z = latent_space.sample(1, seed=0)
    history.generate_checkpoint(z, 0, run="collapse", classes=1)
    kept = "cvcore.latent_space.history._load_checkpoint(collapse, 0)"
    assert kept not in release(3600)
    assert kept in release(0)
    assert release(0) == ()
    history.generate_checkpoint(z, 0, run="collapse", classes=1)  # and comes again


def test_the_last_distance_is_that_of_the_generator_as_it_is_kept():
    lessons = latent_space.load_lesson()
    for run in history.RUNS:
        curves = history.load_curves(run)
        assert curves.kid_steps[-1] == curves.checkpoints[-1] == lessons[run]["step"]
        assert [curves.kid[-1], curves.kid_deviation] == lessons[run]["kept_kid"]
        assert list(curves.kid_steps) == sorted(set(curves.kid_steps))
    healthy, failed = (history.load_curves(run) for run in ("digits", "collapse"))
    assert failed.variety["made"] < healthy.variety["made"] / 2 < healthy.variety["real"] / 2


@pytest.mark.parametrize(
    "work",
    [
        lambda z: latent_space.generate(z, name="cats"),
        lambda z: latent_space.generate(z, name="digits"),
        lambda z: latent_space.generate(z, name="digits", classes=10),
        lambda z: latent_space.generate(z, name="digits", classes=float("nan")),
        lambda z: latent_space.generate(z * np.inf),
        lambda z: latent_space.map_latents(z, truncation=1.5),
        lambda z: latent_space.map_latents(z, truncation=float("nan")),
        lambda z: latent_space.map_latents(z * 0),
        lambda z: latent_space.mix_styles(z, z, first=6),
        lambda z: latent_space.score(np.zeros((1, 8, 8, 3), np.uint8)),
        lambda z: history.load_curves("other"),
        lambda z: history.make_quiz(1000, seed=1),
        lambda z: history.find_nearest(np.zeros((32, 32, 3), np.uint8), 11),
    ],
)
def test_bad_values_are_one_sentence(work):
    with pytest.raises(InputError):
        work(latent_space.sample(1, seed=1))

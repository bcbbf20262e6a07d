"""Masks, their overlap and uncertainty, beside torchmetrics and scikit-image."""

import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cvcore import segmentation as seg
from cvcore.core import images, samples
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.models.unet import PlainEncoder, build_nuclei_unet, build_person_unet, build_small_unet
from cvcore.segmentation import drawing, evaluation
from cvcore.segmentation.objects import count_objects


@pytest.fixture(scope="module")
def astronaut():
    return samples.load_sample("astronaut")


@pytest.fixture(scope="module")
def mask(astronaut):
    return seg.predict_mask(astronaut)


def random_masks(seed):
    rng = np.random.default_rng(seed)
    return rng.random((17, 23)) < rng.random(), rng.random((17, 23)) < rng.random()


def test_overlap_by_hand():
    truth = np.array([[1, 1, 0, 0], [1, 1, 0, 0]], bool)
    prediction = np.array([[0, 1, 1, 0], [0, 1, 1, 0]], bool)
    assert seg.compare_masks(prediction, truth) == seg.Overlap(2, 4, 4)
    assert seg.dice(prediction, truth) == 0.5
    assert seg.iou(prediction, truth) == pytest.approx(1 / 3)
    empty = np.zeros((2, 4), bool)
    assert seg.dice(empty, empty) == seg.iou(empty, empty) == 1
    assert seg.dice(empty, truth) == seg.iou(empty, truth) == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_overlap_is_that_of_torchmetrics(seed):
    from torchmetrics.functional.classification import binary_f1_score, binary_jaccard_index

    prediction, truth = random_masks(seed)
    if not (prediction | truth).any():
        return
    tensors = torch.from_numpy(prediction).int(), torch.from_numpy(truth).int()
    assert seg.dice(prediction, truth) == pytest.approx(float(binary_f1_score(*tensors)), abs=1e-6)
    assert seg.iou(prediction, truth) == pytest.approx(
        float(binary_jaccard_index(*tensors)), abs=1e-6
    )
    d = seg.dice(prediction, truth)
    assert seg.iou(prediction, truth) == pytest.approx(d / (2 - d))


def test_overlap_refuses_what_is_no_mask():
    good = np.zeros((4, 4), bool)
    with pytest.raises(TypeError):
        seg.dice(good.astype(float), good)
    with pytest.raises(ValueError, match="differ in size"):
        seg.dice(good, np.zeros((4, 5), bool))


def test_the_person_is_found(astronaut, mask):
    assert mask.probability.shape == astronaut.shape[:2]
    assert mask.probability.dtype == np.float32
    assert 0 <= mask.probability.min() <= mask.probability.max() <= 1
    inside = mask.above(0.5)
    assert inside[100:180, 200:260].mean() > 0.95  # her face
    assert inside[:60, 320:380].mean() < 0.05  # the wall
    assert mask.above(0.0).all()
    assert mask.above(0.9).sum() < mask.above(0.1).sum()


def test_the_page_and_pytorch_run_the_same_network(astronaut, mask):
    walk = seg.walk_levels(astronaut)
    np.testing.assert_allclose(walk.mask.probability, mask.probability, atol=2e-3)


def test_levels_are_those_of_the_u(astronaut):
    walk = seg.walk_levels(astronaut)
    sizes = [(level.side, level.shape) for level in walk.levels]
    assert sizes[0] == ("down", (16, 160, 160))
    assert sizes[4] == ("down", (320, 10, 10))
    assert [side for side, _ in sizes].count("up") == 4
    assert all(level.maps.min() >= 0 and level.maps.max() <= 1 for level in walk.levels)


def test_a_cut_skip_carries_zeros(astronaut):
    net = checkpoints.load_model("unet_person")
    x = torch.from_numpy(seg.to_input(astronaut[:128, :128], longest=64))
    with torch.inference_mode():
        down = list(net.encoder(x))
        down[1] = torch.zeros_like(down[1])
        _, expected = net.rise(down, x.shape[-2:])
        actual = net.walk(x, cut=(1,)).logits
    torch.testing.assert_close(actual, expected)
    assert seg.walk_levels(astronaut, longest=64).mask.size_hw == (64, 64)
    everything = seg.walk_levels(astronaut, cut=(0, 1, 2, 3))
    assert everything.cut == (0, 1, 2, 3)
    assert seg.unsure_share(everything.mask.probability) > seg.unsure_share(
        seg.walk_levels(astronaut).mask.probability
    )
    for wrong in (4, -1, True):
        with pytest.raises(InputError, match="skip connection"):
            seg.walk_levels(astronaut, cut=(wrong,))


def test_entropy_by_hand():
    p = np.array([[0.0, 0.5, 1.0, 0.25]], np.float32)
    expected = [0, 1, 0, -0.25 * math.log2(0.25) - 0.75 * math.log2(0.75)]
    np.testing.assert_allclose(seg.entropy(p)[0], expected, atol=1e-6)


def test_flip_test_of_a_symmetric_picture(astronaut):
    half = astronaut[:, :256]
    symmetric = np.concatenate([half, half[:, ::-1]], axis=1)
    test = seg.flip_test(symmetric)
    np.testing.assert_allclose(test.probability, test.probability[:, ::-1], atol=1e-4)
    assert test.difference.shape == symmetric.shape[:2]


def test_bad_input(astronaut):
    with pytest.raises(InputError, match="no model called"):
        seg.predict_mask(astronaut, model="cats")
    with pytest.raises(InputError, match="too small"):
        seg.predict_mask(astronaut[:1, :1])
    with pytest.raises(InputError, match="no picture"):
        seg.predict_mask(None)
    for wrong in (-0.1, 1.5, math.nan, "high", True):
        with pytest.raises(InputError, match="threshold"):
            seg.check_threshold(wrong)
    for wrong in (0, -320, math.nan, math.inf, 1e6, True, "large"):
        with pytest.raises(InputError, match="longer side"):
            seg.predict_mask(astronaut, longest=wrong)


@pytest.mark.parametrize("shape", [(16, 400), (400, 16), (33, 47), (700, 90)])
def test_any_shape_is_answered_at_its_own_size(shape):
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert seg.predict_mask(picture).probability.shape == shape


@pytest.mark.parametrize(
    ("build", "stride"), [(build_person_unet, 32), (build_nuclei_unet, 16), (build_small_unet, 4)]
)
def test_logits_have_the_input_s_size(build, stride):
    x = torch.rand(2, 3, 2 * stride, 3 * stride)
    assert build().eval()(x).shape == (2, 1, 2 * stride, 3 * stride)


def draw_discs(centres, radius=9, shape=(80, 100)):
    ys, xs = np.mgrid[: shape[0], : shape[1]]
    return sum(((xs - x) ** 2 + (ys - y) ** 2 <= radius**2 for x, y in centres), 0) > 0


def test_objects_are_those_of_scikit_image():
    from skimage.measure import label, regionprops

    mask = draw_discs([(15, 15), (50, 20), (80, 60), (20, 60)])
    ours = count_objects(mask, split_touching=False)
    theirs = regionprops(label(mask, connectivity=2))
    assert ours.count == len(theirs) == 4
    assert sorted(ours.areas) == sorted(int(one.area) for one in theirs)
    for one in theirs:
        y, x = one.centroid
        assert np.abs(ours.centres - (x, y)).sum(axis=1).min() < 1e-6


def test_touching_objects_are_parted():
    mask = draw_discs([(30, 40), (46, 40), (75, 40)])
    assert count_objects(mask, split_touching=False).count == 2
    parted = count_objects(mask)
    assert parted.count == 3
    assert ((parted.labels > 0) == mask).mean() > 0.995
    assert count_objects(np.zeros((9, 9), bool)).count == 0
    assert count_objects(draw_discs([(5, 5)], radius=1), min_area=12).count == 0


def test_backgrounds(astronaut, mask):
    kept = astronaut.copy()
    green = drawing.replace_background(astronaut, mask.probability, (0, 177, 64))
    sure = mask.probability > 0.8
    np.testing.assert_array_equal(green[sure], astronaut[sure])
    assert (green[mask.probability < 0.2] == (0, 177, 64)).all()
    blurred = drawing.blur_background(astronaut, mask.probability)
    np.testing.assert_array_equal(blurred[sure], astronaut[sure])
    far = mask.probability < 0.01
    assert blurred[far].std() < astronaut[far].std()
    np.testing.assert_array_equal(astronaut, kept)


def test_backgrounds_of_ones_own_and_cut_outs():
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, 15:25] = 200  # the middle, as high as it is wide
    assert (drawing.fit_background(wide, (20, 20)) == 200).all()
    assert drawing.fit_background(wide, (480, 640)).shape == (480, 640, 3)
    assert drawing.fit_background(wide[:1, :1], (3, 7)).shape == (3, 7, 3)
    image = np.full((2, 3, 3), 90, np.uint8)
    cut = drawing.cut_out(image, np.array([[1, 0, 0], [0, 0, 1]], bool))
    np.testing.assert_array_equal(cut[..., 3], [[255, 0, 0], [0, 0, 255]])
    np.testing.assert_array_equal(cut[..., :3].max(axis=2), [[90, 0, 0], [0, 0, 90]])


def write_pairs(folder, kind, truths):
    """Pictures of noise beside the given masks, written as they are."""
    (folder / "images").mkdir(parents=True)
    (folder / kind).mkdir()
    rng = np.random.default_rng(0)
    for name, truth in truths.items():
        picture = rng.integers(0, 256, (*truth.shape, 3), np.uint8)
        (folder / "images" / f"{name}.png").write_bytes(images.to_png(picture))
        cv2.imwrite(str(folder / kind / f"{name}.png"), truth)


def answer_left_half(image, **_):
    probability = np.zeros(image.shape[:2], np.float32)
    probability[:, : image.shape[1] // 2] = 0.9
    return seg.Mask(probability, "person", image.shape[:2])


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("masks", np.array([0, 127, 128, 255], np.uint8)),
        ("masks", np.array([0, 32767, 32768, 65535], np.uint16)),
        ("labels", np.array([0, 0, 1, 40000], np.uint16)),
        ("semantic_masks", np.array([0, 44, 1, 1], np.uint8)),
    ],
)
def test_the_command_scores_a_folder(tmp_path, monkeypatch, capsys, kind, values):
    """By hand: the answer is the left half (32 columns); columns of 16 with each value in turn."""
    monkeypatch.setattr(seg, "predict_mask", answer_left_half)
    in_order = np.repeat(values[None], 64, 0).repeat(16, 1)  # inside: the right half, overlap 0
    turned = np.ascontiguousarray(in_order[:, ::-1])  # the left half: overlap 1
    shifted = np.repeat(values[[0, 2, 1, 3]][None], 64, 0).repeat(16, 1)  # half of each
    write_pairs(tmp_path, kind, {"a": in_order, "b": turned, "c": shifted})
    assert evaluation.main([str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "3 pictures" in said
    # Dice 0, 1, 1/2 and IoU 0, 1, 1/3; the error is their deviation by the root of 3
    assert "Dice  mean over pictures 0.5000 ± 0.2887   median 0.5000" in said
    assert "IoU   mean over pictures 0.4444 ± 0.2940   median 0.3333" in said
    assert "all pixels together 0.5000" in said
    assert "all pixels together 0.3333" in said


def test_the_command_takes_the_part_that_training_holds_back(tmp_path, monkeypatch, capsys):
    from cvcore.segmentation.dataset import read_pairs, split

    truth = np.zeros((32, 32), np.uint8)
    truth[:, :16] = 255
    write_pairs(tmp_path, "masks", {f"{number:02}": truth for number in range(20)})
    for seed in (0, 1):
        train, test = split(read_pairs(tmp_path), 0.15, seed)
        chosen = evaluation.choose_part(tmp_path, "test", seed=seed)
        assert [picture.stem for picture, _ in chosen] == [pair.name for pair in test]
        chosen = evaluation.choose_part(tmp_path, "train", seed=seed)
        assert [picture.stem for picture, _ in chosen] == [pair.name for pair in train]
    monkeypatch.setattr(seg, "predict_mask", answer_left_half)
    assert evaluation.main([str(tmp_path), "--part", "test", "--seed", "1"]) == 0
    said = capsys.readouterr().out
    assert "3 pictures, part test of seed 1" in said
    assert "mean over pictures 1.0000 ± 0.0000" in said


def test_the_command_refuses_in_one_sentence(tmp_path, capsys):
    truth = np.zeros((32, 32), np.uint8)
    write_pairs(tmp_path, "masks", {"a": truth})
    for arguments, sentence in (
        ([str(tmp_path / "masks")], "no pairs"),
        ([str(tmp_path), "--part", "test", "--share", "0"], "No pair is left"),
        ([str(tmp_path), "--part", "test", "--share", "nan"], "from 0 to 1"),
        ([str(tmp_path), "--part", "test", "--seed", "-1"], "seed"),
        ([str(tmp_path), "--longest", "0"], "longer side"),
        ([str(tmp_path), "--threshold", "nan"], "threshold"),
    ):
        assert evaluation.main(arguments) == 1
        assert sentence in capsys.readouterr().err
    cv2.imwrite(str(tmp_path / "masks" / "a.png"), truth[:16])
    assert evaluation.main([str(tmp_path)]) == 1
    assert "same size" in capsys.readouterr().err


def test_brightness_and_contrast_of_a_picture_do_not_count():
    """Microscopes differ in both: each picture is brought to mean 0 and deviation 1."""
    torch.manual_seed(0)
    encoder, x = PlainEncoder((4, 8)).eval(), torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        plain, brighter = encoder(x), encoder(x + 0.4)
        stronger = encoder(torch.cat([x[:1] * 3, x[1:]]))
    for one, other in zip(plain, brighter, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-3)
    for one, other in zip(plain, stronger, strict=True):
        torch.testing.assert_close(one[1], other[1])
        torch.testing.assert_close(one[0], other[0], atol=0.1, rtol=0.05)  # 0.01 is added to it


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_all_thresholds_at_once_count_as_each_alone(kind):
    rng, thresholds = np.random.default_rng(0), [step / 100 for step in range(101)]
    probability = rng.random((40, 50)).astype(kind)
    probability[:10] = rng.choice(np.array(thresholds, kind), (10, 50))  # at a threshold: inside
    probability[0, :3] = 0, 1, 0.5
    truth = rng.random((40, 50)) > 0.6
    mask = seg.Mask(probability, "person", (40, 50))
    expected = [seg.compare_masks(mask.above(one), truth) for one in thresholds]
    assert seg.compare_at(probability, truth, thresholds) == expected
    assert expected[0].predicted == 2000
    with pytest.raises(InputError, match="must rise"):
        seg.compare_at(probability, truth, [0.5, 0.4])
    with pytest.raises(ValueError, match="differ in size"):
        seg.compare_at(probability, truth[:9], [0.5])

"""Pictures in and out: every kind of file, and the arrays and tensors behind them."""

import io
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from cvcore import convolution, face_verification, feature_maps, segmentation
from cvcore.core import drawing, images, masks, video
from cvcore.core.errors import InputError
from cvcore.engine import tensors
from cvcore.engine.predictor import load_predictor
from cvcore.probes.activation_maximization import make_noise
from cvcore.segmentation import drawing as segmentation_drawing
from tests.support.files import save, write_bad_files, write_odd_pictures

SMALL = np.full((20, 15, 3), 90, np.uint8)


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd")
    return {name: images.load_image(path) for name, path in write_odd_pictures(folder).items()}


def test_every_odd_picture_becomes_rgb(odd):
    for name, image in odd.items():
        assert image.dtype == np.uint8, name
        assert image.ndim == 3, name
        assert image.shape[2] == 3, name


def test_transparency_is_laid_on_white(odd):
    assert (odd["transparent.png"] == 255).all()


def test_sixteen_bits_keep_their_range(odd):
    np.testing.assert_array_equal(odd["sixteen_bit.png"], odd["grey.png"])


def test_rotation_is_applied(odd):
    assert odd["rotated.jpg"].shape == (64, 48, 3)
    # The left edge of the stored picture (dark red channel) is at the top once upright.
    assert odd["rotated.jpg"][0, :, 0].mean() < odd["rotated.jpg"][-1, :, 0].mean()


def test_animations_give_their_first_frame(odd):
    first = np.linspace(0, 255, 64)
    for name in ("animated.gif", "animated.webp"):
        assert np.abs(odd[name][0, :, 0] - first).max() < 26, name


def test_single_pixel_keeps_its_colour(odd):
    assert odd["one_pixel.png"].tolist() == [[[200, 10, 10]]]


@pytest.mark.parametrize("name", ["text.png", "corrupt.jpg", "empty.png", "huge.png"])
def test_bad_files_are_refused_in_a_sentence(name, tmp_path):
    with pytest.raises(InputError) as refused:
        images.load_image(write_bad_files(tmp_path)[name])
    assert str(refused.value).count("\n") == 0
    assert str(refused.value).endswith(".")


def test_large_pictures_are_shrunk_once():
    buffer = io.BytesIO()
    Image.new("RGB", (3000, 1500), "teal").save(buffer, "PNG")
    assert images.load_image(buffer.getvalue()).shape == (640, 1280, 3)
    assert images.load_image(buffer.getvalue(), max_side=None).shape == (1500, 3000, 3)


def test_arrays_are_read_by_their_dtype():
    assert images.to_rgb(np.array([[True, False]])).tolist() == [[[255] * 3, [0] * 3]]
    assert images.to_rgb(np.array([[0, 65535]], np.uint16)).tolist() == [[[0] * 3, [255] * 3]]
    assert images.to_rgb(np.array([[0.0, 0.5, 2.0]])).tolist() == [[[0] * 3, [128] * 3, [255] * 3]]
    assert images.to_rgb(np.zeros((2, 2, 4), np.uint8)).tolist() == [[[255] * 3] * 2] * 2


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (np.full((2, 2), np.nan), InputError),
        (np.zeros((0, 4, 3), np.uint8), InputError),
        (np.zeros((2, 2, 5), np.uint8), TypeError),
        (np.zeros((2, 2), np.int64), TypeError),
        ("picture.png", TypeError),
    ],
)
def test_arrays_that_are_no_picture(bad, error):
    with pytest.raises(error):
        images.to_rgb(bad)


def test_a_tensor_is_told_where_to_go():
    with pytest.raises(TypeError, match="to_image"):
        images.as_image(torch.zeros(3, 4, 4))


def test_sizes_are_two_whole_numbers_of_pixels():
    for sound in ((3, 4), [3.0, np.int64(4)], np.array([3, 4]), torch.Size([3, 4])):
        assert images.check_size_hw(sound) == (3, 4)
    for bad in (3, None, "34", (3,), (3, 4, 3), (0, 4), (-1, 4), (2.5, 4), (np.nan, 4), ("3", 4)):
        with pytest.raises(InputError, match="height and width in whole pixels"):
            images.check_size_hw(bad)
    with pytest.raises(InputError, match="too large"):
        images.check_size_hw((10_000, 10_000))


@pytest.mark.parametrize("side", [math.nan, math.inf, "5", -1, 0, 2.5, 10**12, True])
def test_every_function_that_takes_a_size_checks_it(side):
    size_hw, no_map = (side, 32), np.zeros((4, 4), np.float32)
    for take in (
        lambda: segmentation.fit_size(size_hw),
        lambda: segmentation.to_probability(no_map, size_hw),
        lambda: face_verification.pick_face((), size_hw),
        lambda: face_verification.find_at((), (0.5, 0.5), size_hw),
        lambda: feature_maps.input_shape("efficientnet_lite0", size_hw),
        lambda: feature_maps.input_shape(torch.nn.Conv2d(3, 4, 3), size_hw),
        lambda: feature_maps.list_layers("efficientnet_lite0", size_hw),
        lambda: feature_maps.receptive_fields("efficientnet_lite0", size_hw),
        lambda: convolution.count_wins(no_map.astype(int), size_hw),
        lambda: load_predictor("efficientnet_lite0", size_hw=size_hw),
        lambda: make_noise(size_hw),
        lambda: images.resize(SMALL, size_hw),
        lambda: masks.fit_mask(np.eye(32, dtype=bool), size_hw),
        lambda: segmentation_drawing.fit_background(SMALL, size_hw),
    ):
        with pytest.raises(InputError):
            take()


@pytest.mark.parametrize("size_hw", [[32, 48], np.array([32, 48]), torch.Size([32, 48])], ids=repr)
def test_a_size_is_taken_from_lists_and_arrays_as_from_a_tuple(size_hw):
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
    assert images.resize(SMALL, size_hw).shape == (32, 48, 3)
    assert feature_maps.input_shape(net, size_hw) == (3, 32, 48)
    assert feature_maps.list_layers(net, size_hw)[0].shape == (4, 30, 46)
    assert feature_maps.receptive_field(net, "0", size_hw=size_hw).size_hw == (3, 3)
    assert convolution.count_wins(np.zeros(3, int), size_hw).shape == (32, 48)
    assert make_noise(size_hw).shape == (1, 3, 32, 48)
    assert masks.fit_mask(np.zeros((32, 48), bool), size_hw).shape == (32, 48)
    assert segmentation_drawing.fit_background(SMALL, size_hw).shape == (32, 48, 3)


@pytest.mark.parametrize("side", [math.nan, math.inf, "64", -1, 0, 2.5, True, [64]])
def test_every_longest_side_is_checked(side):
    file = save(SMALL, "PNG")
    for take in (
        lambda: images.load_image(file, max_side=side),
        lambda: images.to_rgb(SMALL, max_side=side),
        lambda: images.to_rgb(Image.fromarray(SMALL), max_side=side),
        lambda: images.shrink(SMALL, side),
        lambda: masks.read_mask(file, max_side=side),
        lambda: next(video.read_frames(file, max_side=side)),
        lambda: face_verification.detect_faces(SMALL, max_side=side),
    ):
        with pytest.raises(InputError, match=r"^The longest side must be a whole number"):
            take()
    assert images.load_image(file, max_side=np.float32(4)).shape == (4, 3, 3)


@pytest.mark.parametrize("number", [math.nan, "5", -0.1, True, [0.5], None])
def test_numbers_of_drawings_are_checked(number):
    heat, mask = np.zeros((4, 4)), np.eye(20, 15, dtype=bool)
    for take in (
        lambda: drawing.draw_heatmap(SMALL, heat, opacity=number),
        lambda: drawing.draw_text(SMALL, "a", height=number),
        lambda: segmentation_drawing.draw_overlay(SMALL, mask, opacity=number),
        lambda: segmentation_drawing.draw_disagreement(SMALL, mask, mask, opacity=number),
        lambda: segmentation_drawing.blur_background(SMALL, mask + 0.0, strength=number),
    ):
        with pytest.raises(InputError, match=r"^The .* must be a number from 0 to 1; got"):
            take()


@pytest.mark.parametrize("number", [math.nan, math.inf, "5", True, [0.5]])
@pytest.mark.parametrize("end", ["vmin", "vmax"])
def test_ends_of_a_colour_range_are_checked(end, number):
    with pytest.raises(InputError, match="colour range"):
        drawing.colourise(np.zeros((4, 4)), **{end: number})


def test_check_image_says_what_to_do():
    with pytest.raises(InputError, match="upload"):
        images.check_image(None)
    with pytest.raises(InputError, match="at least 8 x 8"):
        images.check_image(np.zeros((4, 9, 3), np.uint8), min_side=8)
    with pytest.raises(TypeError):
        images.check_image(np.zeros((4, 9), np.uint8))


pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


@settings(deadline=None, max_examples=40)
@given(pictures)
def test_tensors_and_back(image):
    batch = tensors.to_batch(image, device="cpu")
    assert batch.shape == (1, 3, *image.shape[:2])
    assert batch.dtype == torch.float32
    assert batch.is_contiguous()
    np.testing.assert_array_equal(images.to_image(batch), image)
    np.testing.assert_array_equal(images.to_chw(image), batch[0].numpy())


@settings(deadline=None, max_examples=40)
@given(pictures)
def test_png_keeps_every_pixel(image):
    np.testing.assert_array_equal(images.load_image(images.to_png(image)), image)


def test_data_address_holds_a_jpeg(sample):
    address = images.to_data_uri(sample)
    assert address.startswith("data:image/jpeg;base64,/9j/")
    again = images.load_image(images.to_jpeg(sample, quality=95))
    assert np.abs(again.astype(int) - sample).mean() < 3


def test_centre_crop_and_shrink():
    ramp = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    np.testing.assert_array_equal(images.centre_crop(ramp, 3), ramp[1:4, 2:5])
    with pytest.raises(ValueError, match="Cannot cut"):
        images.centre_crop(ramp, 6)
    assert images.shrink(ramp, 9) is ramp
    assert images.shrink(np.zeros((100, 50, 3), np.uint8), 20).shape == (20, 10, 3)


def test_data_address_is_read_in_memory():
    import base64

    pixels = np.full((4, 6, 3), 80, np.uint8)
    address = images.to_data_uri(pixels, format="png")
    np.testing.assert_array_equal(images.load_data_uri(address), pixels)
    text = base64.b64encode(b"no picture").decode()
    for bad in ("", "http://a/b.png", "data:image/png,abc", f"data:;base64,{text}", 5, None,
                "data:image/png;base64,%%"):  # fmt: skip
        with pytest.raises(InputError, match="could not be read"):
            images.load_data_uri(bad)

"""Convolution and pooling against numbers worked by hand, torch and scipy."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from cvcore.convolution import (
    PADDING_MODES,
    compare_padding,
    convolve,
    convolve_transposed,
    output_size,
    pool,
    stretch,
)
from cvcore.convolution.kernels import DIGIT_NINE, KERNELS, kernel_divisor
from cvcore.convolution.windows import describe_fit, fit_window, fit_windows
from cvcore.core.errors import InputError

DIGIT = np.array(DIGIT_NINE, dtype=float)
LOOP = np.array([[1, 1, 1], [1, -1, 1], [1, 1, 1]]) / 9
NINTH = 1 / 9
FEATURE_MAP = np.array([[-1, 9, -1], [-5, 1, -3], [-3, 3, -3], [-5, -1, -5], [-3, -5, -3]]) * NINTH


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def by_torch(image, kernel, *, stride, pads, mode, dilation, bias):
    """Every channel on its own when ``kernel`` is 2-D, else summed over channels."""
    image = np.atleast_3d(image)
    x = torch.from_numpy(image).permute(2, 0, 1)
    w = torch.from_numpy(kernel)
    if kernel.ndim == 2:
        x, w = x[:, None], w[None, None]
    else:
        x, w = x[None], w.permute(2, 0, 1)[None]
    torch_mode = {"zero": "constant", "reflect": "reflect", "replicate": "replicate"}[mode]
    x = F.pad(x, pads, mode=torch_mode)
    y = F.conv2d(x, w, torch.tensor([bias], dtype=x.dtype), stride=stride, dilation=dilation)
    return y[:, 0].permute(1, 2, 0).numpy() if kernel.ndim == 2 else y[0, 0].numpy()


class TestLesson:
    """The worked example: a 9 and a kernel that looks for a loop."""

    def test_feature_map(self):
        np.testing.assert_allclose(convolve(DIGIT, LOOP), FEATURE_MAP, atol=1e-12)

    def test_feature_map_as_on_the_slide(self):
        assert convolve(DIGIT, LOOP)[:3].round(2).tolist() == [
            [-0.11, 1.0, -0.11],
            [-0.56, 0.11, -0.33],
            [-0.33, 0.33, -0.33],
        ]

    def test_relu_and_max_pooling(self):
        relu = np.maximum(convolve(DIGIT, LOOP), 0)
        assert pool(relu, 2, stride=1).round(2).tolist() == [
            [1, 1],
            [0.33, 0.33],
            [0.33, 0.33],
            [0, 0],
        ]

    @pytest.mark.parametrize(("down", "right"), [(0, 0), (1, 2), (4, 0), (3, 4)])
    def test_shifted_digit_stays_found(self, down, right):
        field = np.full((11, 9), -1.0)
        field[down : down + 7, right : right + 5] = DIGIT
        answer = convolve(field, LOOP)
        assert answer.max() == pytest.approx(1)
        assert np.argwhere(np.isclose(answer, 1)).tolist() == [[down, right + 1]]

    def test_named_loop_kernel_is_the_slides(self):
        loop = KERNELS["loop"]
        weights = np.array(loop.weights)
        np.testing.assert_array_equal(weights / kernel_divisor(weights, loop.divide_by), LOOP)


class TestConvolve:
    @pytest.mark.parametrize("mode", PADDING_MODES)
    @pytest.mark.parametrize(
        ("shape", "depth"), [((9, 11), False), ((9, 11, 3), False), ((9, 11, 3), True)]
    )
    def test_equals_torch(self, rng, mode, shape, depth):
        image = rng.normal(size=shape)
        for kh, kw, stride, dilation in [(1, 1, 1, 1), (3, 3, 1, 1), (2, 4, 2, 1), (3, 2, 3, 2)]:
            kernel = rng.normal(size=(kh, kw, 3) if depth else (kh, kw))
            for padding in ("valid", "same", "full", 2, (1, 0)):
                rows, columns = fit_windows(
                    shape[:2], (kh, kw), stride=stride, padding=padding, dilation=dilation
                )
                pads = (columns.before, columns.after, rows.before, rows.after)
                ours = convolve(
                    image,
                    kernel,
                    stride=stride,
                    padding=padding,
                    padding_mode=mode,
                    dilation=dilation,
                    bias=0.5,
                )
                theirs = by_torch(
                    image, kernel, stride=stride, pads=pads, mode=mode, dilation=dilation, bias=0.5
                )
                assert ours.dtype == np.float64
                np.testing.assert_allclose(
                    ours, theirs if ours.ndim == theirs.ndim else theirs[..., 0], atol=1e-12
                )

    @pytest.mark.parametrize("kernel", [2, 3, 4, 5])
    @pytest.mark.parametrize("dilation", [1, 2])
    @pytest.mark.filterwarnings("ignore:Using padding='same'")
    def test_same_is_torchs_same(self, rng, kernel, dilation):
        image, weights = rng.normal(size=(8, 9)), rng.normal(size=(kernel, kernel))
        theirs = F.conv2d(
            torch.from_numpy(image)[None, None],
            torch.from_numpy(weights)[None, None],
            padding="same",
            dilation=dilation,
        )[0, 0].numpy()
        ours = convolve(image, weights, padding="same", dilation=dilation)
        np.testing.assert_allclose(ours, theirs, atol=1e-12)

    @pytest.mark.parametrize(("mode", "theirs"), [("zero", "constant"), ("reflect", "mirror"),
                                                  ("replicate", "nearest")])  # fmt: skip
    def test_equals_scipy(self, rng, mode, theirs):
        image, weights = rng.normal(size=(12, 10)), rng.normal(size=(5, 3))
        np.testing.assert_allclose(
            convolve(image, weights, padding="same", padding_mode=mode),
            ndimage.correlate(image, weights, mode=theirs),
            atol=1e-12,
        )

    @pytest.mark.parametrize("mode", ["valid", "full"])
    def test_equals_scipy_valid_and_full(self, rng, mode):
        image, weights = rng.normal(size=(6, 7)), rng.normal(size=(3, 4))
        np.testing.assert_allclose(
            convolve(image, weights, padding=mode),
            signal.correlate2d(image, weights, mode=mode),
            atol=1e-12,
        )

    @settings(max_examples=60, deadline=None)
    @given(
        st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(1, 4),
        st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), st.integers(0, 2**31),
    )  # fmt: skip
    def test_any_setting_equals_torch(self, h, w, kh, kw, stride, padding, dilation, seed):
        assume(h + 2 * padding >= dilation * (kh - 1) + 1)
        assume(w + 2 * padding >= dilation * (kw - 1) + 1)
        rng = np.random.default_rng(seed)
        image, kernel = rng.normal(size=(h, w)), rng.normal(size=(kh, kw))
        theirs = by_torch(
            image,
            kernel,
            stride=stride,
            pads=(padding,) * 4,
            mode="zero",
            dilation=dilation,
            bias=0.0,
        )[..., 0]
        options = {"stride": stride, "padding": padding, "dilation": dilation}
        np.testing.assert_allclose(convolve(image, kernel, **options), theirs, atol=1e-12)
        assert output_size((h, w), (kh, kw), **options) == theirs.shape

    def test_identity_leaves_the_picture(self, rng):
        image = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
        result = convolve(image, KERNELS["identity"].weights, padding="same")
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result, image)

    def test_is_linear_and_shifts_along(self, rng):
        a, b, kernel = rng.normal(size=(8, 8)), rng.normal(size=(8, 8)), rng.normal(size=(3, 3))
        np.testing.assert_allclose(
            convolve(2 * a - b, kernel), 2 * convolve(a, kernel) - convolve(b, kernel), atol=1e-12
        )
        np.testing.assert_allclose(convolve(a[2:], kernel), convolve(a, kernel)[2:], atol=1e-12)

    def test_depth_is_the_sum_of_channels_and_bias(self, rng):
        image, kernel = rng.normal(size=(5, 5, 3)), rng.normal(size=(2, 2, 3))
        parts = sum(convolve(image[..., c], kernel[..., c]) for c in range(3))
        np.testing.assert_allclose(convolve(image, kernel, bias=2), parts + 2, atol=1e-12)

    def test_all_weights_zero_leave_the_bias(self):
        assert convolve(np.ones((3, 3)), np.zeros((2, 2)), bias=-1.5).tolist() == [[-1.5] * 2] * 2

    def test_inputs_are_left_alone(self, rng):
        image, kernel = rng.normal(size=(4, 4)), rng.normal(size=(1, 1))
        before = image.copy()
        convolve(image, kernel, bias=1)[:] = 0
        pool(image, 1)[:] = 0
        np.testing.assert_array_equal(image, before)

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"stride": 0}, "stride"),
            ({"stride": 1.5}, "stride"),
            ({"stride": float("nan")}, "stride"),
            ({"stride": "two"}, "stride"),
            ({"stride": None}, "stride"),
            ({"dilation": 0}, "dilation"),
            ({"dilation": 9}, "Nothing fits"),
            ({"padding": -1}, "padding"),
            ({"padding": 10**9}, "padding"),
            ({"padding": "some"}, "valid, same, full"),
            ({"padding": (1, 2, 3)}, "two"),
            ({"padding_mode": "wrap"}, "zero, reflect, replicate"),
            ({"padding": 9, "padding_mode": "reflect"}, "Reflection"),
            ({"bias": float("inf")}, "bias"),
            ({"bias": None}, "bias"),
        ],
    )
    def test_bad_settings(self, options, says):
        with pytest.raises(InputError, match=says):
            convolve(DIGIT, LOOP, **options)

    @pytest.mark.parametrize(
        ("image", "kernel", "says"),
        [
            (DIGIT, np.ones((8, 8)), "Nothing fits"),
            (DIGIT, np.ones((40, 1)), "31x31"),
            (DIGIT, np.ones(3), "table"),
            (DIGIT, [[1, 2], [3]], "equally long"),
            (DIGIT, [["a"]], "number"),
            (DIGIT, [[np.nan]], "number"),
            (DIGIT, np.ones((3, 3, 3)), "channels"),
            (np.ones((4, 4, 2)), np.ones((3, 3, 3)), "channels"),
            ([[1, 2], [3]], LOOP, "equally long"),
            ([[1, np.inf]], [[1]], "number"),
            ([], [[1]], "rows and columns"),
            (3, [[1]], "rows and columns"),
            (None, [[1]], "number|rows"),
        ],
    )
    def test_bad_input(self, image, kernel, says):
        with pytest.raises(InputError, match=says):
            convolve(image, kernel)


class TestTransposed:
    @pytest.mark.parametrize("stride", [1, 2, 3])
    @pytest.mark.parametrize("dilation", [1, 2])
    @pytest.mark.parametrize("padding", [0, 1])
    def test_equals_torch(self, rng, stride, dilation, padding):
        image, kernel = rng.normal(size=(4, 5, 3)), rng.normal(size=(3, 2))
        theirs = F.conv_transpose2d(
            torch.from_numpy(image).permute(2, 0, 1)[:, None],
            torch.from_numpy(kernel)[None, None],
            torch.tensor([0.25], dtype=torch.float64),
            stride=stride,
            padding=padding,
            dilation=dilation,
        )[:, 0].permute(1, 2, 0)
        ours = convolve_transposed(
            image, kernel, stride=stride, padding=padding, dilation=dilation, bias=0.25
        )
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)

    def test_is_a_convolution_over_the_stretched_input(self, rng):
        image, kernel = rng.normal(size=(3, 4)), rng.normal(size=(3, 3))
        turned = kernel[::-1, ::-1]
        np.testing.assert_allclose(
            convolve_transposed(image, kernel, stride=2),
            convolve(stretch(image, 2), turned, padding="full"),
            atol=1e-12,
        )

    def test_one_pixel_stamps_the_kernel(self):
        kernel = np.array([[1.0, 2], [3, 4]])
        np.testing.assert_array_equal(convolve_transposed([[5.0]], kernel), 5 * kernel)

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            ({"padding": 2}, "Nothing is left"),
            ({"padding": "same"}, "padding"),
            ({"stride": 0}, "stride"),
        ],
    )
    def test_bad_settings(self, options, says):
        with pytest.raises(InputError, match=says):
            convolve_transposed([[1.0, 2], [3, 4]], [[1.0, 2], [3, 4]], **options)

    def test_size_is_bounded(self):
        with pytest.raises(InputError, match="too large"):
            convolve_transposed(np.ones((1280, 1280)), np.ones((2, 2)), stride=64)


class TestOutputSize:
    @pytest.mark.parametrize(
        ("size", "kernel", "options", "expected"),
        [
            (7, 3, {}, 5),
            (7, 3, {"stride": 3}, 2),
            (224, 7, {"stride": 2, "padding": 3}, 112),
            (8, 2, {"padding": "same"}, 8),
            (7, 3, {"padding": "same", "stride": 2}, 4),
            (7, 3, {"padding": "full"}, 9),
            (7, 3, {"dilation": 3}, 1),
            (5, 5, {}, 1),
            ((7, 5), 3, {}, (5, 3)),
            (9, (1, 3), {}, (9, 7)),
        ],
    )
    def test_by_hand(self, size, kernel, options, expected):
        assert output_size(size, kernel, **options) == expected

    def test_nothing_fits(self):
        with pytest.raises(InputError, match="Nothing fits"):
            output_size(3, 5)

    def test_formula_says_what_is_left_over(self):
        fits = fit_windows((7, 6), (3, 3), stride=3)
        assert fits[0].formula == "(7 − 3 + 2·0)/3 + 1 = 2.33, rounded down to 2"
        assert describe_fit(*fits).endswith(
            "The stride of 3 does not divide evenly; no window reads the last row."
        )
        assert "evenly" not in describe_fit(*fit_windows((7, 5), (3, 3), stride=2))

    def test_formula_with_numbers(self):
        assert fit_window(7, 3).formula == "(7 − 3 + 2·0)/1 + 1 = 5"
        assert fit_window(7, 3, dilation=2).formula == "(7 − [2·(3 − 1) + 1] + 2·0)/1 + 1 = 3"
        assert fit_window(8, 2, padding="same").formula == "(8 − 2 + 0 + 1)/1 + 1 = 8"
        assert "nothing fits" in fit_window(3, 5).formula


class TestComparePadding:
    def test_a_flat_picture_shows_what_zeros_cost(self):
        box = np.full((3, 3), 1 / 9)
        errors = {
            border.padding_mode: border for border in compare_padding(np.full((8, 8), 9.0), box)
        }
        assert errors["reflect"].mean_error == pytest.approx(0)
        assert errors["replicate"].mean_error == pytest.approx(0)
        zero = errors["zero"].error
        assert zero.shape == (6, 6)
        assert zero[0, 0] == pytest.approx(5)  # a corner misses 5 of its 9 neighbours
        assert zero[0, 2] == pytest.approx(3)
        assert zero[1:-1, 1:-1].max() == pytest.approx(0)
        assert errors["zero"].mean_error == pytest.approx((4 * 5 + 16 * 3) / 20)

    def test_an_even_kernel_and_colour(self, rng):
        borders = compare_padding(rng.normal(size=(12, 12, 3)), rng.normal(size=(4, 4)))
        assert len(borders) == 3
        for border in borders:
            assert border.error.shape == (8, 8)
            assert border.error[1:-2, 1:-2].max() == pytest.approx(0, abs=1e-12)

    def test_nothing_to_guess(self):
        assert [b.mean_error for b in compare_padding(np.ones((3, 3)), [[2.0]])] == [0, 0, 0]

    def test_too_small(self):
        with pytest.raises(InputError, match="too small"):
            compare_padding(np.ones((5, 5)), np.ones((5, 5)))

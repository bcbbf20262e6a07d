"""The convolution tab's handlers, as plain functions and through the API of the running app."""

import base64
import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from cvcore import convolution
from cvcore.convolution import kernels
from cvcore.convolution.operation import SHOW, to_picture
from cvcore.core import images
from cvcore.core.errors import InputError
from demos.convolution import matrix, padding, picture, pooling, presets, views
from demos.convolution.controls import CHANNELS, MatrixSettings, PictureSettings
from demos.page import build_page
from tests.support.files import write_bad_files, write_odd_pictures

ROOM = presets.MATRICES["digit 9, more room"]["cells"]
SHIFTED = presets.MATRICES["digit 9, shifted"]["cells"]


def walk_matrix(cells, kernel, **settings):
    """The tab's walk with these settings, the others as the tab opens with them."""
    return matrix.walk_matrix(cells, MatrixSettings(kernel, **settings))


def use_same(kernel="Sobel x", **settings):
    """Settings of a picture whose result is as large."""
    return PictureSettings(kernel, **{"padding": "same", "show": SHOW[0], **settings})


def decode(uri):
    return np.array(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))


class TestMatrix:
    def test_the_lesson_as_on_the_slides(self):
        value, sizes, finding, badge, file, _ = walk_matrix(presets.DIGIT, "loop")
        assert np.round(value["output_values"][:9], 2).tolist() == [
            -0.11, 1, -0.11, -0.56, 0.11, -0.33, -0.33, 0.33, -0.33,
        ]  # fmt: skip
        branches = {branch["title"]: branch["values"] for branch in value["branches"]}
        assert np.round(branches["max pool 4×2"], 2).tolist() == [
            1, 1, 0.33, 0.33, 0.33, 0.33, 0, 0,
        ]  # fmt: skip
        assert (value["height"], value["width"], value["start"]) == (7, 5, [0, 1])
        assert "(7 − 3 + 2·0)/1 + 1 = 5" in sizes
        assert "Strongest answer 1.00** in row 1, column 2" in finding
        assert "convolution" in badge
        assert file["filename"] == "feature_map.csv"

    def test_the_numbers_are_those_on_the_canvas(self):
        value, *_, numbers = walk_matrix(presets.DIGIT, "loop")
        behind = [value["relu"], *value["branches"]]
        maps = [value["output_values"], *(one["values"] for one in behind)]
        assert list(numbers) == ["feature_map", "relu", "max_pool", "average_pool"]
        assert [[value for row in rows for value in row] for rows in numbers.values()] == maps
        assert np.shape(numbers["max_pool"]) == (4, 2)

    def test_both_poolings_are_of_the_relu(self):
        value, *_ = walk_matrix([[-4, 8], [2, 6]], [[1]], pool_size=2)
        assert value["relu"]["values"] == [0, 8, 2, 6]
        # of the maximum alone the average would be 8, of the map before ReLU 3
        assert [branch["values"] for branch in value["branches"]] == [[8], [4]]

    def test_the_shifted_digit_stays_found(self):
        _, _, there, *_ = walk_matrix(ROOM, "loop")
        _, _, moved, *_ = walk_matrix(SHIFTED, "loop")
        assert "Strongest answer 1.00** in row 2, column 3" in there
        assert "Strongest answer 1.00** in row 5, column 6" in moved

    def test_a_separable_kernel_is_told(self):
        assert "3 + 3 = 6" in walk_matrix(presets.DIGIT, "Sobel x")[2]
        assert "separable" not in walk_matrix(presets.DIGIT, "loop")[2]

    def test_nothing_fits_is_told_in_place(self):
        value, sizes, *_ = walk_matrix([[1, 2], [3, 4]], "loop")
        assert value["message"].startswith("Nothing fits")
        assert "nothing fits" in sizes
        assert matrix.check_matrix([[1, 2], [3, 4]], MatrixSettings("loop")) == ("", "")

    def test_a_stride_that_does_not_divide_is_told(self):
        assert "no window reads the last row" in walk_matrix(presets.DIGIT, "loop", stride=3)[1]

    @pytest.mark.parametrize("transposed", [False, True])
    @pytest.mark.parametrize("name", kernels.KERNELS)
    def test_the_check_runs_and_its_program_agrees(self, name, transposed):
        settings = MatrixSettings(name, stride=2, padding="1", transposed=transposed)
        check, snippet = matrix.check_matrix(ROOM, settings)
        assert "✓ **Same as torch**" in check
        names = {}
        exec(snippet, names)
        value, *_ = matrix.walk_matrix(ROOM, settings)
        np.testing.assert_allclose(names["y"].ravel().numpy(), value["output_values"], atol=1e-9)

    def test_a_wrong_number_would_be_told(self):
        assert "✗ **Not the same" in views.describe_check(["conv2d"], [0.5], 9.0)

    def test_many_cells_are_drawn_as_a_picture(self):
        drawn = np.full((28, 28), -1.0)
        value, *_ = walk_matrix({"cells": drawn.tolist()}, "loop")
        assert decode(value["input_src"]).shape == (28, 28, 3)
        assert len(value["input_values"]) == 28 * 28
        small, *_ = walk_matrix(presets.DIGIT, "loop")
        assert "input_src" not in small

    @pytest.mark.parametrize(
        ("cells", "says"),
        [
            (None, "table"),
            ([], "table"),
            ({"cells": [[1], [1, 2]]}, "equally long"),
            ({"cells": [["x"]]}, "number"),
            ([[float("nan")]], "number"),
            (np.zeros((29, 3)).tolist(), "28x28"),
            ({"paper": 1}, "table"),
        ],
    )
    def test_bad_matrices(self, cells, says):
        with pytest.raises(InputError, match=says):
            walk_matrix(cells, "loop")

    @pytest.mark.parametrize(
        ("kernel", "says"),
        [
            ("lop", "Choose one of"),
            ({"cells": [[1, 0]], "divide_by": "zero"}, "Divide by"),
            ({"cells": [[1, -1]], "divide_by": "sum"}, "sum to 0"),
            ({"cells": [[1]], "bias": "much"}, "bias must be a number from −1,000,000"),
            ({"cells": [[1]], "bias": 1_000_100}, "to 1,000,000; got 1000100"),
            ({"cells": [[-1_000_001]]}, "-1e6 and 1e6"),
            (np.ones((8, 8)).tolist(), "7x7"),
            (None, "kernel"),
        ],
    )
    def test_bad_kernels(self, kernel, says):
        with pytest.raises(InputError, match=says):
            walk_matrix(presets.DIGIT, kernel)

    @pytest.mark.parametrize(
        "options",
        [{"stride": 0}, {"stride": float("nan")}, {"dilation": 99}, {"padding": "wide"},
         {"padding": "-1"}, {"padding": "1000000"}, {"padding_mode": "wrap"}, {"pool_size": 0},
         {"pool_stride": None}],
    )  # fmt: skip
    def test_bad_settings(self, options):
        with pytest.raises(InputError):
            walk_matrix(presets.DIGIT, "loop", **options)


class TestPicture:
    def test_depth_is_one_sum_over_channels(self, sample):
        kernel = presets.kernel_value("Sobel x") | {"channels": [1, 0.5, -1], "bias": 7}
        settings = use_same(kernel, channels="depth: R + G + B", show=SHOW[1])
        value, _, _, file = picture.walk_picture(sample, settings)
        weights = torch.tensor(kernels.KERNELS["Sobel x"].weights, dtype=torch.float64)
        deep = weights * torch.tensor([1, 0.5, -1], dtype=torch.float64)[:, None, None]
        x = torch.from_numpy(sample).permute(2, 0, 1)[None].double()
        theirs = F.conv2d(x, deep[None], torch.tensor([7.0]).double(), padding=1)[0, 0].numpy()
        shown = decode(file["href"])[..., 0]
        np.testing.assert_allclose(shown, np.abs(theirs).clip(0, 255), atol=0.51)
        assert not value["per_channel"]
        assert value["channel_weights"] == [1, 0.5, -1]

    def test_a_factor_beyond_a_million_is_refused(self, sample):
        kernel = presets.kernel_value("Sobel x") | {"channels": [1, -2e6, 1]}
        with pytest.raises(InputError, match="factor must be a number from −1,000,000"):
            picture.walk_picture(sample, use_same(kernel, channels="depth: R + G + B"))

    def test_it_opens_on_an_edge_in_the_middle(self):
        """Grey with a bright border, a faint level line and a bright upright one in the middle."""
        image = np.full((90, 120, 3), 100, np.uint8)
        image[:, :5] = 255
        image[45] = 110
        image[50, 60] = 200
        settings = PictureSettings()
        value, *_ = picture.walk_picture(image, settings)
        assert (settings.kernel, value["start"]) == ("Sobel x", [49, 58])  # −2 · 100 + 2 · 200

    def test_the_canvas_gets_the_pixels_unchanged(self, sample):
        value, *_ = picture.walk_picture(sample, use_same(channels="each of R, G, B"))
        np.testing.assert_array_equal(decode(value["input_src"]), sample)
        grey, *_ = picture.walk_picture(sample, use_same())
        assert decode(grey["input_src"]).shape == sample.shape[:2]

    @pytest.mark.parametrize("channels", CHANNELS)
    def test_same_as_torch(self, sample, channels):
        settings = use_same(
            "emboss", stride=2, padding_mode="reflect", dilation=2, channels=channels
        )
        check, snippet, file = picture.check_picture(sample, settings)
        assert "✓ **Same as torch**" in check
        assert "F.conv2d" in snippet
        assert file["filename"] == "picture.png"

    def test_transposed_doubles_the_size(self, sample):
        settings = use_same("box", stride=2, padding="2", transposed=True)
        value, *_ = picture.walk_picture(sample, settings)
        height = round(sample.shape[0] * picture.STRETCHED_SIDE / sample.shape[1])
        assert value["output_height"] == 2 * height - 1
        assert value["stretch"] == 2

    def test_output_padding_reaches_the_size_between(self, sample):
        small = images.shrink(sample, 40)
        for further, transposed, rows in ((1, True, 80), (0, True, 79), (1, False, 20)):
            settings = use_same(
                "box", stride=2, padding="2" if transposed else "same", transposed=transposed,
                output_padding=further,
            )  # fmt: skip
            assert picture.walk_picture(small, settings)[0]["output_width"] == rows
            check, snippet, _ = picture.check_picture(small, settings)
            assert check.startswith("✓")
            assert ("output_padding=1" in snippet) == (further and transposed)
        with pytest.raises(InputError, match="smaller than the stride"):
            picture.walk_picture(small, use_same("box", transposed=True, output_padding=1))

    @pytest.mark.parametrize("show", SHOW)
    def test_every_way_to_show(self, show):
        for values in (np.array([[-300.0, 0], [100, 300]]), np.zeros((2, 2, 3))):
            drawn = to_picture(values, show=show)
            assert drawn.shape == (2, 2, 3)
            assert drawn.dtype == np.uint8
        with pytest.raises(InputError, match="Show"):
            to_picture(np.zeros((2, 2)), show="x")

    def test_signed_colours_keep_zero_in_the_middle(self):
        blue, white, red = to_picture(np.array([[-300.0, 0, 300]]), show=SHOW[2])[0].astype(int)
        assert blue[2] > blue[0]
        assert red[0] > red[2]
        assert white.min() > 240

    def test_no_picture(self):
        with pytest.raises(InputError, match="no picture yet"):
            picture.walk_picture(None, use_same())

    def test_frames_keep_their_size(self):
        frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8)
        for channels in CHANNELS:
            assert picture.process_frame(frame, use_same(channels=channels)).shape == frame.shape
        same = picture.process_frame(frame, use_same("identity", channels=CHANNELS[1]))
        np.testing.assert_array_equal(same, frame)


class TestViews:
    def test_pooling_as_on_the_slides(self):
        value, sizes, snippet, _, file, numbers = pooling.pool_input("matrix", presets.POOL_EXAMPLE)
        names = {}
        exec(snippet, names)
        assert names["y"].ravel().tolist() == value["max_values"]
        assert names["z"].ravel().tolist() == value["average_values"]
        assert value["max_values"] == [8, 9, 3, 2]
        assert value["average_values"] == [4, 4.5, 2, 0.75]
        assert np.reshape(value["wins_values"], (4, 4))[1].tolist() == [1, 0, 1, 0]
        assert "✓ **Same as torch**" in sizes
        assert "25.0% of the numbers are left" in sizes
        assert base64.b64decode(file["href"].split(",")[1]).startswith(b"max\n8,9\n3,2")
        assert numbers["max_pooling"] == [[8, 9], [3, 2]]
        assert numbers["average_pooling"] == [[4, 4.5], [2, 0.75]]
        assert numbers["windows_won"][1] == [1, 0, 1, 0]
        assert numbers["share_of_numbers_left"] == 0.25
        assert numbers["share_of_cells_without_a_win"] == 0.75

    @pytest.mark.parametrize("kernel_first", [False, True])
    def test_pooling_of_a_picture(self, sample, kernel_first):
        value, *_ = pooling.pool_input("picture", None, sample, "Sobel x", kernel_first, 4, 4)
        grey = decode(value["input_src"])
        np.testing.assert_array_equal(
            decode(value["max_src"]), convolution.pool(grey, 4).astype(np.uint8)
        )
        wins = decode(value["wins_src"]).astype(int)
        yellow = (wins[..., 0] > 100) & (wins[..., 2] < 40)
        assert yellow.sum() == value["output_height"] * value["output_width"]

    def test_pooling_that_does_not_fit(self):
        value, *_ = pooling.pool_input("matrix", [[1, 2]], size=2)
        assert value["message"].startswith("Nothing fits")
        with pytest.raises(InputError, match="Pool one of"):
            pooling.pool_input("webcam")

    def test_padding_compared(self, sample):
        html, finding, _, numbers = padding.compare_borders(sample, "box")
        assert html.count("<img") == 7
        assert html.index("the truth") < html.index("zero") < html.index("replicate")
        assert "Best here: re" in finding  # zeros darken a photograph's border
        modes = numbers["padding_modes"]
        assert modes == ["zero", "reflect", "replicate"]
        least, off = min(zip(numbers["mean_errors"], modes, strict=True))
        assert f"**Best here: {off}**, off by {least:.1f} on average" in finding
        assert f"to {max(numbers['largest_errors']):.0f} (yellow)" in finding
        with pytest.raises(InputError, match="too small"):
            padding.compare_borders(np.zeros((1, 1, 3), np.uint8), "box")

    def test_nothing_is_computed_for_a_view_unseen(self):
        """A control asks for every view by way of the browser, which knows the one that is open."""
        page = build_page(("convolution",))
        stride = next(b for b in page.blocks.values() if getattr(b, "label", "") == "Stride")
        moved = [fn for fn in page.fns.values() if (stride._id, "input") in fn.targets]
        assert len(moved) == 2  # the small matrix, and the picture
        assert all(fn.fn is None and "shown ===" in fn.js for fn in moved)

    def test_the_first_view_waits_until_a_link_has_set_its_controls(self):
        calls = []
        fn = matrix.once_opened(lambda *values: calls.append(values))
        fn(0, "cells", "settings")
        assert calls == []
        fn(1, "cells", "settings")
        assert calls == [("cells", "settings")]


class TestApi:
    def test_picture(self, client, tmp_path):
        path = write_odd_pictures(tmp_path)["grey.png"]
        value, sizes, _, file = client.predict(
            handle_file(path), "identity", padding="same", show=SHOW[0], api_name="/convolution"
        )
        np.testing.assert_array_equal(decode(file["href"])[..., 0], np.array(Image.open(path)))
        assert (value["output_height"], value["output_width"]) == (48, 64)
        assert "(48 − 3 + 2·1)/1 + 1 = 48" in sizes

    def test_other_endpoints(self, client, tmp_path):
        path = handle_file(write_odd_pictures(tmp_path)["rotated.jpg"])
        value, *_ = client.predict([[1, 2], [3, 4]], [[1, 1]], api_name="/convolution_matrix")
        assert value["output_values"] == [3, 7]
        value, *_ = client.predict("matrix", [[1, 5], [2, 3]], api_name="/convolution_pool")
        assert value["max_values"] == [5]
        html, *_ = client.predict(path, "Gaussian", api_name="/convolution_padding")
        assert html.count("<img") == 7
        frame = client.predict(path, "Sobel x", padding="same", api_name="/convolution_frame")
        assert decode(frame).shape == (64, 48, 3)  # turned upright

    @pytest.mark.parametrize("endpoint", ["/convolution", "/convolution_frame"])
    def test_odd_pictures_work(self, client, tmp_path, endpoint):
        for path in write_odd_pictures(tmp_path).values():
            assert client.predict(handle_file(path), "box", padding="same", api_name=endpoint)

    @pytest.mark.parametrize("endpoint", ["/convolution", "/convolution_padding"])
    def test_bad_files_get_a_sentence(self, client, tmp_path, endpoint):
        for path in write_bad_files(tmp_path).values():
            with pytest.raises(AppError, match="picture") as caught:
                client.predict(handle_file(path), api_name=endpoint)
            assert str(caught.value).count(".") <= 3
            assert "Traceback" not in str(caught.value)

    def test_no_picture_and_bad_numbers(self, client):
        with pytest.raises(AppError, match="no picture yet"):
            client.predict(None, api_name="/convolution")
        for kernel in ([[1, 2], [3]], [["x"]], "no such", {"cells": [[1e300]]}):
            with pytest.raises(AppError, match=r"kernel|number|Choose"):
                client.predict([[1, 2]], kernel, api_name="/convolution_matrix")
        with pytest.raises(AppError, match="Line 1"):
            client.predict("output 3", api_name="/convolution_stack")

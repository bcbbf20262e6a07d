"""One convolution with all its settings, and proof that torch computes the same numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from cvcore.convolution import Numbers, convolve, convolve_transposed, to_numbers
from cvcore.convolution.windows import (
    MAX_DILATION,
    MAX_PADDING,
    MAX_STRIDE,
    Padding,
    WindowFit,
    check_output_padding,
    fit_window,
    fit_windows,
)
from cvcore.core.checks import check_number, check_whole
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed

MAX_WRITTEN = 400  # numbers: a larger matrix is not written out in a program


@dataclass(frozen=True, eq=False)
class Operation:
    """A convolution, or a transposed one, ready to be run on pictures of any size.

    The kernel in use is ``weights / divisor``. With ``channel_weights`` it gets a depth: channel c
    of the kernel is ``weights / divisor * channel_weights[c]``, and all channels are added.
    """

    weights: np.ndarray
    """(kh, kw), before the division."""
    divisor: float = 1.0
    bias: float = 0.0
    stride: int = 1
    padding: Padding = "valid"
    padding_mode: str = "zero"
    dilation: int = 1
    transposed: bool = False
    channel_weights: tuple[float, ...] | None = None
    """One factor a channel, or None: every channel on its own."""
    output_padding: int = 0
    """For a transposed convolution: rows and columns more at the bottom and on the right."""

    def __post_init__(self) -> None:
        numbers: dict[str, Any] = {
            "stride": check_whole("The stride", self.stride, 1, MAX_STRIDE),
            "dilation": check_whole("The dilation", self.dilation, 1, MAX_DILATION),
            "bias": check_number("The bias", self.bias),
            "divisor": check_number("The divisor", self.divisor),
        }
        if self.channel_weights is not None:
            numbers["channel_weights"] = tuple(
                check_number("A channel's weight", weight) for weight in self.channel_weights
            )
        numbers["output_padding"] = check_output_padding(
            self.output_padding, numbers["stride"], numbers["dilation"]
        )
        if self.output_padding and not self.transposed:
            raise InputError("Only a transposed convolution has an output padding.")
        for name, number in numbers.items():
            object.__setattr__(self, name, number)
        if not self.divisor:
            raise InputError("Nothing can be divided by 0: choose another divisor.")
        if self.transposed and self.channel_weights is not None:
            raise InputError("A transposed convolution works on every channel by itself here.")

    @cached_property
    def kernel(self) -> np.ndarray:
        """(kh, kw), or with depth (kh, kw, C): the weights as they are multiplied."""
        kernel = self.weights / self.divisor
        if self.channel_weights is None:
            return kernel
        return kernel[:, :, None] * np.array(self.channel_weights, dtype=np.float64)

    @property
    def pixels_cut(self) -> int:
        """For a transposed convolution: pixels cut off its output on every side."""
        if self.padding == "valid":
            return 0
        if isinstance(self.padding, str) and not self.padding.strip().isdecimal():
            raise InputError(
                "A transposed convolution takes its padding in pixels: choose valid or a number."
            )
        padding = int(self.padding) if isinstance(self.padding, str) else self.padding
        return check_whole("The padding", padding, 0, MAX_PADDING)

    def fit(self, size_hw: tuple[int, int]) -> tuple[WindowFit, WindowFit]:
        """How the window fits along rows and columns.

        For a transposed convolution: the fit of the ordinary one over the stretched input.
        """
        if not self.transposed:
            return fit_windows(
                size_hw,
                self.weights.shape,
                stride=self.stride,
                padding=self.padding,
                dilation=self.dilation,
            )
        rows, columns = (
            self._fit_stretched(size, kernel)
            for size, kernel in zip(size_hw, self.weights.shape, strict=True)
        )
        return rows, columns

    def _fit_stretched(self, size: int, kernel: int) -> WindowFit:
        stretched = (size - 1) * self.stride + 1
        full = fit_window(stretched, kernel, padding="full", dilation=self.dilation)
        side = full.span - 1 - self.pixels_cut
        after = side + int(self.output_padding)
        return WindowFit(stretched, kernel, side, after, 1, self.dilation)

    def apply(self, image: Numbers) -> np.ndarray:
        """Run it on ``image`` (H, W) or (H, W, C); see :func:`cvcore.convolution.convolve`."""
        if self.transposed:
            return convolve_transposed(
                image,
                self.kernel,
                stride=self.stride,
                padding=self.pixels_cut,
                dilation=self.dilation,
                bias=self.bias,
                output_padding=self.output_padding,
            )
        return convolve(
            image,
            self.kernel,
            stride=self.stride,
            padding=self.padding,
            padding_mode=self.padding_mode,
            dilation=self.dilation,
            bias=self.bias,
        )

    @undisturbed
    def apply_torch(self, image: Numbers) -> np.ndarray:
        """The same by ``torch.nn.functional``: float64, shapes as in :meth:`apply`."""
        import torch
        import torch.nn.functional as F

        array = to_numbers(image).astype(np.float64)
        channels_first = np.moveaxis(array, -1, 0) if array.ndim == 3 else array[None]
        x = torch.from_numpy(np.ascontiguousarray(channels_first))  # (C, H, W)
        kernel = torch.from_numpy(self.kernel)
        if self.channel_weights is None:
            x, kernel = x[:, None], kernel[None, None]  # every channel a picture of its own
        else:
            x, kernel = x[None], kernel.permute(2, 0, 1)[None]
        bias = torch.tensor([float(self.bias)], dtype=torch.float64)
        if self.transposed:
            y = F.conv_transpose2d(
                x, kernel, bias, self.stride, self.pixels_cut, int(self.output_padding),
                dilation=self.dilation,
            )  # fmt: skip
        else:
            y = F.conv2d(
                F.pad(
                    x, self._torch_padding(array.shape[:2]), mode=_TORCH_MODES[self.padding_mode]
                ),
                kernel,
                bias,
                stride=self.stride,
                dilation=self.dilation,
            )
        y = y[:, 0].numpy()  # (C, H', W'), or (1, H', W')
        return np.moveaxis(y, 0, -1) if array.ndim == 3 and self.channel_weights is None else y[0]

    def _torch_padding(self, size_hw: tuple[int, int]) -> tuple[int, int, int, int]:
        rows, columns = self.fit(size_hw)
        return columns.before, columns.after, rows.before, rows.after

    def torch_snippet(self, image: Numbers, *, pool: tuple[int, int] | None = None) -> str:
        """A program of torch alone that prints what :meth:`apply` gives for ``image``.

        A matrix (H, W) of up to 400 numbers is written out; a larger one, or one with channels, is
        read from ``picture.png``. With ``pool`` (size, stride) ReLU and both poolings follow.
        """
        image = to_numbers(image)
        lines = ["import torch", "import torch.nn.functional as F", ""]
        if image.ndim == 2 and image.size <= MAX_WRITTEN:
            lines.append(f"x = torch.tensor({_rows(image)}, dtype=torch.float64)[None, None]")
        else:
            lines[:0] = ["import numpy as np", "from PIL import Image"]
            mode = "L" if image.ndim == 2 else "RGB"
            lines += [
                f'picture = np.array(Image.open("picture.png").convert("{mode}"), dtype=float)',
                "x = torch.from_numpy(np.atleast_3d(picture)).permute(2, 0, 1)  # (C, H, W)",
                "x = x[:, None]  # every channel on its own"
                if self.channel_weights is None
                else "x = x[None]",
            ]
        lines.append(
            f"kernel = torch.tensor({_rows(self.weights)}, dtype=torch.float64)[None, None]"
            + (f" / {self.divisor:g}" if self.divisor != 1 else "")
        )
        if self.channel_weights is not None:
            factors = ", ".join(f"{weight:g}" for weight in self.channel_weights)
            lines.append(
                f"kernel = kernel * torch.tensor([{factors}], dtype=torch.float64)[:, None, None]"
            )
        lines.append(f"bias = torch.tensor([{float(self.bias)!r}], dtype=torch.float64)")
        if self.transposed:
            lines.append(
                f"y = F.conv_transpose2d(x, kernel, bias, stride={self.stride}, "
                f"padding={self.pixels_cut}, output_padding={int(self.output_padding)}, "
                f"dilation={self.dilation})"
            )
        else:
            padding = self._torch_padding(image.shape[:2])
            if any(padding):
                mode = _TORCH_MODES[self.padding_mode]
                lines.append(f'x = F.pad(x, {padding}, mode="{mode}")  # left, right, top, bottom')
            lines.append(
                f"y = F.conv2d(x, kernel, bias, stride={self.stride}, dilation={self.dilation})"
            )
        lines.append("print(y.squeeze())")
        if pool is not None:
            size, stride = pool
            lines += [
                f"print(F.max_pool2d(y.relu(), {size}, stride={stride}).squeeze())",
                f"print(F.avg_pool2d(y.relu(), {size}, stride={stride}).squeeze())",
            ]
        return "\n".join(lines) + "\n"


_TORCH_MODES = {"zero": "constant", "reflect": "reflect", "replicate": "replicate"}


def _rows(array: np.ndarray) -> str:
    rows = (", ".join(f"{value!r}" for value in map(_short, row)) for row in array.tolist())
    return "[" + ",\n    ".join(f"[{row}]" for row in rows) + "]"


def _short(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


SHOW = ("clipped to 0–255", "absolute value", "blue −, red +", "ReLU, scaled")
"""Ways to make a picture of a feature map."""


def to_picture(values: np.ndarray, *, show: str = SHOW[0]) -> np.ndarray:
    """A feature map (H, W) or (H, W, 3), of pixels in [0, 255], as a picture uint8 (H, W, 3).

    ``show`` is one of ``SHOW``: what lies outside 0 to 255 is cut off; or the sign is dropped
    first; or zero is white (grey for three channels) and the largest magnitude is full colour; or
    negative values become 0 and the largest becomes white.
    """
    if show not in SHOW:
        raise InputError(f"Show the result as one of: {'; '.join(SHOW)}.")
    if show == SHOW[2]:
        from cvcore.core.drawing import colourise

        if values.ndim == 2:
            return colourise(values, colormap="diverging")
        values = 127.5 + values * (127.5 / max(float(np.abs(values).max()), 1e-12))
    elif show == SHOW[1]:
        values = np.abs(values)
    elif show == SHOW[3]:
        values = values * (255 / max(float(values.max()), 1e-12))
    pixels = np.rint(np.clip(values, 0, 255)).astype(np.uint8)
    return np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels


def pool_torch(image: Numbers, size: int, stride: int, mode: str) -> np.ndarray:
    """``max_pool2d`` or ``avg_pool2d`` of an (H, W) array, in float64."""
    import torch
    import torch.nn.functional as F

    x = torch.from_numpy(to_numbers(image).astype(np.float64))[None]
    pooling = F.max_pool2d if mode == "max" else F.avg_pool2d
    return pooling(x, size, stride=stride)[0].numpy()


def pool_snippet(image: Numbers, size: int, stride: int) -> str:
    """A program of torch alone that prints both poolings of a matrix (H, W) of up to 400 numbers.

    Larger ones give an empty program.
    """
    image = to_numbers(image)
    if image.size > MAX_WRITTEN:
        return ""
    return (
        "import torch\nimport torch.nn.functional as F\n\n"
        f"x = torch.tensor({_rows(image)}, dtype=torch.float64)[None, None]\n"
        f"y = F.max_pool2d(x, {size}, stride={stride})\n"
        f"z = F.avg_pool2d(x, {size}, stride={stride})\n"
        "print(y.squeeze(), z.squeeze())\n"
    )


def largest_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest absolute difference; infinite when the shapes differ."""
    if ours.shape != theirs.shape:
        return float("inf")
    return float(np.abs(np.asarray(ours, dtype=np.float64) - theirs).max(initial=0.0))

"""What is said about a convolution beside its canvas, and files of it."""

from collections.abc import Mapping

import gradio as gr
import numpy as np

from cvcore.convolution import convolve, kernels, windows
from cvcore.convolution.operation import Operation
from demos import lesson

_LOOP = kernels.KERNELS["loop"]
_LOOP_ON_NINE = convolve(
    kernels.DIGIT_NINE, np.array(_LOOP.weights) / kernels.kernel_divisor(_LOOP.weights, "count")
)


def describe_sizes(operation: Operation, size_hw: tuple[int, int]) -> str:
    """Output sizes with their numbers, as Markdown; also when nothing fits."""
    try:
        fits = operation.fit(size_hw)
    except windows.NothingFitsError as error:
        fits = error.fits
    lines = windows.describe_fit(*fits).splitlines()
    if operation.transposed:
        lines.append(
            f"A transposed convolution is an ordinary one of stride 1 over the input with "
            f"{operation.stride - 1} zero{'s' if operation.stride != 2 else ''} between its pixels."
        )
    return "  \n".join(lines)


def describe_finding(operation: Operation, result: np.ndarray) -> str:
    """Where the kernel answers most, and whether it could be run in two short passes."""
    row, column = np.unravel_index(result.argmax(), result.shape)
    lines = [
        f"**Strongest answer {result.max():.2f}** in row {row + 1}, column {column + 1}. Shift the "
        "input by its arrows: the answer moves with it, just as strong."
    ]
    if result.shape == _LOOP_ON_NINE.shape and np.allclose(result, _LOOP_ON_NINE):
        lines.append(
            "Rows 4 and 5 are often printed wrong. Row 4 begins with "
            "(−1−1−1 −1+1−1 −1−1+1) / 9 = −0.56."
        )
    height, width = operation.weights.shape
    if min(height, width) > 1 and kernels.separate(operation.weights) is not None:
        lines.append(
            f"This kernel is separable, a column times a row: {height} + {width} = "
            f"{height + width} products a pixel are enough instead of {height * width}."
        )
    return "  \n".join(lines)


def describe_check(names: list[str], differences: list[float], scale: float) -> str:
    """The outcome of a comparison with torch, as Markdown."""
    called = ", ".join(f"`F.{name}`" for name in names)
    largest = max(differences)
    same = largest <= 1e-9 * max(scale, 1.0)
    verdict = "✓ **Same as torch**" if same else "✗ **Not the same as torch**"
    return f"{verdict}: largest difference to {called} is {f'{largest:.0e}' if largest else 0}."


def to_csv(values: np.ndarray) -> str:
    """An (H, W) array as lines of numbers with commas between them."""
    return "\n".join(",".join(f"{number:.6g}" for number in row) for row in values)


def to_numbers(maps: Mapping[str, np.ndarray]) -> dict[str, list]:
    """Maps as rows of numbers, for those who call the page."""
    return {name.lower().replace(" ", "_"): values.tolist() for name, values in maps.items()}


def build_snippet(stage: lesson.Stage, title: str) -> gr.Code:
    """Where a view's program of torch stands, to copy and run."""
    with stage.panel("In torch", title):
        return gr.Code(
            language="python", interactive=False, show_label=False, label="torch program"
        )

"""Segmentation: a class for every pixel, by a U-Net that was trained for it.

The networks are described in ``cvcore.models.unet``. ``predict_mask`` gives every pixel's
probability at the picture's own size; everything else here works on that map, without the network,
but for ``flip_test`` and ``walk_levels``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import cv2
import lazy_loader
import numpy as np

from cvcore.core import images, notebook
from cvcore.core.checks import MAX_SEED, as_number, as_whole, check_setting, check_whole, show
from cvcore.core.drawing import colourise
from cvcore.core.errors import InputError
from cvcore.core.timing import Stopwatch
from cvcore.engine import checkpoints, predictor
from cvcore.engine.isolation import undisturbed

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(
    __name__,
    [
        "dataset",
        "drawing",
        "enlarging",
        "evaluation",
        "fine_tuning",
        "losses",
        "measures",
        "objects",
    ],
)


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


__all__ = [
    "DEFAULT_MODEL", "DEFAULT_THRESHOLD", "DOWN", "LONGEST", "MAX_LONGEST", "MIN_SIDE", "STRIDE",
    "UP", "WEIGHTS",
    "FlipTest", "Level", "Mask", "Overlap", "Walk", "check_longest", "check_masks", "check_model",
    "check_threshold", "compare_at", "compare_masks", "dice", "entropy", "fit_size", "flip_test",
    "iou", "predict_mask", "to_input", "to_probability", "unsure_share", "walk_levels",
]  # fmt: skip

WEIGHTS = {"person": "unet_person", "nuclei": "unet_nuclei"}
DEFAULT_MODEL = "person"
DEFAULT_THRESHOLD = 0.5
MIN_SIDE = 16  # pixels
MAX_LONGEST = 2048  # pixels: more than a network is shown
# pixels: the longer side at which a network sees a picture (people also in small pictures, which
# are made larger; nuclei have a size of their own)
LONGEST = {"person": 320, "nuclei": 512}
STRIDE = {"person": 32, "nuclei": 16}
# Where the levels of the U end: the layers of the way down and of the way up, finest first
DOWN = {
    "person": tuple(f"encoder.blocks.{stage}" for stage in (0, 1, 2, 4, 6)),
    "nuclei": tuple(f"encoder.levels.{level}" for level in range(5)),
}
UP = tuple(f"decoder.{level}" for level in range(4))


@dataclass(frozen=True, eq=False)
class Mask:
    """What a network says of every pixel."""

    probability: np.ndarray = field(repr=False)  # float32 (H, W), 0 to 1, the picture's own size
    model: str
    size_hw: tuple[int, int]
    """Pixels: the size at which the network saw the picture."""
    ms: dict[str, float] = field(default_factory=dict, repr=False)

    def above(self, threshold: float = DEFAULT_THRESHOLD) -> np.ndarray:
        """The mask, bool (H, W): the pixels with at least this probability."""
        return self.probability >= check_threshold(threshold)

    def _repr_html_(self) -> str:
        mask = self.above().astype(np.uint8) * 255
        return notebook.pictures_html(
            (colourise(self.probability, vmin=0, vmax=1), mask),
            ("probability", f"mask: {(mask > 0).mean():.1%} of the picture"),
        )


@dataclass(frozen=True)
class Overlap:
    """Two masks of one picture beside each other, in pixels."""

    both: int
    predicted: int
    ground_truth: int

    @property
    def dice(self) -> float:
        """2 |T and P| / (|T| + |P|); 1 when both masks are empty, 0 when only one of them is.

        For two empty masks it is 0/0, which other programs call 0 or leave out.
        """
        total = self.predicted + self.ground_truth
        return 2 * self.both / total if total else 1.0

    @property
    def iou(self) -> float:
        """|T and P| / |T or P|, the intersection over the union; 1 when both are empty."""
        union = self.predicted + self.ground_truth - self.both
        return self.both / union if union else 1.0

    def _repr_html_(self) -> str:
        return notebook.bars_html(("Dice", "IoU"), (self.dice, self.iou))


@dataclass(frozen=True, eq=False)
class FlipTest:
    """The network's answer to a picture and to its mirror image, mirrored back."""

    probability: np.ndarray = field(repr=False)  # float32 (H, W), the mean of the two
    difference: np.ndarray = field(repr=False)  # float32 (H, W), 0: both say the same

    def _repr_html_(self) -> str:
        maps = [colourise(one, vmin=0, vmax=1) for one in (self.probability, self.difference)]
        return notebook.pictures_html(maps, ("probability", "difference"))


@dataclass(frozen=True, eq=False)
class Level:
    """The features at one level of the U."""

    side: str  # "down" or "up"
    number: int  # 0 is the finest
    shape: tuple[int, int, int]  # channels, height, width
    maps: np.ndarray = field(repr=False)  # float32 (K, h, w), the strongest channels, 0 to 1


@dataclass(frozen=True, eq=False)
class Walk:
    """A pass through the U, looked at on the way."""

    mask: Mask
    levels: tuple[Level, ...]
    cut: tuple[int, ...]  # the skip connections that were cut

    def _repr_html_(self) -> str:
        strongest = [colourise(level.maps[0], vmin=0, vmax=1) for level in self.levels]
        words = [f"{level.side} {level.number}" for level in self.levels]
        return self.mask._repr_html_() + notebook.pictures_html(strongest, words)


def check_model(model: str) -> str:
    """Return ``model`` if it is one of ``WEIGHTS``, else raise InputError."""
    if not isinstance(model, str) or model not in WEIGHTS:
        raise InputError(f"There is no model called {model!r}: choose one of {', '.join(WEIGHTS)}.")
    return model


def check_threshold(threshold: float) -> float:
    """Return ``threshold`` if it is a number from 0 to 1, else raise InputError."""
    number = as_number(threshold, 0, 1)
    if number is None:
        raise InputError(f"The threshold is a number from 0 to 1, got {show(threshold)}.")
    return number


def check_longest(longest: float | None) -> float | None:
    """Return ``longest`` if it is None or a number of pixels a network can see, else raise."""
    if longest is None:
        return None
    pixels = as_number(longest, MIN_SIDE, MAX_LONGEST)
    if pixels is None:
        raise InputError(
            f"The longer side that the network sees is {MIN_SIDE} to {MAX_LONGEST} pixels, "
            f"got {show(longest)}."
        )
    return int(pixels) if pixels == int(pixels) else pixels


def fit_size(
    size_hw: tuple[int, int], *, model: str = DEFAULT_MODEL, longest: int | None = None
) -> tuple[int, int]:
    """The size (height, width) at which a network sees a picture of ``size_hw`` pixels.

    ``longest`` (16 to 2048 pixels) replaces the longer side that the network is used with.
    """
    size_hw = images.check_size_hw(size_hw)
    scale = (check_longest(longest) or LONGEST[model]) / max(size_hw)
    if model != "person":
        scale = min(scale, 1.0)
    stride = STRIDE[model]
    height, width = (max(2, round(side * scale / stride)) * stride for side in size_hw)
    return height, width


@undisturbed
def to_input(
    image: images.Picture, *, model: str = DEFAULT_MODEL, longest: int | None = None
) -> np.ndarray:
    """The picture as the network takes it: float32 (1, 3, h, w) in [0, 1]."""
    image = images.as_image(image)
    size_hw = fit_size(image.shape[:2], model=model, longest=longest)
    small = cv2.resize(image, size_hw[::-1], interpolation=_filter(image.shape[:2], size_hw))
    return images.to_chw(small)[None]


def _filter(source_hw: tuple[int, int], target_hw: tuple[int, int]) -> int:
    return cv2.INTER_AREA if target_hw[0] < source_hw[0] else cv2.INTER_LINEAR


@undisturbed
def to_probability(logits: np.ndarray, size_hw: tuple[int, int]) -> np.ndarray:
    """Logits (h, w) as probabilities float32 (H, W): enlarged first, so that edges stay smooth."""
    large = cv2.resize(logits, images.check_size_hw(size_hw)[::-1], interpolation=cv2.INTER_LINEAR)
    return 1 / (1 + np.exp(-np.clip(large, -60, 60)))


@undisturbed
def predict_mask(
    image: images.Picture, *, model: str = DEFAULT_MODEL, longest: int | None = None
) -> Mask:
    """The probability of every pixel of uint8 (H, W, 3) to belong to a person, or a nucleus.

    ``longest`` (pixels) makes the network look at a smaller or larger picture than it is used
    with: faster, or finer. Raises InputError for an unknown model, a picture under 16 pixels or a
    ``longest`` outside 16 to 2048.
    """
    check_model(model)
    image = images.as_image(image, min_side=MIN_SIDE)
    predict = predictor.load_predictor(WEIGHTS[model])
    watch = Stopwatch()
    batch = to_input(image, model=model, longest=longest)
    watch.lap("preprocess")
    (logits,) = predict(batch)
    watch.lap("network")
    probability = to_probability(logits[0, 0], image.shape[:2])
    watch.lap("enlarge")
    return Mask(probability, model, batch.shape[2:], watch.ms)


def check_masks(prediction: np.ndarray, ground_truth: np.ndarray) -> None:
    """Raise unless both are bool masks (H, W) of one size."""
    for mask in (prediction, ground_truth):
        if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype != np.bool_:
            raise TypeError("Expected two bool masks (H, W).")
    if prediction.shape != ground_truth.shape:
        raise ValueError(f"The masks differ in size: {prediction.shape} and {ground_truth.shape}.")


@undisturbed
def compare_masks(prediction: np.ndarray, ground_truth: np.ndarray) -> Overlap:
    """Count what two masks, bool (H, W), share."""
    check_masks(prediction, ground_truth)
    return Overlap(
        int(np.count_nonzero(prediction & ground_truth)),
        int(np.count_nonzero(prediction)),
        int(np.count_nonzero(ground_truth)),
    )


def compare_at(
    probability: np.ndarray, ground_truth: np.ndarray, thresholds: Sequence[float]
) -> list[Overlap]:
    """``compare_masks`` of a truth, bool (H, W), and the masks of a probability at each threshold.

    The thresholds rise. Each pixel is looked at once, however many there are.
    """
    check_masks(probability >= 0, ground_truth)
    edges = np.array([check_threshold(one) for one in thresholds], probability.dtype)
    if (np.diff(edges) < 0).any():
        raise InputError("The thresholds must rise.")
    passed = np.searchsorted(edges, probability.ravel(), side="right")  # so many of them
    predicted, both = (
        np.bincount(some, minlength=len(edges) + 1)[:0:-1].cumsum()[::-1]
        for some in (passed, passed[ground_truth.ravel()])
    )
    truth = int(np.count_nonzero(ground_truth))
    return [Overlap(int(b), int(p), truth) for b, p in zip(both, predicted, strict=True)]


def dice(prediction: np.ndarray, ground_truth: np.ndarray) -> float:
    """Dice's coefficient of two masks, 0 to 1; 1 when both are empty, by our own definition.

    Dice, "Measures of the Amount of Ecologic Association Between Species", Ecology 1945.
    """
    return compare_masks(prediction, ground_truth).dice


def iou(prediction: np.ndarray, ground_truth: np.ndarray) -> float:
    """Intersection over union (Jaccard's index) of two masks, 0 to 1; 1 when both are empty."""
    return compare_masks(prediction, ground_truth).iou


@undisturbed
def entropy(probability: np.ndarray) -> np.ndarray:
    """How unsure every pixel is, in bits: 0 for a probability of 0 or 1, 1 for one half."""
    p = np.clip(probability.astype(np.float64), 1e-12, 1 - 1e-12)
    return (-p * np.log2(p) - (1 - p) * np.log2(1 - p)).astype(np.float32)


@undisturbed
def flip_test(image: images.Picture, *, model: str = DEFAULT_MODEL) -> FlipTest:
    """Ask twice, the second time with the picture mirrored: a sure answer stays the same."""
    image = images.as_image(image)
    straight = predict_mask(image, model=model).probability
    mirrored = predict_mask(np.ascontiguousarray(image[:, ::-1]), model=model).probability[:, ::-1]
    return FlipTest((straight + mirrored) / 2, np.abs(straight - mirrored))


@undisturbed
def unsure_share(probability: np.ndarray, *, low: float = 0.1, high: float = 0.9) -> float:
    """The pixels between yes and no, as a share (0 to 1) of those that are not a clear no."""
    low, high = (check_setting("The limit", limit, 0, 1) for limit in (low, high))
    unsure = int(np.count_nonzero((probability > low) & (probability < high)))
    return unsure / max(int(np.count_nonzero(probability > low)), 1)


@undisturbed
def walk_levels(
    image: images.Picture,
    *,
    model: str = DEFAULT_MODEL,
    cut: Collection[int] = (),
    channels: int = 4,
    longest: int | None = None,
) -> Walk:
    """The mask, and the features at every level of the U, with skip connections cut or not.

    A skip connection in ``cut`` (0 is the finest) carries zeros. ``channels`` of each level are
    kept: those with the greatest deviation over the picture, each scaled to 0 to 1. ``longest``
    is that of ``predict_mask``.
    """
    import torch

    check_model(model)
    image = images.as_image(image, min_side=MIN_SIDE)
    net = checkpoints.load_model(WEIGHTS[model])
    channels = check_whole("The number of channels", channels, 1, MAX_SEED)
    last = len(net.decoder) - 1
    cut_at: set[int] = set()
    for level in cut:
        number = as_whole(level, 0, last)
        if number is None:
            raise InputError(
                f"There is no skip connection {show(level)}: choose from 0 (the finest) to {last}."
            )
        cut_at.add(number)
    watch = Stopwatch()
    batch = to_input(image, model=model, longest=longest)
    watch.lap("preprocess")
    with torch.inference_mode():
        passed = net.walk(torch.from_numpy(batch).to(net.head.weight.device), cut=tuple(cut_at))
    logits = passed.logits[0, 0].float().cpu().numpy()
    watch.lap("network")
    levels = [
        _to_level(side, number, features[0].float().cpu().numpy(), channels)
        for side, row in (("down", passed.down), ("up", passed.up))
        for number, features in enumerate(row)
    ]
    mask = Mask(to_probability(logits, image.shape[:2]), model, batch.shape[2:], watch.ms)
    watch.lap("drawing")
    return Walk(mask, tuple(levels), tuple(sorted(cut_at)))


def _to_level(side: str, number: int, features: np.ndarray, channels: int) -> Level:
    strongest = np.argsort(-features.std(axis=(1, 2)), kind="stable")[:channels]
    maps = features[strongest]
    low = maps.min(axis=(1, 2), keepdims=True)
    span = maps.max(axis=(1, 2), keepdims=True) - low
    return Level(side, number, features.shape, (maps - low) / np.maximum(span, 1e-6))

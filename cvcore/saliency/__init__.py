"""Saliency: which pixels an answer hangs on, by a dozen methods, each with its score.

``explain(image, "grad_cam")`` gives one map; ``explain_progressively`` gives a coarse map at once
and finer ones as it goes on. PyTorch is loaded when a map is first asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from time import perf_counter
from typing import Any

import lazy_loader
import numpy as np

from cvcore.core import notebook
from cvcore.core.drawing import colourise
from cvcore.core.errors import InputError
from cvcore.core.images import Picture, as_image
from cvcore.engine import registry
from cvcore.engine.isolation import undisturbed
from cvcore.recognition import classifier, preprocessing
from cvcore.saliency.scores import Scores, score_gradually
from cvcore.saliency.target import Target, check_class

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(
    __name__,
    [
        "cams",
        "gradients",
        "incremental",
        "perturbation",
        "sanity",
        "scores",
        "target",
    ],
)


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


__all__ = [
    "DEFAULT_MODEL", "METHODS", "Method", "Saliency", "choose_target", "explain",
    "explain_progressively", "get_method",
]  # fmt: skip

DEFAULT_MODEL = classifier.DEFAULT_MODEL


@dataclass(frozen=True)
class Method:
    """A way to make a map."""

    title: str
    story: str  # what it does, in a sentence
    function: str  # "module:name" of a generator of (map, share done)
    source: str
    is_signed: bool = False  # below zero: speaks against the class
    has_layer: bool = False  # takes the layer whose feature maps are used
    is_slow: bool = False  # many runs of the network
    settings: tuple[str, ...] = ()


_HERE = "cvcore.saliency"
METHODS: dict[str, Method] = {
    "up_and_down": Method(
        "Up and down",
        "Makes each patch brighter, then darker: D = change of the probability / change of the "
        "pixels, averaged.",
        f"{_HERE}.perturbation:central_difference",
        "finite differences, patch by patch",
        is_signed=True,
        is_slow=True,
        settings=("cells", "delta"),
    ),
    "occlusion": Method(
        "Occlusion",
        "Covers a window at a time: how much of the probability is lost?",
        f"{_HERE}.perturbation:occlusion",
        "Zeiler and Fergus, ECCV 2014, arXiv:1311.2901",
        is_signed=True,
        is_slow=True,
        settings=("window", "stride", "fill"),
    ),
    "rise": Method(
        "RISE",
        "Shows the network thousands of random parts of the picture and averages the parts, "
        "weighted by the answer.",
        f"{_HERE}.perturbation:rise",
        "Petsiuk et al., BMVC 2018, arXiv:1806.07421",
        is_slow=True,
        settings=("masks", "cells", "keep"),
    ),
    "gradient": Method(
        "Gradient",
        "The slope of the class score at each pixel; its magnitude.",
        f"{_HERE}.gradients:gradient",
        "Simonyan et al., 2013, arXiv:1312.6034",
    ),
    "gradient_x_input": Method(
        "Gradient x input",
        "The slope times the pixel itself, summed over the colours.",
        f"{_HERE}.gradients:gradient_x_input",
        "Shrikumar et al., 2016, arXiv:1605.01713",
        is_signed=True,
    ),
    "smoothgrad": Method(
        "SmoothGrad",
        "The slope averaged over noisy copies of the picture.",
        f"{_HERE}.gradients:smoothgrad",
        "Smilkov et al., 2017, arXiv:1706.03825",
        is_slow=True,
        settings=("samples", "noise"),
    ),
    "integrated_gradients": Method(
        "Integrated gradients",
        "Slopes added up on the way from black to the picture; they sum to the score's change.",
        f"{_HERE}.gradients:integrated_gradients",
        "Sundararajan et al., ICML 2017, arXiv:1703.01365",
        is_signed=True,
        is_slow=True,
        settings=("steps",),
    ),
    "guided_backprop": Method(
        "Guided backprop",
        "The slope, with every negative signal cut off at each ReLU on the way back.",
        f"{_HERE}.gradients:guided_backprop",
        "Springenberg et al., 2014, arXiv:1412.6806",
    ),
    "grad_cam": Method(
        "Grad-CAM",
        "Adds up a layer's feature maps, each weighted by its mean slope.",
        f"{_HERE}.cams:grad_cam",
        "Selvaraju et al., ICCV 2017, arXiv:1610.02391",
        has_layer=True,
    ),
    "grad_cam_plus_plus": Method(
        "Grad-CAM++",
        "Grad-CAM that weights the places where the slope is positive more fairly.",
        f"{_HERE}.cams:grad_cam_plus_plus",
        "Chattopadhay et al., WACV 2018, arXiv:1710.11063",
        has_layer=True,
    ),
    "layer_cam": Method(
        "LayerCAM",
        "Weights each cell of a feature map by its own positive slope: sharp in early layers too.",
        f"{_HERE}.cams:layer_cam",
        "Jiang et al., IEEE TIP 2021",
        has_layer=True,
    ),
    "score_cam": Method(
        "Score-CAM",
        "Weights each feature map by the answer to the picture seen through it; no slopes.",
        f"{_HERE}.cams:score_cam",
        "Wang et al., CVPR Workshops 2020, arXiv:1910.01279",
        has_layer=True,
        is_slow=True,
        settings=("channels",),
    ),
}


@dataclass(frozen=True, eq=False)
class Saliency:
    """A map over the square that the network sees, and where that square lies in the picture."""

    method: str
    model: str
    class_idx: int
    minus_class: int | None  # the map is of the difference to this class
    input_map: np.ndarray = field(repr=False)  # float32 (crop, crop)
    size_hw: tuple[int, int]  # of the picture
    crop_xyxy: tuple[int, ...]  # the square, in the picture's pixels
    seconds: float  # for the map, without its scores
    share_done: float = 1.0  # below 1: a coarse map on the way
    scores: Scores | None = field(default=None, repr=False)

    @cached_property
    def heatmap(self) -> np.ndarray:
        """The map float32 (H, W) on the whole picture; 0 where the network does not look."""
        import cv2

        left, top, right, bottom = self.crop_xyxy
        whole = np.zeros(self.size_hw, np.float32)
        size = max(right - left, 1), max(bottom - top, 1)
        part = cv2.resize(self.input_map, size, interpolation=cv2.INTER_LINEAR)
        whole[top : top + size[1], left : left + size[0]] = part[
            : self.size_hw[0] - top, : self.size_hw[1] - left
        ]
        return whole

    @property
    def deletion_auc(self) -> float | None:
        """Area under the deletion curve, 0 to 1; lower is better. None before it is measured."""
        return self.scores.deletion_auc if self.scores else None

    @property
    def insertion_auc(self) -> float | None:
        """Area under the insertion curve, 0 to 1; higher is better."""
        return self.scores.insertion_auc if self.scores else None

    def _repr_html_(self) -> str:
        is_signed = METHODS[self.method].is_signed or self.minus_class is not None
        shown = colourise(self.heatmap, colormap="diverging" if is_signed else "viridis")
        caption = (
            f"{METHODS[self.method].title}, {registry.load_labels(self.model)[self.class_idx]}"
        )
        bars = ""
        if self.scores is not None:
            areas = (self.scores.deletion_auc, self.scores.insertion_auc)
            bars = notebook.bars_html(("deletion, lower is better", "insertion, higher"), areas)
        return notebook.picture_html(shown, caption) + bars


def get_method(name: str) -> Method:
    """The method's row; ``InputError`` lists the known names."""
    if name not in METHODS:
        raise InputError(f"There is no method {name!r}: choose one of {', '.join(METHODS)}.")
    return METHODS[name]


def explain(
    image: Picture,
    method: str,
    *,
    class_idx: int | None = None,
    minus_class: int | None = None,
    model: str = DEFAULT_MODEL,
    with_scores: bool = True,
    **settings: Any,
) -> Saliency:
    """One map for a picture.

    ``class_idx`` is the class to explain, by default the most probable one; with ``minus_class``
    the difference of the two is explained. ``settings`` are those of the method, such as
    ``window`` and ``stride`` for occlusion or ``layer`` for the CAMs (some take several layers and
    fuse their maps). Raises ``InputError`` for a
    picture that is none, an unknown name, or a setting out of range.
    """
    *_, last = explain_progressively(
        image,
        method,
        class_idx=class_idx,
        minus_class=minus_class,
        model=model,
        with_scores=with_scores,
        **settings,
    )
    return last


@undisturbed
def explain_progressively(
    image: Picture,
    method: str,
    *,
    class_idx: int | None = None,
    minus_class: int | None = None,
    model: str = DEFAULT_MODEL,
    with_scores: bool = True,
    **settings: Any,
) -> Iterator[Saliency]:
    """The same map from coarse to fine, the last one with its scores. Close it to stop the work.

    While the scores are measured the finished map comes again and again.
    """
    row = get_method(method)
    image = as_image(image)
    x = preprocessing.prepare(image, model)
    _check_settings(method, row, settings)
    target = choose_target(x, class_idx, minus_class, model=model)
    module_name, name = row.function.split(":")
    make_maps = getattr(import_module(module_name), name)
    target.load_net()  # once; the time below is the method's own
    steps, seconds = make_maps(x, target, **settings), 0.0
    result: Saliency | None = None
    while True:
        started = perf_counter()  # what the caller does with a map in between does not count
        try:
            values, share = next(steps)
        except StopIteration:
            break
        seconds += perf_counter() - started
        result = Saliency(
            method,
            model,
            target.class_idx,
            target.minus_class,
            np.nan_to_num(values).astype(np.float32),
            image.shape[:2],
            preprocessing.find_crop(image.shape[:2], model),
            seconds,
            share,
        )
        yield result
    if with_scores and result is not None:
        for scores in score_gradually(x, result.input_map, target):
            yield result if scores is None else replace(result, scores=scores)


@undisturbed
def choose_target(
    x: np.ndarray, class_idx: int | None, minus_class: int | None, *, model: str = DEFAULT_MODEL
) -> Target:
    """The classes to explain, checked; without ``class_idx`` the most probable one."""
    count = len(registry.load_labels(model))
    if class_idx is None:
        class_idx = int(classifier.run_network([x], model=model)[0].argmax())
    class_idx = check_class(class_idx, count)
    if minus_class is not None:
        minus_class = check_class(minus_class, count)
        if minus_class == class_idx:
            raise InputError("Choose two different classes for a difference.")
    return Target(model, class_idx, minus_class)


def _check_settings(method: str, row: Method, settings: dict[str, Any]) -> None:
    known = (*row.settings, *(("layer",) if row.has_layer else ()))
    for name in settings:
        if name not in known:
            raise InputError(
                f"{row.title} has no setting {name!r}: it takes {', '.join(known) or 'none'}."
            )

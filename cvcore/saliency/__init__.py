"""Saliency: which pixels an answer hangs on, by seventeen methods, each with its score.

``explain(image, "grad_cam")`` gives one map; ``explain_progressively`` gives a coarse map at once
and finer ones as it goes on. PyTorch is loaded when a map is first asked for.
"""

from collections.abc import Iterable, Iterator
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
from cvcore.saliency.methods import METHODS, Method, get_method
from cvcore.saliency.scores import Change, Scores, score_gradually, see_through
from cvcore.saliency.target import Target, check_class

# Its other parts are loaded when they are first named.
__getattr__, _, _modules = lazy_loader.attach(
    __name__,
    [
        "cams",
        "gradients",
        "incremental",
        "methods",
        "perturbation",
        "pixel_differences",
        "sanity",
        "scores",
        "shortcut",
        "target",
    ],
)


def __dir__() -> list[str]:
    return sorted({*__all__, *_modules})


__all__ = [
    "DEFAULT_MODEL", "METHODS", "Change", "Method", "Saliency", "choose_target", "explain",
    "explain_progressively", "find_window", "get_method", "measure_changes",
]  # fmt: skip

DEFAULT_MODEL = classifier.DEFAULT_MODEL


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
    colour_maps: np.ndarray | None = field(default=None, repr=False)
    """float32 (3, crop, crop), where each colour has a map of its own; their sum is the map."""
    window_xyxy: tuple[int, int, int, int] | None = None
    """The part of the map that was looked at, in its own pixels; None: all of it."""
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
        row = METHODS[self.method]
        is_signed = row.is_signed or self.minus_class is not None
        shown = colourise(self.heatmap, colormap="diverging" if is_signed else "viridis")
        label = registry.load_labels(self.model)[self.class_idx]
        caption = f"{row.title}, {label if row.has_class else 'the same for every class'}"
        bars = ""
        if self.scores is not None:
            names = ("deletion, lower is better", "insertion, higher", "drop, lower")
            values = (self.scores.deletion_auc, self.scores.insertion_auc, self.scores.drop)
            bars = notebook.bars_html(names, values)
        return notebook.picture_html(shown, caption) + bars


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

    While the scores are measured the finished map comes again and again. A map of a window alone
    has none: they would need the whole picture.
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
        values = np.nan_to_num(values).astype(np.float32)
        result = Saliency(
            method,
            model,
            target.class_idx,
            target.minus_class,
            values if values.ndim == 2 else values.sum(0),
            image.shape[:2],
            preprocessing.find_crop(image.shape[:2], model),
            seconds,
            share,
            None if values.ndim == 2 else values,
            find_window(method, x.shape[1], settings),
        )
        yield result
    if with_scores and result is not None and not row.is_partial:
        for scores in score_gradually(x, result.input_map, target):
            yield result if scores is None else replace(result, scores=scores)


@undisturbed
def measure_changes(
    pictures: Iterable[Picture], method: str, *, model: str = DEFAULT_MODEL, **settings: Any
) -> Iterator[Change | None]:
    """How the most probable class of each picture changes where it is seen through its map.

    Between two pictures None comes again and again, so that the work can be stopped. The means are
    ``scores.average_drop`` and ``scores.average_increase``. Raises ``InputError`` as ``explain``
    does, and for a method whose map is of a window alone.
    """
    if get_method(method).is_partial:
        raise InputError(f"{METHODS[method].title} looks at a window alone: choose another method.")
    for picture in pictures:
        maps = explain_progressively(picture, method, model=model, with_scores=False, **settings)
        result = next(maps)  # every method gives a map
        yield None
        for newer in maps:
            result = newer
            yield None
        x = preprocessing.prepare(as_image(picture), model)
        target = Target(model, result.class_idx)
        before = float(target.ask(x[None])[0])
        yield Change(before, see_through(x, result.input_map, target))


def find_window(
    method: str, side: int, settings: dict[str, Any]
) -> tuple[int, int, int, int] | None:
    """The part (left, top, right, bottom) of a map of ``side`` pixels that a method looks at; None
    for the whole."""
    if not get_method(method).is_partial:
        return None
    from cvcore.saliency.pixel_differences import make_plan

    plan = make_plan(side, **settings)
    return plan.left, plan.top, plan.left + plan.window, plan.top + plan.window


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

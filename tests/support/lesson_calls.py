"""One small call of the functions of every lesson, for what must hold of all of them."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from cvcore import (
    classification,
    convolution,
    deep_dream,
    detection,
    face_verification,
    feature_maps,
    latent_space,
    saliency,
    segmentation,
    style_transfer,
)
from cvcore.core import images, samples
from cvcore.latent_space.history import make_quiz
from cvcore.latent_space.inversion import Target, invert
from cvcore.latent_space.tuning import tune
from cvcore.saliency.sanity import check_sanity
from cvcore.segmentation.fine_tuning import Example, fine_tune
from cvcore.segmentation.objects import count_objects

# By lesson and function. Each takes ``make_given()`` and numbers that replace its own.
Call = Callable[..., Any]


def make_given() -> SimpleNamespace:
    """What the calls are given: pictures, masks, latents."""
    cat = images.shrink(samples.load_sample("chelsea"), 128)
    mask = np.zeros(cat.shape[:2], bool)
    mask[20:60, 30:80] = True
    return SimpleNamespace(
        cat=cat,
        mask=mask,
        face=samples.load_sample("ardern_2018"),
        style=style_transfer.load_style(next(iter(style_transfer.index()))),
        logits=np.linspace(-2000, 2, 1000, dtype=np.float32),
        z=latent_space.map_latents(latent_space.sample(2, seed=1)),
        table=np.arange(49.0).reshape(7, 7),
    )


def last(steps: Iterator[Any]) -> Any:
    *_, step = steps
    return step


# The numbers that they take; each can be written exactly as a float32.
NUMBERS: dict[str, dict[str, float]] = {
    "convolution.convolve": {"stride": 2, "dilation": 1, "bias": 1.5},
    "convolution.convolve_transposed": {"stride": 2, "padding": 1, "bias": 0.5},
    "convolution.pool": {"size": 2, "stride": 1},
    "convolution.output_size": {"size": 28, "kernel": 3, "stride": 2, "dilation": 1},
    "classification.predict_topk": {"k": 5, "temperature": 0.5},
    "classification.softmax_terms": {"k": 5, "temperature": 0.5},
    "classification.rank_n_accuracy": {"n": 1},
    "detection.predict_boxes": {"confidence": 0.25, "iou": 0.5, "input_size": 160},
    "segmentation.predict_mask": {"longest": 64},
    "segmentation.walk_levels": {"channels": 2, "longest": 64},
    "segmentation.unsure_share": {"low": 0.25, "high": 0.75},
    "segmentation.count_objects": {"min_area": 12, "min_distance": 3.0},
    "segmentation.fine_tune": {"steps": 1, "learning_rate": 0.5**10, "seed": 0},
    "saliency.grad_cam": {"class_idx": 281, "layer": -1},
    "saliency.occlusion": {"window": 112, "stride": 112},
    "saliency.smoothgrad": {"samples": 1, "noise": 0.25},
    "style_transfer.stylise": {"steps": 2, "side": 64, "stroke": 1.0},
    "style_transfer.stylise_fast": {"side": 64, "strength": 0.5, "stroke": 1.0},
    "style_transfer.gram_matrices": {"side": 64},
    "deep_dream.dream": {"octaves": 1, "steps": 1, "side": 64, "step_size": 0.0625, "seed": 3},
    "feature_maps.unit_gradient": {"channel": 3},
    "feature_maps.channel_effects": {"class_idx": 281},
    "latent_space.sample": {"n": 2, "seed": 5},
    "latent_space.map_latents": {"truncation": 0.5},
    "latent_space.random_walk": {"n": 5},
    "latent_space.make_quiz": {"n": 4, "seed": 1},
    "latent_space.tune": {
        "steps": 1,
        "feature_share": 0.5,
        "locality": 0.5,
        "learning_rate": 0.0625,
        "seed": 1,
    },
    "face_verification.verify": {"threshold": 0.5},
    "face_verification.detect_faces": {"min_face": 80.0, "max_side": 320},
}
CALLS: dict[str, Call] = {
    "convolution.convolve": lambda g, **n: convolution.convolve(
        g.cat, np.ones((3, 3)), **NUMBERS["convolution.convolve"] | n
    ),
    "convolution.convolve_transposed": lambda g, **n: convolution.convolve_transposed(
        g.table, np.ones((3, 3)), **NUMBERS["convolution.convolve_transposed"] | n
    ),
    "convolution.pool": lambda g, **n: convolution.pool(g.table, **NUMBERS["convolution.pool"] | n),
    "convolution.output_size": lambda g, **n: convolution.output_size(
        **NUMBERS["convolution.output_size"] | n
    ),
    "classification.predict_topk": lambda g, **n: classification.predict_topk(
        g.cat, **NUMBERS["classification.predict_topk"] | n
    ),
    "classification.softmax_terms": lambda g, **n: classification.softmax_terms(
        g.logits, **NUMBERS["classification.softmax_terms"] | n
    ),
    "classification.rank_n_accuracy": lambda g, **n: classification.rank_n_accuracy(
        np.eye(3), [0, 1, 0], **NUMBERS["classification.rank_n_accuracy"] | n
    ),
    "detection.predict_boxes": lambda g, **n: detection.predict_boxes(
        g.cat, **NUMBERS["detection.predict_boxes"] | n
    ),
    "segmentation.predict_mask": lambda g, **n: segmentation.predict_mask(
        g.cat, **NUMBERS["segmentation.predict_mask"] | n
    ),
    "segmentation.walk_levels": lambda g, **n: segmentation.walk_levels(
        g.cat, **NUMBERS["segmentation.walk_levels"] | n
    ),
    "segmentation.unsure_share": lambda g, **n: segmentation.unsure_share(
        g.table / 49, **NUMBERS["segmentation.unsure_share"] | n
    ),
    "segmentation.entropy": lambda g: segmentation.entropy(g.table / 49),
    "segmentation.count_objects": lambda g, **n: count_objects(
        g.mask, **NUMBERS["segmentation.count_objects"] | n
    ),
    "segmentation.fine_tune": lambda g, **n: (
        last(fine_tune([Example(g.cat, g.mask)], **NUMBERS["segmentation.fine_tune"] | n)).loss
    ),
    "saliency.gradient": lambda g: saliency.explain(g.cat, "gradient", with_scores=False),
    "saliency.guided_backprop": lambda g: saliency.explain(
        g.cat, "guided_backprop", with_scores=False
    ),
    "saliency.grad_cam": lambda g, **n: saliency.explain(
        g.cat, "grad_cam", with_scores=False, **NUMBERS["saliency.grad_cam"] | n
    ),
    "saliency.early_cam": lambda g: saliency.explain(
        g.cat, "layer_cam", layer=5, with_scores=False
    ),
    "saliency.occlusion": lambda g, **n: saliency.explain(
        g.cat, "occlusion", with_scores=False, **NUMBERS["saliency.occlusion"] | n
    ),
    "saliency.smoothgrad": lambda g, **n: saliency.explain(
        g.cat, "smoothgrad", with_scores=False, **NUMBERS["saliency.smoothgrad"] | n
    ),
    "saliency.check_sanity": lambda g, **n: next(check_sanity(g.cat, "grad_cam", **n)),
    "style_transfer.stylise": lambda g, **n: (
        last(style_transfer.stylise(g.cat, g.style, **NUMBERS["style_transfer.stylise"] | n)).image
    ),
    "style_transfer.stylise_fast": lambda g, **n: style_transfer.stylise_fast(
        g.cat, g.style, **NUMBERS["style_transfer.stylise_fast"] | n
    ),
    "style_transfer.gram_matrices": lambda g, **n: style_transfer.gram_matrices(
        g.cat, **NUMBERS["style_transfer.gram_matrices"] | n
    ),
    "deep_dream.dream": lambda g, **n: (
        last(deep_dream.dream(g.cat, **NUMBERS["deep_dream.dream"] | n)).image
    ),
    "deep_dream.list_blocks": lambda g: deep_dream.list_blocks.__wrapped__(),
    "feature_maps.extract": lambda g: feature_maps.extract(g.cat, "act1", stop=False),
    "feature_maps.list_layers": lambda g: feature_maps.list_layers.__wrapped__(),
    "feature_maps.receptive_fields": lambda g: feature_maps.receptive_fields.__wrapped__(),
    "feature_maps.unit_gradient": lambda g, **n: feature_maps.unit_gradient(
        g.cat, "act1", **NUMBERS["feature_maps.unit_gradient"] | n
    ),
    "feature_maps.channel_effects": lambda g, **n: feature_maps.channel_effects(
        g.cat, "act1", **NUMBERS["feature_maps.channel_effects"] | n
    ),
    "feature_maps.predict_edited": lambda g: feature_maps.predict_edited(
        g.cat, "act1", silence=[np.int64(1)]
    ),
    "latent_space.sample": lambda g, **n: latent_space.sample(**NUMBERS["latent_space.sample"] | n),
    "latent_space.generate": lambda g: latent_space.generate(g.z, name="digits", classes=[1, 2]),
    "latent_space.mix_styles": lambda g: latent_space.mix_styles(g.z, g.z[::-1], name="faces"),
    "latent_space.map_latents": lambda g, **n: latent_space.map_latents(
        g.z, **NUMBERS["latent_space.map_latents"] | n
    ),
    "latent_space.random_walk": lambda g, **n: latent_space.random_walk(
        g.z[0], g.z, **NUMBERS["latent_space.random_walk"] | n
    ),
    "latent_space.make_quiz": lambda g, **n: make_quiz(**NUMBERS["latent_space.make_quiz"] | n),
    "latent_space.invert": lambda g, **n: last(
        invert(
            Target(latent_space.generate(g.z[:1], name="digits", classes=3)[0], "digits", 3),
            **{"steps": 1, "starts": 1, "feature_share": 0.5, "learning_rate": 0.0625, "seed": 1}
            | n,
        )
    ),
    "latent_space.tune": lambda g, **n: last(
        tune(
            Target(latent_space.generate(g.z[:1], name="digits", classes=3)[0], "digits", 3),
            g.z[1],
            **NUMBERS["latent_space.tune"] | n,
        )
    ),
    "face_verification.verify": lambda g, **n: face_verification.verify(
        g.face, g.face, detector="yunet", **NUMBERS["face_verification.verify"] | n
    ),
    "face_verification.detect_faces": lambda g, **n: face_verification.detect_faces(
        g.face, **NUMBERS["face_verification.detect_faces"] | n
    ),
}


def flatten(result: Any) -> list[Any]:
    """A result's plain values and arrays, in order; times and what is made by chance left out."""
    if isinstance(result, torch.Tensor):
        return [result.detach().numpy()]
    if is_dataclass(result):
        others = ("ms", "seconds", "canvas", "search")
        names = [f.name for f in fields(result) if f.name not in others]
        return [value for name in names for value in flatten(getattr(result, name))]
    if isinstance(result, dict):
        result = tuple(result.values())
    if isinstance(result, tuple | list):
        return [value for part in result for value in flatten(part)]
    return [result]

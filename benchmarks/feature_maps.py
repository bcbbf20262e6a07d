"""Feature maps: maps of a layer beside torchvision's extractor, the webcam, steps of maximisation.

torchvision's ``create_feature_extractor`` cuts the same network with the same weights at the same
layer, in eager PyTorch as its documentation shows it; both get the same prepared picture.
"""

import time

import numpy as np
import torch
from torchvision.models.feature_extraction import create_feature_extractor

from benchmarks.harness import Row, measure
from cvcore import feature_maps
from cvcore.core import images, samples
from cvcore.engine import checkpoints, predictor
from cvcore.models.efficientnet_lite import SameConv2d, build_efficientnet_lite0
from cvcore.probes.activation_maximization import Settings
from cvcore.recognition import preprocessing
from demos.feature_maps.live import LIVE_CHANNELS, show_frame

LAYERS = ("act1", "blocks.3.0.act1", "act2")
MODEL = feature_maps.DEFAULT_MODEL


def run() -> list[Row]:
    predictor.load_predictor(MODEL, wait=True)
    network = build_efficientnet_lite0().eval()
    network.load_state_dict(checkpoints.load_state(MODEL))
    frame = images.resize(samples.load_sample("coffee"), (480, 640))
    batch = torch.from_numpy(preprocessing.prepare(frame, MODEL))[None]
    rows = []
    for layer in LAYERS:
        whole = {"leaf_modules": [SameConv2d]}
        extractor = create_feature_extractor(network, {layer: "maps"}, tracer_kwargs=whole)

        def theirs(extractor=extractor) -> np.ndarray:
            with torch.inference_mode():
                prepared = torch.from_numpy(preprocessing.prepare(frame, MODEL))[None]
                return extractor(prepared)["maps"][0].numpy()

        with torch.inference_mode():
            expected = extractor(batch)["maps"][0].numpy()
        for name, ours in (
            ("for one picture", lambda layer=layer: feature_maps.extract(frame, layer).maps),
            ("for a webcam frame", lambda layer=layer: feature_maps.extract_live(frame, layer)),
        ):
            np.testing.assert_allclose(ours(), expected, atol=5e-3)
            rows.append(
                Row(
                    f"maps of {layer} {name}",
                    measure(ours),
                    "torchvision's extractor, eager",
                    measure(theirs),
                )
            )
    for layer in LAYERS:
        spent = measure(lambda layer=layer: images.to_data_uri(show_frame(frame, MODEL, layer)[0]))
        note = f"{1000 / spent:.0f} frames a second"
        rows.append(Row(f"frame to grid of {LIVE_CHANNELS} maps of {layer}", spent, note=note))
    settings = Settings(steps=24, turn=5, zoom=0.1)
    start = time.perf_counter()
    for _ in feature_maps.maximise("blocks.3.0.act1", 5, settings=settings):
        pass
    spent = 1000 * (time.perf_counter() - start) / settings.steps
    rows.append(Row("one step of maximisation, blocks.3.0.act1, 160 x 160", spent))
    return rows

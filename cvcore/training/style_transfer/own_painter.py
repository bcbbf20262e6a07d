"""Teach the painter of any style one style alone; writes ``assets/weights/style_<name>.onnx``.

    python -m cvcore.training.style_transfer.own_painter night

One network for any style knows a style by 100 numbers, and leaves out what they do not hold: the
whirls, and colours that are rare. Here it goes on learning on crops of sample photographs, by the
loss that painting step by step lowers (Johnson, Alahi and Fei-Fei, "Perceptual Losses for
Real-Time Style Transfer and Super-Resolution", 2016: one network a style). Prints how the losses
fall, and the file's SHA-256 for the index. ``--measure`` teaches nothing: it prints the losses of
both painters, of the own one with whirls to begin with, and of painting step by step, on
photographs that none has learnt on.
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from cvcore import style_transfer
from cvcore.core import samples
from cvcore.core.commands import command, output_folder, whole
from cvcore.core.paths import ASSETS
from cvcore.engine import checkpoints
from cvcore.models.style_network import StyleNetwork, build_style_network
from cvcore.style_transfer import fast
from cvcore.style_transfer.options import DEFAULT_MODEL, StyleWeights
from cvcore.style_transfer.scene import Extractor, Scene, load_extractor, to_tensor
from cvcore.style_transfer.whirls import add_whirls
from cvcore.training.style_transfer.convert import export_style_network

PHOTOS = ("coffee", "loafer", "street", "camera", "ardern_2018", "obama_2005")
HELD_BACK = ("astronaut", "chelsea", "rocket")
CROP, SIDE = 352, 640  # pixels: of a crop, and of the largest photograph it is cut from
STYLE_SIDE = 512  # pixels of the style picture beside it: strokes for paintings of 768
CROPS = 6  # of each photograph
WEIGHTS = StyleWeights(content=0.1, smoothness=1.0)  # at 0.3, strokes stay as short as fur


def load_shared() -> StyleNetwork:
    """The painter of any style, from its ONNX file; biases of 0 are stored there once for all."""
    stored = onnx.load_from_string(checkpoints.load_onnx("style_transform")).graph.initializer
    arrays = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in stored}
    network: StyleNetwork = build_style_network().eval()
    state = network.state_dict()
    network.load_state_dict({name: arrays.get(name, 0 * state[name]) for name in state})
    return network


def cut_crops(extractor: Extractor, draws: np.random.Generator) -> list[Tensor]:
    """Crops (1, 3, h, w) of each photograph, every second one mirrored."""
    crops = []
    for turn in range(CROPS):
        for name in PHOTOS:
            side = int(draws.integers(CROP, SIDE + 1)) if turn else CROP
            photo = to_tensor(style_transfer.fit(samples.load_sample(name), side), extractor)
            height, width = (min(length, CROP) // 4 * 4 for length in photo.shape[2:])
            top, left = (
                int(draws.integers(0, length - cut + 1))
                for length, cut in zip(photo.shape[2:], (height, width), strict=True)
            )
            crop = photo[..., top : top + height, left : left + width]
            crops.append(crop.flip(3) if turn % 2 else crop)
    return crops


def teach(network: StyleNetwork, style: np.ndarray, steps: int, seed: int = 0) -> None:
    """Lower the losses on crops drawn at random; what reads the 100 numbers stays as it is."""
    extractor, draws = load_extractor(DEFAULT_MODEL), np.random.default_rng(seed)
    crops = cut_crops(extractor, draws)
    painting = to_tensor(style_transfer.fit(style, STYLE_SIDE), extractor)
    scenes = [Scene(extractor, crop, (), is_shifted=False) for crop in crops]
    styles = Scene(extractor, crops[0], [painting], is_shifted=False).styles
    numbers = torch.from_numpy(style_transfer.style_numbers(style))[None]
    norms: list[Tensor] = []
    others: list[Tensor] = []
    for name, weight in network.named_parameters():
        weight.requires_grad_(not name.endswith((".scale.weight", ".shift.weight")))
        (norms if name.endswith((".scale.bias", ".shift.bias")) else others).append(weight)
    optimiser = torch.optim.Adam([{"params": norms}, {"params": others}])
    seen = []
    for step in range(steps):
        slow = min(1.0, 2 * (1 - step / steps))
        for group, rate in zip(optimiser.param_groups, (0.01, 0.002), strict=True):
            group["lr"] = rate * slow
        chosen = int(draws.integers(len(crops)))
        scenes[chosen].styles = styles
        total, losses, _ = scenes[chosen].weigh(network(crops[chosen], numbers), WEIGHTS, 0)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        seen.append((losses["style"], losses["content"]))
        if step % 25 == 24:
            style_loss, content = np.mean(seen[-25:], axis=0)
            print(f"step {step + 1}: style {style_loss:.3f}, content {content:.3f}", flush=True)


def measure(name: str) -> None:
    """Print the mean losses on the photographs held back, at 384 pixels as the steps count them."""
    style = style_transfer.load_style(name)
    numbers = style_transfer.style_numbers(style)
    found: dict[str, list[tuple[float, float]]] = {}
    for photo in map(samples.load_sample, HELD_BACK):
        meter, small = style_transfer.LossMeter(photo, style), style_transfer.fit(photo, 384)
        *_, last = style_transfer.stylise(photo, style)
        own = style_transfer.index()[name].painter
        painted = {
            painter: fast.paint_with(small, numbers, painter) for painter in (fast.SHARED, own)
        }
        painted["with whirls"] = fast.paint_with(add_whirls(small), numbers, own)
        for way, picture in (painted | {"step by step": last.image}).items():
            losses = meter.measure(picture)
            found.setdefault(way, []).append((losses["style"], losses["content"]))
    for way, rows in found.items():
        style_loss, content = np.mean(rows, axis=0)
        print(f"{way}: style {style_loss:.3f}, content {content:.3f}")


@command
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("style", choices=list(style_transfer.index()))
    parser.add_argument("--steps", type=whole(1, 100_000), default=800)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    if options.measure:
        measure(options.style)
        return
    network = load_shared()
    teach(network, style_transfer.load_style(options.style), options.steps)
    data = export_style_network(network.state_dict()).SerializeToString()
    path = options.out / f"style_{options.style}.onnx"
    path.write_bytes(data)
    print(path.name, len(data), hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    sys.exit(main())

"""Teach the painter of any style the bundled styles; writes ``assets/weights/style_<name>.onnx``.

    python -m cvcore.training.style_transfer.own_painter bundled --steps 450

One network for any style knows a style by 100 numbers, and leaves out what they do not hold: the
whirls, and colours that are rare. Here it goes on learning on crops of sample photographs, by the
loss that painting step by step lowers (Johnson, Alahi and Fei-Fei, "Perceptual Losses for
Real-Time Style Transfer and Super-Resolution", 2016: one network a style), all bundled styles in
turn, or the one that is named. Prints how the losses fall, and the file's SHA-256 for the index.
``--measure`` teaches nothing: it prints the losses of both painters, of the own one with whirls to
begin with, and of painting step by step, on photographs that none has learnt on.
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
from torch.func import functional_call

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
ALL = "bundled"  # every bundled style by one network
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


class OwnNorms:
    """Scales and shifts of every instance norm for each of a few styles, learnt by themselves.

    They stand in place of the biases of what reads a style's 100 numbers (Dumoulin, Shlens and
    Kudlur, "A Learned Representation for Artistic Style", 2017, keep them in the same way).
    """

    def __init__(self, network: StyleNetwork, numbers: Tensor) -> None:
        self.numbers = numbers
        self.values = {
            name: bias.detach().repeat(len(numbers), 1).requires_grad_()
            for name, bias in network.named_parameters()
            if name.endswith((".scale.bias", ".shift.bias"))
        }

    def paint(self, network: StyleNetwork, crop: Tensor, style: int) -> Tensor:
        """The crop in the style of this row, with gradients for its scales and shifts."""
        own = {name: rows[style] for name, rows in self.values.items()}
        return functional_call(network, own, (crop, self.numbers[style : style + 1]))

    def fold(self, network: StyleNetwork) -> dict[str, Tensor]:
        """The network's state in which the numbers alone bring each style's scales and shifts.

        With one style they become the biases. With more, the biases are their middle, and what
        they differ by is read off the numbers by the smallest change of what reads them.
        """
        state = dict(network.state_dict())
        inverse = torch.linalg.pinv(self.numbers.double())
        for name, rows in self.values.items():
            middle = rows.detach().mean(0)
            change = (inverse @ (rows.detach() - middle).double()).T
            matrix = name.removesuffix("bias") + "weight"
            state[name], state[matrix] = middle, state[matrix] + change.float()
        return state


def teach(
    network: StyleNetwork, styles: Sequence[np.ndarray], steps: int, seed: int = 0
) -> dict[str, Tensor]:
    """The network's state once it paints these styles better, taught in turn on crops drawn at
    random: so many steps a style."""
    extractor, draws = load_extractor(DEFAULT_MODEL), np.random.default_rng(seed)
    crops = cut_crops(extractor, draws)
    scenes = [Scene(extractor, crop, (), is_shifted=False) for crop in crops]
    paintings = [to_tensor(style_transfer.fit(style, STYLE_SIDE), extractor) for style in styles]
    wanted = [Scene(extractor, crops[0], [one], is_shifted=False).styles for one in paintings]
    norms = OwnNorms(
        network, torch.from_numpy(np.stack([style_transfer.style_numbers(one) for one in styles]))
    )
    others = [
        weight
        for name, weight in network.named_parameters()
        if not any(part in name for part in (".scale.", ".shift."))
    ]
    optimiser = torch.optim.Adam([{"params": norms.values.values()}, {"params": others}])
    seen = []
    for step in range(steps * len(styles)):
        slow = min(1.0, 2 * (1 - step / steps / len(styles)))
        for group, rate in zip(optimiser.param_groups, (0.01, 0.002), strict=True):
            group["lr"] = rate * slow
        chosen, style = int(draws.integers(len(crops))), step % len(styles)
        scenes[chosen].styles = wanted[style]
        painted = norms.paint(network, crops[chosen], style)
        total, losses, _ = scenes[chosen].weigh(painted, WEIGHTS, 0)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        seen.append((losses["style"], losses["content"]))
        if step % 90 == 89:
            style_loss, content = np.mean(seen[-90:], axis=0)
            print(f"step {step + 1}: style {style_loss:.3f}, content {content:.3f}", flush=True)
    return norms.fold(network)


def compare(name: str, painter: str) -> dict[str, tuple[float, float]]:
    """Style and content loss of each way to paint a style: means over the photographs held back,
    at 384 pixels as the steps count them."""
    style = style_transfer.load_style(name)
    numbers = style_transfer.style_numbers(style)
    found: dict[str, list[tuple[float, float]]] = {}
    for photo in map(samples.load_sample, HELD_BACK):
        meter, small = style_transfer.LossMeter(photo, style), style_transfer.fit(photo, 384)
        *_, last = style_transfer.stylise(photo, style)
        painted = {one: fast.paint_with(small, numbers, one) for one in (fast.SHARED, painter)}
        if style_transfer.index()[name].has_whirls:
            painted["with whirls"] = fast.paint_with(add_whirls(small), numbers, painter)
        for way, picture in (painted | {"step by step": last.image}).items():
            losses = meter.measure(picture)
            found.setdefault(way, []).append((losses["style"], losses["content"]))
    means = {way: np.mean(rows, axis=0) for way, rows in found.items()}
    return {
        way: (float(style_loss), float(content)) for way, (style_loss, content) in means.items()
    }


def measure(names: Sequence[str], painter: str) -> None:
    """Print what ``compare`` finds for each of these styles."""
    for name in names:
        for way, (style_loss, content) in compare(name, painter).items():
            print(f"{name}, {way}: style {style_loss:.3f}, content {content:.3f}", flush=True)


@command
def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("style", choices=[*style_transfer.index(), ALL])
    parser.add_argument("--steps", type=whole(1, 100_000), default=800)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("--out", type=Path, default=ASSETS / "weights")
    options = parser.parse_args(arguments)
    output_folder(options.out)
    names = list(style_transfer.index()) if options.style == ALL else [options.style]
    if options.measure:
        measure(names, f"style_{options.style}")
        return
    state = teach(load_shared(), [style_transfer.load_style(one) for one in names], options.steps)
    data = export_style_network(state).SerializeToString()
    path = options.out / f"style_{options.style}.onnx"
    path.write_bytes(data)
    print(path.name, len(data), hashlib.sha256(data).hexdigest())


if __name__ == "__main__":
    sys.exit(main())

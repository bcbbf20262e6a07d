"""Make ``assets/favourites/``: what the channels of a few layers like best.

    python -m cvcore.training.feature_maps.visualizations

Each picture is drawn from noise by ``cvcore.probes.activation_maximization``, sixteen channels at
a time. Takes some minutes on two cores.
"""

import argparse
import hashlib
import io
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image

from cvcore import feature_maps as fm
from cvcore.core import images
from cvcore.core.commands import command, output_folder
from cvcore.engine.fusion import fuse_batch_norms
from cvcore.feature_maps import visualizations
from cvcore.probes.activation_maximization import Settings, make_noise, maximise
from cvcore.probes.hooks import record

SIDE, COLUMNS, BATCH = 56, 32, 16
QUALITY = 28  # of the WebP file
EDGE = 8  # pixels cut off small drawings: at the border channels see padding
STEPS = 64
# Layers with the side of the picture that the network sees: several receptive fields wide where
# these are small, so that patterns stay large enough to be read.
LAYERS = {
    "efficientnet_lite0": {
        "act1": 28, "blocks.1.1": 56, "blocks.2.1": 72, "blocks.3.2": 104, "blocks.4.2": 112,
        "blocks.5.3": 128, "blocks.6.0": 128,
    },
    "digits_cnn": {"act1": 28, "act2": 28, "act3": 28},
}  # fmt: skip


def draw_visualizations(model: str, layer: str, side: int, *, steps: int = STEPS) -> np.ndarray:
    """What each channel of a layer likes best: uint8 (C, SIDE, SIDE, 3)."""
    module = fuse_batch_norms(fm.get_module(model)).to(memory_format=torch.channels_last)
    kind = next((row.kind for row in fm.list_layers(model) if row.name == layer), "block")
    colours = fm.input_shape(model)[0]
    device = next(module.parameters()).device
    count = count_channels(module, layer, model)
    small = side <= SIDE
    moves: dict[str, Any] = {} if small else {"turn": 5, "zoom": 0.1}
    edge = EDGE if small and colours == 3 else 0
    settings = Settings(steps=steps, jitter=max(2, side // 16), learning_rate=0.06, **moves)
    done: list[np.ndarray] = []
    for first in range(0, count, BATCH):
        chosen = torch.arange(first, min(first + BATCH, count), device=device)

        def objective(
            found: Mapping[str, torch.Tensor], chosen: torch.Tensor = chosen
        ) -> torch.Tensor:
            maps = found[layer][torch.arange(len(chosen), device=device), chosen]
            return maps.mean(dim=(1, 2)).sum()

        start = make_noise((side + 2 * edge,) * 2, channels=colours, device=device)
        start = start.repeat(len(chosen), 1, 1, 1)
        *_, last = maximise(
            module, [layer], objective, start, settings, inputs=kind == "activation"
        )
        pixels = last.image[..., edge : side + edge, edge : side + edge].cpu().numpy()
        if colours == 1:
            pixels = np.repeat(pixels, 3, axis=1)
        done += [_fit(images.to_image(picture)) for picture in pixels]
    return np.stack(done)


def count_channels(module: torch.nn.Module, layer: str, model: str) -> int:
    example = torch.zeros(1, *fm.input_shape(model), device=next(module.parameters()).device)
    with torch.inference_mode():
        return record(module, example, [layer])[layer].shape[1]


def _fit(picture: np.ndarray) -> np.ndarray:
    """A drawing at the sheet's size, its contrast stretched to the full range."""
    low, high = np.percentile(picture, (1, 99))
    picture = np.clip((picture - low) * (255 / max(high - low, 1)), 0, 255).astype(np.uint8)
    way = "nearest" if SIDE % picture.shape[0] == 0 else "lanczos"
    return images.resize(picture, (SIDE, SIDE), resample=way)


def write_grid(model: str) -> str:
    """Draw a model's sheet, write it, and return its row for the index."""
    parts = {}
    for layer, side in LAYERS[model].items():
        parts[layer] = draw_visualizations(model, layer, side)
        print(model, layer, len(parts[layer]), flush=True)
    return store_grid(model, parts)


def store_grid(model: str, parts: dict[str, np.ndarray]) -> str:
    """Write the pictures of a model's layers as one file, and return its row for the index."""
    tiles = np.concatenate(list(parts.values()))
    rows = -(-len(tiles) // COLUMNS)
    full = np.full((rows * COLUMNS, SIDE, SIDE, 3), 128, np.uint8)
    full[: len(tiles)] = tiles
    sheet = full.reshape(rows, COLUMNS, SIDE, SIDE, 3).swapaxes(1, 2)
    buffer = io.BytesIO()
    Image.fromarray(sheet.reshape(rows * SIDE, COLUMNS * SIDE, 3)).save(
        buffer, "WEBP", quality=QUALITY, method=6
    )
    visualizations.FOLDER.mkdir(parents=True, exist_ok=True)
    name = f"{model}.webp"
    (visualizations.FOLDER / name).write_bytes(buffer.getvalue())
    counts = ", ".join(f'"{layer}" = {len(part)}' for layer, part in parts.items())
    return (
        f'[{model}]\nfile = "{name}"\n'
        f'sha256 = "{hashlib.sha256(buffer.getvalue()).hexdigest()}"\n'
        f"side = {SIDE}\ncolumns = {COLUMNS}\nlayers = {{ {counts} }}\n"
        'made_by = "python -m cvcore.training.feature_maps.visualizations"\nlicence = "MIT"\n'
    )


@command
def main(arguments: list[str] | None = None) -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(arguments)
    output_folder(visualizations.FOLDER)
    rows = [write_grid(model) for model in LAYERS]
    head = "# A sheet of pictures a model, row by row, the layers one after another.\n\n"
    (visualizations.FOLDER / "index.toml").write_text(head + "\n".join(rows), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

"""Train a U-Net on pictures with masks, on Lightning.

    pip install lightning tensorboard
    python -m cvcore.training.segmentation.train person --data person --more coco128
        --out runs/person
    python -m cvcore.training.segmentation.train nuclei --data nuclei --out runs/nuclei

``--data`` has ``images/`` and beside it ``masks/`` or ``labels/`` (see
``cvcore.training.segmentation.data``); your own pairs will do. Fifteen in a hundred are held back
for the score and decide nothing; of the rest, eight in a hundred choose the epoch: the one with the
best Dice on them is kept. Both are measured on whole pictures at their own size (at most 512), with
an exponential moving average of the weights. ``--all`` trains on every pair, for all epochs.
``--start`` begins with other weights; those of a run with another ``--seed`` have seen what is held
back. Interrupted, the same command goes on from the last checkpoint. ``--accelerator``,
``--devices``, ``--nodes``, ``--strategy`` and ``--precision`` are Lightning's own.
The curve goes to TensorBoard (``tensorboard --logdir runs``) and to
csv/version_N/metrics.csv, one file an attempt.
"""

import argparse
import hashlib
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import EarlyStopping, EMAWeightAveraging, ModelCheckpoint
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from cvcore.core.commands import command, input_file, input_folder, number, output_folder, whole
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.engine.packing import narrow, widen
from cvcore.models import unet
from cvcore.segmentation.dataset import Pair, list_pairs, read_pair, split
from cvcore.segmentation.losses import loss_bce_dice
from cvcore.training.convert import save_state
from cvcore.training.flags import add_flags, read_flags
from cvcore.training.segmentation.data import RECIPES, TrainingPairs, WholePairs, repeat_rare
from cvcore.training_lab.callbacks import EndWhereDiverged
from cvcore.training_lab.trainers import build_logs, build_trainer

# Of the second folder's pictures those with the object on this share are trained on: in the others
# it is small and far behind, and such people are not marked in the first folder.
LARGE = 0.2
BUILD = {
    "person": unet.build_person_unet,
    "nuclei": unet.build_nuclei_unet,
    "small": unet.build_small_unet,
}


@dataclass(frozen=True)
class Settings:
    """How a network is trained."""

    model: str = "person"
    epochs: int = 45
    """Passes over the training pictures; the rate is annealed over all of them."""
    batch_size: int = 16
    learning_rate: float = 2e-3
    """The greatest of a one-cycle cosine schedule, for the layers that start untrained."""
    encoder_rate: float = 0.2
    """Share of the rate for the pre-trained way down."""
    weight_decay: float = 1e-2
    edge: float = 1.0
    """How often a pixel near an edge counts in the cross-entropy."""
    average: float = 0.99
    """Share of the past in the moving average of the weights, a step."""
    repeat: int = 1
    """Times that an epoch takes each picture."""
    patience: int = 20
    """Epochs without a better validation Dice before training stops."""
    held_back: float = 0.15
    """Share of the pairs for the score."""
    validation: float = 0.08
    """Share of the others that chooses the epoch."""
    seed: int = 0


SETTINGS = {
    "person": Settings(epochs=80, batch_size=12, edge=2.0, average=0.995, patience=30),
    "nuclei": Settings(model="nuclei", epochs=32, learning_rate=3e-3, encoder_rate=1.0),
    "small": Settings(model="small", epochs=26, learning_rate=3e-3, encoder_rate=1.0),
}


def keep_depthwise_precise(net: nn.Module) -> None:
    """Depthwise convolutions stay in float32: their backward pass in bfloat16 is 4 to 12 times
    slower on a processor."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and module.groups > 1:

            def forward(x: Tensor, plain: Callable[[Tensor], Tensor] = module.forward) -> Tensor:
                with torch.autocast(x.device.type, enabled=False):
                    return plain(x.float())

            module.forward = forward


class Segmenter(lightning.LightningModule):
    """A U-Net with its loss, its scores and its rates."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.save_hyperparameters(asdict(settings))
        self.settings = settings
        self.net = BUILD[settings.model]()
        if settings.model == "person":
            self.net.encoder.load_state_dict(
                {
                    name: value
                    for name, value in checkpoints.load_state("efficientnet_lite0").items()
                    if name in self.net.encoder.state_dict()
                }
            )
        keep_depthwise_precise(self.net)
        self.net.to(memory_format=torch.channels_last)

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        image, target = batch
        logits = self.net(image.contiguous(memory_format=torch.channels_last))
        loss = loss_bce_dice(logits, target, edge=self.settings.edge)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(image))
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        self._score(batch, "val")

    def test_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:  # noqa: PT019
        self._score(batch, "test")

    def _score(self, batch: tuple[Tensor, Tensor], part: str) -> None:
        image, target = batch  # one whole picture, its mask at its own size
        logits = self.net(image).float()
        logits = F.interpolate(logits, target.shape[2:], mode="bilinear", align_corners=False)
        mask, target = logits > 0, target.bool()
        both = (mask & target).sum()
        either = (mask | target).sum()
        values = {
            "dice": 2 * both / (both + either) if either else torch.ones(()),
            "iou": both / either if either else torch.ones(()),
            "loss": loss_bce_dice(logits, target),
        }
        values = {f"{part}_{name}": value for name, value in values.items()}
        self.log_dict(values, on_epoch=True, batch_size=1, sync_dist=True)

    def configure_optimizers(self) -> dict:
        rate, share = self.settings.learning_rate, self.settings.encoder_rate
        groups, rates = [], []
        for module, part in ((self.net.encoder, share), (self.net.decoder, 1), (self.net.head, 1)):
            groups.append({"params": list(module.parameters()), "lr": rate * part})
            rates.append(rate * part)
        optimiser = torch.optim.AdamW(groups, weight_decay=self.settings.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, rates, total_steps=self.trainer.estimated_stepping_batches, pct_start=0.15
        )
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def read_readable(pairs: Sequence[tuple[Path, Path]]) -> list[Pair]:
    """The pairs of files that can be read; the others are named and left out."""
    read = []
    for picture, mask_file in pairs:
        try:
            read.append(read_pair(picture, mask_file))
        except InputError as error:
            print(f"left out: {error}", file=sys.stderr)
    return read


def load_data(
    options: argparse.Namespace, settings: Settings
) -> tuple[TrainingPairs, list[Pair], list[Pair]]:
    """The training squares, the pairs that choose the epoch, and those held back for the score.

    The last two are empty with ``--all``.
    """
    parts: tuple[list[tuple[Path, Path]], ...] = (list_pairs(options.data), [], [])
    if not options.all:
        rest, held_back = split(parts[0], settings.held_back, settings.seed)
        parts = (*split(rest, settings.validation, settings.seed), held_back)
    training, choosing, held = (read_readable(part) for part in parts)
    if not training:
        raise InputError(f"No pair in {options.data} can be trained on: add pictures with masks.")
    recipe = RECIPES["person" if settings.model == "person" else "nuclei"]
    if recipe.repeat_rare:
        training = repeat_rare(training)
    behind: list[Pair] = []
    if options.more:
        more = read_readable(list_pairs(options.more))
        behind = [pair for pair in more if not pair.mask.any()] or more + training
        training += [pair for pair in more if pair.mask.mean() >= LARGE]
    return TrainingPairs(training, recipe, behind=behind, repeat=settings.repeat), choosing, held


def train(options: argparse.Namespace, settings: Settings) -> dict[str, float]:
    """Train, keep the best (with ``--all``: the last) epoch's weights in ``--out``."""
    lightning.seed_everything(settings.seed, workers=True)
    training, choosing, held = load_data(options, settings)
    print(f"{len(training)} to train on, {len(choosing)} choose the epoch, {len(held)} held back")
    batches = DataLoader(
        training,
        settings.batch_size,
        shuffle=True,
        drop_last=len(training) > settings.batch_size,
        num_workers=options.workers,
        persistent_workers=options.workers > 0,
    )
    best = ModelCheckpoint(
        options.out, "best", monitor="val_dice" if choosing else None, mode="max", save_last=True
    )
    callbacks = [EndWhereDiverged(), best, EMAWeightAveraging(decay=settings.average)]
    if choosing:
        callbacks.append(EarlyStopping("val_dice", mode="max", patience=settings.patience))
    trainer = _build_trainer(options, settings.epochs, callbacks)
    task = Segmenter(settings)
    if options.start:
        task.net.load_state_dict(widen(load_file(options.start)))
    last = options.out / "last.ckpt"
    if last.is_file():
        begun = torch.load(last, weights_only=False, map_location="cpu")["hyper_parameters"]
        if begun != asdict(settings):
            raise InputError(f"{options.out} holds a run with other settings: name another --out.")
    as_used = "person" if settings.model == "person" else "nuclei"
    trainer.fit(
        task,
        batches,
        DataLoader(WholePairs(choosing, as_used), 1) if choosing else None,
        ckpt_path=last if last.is_file() else None,
    )
    kept_file = best.best_model_path or last
    scores: dict[str, float] = {}
    if held:
        scores = trainer.test(
            task, DataLoader(WholePairs(held, as_used), 1), ckpt_path=kept_file, verbose=False
        )[0]
    if not trainer.is_global_zero:
        return {}
    kept = torch.load(kept_file, weights_only=False)
    state = {
        name.removeprefix("net."): value
        for name, value in kept["state_dict"].items()
        if name.startswith("net.")
    }
    for path in save_state(narrow(state), f"unet_{settings.model}", options.out):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path.name}  {path.stat().st_size / 1e6:.2f} MB  sha256 {digest}")
    if choosing:
        scores["val_dice"] = float(best.best_model_score)
    return scores


def _build_trainer(
    options: argparse.Namespace, epochs: int, callbacks: list[lightning.Callback]
) -> lightning.Trainer:
    """The device and its share of the work as the command asks for; logs go beside the weights."""
    return build_trainer(
        read_flags(options),
        callbacks=callbacks,
        logs=build_logs(options.out, curves="csv"),
        max_epochs=epochs,
        max_time=options.max_time,
        gradient_clip_val=1.0,
        log_every_n_steps=1,
        enable_progress_bar=options.progress,
    )


def parse(arguments: list[str] | None = None) -> tuple[argparse.Namespace, Settings]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=BUILD)
    parser.add_argument(
        "--data", type=input_folder, required=True, help="folder of pictures and masks"
    )
    parser.add_argument(
        "--more",
        type=input_folder,
        help="a second folder, never held back: where its objects are large they are trained on, "
        "where there are none the picture is a background",
    )
    parser.add_argument("--out", type=Path, required=True, help="checkpoints, curve and weights")
    parser.add_argument("--start", type=input_file, help="weights (.safetensors) to start from")
    parser.add_argument("--all", action="store_true", help="train on all pairs, hold none back")
    parser.add_argument("--seed", type=whole(0, 2**32 - 1))
    parser.add_argument("--epochs", type=whole(1))
    parser.add_argument("--batch_size", type=whole(1))
    parser.add_argument("--learning_rate", type=number(0, 10, open_low=True))
    parser.add_argument("--repeat", type=whole(1))
    parser.add_argument("--patience", type=whole(0))
    parser.add_argument(
        "--workers", type=whole(0), default=1, help="processes that prepare pictures"
    )
    parser.add_argument("--progress", action="store_true", help="show a progress bar")
    add_flags(parser, devices="auto", precision="bf16-mixed")
    parser.add_argument("--max_time", help="DD:HH:MM:SS after which training ends")
    options = parser.parse_args(arguments)
    settings = SETTINGS[options.model]
    names = ("seed", "epochs", "batch_size", "learning_rate", "repeat", "patience")
    chosen = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return options, replace(settings, **chosen)


def main(arguments: list[str] | None = None) -> None:
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    options, settings = parse(arguments)
    output_folder(options.out)
    print(train(options, settings))


if __name__ == "__main__":
    sys.exit(command(main)())

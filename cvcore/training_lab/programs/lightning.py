"""The training in PyTorch Lightning: data module, module, callbacks, Trainer."""

from cvcore.training_lab.programs import digits, networks
from cvcore.training_lab.programs.text import indent, number
from cvcore.training_lab.settings import Settings

DATA = '''\

# 1. The data
@data
{dataset}

class DigitsData(L.LightningDataModule):
    """Digits to train on, to validate with, and to test with at the end."""

    def setup(self, stage):
{choice}{parts}
    def train_dataloader(self):
        return {loader}

    def val_dataloader(self):
        return DataLoader(self.validation, batch_size=500)

    def test_dataloader(self):
        return DataLoader(self.test, batch_size=500)
@
'''
MODULE = """\
@model
class Classifier(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.model = build_model()

    def forward(self, pictures):
        return self.model(pictures)

@step
    def training_step(self, batch, batch_index):
        pictures, targets = batch
        loss = compute_loss(self(pictures), targets)
        self.log("loss", loss)
        return loss

@validation
    def validation_step(self, batch, batch_index):
        self.measure("val", batch)

    def test_step(self, batch, batch_index):
        self.measure("test", batch)

    def measure(self, name, batch):
        pictures, targets = batch
        logits = self(pictures)
        right = (logits.argmax(dim=1) == targets).float().mean()
        self.log(f"{name}_loss", compute_loss(logits, targets))
        self.log(f"{name}_accuracy", right)

@step
    def configure_optimizers(self):
"""
TELL = '''\
@callbacks
class Tell(Callback):
    """Keeps every step's loss, and prints how each epoch ended."""

    def __init__(self):
        self.losses = []

    def on_train_batch_end(self, trainer, module, outputs, batch, batch_index):
        self.losses.append(outputs["loss"].item())

@validation
    def on_validation_end(self, trainer, module):
        loss, accuracy = (trainer.callback_metrics[f"val_{name}"] for name in ("loss", "accuracy"))
        print(f"epoch {trainer.current_epoch + 1}: loss {loss:.4f}, accuracy {accuracy:.1%}")
@
'''


def write(settings: Settings, source: str) -> str:
    """The program's text, with marks of its parts."""
    parts = digits.write_parts(settings, ("self.training", "self.validation", "self.test"))
    data = DATA.format(
        dataset=digits.write_dataset(settings),
        choice=indent(digits.write_choice(settings, source)),
        parts=indent(parts, 8),
        loader=_write_loader(settings),
    )
    return (
        digits.write_about(settings, "lightning")
        + digits.write_constants(settings)
        + data
        + "\n# 2. The network and its loss\n"
        + networks.write_model(settings)
        + "\n\n"
        + networks.write_loss(settings)
        + "\n\n# 3. The module: network, step, validation, optimiser\n"
        + MODULE
        + _write_optimiser(settings)
        + "@\n\n\n# 4. The callbacks and the training\n"
        + TELL
        + "\n\n"
        + _write_trainer(settings)
        + "\n\n# 5. The test\n"
        + '@validation\ntrainer.test(classifier, datamodule=data, ckpt_path="best")\n'
    )


def _write_loader(settings: Settings) -> str:
    text = digits.write_training_loader(settings, "self.training")
    if len(text) + 15 <= 100:
        return text
    inside = text.removeprefix("DataLoader(").removesuffix(")")
    return f"DataLoader(\n            {inside}\n        )"


def _write_optimiser(settings: Settings) -> str:
    optimiser = networks.write_optimiser(settings, "self.parameters()")
    total = digits.count_steps(settings) * settings.epochs
    scheduler = networks.write_scheduler(settings, total)
    if not scheduler:
        return f"        return {optimiser}\n"
    if settings.schedule == "plateau":
        how = '"interval": "epoch", "monitor": "val_loss"'
    else:
        how = '"interval": "step"'
    return (
        f"        optimiser = {optimiser}\n"
        "@schedule\n"
        f"{indent(f'scheduler = {scheduler}', 8)}\n"
        f'        schedule = {{"scheduler": scheduler, {how}}}\n'
        '@step\n        return {"optimizer": optimiser, "lr_scheduler": schedule}\n'
    )


def _write_trainer(settings: Settings) -> str:
    stop = ""
    if settings.early_stopping:
        stop = (
            f'    EarlyStopping("val_loss", min_delta={number(settings.min_delta)}, '
            f"patience={settings.stop_patience}),\n"
        )
    return (
        "L.seed_everything(SEED)  # of what else is drawn at random\n"
        "@data\ndata = DigitsData()\n"
        "@model\nclassifier = Classifier()\n"
        '@callbacks\ntell = Tell()\nbest = ModelCheckpoint(monitor="val_loss")  # best so far\n'
        f"callbacks = [\n    tell,\n    best,\n{stop}]\n"
        "@step\ntrainer = L.Trainer(\n    max_epochs=EPOCHS,\n"
        "@callbacks\n    callbacks=callbacks,\n"
        '    logger=CSVLogger("logs"),\n    enable_progress_bar=False,\n'
        "@validation\n    num_sanity_val_steps=0,\n"
        "@step\n)\ntrainer.fit(classifier, datamodule=data)\n@\n"
    )

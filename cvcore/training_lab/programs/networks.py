"""The networks, losses and optimisers as they are written in PyTorch; marks begin their parts."""

import math

from cvcore.training_lab.programs.text import indent, number
from cvcore.training_lab.settings import Settings

FLAT = {"batch": "nn.BatchNorm1d({0})", "layer": "nn.GroupNorm(1, {0})"}
MAPS = {"batch": "nn.BatchNorm2d({0})", "layer": "nn.GroupNorm(1, {0})"}
GROUP = "nn.GroupNorm(4, {0})"


def _norm(settings: Settings, channels: int | str, *, flat: bool = False) -> list[str]:
    if settings.norm == "none":
        return []
    return [(FLAT if flat else MAPS).get(settings.norm, GROUP).format(channels)]


def _dropout(settings: Settings) -> list[str]:
    return [f"nn.Dropout({number(settings.dropout)})"] if settings.dropout else []


def _dense(settings: Settings, inputs: int, outputs: int) -> list[str]:
    norm = _norm(settings, outputs, flat=True)
    return [f"nn.Linear({inputs}, {outputs})", *norm, "nn.ReLU()", *_dropout(settings)]


def _convolve(settings: Settings, inputs: int, outputs: int, *, pool: bool) -> list[str]:
    norm = _norm(settings, outputs)
    last = ["nn.MaxPool2d(2)"] if pool else []
    return [f"nn.Conv2d({inputs}, {outputs}, 3)", *norm, "nn.ReLU()", *last]


def list_layers(settings: Settings) -> list[str]:
    """Each layer of the network as an expression."""
    if settings.network == "linear":
        return ["nn.Flatten()", "nn.Linear(784, 10)"]
    if settings.network == "residual":
        return _list_residual(settings)
    first, second, *third = settings.hidden
    if settings.network == "mlp":
        hidden = [*_dense(settings, 784, first), *_dense(settings, first, second)]
        return ["nn.Flatten()", *hidden, f"nn.Linear({second}, 10)"]
    last = third[0]
    maps = [
        *_convolve(settings, 1, first, pool=True),
        *_convolve(settings, first, second, pool=True),
    ]
    if settings.network == "simple_cnn":
        dense = _dense(settings, second * 25, last)
        return [*maps, "nn.Flatten()", *dense, f"nn.Linear({last}, 10)"]
    maps += _convolve(settings, second, last, pool=False)
    return [*maps, "nn.Flatten()", *_dropout(settings), f"nn.Linear({last} * 3 * 3, 10)"]


def _list_residual(settings: Settings) -> list[str]:
    hidden = settings.hidden
    blocks, inputs = (settings.depth - 2) // 2, hidden[0]
    first = f"nn.Conv2d(1, {inputs}, 3, stride=2, padding=1)"
    layers = [first, *_norm(settings, inputs), "nn.ReLU()"]
    for stage, width in enumerate(hidden):
        for _ in range((blocks - stage + len(hidden) - 1) // len(hidden)):
            layers.append(f"Block({inputs}, {width})")
            inputs = width
    head = ["nn.AdaptiveAvgPool2d(1)", "nn.Flatten()", *_dropout(settings)]
    return [*layers, *head, f"nn.Linear({inputs}, 10)"]


def _write_block(settings: Settings) -> str:
    norm = _norm(settings, "outputs")
    norms = [f"        self.norm{i} = {norm[0]}" for i in (1, 2)] if norm else ["", ""]
    first, second = ("self.conv1(x)", "self.conv2(y)")
    if norm:
        first, second = f"self.norm1({first})", f"self.norm2({second})"
    text = f'''\
class Block(nn.Module):
    """Two convolutions{", added to what came in" if settings.skips else ""}."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.more = outputs - inputs
        stride = 2 if self.more else 1
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1)
{norms[0]}
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
{norms[1]}

    def forward(self, x):
        y = F.relu({first})
        y = {second}
'''
    if settings.skips:
        text += """\
        if self.more:  # half the side: means over 2 x 2, and channels of zeros
            x = F.pad(F.avg_pool2d(x, 2, ceil_mode=True), (0, 0, 0, 0, 0, self.more))
        y = y + x
"""
    text = (
        text.replace("        self.more = outputs - inputs\n", "") if not settings.skips else text
    )
    if not settings.skips:
        text = text.replace("2 if self.more else 1", "1 if inputs == outputs else 2")
    text += "        return F.relu(y)\n"
    lines = text.split("\n")
    empty = [i for i, line in enumerate(lines) if not line and i and "nn.Conv2d" in lines[i - 1]]
    return "\n".join(line for i, line in enumerate(lines) if norm or i not in empty[:1])


INITIAL = {
    "zeros": "nn.init.zeros_(layer.weight)",
    "small": "nn.init.normal_(layer.weight, std=0.01, generator=draws)",
    "glorot": "nn.init.xavier_uniform_(layer.weight, generator=draws)",
    "he": "nn.init.kaiming_normal_(layer.weight, generator=draws)",
}


def write_model(settings: Settings) -> str:
    """``build_model()``, with all that it needs."""
    block = ""
    if settings.network == "residual":
        block = _write_block(settings) + "\n\n"
    layers = indent("\n".join(f"{layer}," for layer in list_layers(settings)), 8)
    if settings.network == "linear":
        sequence = f"    model = nn.Sequential({', '.join(list_layers(settings))})"
    else:
        sequence = f"    model = nn.Sequential(\n{layers}\n    )"
    draws = ""
    if settings.initialisation != "zeros":
        draws = "    draws = generator(SEED, 1)\n"
    return f"""\
@model
{block}def build_model():
{sequence}
{draws}    for layer in model.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            {INITIAL[settings.initialisation]}
            nn.init.zeros_(layer.bias)
    return model
@
"""


def write_loss(settings: Settings) -> str:
    """``compute_loss``."""
    if settings.loss == "mse":
        return '''\
@loss
def compute_loss(logits, targets):
    """Squared differences of the probabilities from one-hot, summed over classes (Brier, 1950)."""
    hot = F.one_hot(targets, 10).float()
    return (logits.softmax(dim=1) - hot).square().sum(dim=1).mean()
@
'''
    smoothing = ""
    if settings.loss == "label_smoothing":
        smoothing = f"label_smoothing={number(settings.smoothing)}"
    return f"@loss\ncompute_loss = nn.CrossEntropyLoss({smoothing})\n@\n"


def write_optimiser(settings: Settings, parameters: str) -> str:
    """An expression."""
    decay = f", weight_decay={number(settings.weight_decay)}" if settings.weight_decay else ""
    if settings.optimiser == "adamw" and not decay:
        decay = ", weight_decay=0.0"  # PyTorch's own default is 0.01
    kind = {"rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW"}.get(settings.optimiser, "SGD")
    momentum = ", momentum=0.9" if settings.optimiser == "momentum" else ""
    return f"torch.optim.{kind}({parameters}, lr=RATE{momentum}{decay})"


def write_scheduler(settings: Settings, total: int) -> str:
    """An expression of ``optimiser``; empty where the rate is constant."""
    if settings.schedule == "step":
        return f"torch.optim.lr_scheduler.StepLR(optimiser, {max(1, math.ceil(total / 3))})"
    if settings.schedule == "cosine":
        return f"torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max={total})"
    if settings.schedule == "one_cycle":
        return (
            "torch.optim.lr_scheduler.OneCycleLR(\n"
            f"    optimiser, max_lr=RATE, total_steps={total}, cycle_momentum=False\n)"
        )
    if settings.schedule == "plateau":
        return (
            "torch.optim.lr_scheduler.ReduceLROnPlateau(\n"
            f"    optimiser,\n    factor={number(settings.factor)},\n"
            f"    patience={settings.patience - 1},  # acts at the epoch after these\n"
            f'    threshold={number(settings.min_delta)},\n    threshold_mode="abs",\n)'
        )
    return ""

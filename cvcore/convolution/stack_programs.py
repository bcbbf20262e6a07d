"""A stack as a program: a PyTorch module, and the same in Keras."""

from collections.abc import Iterable
from typing import Any

from cvcore.convolution.stack import Layer, describe_stack
from cvcore.core.errors import InputError

_ADD = '''class Residual(nn.Module):
    """What the lines make of the input, and the input itself: added."""

    def __init__(self, lines, shortcut):
        super().__init__()
        self.lines, self.shortcut = lines, shortcut

    def forward(self, x):
        return self.lines(x) + self.shortcut(x)
'''
_SIDE_BY_SIDE = '''class Concat(nn.Module):
    """What each branch makes of the same input, side by side."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], dim=1)
'''
_SQUEEZE = '''class SqueezeExcite(nn.Module):
    """Weighs each channel by what the whole picture says."""

    def __init__(self, channels, few):
        super().__init__()
        self.weigh = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, few, 1), nn.SiLU(),
            nn.Conv2d(few, channels, 1), nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.weigh(x)
'''
_TORCH_ACTIVATIONS = {
    "relu": "nn.ReLU()", "relu6": "nn.ReLU6()", "silu": "nn.SiLU()", "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()", "softmax": "nn.Softmax(dim=1)",
}  # fmt: skip


def write_torch(layers: str | Iterable[str]) -> str:
    """A runnable PyTorch program that builds the stack as ``net``, an ``nn.Sequential``.

    It takes float (N, C, H, W). Errors as in :func:`cvcore.convolution.describe_stack`.
    """
    rows = describe_stack(layers)
    body = _write_rows(list(rows[1:]), 1)
    helpers = [
        text
        for name, text in (
            ("Residual(", _ADD),
            ("Concat(", _SIDE_BY_SIDE),
            ("SqueezeExcite(", _SQUEEZE),
        )
        if any(name in line for line in body)
    ]
    height, width, channels = rows[0].output_shape
    parts = ["import torch\nfrom torch import nn\n", *helpers]
    shape = f"(1, {channels}, {height}, {width})"
    return (
        "\n\n".join(parts)
        + "\n\nnet = nn.Sequential(\n"
        + "\n".join(body)
        + f'\n)\n\nif __name__ == "__main__":\n    print(net(torch.zeros{shape}).shape)\n'
    )


def _split(rows: list[Layer]) -> list[tuple[Layer, list[Layer]]]:
    """The rows at the outermost level, each with those inside it."""
    groups: list[tuple[Layer, list[Layer]]] = []
    for row in rows:
        if groups and row.depth > groups[-1][0].depth:
            groups[-1][1].append(row)
        else:
            groups.append((row, []))
    return groups


def _write_rows(rows: list[Layer], depth: int) -> list[str]:
    tab, lines = "    " * depth, list[str]()
    groups, branches = _split(rows), list[list[Layer]]()
    for place, (row, inside) in enumerate(groups):
        after = groups[place + 1] if place + 1 < len(groups) else None
        if row.kind == "branch":
            branches.append(inside)
        elif row.kind == "concat":
            lines += [f"{tab}Concat("]
            for branch in branches:
                lines += _write_sequence(branch, depth + 1)
            lines += [f"{tab}),"]
            branches = []
        elif row.kind == "residual":
            way = after[1] if after and after[0].kind == "shortcut" else []
            lines += [f"{tab}Residual(", *_write_sequence(inside, depth + 1)]
            lines += [*_write_sequence(way, depth + 1), f"{tab}),"]
        elif row.kind in ("block", "repeat"):
            lines += _write_sequence(inside, depth)
        elif row.kind != "shortcut":
            lines += [f"{tab}{one}," for one in _write_torch_layer(row)]
    return lines


def _write_sequence(rows: list[Layer], depth: int) -> list[str]:
    tab = "    " * depth
    if not rows:
        return [f"{tab}nn.Identity(),"]
    return [f"{tab}nn.Sequential(", *_write_rows(rows, depth + 1), f"{tab}),"]


def _write_torch_layer(row: Layer) -> list[str]:
    """The modules of a row, without their commas."""
    told: Any = row.settings
    bias = "" if told.get("bias", True) else ", bias=False"
    match row.kind:
        case "conv" | "depthwise":
            (top, bottom), (left, right) = told["pads"]
            even = top == bottom and left == right
            before = [] if even else [f"nn.ZeroPad2d(({left}, {right}, {top}, {bottom}))"]
            words = _stride(told) + (f", padding={_pair(top, left)}" if even and top + left else "")
            words += f", groups={told['groups']}" if told["groups"] > 1 else ""
            sizes = f"{told['channels']}, {told['filters']}, {_pair(*told['kernel'])}"
            return [*before, f"nn.Conv2d({sizes}{words}{bias})"]
        case "transposed":
            sizes = f"{told['channels']}, {told['filters']}, {_pair(*told['kernel'])}"
            pad = f", padding={told['padding']}" if told["padding"] else ""
            return [f"nn.ConvTranspose2d({sizes}{_stride(told)}{pad}{bias})"]
        case "pool" if told["how"] == "adaptive":
            return [f"nn.AdaptiveAvgPool2d({_pair(*row.output_shape[:2])})"]
        case "pool":
            name = "AvgPool2d" if told["how"] == "average" else "MaxPool2d"
            pad = f", padding={told['padding']}" if told["padding"] else ""
            return [f"nn.{name}({_pair(*told['kernel'])}, stride={told['stride']}{pad})"]
        case "norm":
            return [f"nn.BatchNorm{1 if told['flat'] else 2}d({told['channels']})"]
        case "upsample":
            corners = ", align_corners=False" if told["mode"] == "bilinear" else ""
            return [f'nn.Upsample(scale_factor={told["factor"]}, mode="{told["mode"]}"{corners})']
        case "squeeze":
            return [f"SqueezeExcite({told['channels']}, {told['few']})"]
        case "flatten":
            return ["nn.Flatten()"]
        case "dense":
            return [f"nn.Linear({told['inputs']}, {told['units']}{bias})"]
        case _ if told["name"] == "dropout":
            return [f"nn.Dropout({told['share']:g})"]
    return [_TORCH_ACTIVATIONS[told["name"]]]


def _stride(told: Any) -> str:
    return f", stride={told['stride']}" if told["stride"] > 1 else ""


def _pair(rows: int, columns: int) -> str:
    return str(rows) if rows == columns else f"({rows}, {columns})"


def write_keras(layers: str | Iterable[str]) -> str:
    """A Keras 3 program that builds the stack as ``model``, by the functional API.

    It takes float (N, H, W, C). Batch norms are PyTorch's (epsilon 1e-5, momentum 0.9); Keras
    counts their running mean and variance as parameters that are not trained. The same weights
    give the same numbers as :func:`write_torch`'s, but for the order of what is flattened: channels
    come last here. Errors as in
    :func:`cvcore.convolution.describe_stack`; ``InputError`` also for what Keras has no layer for.
    """
    rows = describe_stack(layers)
    body: list[str] = []
    last = _write_keras_rows(list(rows[1:]), "x", body)
    shape = ", ".join(map(str, rows[0].output_shape))
    return "\n".join(
        [
            "import keras", "from keras import layers", "", f"inputs = keras.Input(({shape}))",
            "x = inputs", *body, f"model = keras.Model(inputs, {last})", "model.summary()", "",
        ]
    )  # fmt: skip


def _write_keras_rows(rows: list[Layer], name: str, body: list[str]) -> str:
    """Append lines that go on from the variable ``name``; the variable that holds the result."""
    groups, ways = _split(rows), list[str]()
    for place, (row, inside) in enumerate(groups):
        after = groups[place + 1] if place + 1 < len(groups) else None
        if row.kind == "branch":
            ways.append(_begin(f"{name}_{len(ways) + 1}", name, inside, body))
        elif row.kind == "concat":
            body.append(f"{name} = layers.Concatenate()([{', '.join(ways)}])")
            ways = []
        elif row.kind == "residual":
            way = name
            if after and after[0].kind == "shortcut":
                way = _begin(f"{name}_way", name, after[1], body)
            made = _begin(f"{name}_made", name, inside, body)
            body.append(f"{name} = layers.Add()([{made}, {way}])")
        elif row.kind in ("block", "repeat"):
            _write_keras_rows(inside, name, body)
        elif row.kind != "shortcut":
            body += [f"{name} = {one}({name})" for one in _write_keras_layer(row, name, body)]
    return name


def _begin(new: str, name: str, rows: list[Layer], body: list[str]) -> str:
    """A variable of its own for what some rows make of ``name``; itself where there are none."""
    if not rows:
        return name
    body.append(f"{new} = {name}")
    return _write_keras_rows(rows, new, body)


def _write_keras_layer(row: Layer, name: str, body: list[str]) -> list[str]:
    told: Any = row.settings
    bias = "" if told.get("bias", True) else ", use_bias=False"
    match row.kind:
        case "conv" | "depthwise":
            before, padding = _pad_keras(row)
            first = "" if row.kind == "depthwise" else f"{told['filters']}, "
            groups = (
                f", groups={told['groups']}" if row.kind == "conv" and told["groups"] > 1 else ""
            )
            kind = "DepthwiseConv2D" if row.kind == "depthwise" else "Conv2D"
            window = f"{first}{_pair(*told['kernel'])}, strides={told['stride']}"
            return [*before, f"layers.{kind}({window}{padding}{groups}{bias})"]
        case "transposed":
            window = f"{told['filters']}, {_pair(*told['kernel'])}, strides={told['stride']}"
            pad = told["padding"]  # cut off; Keras fills up to the stride, which PyTorch does not
            cuts = tuple((pad, pad + max(told["stride"] - side, 0)) for side in told["kernel"])
            crop = [f"layers.Cropping2D({cuts})"] if any(map(any, cuts)) else []
            return [f"layers.Conv2DTranspose({window}{bias})", *crop]
        case "pool" if told["how"] == "adaptive":
            if row.output_shape[:2] == (1, 1):
                return ["layers.GlobalAveragePooling2D(keepdims=True)"]
            if not told["even"]:
                raise InputError(
                    f"Keras has no layer for “{row.line}”: its windows are not all of one size. "
                    "Choose a size that divides the map's."
                )
            return [f"layers.AveragePooling2D({_pair(*told['kernel'])})"]
        case "pool":
            window = f"{_pair(*told['kernel'])}, strides={told['stride']}"
            if told["how"] == "average":  # the zeros count, as in PyTorch; not so with "same"
                pads = [f"layers.ZeroPadding2D({told['pads']})"] if told["padding"] else []
                return [*pads, f"layers.AveragePooling2D({window})"]
            before, padding = _pad_keras(row)
            if before:  # with what no maximum is, as in PyTorch
                rows, columns = told["pads"]
                pads = f'((0, 0), {rows}, {columns}, (0, 0)), constant_values=float("-inf")'
                body.append(f"{name} = keras.ops.pad({name}, {pads})")
            return [f"layers.MaxPooling2D({window}{padding})"]
        case "norm":
            return ["layers.BatchNormalization(epsilon=1e-5, momentum=0.9)"]
        case "upsample":
            return [f'layers.UpSampling2D({told["factor"]}, interpolation="{told["mode"]}")']
        case "squeeze":
            return _write_keras_squeeze(row, name, body)
        case "flatten":
            return ["layers.Flatten()"]
        case "dense":
            return [f"layers.Dense({told['units']}{bias})"]
        case _ if told["name"] == "dropout":
            return [f"layers.Dropout({told['share']:g})"]
        case _ if told["name"] == "relu6":
            return ["layers.ReLU(6)"]
    return [f'layers.Activation("{told["name"]}")']


def _write_keras_squeeze(row: Layer, name: str, body: list[str]) -> list[str]:
    told: Any = row.settings
    body += [
        f"{name}_weigh = layers.GlobalAveragePooling2D(keepdims=True)({name})",
        f'{name}_weigh = layers.Conv2D({told["few"]}, 1, activation="silu")({name}_weigh)',
        f'{name}_weigh = layers.Conv2D({told["channels"]}, 1, activation="sigmoid")({name}_weigh)',
        f"{name} = layers.Multiply()([{name}, {name}_weigh])",
    ]
    return []


def _pad_keras(row: Layer) -> tuple[list[str], str]:
    """Padding as Keras knows it: none, "same", or a layer of zeros before."""
    told: Any = row.settings
    pads = told["pads"]
    if pads == ((0, 0), (0, 0)):
        return [], ""
    same = tuple(
        (need // 2, need - need // 2)
        for side, kernel in zip(told["input_hw"], told["kernel"], strict=True)
        for need in (max((-(-side // told["stride"]) - 1) * told["stride"] + kernel - side, 0),)
    )
    if pads == same:
        return [], ', padding="same"'
    return [f"layers.ZeroPadding2D({pads})"], ""

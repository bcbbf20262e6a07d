"""Which way when: the four ways on few and on many pictures, like ImageNet's and unlike them."""

from collections.abc import Iterator
from dataclasses import replace

import torch

from cvcore.core.checks import show
from cvcore.core.errors import InputError
from cvcore.engine.isolation import undisturbed
from cvcore.recognition.datasets import Data, Part, load_clothes, load_digits
from cvcore.training_lab.transfer_learning.settings import WAYS, TransferSettings
from cvcore.training_lab.transfer_learning.training import transfer

HELD_BACK = 10  # of each class, to validate with and to test with


def load_kind(kind: str) -> Data:
    """ "clothes", photographs in colour, or "digits", in white on black: ten classes each, ten
    pictures of a class to validate with and as many to test with."""
    if kind not in ("clothes", "digits"):
        raise InputError(f"There are no pictures {show(kind)}: choose clothes or digits.")
    data = load_clothes("colour") if kind == "clothes" else load_digits()

    def cut(part: Part) -> Part:
        chosen = [torch.nonzero(part.labels == one).flatten()[:HELD_BACK] for one in range(10)]
        return part.take(torch.cat(chosen))

    return replace(data, validation=cut(data.validation), test=cut(data.test))


@undisturbed
def measure_ways(kind: str, per_class: int, *, seed: int = 0) -> Iterator[tuple[str, float]]:
    """Each way with so many pictures a class, and its share right (0 to 1) of the 200 pictures of
    ``load_kind`` that are held back. A minute for many pictures on two cores."""
    data = load_kind(kind)
    for way in WAYS:
        settings = TransferSettings(way=way, per_class=per_class, seed=seed)
        *_, last = transfer(settings, data)
        assert last.test is not None
        yield way, (float(last.validation_accuracy[-1]) + last.test.accuracy) / 2

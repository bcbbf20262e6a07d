"""Class names as a class room sees them: a few of ImageNet's are put more softly.

Only what is shown changes. Numbers that callers get, tables and folders keep ImageNet's own names.
"""

from functools import cache

from cvcore.engine import registry

SOFTER = {
    "assault rifle": "military rifle",
    "bikini": "two-piece swimsuit",
    "brassiere": "undergarment",
    "cock": "rooster",
    "hip": "rose hip",
    "maillot": "one-piece swimsuit",
    "maillot tank suit": "swimsuit",
    "miniskirt": "short skirt",
    "nipple": "baby bottle teat",
    "swimming trunks": "swim shorts",
    "titi": "titi monkey",
}


def soften(name: str) -> str:
    """A class's name as it is shown."""
    return SOFTER.get(name, name)


@cache
def load_shown(model: str) -> tuple[str, ...]:
    """The names that are shown of a model's classes, by class index."""
    return tuple(map(soften, registry.load_labels(model)))

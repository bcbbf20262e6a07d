"""Numbers noted when the networks were kept."""

import json
from functools import cache

from cvcore.engine import registry


@cache
def load_lesson() -> dict:
    """By run: curves, KIDs, directions, logits and spread of the discriminator."""
    registry.check_files("gan_lessons")
    return json.loads(registry.get_weight("gan_lessons").paths[0].read_text(encoding="utf-8"))

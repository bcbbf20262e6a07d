"""Layers of the bundled network in words: how large their maps are, and in which stage they lie.

A stage is a row of blocks with maps of one size, counted from 1; before them comes the stem, after
them the head.
"""

import re

SIDES = {  # places a side of its maps, of a picture of 224 pixels as the network was trained on
    "stem": 112, "stage 1": 112, "stage 2": 56, "stage 3": 28, "stage 4": 14, "stage 5": 14,
    "stage 6": 7, "stage 7": 7, "head": 7,
}  # fmt: skip


def find_stage(layer: str) -> str:
    """Where a layer lies by its module, ``blocks.3.2`` in ``"stage 4"``; "" where it is in none."""
    if layer in ("conv_stem", "bn1", "act1"):
        return "stem"
    found = re.match(r"blocks\.(\d)\.\d", layer)
    return f"stage {int(found[1]) + 1}" if found else ""


def name_stage(stage: str) -> str:
    """``"14 × 14, stage 4"``: one of ``SIDES`` by its size first."""
    return f"{SIDES[stage]} × {SIDES[stage]}, {stage}"


def name_layer(layer: str) -> str:
    """A layer by size and stage; by its module where it is another network's."""
    stage = find_stage(layer)
    return name_stage(stage) if stage in SIDES else layer

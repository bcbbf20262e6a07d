"""What a visitor's own browser is given for the webcam's masks."""

import numpy as np
import pytest

from cvcore import segmentation as seg
from cvcore.core.errors import InputError
from cvcore.engine import browser
from cvcore.engine.cutting import Part
from cvcore.engine.predictor import open_session
from demos.components.in_browser import find_network
from demos.segmentation import live

LONGEST = 96  # pixels: enough for every level


def open_part(folder, name, part):
    network = browser.load(name, part=part)
    (folder / "weights").write_bytes(network.weights)
    (folder / "graph.onnx").write_bytes(network.graph)
    return open_session(folder / "graph.onnx")


@pytest.mark.parametrize("model", seg.WEIGHTS)
def test_the_way_down_and_the_way_up_are_the_whole_network(astronaut, tmp_path, model):
    name, parts = seg.WEIGHTS[model], live.list_parts()
    batch = seg.to_input(astronaut, model=model, longest=LONGEST)
    down = open_part(tmp_path, name, parts[name, "down"]).run(None, {"image": batch})
    upward = open_part(tmp_path, name, parts[name, "up"])
    for cut in ((), (0, 2)):
        carried = [np.zeros_like(one) if i in cut else one for i, one in enumerate(down)]
        *up, logits = upward.run(None, dict(zip(seg.DOWN[model], carried, strict=True)))
        walk = seg.walk_levels(astronaut, model=model, longest=LONGEST, cut=cut)
        sides = [("down", one) for one in down] + [("up", one) for one in up]
        assert [(level.side, level.shape) for level in walk.levels] == [
            (side, one.shape[1:]) for side, one in sides
        ]
        probability = seg.to_probability(logits[0, 0], astronaut.shape[:2])
        difference = np.abs(probability - walk.mask.probability)
        assert difference.max() < 0.1  # weights in half precision
        assert difference.mean() < 1e-3


def test_a_browser_gets_no_other_parts():
    parts = live.list_parts()
    with pytest.raises(InputError, match="no part"):
        find_network({"name": "unet_person", "part": "sideways"}, parts)
    with pytest.raises(InputError, match="not cut there"):
        browser.load("unet_person", part=Part(("no.such.layer",)))
    with pytest.raises(InputError):
        live.ask("password")

"""What painters learn of each style by itself is read off its numbers afterwards."""

import numpy as np
import pytest
import torch

pytest.importorskip("lightning")
from cvcore.models.style_network import STYLE_NUMBERS, build_style_network
from cvcore.training.style_transfer.own_painter import OwnNorms


@pytest.mark.parametrize("count", [1, 3])
def test_the_folded_network_paints_each_style_as_it_was_learnt(count):
    torch.manual_seed(0)
    network = build_style_network().eval()
    norms = OwnNorms(network, torch.randn(count, STYLE_NUMBERS))
    crop = torch.rand(1, 3, 16, 20)
    with torch.no_grad():
        before = norms.paint(network, crop, 0)
        for rows in norms.values.values():
            rows += 0.3 * torch.randn_like(rows)
        learnt = [norms.paint(network, crop, style) for style in range(count)]
        network.load_state_dict(norms.fold(network))
        for style, expected in enumerate(learnt):
            found = network(crop, norms.numbers[style : style + 1])
            np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.abs(learnt[0] - before).max() > 0.01

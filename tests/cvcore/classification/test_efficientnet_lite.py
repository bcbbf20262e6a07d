"""The networks beside timm's, on the bundled weights."""

import pytest
import torch

from cvcore.engine import checkpoints, registry


@pytest.mark.parametrize("name", ["efficientnet_lite0", "efficientnet_lite2"])
def test_same_logits_and_input_as_timm(name):
    import timm

    state = checkpoints.load_state(name)
    theirs = timm.create_model(f"tf_{name}").eval()
    theirs.load_state_dict(state)
    ours = checkpoints.load_model(name).cpu()
    batch = torch.rand(2, 3, 97, 130, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(ours(batch), theirs(batch * 2 - 1))
    recipe, usual = registry.get_weight(name).preprocessing, theirs.default_cfg
    assert recipe.interpolation == usual["interpolation"]
    assert (3, recipe.crop, recipe.crop) == usual["input_size"]
    assert recipe.crop / recipe.resize == pytest.approx(usual["crop_pct"], abs=5e-4)

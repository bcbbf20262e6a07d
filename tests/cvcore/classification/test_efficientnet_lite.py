"""The network beside timm's, on the bundled weights."""

import torch

from cvcore.engine import checkpoints


def test_same_logits_as_timm():
    import timm

    state = checkpoints.load_state("efficientnet_lite0")
    theirs = timm.create_model("tf_efficientnet_lite0").eval()
    theirs.load_state_dict(state)
    ours = checkpoints.load_model("efficientnet_lite0").cpu()
    batch = torch.rand(2, 3, 97, 130, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(ours(batch), theirs(batch * 2 - 1))

"""Weights in 8 bits with a scale an output channel."""

import numpy as np
import torch

from cvcore.engine import checkpoints, packing, registry
from cvcore.training.convert import save_state


def test_a_channel_by_hand():
    packed, scale = packing.round_channels(np.array([[127.0, -63.6, 0.4], [0, 0, 0]], np.float32))
    assert packed.tolist() == [[127, -64, 0], [0, 0, 0]]
    assert scale.shape == (2, 1)
    assert scale[0, 0] == 1


def test_no_weight_is_further_than_half_a_step_where_none_is_cut_off():
    weights = np.random.default_rng(0).normal(0, 0.02, (20, 7, 3, 3)).astype(np.float32)
    packed, scale = packing.round_channels(weights)
    wide = scale.astype(np.float32)
    # the scale itself is rounded to 11 bits, so that the greatest may lie a little further off
    assert (np.abs(packed * wide - weights) <= wide * 0.5 + 127 * wide * 2**-11).all()


def test_vectors_and_counts_stay_and_a_file_says_what_is_packed(tmp_path, monkeypatch):
    state = {
        "w": torch.randn(4, 25, 3, 3, generator=torch.Generator().manual_seed(0)),
        "few": torch.full((8, 1, 3, 3), 1 / 3),
        "b": torch.tensor([0.1, 1e9]), "n": torch.tensor(3),
    }  # fmt: skip
    narrowed = packing.narrow(state)
    assert [narrowed[name].dtype for name in state] == [
        torch.int8, torch.float16, torch.float32, torch.int64,
    ]  # fmt: skip
    (path,) = save_state(narrowed, "probe", tmp_path)
    row = registry.Weight("probe", "Probe", "classification", files=(path.name,))
    monkeypatch.setattr(registry.Weight, "paths", property(lambda _: (path,)))
    monkeypatch.setattr(checkpoints, "get_weight", lambda _: row)
    monkeypatch.setattr(checkpoints, "check_files", lambda _: None)
    loaded = checkpoints.load_state("probe")
    assert set(loaded) == set(state)
    assert loaded["w"].dtype == torch.float32
    torch.testing.assert_close(loaded["w"], state["w"], atol=0.02, rtol=0)
    assert torch.equal(loaded["few"], state["few"].half().float())
    assert torch.equal(loaded["b"], state["b"])
    assert torch.equal(loaded["n"], state["n"])


def test_bundled_networks_in_8_bits_are_a_file_each_that_fits():
    for name in ("yolov3_tiny", "efficientnet_lite2"):
        (path,) = registry.get_weight(name).paths
        assert path.stat().st_size < 9.5e6

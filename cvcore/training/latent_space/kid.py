"""How far made pictures are from real ones: the kernel distance on the bundled network's features.

Binkowski et al., "Demystifying MMD GANs", ICLR 2018, with EfficientNet-Lite0's pooled features in
place of Inception's; so the numbers compare with each other alone, not with published ones.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.engine.checkpoints import load_model

PICTURES = 1000
INPUT_SIDE = 128  # pixels: what the features are computed at
LATENT_SEED = 1000


class Features(nn.Module):
    """uint8 (N, C, H, W) to the network's last pooled features (N, 1280)."""

    num_features = 1280  # asked for by torchmetrics

    def __init__(self) -> None:
        super().__init__()
        self.network = load_model("efficientnet_lite0")

    @torch.inference_mode()
    def forward(self, pictures: Tensor) -> Tensor:
        x = pictures.float() / 255
        x = F.interpolate(x.expand(-1, 3, -1, -1), (INPUT_SIDE, INPUT_SIDE), mode="bilinear")
        kept = []
        hook = self.network.classifier.register_forward_pre_hook(
            lambda _, inputs: kept.append(inputs[0])
        )
        try:
            self.network(x)
        finally:
            hook.remove()
        return kept[0].clone()


class KernelDistance:
    """The distance of a generator from a thousand real pictures, drawn once."""

    def __init__(self, real: Tensor, *, seed: int) -> None:
        from torchmetrics.image.kid import KernelInceptionDistance

        order = torch.randperm(len(real), generator=torch.Generator().manual_seed(seed))
        self.metric = KernelInceptionDistance(
            Features(), subsets=20, subset_size=PICTURES // 2, reset_real_features=False
        )
        for part in real[order[:PICTURES]].split(50):
            self.metric.update(part, real=True)

    def measure(self, generator: nn.Module) -> tuple[float, float]:
        """KID of a thousand pictures from fixed latents, smaller is better, and its deviation.

        Both are over twenty pairs of subsets of five hundred, which are always the same.
        """
        from cvcore.models.gan import LATENT_SIZE
        from cvcore.training.latent_space.drawing import draw

        latents = torch.randn(
            PICTURES, LATENT_SIZE, generator=torch.Generator().manual_seed(LATENT_SEED)
        )
        classes = torch.arange(PICTURES) % 10 if generator.classes else None
        self.metric.reset()
        for start in range(0, PICTURES, 50):
            rows = slice(start, start + 50)
            part = None if classes is None else classes[rows]
            self.metric.update(draw(generator, latents[rows], part), real=False)
        with torch.random.fork_rng():  # the subsets are drawn at random
            torch.manual_seed(LATENT_SEED)
            mean, deviation = self.metric.compute()
        return float(mean), float(deviation)

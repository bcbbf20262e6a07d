"""DeepDream: 4 octaves of 10 steps at 320 pixels, beside the tutorials' way on GoogLeNet.

The tutorials' network has random weights here: they take the same time. Both use the same picture,
sizes and number of steps, and neither computes gradients of its weights.
"""

import torch
from torch.nn import functional as F
from torchvision.models import googlenet

from benchmarks.harness import Row, measure
from cvcore import deep_dream
from cvcore.core import images, samples
from cvcore.deep_dream import motion


def run() -> list[Row]:
    picture = samples.load_sample("chelsea")
    network = googlenet(weights=None, init_weights=False).eval().requires_grad_(False)
    activations = []
    network.inception4c.register_forward_hook(lambda *args: activations.append(args[2]))

    def ours() -> None:
        for _ in deep_dream.dream(picture):
            pass

    def theirs() -> None:
        start = deep_dream.to_start(picture, 320).cpu()
        image = start
        for octave in range(3, -1, -1):
            size = [round(side / 1.4**octave) for side in start.shape[2:]]
            image = F.interpolate(image.detach(), size, mode="bicubic").requires_grad_()
            for _ in range(10):
                activations.clear()
                network(image)
                activations[0].norm().backward()
                with torch.no_grad():
                    image += 0.01 * image.grad / image.grad.abs().mean()
                    image.grad.zero_()

    frame, state = images.resize(picture, (480, 640)), [None]

    def live() -> None:
        _, state[0] = motion.dream_on(frame, state[0])

    spent = measure(live)
    return [
        Row(
            "320 px, 4 octaves x 10 steps",
            measure(ours, seconds=3, warm_up=1),
            "the tutorials' loop, GoogLeNet inception4c",
            measure(theirs, seconds=3, warm_up=1),
        ),
        Row("a webcam frame, 2 steps at 208 px", spent, note=f"{1000 / spent:.0f} a second"),
    ]

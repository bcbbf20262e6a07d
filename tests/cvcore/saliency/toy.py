"""A small network of its own, for maps that other libraries draw of it too."""

import numpy as np
import torch
from torch import nn

from cvcore.saliency.target import Target


class ToyNet(nn.Module):
    """Two convolutions and a mean; ``act`` is used twice."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 5, 3, padding=1)
        self.act, self.last = nn.ReLU(), nn.Linear(5, 6)

    def forward(self, x):
        x = self.act(self.second(self.act(self.first(x))))
        return self.last(x.mean((2, 3)))


class ToyTarget(Target):
    def __init__(self, net, class_idx=2, minus_class=None):
        super().__init__("toy", class_idx, minus_class)
        object.__setattr__(self, "net", net)

    def load_net(self):
        return self.net

    def _predict(self, inputs):
        with torch.inference_mode():
            return self.net(torch.from_numpy(np.asarray(inputs, np.float32))).numpy()

"""YOLOv3-tiny: boxes from one pass of a small network.

Redmon and Farhadi, "YOLOv3: An Incremental Improvement", 2018, arXiv:1804.02767. The picture is
cut into two grids, of 32 and of 16 pixels a cell. Each cell has three anchors (typical widths and
heights) and says 85 numbers for each of them: where the box lies (tx, ty, tw, th), whether there
is an object (to), and 80 class logits.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NUM_CLASSES = 80
NUM_ANCHORS = 3  # a cell
NUM_OUTPUTS = NUM_ANCHORS * (5 + NUM_CLASSES)


class ConvBlock(nn.Module):
    """Convolution, batch normalisation, leaky ReLU with slope 0.1; keeps height and width."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        padding = kernel_size // 2
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.bn(self.conv(x)), 0.1)


class YoloV3Tiny(nn.Module):
    """Thirteen convolutions, two heads.

    Input float (N, 3, H, W), RGB in [0, 1], H and W multiples of 32. Output the raw numbers of the
    coarse and of the fine grid: (N, 255, H/32, W/32) and (N, 255, H/16, W/16), where channel
    ``85 a + i`` holds number ``i`` of anchor ``a``.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 16, 32, 64, 128, 256, 512, 1024)
        self.backbone = nn.ModuleList(
            ConvBlock(before, after, 3) for before, after in pairwise(widths)
        )
        self.neck = ConvBlock(1024, 256, 1)
        self.coarse = ConvBlock(256, 512, 3)
        self.coarse_head = nn.Conv2d(512, NUM_OUTPUTS, 1)
        self.up = ConvBlock(256, 128, 1)
        self.fine = ConvBlock(128 + 256, 256, 3)
        self.fine_head = nn.Conv2d(256, NUM_OUTPUTS, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        for block in self.backbone[:4]:
            x = F.max_pool2d(block(x), 2)  # (N, 128, H/16, W/16) after the last
        skip = self.backbone[4](x)  # (N, 256, H/16, W/16)
        x = self.backbone[5](F.max_pool2d(skip, 2))  # (N, 512, H/32, W/32)
        x = F.max_pool2d(F.pad(x, (0, 1, 0, 1), value=float("-inf")), 2, stride=1)
        x = self.neck(self.backbone[6](x))  # (N, 256, H/32, W/32)
        coarse = self.coarse_head(self.coarse(x))
        x = F.interpolate(self.up(x), scale_factor=2.0, mode="nearest")
        fine = self.fine_head(self.fine(torch.cat((x, skip), dim=1)))
        return coarse, fine


def decode(head: Tensor, anchors: tuple[tuple[float, float], ...], stride: int) -> Tensor:
    """One grid's raw numbers (N, 255, h, w) as boxes and scores (N, 84, 3 h w).

    A box: ``x = (sigmoid(tx) + column) * stride``, ``y`` likewise with the row,
    ``w = anchor_w * exp(tw)``, ``h = anchor_h * exp(th)``, in pixels of the network's input
    (x and y are the centre). A class score: ``sigmoid(to) * sigmoid(class logit)``.
    """
    n, _, rows, columns = head.shape
    raw = head.view(n, len(anchors), 5 + NUM_CLASSES, rows, columns)
    row = torch.arange(rows, device=head.device, dtype=head.dtype).view(1, 1, rows, 1)
    column = torch.arange(columns, device=head.device, dtype=head.dtype).view(1, 1, 1, columns)
    size = torch.tensor(anchors, device=head.device, dtype=head.dtype).view(1, -1, 2, 1, 1)
    x = (raw[:, :, 0].sigmoid() + column) * stride
    y = (raw[:, :, 1].sigmoid() + row) * stride
    wh = raw[:, :, 2:4].exp() * size
    scores = raw[:, :, 4:5].sigmoid() * raw[:, :, 5:].sigmoid()
    rows_of = torch.cat((x.unsqueeze(2), y.unsqueeze(2), wh, scores), dim=2)
    return rows_of.permute(0, 2, 1, 3, 4).reshape(n, 4 + NUM_CLASSES, -1)


class DecodedYolo(nn.Module):
    """The same network with ultralytics' output: one tensor (N, 84, boxes), xywh and scores."""

    def __init__(
        self,
        net: YoloV3Tiny,
        anchors: tuple[tuple[tuple[float, float], ...], ...],
        strides: tuple[int, ...],
    ) -> None:
        super().__init__()
        self.net, self.anchors, self.strides = net, anchors, strides

    def forward(self, x: Tensor) -> Tensor:
        heads = zip(self.net(x), self.anchors, self.strides, strict=True)
        return torch.cat([decode(head, anchors, stride) for head, anchors, stride in heads], dim=2)


def build_yolov3_tiny() -> YoloV3Tiny:
    return YoloV3Tiny()

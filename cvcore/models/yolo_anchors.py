"""The grids of YOLOv3-tiny and the boxes that their cells start from; no PyTorch is needed."""

STRIDES = (32, 16)  # pixels a cell, grid by grid
# YOLOv3-tiny's anchors: width and height in pixels of the network's input, three a grid.
ANCHORS = (
    ((81.0, 82.0), (135.0, 169.0), (344.0, 319.0)),
    ((23.0, 27.0), (37.0, 58.0), (81.0, 82.0)),
)

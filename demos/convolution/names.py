"""The lesson's inner views in their order, before the webcam's; controls name theirs."""

VIEWS = MATRIX, PICTURE, POOLING, PADDING, SIZES = (
    "Matrix", "Picture", "Pooling", "Padding", "Sizes",
)  # fmt: skip

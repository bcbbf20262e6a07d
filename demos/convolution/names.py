"""The lesson's inner views in their order, before the webcam's; controls name theirs."""

VIEWS = MATRIX, PICTURE, POOLING, PADDING, DENSE, ARCHITECTURES, NORMALISE = (
    "Matrix", "Picture", "Pooling", "Padding", "Why not dense?", "Architectures", "Normalise",
)  # fmt: skip

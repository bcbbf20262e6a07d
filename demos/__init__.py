"""The tabs of the page, one module a lesson, in the order in which they are shown."""

TABS = (
    "convolution",
    "feature_maps",
    "saliency",
    "classification",
    "detection",
    "segmentation",
    "style_transfer",
    "deep_dream",
    "latent_space",
    "face_verification",
)

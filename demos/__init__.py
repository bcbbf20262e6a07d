"""The tabs of the page, one module a lesson, in the order in which they are shown."""

from demos.gradio_patches import apply_early

apply_early()  # whatever of ours is imported, Gradio comes after it

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

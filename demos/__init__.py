"""The tabs of the page, one module a lesson, in the chapters and the order of the page."""

from demos.gradio_patches import apply_early

apply_early()  # whatever of ours is imported, Gradio comes after it

CHAPTERS = {
    "See": ("convolution", "feature_maps", "saliency"),
    "Recognise": ("classification", "detection", "segmentation", "face_verification"),
    "Create": ("style_transfer", "deep_dream", "latent_space"),
    "Learn": ("training_lab", "autoencoders"),
}
TABS = tuple(topic for topics in CHAPTERS.values() for topic in topics)

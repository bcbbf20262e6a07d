"""The tabs of the page, one module a lesson, in the chapters and the order of the page."""

from demos.gradio_patches import apply_early

apply_early()  # whatever of ours is imported, Gradio comes after it

CHAPTERS = {
    "See": ("convolution", "feature_maps", "saliency"),
    "Recognise": (
        "classical_features",
        "classification",
        "detection",
        "segmentation",
        "face_verification",
    ),
    "Create": ("style_transfer", "deep_dream", "latent_space"),
    "Learn": ("training_lab", "autoencoders"),
}
# What a chapter is about, as the start page says it.
CHAPTER_WORDS = {
    "See": (
        "How a network sees", "Filters, features, and what in a picture an answer rests on.",
    ),
    "Recognise": (
        "How it recognises", "What is in a picture, where, which pixels, and whose face it is.",
    ),
    "Create": ("How it creates", "New pictures from what a network has learnt about old ones."),
    "Learn": ("How it learns", "Weights that change, step by step."),
}  # fmt: skip
TABS = tuple(topic for topics in CHAPTERS.values() for topic in topics)

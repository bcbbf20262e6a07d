"""Where to dream: layers of the bundled network from early to late, and what they draw."""

DEFAULT_MODEL = "efficientnet_lite0"
DEFAULT_LAYER = "blocks.4.2"
LAYERS = {
    "blocks.1.1": "meshes",
    "blocks.2.1": "weaves",
    "blocks.3.2": "spirals",
    "blocks.4.2": "eyes, faces",
    "blocks.5.3": "fur and parts",
    "blocks.6.0": "whole things",
}

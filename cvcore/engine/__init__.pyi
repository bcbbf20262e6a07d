from . import (
    cache,
    checkpoints,
    device,
    download,
    fusion,
    isolation,
    modes,
    onnx_export,
    predictor,
    registry,
    tensors,
    ultralytics,
)

__all__ = [
    "cache",
    "checkpoints",
    "device",
    "download",
    "fusion",
    "isolation",
    "modes",
    "onnx_export",
    "predictor",
    "registry",
    "tensors",
    "ultralytics",
]

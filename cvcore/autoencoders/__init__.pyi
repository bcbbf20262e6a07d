from .anomalies import Anomalies, detect_anomalies
from .architecture import Layer, describe
from .compression import Compression, compare_compression
from .faces import FaceModel, load_faces, read_face
from .model import Model, load_model
from .planes import decode_between, decode_plane
from .progress import Progress, Steering
from .restoration import (
    Restoration,
    add_noise,
    cut_holes,
    fill_hole,
    measure_denoising,
    measure_inpainting,
    measure_strangers,
)
from .retrieval import Neighbours, Retrieval, find_neighbours, measure_retrieval
from .settings import BOTTLENECKS, CHOICES, PRESETS, Preset, Settings
from .training import prepare, train
from .variational import compute_kl, compute_reconstruction, reparameterise

__all__ = [
    "BOTTLENECKS",
    "CHOICES",
    "PRESETS",
    "Anomalies",
    "Compression",
    "FaceModel",
    "Layer",
    "Model",
    "Neighbours",
    "Preset",
    "Progress",
    "Restoration",
    "Retrieval",
    "Settings",
    "Steering",
    "add_noise",
    "compare_compression",
    "compute_kl",
    "compute_reconstruction",
    "cut_holes",
    "decode_between",
    "decode_plane",
    "describe",
    "detect_anomalies",
    "fill_hole",
    "find_neighbours",
    "load_faces",
    "load_model",
    "measure_denoising",
    "measure_inpainting",
    "measure_retrieval",
    "measure_strangers",
    "prepare",
    "read_face",
    "reparameterise",
    "train",
]

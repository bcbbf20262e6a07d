from . import callbacks, logs, presets, schedules
from .augmentation import augment
from .data import Data, Part, load_digits
from .learner import Learner, build_network, compute_loss
from .progress import Mark, Progress, Score, Steering
from .runs import Run, State, load_checkpoint
from .settings import CHOICES, Settings
from .training import train

__all__ = [
    "CHOICES",
    "Data",
    "Learner",
    "Mark",
    "Part",
    "Progress",
    "Run",
    "Score",
    "Settings",
    "State",
    "Steering",
    "augment",
    "build_network",
    "callbacks",
    "compute_loss",
    "load_checkpoint",
    "load_digits",
    "logs",
    "presets",
    "schedules",
    "train",
]

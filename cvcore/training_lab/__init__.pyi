from . import callbacks, logs, presets, schedules
from .augmentation import augment
from .data import Data, Part, from_pictures, load_clothes, load_digits, read_folders
from .learner import Learner, build_network, compute_loss, count_parameters
from .programs import Program, write_program
from .progress import Mark, Progress, Score, Steering
from .runs import Run, State, load_checkpoint
from .settings import CHOICES, Settings
from .training import prepare, train

__all__ = [
    "CHOICES",
    "Data",
    "Learner",
    "Mark",
    "Part",
    "Program",
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
    "count_parameters",
    "from_pictures",
    "load_checkpoint",
    "load_clothes",
    "load_digits",
    "logs",
    "prepare",
    "presets",
    "read_folders",
    "schedules",
    "train",
    "write_program",
]

from . import callbacks, logs, presets, schedules
from .augmentation import augment
from .data import Data, Part, from_pictures, load_clothes, load_digits, read_folders, to_look
from .experiments import EXPERIMENTS, Comparison, Experiment, compare, load_paper
from .learner import Learner, build_network, compute_loss, count_parameters
from .programs import Program, write_program
from .progress import Mark, Progress, Score, Steering
from .rate_finder import BatchTest, RateTest, find_batch_size, find_rate, suggest_rate
from .reviews import review
from .runs import Run, State, check_resumable, load_checkpoint
from .search import SAMPLERS, SearchProgress, search_settings
from .search_space import ParallelCoordinates, Space, Trial, to_parallel_coordinates
from .settings import CHOICES, Settings
from .training import prepare, train
from .transfer_learning.evaluation import (
    LearningCurve,
    LeaveOneOut,
    leave_one_out,
    measure_learning_curve,
)
from .transfer_learning.model import TransferModel, load_transfer
from .transfer_learning.progress import TransferProgress
from .transfer_learning.settings import WAYS, TransferSettings
from .transfer_learning.training import transfer
from .variations import Variety, Vary, count_different, vary
from .variety import Augmentation

__all__ = [
    "CHOICES",
    "EXPERIMENTS",
    "SAMPLERS",
    "WAYS",
    "Augmentation",
    "BatchTest",
    "Comparison",
    "Data",
    "Experiment",
    "Learner",
    "LearningCurve",
    "LeaveOneOut",
    "Mark",
    "ParallelCoordinates",
    "Part",
    "Program",
    "Progress",
    "RateTest",
    "Run",
    "Score",
    "SearchProgress",
    "Settings",
    "Space",
    "State",
    "Steering",
    "TransferModel",
    "TransferProgress",
    "TransferSettings",
    "Trial",
    "Variety",
    "Vary",
    "augment",
    "build_network",
    "callbacks",
    "check_resumable",
    "compare",
    "compute_loss",
    "count_different",
    "count_parameters",
    "find_batch_size",
    "find_rate",
    "from_pictures",
    "leave_one_out",
    "load_checkpoint",
    "load_clothes",
    "load_digits",
    "load_paper",
    "load_transfer",
    "logs",
    "measure_learning_curve",
    "prepare",
    "presets",
    "read_folders",
    "review",
    "schedules",
    "search_settings",
    "suggest_rate",
    "to_look",
    "to_parallel_coordinates",
    "train",
    "transfer",
    "vary",
    "write_program",
]

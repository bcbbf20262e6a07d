from .game import Game, draw_field, find_pushes, load_small_digits, train
from .losses import discriminator_loss, generator_losses
from .points import Quality, check_points, draw_points, list_centres, measure_quality
from .progress import Progress
from .settings import DATA, LOSSES, PLAYERS, Settings, Steering

__all__ = [
    "DATA",
    "LOSSES",
    "PLAYERS",
    "Game",
    "Progress",
    "Quality",
    "Settings",
    "Steering",
    "check_points",
    "discriminator_loss",
    "draw_field",
    "draw_points",
    "find_pushes",
    "generator_losses",
    "list_centres",
    "load_small_digits",
    "measure_quality",
    "train",
]

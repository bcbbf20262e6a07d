from .losses import choose_semi_hard, contrastive_loss, cross_entropy_loss, triplet_loss
from .model import Comparison, Naming, SiameseModel
from .progress import Shown, SiameseProgress, Tower, Update
from .scores import Separation, separate
from .settings import KNOWN, LOSSES, UNSEEN, SiameseSettings, SiameseSteering
from .training import train

__all__ = [
    "KNOWN",
    "LOSSES",
    "UNSEEN",
    "Comparison",
    "Naming",
    "Separation",
    "Shown",
    "SiameseModel",
    "SiameseProgress",
    "SiameseSettings",
    "SiameseSteering",
    "Tower",
    "Update",
    "choose_semi_hard",
    "contrastive_loss",
    "cross_entropy_loss",
    "separate",
    "train",
    "triplet_loss",
]

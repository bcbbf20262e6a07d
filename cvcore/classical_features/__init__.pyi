from . import semantic_gap
from .comparison import Comparison, ComparisonSettings, Row, compare
from .corners import Corners, CornerSettings, Neighbourhood, examine, find_corners
from .gallery import Gallery, load_gallery, read_own_face, relight
from .hog import NORMS, Hog, HogSettings, measure_hog
from .hog_svm import CELLS, HogModel, compute_hog, train_hog_svm
from .lbp import METHODS, LbpSettings, Neighbours, Patterns, measure_lbp
from .matching import (
    LEVELS,
    Change,
    Matches,
    MatchSettings,
    Point,
    change_picture,
    match,
    measure_invariance,
    project,
)
from .programs import CLASSIFIERS, CONVNET_WHEN, Classifier
from .semantic_gap import MEASURES, Gap, measure_gap
from .sift import Keypoints, SiftSettings, cut_patch, find_keypoints, measure_scales
from .subspaces import (
    Enrolled,
    FaceSpaces,
    Match,
    find_nearest,
    learn_faces,
    match_contrast,
    measure_recognition,
)
from .tasks import Task, load_task, read_picture
from .visual_words import Codebook, WordAnswer, WordModel, WordSettings, learn_codebook, train_words

__all__ = [
    "CELLS",
    "CLASSIFIERS",
    "CONVNET_WHEN",
    "LEVELS",
    "MEASURES",
    "METHODS",
    "NORMS",
    "Change",
    "Classifier",
    "Codebook",
    "Comparison",
    "ComparisonSettings",
    "CornerSettings",
    "Corners",
    "Enrolled",
    "FaceSpaces",
    "Gallery",
    "Gap",
    "Hog",
    "HogModel",
    "HogSettings",
    "Keypoints",
    "LbpSettings",
    "Match",
    "MatchSettings",
    "Matches",
    "Neighbourhood",
    "Neighbours",
    "Patterns",
    "Point",
    "Row",
    "SiftSettings",
    "Task",
    "WordAnswer",
    "WordModel",
    "WordSettings",
    "change_picture",
    "compare",
    "compute_hog",
    "cut_patch",
    "examine",
    "find_corners",
    "find_keypoints",
    "find_nearest",
    "learn_codebook",
    "learn_faces",
    "load_gallery",
    "load_task",
    "match",
    "match_contrast",
    "measure_gap",
    "measure_hog",
    "measure_invariance",
    "measure_lbp",
    "measure_recognition",
    "measure_scales",
    "project",
    "read_own_face",
    "read_picture",
    "relight",
    "semantic_gap",
    "train_hog_svm",
    "train_words",
]

"""Which files of the package and which tests a lesson is made of."""

import ast
import re
from difflib import SequenceMatcher
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

LESSONS = {  # files of cvcore; what every lesson shares (images, weights, ...) is nobody's
    "convolution": "convolution kernels layers operation windows",
    "feature_maps": "activations channels digits favourites feature_maps map_grid maximisation"
    " receptive_field models/digits_cnn training/digits training/favourites",
    "saliency": "saliency/*",
    "classification": "classification corruptions evaluation preprocessing rejection smoothing"
    " variants models/efficientnet_lite models/torchvision_net",
    "detection": "boxes detection* evaluate_detection roi_pooling sliding_window tracking"
    " ultralytics_engine video yolo_heads models/yolov3_tiny",
    "segmentation": "evaluate_segmentation segmentation* models/unet training/losses"
    " training/segmentation*",
    "style_transfer": "style_transfer/* models/style_network training/style_pictures",
    "deep_dream": "deep_dream dream_* fusion",
    "latent_space": "latent_* models/gan training/augment training/gan* training/kid",
    "face_verification": "face_* mtcnn yunet models/inception_resnet",
}


def find_modules(tree: Path, lesson: str) -> list[Path]:
    found = (tree.glob(f"cvcore/{name}.py") for name in LESSONS[lesson].split())
    return sorted(path for paths in found for path in paths)


@cache
def find_lesson(file: str) -> str | None:
    """The lesson that a test file is about, as its name says."""
    stem = Path(file).stem.removeprefix("test_")
    for lesson, names in LESSONS.items():
        words = [name.replace("/*", "*").rsplit("/", 1)[-1] for name in names.split()]
        if any(fnmatch(stem, word) for word in (f"{lesson}*", *words)):
            return lesson
    return None


def to_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def named_modules(path: Path) -> set[str]:
    """Every module of the program that a test file names: imports, attributes, programs."""
    text = path.read_text(encoding="utf-8")
    names = set(re.findall(r"\b(?:cvcore|demos)(?:\.\w+)+", text))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    split = [name.split(".") for name in names]
    return {".".join(parts[:n]) for parts in split for n in range(2, len(parts) + 1)}


def choose_tests(tree: Path, lesson: str, module: str = "") -> list[str]:
    """The lesson's test files, those of ``module`` first. A fault of a page reaches none of the
    tests of cvcore, unless they name it."""
    ours = {to_name(path.relative_to(tree)) for path in find_modules(tree, lesson)}
    wanted = {module} if module.startswith("demos.") else ours | {f"cvcore.{lesson}"}
    words = module.replace(".", "_"), module.rsplit(".", 1)[-1]
    ranked = []
    for path in sorted(tree.glob("tests/**/test_*.py")):
        parts = path.relative_to(tree).with_suffix("").parts
        named, stem = named_modules(path), parts[-1].removeprefix("test_")
        if "demos" in parts:
            taken = any(re.match(rf"(test_)?{lesson}(_|$)", part) for part in parts)
        else:
            taken = "cvcore" in parts and bool(wanted & named)
        if taken and "browser" not in parts:
            pairs = [(a, b) for a in words for b in (stem, f"{parts[-2]}_{stem}")]
            likeness = max(SequenceMatcher(None, a, b).ratio() for a, b in pairs)
            ranked.append((module not in named, -likeness, path.relative_to(tree).as_posix()))
    return [path for *_, path in sorted(ranked)]

"""Which files of the package and which tests a lesson is made of."""

import ast
import re
from difflib import SequenceMatcher
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from demos import TABS as LESSONS

# What of the shared rooms a lesson is the first to use: its faults are looked for there as well.
SHARED = {
    "feature_maps": "probes/* recognition/digits models/digits_cnn",
    "classification": "recognition/classifier recognition/preprocessing core/corruptions"
    " models/efficientnet_lite models/torchvision_net",
    "detection": "engine/ultralytics core/video* models/yolo*",
    "segmentation": "models/unet",
    "style_transfer": "models/style_network",
    "deep_dream": "engine/fusion",
    "latent_space": "models/gan",
    "autoencoders": "models/autoencoders training/autoencoders",
    "face_verification": "recognition/faces/* models/inception_resnet",
}


def find_modules(tree: Path, lesson: str) -> list[Path]:
    names = [f"{lesson}/*", f"training/{lesson}/*", *SHARED.get(lesson, "").split()]
    found = (tree.glob(f"cvcore/{name}.py") for name in names)
    return sorted(path for paths in found for path in paths)


@cache
def find_lesson(file: str) -> str | None:
    """The lesson that a test file is about, as its folder or its name says."""
    path = Path(file)
    if path.parent.name in LESSONS:
        return path.parent.name
    stem = path.stem.removeprefix("test_")
    for lesson in LESSONS:
        words = [name.rsplit("/", 1)[-1] for name in SHARED.get(lesson, "").split()]
        words = [word for word in words if word != "*"]
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
        if "browser" in parts:
            continue
        named, stem = named_modules(path), parts[-1].removeprefix("test_")
        if lesson in parts or ("cvcore" in parts and bool(wanted & named)):
            pairs = [(a, b) for a in words for b in (stem, f"{parts[-2]}_{stem}")]
            likeness = max(SequenceMatcher(None, a, b).ratio() for a, b in pairs)
            ranked.append((module not in named, -likeness, path.relative_to(tree).as_posix()))
    return [path for *_, path in sorted(ranked)]

"""The architecture's rules: which way imports point, and what lies where."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import gradio

from demos import TABS

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [
    path
    for folder in ("cvcore", "demos", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "app.py"]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LESSONS = set(TABS)
# Which rooms a room may use; a lesson is a room of its own ("*").
BASE = ("models", "core")
FLOORS = {
    "cvcore": {
        "models": (),
        "core": (),
        "engine": BASE,
        "probes": (*BASE, "engine"),
        "recognition": (*BASE, "engine", "probes"),
        "*": (*BASE, "engine", "probes", "recognition"),
        "tasks": (*BASE, "engine", "probes", "recognition", *LESSONS),
        "training": (*BASE, "engine", "probes", "recognition", *LESSONS),
    },
    "demos": {
        "gradio_patches": (),
        "server": ("gradio_patches",),
        "components": ("server",),
        "lesson": ("server", "components"),
        "page": ("server", "components", "lesson"),
        "*": ("components", "lesson"),
    },
}
HEAVY = ("torch", "torchvision", "lightning", "captum", "timm")
FORBIDDEN = {
    "cvcore": ("gradio", "demos", "app", "benchmarks", "tests"),
    "demos": (*HEAVY, "app", "benchmarks", "tests"),
    "app.py": ("cvcore", "torch"),
}
MAX_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_ARGUMENTS = 7  # positional ones of a page's function


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def find_imports(path: Path) -> set[str]:
    """Every module that a file imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imports_any(path: Path, *roots: str) -> set[str]:
    return {
        name
        for name in find_imports(path)
        if any(name == root or name.startswith(f"{root}.") for root in roots)
    }


def to_module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def find_faults(find: Callable[[Path], Any], paths: list[Path] = PYTHON) -> dict[str, Any]:
    """What is wrong with each of the files in which something is."""
    faults = {str(path.relative_to(ROOT)): find(path) for path in paths}
    assert len(faults) > 100
    return {name: fault for name, fault in faults.items() if fault}


def find_forbidden(path: Path) -> set[str] | str:
    """What a file imports and must not."""
    house, *inner = path.relative_to(ROOT).parts
    forbidden = imports_any(path, *FORBIDDEN.get(house, ()))
    if house not in FLOORS or len(inner) == 1:
        return forbidden
    room = inner[0]
    if room not in (*FLOORS[house], *LESSONS):
        return "a room that no rule knows"
    allowed = {room, *FLOORS[house]["*" if room in LESSONS else room]}
    used = {name.split(".")[1] for name in imports_any(path, house) if "." in name}
    rooms = {path.name for path in (ROOT / house).iterdir() if path.is_dir()}
    return forbidden | ((used & rooms) - allowed)


def test_imports_point_one_way():
    """A room uses the rooms below it, a lesson no other lesson; see docs/ARCHITECTURE.md."""
    assert find_faults(find_forbidden) == {}


def test_there_is_no_circle():
    """Not even one that an import inside a function keeps from biting."""
    paths = {to_module(path): path for path in PYTHON}
    left = {}
    for name, path in paths.items():
        used = find_imports(path) & paths.keys()
        # "from package import module" is about the module
        left[name] = {one for one in used if not any(u.startswith(f"{one}.") for u in used)} - {
            name
        }
    while free := {name for name, used in left.items() if not used}:
        left = {name: used - free for name, used in left.items() if name not in free}
    assert left == {}


def count_lines_too_many(path: Path) -> int:
    return max(0, len(path.read_text(encoding="utf-8").splitlines()) - MAX_LINES)


def test_files_stay_short():
    assert find_faults(count_lines_too_many, PYTHON + TESTS) == {}


def find_bad_functions(path: Path) -> list[str]:
    """Those that are too long or take too many arguments, and where a fault is hidden."""
    found = []
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            arguments = len(node.args.posonlyargs + node.args.args)
            many = path.is_relative_to(ROOT / "demos") and arguments > MAX_ARGUMENTS
            if lines > MAX_FUNCTION_LINES or many:
                found.append(f"{node.name}: {lines} lines, {arguments} arguments")
        elif isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type or ast.Name("Exception"))
            if isinstance(node.body[0], ast.Pass) and caught == "Exception":
                found.append(f"line {node.lineno}: a fault is hidden")
    return found


def test_functions_stay_short_and_hide_no_fault():
    """And a page's handlers take settings as one value."""
    assert find_faults(find_bad_functions) == {}


def test_every_lesson_has_its_rooms():
    for topic in TABS:
        for folder in ("cvcore", "demos"):
            assert (ROOT / folder / topic / "__init__.py").is_file()
            assert list((ROOT / "tests" / folder / topic).glob("test_*.py"))
        assert (ROOT / "tests" / "browser" / f"test_{topic}.py").is_file()


def test_the_page_is_built_without_anything_heavy():
    heavy = ("torch", "torchvision", "onnxruntime", "captum", "timm", "ultralytics", "lightning")
    code = f"import sys, app; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().splitlines()[-1] == "[]"


def test_gradio_is_pinned_to_the_version_that_is_mended():
    """``demos/gradio_patches`` knows its scripts; the three places that name it agree."""
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    (least, most) = re.findall(r"^gradio>=(\d+\.\d+),<(\d+\.\d+)(?=\s|$)", requirements, re.M)[0]
    (exact,) = re.findall(r"^gradio==(\S+)$", constraints, re.M)
    front_matter = readme.split("---")[1]
    assert re.findall(r"^sdk_version: (\S+)$", front_matter, re.M) == [exact]
    major, minor = (int(part) for part in least.split("."))
    assert most == f"{major}.{minor + 1}"
    assert exact.split(".")[:2] == least.split(".")
    assert gradio.__version__.split(".")[:2] == least.split(".")


def test_the_requirements_are_their_parts():
    """A Space reads one file, which cannot name others."""

    def read(path: Path) -> list[str]:
        lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
        return [line for line in lines if line]

    parts = [read(ROOT / "requirements" / f"{name}.txt") for name in ("app", "training", "tests")]
    assert read(ROOT / "requirements.txt") == [line for part in parts for line in part]


def test_every_asset_has_a_row():
    folders = ("weights", "samples", "styles", "favourites")
    listed = {"README.md", *(f"{folder}/index.toml" for folder in folders)}
    listed |= {f"screenshots/{name}.jpg" for name in ("tabs", "style_transfer", "deep_dream")}
    listed |= {
        "weights/apache-2.0.txt",
        "weights/autoencoders.md",
        "weights/convolution.md",
        "weights/face_verification.md",
        "weights/latent_space.md",
        "weights/segmentation.md",
    }
    for name, row in read_rows("styles").items():
        listed.add(f"styles/{row['file']}")
        assert sha256(f"styles/{row['file']}") == row["sha256"], name
    for name, row in read_rows("favourites").items():
        assert row["licence"], name
        assert row["made_by"], name
        listed.add(f"favourites/{row['file']}")
        assert sha256(f"favourites/{row['file']}") == row["sha256"], name
    for name, row in read_rows("samples").items():
        if "package" in row:  # not ours to check
            continue
        listed.add(f"samples/{row['file']}")
        assert sha256(f"samples/{row['file']}") == row["sha256"], name
    for name, row in read_rows("weights").items():
        assert row["licence"], name
        assert row["source"], name
        assert row["score"], name
        if row.get("labels"):
            listed.add(f"weights/{row['labels']}")
        if "url" in row:
            continue
        for file, digest in zip(row["files"], row["sha256"], strict=True):
            listed.add(f"weights/{file}")
            assert sha256(f"weights/{file}") == digest, file
            # what an exporter notes of the code it ran, and of where that lay
            assert b'.py", line' not in (ROOT / f"assets/weights/{file}").read_bytes(), file
    present = {
        str(path.relative_to(ROOT / "assets"))
        for path in (ROOT / "assets").rglob("*")
        if path.is_file()
    }
    # a new lesson's come when it has been looked at
    seen = {f"{name}{topic}.jpg" for topic in TABS for name in ("lessons/", "screenshots/tab_")}
    seen |= {f"lessons/{topic}_opener.jpg" for topic in TABS}
    assert present - seen == listed


def test_assets_fit_a_space():
    sizes = [path.stat().st_size for path in (ROOT / "assets").rglob("*") if path.is_file()]
    assert max(sizes) <= 9_500_000
    assert sum(sizes) <= 100_000_000


def read_rows(folder: str) -> dict:
    return tomllib.loads((ROOT / "assets" / folder / "index.toml").read_text(encoding="utf-8"))


def sha256(file: str) -> str:
    return hashlib.sha256((ROOT / "assets" / file).read_bytes()).hexdigest()

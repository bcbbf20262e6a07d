"""The architecture's rules: which way imports point, and what lies where."""

import ast
import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import gradio
import pytest

from demos import TABS

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [
    path
    for folder in ("cvcore", "demos", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
] + [ROOT / "app.py"]
FOUNDATIONS = {
    "errors", "timing", "device", "images", "drawing", "samples", "weights", "runtime",
    "onnx_export", "model_cache", "fusion", "activations",
}  # fmt: skip
MAX_LINES = 400


def find_imports(path: Path) -> set[str]:
    """Every module that a file imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    place = path.relative_to(ROOT)
    if place.parts[0] == "cvcore":
        assert not imports_any(path, "gradio", "demos", "app", "benchmarks", "tests")
        if place.parts[1] == "models":
            allowed = {name for name in imports_any(path, "cvcore") if "models" in name}
            assert imports_any(path, "cvcore") == allowed
        elif place.stem in FOUNDATIONS and len(place.parts) == 2:
            inner = {name.split(".")[1] for name in imports_any(path, "cvcore") if "." in name}
            assert inner <= FOUNDATIONS
    elif place.parts[0] == "demos":
        assert not imports_any(path, "torch", "torchvision", "lightning", "captum", "timm", "app")
        if place.parts[1:2] == ("ui",):
            allowed = {name for name in imports_any(path, "demos") if name.startswith("demos.ui")}
            assert imports_any(path, "demos") == allowed
        elif place.stem != "__init__":
            topic = find_topic(place.stem)
            others = {
                name
                for name in imports_any(path, "demos")
                if name.count(".") and find_topic(name.split(".")[1]) not in (topic, None)
            }
            assert not others, f"a tab imports another tab: {others}"
    elif place.name == "app.py":
        assert not imports_any(path, "cvcore", "torch")


def find_topic(module: str) -> str | None:
    from demos import TABS

    return next((topic for topic in TABS if module.startswith(topic)), None)


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_tab_has_its_rooms():
    from demos import TABS

    for topic in TABS:
        room = ROOT / "cvcore" / topic
        assert room.with_suffix(".py").is_file() or (room / "__init__.py").is_file()
        assert (ROOT / "tests" / "cvcore" / f"test_{topic}.py").is_file()
        assert (ROOT / "tests" / "demos" / f"test_{topic}.py").is_file()
        assert (ROOT / "tests" / "browser" / f"test_{topic}.py").is_file()


def test_the_page_is_built_without_anything_heavy():
    heavy = ("torch", "torchvision", "onnxruntime", "captum", "timm", "ultralytics", "lightning")
    code = f"import sys, app; print([name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip().splitlines()[-1] == "[]"


def test_gradio_is_pinned_to_the_version_that_is_mended():
    """``demos/ui/mended.py`` knows its scripts; the three places that name it agree."""
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


def test_every_asset_has_a_row():
    folders = ("weights", "samples", "styles", "favourites")
    listed = {"README.md", *(f"{folder}/index.toml" for folder in folders)}
    listed |= {f"screenshots/{name}.jpg" for name in ("tabs", "style_transfer", "deep_dream")}
    listed |= {f"lessons/{topic}.jpg" for topic in TABS} | {
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
    present = {
        str(path.relative_to(ROOT / "assets"))
        for path in (ROOT / "assets").rglob("*")
        if path.is_file()
    }
    assert present == listed


def test_assets_fit_a_space():
    sizes = [path.stat().st_size for path in (ROOT / "assets").rglob("*") if path.is_file()]
    assert max(sizes) <= 9_500_000
    assert sum(sizes) <= 80_000_000


def read_rows(folder: str) -> dict:
    return tomllib.loads((ROOT / "assets" / folder / "index.toml").read_text(encoding="utf-8"))


def sha256(file: str) -> str:
    return hashlib.sha256((ROOT / "assets" / file).read_bytes()).hexdigest()

"""docs/INPUTS.md against the source: what reads a file, and what takes a number, has its row."""

import ast
import importlib
import inspect
import re

import pytest

from demos import TABS
from tests.support.server import ROOT

INPUTS = (ROOT / "docs" / "INPUTS.md").read_text(encoding="utf-8")
# Calls that read a file or decode what stands for one.
READS = {
    "open", "read_text", "read_bytes", "imread", "ZipFile", "load_file", "fromfile", "loadtxt",
    "b64decode", "urlopen", "InferenceSession", "load_pem_x509_certificate",
}  # fmt: skip
LOADERS = {"torch", "json", "tomllib", "np", "pickle", "safetensors"}  # whose load and loads read
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


def reads_a_file(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id in READS
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    return function.attr in READS or (function.attr in ("load", "loads") and owner in LOADERS)


def find_readers() -> set[str]:
    found = set()
    for room in ("cvcore", "demos"):
        for path in (ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            if any(isinstance(node, ast.Call) and reads_a_file(node) for node in ast.walk(tree)):
                found.add(path.relative_to(ROOT).as_posix())
    return found


def list_numeric(topic: str) -> set[str]:
    """A lesson's public functions that take a number."""
    package = importlib.import_module(f"cvcore.{topic}")
    found = set()
    for name in package.__all__:
        member = inspect.unwrap(getattr(package, name))
        if inspect.isfunction(member):
            kinds = [str(p.annotation) for p in inspect.signature(member).parameters.values()]
            if any(re.search(r"\b(int|float)\b", kind) for kind in kinds):
                found.add(name)
    return found


def test_a_call_that_reads_is_found():
    sources = (
        "open(f)",
        "path.read_bytes()",
        "torch.load(f)",
        "Image.open(f)",
        "zipfile.ZipFile(f)",
    )
    assert all(reads_a_file(ast.parse(source, mode="eval").body) for source in sources)
    assert not any(
        reads_a_file(ast.parse(source, mode="eval").body)
        for source in ("page.load(f)", "opened()", "path.write_text(x)", "picture.load()")
    )


def test_every_place_that_reads_a_file_has_its_row():
    named = set(re.findall(r"`((?:cvcore|demos)/[^`]*\.py)`", INPUTS))
    readers = find_readers()
    assert len(readers) > 30
    assert sorted(readers - named) == []
    assert [path for path in sorted(named) if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("topic", TABS)
def test_every_function_that_takes_a_number_has_its_row(topic):
    (row,) = re.findall(rf"^\| {topic} \| (.*) \|$", INPUTS, flags=re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", row)) == list_numeric(topic)

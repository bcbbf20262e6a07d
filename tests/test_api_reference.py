"""docs/API.md and each lesson's API.md: the examples run, every public name is there, and an editor
knows the rooms."""

import doctest
import importlib
import inspect
import re
from pathlib import Path
from types import ModuleType

import pytest

import cvcore
from tests.support.lessons import LESSONS

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "API.md").read_text(encoding="utf-8")
START, *PARTS = re.split(r"^## ", TEXT, flags=re.MULTILINE)
SECTIONS = {part.split("\n", 1)[0].strip(): part for part in PARTS}
SECTIONS |= {
    path.parent.name: path.read_text(encoding="utf-8") for path in ROOT.glob("cvcore/*/API.md")
}


def run_examples(text: str, names: dict) -> None:
    """The examples of a text of Markdown, one after the other; ``names`` gets what they define."""
    plain = re.sub(r"^```.*$", "", text, flags=re.MULTILINE)  # else an answer would go on with it
    test = doctest.DocTestParser().get_doctest(plain, names, "API.md", None, 0)
    assert test.examples
    said: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert result.failed == 0, "".join(said)


@pytest.mark.parametrize("section", SECTIONS)
def test_examples_run(section, monkeypatch):
    """Each section by itself, after the names that the page begins with."""
    monkeypatch.chdir(ROOT)
    names: dict = {}
    run_examples(START, names)
    run_examples(SECTIONS[section], names)


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_public_name_is_there(lesson):
    module = importlib.import_module(f"cvcore.{lesson}")
    public = {name for name in module.__all__ if not isinstance(getattr(module, name), ModuleType)}
    assert lesson in SECTIONS, f"There is no cvcore/{lesson}/API.md."
    section = SECTIONS[lesson]
    assert public <= set(re.findall(r"`(\w+)`", section))
    assert public <= set(dir(module))  # what a notebook completes
    functions = {name for name in public if inspect.isfunction(getattr(module, name))}
    assert functions <= set(re.findall(r"^\*\*`(\w+)`\*\*", section, re.MULTILINE))


def test_an_editor_knows_every_room():
    """``cvcore.detection.predict_boxes`` completes, see also tests/cvcore/typed_use.py."""
    rooms = {path.parent.name for path in (ROOT / "cvcore").glob("*/__init__.py")} - {"training"}
    assert rooms <= set(dir(cvcore))
    named = set(re.findall(r"import \w+ as (\w+)", inspect.getsource(cvcore)))
    assert rooms - {*LESSONS} <= named <= rooms  # a new lesson's line may come later

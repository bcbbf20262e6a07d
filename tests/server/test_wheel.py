"""The program as a wheel, used far from the repository."""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import PathDistribution

import pytest

from tests.support.server import ROOT

ANSWER = """
import numpy as np
from cvcore import classification
from cvcore.core import paths, samples
from cvcore.engine import registry
from demos import command

print(paths.ASSETS)
print(sum(registry.is_intact(name) for name, row in registry.index().items() if row.is_bundled))
print(classification.predict_topk(samples.load_sample("chelsea")).labels[0])
page = command.build(command.read_options(["--tabs", "convolution"]))
print(len(page.fns))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Where the wheel lies unpacked; nothing of its 75 MB is compressed, which would take 5 s."""
    folder = tmp_path_factory.mktemp("wheel")
    wanted = ("cvcore", "demos", "assets", "requirements")
    leave_out = shutil.ignore_patterns("__pycache__")
    for name in wanted:
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=leave_out)
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source" / name)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    stored = "--config-settings=--build-option=--compression=stored"
    subprocess.run([*command, stored, "-w", folder / "out", folder / "source"], check=True)
    (wheel,) = (folder / "out").glob("*.whl")
    shutil.rmtree(folder / "source")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    wheel.unlink()
    return folder / "site"


def run(site, *arguments: str) -> str:
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, *arguments], cwd=site.parent, env=os.environ | {"PYTHONPATH": path},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_has_its_weights_samples_and_scripts(site):
    from cvcore.engine import registry

    assets, weights, label, handlers = run(site, "-c", ANSWER).splitlines()[-4:]
    assert assets == str(site / "cvcore" / "assets")
    assert int(weights) == sum(row.is_bundled for row in registry.index().values())
    assert label == "tiger cat"
    assert int(handlers) > 20
    for folder in ("demos", "cvcore"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in (".js", ".css", ".md", ".webp"):
                assert (site / file.relative_to(ROOT)).is_file(), file


def test_the_command_is_there(site):
    (dist,) = site.glob("*.dist-info")
    (entry,) = PathDistribution(dist).entry_points
    assert (entry.name, entry.group) == ("glassbox", "console_scripts")
    module, function = entry.value.split(":")
    code = f"from {module} import {function}; {function}(['--help'])"
    assert "--class-room" in run(site, "-c", code)

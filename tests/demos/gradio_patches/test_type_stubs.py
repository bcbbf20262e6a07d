"""Gradio writes no type stubs when the page starts."""

import logging
import os
import subprocess
import sys
from types import ModuleType

import pytest

from demos.gradio_patches import type_stubs

PART = """
import gradio as gr


class Part(gr.HTML):
    pass
"""


@pytest.mark.parametrize(
    ("program", "written"),
    [("import demos, part", []), ("import gradio, part, demos, other", ["part.pyi"])],
)
def test_a_component_of_ours_gets_no_stub(tmp_path, program, written):
    """Whichever is imported first; without ours, Gradio writes one."""
    for name in ("part", "other"):
        (tmp_path / f"{name}.py").write_text(PART)
    env = {"PYTHONPATH": os.pathsep.join((os.getcwd(), str(tmp_path))), "GLASSBOX_PLAIN_GRADIO": ""}
    subprocess.run([sys.executable, "-c", program], env=os.environ | env, check=True, timeout=120)
    assert [path.name for path in tmp_path.glob("*.pyi")] == written


def test_a_gradio_without_the_writer_is_named_in_the_log(caplog):
    module = ModuleType(type_stubs.MODULE)
    with caplog.at_level(logging.WARNING, logger="glassbox"):
        type_stubs.silence(module)
    assert "type_stubs" in caplog.text
    assert not hasattr(module, type_stubs.WRITER)

"""A program that forks after its first calls: the child's answers come, and are the same."""

import os
import subprocess
import sys

import pytest

from tests.support.exported import export_networks
from tests.support.server import ROOT

PROGRAM = """
import os, sys
import numpy as np
from cvcore.core.forks import Lock
from tests.support.lesson_calls import CALLS, flatten, make_given
import threading

given, lock, held = make_given(), Lock(), threading.Event()
names = sys.argv[1:]
before = {name: flatten(CALLS[name](given)) for name in names}

def hold():
    with lock:
        held.set()
        threading.Event().wait()

threading.Thread(target=hold, daemon=True).start()
held.wait()
child = os.fork()
if not child:
    try:
        with lock:
            for name in names:
                for one, other in zip(flatten(CALLS[name](given)), before[name], strict=True):
                    if isinstance(one, np.ndarray | float):
                        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
        os._exit(0)
    finally:
        os._exit(1)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
NAMES = (
    "classification.predict_topk", "detection.predict_boxes", "segmentation.predict_mask",
    "saliency.occlusion", "saliency.gradient", "face_verification.detect_faces",
    "face_verification.verify", "style_transfer.stylise_fast", "deep_dream.dream",
)  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_answers():
    export_networks(("efficientnet_lite0", "yolov3_tiny", "unet_person"))
    env = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    command = [sys.executable, "-c", PROGRAM, *NAMES]
    process = subprocess.Popen(
        command, cwd=ROOT, env=env | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        said = process.communicate(timeout=300)[1]
    finally:
        if process.poll() is None:  # the child as well
            os.killpg(process.pid, 9)
    assert process.returncode == 0, said

"""The processor that the networks run on, and PyTorch's share of it."""

import subprocess
import sys

RACE = """
import sys, threading, time
from cvcore.device import limit_threads

limit_threads(1)
assert "torch" not in sys.modules
other = threading.Thread(target=__import__, args=("torch",))
other.start()
while "torch" not in sys.modules:
    time.sleep(0.001)
limit_threads(1)
import torch
print(torch.get_num_threads())
"""


def test_threads_are_limited_while_another_thread_imports_torch():
    result = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["1"]

"""The processor that the networks run on, and PyTorch's share of it."""

import subprocess
import sys

RACE = """
import sys, threading
from cvcore.engine.device import limit_threads

limit_threads(1)
assert "torch" not in sys.modules
half = threading.Event()

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("torch."):  # PyTorch asks for its own parts: it is half there
            half.set()

sys.meta_path.insert(0, Watch())
other = threading.Thread(target=__import__, args=("torch",))
other.start()
half.wait()
assert "torch" in sys.modules
limit_threads(1)
import torch
print(torch.get_num_threads())
"""


def test_threads_are_limited_while_another_thread_imports_torch():
    result = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["1"]

"""Golden inputs and outputs: what the Python side computes, for the scripts to be checked against.

A module a topic, whose ``build()`` returns a dict for JSON; ``python -m tests.golden [TOPIC ...]``
writes it to the file of the same name, which ``tests/js`` reads. ``tests/test_golden.py`` proves
the files fresh.
"""

import base64
import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent
TOPICS = sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))


def build(topic: str) -> dict[str, Any]:
    """The golden values of a topic, as they come out of JSON."""
    made = importlib.import_module(f"tests.golden.{topic}").build()
    return json.loads(json.dumps(made))


def to_file(topic: str) -> Path:
    return FOLDER / f"{topic}.json"


def write(topic: str) -> None:
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in build(topic).items())
    to_file(topic).write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def pack(values: np.ndarray) -> dict[str, Any]:
    """An array as ``{shape, kind, data}``, its bytes in base64; ``tests/js/golden.js`` reads it."""
    values = np.ascontiguousarray(values)
    data = base64.b64encode(values.tobytes()).decode()
    return {"shape": list(values.shape), "kind": str(values.dtype), "data": data}


def unpack(packed: dict[str, Any]) -> np.ndarray:
    raw = np.frombuffer(base64.b64decode(packed["data"]), packed["kind"])
    return raw.reshape(packed["shape"])


def make_picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A picture uint8 (H, W, 3) of waves and noise: every value, edges and smooth parts."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    waves = np.stack([127 + 120 * np.sin(x / (3 + c) + y / (5 - c) + c) for c in range(3)], -1)
    return np.clip(waves + rng.normal(0, 20, waves.shape), 0, 255).astype(np.uint8)

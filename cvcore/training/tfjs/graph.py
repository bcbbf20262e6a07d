"""A TensorFlow.js graph model: its nodes in a JSON file, its weights in a file beside it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto

_TYPES = {
    "DT_FLOAT": TensorProto.FLOAT,
    "DT_INT32": TensorProto.INT32,
    "DT_INT64": TensorProto.INT32,  # TensorFlow.js knows 32 bits only
    "DT_BOOL": TensorProto.BOOL,
}


@dataclass(frozen=True)
class Node:
    """An operation of TensorFlow's, as the JSON file has it."""

    op: str
    name: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def number(self, key: str, default: float = 0) -> float:
        value = self.attributes.get(key, {})
        return float(value.get("f", value.get("i", default)))

    def numbers(self, key: str) -> list[int]:
        return [int(item) for item in self.attributes[key]["list"].get("i", ())]

    def flag(self, key: str) -> bool:
        return bool(self.attributes.get(key, {}).get("b", False))

    def word(self, key: str, default: str = "") -> str:
        value = self.attributes.get(key, {}).get("s")
        return default if value is None else base64.b64decode(value).decode()

    def words(self, key: str) -> list[str]:
        listed = self.attributes.get(key, {}).get("list", {}).get("s", ())
        return [base64.b64decode(item).decode() for item in listed]

    def type(self, key: str) -> int:
        name = self.attributes[key]["type"]
        if name not in _TYPES:
            raise ValueError(f"{self.name}: numbers of type {name} are not known here.")
        return _TYPES[name]


@dataclass(frozen=True)
class Graph:
    """A graph model: its nodes in the file's order, constants by name, names of its outputs."""

    nodes: Mapping[str, Node]
    constants: Mapping[str, np.ndarray]  # float16 where they were stored so
    outputs: tuple[str, ...]


def read_graph(path: Path) -> Graph:
    """Read ``path`` and the weight files that it names, which lie beside it.

    Raises ``ValueError`` where the file is no graph model, or its weights are too short.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        listed = content["modelTopology"]["node"]
        manifest = content["weightsManifest"]
    except (KeyError, TypeError):
        raise ValueError(f"{path.name} is not a TensorFlow.js graph model.") from None
    nodes = {
        item["name"]: Node(
            item["op"],
            item["name"],
            tuple(name for name in item.get("input", ()) if not name.startswith("^")),
            item.get("attr", {}),
        )
        for item in listed
    }
    constants: dict[str, np.ndarray] = {}
    for group in manifest:
        data = b"".join((path.parent / name).read_bytes() for name in group["paths"])
        constants |= _read_constants(group["weights"], data)
    signed = content.get("signature", {}).get("outputs", {})
    outputs = tuple(output_name(item["name"]) for item in signed.values())
    if not outputs:
        used = {split_name(name)[0] for node in nodes.values() for name in node.inputs}
        outputs = tuple(name for name in nodes if name not in used)
    return Graph(nodes, constants, outputs)


def _read_constants(rows: Sequence[Mapping[str, Any]], data: bytes) -> dict[str, np.ndarray]:
    constants, start = {}, 0
    for row in rows:
        packed = row.get("quantization", {})
        kind = np.dtype(packed.get("dtype", row["dtype"]))
        count = int(np.prod(row["shape"], dtype=int))
        if start + count * kind.itemsize > len(data):
            raise ValueError(f"The weight file ends before {row['name']}.")
        value = np.frombuffer(data, kind, count, start).reshape(row["shape"])
        start += value.nbytes
        if "scale" in packed:
            value = (value * packed["scale"] + packed["min"]).astype(row["dtype"])
        constants[row["name"]] = value
    return constants


def output_name(name: str) -> str:
    """``Identity:0`` is the first output of ``Identity``, which is called by the node's name."""
    return name.removesuffix(":0")


def split_name(name: str) -> tuple[str, int]:
    node, _, number = name.partition(":")
    return node, int(number or 0)

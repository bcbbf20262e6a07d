"""ultralytics, kept quiet: newer YOLO models, the same weights in its own format, its tracker.

Its telemetry, its checks for updates and its automatic installations are off, and its settings
lie in the cache folder.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from cvcore.core import paths
from cvcore.core.errors import InputError
from cvcore.core.forks import Lock
from cvcore.engine import checkpoints, download, onnx_export, registry
from cvcore.engine.cache import keep_models
from cvcore.engine.isolation import undisturbed

if TYPE_CHECKING:
    from torch import nn

_lock = Lock()


@cache
def import_ultralytics() -> ModuleType:
    """The package, imported on first use with everything off that would reach for the network."""
    folder = paths.cache_dir() / "ultralytics"
    try:
        folder.mkdir(parents=True, exist_ok=True)  # it must be there at import
    except OSError:  # no room or no rights
        folder = Path(tempfile.mkdtemp(prefix="glassbox-ultralytics-"))
    os.environ["YOLO_CONFIG_DIR"] = str(folder)
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["YOLO_AUTOINSTALL"] = "false"
    os.environ.setdefault("YOLO_VERBOSE", "false")
    with _undo_changes():
        import ultralytics

        if ultralytics.settings["sync"]:
            ultralytics.settings.update({"sync": False})
    return ultralytics


@contextlib.contextmanager
def _undo_changes() -> Iterator[None]:
    """Put back what the import changes for the whole process.

    It replaces ``PIL.Image.open`` and ``torch.save`` (and OpenCV's reading on Windows), sets
    OpenCV and OpenMP to one thread, and sets how arrays are printed.
    """
    import cv2
    import torch
    from PIL import Image

    owners = ((Image, "open"), (torch, "save"), (cv2, "imread"), (cv2, "imwrite"), (cv2, "imshow"))
    functions = [(owner, name, getattr(owner, name)) for owner, name in owners]
    threads, environment, printing = cv2.getNumThreads(), dict(os.environ), np.get_printoptions()
    try:
        yield
    finally:
        for owner, name, function in functions:
            setattr(owner, name, function)
        cv2.setNumThreads(threads)
        np.set_printoptions(**printing)
        torch.set_printoptions(profile="default")
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)


@keep_models(most=4)
@undisturbed
def load_network(name: str) -> "nn.Module":
    """A downloaded model's network, in eval mode on the device in use; fetched if need be.

    Models with two heads (YOLO26) answer with the one that proposes several boxes an object, so
    that non-maximum suppression has its part to do.
    """
    from cvcore.engine.device import get_device

    download.fetch(name)
    registry.check_files(name)
    (path,) = registry.get_weight(name).paths
    return prepare_network(import_ultralytics().YOLO(path).model).to(get_device())


def prepare_network(network: "nn.Module") -> "nn.Module":
    """Ready to answer: every box, batch norms folded into the convolutions."""
    head = network.model[-1]
    if head.end2end:
        head.end2end = False
    return network.fuse(verbose=False).float().eval().requires_grad_(False)


@undisturbed
def forward(network: "nn.Module", batch: np.ndarray) -> np.ndarray:
    """(1, 84, M) for a batch (1, 3, H, W), RGB in [0, 1]: x, y, width, height, class scores."""
    import torch

    device = next(network.parameters()).device
    with _lock, torch.inference_mode():  # the head keeps its grid between calls
        output = network(torch.from_numpy(batch).to(device))
    output = output[0] if isinstance(output, tuple) else output
    return output.float().cpu().numpy()


def export_onnx(name: str, input_size: int, path: Path) -> Path:
    """Write the bundled model as an ONNX file that ``ultralytics.YOLO(path)`` takes as its own."""
    import onnx
    import torch

    from cvcore.models.yolo_anchors import ANCHORS, STRIDES
    from cvcore.models.yolov3_tiny import DecodedYolo

    model = DecodedYolo(checkpoints.load_model(name).cpu(), ANCHORS, STRIDES).eval()
    program = torch.onnx.export(
        model,
        (torch.zeros(1, 3, input_size, input_size),),
        dynamo=True,
        input_names=["images"],
        output_names=["output0"],
        verbose=False,
    )
    exported = program.model_proto
    labels = dict(enumerate(registry.load_labels(name)))
    about = {
        "task": "detect",
        "stride": max(STRIDES),
        "imgsz": [input_size, input_size],
        "names": labels,
        "batch": 1,
    }
    onnx.helper.set_model_props(exported, {key: str(value) for key, value in about.items()})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx_export.store(onnx_export.seal(exported.SerializeToString(), path.name), path)
    return path


def load_yolo(name: str, input_size: int) -> Any:
    """``ultralytics.YOLO`` on the bundled model's exported file or on a downloaded one."""
    row = registry.get_weight(name)
    if row.is_onnx:
        raise InputError(f"{row.title} is not a YOLO: leave out the engine ultralytics.")
    if row.build:
        file = f"{name}-ultralytics-{input_size}-{row.sha256[0][:16]}.onnx"
        path = paths.cache_dir() / "onnx" / file
        if onnx_export.read(path) is None:
            export_onnx(name, input_size, path)
    else:
        download.fetch(name)
        (path,) = row.paths
    return import_ultralytics().YOLO(path, task="detect")


def load_scorer(
    name: str, input_size: int, confidence: float, iou: float
) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """ultralytics' own prediction: an RGB picture to xyxy, confidence and class_id."""
    yolo = load_yolo(name, input_size)

    def predict(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        found = yolo.predict(
            np.ascontiguousarray(image[..., ::-1]),
            imgsz=input_size,
            conf=confidence,
            iou=iou,
            verbose=False,
        )[0].boxes.numpy()
        return found.xyxy, found.conf, found.cls.astype(np.int64)

    return predict

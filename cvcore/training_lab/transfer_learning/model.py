"""What a transfer has learnt: for live pictures, and as a file."""

import json
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from cvcore.core import images
from cvcore.engine.device import get_device
from cvcore.engine.isolation import undisturbed
from cvcore.models.efficientnet_lite import EfficientNetLite
from cvcore.training_lab import files
from cvcore.training_lab.data import MAX_CLASSES
from cvcore.training_lab.transfer_learning import backbone
from cvcore.training_lab.transfer_learning.settings import TransferSettings

NO_MODEL = "This is no network of a transfer: choose a .safetensors file that was saved here."
MAX_SIDE = 1024
LONGEST_NAME = 200  # letters of a class


@dataclass(frozen=True, eq=False)
class TransferModel:
    """A network for some classes, on the device of ``cvcore.engine.device``."""

    settings: TransferSettings
    classes: tuple[str, ...]
    side: int
    """Pixels of the square that pictures were brought to for learning."""
    net: EfficientNetLite = field(repr=False)

    @undisturbed
    def predict(self, picture: images.Picture) -> np.ndarray:
        """Probabilities float64 (K,) of a picture (H, W, 3), of its middle square."""
        image = images.as_image(picture)
        square = images.centre_crop(image, min(image.shape[:2]))
        if len(square) != self.side:
            resample = "box" if len(square) > self.side else "bilinear"
            square = images.resize(square, (self.side, self.side), resample=resample)
        tensor = torch.from_numpy(np.ascontiguousarray(square.transpose(2, 0, 1))).float() / 255
        return self.predict_many(tensor[None])[0]

    @undisturbed
    def predict_many(self, pictures: Tensor) -> np.ndarray:
        """Probabilities float64 (N, K) of pictures float (N, C, S, S) in [0, 1]."""
        with torch.no_grad():
            pieces = pictures.split(backbone.PIECE)
            logits = [self.net(backbone.fit(some.to(get_device()))).cpu() for some in pieces]
        return torch.cat(logits).double().softmax(dim=1).numpy()

    @undisturbed
    def to_file(self) -> bytes:
        """A .safetensors file of what has been learnt; the rest is the bundled network's."""
        state = self.net.state_dict()
        names = backbone.list_learned(self.net, backbone.find_border(self.settings))
        about = {
            "settings": asdict(self.settings),
            "classes": list(self.classes),
            "side": self.side,
        }
        return save(
            {name: state[name].detach().cpu().contiguous() for name in names},
            metadata={"transfer": json.dumps(about)},
        )


@undisturbed
def load_transfer(data: bytes) -> TransferModel:
    """A network out of the bytes of ``TransferModel.to_file``; ``InputError`` for others."""
    with files.refusing(NO_MODEL):
        tensors, about = files.read(data, "transfer")
        settings = TransferSettings(**about["settings"])
        classes, side = tuple(map(str, about["classes"])), int(about["side"])
        if not 1 <= side <= MAX_SIDE or not 2 <= len(classes) <= MAX_CLASSES:
            raise ValueError(side)
        if len(set(classes)) < len(classes) or max(map(len, classes)) > LONGEST_NAME:
            raise ValueError("class names")
        if not all(value.isfinite().all() for value in tensors.values()):
            raise ValueError("weights that are no numbers")
        net = backbone.build_network(settings, len(classes))
        names = backbone.list_learned(net, backbone.find_border(settings))
        if sorted(names) != sorted(tensors):
            raise ValueError("other weights")
        net.load_state_dict(tensors, strict=False)
    return TransferModel(settings, classes, side, net.eval().requires_grad_(False))

"""The bundled autoencoder of faces: 64 numbers in order of importance, of which any first few do.

Its weights are this project's own: see ``cvcore.training.autoencoders`` and
assets/weights/autoencoders.md.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch

from cvcore.autoencoders.architecture import Layer, describe_network
from cvcore.core import images
from cvcore.core.checks import check_seed, check_whole
from cvcore.core.errors import InputError
from cvcore.engine import checkpoints
from cvcore.engine.isolation import undisturbed
from cvcore.models.autoencoders import FACE_CODE, FACE_SIDE
from cvcore.recognition import faces
from cvcore.recognition.datasets import make_generator
from cvcore.recognition.faces.alignment import CELEBA_TEMPLATE, align

if TYPE_CHECKING:
    from cvcore.models.autoencoders import FaceAutoencoder

WEIGHT = "autoencoder_faces"
SAMPLE = 22  # what random numbers are for
MAX_FACES = 256
BATCH = 32


@undisturbed
def read_face(picture: images.Picture) -> tuple[np.ndarray, str]:
    """The largest face of a picture, uint8 (64, 64, 3), turned upright and cut as the training
    pictures are, and a sentence where it is hardly a face, else "".

    Raises ``InputError`` where there is none.
    """
    image = images.as_image(picture)
    found = faces.find_faces(image, detector="yunet")
    face = found[faces.pick_face(found, image.shape[:2])]
    cut = align(
        image, face.landmarks, side=FACE_SIDE, template=CELEBA_TEMPLATE,
        border=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return cut, faces.describe_unsure(face, "yunet")


@undisturbed
def load_faces() -> "FaceModel":
    """The bundled autoencoder of faces, loaded once."""
    return FaceModel(checkpoints.load_model(WEIGHT))


@dataclass(frozen=True, eq=False)
class FaceModel:
    """Faces uint8 (N, 64, 64, 3) to codes float32 (N, 64), and back.

    ``keep`` (1 to 64) says how many numbers of a code are used, the first ones; the others count as
    0. Every method raises ``InputError`` for what it cannot take.
    """

    network: "FaceAutoencoder" = field(repr=False)
    size = FACE_CODE

    @property
    def layers(self) -> tuple[Layer, ...]:
        net = self.network
        shape = (3, FACE_SIDE, FACE_SIDE)
        return describe_network(
            net.encoder, net.decoder, shape, FACE_CODE, device=str(self._device)
        )

    @property
    def parameters(self) -> int:
        return sum(one.numel() for one in self.network.parameters())

    @property
    def errors(self) -> np.ndarray:
        """float32 (64,): mean squared difference a pixel of test faces, values in [0, 1], with the
        first number kept, the first two ..."""
        return self.network.errors.cpu().numpy()

    @property
    def component_errors(self) -> np.ndarray:
        """float32 (64,): the same of as many principal components of the training faces."""
        return self.network.component_errors.cpu().numpy()

    @property
    def code_mean(self) -> np.ndarray:
        """float32 (64,), of the training faces."""
        return self.network.code_mean.cpu().numpy()

    @property
    def code_deviation(self) -> np.ndarray:
        """float32 (64,), of the training faces."""
        return self.network.code_covariance.diag().sqrt().cpu().numpy()

    @property
    def _device(self) -> torch.device:
        return self.network.code_mean.device

    @undisturbed
    @torch.inference_mode()
    def encode(self, pictures: np.ndarray) -> np.ndarray:
        """Codes float32 (N, 64) of faces."""
        rows = check_faces(pictures)
        batches = [rows[i : i + BATCH] for i in range(0, len(rows), BATCH)]
        codes = [self.network.encode(_to_tensor(some, self._device)).cpu() for some in batches]
        return torch.cat(codes).numpy()

    @undisturbed
    @torch.inference_mode()
    def decode(self, codes: np.ndarray, *, keep: int = FACE_CODE) -> np.ndarray:
        """Faces uint8 (N, 64, 64, 3) of codes (N, 64), or of one (64,)."""
        keep = check_whole("The bottleneck", keep, 1, FACE_CODE)
        rows = torch.from_numpy(check_codes(codes)).to(self._device)
        rows[:, keep:] = 0
        faces = torch.cat([self.network.decode(some).cpu() for some in rows.split(BATCH)])
        pixels = np.rint(faces.permute(0, 2, 3, 1).numpy() * 255).clip(0, 255)
        return np.ascontiguousarray(pixels.astype(np.uint8))

    def rebuild(self, pictures: np.ndarray, *, keep: int = FACE_CODE) -> np.ndarray:
        """What comes out, uint8 (N, 64, 64, 3), where faces go in."""
        return self.decode(self.encode(pictures), keep=keep)

    @undisturbed
    def sample(self, count: int, *, seed: int = 0, keep: int = FACE_CODE) -> np.ndarray:
        """Faces uint8 (count, 64, 64, 3) of codes drawn from a normal distribution with mean and
        covariance of the training faces' codes; the same for a seed. ``count`` is 1 to 256."""
        count = check_whole("The number of samples", count, 1, MAX_FACES)
        generator = make_generator(check_seed(seed), SAMPLE)
        draws = torch.randn(count, FACE_CODE, generator=generator).numpy()
        covariance = self.network.code_covariance.cpu().double().numpy()
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(values.clip(0))
        return self.decode(self.code_mean + draws @ root.T, keep=keep)


def check_faces(pictures: Any) -> np.ndarray:
    """uint8 (N, 64, 64, 3) of faces, or of one (64, 64, 3)."""
    array = np.asarray(pictures)
    if array.ndim == 3:
        array = array[None]
    wanted = (FACE_SIDE, FACE_SIDE, 3)
    if array.dtype != np.uint8 or array.shape[1:] != wanted or not len(array):
        raise InputError(f"Faces must be uint8 (N, {FACE_SIDE}, {FACE_SIDE}, 3): see read_face.")
    return array


def check_codes(codes: Any) -> np.ndarray:
    """float32 (N, 64) of codes, or of one (64,); a copy."""
    try:
        array = np.atleast_2d(np.array(codes, np.float32))
    except (ValueError, TypeError) as error:
        raise InputError("A code must be numbers.") from error
    if array.ndim != 2 or array.shape[1] != FACE_CODE or not len(array):
        raise InputError(f"A code has {FACE_CODE} numbers; got the shape {np.shape(codes)}.")
    if not np.isfinite(array).all():
        raise InputError("A code holds a value that is no number: choose another.")
    return array


def _to_tensor(pictures: np.ndarray, device: torch.device) -> torch.Tensor:
    batch = torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))
    return batch.to(device).float() / 255

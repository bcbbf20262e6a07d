"""What a network trained on telling backgrounds looks at: its maps, and how much of them lies
behind the subject."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from cvcore.engine.isolation import undisturbed
from cvcore.models.shortcut_cnn import ShortcutCNN
from cvcore.recognition.datasets import make_generator
from cvcore.saliency import cams, perturbation
from cvcore.saliency.scores import share_inside
from cvcore.saliency.shortcut.scenes import OWN, SIDE, Scenes, compose
from cvcore.saliency.target import OwnNet

WINDOW, STRIDE = 12, 6  # pixels, of occlusion


@dataclass(frozen=True, eq=False)
class Evidence:
    """Answers to pictures, and the maps of these answers."""

    scenes: Scenes
    answers: np.ndarray  # int64 (N,), 0 or 1
    probabilities: np.ndarray  # float64 (N,), of the answer
    maps: np.ndarray = field(repr=False)  # float32 (N, 48, 48), what speaks for the answer

    @property
    def accuracy(self) -> float:
        """The share of right answers, 0 to 1."""
        return float((self.answers == self.scenes.labels.numpy()).mean())

    @property
    def mean_map(self) -> np.ndarray:
        """The mean of all maps float32 (48, 48), each scaled to a sum of 1."""
        sums = self.maps.sum((1, 2), keepdims=True)
        return (self.maps / np.where(sums > 0, sums, 1)).mean(0)

    @property
    def on_background(self) -> float | None:
        """The mean share (0 to 1) of a map that lies on the background; None where no map has
        anything that speaks for its answer."""
        shares = [
            share_inside(one, ~subject)
            for one, subject in zip(self.maps, self.scenes.subjects.numpy(), strict=True)
        ]
        known = [share for share in shares if share is not None]
        return float(np.mean(known)) if known else None


@dataclass(frozen=True, eq=False)
class OwnAnswer:
    """A drawing on snow and on grass."""

    evidence: Evidence

    @property
    def follows_background(self) -> bool:
        """The answer changes with the background, though the subject is the same."""
        return bool(self.evidence.answers[0] != self.evidence.answers[1])


@undisturbed
def gather(net: ShortcutCNN, scenes: Scenes) -> Evidence:
    """Answers, and Grad-CAM of each, from the last layer's 12 x 12 cells.

    It is of the answer's logit minus the other's, as two classes have only their difference.
    """
    answers, probabilities = ask(net, scenes.pictures)
    maps = np.zeros((len(scenes), SIDE, SIDE), np.float32)
    for answer in (0, 1):
        (own,) = np.nonzero(answers == answer)
        if not len(own):
            continue
        target = OwnNet(net, answer, 1 - answer)
        layer = cams.get_layer(net, -1)
        some = scenes.pictures[torch.from_numpy(own)]
        for at, features, slope in zip(
            own, *cams.features_and_gradients(net, some, layer, target), strict=True
        ):
            maps[at] = cams.to_map(cams.combine_grad_cam(features, slope), SIDE)
    return Evidence(scenes, answers, probabilities, maps)


@undisturbed
def occlude(net: ShortcutCNN, scenes: Scenes) -> Evidence:
    """Answers, and the occlusion map of each: a grey window of 12 x 12 pixels moves by 6, and what
    is lost of the answer's probability is kept where anything is."""
    answers, probabilities = ask(net, scenes.pictures)
    maps = []
    for picture, answer in zip(scenes.pictures.numpy(), answers, strict=True):
        target = OwnNet(net, int(answer))
        *_, (values, _) = perturbation.occlusion(
            picture, target, window=WINDOW, stride=STRIDE, fill="grey"
        )
        maps.append(values.clip(0).astype(np.float32))
    return Evidence(scenes, answers, probabilities, np.stack(maps))


@undisturbed
def explain_own(net: ShortcutCNN, digit: np.ndarray, seed: int = 0) -> OwnAnswer:
    """A drawing float32 (28, 28) in [0, 1], white on black, on snow and on grass; it has no label,
    so there is no accuracy."""
    return OwnAnswer(gather(net, place_own(digit, seed)))


def place_own(digit: np.ndarray, seed: int = 0) -> Scenes:
    """A drawing float32 (28, 28) in [0, 1] on snow, then on grass; labels of -1 mean none."""
    both = torch.from_numpy(np.stack([digit, digit]).astype(np.float32))[:, None]
    backgrounds = torch.tensor([0, 1])
    pictures, subjects = compose(both, backgrounds, make_generator(seed, OWN), centred=True)
    return Scenes(pictures, torch.tensor([-1, -1]), backgrounds, subjects)


@torch.inference_mode()
def ask(net: ShortcutCNN, pictures: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Answers int64 (N,) and their probabilities float64 (N,)."""
    p = net(pictures).double().softmax(1)
    best = p.max(1)
    return best.indices.numpy(), best.values.numpy()

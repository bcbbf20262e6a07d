"""The view "Augment": one's own picture in sixteen variations, beside what they are good for."""

from dataclasses import fields
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images
from cvcore.training_lab.variety import LIMITS, Augmentation
from demos import components as ui
from demos import lesson
from demos.training_lab import experiments

TITLE = "Augment"
COUNT, ACROSS = 16, 4
SIDE = 200  # pixels of a variation
DRAWS = 1000
SAMPLES = ("chelsea", "coffee", "astronaut", "rocket")
DEFAULTS = Augmentation(flip=True, rotation=12, zoom=0.1, shift=0.1)
LABELS = {
    "rotation": ("Rotation, ± degrees", 1), "zoom": ("Zoom, ± share", 0.01),
    "shift": ("Shift, ± share", 0.01), "crop": ("Crop, share cut away", 0.05),
    "brightness": ("Brightness, ± share", 0.05), "colour": ("Colour, ± share", 0.05),
    "erase": ("Erase, share", 0.05),
}  # fmt: skip


def shrink(picture: np.ndarray | None, side: int = SIDE) -> np.ndarray:
    """The picture's middle square, of at most so many pixels; InputError where there is none."""
    image = images.as_image(picture)
    square = images.centre_crop(image, min(image.shape[:2]))
    return images.resize(square, (side, side), resample="box") if len(square) > side else square


def draw_variations(picture: np.ndarray | None, augmentation: Augmentation) -> dict[str, Any]:
    """The sixteen first variations."""
    small = shrink(picture)
    varied = cvcore.training_lab.vary(small, augmentation, count=COUNT)
    tiles = "".join(
        f'<img src="{images.to_data_uri(one)}" alt="Variation {number}">'
        for number, one in enumerate(varied, start=1)
    )
    html = f'<div class="lab-varied">{tiles}</div>'
    return {"html": html, "shown": len(varied)}


def count(picture: np.ndarray | None, augmentation: Augmentation) -> dict[str, int]:
    """How many of a thousand variations differ, and how many are the picture itself."""
    variety = cvcore.training_lab.count_different(shrink(picture), augmentation, draws=DRAWS)
    return {
        "draws": variety.draws, "different": variety.different, "unchanged": variety.unchanged,
    }  # fmt: skip


def say_count(picture: np.ndarray | None, augmentation: Augmentation) -> str:
    """The same as a sentence."""
    told = count(picture, augmentation)
    same = told["draws"] - told["different"]
    often = "none comes twice" if not same else f"{same:,} are the same as one before"
    itself = f", {told['unchanged']:,} are the picture itself" if told["unchanged"] else ""
    return f"<p>Of <b>{told['draws']:,}</b> drawn at random {often}{itself}.</p>"


def vary_frame(frame: np.ndarray, augmentation: Augmentation) -> np.ndarray:
    """Sixteen variations of what the webcam sees, as one picture."""
    small = shrink(frame, 160)
    varied = cvcore.training_lab.vary(small, augmentation, count=COUNT)
    height, width = small.shape[:2]
    grid = varied.reshape(ACROSS, ACROSS, height, width, 3).swapaxes(1, 2)
    return np.ascontiguousarray(grid.reshape(ACROSS * height, ACROSS * width, 3))


def build_controls(stage: lesson.Stage) -> lesson.Controls:
    """A slider a change."""
    parts: dict[str, Any] = {}
    with stage.controls(TITLE, lesson.LIVE), gr.Column(elem_classes=["lab-changes"]):
        parts["flip"] = gr.Checkbox(DEFAULTS.flip, label="Mirror every second one")
        for name, (label, step) in LABELS.items():
            most, value = LIMITS[name][1], getattr(DEFAULTS, name)
            parts[name] = ui.Slider(0, most, value, step=step, label=label)
    names = [one.name for one in fields(Augmentation)]
    return lesson.Controls(Augmentation, **{name: parts[name] for name in names})


def build(tab: lesson.Tab, stage: lesson.Stage, lazy: lesson.LazyTabs) -> lesson.Controls:
    """Variations on the left, the experiment on the right; what turns them in the rail."""
    picture = stage.picture_input(sample=SAMPLES[0], names=SAMPLES)
    with stage.show(TITLE), gr.Row(elem_classes=["side-by-side"]):
        with gr.Column(elem_classes=["wider", "lab-left"]):
            view = ui.Panel(
                label="variations", elem_id="training-lab-variations", elem_classes=["fill"]
            )
            told = gr.HTML(
                "<p>1,000 are being counted ...</p>",
                elem_classes=["lab-count"],
                elem_id="training-lab-count",
            )
        panel = ui.Panel(
            label="experiment", elem_id="training-lab-experiment", elem_classes=["fill", "tall"]
        )
    section = stage.views[TITLE]
    controls = build_controls(stage)
    moved = [one.input for one in controls]
    quiet = {"api_name": None, "settings": controls, "show_progress": "hidden"}
    lazy.add(
        TITLE, section, draw_variations, [picture], view, controls=[picture.change, *moved], **quiet
    )
    tab.run(
        [section.select, picture.change, *(one.change for one in controls)], say_count, [picture],
        told, trigger_mode="always_last", **quiet,
    )  # fmt: skip
    experiments.build(tab, stage, panel, TITLE)
    image = ui.SafeImage(visible=False, label="picture")
    numbers = gr.JSON(visible=False, label="variety")
    tab.endpoint(count, [image], numbers, settings=controls, api_name="training_lab_vary")
    return controls

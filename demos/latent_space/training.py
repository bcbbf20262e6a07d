"""The training again: the same latents through its checkpoints, and a run that failed."""

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.latent_space.controls import Choices
from demos.latent_space.views import Panel, draw_curves, draw_strip
from demos.lesson import charts

TITLE = "Training"
SHOWN = 10  # latents
GRID = 8  # pictures a side
CHECKPOINTS = 8  # of a run, at most
VARIED = 20  # pictures of one digit whose variety is drawn
STEP = "training step"
RUNS = [("this one", "own"), ("digits, failed on purpose", "collapse")]


def show_history(name: str, seed: float, run: str) -> dict:
    """The same ten latents through all checkpoints of a run, with its curves."""
    history = cvcore.latent_space.history
    if run not in ("own", "collapse"):
        raise InputError("The run is own or collapse.")
    word = name if run == "own" else run
    curves = history.load_curves(word)
    z = cvcore.latent_space.sample(SHOWN, seed=seed)
    digits = np.arange(SHOWN) % 10 if history.RUNS[word] == "digits" else None
    variety = measure_checkpoints(word, seed)
    strips = []
    for place, step in enumerate(curves.checkpoints):
        pictures = history.generate_checkpoint(z, place, run=word, classes=digits)
        strips.append(
            draw_strip(pictures, f"after <b>{step:,}</b> steps · variety {variety[place]:.0f}")
        )
    drawings = "".join([*draw_race(curves), *draw_measures(word, curves, variety, seed)])
    words = (
        describe_collapse(curves, variety)
        if word == "collapse"
        else f"The same ten latents at {len(curves.checkpoints)} checkpoints of the training. "
        "Neither loss says how good the pictures are: the two networks only race each other. The "
        "distance (KID) does, together with the variety and your own eyes. Of the generator that "
        f"you use here: {describe_kid(curves)}."
    )
    html = (
        f'<p>{words}</p><div class="plots">{drawings}</div>'
        f'<div class="plots strips">{"".join(strips)}</div>'
        '<p class="soft">Variety: by how many grey levels a pixel of two pictures differs (digits: '
        f"two of one class); of two real ones by {curves.variety.get('real', 0):.0f}. KID is "
        "measured on EfficientNet-Lite0's features, so these numbers can be compared only with "
        "each other. Dashed lines: the checkpoints shown.</p>"
    )
    return {
        "html": html, "checkpoints": list(curves.checkpoints), "variety": variety,
        "kid_steps": curves.kid_steps.tolist(), "kid": curves.kid.tolist(),
    }  # fmt: skip


def measure_checkpoints(run: str, seed: float) -> list[float]:
    """How much different latents change the picture (digits: of a 3), at each checkpoint."""
    history = cvcore.latent_space.history
    z = cvcore.latent_space.sample(VARIED, seed=seed)
    digit = 3 if history.RUNS[run] == "digits" else None
    return [
        history.measure_variety(history.generate_checkpoint(z, place, run=run, classes=digit))
        for place in range(len(history.load_curves(run).checkpoints))
    ]


def draw_race(curves) -> list[str]:
    """Both networks' losses through a run, and how often the discriminator is right."""
    options = {"x": STEP, "marks": curves.checkpoints}
    chance = np.full(len(curves.steps), 0.5)
    return [
        draw_curves(
            [charts.Line("discriminator", curves.steps, curves.loss_d, charts.BLUE),
             charts.Line("generator", curves.steps, curves.loss_g, charts.VERMILION)],
            title="Losses", y="loss", **options,
        ),
        draw_curves(
            [charts.Line("D is right", curves.steps, curves.right, charts.BLUE),
             charts.Line("guessing", curves.steps, chance, charts.GREY)],
            title="Share right", y="share", **options,
        ),
    ]  # fmt: skip


def draw_measures(run: str, curves, variety: list[float], seed: float) -> list[str]:
    """KID and variety through a run; the failed one's beside those of the one that did not fail."""
    history = cvcore.latent_space.history
    kid = [charts.Line("KID", curves.kid_steps, curves.kid, charts.GREEN)]
    spread = [charts.Line("variety", curves.checkpoints, variety, charts.GREEN)]
    if run == "collapse":
        healthy, last = history.load_curves("digits"), curves.checkpoints[-1]
        measured = healthy.kid_steps <= last
        steps = np.array(healthy.checkpoints)
        values = np.array(measure_checkpoints("digits", seed))
        kid = [
            charts.Line("failed", curves.kid_steps, curves.kid, charts.VERMILION),
            charts.Line(
                "not failed", healthy.kid_steps[measured], healthy.kid[measured], charts.GREEN
            ),
        ]
        spread = [
            charts.Line("failed", curves.checkpoints, variety, charts.VERMILION),
            charts.Line("not failed", steps[steps <= last], values[steps <= last], charts.GREEN),
        ]
    options = {"x": STEP, "marks": curves.checkpoints}
    return [
        draw_curves(kid, title="Distance from real pictures (KID)", y="KID", **options),
        draw_curves(spread, title="Variety", y="grey levels", **options),
    ]


def describe_kid(curves) -> str:
    deviation = "" if curves.kid_deviation is None else f" ± {curves.kid_deviation:.3f}"
    return f"KID <b>{curves.kid[-1]:.3f}</b>{deviation}"


def describe_collapse(curves, variety: list[float]) -> str:
    """What failed, and which of the numbers shows it."""
    healthy = cvcore.latent_space.history.load_curves("digits")
    place = int(np.abs(healthy.kid_steps - curves.checkpoints[-1]).argmin())
    return (
        "Here the generator learnt forty times faster than its discriminator, and without "
        "augmentation, so 400 steps were enough to fail: whatever the latent, much the same "
        "picture comes out (<b>mode collapse</b>). The distance does not show it: "
        f"{describe_kid(curves)} here, and {healthy.kid[place]:.3f} after as many steps of the run "
        f"that did not fail. The <b>variety</b> does: {variety[-1]:.0f} grey levels, where two "
        f"real digits of a class differ by {curves.variety.get('real', 0):.0f}."
    )


def show_checkpoint(name: str, seed: float, run: str, moment: float) -> dict:
    """64 pictures of a seed as they were generated at a checkpoint of a run, 1 being the first."""
    history = cvcore.latent_space.history
    word = name if run == "own" else run
    curves = history.load_curves(word)
    place = min(int(moment), len(curves.checkpoints)) - 1
    z = cvcore.latent_space.sample(GRID * GRID, seed=seed)
    classes = np.arange(GRID * GRID) % 10 if history.RUNS[word] == "digits" else None
    pictures = history.generate_checkpoint(z, place, run=word, classes=classes)
    step = curves.checkpoints[place]
    words = f"checkpoint {place + 1} of {len(curves.checkpoints)}: after <b>{step:,}</b> steps"
    return {
        "html": f'<div class="whole">{draw_strip(pictures, words, GRID, is_whole=True)}</div>',
        "checkpoint": place + 1,
        "checkpoints": len(curves.checkpoints),
        "step": step,
    }


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, choices: Choices) -> None:
    """The curves and strips of a run, and 64 pictures of one of its checkpoints."""
    stage = tab.stage
    with stage.view(TITLE) as section, gr.Row(elem_classes=["side-by-side"]):
        grid = Panel(label="pictures", elem_id="latent-space-checkpoint", elem_classes=["fill"])
        panel = Panel(label="training", elem_id="latent-space-history", elem_classes=["fill"])
    with stage.controls(TITLE, first=True):
        run = ui.Radio(RUNS, value="own", label="Run")
        moment = ui.Slider(
            1, CHECKPOINTS, CHECKPOINTS, step=1, label="Checkpoint of the 64 pictures"
        )  # fmt: skip
    inputs = [choices["name"], choices["seed"], run]
    _, followed = lazy.add(
        TITLE, section, show_history, inputs, panel, api_name="latent_space_training",
        controls=[run.input], follows=choices.changes, trigger_mode="always_last",
    )  # fmt: skip
    lazy.add(
        TITLE, section, show_checkpoint, [*inputs, moment], grid, api_name="latent_space_sheet",
        controls=[run.input, moment.release], trigger_mode="always_last",
    )  # fmt: skip
    tab.run(
        followed.then, show_checkpoint, [*inputs, moment], grid, api_name=None,
        trigger_mode="always_last",
    )  # fmt: skip

"""Has the generator memorised its training pictures?"""

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.latent_space.controls import DEFAULTS, Choices
from demos.latent_space.views import Panel, draw_curves, draw_picture
from demos.lesson import charts

TITLE = "Memorised?"


def show_faces() -> dict:
    """How near generated faces are to the training faces, as measured when they were kept."""
    memory = cvcore.latent_space.load_lesson()["faces"].get("memory")
    if not memory:
        raise InputError("This was not measured for these faces: choose the digits.")
    share = np.linspace(0, 100, len(memory["made"]))
    names = {
        "made": ("generated faces", charts.BLUE),
        "real": ("training faces (to another one)", charts.GREEN),
        "copied": ("copies, moved and blurred", charts.VERMILION),
    }
    curves = [
        charts.Line(title, share, memory[key], colour) for key, (title, colour) in names.items()
    ]
    generated, real, copied = (np.array(memory[key]) for key in names)
    middles = [float(np.median(part)) for part in (generated, real, copied)]
    below = float(np.interp(middles[2], generated, share, left=0))
    nearer = float(np.interp(real[1], generated, share, left=0))
    return {
        "html": '<p class="big">Half of 1,000 generated faces are at least '
        f"<b>{middles[0]:.3f}</b> away from the nearest training face, mirrored or not; a training "
        f"face is typically <b>{middles[1]:.3f}</b> away from the nearest other one, and a copy of "
        f"it, moved by two pixels and blurred, <b>{middles[2]:.3f}</b> away from it.</p>"
        "<p>If the training faces had been memorised, generated faces would lie as near as "
        f"those copies: <b>{below:.0f} %</b> are as near as the middle one of them. "
        f"<b>{nearer:.0f} %</b> are nearer to a training face than all but one in twenty training "
        "faces are to another.</p>"
        + draw_curves(
            curves,
            title="Distance to the nearest",
            x="share of pictures, %",
            y="distance",
            size=charts.WIDE,
        )
        + '<p class="soft">1 − cosine of EfficientNet-Lite0’s features, to all of the training '
        "faces. CelebA’s pictures must not be passed on, so these numbers are bundled in their "
        "place; for digits the training pictures themselves are shown.</p>",
        "median_distances": dict(zip(("generated", "training", "copies"), middles, strict=True)),
    }


def show_memorisation(name: str, seed: float, digit: float) -> dict:
    """Has the generator memorised its pictures? Faces by numbers, digits by pictures."""
    return show_faces() if name == "faces" else show_digits(seed, digit)


def show_digits(seed: float, digit: float) -> dict:
    """Generated digits beside the training digits nearest to them."""
    ls, history = cvcore.latent_space, cvcore.latent_space.history
    w = ls.map_latents(ls.sample(4, seed=seed), name="digits")
    pictures = ls.generate(w, name="digits", classes=digit)
    rows, distances = [], []
    for picture in pictures:
        near = history.find_nearest(picture, digit, 3)
        distances.append(float(near.distances[0]))
        shown = [draw_picture(picture, "<b>generated</b>", 76)] + [
            draw_picture(real, f"{distance:.0f}", 76)
            for real, distance in zip(near.pictures, near.distances, strict=True)
        ]
        rows.append(f'<div class="row">{"".join(shown)}</div>')
    usual = history.usual_distance(int(digit))
    verdict = (
        "as far as real digits are from each other, or farther: not memorised."
        if min(distances) > 0.8 * usual
        else "nearer than real digits are to each other: this may be memorised."
    )
    html = (
        f'<p class="big">The nearest is {min(distances):.0f} away; real ones of this digit are '
        f"typically <b>{usual:.0f}</b> from their nearest: {verdict}</p>"
        f'<div class="plots">{"".join(rows)}</div><p class="soft">Among all 500 training digits of '
        "the class; root mean square difference of pixels, grey levels.</p>"
    )
    return {"html": html, "distances": distances, "usual_distance": usual}


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, choices: Choices) -> None:
    """Generated pictures beside the nearest they were trained on, or how near these are."""
    name = choices["name"]
    with tab.stage.view(TITLE) as section:
        panel = Panel(label="nearest", elem_id="latent-space-nearest", elem_classes=["fill"])
    with tab.stage.controls(TITLE, first=True):
        digit = ui.Slider(0, 9, DEFAULTS.digit, step=1, label="Digit made", visible=False)
    lazy.add(
        TITLE, section, show_memorisation, [name, choices["seed"], digit], panel,
        api_name="latent_space_nearest", controls=[digit.release], follows=choices.changes,
        trigger_mode="always_last",
    )  # fmt: skip
    tab.run(
        name.change, lambda kind: gr.update(visible=kind == "digits"), name, digit, api_name=None
    )

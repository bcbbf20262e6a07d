"""A - B + C with averaged latents."""

import gradio as gr
import numpy as np

import cvcore
from demos import lesson
from demos.latent_space import opinion
from demos.latent_space.controls import Choices, Settings
from demos.latent_space.letters import pick
from demos.latent_space.views import Panel, draw_figure, number

TITLE = "A − B + C"
# Of seed 12: smiling women, the same serious, men serious. Of a digit: any three each.
GROUPS = "A: 5, 8, 14; B: 1, 13, 21; C: 4, 12, 23; D: 3"
HOW = (
    "Give A, B and C several pictures each that share what you mean (tick “several each”): A "
    "smiling, B the same kind of person serious, C someone else serious. The averages lose what is "
    "particular to one picture."
)
GROUPS_SEED, GROUPS_TRUNCATION = 12, 0.8


def show_sum(own: dict | None, settings: Settings) -> dict:
    """The averages of A, B and C, their sum, and the same sum of pixels.

    ``more_real_than``: the share of real pictures that look less real to the discriminator.
    """
    ls = cvcore.latent_space
    chosen = pick(settings, own)
    means = {key: ls.average(chosen[key]) for key in "ABC"}
    total = ls.combine(chosen["A"], chosen["B"], chosen["C"])
    z = np.stack([means["A"], means["B"], means["C"], total])
    pictures = ls.generate(z, name=settings.name, classes=settings.digit)
    logits = ls.score(pictures, name=settings.name, classes=settings.digit)
    real = ls.rank_scores(logits, settings.name)
    said = [number(logit) for logit in logits]
    a, b, c = (picture.astype(np.int16) for picture in pictures[:3])
    pixels = np.clip(a - b + c, 0, 255).astype(np.uint8)
    counts = {key: len(chosen[key]) for key in "ABC"}
    raw = means["A"] - means["B"] + means["C"]
    long, kept = ls.measure_lengths(np.stack([raw, total]))
    words = [
        f"{sign} <b>{key}</b>" + (f", mean of {counts[key]}" if counts[key] > 1 else "")
        for sign, key in zip(("", "−", "+"), "ABC", strict=True)
    ]
    html = (
        '<div class="sum">'
        + "".join(draw_figure(pictures[i], words[i]) for i in range(3))
        + draw_figure(pictures[3], "= <b>sum of latents</b>", "total")
        + draw_figure(pixels, "the same with pixels", "pixels")
        + f'<p class="said">D’s logit of the sum: <b>{said[3]}</b> (A {said[0]}, B {said[1]}, C '
        f"{said[2]}; {opinion.describe_others(settings.name)}). Added up, the latent is "
        f"{number(long, 1)} long; it is brought back to {number(kept, 1)}.</p></div>"
    )
    return {
        "html": html,
        "more_real_than": dict(zip(("A", "B", "C", "sum"), real.tolist(), strict=True)),
        "length_added_up": float(long),
        "length": float(kept),
    }


def set_groups(applied: list) -> tuple[float, float, str, list]:
    """Seed, truncation and letters of the example with three pictures each."""
    return GROUPS_SEED, GROUPS_TRUNCATION, GROUPS, [GROUPS, applied[1] + 1]


def build(tab: lesson.Tab, lazy: lesson.LazyTabs, choices: Choices) -> None:
    """The sum, and an example with several pictures a letter."""
    with tab.stage.view(TITLE) as section:
        panel = Panel(label="sum", elem_id="latent-space-sum", elem_classes=["fill"])
    with tab.stage.controls(TITLE, first=True):
        gr.Markdown(HOW, elem_classes=["question"])
        example = gr.Button("Example: three pictures each", size="sm")
    lazy.add(
        TITLE, section, show_sum, [choices.own], panel, settings=choices.controls,
        api_name="latent_space_sum", follows=choices.changes, trigger_mode="always_last",
    )  # fmt: skip
    tab.run(
        example.click, set_groups, choices.applied,
        [choices["seed"], choices["truncation"], choices["text"], choices.applied],
        api_name=None, show_progress="hidden",
    )  # fmt: skip

"""A - B + C with averaged latents, and sliders along principal directions."""

from collections.abc import Callable

import gradio as gr
import numpy as np

import cvcore
from cvcore.timing import Stopwatch
from demos import ui
from demos.latent_space_inner import Inner
from demos.latent_space_views import Panel, draw_picture, draw_strip, number

SLIDERS = 6
REACH = 3.0  # standard deviations
# Of seed 12: smiling women, the same serious, men serious. Of a digit: any three each.
GROUPS = "A: 2, 10, 21; B: 7, 11, 13; C: 4, 14, 20; D: 3"
GROUPS_SEED = 12


def show_sum(
    name: str, digit: float, seed: float, truncation: float, text: str, own: dict | None,
    pick: Callable,
) -> dict:  # fmt: skip
    """The averages of A, B and C, their sum, and the same sum of pixels."""
    ls = cvcore.latent_space
    chosen = pick(name, seed, truncation, text, own)
    means = {key: ls.average(chosen[key]) for key in "ABC"}
    total = ls.combine(chosen["A"], chosen["B"], chosen["C"])
    z = np.stack([means["A"], means["B"], means["C"], total])
    pictures = ls.generate(z, name=name, classes=digit)
    real = ls.rank_scores(ls.score(pictures, name=name, classes=digit), name)
    a, b, c = (picture.astype(np.int16) for picture in pictures[:3])
    pixels = np.clip(a - b + c, 0, 255).astype(np.uint8)
    counts = {key: len(chosen[key]) for key in "ABC"}
    parts = []
    for place, (sign, key) in enumerate(zip(("", "−", "+"), "ABC", strict=True)):
        words = f"<b>{key}</b>: mean of {counts[key]}" if counts[key] > 1 else f"<b>{key}</b>"
        parts += [f'<span class="sign">{sign}</span>', draw_picture(pictures[place], words, 92)]
    parts += [
        '<span class="sign">=</span>',
        draw_picture(pictures[3], "<b>sum of latents</b>", 150),
        draw_picture(pixels, "with pixels", 92),
    ]
    raw = means["A"] - means["B"] + means["C"]
    html = (
        f'<div class="row">{"".join(parts)}</div><p class="big">D finds the sum more real than '
        f"<b>{real[3]:.0%}</b> of real pictures (A {real[0]:.0%}, B {real[1]:.0%}, C {real[2]:.0%})"
        f".</p><p>Added up, the latent is {number(np.linalg.norm(raw), 1)} long; it is brought back"
        f" to {number(np.linalg.norm(total), 1)}. Give A, B and C several pictures each that share "
        "what you mean (tick “several each”): A smiling, B the same kind of person serious, C "
        "someone else serious. The averages lose what is particular to one picture.</p>"
    )
    return {"html": html, "real": real.tolist(), "length": float(np.linalg.norm(raw))}


def show_directions(
    name: str, digit: float, seed: float, truncation: float, text: str, own: dict | None,
    pick: Callable,
) -> dict:  # fmt: skip
    """Six directions, each from -3 to 3 standard deviations, from A."""
    ls = cvcore.latent_space
    start = ls.average(pick(name, seed, truncation, text, own)["A"])
    directions = ls.find_directions(name)
    places = np.linspace(-REACH, REACH, 7)
    z = [
        ls.move(start, directions, [None] * row + [place])
        for row in range(SLIDERS)
        for place in places
    ]
    pictures = ls.generate(np.array(z), name=name, classes=digit)
    rows = "".join(
        draw_strip(
            pictures[7 * row : 7 * row + 7],
            f"<b>{row + 1}</b> · {directions.shares[row]:.1%} of the variance",
        )
        for row in range(SLIDERS)
    )
    return {
        "html": f'<p class="soft">from −{REACH:g} to {REACH:g} standard deviations:</p>'
        f'<div class="plots">{rows}</div>',
        "shares": directions.shares[:SLIDERS].tolist(),
    }


def show_moved(
    name: str, digit: float, seed: float, truncation: float, text: str, own: dict | None,
    pick: Callable, *amounts: float,
) -> tuple[dict, str]:  # fmt: skip
    """A beside A moved along the directions."""
    ls = cvcore.latent_space
    start = ls.average(pick(name, seed, truncation, text, own)["A"])
    directions = ls.find_directions(name)
    own = directions.latents[:SLIDERS] @ start
    watch = Stopwatch()
    moved = ls.move(start, directions, own + np.array(amounts))
    pictures = ls.generate(np.stack([start, moved]), name=name, classes=digit)
    watch.lap("network")
    real = ls.rank_scores(ls.score(pictures, name=name, classes=digit), name)
    watch.lap("discriminator")
    html = (
        f'<div class="row">{draw_picture(pictures[0], "<b>A</b>", 150)}'
        f"{draw_picture(pictures[1], '<b>A, moved</b>', 220)}"
        f'<p class="big">length {number(np.linalg.norm(moved), 1)} (was '
        f"{number(np.linalg.norm(start), 1)})<br>D: more real than <b>{real[1]:.0%}</b> of real "
        f"pictures (was {real[0]:.0%})</p></div>"
    )
    value = {"html": html, "length": float(np.linalg.norm(moved)), "real": real.tolist()}
    return value, ui.badge(watch.ms)


def show_styles(
    name: str, digit: float, seed: float, truncation: float, text: str, own: dict | None,
    pick: Callable,
) -> dict:  # fmt: skip
    """A, B, C and D in each other's style; digits: the same latents as all ten digits."""
    ls = cvcore.latent_space
    chosen = pick(name, seed, truncation, text, own)
    z = np.stack([ls.average(chosen[key]) for key in "ABCD"])
    if name == "digits":
        made = ls.generate(np.repeat(z, 10, axis=0), name=name, classes=np.tile(np.arange(10), 4))
        rows = "".join(
            draw_strip(made[10 * row : 10 * row + 10], f"<b>{key}</b>")
            for row, key in enumerate("ABCD")
        )
        return {
            "html": "<p>The latents of A to D (rows), asked for as each of the ten digits: slant "
            "and thickness are the latent's, the digit is the class. The gates that mix styles of "
            f'faces change nothing that can be seen in grey digits.</p><div class="rows">{rows}'
            "</div>",
            "difference": 0.0,
        }
    shapes, styles = np.repeat(z, 4, axis=0), np.tile(z, (4, 1))
    made = ls.mix_styles(shapes, styles, name=name)
    table = made.reshape(4, 4, *made.shape[1:])
    plain = table[np.arange(4), np.arange(4)]
    moved = np.abs(table.astype(np.float64) - plain[:, None]).mean(axis=(2, 3, 4))
    difference = float(moved[~np.eye(4, dtype=bool)].mean())
    cells = ["<span></span>", *(f"<b>style of {key}</b>" for key in "ABCD")]
    for i, key in enumerate("ABCD"):
        cells.append(f"<b>shape of {key}</b>")
        for j in range(4):
            mark = ' class="own"' if i == j else ""
            cells.append(f"<div{mark}>{draw_picture(table[i, j], '', 84)}</div>")
    return {
        "html": "<p>One latent grows into the shapes; the other sets the gates of the 32 × 32 maps "
        f"(framed: both the same). Another style moves a pixel by <b>{difference:.0f}</b> grey "
        f'levels on average.</p><div class="styles">{"".join(cells)}</div>',
        "difference": difference,
    }


def set_groups(applied: list) -> tuple[float, float, str, list]:
    """Seed, truncation and letters of the example with three pictures each."""
    return GROUPS_SEED, cvcore.latent_paths.NO_TRUNCATION, GROUPS, [GROUPS, applied[1] + 1]


def build(inner: Inner, pick: Callable, common: list, own: gr.State, applied: gr.State) -> None:
    """Three inner tabs."""

    def add(*values):
        return show_sum(*values, pick)

    def directions(*values):
        return show_directions(*values, pick)

    def styles(*values):
        return show_styles(*values, pick)

    def moved(name, digit, seed, truncation, text, own, *amounts):
        return show_moved(name, digit, seed, truncation, text, own, pick, *amounts)

    tab = inner.tab
    _, _, seed, truncation, text = common
    common = [*common, own]
    with gr.Tab("A − B + C", id="sum") as section:
        panel = Panel(elem_id="latent-space-sum")
        example = gr.Button("Example: three pictures each", size="sm")
        inner.remember(section)
        inner.follow(section, add, common, panel, api_name="latent_space_sum")
        tab.run(example.click, set_groups, applied, [seed, truncation, text, applied],
                api_name=None, show_progress="hidden")  # fmt: skip
    with gr.Tab("Styles", id="styles") as section:
        panel = Panel(elem_id="latent-space-styles")
        inner.remember(section)
        inner.follow(section, styles, common, panel, api_name="latent_space_styles")
    with gr.Tab("Directions", id="directions") as section:
        with gr.Row():
            sliders = [
                ui.Slider(-4, 4, 0, step=0.1, label=f"Direction {i + 1}", min_width=100)
                for i in range(SLIDERS)
            ]
            reset = gr.Button("All to 0", size="sm", min_width=80, scale=0)
        view = Panel(elem_id="latent-space-moved")
        badge = ui.Badge()
        rows = Panel(elem_id="latent-space-directions")
        inner.remember(section)
        inner.follow(section, moved, [*common, *sliders], [view, badge], api_name=None)
        tab.run(
            [slider.change for slider in sliders], moved, [*common, *sliders], [view, badge],
            api_name="latent_space_move", kind="stream",
        )  # fmt: skip
        tab.run(reset.click, None, None, sliders, api_name=None, js=f"() => {[0] * SLIDERS}")
        inner.follow(section, directions, common, rows, api_name="latent_space_directions")

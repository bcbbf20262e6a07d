"""A, B, C and D in each other's style."""

import numpy as np

import cvcore
from demos import lesson
from demos.latent_space.controls import Choices, Settings
from demos.latent_space.letters import pick
from demos.latent_space.views import Panel, draw_strip, draw_whole

TITLE = "Styles"


def show_styles(own: dict | None, settings: Settings) -> dict:
    """A, B, C and D in each other's style; digits: the same latents as all ten digits."""
    ls = cvcore.latent_space
    chosen = pick(settings, own)
    z = np.stack([ls.average(chosen[key]) for key in "ABCD"])
    table, difference = mix_all(z, settings)
    if settings.name == "digits":
        digits = np.tile(np.arange(10), 4)
        generated = ls.generate(np.repeat(z, 10, axis=0), name=settings.name, classes=digits)
        rows = "".join(
            draw_strip(generated[10 * row : 10 * row + 10], f"<b>{key}</b>")
            for row, key in enumerate("ABCD")
        )
        return {
            "html": "<p>The latents of A to D (rows), asked for as each of the ten digits: slant "
            "and thickness are the latent's, the digit is the class. Styles mixed as faces' are "
            f"would move a pixel by <b>{difference:.1f}</b> grey levels on average: there are no "
            f'colours to change.</p><div class="rows">{rows}</div>',
            "difference": difference,
        }
    cells = ["<span></span>", *(f"<b>style of {key}</b>" for key in "ABCD")]
    for i, key in enumerate("ABCD"):
        cells.append(f"<b>shape of {key}</b>")
        for j in range(4):
            mark = ' class="own"' if i == j else ""
            cells.append(f"<div{mark}>{draw_whole(table[i, j])}</div>")
    return {
        "html": '<p class="soft">One latent grows into the shapes, up to 16 × 16; the other sets '
        "the scales of the 32 × 32 maps and larger ones, and their gates (framed: both the same). "
        f"Another style moves a pixel by <b>{difference:.0f}</b> grey "
        f'levels on average.</p><div class="styles">{"".join(cells)}</div>',
        "difference": difference,
    }


def mix_all(z: np.ndarray, settings: Settings) -> tuple[np.ndarray, float]:
    """Each latent (N, 128 k) in each one's style, (N, N, S, S, 3), and by how many grey levels
    another style moves a pixel on average."""
    count = len(z)
    mixed = cvcore.latent_space.mix_styles(
        np.repeat(z, count, axis=0), np.tile(z, (count, 1)), name=settings.name,
        classes=settings.digit,
    )  # fmt: skip
    table = mixed.reshape(count, count, *mixed.shape[1:])
    plain = table[np.arange(count), np.arange(count)]
    moved = np.abs(table.astype(np.float64) - plain[:, None]).mean(axis=(2, 3, 4))
    return table, float(moved[~np.eye(count, dtype=bool)].mean())


def build(lazy: lesson.LazyTabs, choices: Choices) -> None:
    with lazy.tab.stage.view(TITLE) as section:
        panel = Panel(label="styles", elem_id="latent-space-styles", elem_classes=["fill"])
    lazy.add(
        TITLE, section, show_styles, [choices.own], panel, settings=choices.controls,
        api_name="latent_space_styles", follows=choices.changes, trigger_mode="always_last",
    )  # fmt: skip

"""Tab: GAN latent interpolation. What lies between two pictures that a network made up?"""

import cvcore
from cvcore.core.errors import InputError
from demos import lesson
from demos.latent_space import (
    arithmetic,
    directions,
    game,
    inversion,
    memorisation,
    path,
    plane,
    quiz,
    styles,
    training,
)
from demos.latent_space.controls import Choices, Settings, build_choices
from demos.latent_space.letters import (
    change_generator,
    check_letters,
    choose,
    draw_latents,
    read_letters,
)
from demos.latent_space.views import to_sprite

TITLE = "GAN latent interpolation"
SHORT = "GAN"  # on the tab's button
SUMMARY = "What lies between two pictures that a network made of random numbers?"
NETWORKS = ("gan_faces", "gan_faces_d", "gan_digits", "gan_digits_d")  # made ready
COLUMNS = 6  # of pictures
CODE = (
    "cvcore.latent_space.paths:slerp",
    "cvcore.latent_space.paths:combine",
    "cvcore.latent_space:generate",
    "cvcore.latent_space.mapping:map_latents",
    "cvcore.latent_space:mix_styles",
    "cvcore.latent_space.directions:move",
    "cvcore.latent_space.inversion:invert",
    "cvcore.latent_space.tuning:tune",
    "cvcore.training.latent_space.gan:generator_loss",
    "cvcore.latent_space.adversarial.game:Game",
    "cvcore.latent_space.adversarial.losses:generator_losses",
)
# The letters as written, shown in the grid without asking the server.
MARK_LETTERS = """(grid, text) => {
  if (!grid) return [grid];
  const letters = {...grid.letters};
  for (const part of text.split(';')) {
    const [letter, numbers] = part.split(':');
    const values = (numbers || '').split(',').map(word => Number(word) || 0);
    if (numbers) letters[letter.trim().toUpperCase()] = values;
  }
  return [{...grid, letters}];
}"""


def show_grid(settings: Settings) -> dict:
    """The 24 pictures of a seed."""
    ls = cvcore.latent_space
    pictures = ls.generate(draw_latents(settings), name=settings.name, classes=settings.digit)
    try:
        letters = read_letters(settings.text)
    except InputError:  # said where they are needed
        letters = {}
    return {"sprite": to_sprite(pictures, COLUMNS), "letters": letters, "seed": settings.seed}


def build(tab: lesson.Tab) -> None:
    """Pictures and letters in the rail, and what each view makes of them."""
    stage = lesson.Stage(tab, SHORT, SUMMARY)
    stage.sources()
    with_grid = [one.TITLE for one in (path, plane, arithmetic, styles, directions)]
    others = [training.TITLE, memorisation.TITLE]
    choices = build_choices(stage, with_grid, path.TITLE, inversion.TITLE, others)
    lazy = lesson.LazyTabs(tab, [*with_grid, inversion.TITLE, *others, game.TITLE, quiz.TITLE])
    path.build(tab, lazy, choices)
    plane.build(lazy, choices)
    inversion.build(tab, lazy, choices)
    arithmetic.build(tab, lazy, choices)
    styles.build(lazy, choices)
    directions.build(tab, lazy, choices)
    training.build(tab, lazy, choices)
    game.build(tab, lazy)
    quiz.build(tab, lazy)
    memorisation.build(tab, lazy, choices)
    _connect_grid(tab, choices)
    tab.lesson()
    tab.show_code(*CODE)


def _connect_grid(tab: lesson.Tab, choices: Choices) -> None:
    """The 24 pictures, and the letters that are given to them."""
    grid, name, text = choices.grid, choices["name"], choices["text"]
    own, applied = choices.own, choices.applied
    quiet = {"api_name": None, "show_progress": "hidden"}
    tab.on_open(show_grid, None, grid, settings=choices.controls)
    tab.run(
        choices.changes, show_grid, None, grid, settings=choices.controls,
        api_name="latent_space", trigger_mode="always_last",
    )  # fmt: skip
    tab.run(grid.choose, choose, applied, [text, applied], **quiet)
    tab.run(text.change, None, [grid, text], grid, api_name=None, js=MARK_LETTERS)
    tab.run([text.submit, text.blur], check_letters, [name, text, own, applied], applied, **quiet)
    tab.run(
        choices.fresh.click, None, None, choices["seed"], api_name=None,
        js="() => Math.floor(Math.random() * 1000000)",
    )  # fmt: skip
    tab.run(
        name.change, change_generator, [name, text, own, applied],
        [choices["digit"], text, applied], **quiet,
    )  # fmt: skip

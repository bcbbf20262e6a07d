"""Tab: GAN latent interpolation. What lies between two pictures that a network made up?"""

import re
import time
from collections.abc import Iterator

import gradio as gr
import numpy as np

import cvcore
from cvcore.errors import InputError
from demos import latent_space_edits as edits
from demos import latent_space_history as history
from demos import latent_space_own as own_picture
from demos import ui
from demos.latent_space_inner import Inner
from demos.latent_space_views import (
    ROUND,
    STRAIGHT,
    LatentGrid,
    Morph,
    Panel,
    Plane,
    to_sprite,
)

TITLE = "GAN latent interpolation"
SHORT = "GAN"  # on the tab's button
SUMMARY = "A network makes pictures out of 128 random numbers: walk between them, add and subtract."
NETWORKS = ("gan_faces", "gan_faces_d", "gan_digits", "gan_digits_d")  # made ready
GRID, COLUMNS = 24, 6  # pictures, a row
FILM_SIDE = 256  # pixels
FILM_SECONDS = 4
FILM_NEWS = 0.3  # seconds between two words on how far a film is
LETTERS = "A: 1; B: 2; C: 3; D: 4"
MAX_EACH = 8  # pictures that a letter can have
OWN = "own"  # in place of a number: the latent found for one's own picture
# The inner tabs, in their order.
VIEWS = ("path", "plane", "own", "sum", "styles", "directions", "training", "quiz", "nearest")
GENERATORS = [("Faces", "faces"), ("Digits", "digits")]
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
LESSON = r"""
A **generator** $G$ turns a **latent** $z$, here 128 numbers drawn from a normal distribution, into
a picture. A **discriminator** $D$ sees real and made pictures and says which is which. They are
trained against each other, the original game (minimax) being
$$\min_G \max_D\; \mathbb{E}_x[\log D(x)] + \mathbb{E}_z[\log(1 - D(G(z)))]$$
Where $D$ is sure, that falls flat for $G$; so $G$ minimises $-\log D(G(z))$ instead (the
**non-saturating** loss). Both train with Adam; differentiable augmentation keeps $D$ from learning
few pictures by heart; the $G$ kept is a moving average of itself.

**Why along the sphere?** Almost all latents have a length near $\sqrt{128} = 11.3$. The straight
path (**lerp**) between two of them, at nearly a right angle, dips to about $11.3/\sqrt2 = 8.0$ in
the middle, where $G$ has seen hardly any latent. The path along the sphere (**slerp**) keeps its
length:
$$\mathrm{slerp}(a, b; t) = \frac{\sin((1-t)\,\theta)}{\sin\theta}\,a
+ \frac{\sin(t\,\theta)}{\sin\theta}\,b, \qquad \cos\theta = \frac{a\cdot b}{|a|\,|b|}$$

**Truncation** draws the numbers from the middle of the distribution only, up to so many standard
deviations σ: fewer odd pictures, less
variety. **A − B + C** is computed on averages of several latents, as single ones carry too much
else. **Directions** are principal components of the first layer's activations.

**Your picture** has no latent of its own: the generator only makes pictures, it cannot read them.
So a latent is searched for by following the slope of
$$L(z) = \tfrac12\,\overline{(G(z)-x)^2}
+ \tfrac14\,\overline{\lVert\varphi(G(z))-\varphi(x)\rVert^2}$$
with pixels in $[-1, 1]$ and $\varphi$ another network's features, each of length 1 (Zhu et al.,
ECCV 2016). Nothing is trained: only the 128 numbers change.

**Styles**: a latent takes two ways through this $G$. Its first map, 4 x 4, grows into the
picture; and the same map, through a small network and a sigmoid, scales each channel of the 32 x 32
maps (**skip-layer excitation**, Liu et al., ICLR 2021). With the scales of another latent the
shapes stay and the colours come from the other: $G_{32}(a) \cdot \sigma(g(b))$.

What $D$ says is compared with what it says of real training pictures: 50 % means that half of them
look less real to it. The networks are this project's own; the card is in
`assets/weights/latent_space.md`. Trained on celebrities (CelebA), the faces repeat the leanings of
that collection; nobody real is meant. Its own pictures must not be passed on, so none is here.
"""


def read_letters(text: str) -> dict[str, list[int]]:
    """``"A: 3; B: 7, 8; C: own"`` as {"A": [3], "B": [7, 8], "C": [0]}: 0 is one's own picture.

    Letters that are missing keep a picture.
    """
    letters = {"A": [1], "B": [2], "C": [3], "D": [4]}
    for part in filter(str.strip, (text or "").split(";")):
        match = re.fullmatch(
            r"\s*([A-Da-d])\s*:\s*((\d{1,3}|own)(?:\s*,\s*(\d{1,3}|own))*)\s*", part
        )
        if not match:
            raise InputError(f'Write the letters as "{LETTERS}", with commas between several.')
        words = [word.strip() for word in match[2].split(",")]
        if len(words) > MAX_EACH:
            raise InputError(
                f"A letter can have up to {MAX_EACH} pictures: leave out {len(words) - MAX_EACH}."
            )
        numbers = [0 if word == OWN else int(word) for word in words]
        if not all(1 <= n <= GRID for n, word in zip(numbers, words, strict=True) if word != OWN):
            raise InputError(f"The pictures have the numbers 1 to {GRID}.")
        letters[match[1].upper()] = numbers
    return letters


def write_letters(letters: dict[str, list[int]]) -> str:
    return "; ".join(f"{key}: {', '.join(str(n or OWN) for n in letters[key])}" for key in "ABCD")


def check_letters(name: str, text: str, own: dict | None, applied: list) -> list:
    """What is applied once the letters were written: [text, count]. The same text changes nothing.

    InputError when they cannot be, so that one sentence is said, and not one a drawing.
    """
    find_own(name, read_letters(text), own)
    return [text, applied[1]]


def change_generator(
    name: str, text: str, own: dict | None, applied: list
) -> tuple[dict, str, list]:
    """The digit's slider, and letters without a latent of one's own that this one does not have."""
    if name not in (own or {}):
        try:
            letters = read_letters(text)
        except InputError:
            letters = read_letters(LETTERS)
        usual = read_letters(LETTERS)
        text = write_letters(
            {key: [n for n in numbers if n] or usual[key] for key, numbers in letters.items()}
        )
    return gr.update(visible=name == "digits"), text, [text, applied[1] + 1]


def find_own(name: str, letters: dict[str, list[int]], own: dict | None) -> list[float] | None:
    """The latent found for one's own picture; InputError when a letter needs it and none is."""
    found = (own or {}).get(name)
    if found is None and any(0 in numbers for numbers in letters.values()):
        raise InputError(
            "No latent of your own has been found for this generator yet: search for one under "
            "“Your picture”, or click another picture."
        )
    return found


def pick(
    name: str, seed: float, truncation: float, text: str, own: dict | None = None
) -> dict[str, np.ndarray]:
    """Latents (n, 128) that the letters stand for; ``own`` holds those found for one's pictures."""
    ls = cvcore.latent_space
    ls.get_info(name)
    letters = read_letters(text)
    found = find_own(name, letters, own)
    z = ls.sample(GRID, seed=seed, truncation=truncation)
    z = np.concatenate([np.zeros((1, ls.LATENT_SIZE)) if found is None else [found], z])
    return {key: z[np.array(numbers)] for key, numbers in letters.items()}


def show_grid(name: str, digit: float, seed: float, truncation: float, text: str) -> dict:
    """The 24 pictures of a seed."""
    ls = cvcore.latent_space
    z = ls.sample(GRID, seed=seed, truncation=truncation)
    pictures = ls.generate(z, name=name, classes=digit)
    try:
        letters = read_letters(text)
    except InputError:  # said where they are needed
        letters = {}
    return {"sprite": to_sprite(pictures, COLUMNS), "letters": letters, "seed": seed}


def show_path(
    name: str, digit: float, seed: float, truncation: float, text: str, frames: float, walk: str,
    own: dict | None = None,
) -> dict:  # fmt: skip
    """Both paths from A to B with lengths and D's opinion, every frame at once."""
    ls = cvcore.latent_space
    chosen = pick(name, seed, truncation, text, own)
    a, b = ls.average(chosen["A"]), ls.average(chosen["B"])
    if walk == "walk":
        z = ls.random_walk(a, frames, seed=seed, truncation=truncation)
        ways = {"random walk from A": (ROUND, z)}
    else:
        ways = {
            "sphere (slerp)": (ROUND, ls.interpolate(a, b, frames)),
            "straight (lerp)": (STRAIGHT, ls.interpolate(a, b, frames, mode="lerp")),
        }
    latents = np.concatenate([z for _, z in ways.values()])
    pictures = ls.generate(latents, name=name, classes=digit)
    real = ls.rank_scores(ls.score(pictures, name=name, classes=digit), name)
    count = int(frames)
    paths = [
        {
            "name": title, "colour": colour,
            "norms": np.linalg.norm(z, axis=1).round(3).tolist(),
            "real": real[i * count : (i + 1) * count].round(3).tolist(),
        }
        for i, (title, (colour, z)) in enumerate(ways.items())
    ]  # fmt: skip
    return {
        "sprite": to_sprite(pictures, count), "paths": paths, "loop": walk == "walk",
        "key": f"{name} {digit} {seed} {truncation} {text} {count} {walk}",
    }  # fmt: skip


def save_film(
    name: str, digit: float, seed: float, truncation: float, text: str, frames: float, walk: str,
    own: dict | None = None,
) -> Iterator[tuple[dict, dict, dict]]:  # fmt: skip
    """The path along the sphere, or the walk, as a GIF and as an MP4, enlarged, and how far it is.

    The films are sent once: the last answer of a run is sent again, so that one says "done" alone.
    """
    ls = cvcore.latent_space
    chosen = pick(name, seed, truncation, text, own)
    a = ls.average(chosen["A"])
    if walk == "walk":
        z = ls.random_walk(a, frames, seed=seed, truncation=truncation)
    else:
        z = ls.interpolate(a, ls.average(chosen["B"]), frames)
    pictures = ls.generate(z, name=name, classes=digit)
    shown = 0.0
    for number, total, films in cvcore.latent_film.render_films(
        pictures, seconds=FILM_SECONDS, side=FILM_SIDE, is_closed=walk == "walk"
    ):
        if films is not None:
            gif = ui.download_value("latent.gif", films[0], "image/gif")
            mp4 = ui.download_value("latent.mp4", films[1], "video/mp4")
            yield gif, mp4, {"html": f"{total} frames"}
        elif time.monotonic() - shown > FILM_NEWS:
            shown = time.monotonic()
            yield gr.skip(), gr.skip(), {"html": f"frame {number} of {total}"}
    yield gr.skip(), gr.skip(), {"html": "done"}


def show_plane(
    name: str, digit: float, seed: float, truncation: float, text: str, own: dict | None = None
) -> dict:
    """The square between A, B, C and D, eleven pictures a side."""
    ls = cvcore.latent_space
    chosen = pick(name, seed, truncation, text, own)
    z = ls.plane(np.stack([ls.average(chosen[key]) for key in "ABCD"]), 11)
    pictures = ls.generate(z.reshape(-1, ls.LATENT_SIZE), name=name, classes=digit)
    return {"sprite": to_sprite(pictures, 11)}


def choose(applied: list, event: gr.EventData) -> tuple[str, list]:
    """The letters after a click in the grid, and as they are applied."""
    letters = getattr(event, "letters", {})
    text = LETTERS if not isinstance(letters, dict) else "; ".join(
        f"{key}: {', '.join(OWN if n == 0 else str(n) for n in numbers)}"
        for key, numbers in letters.items()
    )  # fmt: skip
    text = write_letters(read_letters(text))
    return text, [text, applied[1]]


def build(tab: ui.Tab) -> None:
    """Grid and choices on the left, the lessons on the right."""
    own = gr.State({})  # latents found for the visitor's pictures, by generator
    applied = gr.State([LETTERS, 0])  # the letters that count, and how often they were set anew
    with gr.Row():
        with gr.Column(scale=4, min_width=320):
            with gr.Row():
                name = ui.Radio(GENERATORS, value="faces", label="Generator", scale=2,
                                min_width=200)  # fmt: skip
                digit = ui.Slider(0, 9, 3, step=1, label="Digit", visible=False, min_width=140)
                seed = ui.Number(12, label="Seed", precision=0, minimum=0, maximum=999_999,
                                 min_width=80)  # fmt: skip
            grid = LatentGrid(elem_id="latent-space-grid")
            truncation = ui.Slider(0.1, 4, 4, step=0.1, label="Truncation (σ)")
            fresh = gr.Button("24 other pictures", size="sm")
            with gr.Accordion("Letters and frames", open=False):
                text = gr.Textbox(LETTERS, label="Who has which picture", max_length=200)
                frames = ui.Slider(2, 60, 25, step=1, label="Frames of a path")
        inner = Inner(tab, VIEWS)
        common = [name, digit, seed, truncation, text]
        with gr.Column(scale=7, min_width=320), gr.Tabs(elem_id="latent-space-views"):
            with gr.Tab("Path", id="path") as path_tab:
                walk = ui.Radio(
                    [("from A to B", "path"), ("random walk from A", "walk")],
                    value="path", label="Way", show_label=False, container=False,
                )  # fmt: skip
                morph = Morph(elem_id="latent-space-morph")
                with gr.Row():
                    film = gr.Button("Make GIF and film", size="sm", min_width=120)
                    place = gr.Column(min_width=70)
                    gif = ui.Download("GIF")
                    mp4 = ui.Download("MP4")
                    said = Panel(elem_id="latent-space-film")
                inner.remember(path_tab)
            with gr.Tab("Plane", id="plane") as plane_tab:
                gr.Markdown("Drag through the square between A, B, C and D.")
                plane = Plane(elem_id="latent-space-plane")
                inner.remember(plane_tab)
            own_picture.build(inner, pick, read_letters, write_letters, common, own, applied)
            edits.build(inner, pick, common, own, applied)
            history.build(inner, name, digit, seed)
    tab.lesson(LESSON)
    tab.show_code(
        "cvcore.latent_paths:slerp",
        "cvcore.latent_paths:combine",
        "cvcore.latent_space:generate",
        "cvcore.latent_space:mix_styles",
        "cvcore.latent_space:find_directions",
        "cvcore.latent_inversion:invert",
        "cvcore.training.gan:generator_loss",
    )
    path_inputs = [*common, frames, walk, own]
    tab.on_open(show_grid, common, grid)
    tab.on_open(show_path, path_inputs, morph)
    changes = [applied.change, seed.change, digit.change, truncation.release]
    tab.run(changes, show_grid, common, grid, api_name="latent_space", trigger_mode="always_last")
    inner.renew(changes)
    inner.follow(
        path_tab, show_path, path_inputs, morph, events=[frames.release, walk.input],
        api_name="latent_space_path",
    )  # fmt: skip
    tab.run(grid.choose, choose, applied, [text, applied], api_name=None,
            show_progress="hidden")  # fmt: skip
    tab.run(text.change, None, [grid, text], grid, api_name=None, js=MARK_LETTERS)
    tab.run([text.submit, text.blur], check_letters, [name, text, own, applied], applied,
            api_name=None, show_progress="hidden")  # fmt: skip
    running = tab.run(
        film.click, save_film, path_inputs, [gif, mp4, said], api_name="latent_space_film",
        kind="heavy", show_progress="hidden",
    )  # fmt: skip
    with place:
        tab.stop_button(running)
    inner.follow(plane_tab, show_plane, [*common, own], plane, api_name="latent_space_plane")
    tab.run(fresh.click, None, None, seed, api_name=None,
            js="() => Math.floor(Math.random() * 1000000)")  # fmt: skip
    tab.run(name.change, change_generator, [name, text, own, applied], [digit, text, applied],
            api_name=None, show_progress="hidden")  # fmt: skip

"""Which latents the letters A to D stand for: written, clicked, checked."""

import re

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos.latent_space.controls import LETTERS, Settings

GRID = 24  # pictures of a seed
MAX_EACH = 8  # pictures that a letter can have
OWN = "own"  # in place of a number: the latent found for one's own picture


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
            "“Your picture” (by program: /latent_space_invert), or click another picture."
        )
    return found


def pick(settings: Settings, own: dict | None = None) -> dict[str, np.ndarray]:
    """Inner latents (n, 128 k) of each letter; ``own`` holds those found for one's pictures.

    Where one that was found has a part for each block, all have.
    """
    ls = cvcore.latent_space
    ls.get_info(settings.name)
    letters = read_letters(settings.text)
    found = find_own(settings.name, letters, own)
    w = draw_latents(settings)
    chosen = np.zeros((1, w.shape[1])) if found is None else np.array([found])
    if chosen.shape[1] != w.shape[1] and any(0 in numbers for numbers in letters.values()):
        w, chosen = (ls.to_depth(part, name=settings.name) for part in (w, chosen))
    w = np.concatenate([chosen[:, : w.shape[1]], w])
    return {key: w[np.array(numbers)] for key, numbers in letters.items()}


def draw_latents(settings: Settings) -> np.ndarray:
    """The inner latents (24, 128) of the pictures that a seed gives."""
    ls, s = cvcore.latent_space, settings
    z = ls.sample(GRID, seed=s.seed)
    return ls.map_latents(z, name=s.name, truncation=s.truncation)


def choose(applied: list, event: gr.EventData) -> tuple[str, list]:
    """The letters after a click in the grid, and as they are applied."""
    letters = getattr(event, "letters", {})
    text = LETTERS if not isinstance(letters, dict) else "; ".join(
        f"{key}: {', '.join(OWN if n == 0 else str(n) for n in numbers)}"
        for key, numbers in letters.items()
    )  # fmt: skip
    text = write_letters(read_letters(text))
    return text, [text, applied[1]]

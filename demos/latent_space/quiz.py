"""You against the discriminator: which of twelve digits are real?"""

import gradio as gr
import numpy as np

import cvcore
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.latent_space.views import Quiz, to_sprite

TITLE = "Quiz"
DIGITS = 12


def start_quiz(seed: float) -> dict:
    """Twelve digits, six of them generated, without saying which."""
    quiz = cvcore.latent_space.history.make_quiz(DIGITS, seed=seed)
    return {"sprite": to_sprite(quiz.pictures, 6), "key": str(seed)}


def judge(seed: float, guesses: str) -> dict:
    """Which are real, your score and the discriminator's; ``guesses`` are numbers with commas."""
    quiz = cvcore.latent_space.history.make_quiz(DIGITS, seed=seed)
    try:
        numbers = sorted({int(word) for word in (guesses or "").split(",") if word.strip()})
    except ValueError:
        numbers = [0]
    if not all(1 <= n <= DIGITS for n in numbers):
        raise InputError(f"Give the digits that you think were made as numbers from 1 to {DIGITS}.")
    yours = np.isin(np.arange(DIGITS) + 1, numbers)
    judged = cvcore.latent_space.history.judge(quiz)
    right, theirs = (
        int((yours == quiz.is_generated).sum()),
        int((judged == quiz.is_generated).sum()),
    )
    words = "you win" if right > theirs else "D wins" if right < theirs else "a draw"
    return {
        "sprite": to_sprite(quiz.pictures, 6), "key": str(seed), "guesses": numbers,
        "is_made": quiz.is_generated.tolist(), "judged": judged.tolist(),
        "right": right, "discriminator_right": theirs,
        "verdict": f"You: {right} of {DIGITS} right. D: {theirs} of {DIGITS}: {words}.",
    }  # fmt: skip


def judge_event(seed: float, event: gr.EventData) -> dict:
    guesses = getattr(event, "guesses", [])
    return judge(seed, ",".join(map(str, guesses)) if isinstance(guesses, list) else "")


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """Twelve digits, a new round, and the verdict."""
    stage = tab.stage
    with stage.view(TITLE) as section:
        quiz = Quiz(label="quiz", elem_id="latent-space-quiz", elem_classes=["fill"])
    lazy.note(TITLE, section)
    with stage.controls(TITLE):
        gr.Markdown(
            "You against D: six of these twelve digits are real, six were made. **Click those that "
            "you think were made.** D has trained on these very digits. (Digits only: CelebA's "
            "faces must not be passed on.)",
            elem_classes=["question"],
        )
        seed = ui.Number(1, label="Round", precision=0, minimum=0, maximum=999_999)
        again = gr.Button("Another round", size="sm")
        guesses = gr.Textbox(visible=False, label="numbers of the digits called made")
    tab.run(
        [section.select, seed.change], start_quiz, seed, quiz, api_name="latent_space_quiz",
        trigger_mode="always_last",
    )  # fmt: skip
    tab.run(
        again.click, None, None, seed, api_name=None,
        js="() => Math.floor(Math.random() * 1000000)",
    )  # fmt: skip
    tab.run(quiz.judge, judge_event, seed, quiz, api_name=None)
    tab.run(guesses.submit, judge, [seed, guesses], quiz, api_name="latent_space_judge")

"""The training again: the same latents through its moments, a failed run, and you against D."""

import gradio as gr
import numpy as np

import cvcore
from cvcore.errors import InputError
from demos import ui
from demos.latent_space_inner import Inner
from demos.latent_space_views import (
    MARK,
    ROUND,
    STRAIGHT,
    Panel,
    Quiz,
    draw_curves,
    draw_picture,
    draw_strip,
    to_sprite,
)

SHOWN = 10  # latents
QUIZ = 12  # digits
SHEET = 8  # pictures a side
MOMENTS = 8  # of a run, at most
VARIED = 20  # pictures of one digit whose variety is drawn
RUNS = [("this one", "own"), ("digits, failed on purpose", "collapse")]


def show_history(name: str, seed: float, run: str) -> dict:
    """The same ten latents through all moments of a run, with its curves."""
    lt = cvcore.latent_training
    if run not in ("own", "collapse"):
        raise InputError("The run is own or collapse.")
    word = name if run == "own" else run
    curves = lt.load_curves(word)
    z = cvcore.latent_space.sample(SHOWN, seed=seed)
    digits = np.arange(SHOWN) % 10 if lt.RUNS[word] == "digits" else None
    variety = measure_moments(word, seed)
    strips = []
    for place, step in enumerate(curves.moments):
        pictures = lt.generate_moment(z, place, run=word, classes=digits)
        strips.append(
            draw_strip(pictures, f"after <b>{step:,}</b> steps · variety {variety[place]:.0f}")
        )
    chance = np.full(len(curves.steps), 0.5)
    drawings = "".join(
        [
            draw_curves(
                [("discriminator", MARK, curves.steps, curves.loss_d),
                 ("generator", STRAIGHT, curves.steps, curves.loss_g)],
                title="Losses", marks=curves.moments,
            ),
            draw_curves(
                [("D is right", MARK, curves.steps, curves.right),
                 ("guessing", "#888888", curves.steps, chance)],
                title="Share right", marks=curves.moments,
            ),
            *draw_measures(word, curves, variety, seed),
        ]
    )  # fmt: skip
    words = (
        describe_collapse(curves, variety)
        if word == "collapse"
        else f"The same ten latents at {len(curves.moments)} moments of the training. Neither loss "
        "says how good the pictures are: the two only race each other. The distance (KID) does, "
        f"with variety and your eyes. As kept: {describe_kid(curves)}."
    )
    html = (
        f'<p>{words}</p><div class="plots strips">{"".join(strips)}</div>'
        f'<div class="row">{drawings}</div>'
        '<p class="soft">Variety: how much two pictures differ, grey levels a pixel (digits: of one'
        f" class); two real ones differ by {curves.variety.get('real', 0):.0f}. KID is measured on "
        "EfficientNet-Lite0's features: these numbers compare with each"
        " other alone. Dashed: the moments shown.</p>"
    )
    return {
        "html": html, "moments": list(curves.moments), "variety": variety,
        "kid": curves.kid.tolist(),
    }  # fmt: skip


def measure_moments(run: str, seed: float) -> list[float]:
    """How much different latents change the picture (digits: of a 3), at each moment."""
    lt = cvcore.latent_training
    z = cvcore.latent_space.sample(VARIED, seed=seed)
    digit = 3 if lt.RUNS[run] == "digits" else None
    return [
        lt.measure_variety(lt.generate_moment(z, place, run=run, classes=digit))
        for place in range(len(lt.load_curves(run).moments))
    ]


def draw_measures(run: str, curves, variety: list[float], seed: float) -> list[str]:
    """KID and variety through a run; the failed one's beside those of the one that did not fail."""
    lt = cvcore.latent_training
    kid = [("KID", ROUND, curves.kid_steps, curves.kid)]
    spread = [("variety", ROUND, np.array(curves.moments), np.array(variety))]
    if run == "collapse":
        healthy, last = lt.load_curves("digits"), curves.moments[-1]
        kept = healthy.kid_steps <= last
        moments = np.array(healthy.moments)
        values = np.array(measure_moments("digits", seed))
        kid = [
            ("failed", STRAIGHT, curves.kid_steps, curves.kid),
            ("not failed", ROUND, healthy.kid_steps[kept], healthy.kid[kept]),
        ]
        spread = [
            ("failed", STRAIGHT, np.array(curves.moments), np.array(variety)),
            ("not failed", ROUND, moments[moments <= last], values[moments <= last]),
        ]
    return [
        draw_curves(kid, title="Distance from real pictures (KID)", marks=curves.moments),
        draw_curves(spread, title="Variety", marks=curves.moments),
    ]


def describe_kid(curves) -> str:
    deviation = "" if curves.kid_deviation is None else f" ± {curves.kid_deviation:.3f}"
    return f"KID <b>{curves.kid[-1]:.3f}</b>{deviation}"


def describe_collapse(curves, variety: list[float]) -> str:
    """What failed, and which of the numbers shows it."""
    healthy = cvcore.latent_training.load_curves("digits")
    place = int(np.abs(healthy.kid_steps - curves.moments[-1]).argmin())
    return (
        "Here the generator learnt forty times faster than its discriminator, and without "
        "augmentation, so 400 steps were enough to fail: whatever the latent, much the same "
        "picture comes out (<b>mode collapse</b>). The KID does not show it: it is "
        f"{describe_kid(curves)}, and {healthy.kid[place]:.3f} in the run that did not fail after "
        f"as many steps. The <b>variety</b> does: {variety[-1]:.0f} grey levels, where two real "
        f"digits of a class differ by {curves.variety.get('real', 0):.0f}."
    )


def show_sheet(name: str, seed: float, run: str, moment: float) -> dict:
    """64 pictures of a seed as they were made at a moment of a run, 1 being the first kept."""
    lt = cvcore.latent_training
    word = name if run == "own" else run
    curves = lt.load_curves(word)
    place = min(int(moment), len(curves.moments)) - 1
    z = cvcore.latent_space.sample(SHEET * SHEET, seed=seed)
    classes = np.arange(SHEET * SHEET) % 10 if lt.RUNS[word] == "digits" else None
    pictures = lt.generate_moment(z, place, run=word, classes=classes)
    words = f"moment {place + 1} of {len(curves.moments)}: after <b>{curves.moments[place]:,}</b>"
    return {
        "html": f'<div class="sheet">{draw_strip(pictures, words + " steps", SHEET)}</div>',
        "step": curves.moments[place],
    }


def start_quiz(seed: float) -> dict:
    """Twelve digits, six of them made, without saying which."""
    quiz = cvcore.latent_training.make_quiz(QUIZ, seed=seed)
    return {"sprite": to_sprite(quiz.pictures, 6), "key": str(seed)}


def judge(seed: float, guesses: str) -> dict:
    """The truth, your score and the discriminator's; ``guesses`` are numbers with commas."""
    quiz = cvcore.latent_training.make_quiz(QUIZ, seed=seed)
    try:
        numbers = sorted({int(word) for word in (guesses or "").split(",") if word.strip()})
    except ValueError:
        numbers = [0]
    if not all(1 <= n <= QUIZ for n in numbers):
        raise InputError(f"Give the digits that you think were made as numbers from 1 to {QUIZ}.")
    yours = np.isin(np.arange(QUIZ) + 1, numbers)
    judged = cvcore.latent_training.judge(quiz)
    right, theirs = int((yours == quiz.is_made).sum()), int((judged == quiz.is_made).sum())
    words = "you win" if right > theirs else "D wins" if right < theirs else "a draw"
    return {
        "sprite": to_sprite(quiz.pictures, 6), "key": str(seed), "guesses": numbers,
        "is_made": quiz.is_made.tolist(), "judged": judged.tolist(),
        "right": right, "discriminator_right": theirs,
        "verdict": f"You: {right} of {QUIZ} right. D: {theirs} of {QUIZ}: {words}.",
    }  # fmt: skip


def judge_event(seed: float, event: gr.EventData) -> dict:
    guesses = getattr(event, "guesses", [])
    return judge(seed, ",".join(map(str, guesses)) if isinstance(guesses, list) else "")


def show_memory() -> dict:
    """How near made faces are to the training faces, as measured when they were kept."""
    memory = cvcore.latent_space.load_lesson()["faces"].get("memory")
    if not memory:
        raise InputError("This was not measured for these faces: choose the digits.")
    share = np.linspace(0, 100, len(memory["made"]))
    names = {
        "made": ("made faces", MARK),
        "real": ("training faces (to another one)", ROUND),
        "copied": ("training faces, moved and blurred", STRAIGHT),
    }
    curves = [
        (title, colour, share, np.array(memory[key])) for key, (title, colour) in names.items()
    ]
    made, real, copied = (np.array(memory[key]) for key in names)
    below = float(np.interp(np.median(copied), made, share, left=0))
    nearer = float(np.interp(real[1], made, share, left=0))
    return {
        "html": '<p class="big">Half of 1,000 made faces are at least '
        f"<b>{np.median(made):.3f}</b> away from the nearest of the training faces, mirrored or "
        f"not; a training face is typically <b>{np.median(real):.3f}</b> from the nearest other "
        f"one, and one moved by two pixels and blurred <b>{np.median(copied):.3f}</b> from itself."
        f"</p><p>Learnt by heart, made faces would lie like those last ones: <b>{below:.0f} %</b> "
        f"are as near as their middle one. <b>{nearer:.0f} %</b> are nearer to a training face "
        "than all but one in twenty training faces are to another.</p>"
        + draw_curves(curves, title="Distance to the nearest (up) against share of pictures, %")
        + '<p class="soft">1 − cosine of EfficientNet-Lite0’s features, to all of the training '
        "faces. CelebA’s pictures must not be passed on, so these numbers are bundled in their "
        "place; for digits the training pictures themselves are shown.</p>",
        "medians": [float(np.median(part)) for part in (made, real, copied)],
    }


def show_by_heart(name: str, seed: float, digit: float) -> dict:
    """Has the generator learnt its pictures by heart? Faces by numbers, digits by pictures."""
    return show_memory() if name == "faces" else show_nearest(seed, digit)


def show_nearest(seed: float, digit: float) -> dict:
    """Made digits beside the training digits nearest to them."""
    ls, lt = cvcore.latent_space, cvcore.latent_training
    pictures = ls.generate(ls.sample(4, seed=seed), name="digits", classes=digit)
    rows, distances = [], []
    for picture in pictures:
        near = lt.find_nearest(picture, digit, 3)
        distances.append(float(near.distances[0]))
        shown = [draw_picture(picture, "<b>made</b>", 76)] + [
            draw_picture(real, f"{distance:.0f}", 76)
            for real, distance in zip(near.pictures, near.distances, strict=True)
        ]
        rows.append(f'<div class="row">{"".join(shown)}</div>')
    usual = lt.usual_distance(int(digit))
    verdict = (
        "as far as real digits are from each other, or farther: not learnt by heart."
        if min(distances) > 0.8 * usual
        else "nearer than real digits are to each other: this may be learnt by heart."
    )
    html = (
        f'<p class="big">The nearest is {min(distances):.0f} away; real ones of this digit are '
        f"typically <b>{usual:.0f}</b> from their nearest: {verdict}</p>"
        f'<div class="plots">{"".join(rows)}</div><p class="soft">Among all 500 training digits of '
        "the class; root mean square difference of pixels, grey levels.</p>"
    )
    return {"html": html, "distances": distances, "usual": usual}


def build(inner: Inner, name: gr.Radio, digit: gr.Slider, seed: gr.Number) -> None:
    """Three inner tabs."""
    tab = inner.tab
    with gr.Tab("Training", id="training") as section:
        run = ui.Radio(RUNS, value="own", label="Run", show_label=False, container=False)
        panel = Panel(elem_id="latent-space-history")
        moment = ui.Slider(1, MOMENTS, MOMENTS, step=1, label="64 pictures at moment")
        sheet = Panel(elem_id="latent-space-sheet")
        inner.remember(section)
        inner.follow(
            section, show_history, [name, seed, run], panel, events=[run.input],
            api_name="latent_space_training",
        )  # fmt: skip
        inner.follow(
            section, show_sheet, [name, seed, run, moment], sheet,
            events=[run.input, moment.release], api_name="latent_space_sheet",
        )  # fmt: skip
    with gr.Tab("Quiz", id="quiz") as section:
        gr.Markdown(
            "You against D: six of these twelve digits are real, six were made. **Click those that "
            "you think were made.** D has trained on these very digits. (Digits only: CelebA's "
            "faces must not be passed on.)"
        )
        with gr.Row(equal_height=True):
            round_seed = ui.Number(1, label="Round", precision=0, minimum=0, maximum=999_999,
                                   min_width=90, scale=0)  # fmt: skip
            again = gr.Button("Another round", size="sm", min_width=160, scale=0)
        quiz = Quiz(elem_id="latent-space-quiz")
        inner.remember(section)
        tab.run(
            [section.select, round_seed.change], start_quiz, round_seed, quiz,
            api_name="latent_space_quiz", trigger_mode="always_last",
        )  # fmt: skip
        tab.run(again.click, None, None, round_seed, api_name=None,
                js="() => Math.floor(Math.random() * 1000000)")  # fmt: skip
        tab.run(quiz.judge, judge_event, round_seed, quiz, api_name=None)
        guesses = gr.Textbox(visible=False, label="numbers of the digits called made")
        tab.run(guesses.submit, judge, [round_seed, guesses], quiz, api_name="latent_space_judge")
    with gr.Tab("By heart?", id="nearest") as section:
        which = ui.Slider(0, 9, 3, step=1, label="Digit made", visible=False)
        panel = Panel(elem_id="latent-space-nearest")
        inner.remember(section)
        inner.follow(
            section, show_by_heart, [name, seed, which], panel, events=[which.release],
            api_name="latent_space_nearest",
        )  # fmt: skip
        tab.run(name.change, lambda kind: gr.update(visible=kind == "digits"), name, which,
                api_name=None)  # fmt: skip

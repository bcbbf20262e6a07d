"""What the search for one's own picture has found so far, and what tuning makes of it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import cvcore
from demos import lesson
from demos.latent_space.controls import SearchSettings
from demos.latent_space.views import draw_curves, draw_picture, number
from demos.lesson import charts

TUNED = "tuned"  # what is free: w+, then the generator
COSINE = (
    "<b>Cosine</b> of the SFace embeddings of this face and the wanted one: from {} on, the face "
    "verification lesson says “the same person”. SFace had no say in the search."
)
EDITED = (
    "<b>Why tune a generator</b>, and not just keep the picture? Because what lies around the "
    "latent has come along. The same latent, moved along three directions:"
)
FAULT = (
    "The generator made this picture itself, so a latent for it exists: the difference that "
    "remained after the search is the search’s own fault."
)
LIMIT = (
    "What still differs the generator cannot make: it only knows what its training pictures had in "
    "common. Free the generator, too; or search for picture A, to see what the search can do where "
    "a latent exists."
)
BENT = (
    "The latent stayed as it was; a copy of the generator was trained to make {wanted} of it "
    "(pivotal tuning). That copy is no longer the generator of the other views: it was bent to "
    "this one picture, and is forgotten with this run. “Put it at A” keeps the latent alone: the "
    "generator as it was makes of it the picture under “found”."
)


@dataclass
class Course:
    """The steps of one search."""

    target: Any
    settings: SearchSettings
    first: Any = None  # the nearest of the random latents
    found: Any = None  # the nearest of the search
    tuned: Any = None  # after the newest step of the tuning
    pixels: list[float] = field(default_factory=list)
    features: list[float] = field(default_factory=list)

    def add(self, step: Any) -> None:
        if isinstance(step, cvcore.latent_space.tuning.TuningStep):
            self.tuned = step
        else:
            self.first, self.found = self.first or step, step
        self.pixels.append(step.pixels)
        self.features.append(step.features)

    @property
    def total(self) -> int:
        return self.found.total * (2 if self.settings.space == TUNED else 1)

    @property
    def number(self) -> int:
        return len(self.pixels) - 1

    @property
    def done(self) -> bool:
        return self.number == self.total


def draw_course(course: Course, seconds: float) -> dict:
    """Target, start, what was found and what tuning made, with both distances as curves."""
    ls, target, shown = cvcore.latent_space, course.target, [course.found]
    if course.tuned:
        shown.append(course.tuned)
    words = ["wanted", "found", "tuned"][: len(shown) + 1]
    pictures = np.stack([target.picture, *(step.picture for step in shown)])
    logits = ls.score(pictures, name=target.name, classes=target.digit)
    real = ls.rank_scores(logits, target.name)
    length = float(ls.measure_lengths(course.found.latent)[0])
    if course.done:
        state = f"done in {seconds:.1f} s"
    else:
        what = "tuning" if course.tuned else "step"
        step = shown[-1]
        state = f"{what} {step.number} of {step.total}{lesson.under_way('', ', stopped')}"
    edits, likeness = finish(course) if course.done else ("", None)
    of_all = "".join(
        f"{', ' if i else ''}{word} {number(logit)}"
        for i, (word, logit) in enumerate(zip(words, logits, strict=True))
    )
    html = (
        f'{draw_row(course, likeness)}<p class="big">{state} · length {number(length, 1)} · D’s '
        f"logit: {of_all}</p>{edits}{describe(course)}"
        f'<div class="plots">{draw_distances(course)}</div>'
    )
    return {
        "html": html, "step": course.number, "steps": course.total,
        "pixel_distances": course.pixels, "feature_distances": course.features,
        "length": length, "latent": course.found.latent.tolist(), "digit": target.digit,
        "more_real_than": dict(zip(words, real.tolist(), strict=True)), "likeness": likeness,
    }  # fmt: skip


def draw_row(course: Course, likeness: dict[str, float] | None) -> str:
    """The pictures side by side, and how like the wanted face they are."""
    rows = [("best of 192", "nearest", course.first), ("found", "found", course.found)]
    if course.tuned:
        rows.append(("tuned", "tuned", course.tuned))
    cells = [draw_picture(course.target.picture, "<b>wanted</b>", None)]
    for words, key, step in rows:
        caption = f"<b>{words}</b><br>{step.pixels:.0f} levels off"
        if likeness:
            caption += f"<br>cosine <b>{number(likeness[key])}</b>"
        cells.append(draw_picture(step.picture, caption, None))
    return f'<div class="found four">{"".join(cells)}</div>'


def finish(course: Course) -> tuple[str, dict[str, float] | None]:
    """The edits, if the generator was tuned; and for faces how like the wanted one all are."""
    ls, target = cvcore.latent_space, course.target
    pictures, words = ls.tuning.make_edits(course.tuned) if course.tuned else (None, [])
    likeness, cosines = None, None
    if target.name == "faces":
        steps = {"nearest": course.first, "found": course.found}
        if course.tuned:
            steps["tuned"] = course.tuned
        shown = np.stack([step.picture for step in steps.values()])
        likeness = dict(zip(steps, ls.tuning.compare_faces(target, shown).tolist(), strict=True))
        likeness["threshold"] = cvcore.face_verification.THRESHOLDS["sface"]
        if pictures is not None:
            cosines = ls.tuning.compare_faces(target, pictures)
            likeness["edited"] = float(cosines.mean())
    html = f"<p>{COSINE.format(number(likeness['threshold']))}</p>" if likeness else ""
    return html + draw_edits(pictures, words, cosines), likeness


def draw_edits(pictures: np.ndarray | None, words: list[str], cosines: np.ndarray | None) -> str:
    """Edited pictures, each with its cosine."""
    if pictures is None:
        return ""
    captions = words
    if cosines is not None:
        captions = [f"{word} <b>{number(c)}</b>" for word, c in zip(words, cosines, strict=True)]
    cells = "".join(
        draw_picture(picture, caption, None)
        for picture, caption in zip(pictures, captions, strict=True)
    )
    return f'<p>{EDITED}</p><div class="found">{cells}</div>'


def draw_distances(course: Course) -> str:
    """How far off each step was, in grey levels and in features."""
    places = np.arange(len(course.pixels))
    marks = [course.found.total] if course.tuned else []
    words = "step (dashed: the tuning begins)" if marks else "step"
    return "".join(
        draw_curves(
            [charts.Line(name, places, values, colour)],
            title=f"{name} off",
            x=words,
            y=unit,
            marks=marks,
        )
        for name, unit, values, colour in (
            ("Grey levels", "grey levels", course.pixels, charts.BLUE),
            ("Features", "distance, 0 to 2", course.features, charts.VERMILION),
        )
    )


def describe(course: Course) -> str:
    """What the difference that remains means, and what became of the generator."""
    is_made, text = course.settings.aim == "made", ""
    if course.tuned:
        wanted = "this face" if course.target.name == "faces" else "this digit"
        text = f"<p>{BENT.format(wanted=wanted)}</p>"
    if course.done and (is_made or not course.tuned):
        text = f"<p>{FAULT if is_made else LIMIT}</p>{text}"
    return text

"""The view "Eigenfaces": a face as few numbers, and whom it is nearest to, in any light."""

from dataclasses import dataclass, replace
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from cvcore import classical_features as cf
from cvcore.core import images
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.classical_features.parts import Parts
from demos.lesson import charts

TITLE = "Eigenfaces"
CODE = (
    "cvcore.classical_features.gallery:relight",
    "cvcore.classical_features.subspaces:learn_faces",
    "cvcore.classical_features.subspaces:find_nearest",
)
NAMES = {
    "eigenfaces": "Eigenfaces (PCA)", "without_three": "PCA without the first 3",
    "fisherfaces": "Fisherfaces (LDA)",
}  # fmt: skip
COLOURS = {
    "eigenfaces": charts.BLUE, "without_three": charts.GREEN, "fisherfaces": charts.VERMILION,
}  # fmt: skip
FIRST = '<p class="hint">At first the axes are learnt from 480 faces: a few seconds.</p>'
HELD, OWN = "held back", "own"
ALL, ALONE = "everybody", "enrolled alone"
SHORT = {"eigenfaces": "PCA", "without_three": "without 3", "fisherfaces": "LDA"}
ANGLES = (0, 15, 30, 45, 60, 75)  # degrees, at which recognition is measured
AXES, NEAREST = 8, 4  # shown
MOST_ENROLLED = 12
LONGEST_NAME = 24
DIVERGING = np.array([[0, 114, 178], [255, 255, 255], [213, 94, 0]], float)


class Board(ui.Panel):
    """Drawn HTML of this view."""

    MARKUP = '<div class="eigen">${(value && value.html) || ""}</div>'
    STYLES = ("eigenfaces.css",)


@dataclass(frozen=True)
class Settings:
    """How faces are told apart, and which one is looked at."""

    method: str = "eigenfaces"
    numbers: float = 64  # 1 to 64
    light: float = 45  # degrees to the right, -80 to 80
    source: str = HELD
    person: float = 2  # 1 to 40
    against: str = ALL


def choose_face(
    picture: np.ndarray | None, settings: Settings
) -> tuple[np.ndarray, str | None, str]:
    """The face looked at, uint8 (56, 48), its name where that is known, and what is to be said."""
    if settings.source == OWN:
        face, note = cf.read_own_face(picture if picture is not None else images.check_image(None))
        return cf.match_contrast(face), None, note
    gallery = cf.load_gallery()
    person = int(settings.person) - 1
    return gallery.pictures[person, -1], gallery.names[person], ""


def show(
    picture: np.ndarray | None, enrolled: "list[cf.Enrolled]", settings: Settings
) -> dict[str, Any]:
    """The face and whom it is nearest to, or a sentence that says why that cannot be."""
    try:
        return recognise(picture, enrolled, settings)
    except InputError as error:
        return {"html": f'<p role="alert" class="hint">{escape(str(error))}</p>'}


def recognise(
    picture: np.ndarray | None, enrolled: "list[cf.Enrolled]", settings: Settings
) -> dict[str, Any]:
    """The face, what is left of it in few numbers, and the nearest templates."""
    face, true, note = choose_face(picture, settings)
    lit = cf.relight(face, settings.light)
    spaces, numbers = cf.learn_faces(), int(settings.numbers)
    used = min(numbers, spaces.most(settings.method))
    match = cf.find_nearest(
        lit, method=settings.method, count=used, enrolled=enrolled,
        alone=settings.against == ALONE,
    )  # fmt: skip
    rebuilt = spaces.rebuild(lit, numbers)
    html = (
        say(match, true, settings, used, note)
        + draw_row(lit, rebuilt, match, numbers)
        + draw_axes(spaces, settings.method)
        + '<div class="charts">'
        + draw_by_numbers(settings, used)
        + draw_by_light(settings, used)
        + "</div>"
    )
    rates = cf.measure_recognition(settings.method, settings.light)
    return {
        "html": html, "nearest": match.name, "distance": match.distance, "true": true,
        "ranking": list(match.names[:NEAREST]), "numbers": used, "rate": float(rates[used - 1]),
        "error": float(np.mean((rebuilt - lit) ** 2) ** 0.5),
    }  # fmt: skip


def say(match: "cf.Match", true: str | None, settings: Settings, used: int, note: str) -> str:
    """Who it is taken for, and how often that is right in this light."""
    rates = {name: cf.measure_recognition(name, settings.light) for name in NAMES}
    words = f"Nearest template: <b>{escape(match.name)}</b>"
    if true is not None:
        words += " (right)" if match.name == true else f" (it is {escape(true)})"
    side = "the front" if not settings.light else (
        f"{abs(settings.light):g}° {'right' if settings.light > 0 else 'left'}"
    )  # fmt: skip
    told = ", ".join(
        f"{NAMES[name]} <b>{charts.percent(round(float(one[min(used, len(one)) - 1]), 3))}</b>"
        for name, one in rates.items()
    )
    words += (
        f". Light from {side}, {used} numbers (LDA: at most 39), held-back pictures right: {told}."
    )
    if settings.source == OWN:
        words += f" Your face has the gallery's mean and contrast. {escape(note)}"
    return f'<p role="status">{words}</p>'


def draw_face(face: np.ndarray, title: str, words: str = "", css: str = "") -> str:
    """A face under its title; greys as uint8 or float, or colours uint8."""
    if face.ndim == 2:
        grey = np.rint(np.asarray(face, float).clip(0, 255)).astype(np.uint8)
        face = np.repeat(grey[..., None], 3, axis=2)
    source = images.to_data_uri(np.ascontiguousarray(face), format="png")
    below = f"<span>{escape(words)}</span>" if words else ""
    return (
        f'<figure class="{css}"><img src="{source}" alt="{escape(title)}">'
        f"<figcaption>{escape(title)}{below}</figcaption></figure>"
    )


def draw_row(lit: np.ndarray, rebuilt: np.ndarray, match: "cf.Match", numbers: int) -> str:
    """The face, rebuilt, and the nearest templates, one a person."""
    shown = [draw_face(lit, "The face", "in this light"),
             draw_face(rebuilt, "Rebuilt by PCA", f"of {numbers} numbers")]  # fmt: skip
    for i in range(min(NEAREST, len(match.names))):
        shown.append(
            draw_face(match.templates[i], f"{i + 1}. {match.names[i]}",
                      f"distance {match.distances[i]:.3g}", "best" if i == 0 else "")
        )  # fmt: skip
    return f'<div class="faces">{"".join(shown)}</div>'


def draw_axes(spaces: "cf.FaceSpaces", method: str) -> str:
    """The mean face, and the first axes: blue where they are negative, vermilion where positive."""
    axes = spaces.list_axes(method, AXES)
    first = 4 if method == "without_three" else 1
    shown = [draw_face(spaces.mean_face, "Mean face")]
    for i, axis in enumerate(axes):
        share = 0.5 + 0.5 * axis / max(np.abs(axis).max(), 1e-12)
        colours = np.stack(
            [np.interp(share, [0, 0.5, 1], DIVERGING[:, c]) for c in range(3)], axis=-1
        )
        shown.append(draw_face(np.rint(colours).astype(np.uint8), f"Axis {first + i}"))
    return f'<div class="faces axes">{"".join(shown)}</div>'


def draw_by_numbers(settings: Settings, used: int) -> str:
    """Recognition against the number of dimensions, in this light."""
    lines: list[Any] = []
    for name, colour in COLOURS.items():
        rates = cf.measure_recognition(name, settings.light)
        lines.append(charts.Line(SHORT[name], np.arange(1, len(rates) + 1), rates, colour))
    lines.append(charts.Mark(used))
    return charts.draw_chart(
        lines, title=f"Light from {abs(settings.light):g}°",
        x=charts.Axis("numbers", low=1, high=64),
        y=charts.Axis("recognised", low=0, high=1, text=charts.percent), size=(440, 210),
        legend=True,
    )  # fmt: skip


def draw_by_light(settings: Settings, used: int) -> str:
    """Recognition against the angle of the light, by that many numbers."""
    lines: list[Any] = []
    for name, colour in COLOURS.items():
        rates = [cf.measure_recognition(name, angle) for angle in ANGLES]
        at = [float(one[min(used, len(one)) - 1]) for one in rates]
        lines.append(charts.Line(SHORT[name], ANGLES, at, colour, dots=True))
    lines.append(charts.Band(0, 20, "learnt"))
    lines.append(charts.Mark(abs(settings.light)))
    return charts.draw_chart(
        lines, title=f"By {used} numbers",
        x=charts.Axis("light from the side, degrees", low=0, high=75),
        y=charts.Axis("recognised", low=0, high=1, text=charts.percent), size=(440, 210),
        legend=True,
    )  # fmt: skip


@lesson.keep_here
def enrol(
    picture: np.ndarray | None, enrolled: "list[cf.Enrolled]", name: str, settings: Settings
) -> "tuple[list[cf.Enrolled], str, dict[str, Any]]":
    """Add the face of one's own picture to this visit's gallery; it vanishes with the visit."""
    name = str(name or "").strip()[:LONGEST_NAME]
    if not name:
        raise InputError("Who is it? Type a name first, then press Enrol.")
    if len(enrolled) >= MOST_ENROLLED:
        raise InputError(f"{MOST_ENROLLED} pictures are enrolled: press Forget to begin again.")
    if name in cf.load_gallery().names:
        raise InputError(f"The gallery has a {name} already: choose another name.")
    face, _, _ = choose_face(picture, Settings(source=OWN))
    added = [*enrolled, cf.Enrolled(name, face)]
    return added, list_enrolled(added), show(picture, added, settings)


@lesson.keep_here
def forget(picture: np.ndarray | None, settings: Settings) -> tuple[list, str, dict[str, Any], str]:
    """Nobody is enrolled any more, so faces are compared with everybody again."""
    return [], list_enrolled([]), show(picture, [], replace(settings, against=ALL)), ALL


def list_enrolled(enrolled: "list[cf.Enrolled]") -> str:
    """Who is enrolled, in words."""
    names = list(dict.fromkeys(one.name for one in enrolled))
    told = f"Enrolled: {escape(', '.join(names))}." if names else "Nobody is enrolled yet."
    return f"<p>{told} Faces are kept in memory, and vanish with your visit.</p>"


def answer(
    picture: np.ndarray | None, enrolled: "list[cf.Enrolled]", settings: Settings
) -> dict[str, Any]:
    """Through the API: whom a face is nearest to."""
    found = recognise(picture, enrolled, settings)
    return {name: value for name, value in found.items() if name != "html"}


def build(parts: Parts) -> None:
    """The board, its rail, and enrolling."""
    tab, d = parts.tab, Settings()
    with tab.stage.view(TITLE) as section:
        board = Board({"html": FIRST}, label="eigenfaces", elem_id="classical-features-eigenfaces",
                      elem_classes=["fill", "tall"])  # fmt: skip
    enrolled = gr.State([])
    with tab.stage.controls(TITLE):
        method = ui.Radio([(title, name) for name, title in NAMES.items()], value=d.method,
                          label="Axes by")  # fmt: skip
        numbers = ui.Slider(1, 64, d.numbers, step=1, label="Numbers of a face")
        light = ui.Slider(-80, 80, d.light, step=5, label="Light from the side (degrees)")
        source = ui.Radio([("held back", HELD), ("your own", OWN)], value=d.source,
                          label="Face", elem_id="classical-features-face")  # fmt: skip
        person = ui.Slider(1, 40, d.person, step=1, label="Person", elem_classes=["eigen-person"])
    with tab.stage.more(TITLE):
        name = gr.Textbox("", label="Name of your own face", max_length=LONGEST_NAME)
        with gr.Row():
            add = gr.Button("Enrol", size="sm")
            drop = gr.Button("Forget", size="sm")
        listed = gr.HTML(list_enrolled([]))
        against = ui.Radio([ALL, ALONE], value=d.against, label="Compare with")
    settings = lesson.Controls(
        Settings, method=method, numbers=numbers, light=light, source=source, person=person,
        against=against,
    )  # fmt: skip
    parts.lazy.add(
        TITLE, section, show, [parts.picture, enrolled], board, settings=settings, api_name=None,
        kind="stream", controls=[one.change for one in settings], follows=[parts.picture.change],
    )  # fmt: skip
    quiet = {"api_name": None, "show_progress": "hidden"}
    tab.run(add.click, enrol, [parts.picture, enrolled, name], [enrolled, listed, board],
            settings=settings, **quiet)  # fmt: skip
    tab.run(drop.click, forget, parts.picture, [enrolled, listed, board, against],
            settings=settings, **quiet)  # fmt: skip
    tab.endpoint(
        answer, [parts.picture, enrolled], gr.JSON(visible=False, label="nearest"),
        settings=settings, api_name="classical_features_eigenfaces",
    )  # fmt: skip

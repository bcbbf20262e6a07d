"""One picture through classification, localisation, detection and both kinds of segmentation."""

from html import escape
from typing import Any

import gradio as gr
import numpy as np

import cvcore
from cvcore.core import images, samples
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.tasks import PERSON, TASKS, Answers, Task
from demos import components as ui
from demos import lesson
from demos.classification import controls
from demos.classification.views import percent
from demos.components.js_component import link_styles, load_script
from demos.lesson import class_names

TITLE = controls.TASKS
SAMPLE = "street" if "street" in samples.index() else "camera"  # with people
CONFIDENCE = 0.25
SIDE = 560  # pixels of a panel's picture
TALL = 0.9  # width by height: narrower pictures stand in one row
LOOK = link_styles(__name__, "tasks.css")


def show_tasks(
    image: np.ndarray | None, confidence: float = CONFIDENCE, model: str = DEFAULT_MODEL
) -> tuple[str, dict]:
    """Five panels, and the answers as plain data."""
    answers = cvcore.tasks.solve(image, model=model, confidence=confidence)
    return draw_tasks(image, answers, class_names.load_shown(model)), describe(answers)


def describe(answers: Answers) -> dict:
    """The answers, as calls through the API get them."""
    found = answers.detections
    return {
        "classification": {
            "label": answers.top.labels[0], "probability": float(answers.top.probabilities[0]),
        },
        "localisation": {
            "label": answers.top.labels[0],
            "box_xyxy": None if answers.box_xyxy is None else list(answers.box_xyxy),
        },
        "detection": [
            {"label": label, "confidence": float(confidence), "box_xyxy": box.round(1).tolist()}
            for label, confidence, box in zip(
                found.label, found.confidence, found.xyxy, strict=True
            )
        ],
        "semantic": {PERSON: int(np.count_nonzero(answers.mask)), "pixels": answers.mask.size},
        "instance": [{"label": PERSON, "pixels": area} for area in answers.areas],
    }  # fmt: skip


def draw_tasks(image: np.ndarray, answers: Answers, names: tuple[str, ...]) -> str:
    """A panel a task: question, picture, what was answered, what that is scored by."""
    drawn = cvcore.tasks.drawing.draw_answers(images.as_image(image), answers)
    told = tell(answers, names)
    ratio = image.shape[1] / image.shape[0]
    panels = "".join(_draw_panel(task, drawn[task.key], told[task.key]) for task in TASKS)
    made = (
        "<p><b>How these come about.</b> The box of localisation is around the class’s Grad-CAM: "
        "the largest part above 20 % of its peak; the classifier sees the middle square only. The "
        "bundled mask network knows one class, person: bus, cat and cup have no mask here. No "
        "bundled network was trained for single masks: each person’s mask is what the semantic one "
        "has inside that person’s box.</p>"
    )
    aside = f'<div class="aside" tabindex="0" role="note">{made}</div>'
    is_tall = ratio < TALL
    inside, below = ("", aside) if is_tall else (aside, "")
    return (
        f'{LOOK}<div class="five {"tall" if is_tall else ""}" style="--ratio: {ratio:.4f}">'
        f'<div class="panels">{panels}{inside}</div>{below}</div>'
    )


def _draw_panel(task: Task, picture: np.ndarray, told: str) -> str:
    src = images.to_data_uri(images.shrink(picture, SIDE))
    return (
        f'<figure><h3><a href="?tab={task.lesson}" data-topic="{task.lesson}">{task.title}</a></h3>'
        f'<div class="picture"><img alt="{escape(task.title)}" src="{src}"></div><figcaption>'
        f"<b>{told}</b><p>{task.question} Answer: {task.answer}.</p>"
        f'<p class="soft">Scored by {task.measure}.</p></figcaption></figure>'
    )


def tell(answers: Answers, names: tuple[str, ...]) -> dict[str, str]:
    """What was answered, a few words a task, as HTML."""
    name = escape(names[int(answers.top.class_indices[0])])
    x1, y1, x2, y2 = answers.box_xyxy or (0, 0, 0, 0)
    labels = answers.detections.label
    counts = {label: labels.count(label) for label in dict.fromkeys(labels)}
    found = ", ".join(f"{count} × {escape(label)}" for label, count in counts.items())
    share = float(answers.mask.mean())
    people = len([area for area in answers.areas if area])
    rest = answers.unclaimed / max(int(np.count_nonzero(answers.mask)), 1)
    if people:
        instances = f"{people} mask{'s' if people > 1 else ''}"
        instances += f", {percent(rest)} in no box" if rest >= 0.001 else ""
    else:
        instances = "no mask: no box of a person" if share else "no person, so no mask"
    return {
        "classification": f"{name}, {percent(float(answers.top.probabilities[0]))}",
        "localisation": f"{name} at {x1}, {y1} to {x2}, {y2}" if answers.box_xyxy else "no place",
        "detection": found or "no object above the limit",
        "semantic": f"person: {percent(share)} of the pixels",
        "instance": instances,
    }


def build(
    tab: lesson.Tab, views: lesson.LazyTabs, news: gr.Textbox, picture: gr.Image, model: gr.Dropdown
) -> None:  # fmt: skip
    """A view that is worked out while it is open."""
    with tab.stage.controls(TITLE, first=True):
        confidence = ui.Slider(
            0.05, 0.95, CONFIDENCE, step=0.05, label="Least confidence of a box",
            elem_id="classification-tasks-confidence",
        )  # fmt: skip
    with tab.stage.view(TITLE) as section:
        html = gr.HTML(
            elem_id="classification-tasks", label="five tasks", elem_classes=["fill", "tall"],
            js_on_load=load_script("demos.lesson", "open_lesson.js"),
        )  # fmt: skip
        numbers = gr.JSON(visible=False, label="numbers")
    arguments: dict[str, Any] = {"api_name": "classification_tasks", "kind": "steady"}
    views.add(
        TITLE, section, show_tasks, [picture, confidence, model], [html, numbers],
        controls=[confidence.release], follows=[news.change], **arguments,
    )  # fmt: skip

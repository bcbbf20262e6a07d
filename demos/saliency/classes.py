"""Which class to explain: a menu of all, and the five that the network thinks of first."""

from typing import Any

import gradio as gr
import numpy as np

from cvcore.core import images
from cvcore.engine import registry
from cvcore.recognition import classifier
from cvcore.recognition.classifier import DEFAULT_MODEL
from cvcore.saliency.target import check_class
from demos import components as ui
from demos.lesson import class_names

FIRST_CHOICE, NO_CLASS = -1, -1  # in the menus and through the API


class ClassMenu(ui.Dropdown):
    """A menu of a thousand classes, which the API describes as a number."""

    def get_block_name(self) -> str:
        return "dropdown"

    def api_info(self) -> dict[str, str]:
        return {"type": "integer", "description": "class index, 0 to 999; -1: none chosen"}


def to_classes(class_idx: int, minus_class: int = NO_CLASS) -> dict[str, int | None]:
    """Menu values as the arguments of ``cvcore.saliency.explain``."""
    return {
        "class_idx": None if class_idx == FIRST_CHOICE else class_idx,
        "minus_class": None if minus_class == NO_CLASS else minus_class,
    }


def list_classes(first: str) -> list[tuple[str, int]]:
    """(name, index) of the thousand classes behind a first entry, for a menu to search in."""
    labels = class_names.load_shown(DEFAULT_MODEL)
    return [(first, -1), *((f"{label} ({i})", i) for i, label in enumerate(labels))]


class TopClasses(gr.HTML):
    """A button for each of the most probable classes; fires ``pick`` with the class's index."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            value=[],
            html_template="""<div class="top" role="group" aria-label="Explain one of these">
              {{#each value}}{{#if this.label}}<button type="button" data-index="{{this.index}}"
              {{#if this.is_explained}}aria-pressed="true" title="explained by the map"{{/if}}>
              {{this.shown}} <b>{{this.percent}}</b></button>{{/if}}{{/each}}</div>""",
            css_template="""
              .top { display: flex; flex-wrap: wrap; gap: .3rem; }
              button { padding: .1rem .55rem; margin: 0; border-radius: 1rem; cursor: pointer;
                font-size: .875rem; font-weight: 400; box-shadow: none; background: none;
                color: var(--body-text-color); border: 1px solid var(--border-color-primary); }
              button:hover, button:focus-visible { border-color: var(--color-accent); }
              button[aria-pressed] { border-color: var(--primary-600);
                background: var(--primary-600); color: #fff; font-weight: 600; }
              button[aria-pressed] b { color: #fff; }
              b { font-variant-numeric: tabular-nums; }""",
            js_on_load="""element.addEventListener('click', event => {
              const button = event.target.closest('button');
              if (button) trigger('pick', {index: Number(button.dataset.index)});
            });""",
            **kwargs,
        )

    def get_block_name(self) -> str:
        return "html"

    def api_info(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "object"}}


def rank_classes(
    image: np.ndarray | None, model: str = DEFAULT_MODEL, numbers: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The five most probable classes of a picture, for ``TopClasses``.

    By the map's ``numbers`` that one is marked which it explains.
    """
    if image is None or not registry.is_available(model):
        return []
    top = classifier.predict_topk(images.check_image(image), 5, model=model)
    explained = numbers["class_index"] if numbers and numbers["model"] == model else None
    return [
        {
            "index": int(index),
            "label": label,
            "shown": class_names.soften(label),
            "percent": f"{p:.0%}",
            "is_explained": int(index) == explained,
        }
        for index, label, p in zip(top.class_indices, top.labels, top.probabilities, strict=True)
    ]


def pick_class(event: gr.EventData) -> int:
    """The class whose button was pressed."""
    count = len(registry.load_labels(DEFAULT_MODEL))
    return check_class(getattr(event, "index", None), count)

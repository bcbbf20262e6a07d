"""A picture on a lesson's stage, and the one before it up to a line that is dragged."""

import numpy as np

from cvcore.core import images
from demos.components.js_component import JsComponent
from demos.server.static_files import publish


class BeforeAfter(JsComponent):
    """What is shown as large as its place allows, with words in its corners.

    Its value: ``html``, what is shown, and ``ratio``, its width / height; ``panel``, HTML for the
    part of the rail that is drawn ``data-with`` it. Where the view "Before | after" is open, what
    ``draw_before`` drew lies over the rest, up to the line.
    """

    MARKUP = """<div class="shown"><div class="fit frame"><div class="pictures"></div>
<input class="cut" type="range" min="0" max="100" value="50" step="0.5"
aria-label="How much of the photograph is shown"><i class="line" aria-hidden="true"></i>
</div></div>"""
    SCRIPTS = ("before_after.js",)
    STYLES = ("before_after.css",)


def publish_picture(name: str, picture: np.ndarray) -> str:
    """Serve a picture that is on the page from the first; returns its address."""
    return publish(name, images.to_jpeg(picture))


def draw_after(picture: np.ndarray, alt: str, *, quality: int = 88) -> str:
    """What a photograph became."""
    return f'<img class="after" alt="{alt}" src="{images.to_data_uri(picture, quality=quality)}">'


def draw_before(src: str) -> str:
    """The photograph, by its address."""
    return f'<img class="before" alt="The photograph" src="{src}">'


def draw_corners(*words: str, place: str = "") -> str:
    """Trusted HTML in the lower corners, or in the upper ones with the ``place`` "top"."""
    spans = "".join(f"<span>{one}</span>" for one in words)
    return f'<p class="hud {place}">{spans}</p>'


def say_on_stage(sentence: str) -> dict:
    """A value of ``BeforeAfter``: a sentence where nothing is shown yet."""
    return {"html": f'<p class="big">{sentence}</p>'}

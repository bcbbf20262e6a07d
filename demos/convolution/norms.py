"""Four normalisations on one small batch: which numbers are taken together."""

from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from cvcore.convolution import normalisation
from cvcore.core.errors import InputError
from demos import components as ui
from demos import lesson
from demos.components.js_component import JsComponent
from demos.convolution.controls import to_changes
from demos.convolution.digits import build_pad, read_digit, read_picture
from demos.convolution.names import NORMALISE

GROUPS = (1, 2, 3, 6)  # of six channels
WORDS = {
    "batch": "one channel of all pictures",
    "layer": "all channels of one picture",
    "instance": "one channel of one picture",
    "group": "a group of channels of one picture",
}


@dataclass(frozen=True)
class NormSettings:
    """Which normalisation, and what is put into it."""

    kind: str = "batch"
    groups: str = "2"  # of the channels, read by "group" alone
    gain: float = 1.0  # the first picture's maps times this, 0 to 10


_PLAIN = NormSettings()


class NormCube(JsComponent):
    """A batch N x C x (H x W) as a cube and as sheets, to be clicked.

    Its value is a dict: ``shape``, and by cell ``before``, ``after``, ``means``, ``variances`` and
    ``slices``; ``epsilon``, ``kind``, ``names`` of the pictures; or a ``message``.
    """

    MARKUP = """<p class="refused" role="alert"></p><div class="norm" hidden>
      <div class="above"><svg class="cube" viewBox="0 0 330 260" tabindex="0" role="application"
        aria-label="The batch as a cube; arrow keys go through channels and places, page up and page
        down through pictures"></svg><div class="words"><p class="big"></p><p class="taken"></p>
        <p class="numbers"></p><p class="mean"></p><p class="sum"></p>
        <p class="try">Multiply the first picture: with batch norm the others' numbers change, too;
        with layer, instance and group norm only its own could, and they hardly do. What a trained
        network's batch norm does to a photograph: lesson Feature maps, view Batch norm.</p>
        </div></div>
      <div class="sheets before"></div><div class="sheets after"></div></div>"""
    SCRIPTS = ("grid.js", "cube.js")
    STYLES = ("refused.css", "cube.css")


def cube_value(digit: np.ndarray, settings: NormSettings) -> dict[str, Any]:
    """What :class:`NormCube` draws of a digit (28, 28) and two others."""
    groups = int(settings.groups) if str(settings.groups).isdecimal() else 0
    batch = normalisation.make_batch(digit, settings.gain)
    found = normalisation.normalise(batch, settings.kind, groups=groups)
    return {
        "shape": list(batch.shape), "kind": settings.kind, "taken": WORDS[settings.kind],
        "epsilon": found.epsilon, "names": ["your digit", "a 0", "a 7"],
        **{
            name: getattr(found, field).ravel().tolist()
            for name, field in (
                ("before", "values"), ("after", "result"), ("means", "means"),
                ("variances", "variances"), ("slices", "slices"),
            )
        },
    }  # fmt: skip


def show_norm(kept: Any, settings: NormSettings) -> dict[str, Any]:
    """The cube of the drawn digit; what does not fit is told in its place."""
    try:
        return cube_value(read_digit(kept), settings)
    except InputError as error:
        return {"message": str(error)}


def answer_norm(
    picture: np.ndarray | None = None, settings: NormSettings = _PLAIN
) -> dict[str, Any]:
    """A batch of a digit and two others, normalised: the numbers by cell, N x C x H x W in turn."""
    return cube_value(read_picture(picture), settings)


def build(tab: lesson.Tab, lazy: lesson.LazyTabs) -> None:
    """The kind, the groups, the first picture, and the cube."""
    stage, d = tab.stage, NormSettings()
    section = stage.views[NORMALISE]
    with stage.controls(NORMALISE):
        kind = ui.Radio(list(normalisation.KINDS), value=d.kind, label="Normalisation")
        with gr.Column(visible=False) as grouping:
            groups = ui.Radio(list(map(str, GROUPS)), value=d.groups, label="Groups")
        gain = ui.Slider(0, normalisation.MAX_GAIN, d.gain, step=0.5, label="First picture ×")
        pad = build_pad(tab, "convolution-norm-pad", section)
    with section:
        cube = NormCube(elem_id="convolution-norm", elem_classes=["fill", "tall"])
    settings = lesson.Controls(NormSettings, kind=kind, groups=groups, gain=gain)
    lazy.add(
        NORMALISE, section, show_norm, [pad.digit], cube, settings=settings, api_name=None,
        kind="stream", follows=[pad.digit.change, *to_changes(settings)],
    )  # fmt: skip
    js = "(kind) => ({__type__: 'update', visible: kind === 'group'})"
    tab.run(kind.change, None, kind, grouping, api_name=None, js=js)
    picture = ui.SafeImage(visible=False, label="A picture of one digit")
    numbers = gr.JSON(visible=False, label="numbers")
    tab.endpoint(
        answer_norm, [picture], numbers, settings=settings, api_name="convolution_normalise"
    )
